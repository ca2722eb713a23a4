"""What a reader of the whole SDQ section, and of the tables on data quality, can work out: no few children, whatever is joined.

The sums a reader knows are written down here anew, from what the words of the tables say; that the section's own sums hide enough
within its one protected table is another test.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest

from pipelines.committee import wellbeing_groups
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.wellbeing import wellbeing_section
from pipelines.committee.wellbeing_groups import (
    ALL_OTHER_FORMS,
    DISTRICT,
    DUE,
    EVERYBODY,
    INFORMANTS,
    MODEL,
    NOT_DUE,
    OTHER_FORMS,
    REASON,
    REASONS,
    SPREAD,
)
from pipelines.disclosure.attack import Attacker, build_constraints, find_ceiling
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import Equation, Position
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.publish import figures
from pipelines.publish.section import Section
from pipelines.sdq_norms.bands import band_titles

ROW_SUMS = (
    ("first_measured_count", ("children_count", "unpaired_count")),
    ("first_measured_count", ("due_count", "not_due_count")),
    ("due_count", ("children_count", "lost_count")),
    ("unpaired_count", ("lost_count", "not_due_count")),
)
COUNTS = tuple(dict.fromkeys(name for total, parts in ROW_SUMS for name in (total, *parts)))
SMALL = range(1, 5)
DISTRICT_AND_MODEL = "Distrikt og model"


@dataclass
class Reader:
    """The counts there are, by (informant, division, group, column), and what the published tables tell of them."""

    true: dict[tuple[str, str, str, str], int]
    hidden: set[tuple[str, str, str, str]]
    known: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    sums: list[tuple[tuple[str, str, str, str], list[tuple[str, str, str, str]]]] = field(default_factory=list)

    def learn(self, key: tuple[str, str, str, str], value: Any) -> None:
        """A number in a published table; it must be the true one."""
        if value is not None:
            assert int(value) == self.true[key], key
            self.known[key] = int(value)

    def knows_sum(self, total: tuple[str, str, str, str], parts: list[tuple[str, str, str, str]]) -> None:
        """What the words of the tables say adds up; it must do so in truth."""
        assert self.true[total] == sum(self.true[part] for part in parts), (total, parts)
        self.sums.append((total, parts))

    def attacker(self) -> Attacker:
        """The solver that knows all this and nothing else."""
        at: dict[tuple[str, str, str, str], Position] = {key: (number, "") for number, key in enumerate(self.true)}
        known = {at[key]: value for key, value in self.known.items()}
        sums = [Equation(at[total], tuple(at[part] for part in parts), "") for total, parts in self.sums]
        self.position = at
        return Attacker(build_constraints(sums, known=known), ceiling=find_ceiling(known))

    def worked_out(self) -> list[tuple[str, str, str, str]]:
        """Counts of few children that are known to be one of fewer than five values, and hidden ones that are known exactly."""
        attacker = self.attacker()
        few = {key for key, count in self.true.items() if count in SMALL and key not in self.known}
        return [
            key
            for key in self.true
            if key in few | self.hidden and attacker.is_narrower(self.position[key], 5 if key in few else 1)
        ]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[Mapping[str, Any]], ProtectedTable]]:
    """The rows that the section's one table is made of, before anything is hidden, and that table, once the section is built."""
    seen: list[tuple[list[Mapping[str, Any]], ProtectedTable]] = []

    def watched(rows: Any, **named: Any) -> ProtectedTable:
        everything = protect(rows, **named)
        seen.append((list(rows), everything))
        return everything

    monkeypatch.setattr(wellbeing_groups, "protect", watched)
    monkeypatch.setattr(figures, "render", lambda *_, **__: "<svg/>")
    return seen


def reader_of(rows: list[Mapping[str, Any]], everything: ProtectedTable) -> Reader:
    columns = [*COUNTS, "part_count"]
    return Reader(
        {
            (row["informant"], row["division"], row["group"], column): int(row[column])
            for row in rows
            for column in columns
            if row[column] is not None
        },
        {
            (row["informant"], row["division"], row["group"], column)
            for row, cells in zip(rows, everything.rows, strict=True)
            for column in columns
            if cells[everything.column_index(column)].status is CellStatus.HIDDEN
        },
    )


def know_models(reader: Reader, informant: str, column: str, found: list[str]) -> None:
    """A model is run in whole districts but for single institutions: both are sums of a district's children under a model."""
    for place, division in enumerate((DISTRICT, MODEL)):
        for group in {name.split(", ")[place] for name in found}:
            parts = [name for name in found if name.split(", ")[place] == group]
            reader.knows_sum(
                (informant, division, group, column),
                [(informant, DISTRICT_AND_MODEL, name, column) for name in parts],
            )


