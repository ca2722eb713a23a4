"""What a reader of the whole ladder section, and of `trappen explain noegletal`, can work out: no few children, whatever is joined.

The sums a reader knows are written down here anew, from what the words of the tables say; that each protected table's own sums hide
enough within it is another test.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines import explain
from pipelines.codes import load_code_table
from pipelines.committee import (
    creative_council_counts,
    ladder,
    ladder_key_figures,
    ladder_moves,
    ladder_return,
    ladder_standing,
)
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.key_figures import key_figure_lines, protected_rows
from pipelines.committee.ladder import ladder_section
from pipelines.committee.ladder_key_figures import protected_counts
from pipelines.disclosure.attack import Attacker, build_constraints, find_ceiling
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import Equation
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.explain import explained_key_figure
from pipelines.publish.danish import text_date
from pipelines.publish.section import Section
from tests.committee.conftest import SOURCES, scenario_municipality

Key = tuple[str, ...]
ALL = WHOLE_MUNICIPALITY
NOW, BEFORE = date(2026, 9, 30), date(2025, 9, 30)
TRACKS = {"education": "undervisningssporet", "social": "socialsporet"}
STOCKS = {
    "1-children-all": "6",
    "3-children-all": "5",
    "4-children-all": "4",
    "5-children-all": "3",
    "6-children-all": "2",
}
MOVES = ("down_count", "up_count", "closed_count", "opened_count", "aged_out_count", "moved_away_count")
ENDS = ("returned_count", "gone_count", "followed_count")
LATER = ("ended_count", "lower_count", "same_count", "higher_count", "gone_count")
REVIEWED = ("reviewed_count", "exhausted_count", "recommended_count")
OUTCOMES = ("returned_count", "remained_count", "other_end_count", "not_yet_due_count")
JUDGED = ("never_reviewed_count", "return_possible_count", "return_not_possible_count", "return_not_judged_count")


@dataclass
class Reader:
    """The counts there are, what is told of them, what adds up, and the secrets: small counts, and those that were hidden."""

    true: dict[Key, int] = field(default_factory=dict)
    hidden: set[Key] = field(default_factory=set)
    known: dict[Key, int] = field(default_factory=dict)
    sums: list[tuple[Key, list[Key]]] = field(default_factory=list)

    def learn(self, key: Key, value: Any) -> None:
        """A number in a published table; it must be the true one."""
        if value is not None:
            assert int(value) == self.true[key], key
            self.known[key] = int(value)

    def knows_sum(self, total: Key, parts: Iterable[Key]) -> None:
        """What the words of the tables say adds up; it must do so in truth. Of what is not there at all, nothing."""
        parts = list(parts)
        if total in self.true and parts and all(part in self.true for part in parts):
            assert self.true[total] == sum(self.true[part] for part in parts), (total, parts)
            self.sums.append((total, parts))

    def knows_part(self, whole: Key, parts: Iterable[Key]) -> None:
        """Children who are some of others: the others of these are a count too, which no table shows."""
        parts = [part for part in parts if part in self.true]
        if whole in self.true and parts:
            rest = ("rest of", *whole, "without", *(label for part in parts for label in part))
            self.true[rest] = self.true[whole] - sum(self.true[part] for part in parts)
            assert self.true[rest] >= 0, (whole, parts)
            self.sums.append((whole, [*parts, rest]))

    def worked_out(self) -> list[Key]:
        """Secrets known to be one of fewer than five values."""
        at = {key: (number, "") for number, key in enumerate(self.true)}
        known = {at[key]: value for key, value in self.known.items()}
        sums = [Equation(at[total], tuple(at[part] for part in parts), "") for total, parts in self.sums]
        attacker = Attacker(build_constraints(sums, known=known), ceiling=find_ceiling(known))
        return [key for key in self.secrets() if attacker.is_narrower(at[key], 5)]

    def secrets(self) -> list[Key]:
        """Counts of few children, and those hidden for the sake of others."""
        return [
            key for key, count in self.true.items() if key not in self.known and (0 < count < 5 or key in self.hidden)
        ]


LABELS: Mapping[str, tuple[str, ...]] = {
    "ladder_standing_education": ("kind", "first", "second"),
    "ladder_standing_social": ("kind", "first", "second"),
    "key_figure_counts": ("kind", "first", "second"),
    "ladder_moves": ("period", "area"),
    "ladder_return": ("group", "month"),
    "ladder_cohorts": ("began", "month"),
    "council_counts": ("period", "area"),
}
"""The tables that are protected, each with the labels that name its rows."""


@pytest.fixture
def protected_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All twelve key figures explained from one protected table, as each of them alone would be."""
    made: dict[date, Any] = {}

    def rows(context: ReportContext, day: date) -> Any:
        if day not in made:
            made[day] = protected_rows(context, day)
        return made[day]

    monkeypatch.setattr(explain, "protected_rows", rows)


