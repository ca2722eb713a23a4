"""Are the meetings held? Per forum what became of each expected meeting, unit by unit, for the latest whole school year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

from pipelines.committee.context import ReportContext
from pipelines.committee.cooperation.adjustments import Rhythms, adjusted_words, changed_rhythms, rhythm_words
from pipelines.committee.cooperation.basis import (
    Units,
    capital,
    counted_section,
    declared_in,
    has_come,
    of_the_whole,
    report_year,
    summed,
)
from pipelines.committee.missing import missing_section
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import CellStatus, ProtectedTable, TableColumn
from pipelines.municipalities.parts import Forum, Rule
from pipelines.publish.calendar_figure import LETTER_WORDS, LETTERS, Window, meeting_calendar, written_windows
from pipelines.publish.danish import counted, joined, number, text_date
from pipelines.publish.figures import FigureWords
from pipelines.publish.section import DeclaredNumber, Figure, HowSure, Section

QUESTION = "Bliver møderne holdt?"
ALL_FORUMS = "Alle mødeformer"
MOST_ROWS_ON_PAGE = 15
"""Rows of the calendar that the question's own page has room for."""
MOST_ROWS_OF_FIGURE = 32

_CADENCE = """
SELECT forum_code, unit_kind_code, unit_code, district_code, cluster_code, interval_weeks, longest_interval_weeks,
       fewest_per_school_year, expected_count, held_count, late_count, cancelled_count, unknown_count, missing_count,
       all_held_count, extra_count, agreed_extra_count, minutes_known_count, too_short_count, longest_gap_weeks, is_below_fewest
FROM marts.mart_forum_cadence
WHERE school_year = ?
ORDER BY forum_code, unit_kind_code, unit_code
"""
_ALL_HELD = """
SELECT count(*) AS held_count
FROM core.fct_session AS sessions
INNER JOIN core.dim_day AS days ON sessions.held_date = days.day_date
INNER JOIN codes.settings AS settings ON sessions.held_date <= settings.as_of_date
WHERE sessions.is_held AND days.school_year = ?
  AND sessions.forum_code IN (SELECT forum_code FROM marts.mart_forum_cadence WHERE school_year = ?)
"""
_WINDOWS = """
SELECT forum_code, unit_kind_code, unit_code, window_start_date, window_end_date, outcome_code
FROM core.fct_expected_session
WHERE school_year = ?
ORDER BY forum_code, unit_kind_code, unit_code, window_start_date
"""
_OUTCOMES = (
    TableColumn("expected_count", "Ventet", "number"),
    TableColumn("held_count", "Holdt", "number"),
    TableColumn("late_count", "Heraf flyttet", "number"),
    TableColumn("cancelled_count", "Ikke holdt", "number"),
    TableColumn("unknown_count", "Uden referat", "number"),
    TableColumn("missing_count", "Ikke i log", "number"),
)
_COUNTS = tuple(column.name for column in _OUTCOMES)
_UNIT = TableColumn("unit", "Enhed", "label")
_RHYTHM = (
    _UNIT,
    TableColumn("weeks", "Uger mellem møder", "label"),
    TableColumn("longest_gap_weeks", "Længste pause i uger", "number"),
    TableColumn("all_held_count", "Holdt i alt", "number"),
    TableColumn("fewest_per_school_year", "Mindst om året", "number"),
    TableColumn("extra_count", "Ekstra", "number"),
    TableColumn("agreed_extra_count", "Aftalt ekstra", "number"),
    TableColumn("too_short_count", "For korte", "number"),
)
_WINDOW_WORDS = (
    "Et møde ventes hver gang, der er gået så mange uger uden ferie, som reglen siger. "
    "Er mødet holdt over 14 dage efter planen, er det flyttet. Pauser tælles i uger uden ferie."
)


