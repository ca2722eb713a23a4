"""The Kreative Råd and spend in the report: what is shown, what is hidden together, and what is said when nothing came."""

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.committee import special_children
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.creative_council import (
    COUNCIL,
    REVISITATION,
    creative_council_part,
    districts_table,
    judged_table,
    standing_table,
)
from pipelines.committee.creative_council_counts import Areas, CouncilCounts, CouncilRecords, council_counts
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
BEFORE, REFERENCE = date(2025, 9, 30), date(2026, 9, 30)
LEAST = 10
PARTS = ("never_reviewed_count", "return_possible_count", "return_not_possible_count", "return_not_judged_count")
OUTCOMES = ("returned_count", "remained_count", "other_end_count", "not_yet_due_count")
REGISTERS_AND_RUNGS = (*special_children.REGISTERS.values(), special_children.OTHER, *special_children.RUNGS)
SMALL = st.one_of(st.integers(0, 6), st.integers(0, 40))


def context(connection: Any = None) -> ReportContext:
    return ReportContext(connection, SETTINGS, AS_OF_DATE, {"NORD": "Nord", "SYD": "Syd", "VEST": "Vest"})


def small_counts(table: ProtectedTable) -> list[Any]:
    names = [column.name for column in table.columns if column.kind == "count"]
    return [value for name in names for value in table.values(name) if value is not None and 0 < value < 5]


def with_whole(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The districts' rows and their sum; what is never asked stays missing."""
    whole = {
        name: None if value is None else sum(row[name] for row in rows)
        for name, value in rows[0].items()
        if name.endswith("_count")
    }
    return [
        *rows,
        {**rows[0], **whole, "area_code": "ALL", "area_kind": "municipality", "months_since_review_median": 3.0},
    ]


def record(day: date, code: str, **counts: Any) -> dict[str, Any]:
    """A district's row of the mart: counts not given are 0, and wholes are the sums of their parts."""
    row: dict[str, Any] = dict.fromkeys(
        (*PARTS, *OUTCOMES, "reviewed_count", "exhausted_count", "recommended_count"), 0
    )
    row |= counts
    return row | {
        "reference_date": day, "area_kind": "district", "area_code": code, "months_since_review_median": 3.0,
        special_children.WHOLE: sum(row[name] for name in PARTS),
        "judged_possible_count": sum(row[name] for name in OUTCOMES),
    }  # fmt: skip


def with_others(rows: list[dict[str, Any]], *, outside: tuple[int, ...], on_rung_3: int) -> list[dict[str, Any]]:
    """The latest rows with what other tables tell: so many of each area outside mainstream at school, the others in no register."""
    told = []
    for row, school in zip(rows, [*outside, sum(outside)], strict=True):
        whole, is_whole = row[special_children.WHOLE], row["area_kind"] == "municipality"
        rungs = (on_rung_3, whole - on_rung_3, 0) if is_whole else (None, None, None)
        registers = (school, 0, whole - school)
        told.append({**row, **dict(zip(REGISTERS_AND_RUNGS, (*registers, *rungs), strict=True))})
    return told


@st.composite
def councils(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]], bool]:
    """(Three districts in two years; the latest with other tables' counts; whether nobody was reviewed before it)."""
    is_first, is_asked = draw(st.booleans()), draw(st.booleans())
    records = []
    for day in (REFERENCE,) if is_first else (BEFORE, REFERENCE):
        rows = []
        for code in ("NORD", "SYD", "VEST"):
            parts, outcomes = ({name: draw(SMALL) for name in names} for names in (PARTS, OUTCOMES))
            # in the first year all who stand there with a review were reviewed in the year
            reviewed = draw(SMALL) + (sum(parts.values()) - parts[PARTS[0]] if is_first else 0)
            exhausted, recommended = draw(st.integers(0, reviewed)), draw(st.integers(0, reviewed))
            asked = {"exhausted_count": exhausted, "recommended_count": recommended if is_asked else None}
            rows.append(record(day, code, **parts, **outcomes, reviewed_count=reviewed, **asked))
        records += with_whole(rows)
    latest = records[-4:]
    outside = tuple(draw(st.integers(0, row[special_children.WHOLE])) for row in latest[:3])
    on_rung_3 = draw(st.integers(0, latest[-1][special_children.WHOLE]))
    return records, with_others(latest, outside=outside, on_rung_3=on_rung_3), is_first


