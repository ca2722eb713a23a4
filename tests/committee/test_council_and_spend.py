"""The Kreative Råd and spend in the report: what is shown, what is hidden together, and what is said when nothing came."""

from datetime import date
from typing import Any

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from pipelines.committee import special_children
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.creative_council import (
    JUDGED_TOTALS,
    STANDING_TOTALS,
    creative_council_part,
    printed_standing,
    protect_judged,
    protect_standing,
)
from pipelines.committee.mainstream import mainstream_section
from pipelines.committee.spend import ALL_RUNGS, find_hidden_rungs, protect_prices, protect_spend, spend_part
from pipelines.disclosure.attack import find_pinned
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.publish.danish import cell_text, claims_beyond_level, words_to_avoid
from pipelines.settings import Settings
from tests.committee.conftest import SOURCES
from tests.sql.drawn import AS_OF_DATE, built

SETTINGS = Settings.model_validate(
    {"municipality": {"name": "Bøgelund Kommune", "profile": "vordingborg_next_step", "is_constructed": True}}
)
REFERENCE = date(2026, 9, 30)
LEAST = 10
PARTS = ("never_reviewed_count", "return_possible_count", "return_not_possible_count", "return_not_judged_count")
OUTCOMES = ("returned_count", "remained_count", "other_end_count", "not_yet_due_count")
SMALL = st.one_of(st.integers(0, 6), st.integers(0, 40))


def context(connection: Any = None) -> ReportContext:
    return ReportContext(connection, SETTINGS, AS_OF_DATE, {"NORD": "Nord", "SYD": "Syd", "VEST": "Vest"})


def small_counts(table: ProtectedTable) -> list[Any]:
    names = [column.name for column in table.columns if column.kind == "count"]
    return [value for name in names for value in table.values(name) if value is not None and 0 < value < 5]