def watch(monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A reader who has seen nothing yet, and what the section's protected tables count, once these are made."""
    reader = Reader()
    seen: set[str] = set()

    def watched(rows: Any, **named: Any) -> ProtectedTable:
        table, counts = protect(rows, **named), list(rows)
        name = named["table_id"]
        if name in LABELS and name not in seen:
            # the last protected table of a name is the one that others are excerpts of; returns are protected anew for their shares
            seen.update({name} if name == "ladder_return" else ())
            _take_in(reader, name, counts, table)
        return table

    for module in (creative_council_counts, ladder_key_figures, ladder_moves, ladder_return, ladder_standing):
        monkeypatch.setattr(module, "protect", watched)
    # no figure tells a count that its table does not, and the moves under other choices are rounded
    figure = SimpleNamespace(table_id="ladder_by_year")
    for drawn in ("_moves_figure", "flow_figure", "group_figure", "return_figure"):
        monkeypatch.setattr(ladder, drawn, lambda *_, **__: figure)
    nothing = protect([], table_id="ladder_sensitivity", title="", columns=(), source="")
    monkeypatch.setattr(ladder, "sensitivity_table", lambda *_: nothing)
    return reader


def _take_in(reader: Reader, name: str, rows: Sequence[Mapping[str, Any]], table: ProtectedTable) -> None:
    if name == "council_counts":
        # made first without the districts' judgements; what is hidden is what the last one hides
        reader.hidden = {key for key in reader.hidden if key[0] != name}
    for row, cells in zip(rows, table.rows, strict=True):
        for column in table.columns:
            if column.kind == "count" and row[column.name] is not None:
                key = (name, *(str(row[label]) for label in LABELS[name]), column.name)
                reader.true[key] = int(row[column.name])
                if cells[table.column_index(column.name)].status is CellStatus.HIDDEN:
                    reader.hidden.add(key)


def standing(track: str, *labels: str) -> Key:
    return (f"ladder_standing_{track}", *labels, "children_count")


def item(code: str, area: str = ALL, *, day: date = NOW) -> Key:
    """A count behind a key figure: on the latest date it stands with the numbers on the rungs."""
    table = "ladder_standing_social" if day == NOW else "key_figure_counts"
    return (table, "key_figure", code, area, "children_count")


def groups_of(reader: Reader, table: str) -> dict[Key, dict[str, Key]]:
    """Keys alike but for the second-last part of the name, by the rest of the key."""
    found: dict[Key, dict[str, Key]] = defaultdict(dict)
    for key in reader.true:
        if key[0] == table:
            found[(*key[:-2], key[-1])][key[-2]] = key
    return found


def know_sums(reader: Reader) -> None:
    """Everything that the tables' words say adds up, or is a part of something else."""
    for table in ("ladder_moves", "ladder_standing_social", "key_figure_counts", "council_counts"):
        for areas in groups_of(reader, table).values():
            if ALL in areas and len(areas) > 1:
                reader.knows_sum(areas[ALL], [key for area, key in areas.items() if area != ALL])
    for track in TRACKS:
        _know_ladder(reader, track)
    for day in (NOW, BEFORE):
        _know_key_figures(reader, day)
    _know_flows(reader)
    for key in list(reader.true):
        name, *labels, column = key
        if (name, column) == ("ladder_return", "stays_count"):
            reader.knows_sum(key, [(name, *labels, part) for part in ENDS])
        if (name, column) == ("ladder_cohorts", "began_count"):
            reader.knows_sum(key, [(name, *labels, part) for part in LATER])
            reader.knows_sum(key, [("ladder_moves", labels[0], ALL, "opened_count")])
        if (name, column) == ("council_counts", "special_children_count"):
            reader.knows_sum(key, [(name, *labels, part) for part in JUDGED])
        if (name, column) == ("council_counts", "reviewed_count"):
            for part in REVIEWED[1:]:
                reader.knows_part(key, [(name, *labels, part)])
        if (name, column) == ("council_counts", "judged_possible_count"):
            reader.knows_sum(key, [(name, *labels, part) for part in OUTCOMES])
            reader.knows_part(key, [(name, *labels, "returned_count")])
    returns = [key for key in reader.true if key[0] == "ladder_return"]
    for months, column in product(("6\u00a0måneder", "12\u00a0måneder", "24\u00a0måneder"), ("stays_count", *ENDS)):
        everybody = ("ladder_return", "Alle", months, column)
        models = [key for key in returns if key[2:] == (months, column) and key != everybody]
        districts = [key for key in returns if key[2:] == (f"{months} i distriktet", column)]
        reader.knows_sum(everybody, models)
        reader.knows_sum(everybody, districts)


def _know_ladder(reader: Reader, track: str) -> None:
    """Rungs make groups, groups the whole; who stood on a rung went somewhere, and who stands on it came from somewhere."""
    table = f"ladder_standing_{track}"
    own = [key for key in reader.true if key[0] == table]
    members = {name: [f"Trin {rung}: " for rung in rungs] for name, rungs in ladder_standing.GROUPS[track]}
    for _, kind, first, second, column in own:
        if kind == "group":
            rungs = [
                key for key in own if key[1:3] == ("standing", first) and key[3].startswith(tuple(members[second]))
            ]
            reader.knows_sum((table, kind, first, second, column), rungs)
        if kind == "all":
            reader.knows_sum((table, kind, first, second, column), [key for key in own if key[1:3] == ("group", first)])
        if kind == "standing" and first == text_date(BEFORE):
            reader.knows_sum((table, kind, first, second, column), [key for key in own if key[1:3] == ("flow", second)])
        if kind == "standing" and first == text_date(NOW):
            came = [key for key in own if key[1] == "flow" and key[3] == second]
            reader.knows_sum((table, kind, first, second, column), came)
    reader.knows_sum(
        standing(track, "sum", "Ny på trappen", ""),
        [key for key in own if key[2] == "Ny på trappen" and key[1] == "flow"],
    )


def _know_key_figures(reader: Reader, day: date) -> None:
    """Groups of a line, what stands above and below it, and children who are some of another line's."""
    table = item("", day=day)[0]
    areas = {key[3] for key in reader.true if key[:2] == (table, "key_figure")}
    for area in areas:
        groups = {
            key[2] for key in reader.true if key[:2] == (table, "key_figure") and key[3] == area and " " not in key[2]
        }
        reader.knows_sum(
            item("8-moves-all", area, day=day), [item(f"8-moves-rung_{rung}", area, day=day) for rung in (4, 5, 6)]
        )
        reader.knows_sum(
            item("9-moves-all", area, day=day), [item(f"9-moves-{way}", area, day=day) for way in ("down", "closed")]
        )
        sevens = [item(code, area, day=day) for code in groups if code.startswith("7-") and code != "7-children-all"]
        reader.knows_sum(item("7-children-all", area, day=day), sevens)
        reader.knows_sum(item("2-mean_months-running under", area, day=day), [item("1-children-all", area, day=day)])
        for measure in ("first", "later"):
            for under in ("", " under"):
                rungs = [item(f"12-{measure}-rung_{rung}{under}", area, day=day) for rung in (3, 4, 5, 6)]
                reader.knows_sum(item(f"12-{measure}-all{under}", area, day=day), rungs)
            for group in ("all", "rung_3", "rung_4", "rung_5", "rung_6"):
                reader.knows_part(
                    item(f"12-{measure}-{group} under", area, day=day), [item(f"12-{measure}-{group}", area, day=day)]
                )
        for code in ("3", "5", "6"):
            reader.knows_part(
                item(f"{code}-children-all", area, day=day), [item(f"{code}-children-uncertain_rank", area, day=day)]
            )
        reader.knows_part(item("5-children-all", area, day=day), [item("5-children-stay_away", area, day=day)])
        reader.knows_part(item("10-new-all", area, day=day), [item("10-new-from_higher", area, day=day)])
        reader.knows_part(item("8-moves-all under", area, day=day), [item("5-children-all", area, day=day)])


def _know_flows(reader: Reader) -> None:
    """Key figures are rungs on their date, and who went from rung to rung between the last two is some of those in them."""
    own = {
        (kind, first, second): key
        for key in reader.true
        if key[0] == "ladder_standing_social"
        for _, kind, first, second, _ in (key,)
    }
    rung = {second[5]: second for kind, first, second in own if kind == "standing"}
    for code, number in STOCKS.items():
        if number in rung:
            for day in (NOW, BEFORE):
                reader.knows_sum(item(code, day=day), [own["standing", text_date(day), rung[number]]])

    def flows(to: str | None = None, *, away: str | None = None) -> list[Key]:
        return [
            key
            for (kind, first, second), key in own.items()
            if kind == "flow"
            and first != second
            and rung.get(to or "", second) == second
            and rung.get(away or "", first) == first
        ]

    if "6" in rung:
        reader.knows_part(item("7-children-all"), flows(away="6"))
        for number in sorted(rung.keys() & {"2", "3", "4", "5"}):
            reader.knows_part(item(f"7-children-rung_{number}"), flows(number, away="6"))
    reader.knows_part(item("10-new-all"), flows("2"))
    on_three = own["standing", text_date(BEFORE), rung["3"]]
    reader.knows_part(item("8-moves-all under"), [on_three])
    reader.knows_part(item("8-moves-all under"), [on_three, *flows("3")])


def rows_of(table: ProtectedTable) -> Iterator[dict[str, Any]]:
    names = [column.name for column in table.columns]
    for row in table.rows:
        yield {name: cell.value for name, cell in zip(names, row, strict=True)}


def read_section(reader: Reader, section: Section) -> None:
    """Every count that the section's tables show."""
    tables = {table.table_id: table for table in section.tables}
    for row in rows_of(tables["ladder_by_year"]):
        for column in MOVES:
            reader.learn(("ladder_moves", row["period"], ALL, column), row[column])
    for row in rows_of(tables["ladder_by_district"]):
        for column in MOVES:
            reader.learn(("ladder_moves", f"2025, {row['track']}", row["area"], column), row[column])
    for track in TRACKS:
        _read_track(reader, tables, track)
    for name, labels, columns in (
        ("ladder_return", ("group", "month"), ("stays_count", "returned_count", "followed_count")),
        ("ladder_cohorts", ("began", "month"), ("began_count", *LATER)),
    ):
        protected = next(each for each in LABELS if each.startswith(name))
        for row in rows_of(tables[name]) if name in tables else ():
            for column in columns:
                reader.learn((protected, *(row[label] for label in labels), column), row[column])
    _read_council(reader, tables)
    for row in rows_of(tables["ladder_return_districts"]) if "ladder_return_districts" in tables else ():
        for column in ("stays_count", "returned_count"):
            reader.learn(("ladder_return", row["group"], "24\u00a0måneder i distriktet", column), row[column])
    lines = list(rows_of(tables["key_figures"]))
    for code, row in zip(_codes((row["number"], row["title"]) for row in lines), lines, strict=True):
        _read_key_figure(reader, code, ALL, row["counted"], row["of"])
    for row in rows_of(tables["key_figures_by_district"]):
        for code in row.keys() - {"area"}:
            reader.learn(item(code, row["area"]), row[code])


def _read_council(reader: Reader, tables: Mapping[str, ProtectedTable]) -> None:
    now, before = text_date(NOW), text_date(BEFORE)
    for row in rows_of(tables["council_standing"]):
        for column in ("special_children_count", *JUDGED):
            reader.learn(("council_counts", now, row["area"], column), row[column])
    for row in rows_of(tables["council_judged"]):
        for column in (*REVIEWED, "judged_possible_count", *OUTCOMES):
            reader.learn(("council_counts", row["period"], ALL, column), row[column])
    for row in rows_of(tables["council_districts"]):
        for column in row.keys() - {"area"}:
            period = now if column in REVIEWED else before
            reader.learn(("council_counts", period, row["area"], column), row[column])


def _read_track(reader: Reader, tables: Mapping[str, ProtectedTable], track: str) -> None:
    for row in rows_of(tables[f"ladder_groups_{track}"]):
        day = text_date(date(int(row["day"]), 9, 30))
        reader.learn(standing(track, "group", day, row["part"]), row["children_count"])
        reader.learn(standing(track, "all", day, ""), row["whole_count"])
    for row in rows_of(tables["ladder_stayed"]):
        if row["track"].casefold() == TRACKS[track]:
            reader.learn(standing(track, "standing", text_date(BEFORE), row["rung"]), row["whole_count"])
            reader.learn(standing(track, "flow", row["rung"], row["rung"]), row["stayed_count"])
    transitions = tables[f"ladder_transitions_{track}"]
    rungs = [label for label in transitions.values("from_rung") if label != "Ny på trappen"]
    to = {f"to_{label[5]}": label for label in rungs} | {"ended": "Uden støtte", "gone": "Ude af tallene"}
    for row in rows_of(transitions):
        is_new = row["from_rung"] == "Ny på trappen"
        whole = ("sum", "Ny på trappen", "") if is_new else ("standing", text_date(BEFORE), row["from_rung"])
        reader.learn(standing(track, *whole), row["whole"])
        for column in to.keys() - ({"ended", "gone"} if is_new else set()):
            reader.learn(standing(track, "flow", row["from_rung"], to[column]), row[column])


def _codes(printed: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The lines' codes from number and title as printed: what is *heraf* belongs to the line before it that is not."""
    measure = ""
    for number, title in printed:
        lines = [line for line in key_figure_lines(int(number)) if line.title == title]
        chosen = next((line for line in lines if line.measure_code == measure), lines[0])
        measure = chosen.measure_code
        yield chosen.code


def _read_key_figure(reader: Reader, code: str, area: str, counted: Any, of: Any, *, day: date = NOW) -> None:
    """What stands above and below one line; months and kroner are no counts, and neither are residents."""
    number = code.split("-")[0]
    if number == "2":
        reader.learn(item(f"2-mean_months-{code.split('-')[2]} under", area, day=day), of)
    elif code == "10-change-all":
        reader.learn(item("6-children-all", area, day=day), counted)
        if day == NOW:
            reader.learn(item("6-children-all", area, day=BEFORE), of)
    elif number != "11":
        reader.learn(item(code, area, day=day), counted)
        below = {"7": "7-children-all", "8": "8-moves-all under", "9": "8-moves-all under", "12": f"{code} under"}
        if number in below:
            reader.learn(item(below[number], area, day=day), of)


_FROM_RUNG_THREE = """
SELECT rows_count FROM marts.mart_key_figure_step WHERE key_figure_number = 9 AND step_number = 2 AND reference_date = ?
"""


def know_moves_from_rung_three(reader: Reader, context: ReportContext) -> None:
    """The second step of 8 and 9 counts all moves from rung 3: up (8), down (9), and those that are neither."""
    for day in (NOW, BEFORE):
        whole = item("moves from rung 3", day=day)
        (step,) = context.records(_FROM_RUNG_THREE, [day])
        reader.true[whole] = step["rows_count"]
        reader.knows_part(whole, [item("8-moves-all", day=day), item("9-moves-all", day=day)])


def read_explained(reader: Reader, context: ReportContext) -> None:
    """What `trappen explain noegletal` prints of the last two dates: lines in every area, and children behind the steps."""
    steps = {
        ("1", 3): "1-children-all", ("3", 3): "3-children-all", ("4", 3): "4-children-all", ("5", 3): "5-children-all",
        ("6", 3): "6-children-all", ("7", 1): "7-children-all", ("7", 2): "7-children-all", ("8", 1): "8-moves-all under",
        ("9", 1): "8-moves-all under", ("10", 3): "10-new-all", ("10", 2): "6-children-all",
    }  # fmt: skip
    for figure, day in product(load_code_table("key_figures").rows, (NOW, BEFORE)):
        told = explained_key_figure(context, figure, period=day.year)
        for code, line in zip(_codes((figure["code"], line[0]) for line in told.lines), told.lines, strict=True):
            _read_key_figure(reader, code, line[1], _number(line[2]), _number(line[3]), day=day)
        for step in told.steps:
            behind = item(steps.get((figure["code"], step.number), ""), day=day)
            if behind in reader.true:
                reader.learn(behind, _number(step.children))
            if figure["code"] in ("8", "9") and step.number == 2:
                reader.learn(item("moves from rung 3", day=day), _number(step.rows))


def _number(text: str) -> int | None:
    digits = text.replace(".", "")
    return int(digits) if digits.isdecimal() else None


@pytest.mark.usefixtures("protected_once")
@pytest.mark.parametrize(("children", "seed"), [(1700, 11)])
def test_no_few_children_follow_from_the_whole_section_and_what_is_explained(
    children: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = watch(monkeypatch)
    context = scenario_municipality(
        "no_effect", children=children, seed=seed, sources=(*SOURCES, "reviews", "costs", "cost_accounts")
    )
    section = ladder_section(context)
    protected_counts(context, BEFORE)
    know_sums(reader)
    know_moves_from_rung_three(reader, context)
    read_section(reader, section)
    told = dict(reader.known)
    read_explained(reader, context)
    assert len(reader.known) > len(told) > 150
    assert len(reader.secrets()) > 60, "otherwise nothing was tried"
    assert reader.worked_out() == []
    assert_the_reader_works_out_what_a_table_too_much_would_tell(reader)


def assert_the_reader_works_out_what_a_table_too_much_would_tell(reader: Reader) -> None:
    """With every count that is not small, whichever table hid it, some of the small ones follow."""
    for key, count in reader.true.items():
        if not 0 < count < 5 and not key[0].startswith("rest"):
            reader.learn(key, count)
    assert len(reader.worked_out()) > 5