def know_sums(reader: Reader, context: ReportContext) -> None:
    """Divisions of the same children, the steps on the way from first to second form, and every form there is."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for informant, division, group, column in reader.true:
        groups[informant, division, column].append(group)
    for (informant, division, column), found in groups.items():
        whole = (informant, division, WHOLE_MUNICIPALITY, column)
        if division == DISTRICT_AND_MODEL:
            know_models(reader, informant, column, found)
        elif column != "part_count" and division != EVERYBODY:
            parts = [(informant, division, group, column) for group in found if group != WHOLE_MUNICIPALITY]
            reader.knows_sum(whole, parts)
            reader.knows_sum((informant, EVERYBODY, WHOLE_MUNICIPALITY, column), [whole])
    for (informant, division, group, column), (total, names) in product(list(reader.true), ROW_SUMS):
        parts = [(informant, division, group, name) for name in names]
        if column == total and all(part in reader.true for part in parts):
            reader.knows_sum((informant, division, group, column), parts)
    for informant in INFORMANTS.values():
        if (informant, EVERYBODY, WHOLE_MUNICIPALITY, "children_count") in reader.true:
            _know_parts(reader, informant, groups)
    forms = [key for key in reader.true if key[1] == OTHER_FORMS]
    others = next(key for key in forms if key[2] == ALL_OTHER_FORMS)
    reader.knows_sum(others, [key for key in forms if key != others])
    every = ("alle", "skemaer", "skemaer", "part_count")
    reader.true[every] = int(context.records("SELECT count(*) AS forms FROM core.fct_sdq_score")[0]["forms"])
    reader.learn(every, reader.true[every])  # rows received and the gaps in the data tell it
    named = [
        (informant, EVERYBODY, WHOLE_MUNICIPALITY, column)
        for informant in INFORMANTS.values()
        for column in ("first_measured_count", "children_count")
    ]
    reader.knows_sum(every, [others, *(key for key in named if key in reader.true)])
    unscored = next(key for key in forms if key[2] == "et skema med for få svar")
    gap = int(
        context.records("SELECT count(*) AS forms FROM core.fct_sdq_score WHERE total_points IS NULL")[0]["forms"]
    )
    if gap not in SMALL and gap == reader.true[unscored]:
        reader.learn(unscored, gap)


def _know_parts(reader: Reader, informant: str, groups: Mapping[tuple[str, str, str], list[str]]) -> None:
    """The parts of an informant's children that sum to those measured twice, or, of the reasons, to those measured at all."""

    def whole(column: str) -> tuple[str, str, str, str]:
        return informant, EVERYBODY, WHOLE_MUNICIPALITY, column

    for own, division, column in groups:
        parts = [(own, division, group, column) for group in groups[own, division, column]]
        is_part = own == informant and column == "part_count" and division != REASON
        if is_part and sum(reader.true[part] for part in parts) == reader.true[whole("children_count")]:
            reader.knows_sum(whole("children_count"), parts)
    reasons = {code: (informant, REASON, title, "part_count") for code, title in REASONS.items()}
    reader.knows_sum(whole("children_count"), [reasons[None]])
    reader.knows_sum(whole("not_due_count"), [reasons["not_due"]])
    reader.knows_sum(whole("lost_count"), [reasons[code] for code in reasons if code not in (None, "not_due")])


def rows_of(table: ProtectedTable) -> Iterator[dict[str, Any]]:
    names = [column.name for column in table.columns]
    for row in table.rows:
        yield {name: cell.value for name, cell in zip(names, row, strict=True)}


