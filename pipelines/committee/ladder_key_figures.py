"""Which counts behind Indsatstrappens Nøgletal may be shown, when the report's other tables tell of the same children?

From marts.mart_key_figure: every count of one reference date, in every area. Those on the latest date of the social track's other
tables are one protected table with them (`social_standing`): a key figure is a rung there, and flows between rungs are part of what
is counted here. Other dates are protected alone; what other tables show of them, the rungs of the whole municipality, is never
hidden here unless it is small, and there neither.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.ladder_counts import (
    COLUMNS,
    COUNT,
    ENDED,
    FLOW,
    GONE,
    KEY_FIGURE,
    NEW,
    STANDING,
    Counts,
    Labels,
    Row,
    by_labels,
    count_at,
    count_row,
)
from pipelines.committee.ladder_moves import models_of_year, move_records, period_of, protect_moves
from pipelines.committee.ladder_spells import Rung, reference_dates, rungs_of, seen_days, standing_on
from pipelines.committee.ladder_standing import Standing, protect_standing
from pipelines.disclosure.protect import HIDDEN, protect
from pipelines.disclosure.relations import CellAt, SumRelation, Total, TotalRow
from pipelines.disclosure.table import CellStatus, ProtectedTable, TableColumn
from pipelines.publish.danish import head_date, text_date

Records = Sequence[Mapping[str, Any]]
Item = tuple[str, str]
"""A line's code (with ` under` for what stands below its line), and an area as it is printed."""

_FIGURES: Final = """
SELECT figures.key_figure_number, figures.measure_code, figures.group_code, figures.reference_date, figures.area_kind,
       figures.area_code, figures.numerator, figures.denominator, figures.value, figures.reason_code, figures.children_count
FROM marts.mart_key_figure AS figures
WHERE figures.reference_date = ?
ORDER BY figures.key_figure_number, figures.measure_code, figures.group_code, figures.area_kind, figures.area_code
"""
_PREVIOUS: Final = "SELECT previous_reference_date FROM core.dim_key_figure_period WHERE reference_date = ?"
_RUNGS: Final[Mapping[str, int]] = {
    "1-children-all": 6,
    "3-children-all": 5,
    "4-children-all": 4,
    "5-children-all": 3,
    "6-children-all": 2,
}
"""The rung whose children a line counts."""
_BEFORE: Final = "5-children-all before"
"""Those on rung 3 on the reference date before."""
_ON_RUNG_3: Final = "8-moves-all under"
"""Those on rung 3 from one reference date to the next."""
_SUMS: Final[Mapping[str, tuple[str, ...]]] = {
    "2-mean_months-running under": ("1-children-all",),
    "7-children-all": tuple(
        f"7-children-{group}"
        for group in ("rung_0", "rung_2", "rung_3", "rung_4", "rung_5", "rung_6", "aged_out", "moved_away")
    ),
    "8-moves-all": ("8-moves-rung_4", "8-moves-rung_5", "8-moves-rung_6"),
    "9-moves-all": ("9-moves-down", "9-moves-closed"),
    **{
        f"12-{measure}-all{part}": tuple(f"12-{measure}-rung_{rung}{part}" for rung in (3, 4, 5, 6))
        for measure in ("first", "later")
        for part in ("", " under")
    },
}
"""Which counts add up to which, in every area; ` under` is what stands below the line."""
_PARTS: Final[Mapping[str, str]] = {
    "3-children-uncertain_rank": "3-children-all",
    "5-children-stay_away": "5-children-all",
    "5-children-uncertain_rank": "5-children-all",
    "6-children-uncertain_rank": "6-children-all",
    "10-new-from_higher": "10-new-all",
    "5-children-all": _ON_RUNG_3,
    _BEFORE: _ON_RUNG_3,
}
"""Counts that are a part of another: what is left of it must not be small either."""
_NEARLY_EQUAL: Final = ("2-mean_months-ended under", "7-children-all")
"""Stays in an institution that ended, and children who left one: alike but for who left twice, so both are told or neither."""
_MOVES: Final[Mapping[str, str]] = {
    "8-moves-all": "up_count",
    "9-moves-down": "down_count",
    "9-moves-closed": "closed_count",
}
"""Moves that are some of those in the tables on moves, where the year counted is a calendar year."""