@dataclass(frozen=True)
class _Held:
    """What the section reads: one row per forum and unit, the windows of each, and the rhythms that changed within the year."""

    year: str
    records: Sequence[dict[str, Any]]
    windows: dict[tuple[str, str, str], list[Window]]
    rhythms: Rhythms
    units: Units

    def of(self, forum: Forum) -> list[dict[str, Any]]:
        """The rows of one forum, units in Danish alphabetical order."""
        own = [row for row in self.records if row["forum_code"] == forum.code]
        named = [{**row, "unit": self.units.name(row["unit_kind_code"], row["unit_code"])} for row in own]
        return sorted(named, key=lambda row: ReportContext.danish_order(row["unit"]))


def calendar_section(context: ReportContext) -> Section | None:
    """The section *Bliver møderne holdt?*; None where the profile names no forum with a rhythm."""
    forums = context.settings.profile.forums
    if not forums:
        return None
    if not has_come(context, "sessions"):
        return missing_section("calendar", QUESTION, ("sessions",))
    held = _read(context)
    logged = [forum for forum in forums if held.of(forum)]
    by_forum = _forum_table(context, forums, held)
    with_windows = [forum for forum in logged if any(row["expected_count"] for row in held.of(forum))]
    calendars = [(forum, _calendar_table(context, forum, held)) for forum in with_windows]
    on_page, appendix = _figures(context, calendars, by_forum, held.year)
    fewest, quoted = _fewest_words(held, logged), (_rules_words(logged), *_other_readings(forums))
    adjusted, counted_in = adjusted_words(held.rhythms), _counted_words(context, held)
    unset = _unset_words(held, logged)
    of_units = [_outcome_table(context, forum, held) for forum in with_windows]
    of_units += [_rhythm_table(context, forum, held) for forum in logged]
    return counted_section(
        "calendar",
        QUESTION,
        _answer(by_forum),
        support=_not_held_words(by_forum),
        tables=(by_forum, *(table for _, table in calendars), *of_units),
        figures=on_page,
        appendix_figures=appendix,
        how_sure=HowSure(
            number=" ".join(filter(None, (counted_in, unset, fewest, adjusted))),
            cause="Loggen siger ikke, hvorfor et møde ikke blev holdt.",
            data=_data_words(by_forum, forums, logged),
            needed="Skriv i loggen, hvorfor et møde blev aflyst. Så kan årsagen også tælles.",
        ),
        not_shown=("Tallene viser, om møderne blev holdt. De viser ikke, om de hjalp.",),
        method=(*quoted, _WINDOW_WORDS),
        declared=(
            DeclaredNumber("14", "dage, før et møde regnes for flyttet"),
            *declared_in(quoted, "dokumentets egne tal"),
            *declared_in([fewest], "enheder, der fik færre møder end aftalt"),
            *declared_in([counted_in], "holdte møder, som ingen regel gælder for"),
            *declared_in([unset], "enheder uden rytme"),
            *declared_in([adjusted], "enheder, der fik ny rytme i skoleåret"),
        ),
    )


def _read(context: ReportContext) -> _Held:
    year = report_year(context)
    windows: dict[tuple[str, str, str], list[Window]] = {}
    for row in context.records(_WINDOWS, [year]):
        key = (row["forum_code"], row["unit_kind_code"], row["unit_code"])
        first, last = (row[name].isocalendar().week for name in ("window_start_date", "window_end_date"))
        windows.setdefault(key, []).append(Window(first, last, LETTERS[row["outcome_code"]]))
    # a meeting that was moved was held as well
    records = [
        {**row, "held_count": row["held_count"] + row["late_count"]} for row in context.records(_CADENCE, [year])
    ]
    rhythms = changed_rhythms(context, year, units={row["unit_code"] for row in records})
    return _Held(year, records, windows, rhythms, Units(context))


