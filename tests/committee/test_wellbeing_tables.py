"""What became of the forms: no small count, also where another table gives the sum over all who answered."""

from datetime import date

import duckdb

from pipelines.committee.context import ReportContext
from pipelines.committee.wellbeing_groups import EVERYBODY, REASONS, protect_groups
from pipelines.committee.wellbeing_tables import (
    STEPS,
    flow_excerpt,
    follow_up_table,
    other_forms_table,
    pairing_table,
    read_other_forms,
)
from pipelines.contracts import load_contracts
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.sdq_norms.expectation import load_expectations
from tests.committee.conftest import settings_of
from tests.committee.test_wellbeing_groups import NAMES, many, pair, pairs_of

INFORMANTS = {"parent": "Forældre", "teacher": "Lærere og pædagoger"}


def context(*forms: tuple[str, str, int], unscored: int | None = None) -> ReportContext:
    """Other forms (informant, outcome, how many) beside the 40 first and 40 second ones of `PAIRS`; so many have no total."""
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA marts")
    connection.execute("CREATE SCHEMA core")
    connection.execute(
        "CREATE TABLE marts.mart_sdq_pairing (informant_code VARCHAR, area_kind VARCHAR, is_first_form BOOLEAN, "
        "outcome_code VARCHAR, forms_count BIGINT)"
    )
    connection.executemany(
        "INSERT INTO marts.mart_sdq_pairing VALUES (?, 'municipality', ?, ?, ?)",
        [("parent", True, "paired", 40), ("parent", False, "second_form", 40)]
        + [(informant, False, outcome, count) for informant, outcome, count in forms],
    )
    missing = sum(count for _, outcome, count in forms if outcome == "total_missing") if unscored is None else unscored
    connection.execute(f"CREATE TABLE core.fct_sdq_score AS SELECT NULL AS total_points FROM range({missing})")
    load_expectations(connection)
    return ReportContext(connection, settings_of(), date(2026, 9, 30), NAMES)


PAIRS = many("NORD", [-3] * 20) + many("SYD", [-3] * 20)


def other_forms(*forms: tuple[str, str, int], unscored: int | None = None) -> ProtectedTable:
    opened = context(*forms, unscored=unscored)
    everything = protect_groups(opened, pairs_of(PAIRS), other_forms=read_other_forms(opened))
    found = other_forms_table(opened, everything)
    assert found is not None
    return found


def pairing() -> ProtectedTable:
    rows = many("NORD", [-3] * 20) + many("SYD", [-3] * 20)
    rows += [pair("NORD", 16, None, unpaired_reason_code="not_due") for _ in range(8)]
    rows += [pair("SYD", 16, None) for _ in range(6)]
    rows += many("NORD", [-3] * 12, informant_code="teacher") + many("SYD", [-3] * 12, informant_code="teacher")
    opened = context()
    return pairing_table(opened, protect_groups(opened, pairs_of(rows)), REASONS, INFORMANTS)


def test_the_steps_lead_from_the_first_forms_to_the_pairs_and_each_loss_has_its_reason() -> None:
    table = pairing()
    assert {step: table.cell("parent", step=step).value for step in STEPS} == {
        "Målt første gang": 20 + 20 + 8 + 6,
        "Fristen for anden måling er udløbet": 20 + 20 + 6,
        "Målt to gange": 20 + 20,
    }
    assert table.cell("parent", step="Fristen er ikke udløbet").value == 8
    assert table.cell("parent", step="Ikke målt igen").value == 6
    flow = flow_excerpt(table, "parent")
    assert flow.values("step")[0] == STEPS[0]
    assert flow.values("step")[-1] == STEPS[-1]
    assert [column.name for column in flow.columns] == ["step", "parent"]
    shown = {step: flow.cell("parent", step=step).value for step in flow.values("step")}
    lost = sum(shown[step] for step in flow.values("step")[3:-1])
    assert shown[STEPS[0]] - shown["Fristen er ikke udløbet"] - lost == shown[STEPS[-1]]