def key_figure_records(context: ReportContext, day: date) -> list[dict[str, Any]]:
    """Every line of one reference date in every area, from the mart."""
    return context.records(_FIGURES, [day])


def areas_of(records: Records) -> list[dict[str, Any]]:
    """One record of each area; the children without a known district are one only where there are any."""
    there = {
        record["area_code"]
        for record in records
        if record["area_code"] is not None or record["numerator"] or record["denominator"]
    }
    return list({record["area_code"]: dict(record) for record in records if record["area_code"] in there}.values())


def code_of(record: Mapping[str, Any]) -> str:
    """The code of a record's line: `9-moves-down`."""
    return f"{record['key_figure_number']}-{record['measure_code']}-{record['group_code']}"


def social_standing(context: ReportContext) -> Standing | None:
    """The children on the rungs of the social track, protected with the key figures of the latest date; None without any date."""
    dates, rungs = _dates(context), rungs_of(context)["social"]
    if not dates:
        return None
    key_figures = _counts(context, dates[-1])
    return protect_standing(
        context,
        "social",
        standing_on(context, dates),
        dates=dates,
        rungs=rungs,
        beside=lambda counts: _beside(key_figures, counts, dates=dates, rungs=rungs),
    )


def _dates(context: ReportContext) -> list[date]:
    """The dates of the social track's tables, oldest first."""
    seen = seen_days(context)
    return reference_dates(seen["social"], context.as_of_date) if "social" in seen else []


def protected_counts(context: ReportContext, day: date, *, social: Standing | None = None) -> ProtectedTable:
    """Every count behind the key figures of one reference date: one row per item and area, protected together.

    social: `social_standing`, where it was made already. An item is a line's code, or the code and ` under` for what stands below
    its line where that is a count of children helped. Others than these are there for the sums alone, and no table shows them.
    """
    is_with_others = day in _dates(context)[-1:]
    social = social or (social_standing(context) if is_with_others else None)
    table = social.table if is_with_others and social else _protected_alone(context, _counts(context, day))
    items = table.excerpt(
        "key_figure_counts",
        title=f"Tallene bag Indsatstrappens Nøgletal pr. {head_date(day)}",
        keep_row=lambda row: row["kind"] == KEY_FIGURE,
    )
    named = replace(
        items,
        columns=(TableColumn("item", "Tal", "label"), TableColumn("area", "Distrikt", "label"), COUNT),
        rows=tuple(row[1:] for row in items.rows),
    )
    return _hide(named, _hidden_with_others(context, named, day))


def _protected_alone(context: ReportContext, counts: Counts) -> ProtectedTable:
    """The counts without other tables' beside; all of them hidden where nothing else protects them."""
    for rows, totals, published in (
        (counts.rows, counts.totals, [*counts.published, *counts.preferred]),
        (counts.rows, counts.totals, counts.published),
        ([{**row, COUNT.name: HIDDEN} for row in counts.rows], (), ()),
    ):
        try:
            return protect(
                rows,
                table_id="key_figure_counts",
                title="",
                columns=COLUMNS,
                source="",
                rule=context.rule,
                totals=totals,
                published=published,
            )
        except ValueError:
            continue
    raise ValueError("the counts behind the key figures cannot be protected")


def _counts(context: ReportContext, day: date) -> Counts:
    """The counts of one reference date with the sums among them; none where the mart has none."""
    found = key_figure_records(context, day)
    areas = {record["area_code"] for record in areas_of(found)}
    rows = [
        _row(item, context.area_name(record["area_code"]), count)
        for record in found
        if record["area_code"] in areas
        for item, count in _counts_of(record)
    ]
    rows += _on_rung_3_before(context, day)
    if not rows:
        return Counts()
    rows += _rests(rows)
    total = TotalRow("second", WHOLE_MUNICIPALITY, within=("kind", "first"))
    published = [
        count_at(*labels)
        for labels, count in by_labels(rows).items()
        if labels[1] in (*_RUNGS, _BEFORE) and labels[2] == WHOLE_MUNICIPALITY and not context.rule.hides_count(count)
    ]
    return Counts(rows, [total, *_sums(rows)], published, _preferred(context, rows))