def read_section(reader: Reader, section: Section, main: str) -> set[str]:
    """Every count that the section's tables show; the names of the tables read."""
    division_of = {
        (informant, group): division
        for informant, division, group, column in reader.true
        if column == "first_measured_count" and group != WHOLE_MUNICIPALITY
    }
    tables = {table.table_id: table for table in section.tables}
    by_group = ("sdq_change", "sdq_by_district", "sdq_by_group", "sdq_by_group_others", "sdq_follow_up")
    for name in by_group:
        for row in rows_of(tables[name]) if name in tables else ():
            informant, group = row.get("informant", main), row.get("group", WHOLE_MUNICIPALITY)
            division = EVERYBODY if group == WHOLE_MUNICIPALITY else division_of[informant, group]
            for column in row.keys() & {*COUNTS}:
                reader.learn((informant, division, group, column), row[column])
    steps = {"Målt første gang": "first_measured_count", "Målt to gange": "children_count"}
    steps |= {DUE: "due_count", NOT_DUE: "not_due_count"}
    for row in rows_of(tables["sdq_pairing"]):
        for code in row.keys() & INFORMANTS.keys():
            step, informant = row["step"], INFORMANTS[code]
            key = (
                (informant, EVERYBODY, WHOLE_MUNICIPALITY, steps[step])
                if step in steps
                else (informant, REASON, step, "part_count")
            )
            reader.learn(key, row[code])
    for row in rows_of(tables["sdq_other_forms"]):
        reader.learn((wellbeing_groups.FORMS, OTHER_FORMS, row["outcome"], "part_count"), row["forms_count"])
    for row in rows_of(tables["sdq_lost"]):
        reader.learn((row["informant"], EVERYBODY, WHOLE_MUNICIPALITY, "lost_count"), row["lost_children"])
    part_of = {
        (informant, group): division for informant, division, group, column in reader.true if column == "part_count"
    }
    for row in rows_of(tables["sdq_reliable"]):
        informant, outcome = row["informant"], row["outcome"]
        reader.learn((informant, part_of[informant, outcome], outcome, "part_count"), row["children_count"])
        reader.learn((informant, EVERYBODY, WHOLE_MUNICIPALITY, "children_count"), row["whole_count"])
    if "sdq_spread" in tables:
        for row in rows_of(tables["sdq_spread"]):
            for occasion, division in SPREAD.items():
                reader.learn((main, division, row["span"], "part_count"), row[occasion])
    for name, column, group in (
        ("sdq_scales", "shown_count", "Alle skalaer kendt"),
        ("sdq_added_value", "used_count", "Med i den britiske formel"),
    ):
        for row in rows_of(tables[name]) if name in tables else ():
            if row[column] is not None:
                reader.learn((row["informant"], part_of[row["informant"], group], group, "part_count"), row[column])
    titles = {title: band for band, title in band_titles().items()}
    for row in rows_of(tables["sdq_bands"]) if "sdq_bands" in tables else ():
        for occasion in ("first", "second"):
            division = f"bånd i uk_3_bands, {occasion}"
            reader.learn((row["informant"], division, titles[row["band"]], "part_count"), row[occasion])
    return {*by_group, "sdq_pairing", "sdq_other_forms", "sdq_lost", "sdq_reliable", "sdq_spread", "sdq_bands"} | {
        *("sdq_scales", "sdq_added_value")
    }


NO_COUNTS_OF_THESE_CHILDREN = {
    "sdq_detection",  # children by home now, whoever answered; protected with its own sums
    "sdq_differences",  # forms by scale, of those delivered twice; protected with its own sums
    "sdq_clinical",  # parts of the outcomes, hidden with them
    "sdq_standardised",
    "sdq_lost_change",
    "sdq_worst_off",
}


@pytest.mark.parametrize(("seed", "children", "norm_set"), [(1, 500, None), (4, 900, "uk_3_bands")])
def test_no_few_children_follow_from_all_tables_together(
    seed: int,
    children: int,
    norm_set: str | None,
    scenario_context: Callable[..., ReportContext],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = counted(monkeypatch)
    context = scenario_context(
        "no_effect", children=children, seed=seed, **({"sdq": {"norm_set": norm_set}} if norm_set else {})
    )
    section = wellbeing_section(context)
    reader = reader_of(*seen[0])
    main = next(table for table in section.tables if table.table_id == "sdq_change").rows[0][0].value
    assert isinstance(main, str)
    know_sums(reader, context)
    read = read_section(reader, section, main)
    assert {table.table_id for table in section.tables} <= read | NO_COUNTS_OF_THESE_CHILDREN
    hidden = [key for key in reader.true if key not in reader.known and reader.true[key] in SMALL]
    assert len(hidden) > 10, "otherwise nothing was tried"
    assert len(reader.known) > 40
    assert reader.worked_out() == []
    if norm_set is None:
        assert_the_reader_works_out_what_a_table_too_much_would_tell(reader)


def assert_the_reader_works_out_what_a_table_too_much_would_tell(reader: Reader) -> None:
    """The number of other forms beside the informants' own counts: with it, the one count of a whole that is hidden follows."""
    others = (wellbeing_groups.FORMS, OTHER_FORMS, ALL_OTHER_FORMS, "part_count")
    wholes = [
        (informant, EVERYBODY, WHOLE_MUNICIPALITY, column)
        for informant in INFORMANTS.values()
        for column in ("first_measured_count", "children_count")
    ]
    hidden = [key for key in wholes if key in reader.true and key not in reader.known]
    assert others not in reader.known
    assert hidden, "a whole is hidden"
    for key in (others, *hidden[1:]):
        reader.learn(key, reader.true[key])
    assert hidden[0] in reader.worked_out()