def counts_of(records: list[dict[str, Any]], told: list[dict[str, Any]] | None, **more: Any) -> CouncilCounts:
    return council_counts(context(), CouncilRecords(records, told, **more), title="", source="")


@settings(max_examples=10, deadline=None)
@given(councils())
def test_no_hidden_child_of_the_council_follows_from_the_reports_tables_together(drawn: Any) -> None:
    records, told, is_first = drawn
    counts = counts_of(records, told, is_first_period=is_first)
    assert find_pinned(counts.table, totals=counts.totals) == []
    printed = [judged_table(counts, kind=COUNCIL), *districts_table(counts, kind=COUNCIL)]
    if counts.standing is not Areas.NONE:
        standing = standing_table(context(), counts, told, title="")
        printed.append(standing)
        for row in standing.rows:
            if CellStatus.HIDDEN in (row[1].status, row[2].status):
                assert row[-1].status is CellStatus.HIDDEN
    for table in printed:
        assert small_counts(table) == []


def two_years(**nord: int) -> list[dict[str, Any]]:
    """Two districts: 20 reviewed in each and in each year, 8 of them exhausted and 6 recommended; 12 judged, 6 of whom returned."""
    usual = {
        "reviewed_count": 20,
        "exhausted_count": 8,
        "recommended_count": 6,
        "returned_count": 6,
        "remained_count": 6,
    }
    return [
        row
        for day in (BEFORE, REFERENCE)
        for row in with_whole([record(day, "NORD", **(usual | nord)), record(day, "SYD", **usual)])
    ]


def test_each_district_is_told_of_the_latest_reviews_and_of_the_returns_of_those_judged_the_year_before() -> None:
    (table,) = districts_table(counts_of(two_years(remained_count=8), None), kind=COUNCIL)
    assert table.title == "Det Kreative Råd: børn vurderet pr. distrikt i året op til 30.\u00a0september 2026"
    assert [column.title for column in table.columns] == [
        "Distrikt", "Behandlet", "Muligheder udtømt", "Indstillet", "Året før: kan vende tilbage", "Året før: heraf tilbage",
    ]  # fmt: skip
    # 6 + 8 and 6 + 6 judged; in the municipality 20 + 20, 8 + 8, 6 + 6, 14 + 12, 6 + 6
    assert [[cell.value for cell in row] for row in table.rows] == [
        ["Nord", 20, 8, 6, 14, 6], ["Syd", 20, 8, 6, 12, 6], [WHOLE_MUNICIPALITY, 40, 16, 12, 26, 12],
    ]  # fmt: skip
    assert "Året før er året op til 30.\u00a0september 2025." in table.source


def test_a_small_number_of_one_district_takes_anothers_with_it_and_the_whole_stays() -> None:
    (table,) = districts_table(counts_of(two_years(exhausted_count=3), None), kind=COUNCIL)
    assert table.values("exhausted_count") == [None, None, 8 + 3]
    # 6 + 4 judged: the 4 who did not return have no cell, but follow from the two others
    (table,) = districts_table(counts_of(two_years(remained_count=4), None), kind=COUNCIL)
    for district in ("Nord", "Syd"):
        assert None in [table.cell(name, area=district).value for name in ("judged_possible_count", "returned_count")]


def test_where_the_returns_cannot_be_hidden_beside_the_whole_no_district_is_told_of_them() -> None:
    # 4 of NORD's and 4 of SYD's have not returned: with the whole's 8 told, each 4 can grow by 4 alone, and a secret needs room for 5
    records = two_years(remained_count=4)
    for row in records:
        if row["area_code"] != "NORD":
            row["remained_count"] = 4 if row["area_code"] == "SYD" else 4 + 4
            row["judged_possible_count"] = row["returned_count"] + row["remained_count"]
    counts = counts_of(records, None)
    (table,) = districts_table(counts, kind=COUNCIL)
    assert [column.name for column in table.columns][1:] == [
        "reviewed_count", "exhausted_count", "recommended_count", "judged_possible_count",
    ]  # fmt: skip
    assert table.values("judged_possible_count") == [10, 10, 10 + 10]
    assert "Året før er" in table.source
    assert table.source.endswith("Der er for få børn til at vise pr. distrikt, hvem der var tilbage.")
    assert judged_table(counts, kind=COUNCIL).values("returned_count") == [6 + 6, 6 + 6]