def _preferred(context: ReportContext, rows: Sequence[Row]) -> list[CellAt]:
    """Key figures of the whole municipality that rest on one count: told before their parts, both or neither of those alike."""
    counts = {item: count for (item, area), count in _items(rows).items() if area == WHOLE_MUNICIPALITY}
    named = [item for item in _NEARLY_EQUAL if item in counts]
    return [_at(item) for item in named] if not any(context.rule.hides_count(counts[item]) for item in named) else []


def _row(item: str, area: str, count: int) -> dict[str, str | int]:
    return count_row(KEY_FIGURE, item, area, count)


def _at(item: str, area: str = WHOLE_MUNICIPALITY) -> CellAt:
    return count_at(KEY_FIGURE, item, area)


def _items(rows: Iterable[Row]) -> dict[Item, int]:
    return {(item, area): count for (_, item, area), count in by_labels([*rows]).items()}


def _counts_of(record: Mapping[str, Any]) -> Iterable[tuple[str, int]]:
    """The counts of children, moves and courses in one record; money, lengths and residents are none."""
    number, code = int(record["key_figure_number"]), code_of(record)
    if record["numerator"] is None:
        return
    if number == 2:
        if record["measure_code"] == "mean_months":
            yield f"{code} under", round(record["denominator"])
    elif number != 11 and record["measure_code"] != "change":
        yield code, round(record["numerator"])
        if number == 12 or code == "8-moves-all":
            yield f"{code} under", round(record["denominator"])


def _on_rung_3_before(context: ReportContext, day: date) -> list[dict[str, str | int]]:
    """The children of key figure 5 a year before, where those on rung 3 in the year are counted: another table tells them."""
    return [
        _row(_BEFORE, WHOLE_MUNICIPALITY, round(record["numerator"]))
        for period in context.records(_PREVIOUS, [day])
        for record in key_figure_records(context, period["previous_reference_date"])
        if code_of(record) == "5-children-all"
        and record["area_kind"] == "municipality"
        and record["numerator"] is not None
    ]


def _whole_of(part: str) -> str:
    """The item that `part` is a part of, so that what it leaves is a count too; empty where it leaves none."""
    return f"{part} under" if part.startswith("12-") and " " not in part else _PARTS.get(part, "")


def _rests(rows: Sequence[Row]) -> list[dict[str, str | int]]:
    """What each part leaves of its whole, so that it is protected too; no table shows it."""
    counts = _items(rows)
    return [
        _row(f"{part} rest", area, counts[_whole_of(part), area] - count)
        for (part, area), count in counts.items()
        if (_whole_of(part), area) in counts and counts[_whole_of(part), area] >= count
    ]


def _sums(rows: Sequence[Row]) -> list[SumRelation]:
    there = _items(rows)
    sums = [
        SumRelation(_at(whole, area), tuple(_at(part, area) for part in _SUMS[whole]))
        for whole, area in there
        if whole in _SUMS and all((part, area) in there for part in _SUMS[whole])
    ]
    return sums + [
        SumRelation(_at(_whole_of(part), area), (_at(part, area), _at(f"{part} rest", area)))
        for part, area in there
        if (f"{part} rest", area) in there
    ]


def _beside(
    key_figures: Counts, counts: Mapping[Labels, int], *, dates: Sequence[date], rungs: Mapping[int, Rung]
) -> Counts:
    """The key figures of the latest date, with their sums over the track's own counts: rungs, and flows from the date before."""
    there = _items(key_figures.rows)
    totals: list[Total] = list(key_figures.totals)
    latest = {number: (STANDING, text_date(dates[-1]), rung.label) for number, rung in rungs.items()}
    totals += [
        SumRelation(_at(item), (count_at(*latest[number]),))
        for item, number in _RUNGS.items()
        if (item, WHOLE_MUNICIPALITY) in there and latest[number] in counts
    ]
    rows = list(key_figures.rows)
    for item, parts in _nested(counts, dates=dates, rungs=rungs).items():
        left = there.get((item, WHOLE_MUNICIPALITY), -1) - sum(counts[part] for part in parts)
        if parts and left >= 0:
            rest = f"{item} beside flows"
            rows.append(_row(rest, WHOLE_MUNICIPALITY, left))
            totals.append(SumRelation(_at(item), (*(count_at(*part) for part in parts), _at(rest))))
    return Counts(rows, totals, key_figures.published, key_figures.preferred)