def test_forms_that_open_no_pair_are_counted_over_all_who_answered_so_that_one_informants_few_stay_unknown() -> None:
    # the gaps in the data tell that 17 forms had too few answers: by informant, 14 would leave 3
    forms = [("parent", "total_missing", 14), ("teacher", "total_missing", 3), ("teacher", "later_form", 9)]
    table = other_forms(*forms)
    assert table.cell("forms_count", outcome="et skema med for få svar").value == 14 + 3
    assert table.cell("forms_count", outcome="I alt").value == 14 + 3 + 9
    few = other_forms(("parent", "follow_up_form", 2), ("teacher", "later_form", 9))
    assert [row[1].status for row in few.rows if row[1].value != 0] == [CellStatus.HIDDEN] * 2 + [CellStatus.SHOWN]


def test_few_other_forms_cannot_be_had_from_the_number_of_all_forms_and_the_informants_own() -> None:
    """All 83 forms are known from the data's quality: 40 first and 40 second leave 3, so one of the 40 is hidden too."""
    opened = context(("parent", "later_form", 3))
    everything = protect_groups(opened, pairs_of(PAIRS), other_forms=read_other_forms(opened))
    table = other_forms_table(opened, everything)
    assert table is not None
    assert table.cell("forms_count", outcome="I alt").status is CellStatus.HIDDEN
    wholes = [
        everything.cell(name, informant="Forældre", division=EVERYBODY)
        for name in ("first_measured_count", "children_count")
    ]
    assert CellStatus.HIDDEN in {cell.status for cell in wholes}


def test_forms_without_a_total_that_came_after_the_as_of_date_do_not_follow_from_the_gaps_in_the_data() -> None:
    """The gaps tell 17 without a total, this table 15 of them: the two that came too late are hidden with the 15."""
    forms = [("parent", "total_missing", 15), ("teacher", "after_as_of_date", 20), ("teacher", "later_form", 9)]
    assert other_forms(*forms, unscored=17).cell("forms_count", outcome="et skema med for få svar").value is None
    assert other_forms(*forms).cell("forms_count", outcome="et skema med for få svar").value == 15


def test_where_there_are_few_forms_nothing_is_told_of_the_others() -> None:
    opened = context(("parent", "later_form", 3))
    opened.connection.execute("DELETE FROM marts.mart_sdq_pairing WHERE outcome_code = 'second_form'")
    everything = protect_groups(opened, pairs_of(many("NORD", [-3] * 20)), other_forms=read_other_forms(opened))
    assert other_forms_table(opened, everything) is None
    assert "Der er for få." in pairing_table(opened, everything, REASONS, {"parent": "Forældre"}).source


def test_every_outcome_of_a_form_that_opens_no_pair_has_its_row() -> None:
    """Those of the contract but the outcomes of first forms (steps and reasons of another table) and the second forms."""
    column = load_contracts("table")["mart_sdq_pairing"].expectations
    known = next(item.arguments["value_set"] for item in column if item.name == "outcome_is_known")
    others = sorted(set(known) - {"paired", "second_form"} - (set(REASONS) - {"total_missing"}))
    table = other_forms(*(("parent", outcome, 10) for outcome in others))
    assert table.cell("forms_count", outcome="I alt").value == 10 * len(others)


def test_follow_up_is_a_percentage_of_those_who_could_be_followed_up() -> None:
    rows = many("NORD", [-3] * 20) + many("SYD", [-3] * 15) + [pair("SYD", 16, None) for _ in range(5)]
    rows += [pair("SYD", 16, None, unpaired_reason_code="not_due") for _ in range(10)]
    opened = context()
    table = follow_up_table(opened, protect_groups(opened, pairs_of(rows)))
    assert [cell.value for cell in table.rows[0][2:]] == [50, 10, 40, 35, 100 * 35 / 40]
    shares = {str(row[1].value): row[table.column_index("share_pct")].value for row in table.rows}
    assert shares["Syd"] == 100 * 15 / 20