def test_what_is_never_asked_has_no_column_and_one_year_alone_no_year_before() -> None:
    rows = two_years()[3:]
    for row in rows:
        row["exhausted_count"] = row["recommended_count"] = None
    (table,) = districts_table(counts_of(rows, None), kind=REVISITATION)
    assert [column.name for column in table.columns] == ["area", "reviewed_count"]
    assert "udtømt" not in table.source.casefold()
    assert "Året før" not in table.source


def test_children_without_a_district_in_one_of_the_years_alone_are_none_in_the_other() -> None:
    records = two_years()
    unknown = record(BEFORE, "NORD", reviewed_count=9, exhausted_count=9, recommended_count=9, returned_count=7) | {
        "area_code": None
    }
    records[:3] = with_whole([*records[:2], unknown])
    (table,) = districts_table(counts_of(records, None), kind=COUNCIL)
    assert table.values("area") == ["Nord", "Syd", "Uden distrikt", WHOLE_MUNICIPALITY]
    row = dict(zip([column.name for column in table.columns], table.rows[2], strict=True))
    # 9 were reviewed the year before, and none in the latest; of the 7 judged the year before all 7 returned
    assert (row["reviewed_count"].value, row["judged_possible_count"].value, row["returned_count"].value) == (0, 7, 7)


def test_in_the_councils_first_year_those_reviewed_who_have_left_since_are_protected_too() -> None:
    # 20 + 20 reviewed, 20 + 18 of whom stand there with a review: the 2 others would follow
    rows = two_years()[3:5]
    for row, there in zip(rows, (20, 18), strict=True):
        row |= {"return_possible_count": there, special_children.WHOLE: there}
    rows = with_whole(rows)
    told = with_others(rows, outside=(20, 18), on_rung_3=38)
    for is_first, has_both in ((True, False), (False, True)):
        counts = counts_of(rows, told, is_first_period=is_first)
        labels = {"period": counts.latest, "area": WHOLE_MUNICIPALITY}
        reviewed = counts.table.cell("reviewed_count", **labels).value
        standing = counts.standing is not Areas.NONE and counts.table.cell("return_possible_count", **labels).value
        assert bool(reviewed and standing) is has_both


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
        "council_standing", "council_districts", "council_judged", "spend_measures", "spend_prices", "spend_accounts",
    }  # fmt: skip
    assert council.sentences == spend.sentences == ()
    for text in (table.source for table in (*council.tables, *spend.tables)):
        assert words_to_avoid(text) == []
        assert claims_beyond_level(text, 1) == []
    for table in (*council.tables, *spend.tables):
        assert small_counts(table) == []
    check_against_mainstream(opened, council.tables[0])


def check_against_mainstream(opened: ReportContext, standing: ProtectedTable) -> None:
    """Nobody learns how many few children are in special settings outside the registers by taking one table from another.

    A child of a special klub is in a school as well, so the children of klubs are tried both as part of the others and as more.
    """
    outside: dict[str, list[float | None]] = {}
    clubs: dict[str, float | None] = {}
    for table in mainstream_section(opened).tables:
        if {"area", "school_year", "segregated_count"} <= {column.name for column in table.columns}:
            for row in table.rows:
                if row[table.column_index("school_year")].value == "2026/27":
                    cell = row[table.column_index("segregated_count")]
                    area = str(row[table.column_index("area")].value)
                    if table.table_id == "mainstream_club":
                        clubs[area] = cell.value
                    else:
                        outside.setdefault(area, []).append(cell.value)
    compared = 0
    for row in standing.rows:
        area, whole = str(row[0].value), row[1].value
        parts = outside.get(area, [])
        if whole is not None and len(parts) == 2 and None not in parts:
            rest = float(whole) - sum(float(part) for part in parts if part is not None)
            assert rest == 0 or rest >= 5, area
            beside = rest - float(clubs.get(area) or 0)
            assert beside <= 0 or beside >= 5, area
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
    assert [table.table_id for table in part.tables] == ["council_districts", "council_judged"]
    assert part.sentences[0].startswith("Det Kreative Råd: Børnene uden for almen står ikke alle på trin 3")