def _nested(
    counts: Mapping[Labels, int], *, dates: Sequence[date], rungs: Mapping[int, Rung]
) -> dict[str, list[Labels]]:
    """Items of the whole municipality, each with the flows between the last two dates whose children are some of its own.

    Who stands on rung 6 on the first date and elsewhere on the second has left an institution (7); who comes to rung 2 between them
    has come in the year (10); who stood on rung 3 on either date was there in the year (8).
    """
    label = {number: rung.label for number, rung in rungs.items()}
    every = [*label.values(), NEW, ENDED, GONE]

    def into(number: int) -> list[Labels]:
        return [(FLOW, source, label[number]) for source in every if source != label[number]]

    away = [(FLOW, label[6], target) for target in every if target != label[6]]
    nested = {
        "7-children-all": away,
        **{f"7-children-rung_{number}": [(FLOW, label[6], label[number])] for number in range(2, 6)},
        "10-new-all": into(2),
        _ON_RUNG_3: [(STANDING, text_date(dates[-2]), label[3]), *into(3)] if len(dates) > 1 else [],
    }
    has_flows = any(kind == FLOW for kind, _, _ in counts)
    return {item: [part for part in parts if part in counts] for item, parts in nested.items() if has_flows}


def _hidden_with_others(context: ReportContext, counts: ProtectedTable, day: date) -> set[Item]:
    """What is hidden besides, because a table outside this one shows nearly the same: hiding more never gives anything away."""
    is_hidden = {(str(row[0].value), str(row[1].value)): row[2].status is CellStatus.HIDDEN for row in counts.rows}
    alike = [is_hidden.get((item, WHOLE_MUNICIPALITY), False) for item in _NEARLY_EQUAL]
    hidden = (
        {place for place in is_hidden if place[0] == _NEARLY_EQUAL[0] or place[0].startswith("7-")}
        if any(alike)
        else set()
    )
    if day != date(day.year, 12, 31):
        return hidden
    told = _told_beside_moves(context, counts, day)
    return hidden | {
        (item, area)
        for item, area in is_hidden
        if item.startswith(("8-moves", "9-moves"))
        and item != _ON_RUNG_3
        and (area != WHOLE_MUNICIPALITY or item[0] not in told)
    }


def _told_beside_moves(context: ReportContext, counts: ProtectedTable, day: date) -> set[str]:
    """Which of the key figures 8 and 9 may stand beside the tables on moves of the same calendar year, in the whole municipality.

    Moves from rung 3 are some of all moves: what is left of these is a count too, and must not be small.
    """
    records = move_records(context)
    year = max((int(record["calendar_year"]) for record in records), default=0)
    moves, _ = protect_moves(context, records, year=year, models=models_of_year(context, year))
    period = period_of(day.year, "social")
    if period not in moves.values("period"):
        return {"8", "9"}
    untold = set()
    for item, column in _MOVES.items():
        count = counts.cell(COUNT.name, item=item, area=WHOLE_MUNICIPALITY).value
        whole = moves.cell(column, period=period, area=WHOLE_MUNICIPALITY).value
        if count is None or whole is None or context.rule.hides_count(int(whole) - int(count)):
            untold.add(item[0])
    return {"8", "9"} - untold


def _hide(table: ProtectedTable, places: set[Item]) -> ProtectedTable:
    """The table with the counts at these items and areas hidden."""
    rows = tuple(
        (item, area, HIDDEN if (item.value, area.value) in places else count) for item, area, count in table.rows
    )
    return replace(table, rows=rows)