@st.composite
def standings(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Three districts by judgement, by register and, for the whole, by rung, so that every sum holds."""
    rows = []
    for code in ("NORD", "SYD", "VEST"):
        parts = {name: draw(SMALL) for name in PARTS}
        whole = sum(parts.values())
        school = draw(st.integers(0, whole))
        daycare = draw(st.integers(0, whole - school))
        rows.append(
            {"area_code": code, "area_kind": "district", **parts, special_children.WHOLE: whole,
             "outside_school_count": school, "outside_daycare_count": daycare, special_children.OTHER: whole - school - daycare,
             "months_since_review_median": 3.0 if whole > parts[PARTS[0]] else None}
        )  # fmt: skip
    counts = (*PARTS, special_children.WHOLE, *special_children.REGISTERS.values(), special_children.OTHER)
    total = {name: sum(row[name] for row in rows) for name in counts}
    third = draw(st.integers(0, total[special_children.WHOLE]))
    fourth = draw(st.integers(0, total[special_children.WHOLE] - third))
    rungs = dict(
        zip(special_children.RUNGS, (third, fourth, total[special_children.WHOLE] - third - fourth), strict=True)
    )
    nothing = dict.fromkeys(special_children.RUNGS)
    whole_row = {"area_code": "ALL", "area_kind": "municipality", **total, **rungs, "months_since_review_median": 3.0}
    return [*({**row, **nothing} for row in rows), whole_row]


@settings(max_examples=12, deadline=None)
@given(standings())
def test_no_hidden_child_in_special_settings_follows_from_the_reports_tables_together(
    rows: list[dict[str, Any]],
) -> None:
    try:
        table = protect_standing(context(), rows, kind="creative_council", reference=REFERENCE)
    except ValueError:
        # all that could hide it stands in other tables: then the report prints no such table
        reject()
    assert find_pinned(table, totals=STANDING_TOTALS) == []
    printed = printed_standing(context(), table, rows)
    assert small_counts(printed) == []
    for row in printed.rows:
        if CellStatus.HIDDEN in (row[1].status, row[2].status):
            assert row[-1].status is CellStatus.HIDDEN


@st.composite
def judged_years(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for year in (2024, 2025):
        outcomes = {name: draw(SMALL) for name in OUTCOMES}
        reviewed = draw(st.integers(0, 40))
        rows.append(
            {"reference_date": date(year, 9, 30), "reviewed_count": reviewed, "exhausted_count": draw(st.integers(0, reviewed)),
             "recommended_count": draw(st.one_of(st.none(), st.integers(0, reviewed))), **outcomes,
             "judged_possible_count": sum(outcomes.values())}
        )  # fmt: skip
    return rows


@settings(max_examples=12, deadline=None)
@given(judged_years())
def test_no_hidden_judgement_or_rest_follows_from_the_sums(rows: list[dict[str, Any]]) -> None:
    table = protect_judged(context(), rows, kind="creative_council")
    assert find_pinned(table, totals=JUDGED_TOTALS) == []
    assert small_counts(table) == []


def spend_row(basis: str, rung: int | None, children: int, amount: float, **more: Any) -> dict[str, Any]:
    """A row as spend_part reads it; as many children have an amount as have a measure."""
    is_measures = basis == "measures"
    return {
        "basis_code": basis, "calendar_year": 2025, "social_rung": rung, "is_whole_year": True, "amount_dkk": amount,
        "reversal_dkk": 0.0, "reversal_children_count": 0 if is_measures else None, "children_count": children,
        "paid_children_count": children if is_measures else None, "across_years_count": 0, "overlapping_count": 0,
        "budget_dkk": None, "budget_children_count": None, "is_whole_budget": None, "ended_dkk_per_month": None,
        "running_dkk_per_month": 4000.0, "ended_courses_count": 0, "ended_months_mean": None,
        "running_courses_count": children, "running_months_mean": 20.0, **more,
    }  # fmt: skip


def test_a_rung_of_few_children_takes_the_smallest_other_with_it_in_both_tables_so_that_the_sum_can_stand() -> None:
    counts = {2: 100, 3: 60, 4: 30, 5: 12, 6: 3}
    rows = [
        spend_row(basis, rung, children, 100_000.0 * rung)
        for basis in ("measures", "accounts")
        for rung, children in counts.items()
    ]
    for table in protect_spend(context(), rows):
        shown = {row[1].value: row[table.column_index("amount_dkk")].value for row in table.rows}
        hidden = [str(rung)[0] for rung, amount in shown.items() if amount is None]
        assert hidden == ["5", "6"]  # 3 children alone, with 12 they are 15
        assert shown[ALL_RUNGS] == 100_000 * (2 + 3 + 4 + 5 + 6)
        # what belongs to no known rung is in no sum
    measures = protect_spend(context(), rows)[0]
    hidden_row = next(row for row in measures.rows if str(row[1].value).startswith("6"))
    assert hidden_row[measures.column_index("children_count")].status is CellStatus.HIDDEN
    assert hidden_row[measures.column_index("budget_dkk")].status is CellStatus.NOT_RECEIVED
    (prices,) = protect_prices(context(), rows)
    assert {cell.status for cell in prices.rows[-1][2:]} == {CellStatus.HIDDEN}


@given(st.dictionaries(st.integers(2, 6), st.tuples(SMALL, SMALL), min_size=1))
def test_no_kroner_of_few_children_are_shown_or_follow_from_the_sum(counts: dict[int, tuple[int, int]]) -> None:
    rows = [
        spend_row(basis, rung, pair[place], 1_000_000.0)
        for place, basis in enumerate(("measures", "accounts"))
        for rung, pair in counts.items()
    ]
    hidden = find_hidden_rungs(rows, least=LEAST)
    tables = protect_spend(context(), rows)
    for place, table in enumerate(tables):
        amounts = {str(row[1].value)[0]: row[table.column_index("amount_dkk")].value for row in table.rows}
        for rung, pair in counts.items():
            assert (amounts[str(rung)] is None) == ((2025, rung) in hidden)
            assert amounts[str(rung)] is None or min(pair) >= LEAST
        behind = [pair[place] for rung, pair in counts.items() if (2025, rung) in hidden]
        assert amounts["I"] is None or not behind or (sum(behind) >= LEAST)
        assert amounts["I"] is None or len(behind) != 1 or len(counts) == 1


def test_budget_reversals_and_part_years_are_told_apart() -> None:
    rows = [
        spend_row("measures", 2, 40, 500_400.0, budget_dkk=490_000.0, budget_children_count=40, reversal_dkk=-12_000.0,
                  reversal_children_count=11),
        spend_row("measures", 3, 40, 600_000.0, budget_dkk=1.0, budget_children_count=2, reversal_dkk=-5.0,
                  reversal_children_count=1, calendar_year=2026, is_whole_year=False, across_years_count=1),
        spend_row("measures", None, 0, 700.0, paid_children_count=2),
    ]  # fmt: skip
    (table,) = protect_spend(context(), rows)
    told = {
        (row[0].value, row[1].value): [
            cell_text(cell, column) for cell, column in zip(row[3:6], table.columns[3:6], strict=True)
        ]
        for row in table.rows
    }
    assert told["2025", "2: forebyggende indsats"] == ["500.000", "490.000", "−12.000"]
    assert told["2025", "Uden kendt trin"][0] == "[skjult]"
    assert told["2025", ALL_RUNGS][0] == "500.000"  # money without a rung is in no sum
    assert told["2026, ikke hele året", "3: hjemmebaseret støtte"] == ["600.000", "[skjult]", "[skjult]"]
    assert "årsskifte" in table.source


def test_a_source_that_never_came_is_named_and_nothing_is_called_saved() -> None:
    opened = context(built({}))
    council, spend = creative_council_part(opened), spend_part(opened)
    assert council.sentences == ("Vi har ikke fået tal for opfølgninger og revisitationer. De er derfor ikke med.",)
    assert spend.sentences[0].startswith("Vi har ikke fået tal for udgifter pr. indsats og ")
    assert council.tables == spend.tables == ()


def test_words_that_call_a_difference_in_kroner_a_gain_are_refused() -> None:
    for claim in (
        "Kommunen har sparet penge.",
        "Det giver en besparelse.",
        "Der er en gevinst på 2 mio. kr.",
        "Det kan spare penge.",
    ):
        assert words_to_avoid(claim), claim
    assert not words_to_avoid("Flerfaglig sparring holdes hver fjerde uge.")


def test_the_parts_say_only_what_may_be_said(scenario_context: Any) -> None:
    opened = scenario_context(
        "no_effect", children=6000, seed=3, sources=(*SOURCES, "reviews", "costs", "cost_accounts")
    )
    council, spend = creative_council_part(opened), spend_part(opened)
    assert {table.table_id for table in (*council.tables, *spend.tables)} == {
        "council_standing", "council_judged", "spend_measures", "spend_prices", "spend_accounts",
    }  # fmt: skip
    assert council.sentences == spend.sentences == ()
    for text in (table.source for table in (*council.tables, *spend.tables)):
        assert words_to_avoid(text) == []
        assert claims_beyond_level(text, 1) == []
    for table in (*council.tables, *spend.tables):
        assert small_counts(table) == []
    check_against_mainstream(opened, council.tables[0])


def check_against_mainstream(opened: ReportContext, standing: ProtectedTable) -> None:
    """Nobody learns how many few children are in special settings outside the two registers by taking one table from another."""
    outside: dict[str, list[float | None]] = {}
    for table in mainstream_section(opened).tables:
        if {"area", "school_year", "segregated_count"} <= {column.name for column in table.columns}:
            for row in table.rows:
                if row[table.column_index("school_year")].value == "2026/27":
                    cell = row[table.column_index("segregated_count")]
                    outside.setdefault(str(row[table.column_index("area")].value), []).append(cell.value)
    compared = 0
    for row in standing.rows:
        area, whole = str(row[0].value), row[1].value
        parts = outside.get(area, [])
        if whole is not None and len(parts) == 2 and None not in parts:
            rest = float(whole) - sum(float(part) for part in parts if part is not None)
            assert rest == 0 or rest >= 5, area
            compared += 1
    assert outside
    assert WHOLE_MUNICIPALITY in outside
    assert compared >= 1


def test_a_municipality_without_a_council_tells_of_its_revisitations() -> None:
    connection = built(
        {
            "children": "child_id birth_date home_district_code resident_from_date\nanna 2014-05-01 NORD 2014-05-01",
            "reviews": "child_id review_id review_kind_code review_date\nanna O1 special_revisitation 2024-10-10",
        }
    )
    part = creative_council_part(context(connection))
    assert part.tables[0].title.startswith("Revisitation af specialtilbud")


def test_counts_that_contradict_each_other_are_not_set_side_by_side_and_not_called_too_few() -> None:
    """One child outside mainstream in the register, and nobody on rung 3 or higher: made by hand, no delivery gives it."""
    connection = built(
        {
            "children": "child_id birth_date home_district_code resident_from_date\nanna 2014-05-01 NORD 2014-05-01",
            "reviews": "child_id review_id review_kind_code review_date\nanna O1 creative_council 2024-10-10",
        }
    )
    connection.execute(
        "INSERT INTO marts.mart_mainstream_share (definition_id, area_kind, area_code, school_year, segregated_count) "
        "VALUES ('own_register_school', 'municipality', 'ALL', '2026/27', 1)"
    )
    part = creative_council_part(context(connection))
    assert [table.table_id for table in part.tables] == ["council_judged"]
    assert part.sentences[0].startswith("Det Kreative Råd: Børnene uden for almen står ikke alle på trin 3")