def _forum_table(context: ReportContext, forums: Sequence[Forum], held: _Held) -> ProtectedTable:
    """One row per forum with a rhythm that the profile promises, and their sum; a forum that nobody logs says so.

    A forum that is promised so many times a year and in no week has no expected meetings; its table of rhythm counts those held.
    """
    logged = {row["forum_code"] for row in held.records}
    windowed = {code for code, _, _ in held.windows}
    rows = [
        {"forum": capital(forum.title), **_forum_counts(held.of(forum))}
        for forum in forums
        if forum.code in windowed or forum.code not in logged
    ]
    return protect(
        [*rows, {"forum": ALL_FORUMS, **summed(held.records, _COUNTS)}],
        table_id="meetings_by_forum",
        title=f"Ventede møder pr. mødeform, skoleåret {held.year}",
        columns=(TableColumn("forum", "Mødeform", "label"), *_OUTCOMES),
        source=_source(context),
        rule=context.rule,
    )


def _forum_counts(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return dict(summed(records, _COUNTS)) if records else dict.fromkeys(_COUNTS, CellStatus.NOT_RECEIVED)


def _calendar_table(context: ReportContext, forum: Forum, held: _Held) -> ProtectedTable:
    rows = [
        {**row, "windows": written_windows(held.windows.get((forum.code, row["unit_kind_code"], row["unit_code"]), []))}
        for row in held.of(forum)
        if row["expected_count"]
    ]
    return protect(
        rows,
        table_id=f"calendar_{forum.code}",
        title=f"{capital(forum.title)}, møde for møde efter uger, skoleåret {held.year}",
        columns=(_UNIT, *_OUTCOMES[:2], TableColumn("windows", "Uge for uge", "label")),
        source=f"{_source(context)} {LETTER_WORDS}",
        rule=context.rule,
    )


def _outcome_table(context: ReportContext, forum: Forum, held: _Held) -> ProtectedTable:
    return protect(
        [row for row in held.of(forum) if row["expected_count"]],
        table_id=f"outcomes_{forum.code}",
        title=f"{capital(forum.title)}: hvad der blev af hvert ventet møde, skoleåret {held.year}",
        columns=(_UNIT, *_OUTCOMES),
        source=_source(context),
        rule=context.rule,
    )


def _rhythm_table(context: ReportContext, forum: Forum, held: _Held) -> ProtectedTable:
    """The rhythm of each unit; what the forum's rules do not name has no column."""
    is_own = any(rule.is_own_interval for rule in forum.rules)
    changed, unset = (held.rhythms, "ikke sat") if is_own else ({}, "-")
    rows = [{**row, "weeks": _interval(row, changed.get(row["unit_code"]), unset=unset)} for row in held.of(forum)]
    asked = {
        "too_short_count": any(rule.fewest_minutes for rule in forum.rules if _is_of_year(rule, held.year)),
        "fewest_per_school_year": any(row["fewest_per_school_year"] for row in rows),
        "agreed_extra_count": any(row["agreed_extra_count"] for row in rows),
    }
    return protect(
        rows,
        table_id=f"rhythm_{forum.code}",
        title=f"{capital(forum.title)}, rytme og pauser, skoleåret {held.year}",
        columns=[column for column in _RHYTHM if asked.get(column.name, True)],
        source=_source(context),
        rule=context.rule,
    )


def _is_of_year(rule: Rule, year: str) -> bool:
    """Whether the rule holds on any day of the school year."""
    first = date(int(year[:4]), 8, 1)
    last = date(first.year + 1, 7, 31)
    return (rule.valid_from or date.min) <= last and (rule.valid_to or date.max) >= first


def _interval(row: dict[str, Any], changed: Sequence[int] | None, *, unset: str) -> str:
    """ "6", or "først 8, så 6" where the unit's own rhythm changed within the year, "4 og 6" where the rules did; `unset`
    where no week is promised."""
    shortest, longest = row["interval_weeks"], row["longest_interval_weeks"]
    if shortest is None:
        return unset
    if changed:
        return rhythm_words(changed)
    return str(shortest) if shortest == longest else f"{shortest} og {longest}"


def _figures(
    context: ReportContext, calendars: Sequence[tuple[Forum, ProtectedTable]], by_forum: ProtectedTable, year: str
) -> tuple[tuple[Figure, ...], tuple[Figure, ...]]:
    """(The figure of the question's page, those of the appendix).

    The page shows the first forum whose units all have room, else those units of the first forum where meetings are missing.
    """
    if not calendars:
        return (), ()
    whole = [(forum, table) for forum, table in calendars if len(table.rows) <= MOST_ROWS_ON_PAGE]
    forum, table = whole[0] if whole else calendars[0]
    units, said = _chosen(table)
    page = _figure(context, forum, table, by_forum, year, units=units, said=said)
    appendix = [
        _figure(context, other, own, by_forum, year, units=units, said=f"Fra {units[0]} til {units[-1]}.", part=part)
        for other, own in calendars
        if not (whole and own is table)
        for part, units in enumerate(_parts(own), start=1)
    ]
    return (page,), tuple(appendix)


def _chosen(table: ProtectedTable) -> tuple[list[str], str]:
    """(The units that the page has room for, and the sentence that says which they are): all, or those that lack a meeting."""
    names = [str(unit) for unit in table.values("unit")]
    if len(names) <= MOST_ROWS_ON_PAGE:
        return names, ""
    lacking = _lacking(table)
    units = (lacking or names)[:MOST_ROWS_ON_PAGE]
    if not lacking:
        return units, f"Her ses enhederne fra {units[0]} til {units[-1]}."
    those = "enheder" if len(lacking) == len(units) else f"enheder fra {units[0]} til {units[-1]}"
    return units, f"Her ses {those}, hvor mindst ét møde ikke er noteret som holdt."


def _lacking(table: ProtectedTable) -> list[str]:
    """The units with fewer meetings held than expected."""
    counts = zip(*(table.values(name) for name in ("unit", "expected_count", "held_count")), strict=True)
    return [str(unit) for unit, expected, held in counts if held < expected]


def _parts(table: ProtectedTable) -> list[list[str]]:
    """The units in as few parts as there is room for, and of the same length: a figure of one row tells nothing."""
    names = [str(unit) for unit in table.values("unit")]
    parts = ceil(len(names) / MOST_ROWS_OF_FIGURE)
    length = ceil(len(names) / parts)
    return [names[start : start + length] for start in range(0, len(names), length)]


def _figure(
    context: ReportContext,
    forum: Forum,
    table: ProtectedTable,
    by_forum: ProtectedTable,
    year: str,
    *,
    units: Sequence[str],
    said: str,
    part: int = 0,
) -> Figure:
    own = frozenset(units)
    return meeting_calendar(
        table.excerpt(table.table_id, title=table.title, keep_row=lambda row: row["unit"] in own),
        FigureWords(
            figure_id=f"calendar_{forum.code}_{part}" if part else f"calendar_{forum.code}",
            title=f"{capital(forum.title)}: {_held_words(by_forum, capital(forum.title))}",
            subtitle=f"Skoleåret {year}. Hver rude er et ventet møde. {said}".strip(),
            source=_source(context),
            constructed=context.is_constructed,
        ),
        label="unit",
        windows="windows",
        expected="expected_count",
        held=("held_count",),
        school_year=year,
        subject=capital(forum.title),
        shown=said,
    )


def _held_words(by_forum: ProtectedTable, forum: str) -> str:
    """ "41 af 48 ventede møder blev holdt"."""
    held, expected = (by_forum.cell(name, forum=forum) for name in ("held_count", "expected_count"))
    return f"{of_the_whole(held, expected)} ventede møder blev holdt"


def _answer(by_forum: ProtectedTable) -> str:
    if not by_forum.cell("expected_count", forum=ALL_FORUMS).value:
        return "Der er ingen ventede møder med fast rytme i mødeloggen."
    return f"{_held_words(by_forum, ALL_FORUMS)}."


def _not_held_words(by_forum: ProtectedTable) -> str:
    """Not held, without minutes and not in the log, so that unknown is never read as not held."""
    parts = (
        ("cancelled_count", "blev ikke holdt"),
        ("unknown_count", "mangler referat"),
        ("missing_count", "står ikke i loggen"),
    )
    counts = [(int(by_forum.cell(name, forum=ALL_FORUMS).value or 0), words) for name, words in parts]
    told = joined([f"{number(count)} {words}" for count, words in counts if count])
    return f"{told}." if told else ""


def _fewest_words(held: _Held, forums: Sequence[Forum]) -> str:
    """How many units had fewer meetings than the paper's fewest a year."""
    judged = [row for forum in forums for row in held.of(forum) if row["is_below_fewest"] is not None]
    units = {(row["unit_kind_code"], row["unit_code"]) for row in judged}
    below = {(row["unit_kind_code"], row["unit_code"]) for row in judged if row["is_below_fewest"]}
    return f"{number(len(below))} af {counted(len(units), 'enheder')} fik færre møder end aftalt." if judged else ""


def _unset_words(held: _Held, forums: Sequence[Forum]) -> str:
    """How many units have no rhythm though each should have its own."""
    own = [forum for forum in forums if any(rule.is_own_interval for rule in forum.rules)]
    unset = {row["unit_code"] for forum in own for row in held.of(forum) if row["interval_weeks"] is None}
    if not unset:
        return ""
    return f"Uden rytme er {counted(len(unset), 'enhed' if len(unset) == 1 else 'enheder')}. Dér ventes intet møde."


def _counted_words(context: ReportContext, held: _Held) -> str:
    """That every meeting counts, or how many held ones do not: at a unit that no rule is for, or that was not open that day."""
    logged = context.records(_ALL_HELD, [held.year, held.year])[0]["held_count"]
    outside = int(logged) - sum(int(row["all_held_count"]) for row in held.records)
    if not outside:
        return "Alle møder i loggen er talt med."
    which = (
        "1 holdt møde er ikke talt med: Det" if outside == 1 else f"{number(outside)} holdte møder er ikke talt med: De"
    )
    return f"{which} er holdt et sted eller en dag, hvor reglen ikke gælder."


def _data_words(by_forum: ProtectedTable, forums: Sequence[Forum], logged: Sequence[Forum]) -> str:
    untold = [forum.title for forum in forums if forum not in logged]
    if untold:
        return f"Loggen har ingen møder af formen {joined(untold)}. De er ikke modtaget."
    if by_forum.cell("unknown_count", forum=ALL_FORUMS).value:
        return "Et møde uden referat er hverken talt som holdt eller som ikke holdt."
    return "Der er referat eller afmelding for alle møder i loggen."


def _rules_words(forums: Sequence[Forum]) -> str:
    """What the document promises, forum by forum, and until when a rule held that another has followed."""
    said = [
        f"{forum.title} {_rule_words(rule)}{f' til {text_date(rule.valid_to)}' if rule.valid_to else ''}"
        for forum in forums
        for rule in forum.rules
    ]
    return f"Efter dokumentet holdes {'; '.join(dict.fromkeys(said))}." if said else ""


def _rule_words(rule: Rule) -> str:
    parts = []
    if rule.interval_weeks is not None:
        parts.append(f"hver {rule.interval_weeks}. uge")
    if rule.is_own_interval:
        parts.append("med en rytme for hver enhed")
    if rule.fewest_per_school_year is not None:
        parts.append(f"mindst {rule.fewest_per_school_year} gange om året")
    if rule.fewest_minutes is not None:
        parts.append(f"i mindst {rule.fewest_minutes} minutter")
    return joined(parts)


def _other_readings(forums: Sequence[Forum]) -> tuple[str, ...]:
    """Where the document contradicts itself: the reading that the report does not follow, and why."""
    return tuple(
        f"{capital(forum.title)}: {other.text} {other.why_not_followed}"
        for forum in forums
        for other in forum.other_readings
    )


def _source(context: ReportContext) -> str:
    return f"Kilde: {context.settings.municipality.name}s mødelog."
