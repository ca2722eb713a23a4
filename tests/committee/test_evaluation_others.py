"""The section on the plan's other outcomes: what it says follows from what could be compared, and caseload is no outcome."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from pipelines.committee.evaluation.basis import Study
from pipelines.committee.evaluation.others import (
    NOT_AN_OUTCOME,
    caseload_table,
    other_outcomes_section,
    reach_of_others_table,
    secondary_table,
    untold_table,
)
from pipelines.evaluation.analysis import analyse
from pipelines.evaluation.register_outcomes import ClusterNumber, RegisterOutcomes
from tests.committee.drawn_cooperation import faults_of, lines_of
from tests.committee.test_evaluation_report import alone, study
from tests.evaluation.test_analysis import EIGHT, FIVE, drawn

ALL = ["ladder_down", "ladder_up", "return_to_mainstream", "notifications", "waiting_days"]


def numbers(districts: Sequence[str], apart: float, *, children: int = 50) -> dict[str, ClusterNumber]:
    """10 to 13 in each, and so much more where the adviser is."""
    return {
        code: ClusterNumber(10.0 + place % 4 + apart * code.startswith("R"), children, 20, None, is_enough=True)
        for place, code in enumerate(districts)
    }


def with_registers(
    one: Study, told: Mapping[str, Mapping[str, ClusterNumber]], *, districts: Sequence[str] = EIGHT
) -> Study:
    found = alone(Study(one.context, one.plan, one.lock, one.children))
    registers = RegisterOutcomes({code: code.startswith("R") for code in districts}, told)
    found.__dict__["evaluation"] = analyse(one.children, one.design, one.plan, registers=registers)
    return found


def planned(
    *secondaries: str, apart: float = 0.0, districts: tuple[str, ...] = EIGHT, children: int = 50, **more: Any
) -> Study:
    """All registers delivered, `apart` in the first of the planned outcomes."""
    one = study(*drawn(districts, 0, **more), secondaries=list(secondaries))
    told = {code: numbers(districts, apart if code == secondaries[0] else 0, children=children) for code in secondaries}
    return with_registers(one, told, districts=districts)


def test_the_difference_stands_in_its_own_unit_with_what_is_better_and_both_p_values() -> None:
    table = secondary_table(planned("ladder_down", "ladder_up", "waiting_days", apart=10))
    assert table is not None
    assert lines_of(table, "outcome", "unit", "value", "clusters") == [
        "Ryk ned ad indsatstrappen | ryk pr. 100 børneår; flere er bedre | 10.0 | 8",
        "Ryk op ad indsatstrappen | ryk pr. 100 børneår; færre er bedre | 0.0 | 8",
        "Ventetid på hjælp | dage; færre er bedre | 0.0 | 8",
    ]
    # 2 of 70 choices are as extreme; two outcomes of the ladder make it 2 x 2 / 70; no difference is in every choice's reach
    assert lines_of(table, "p_value", "adjusted_p_value") == ["0.029 | 0.057", "1.0 | 1.0", "1.0 | 1.0"]


def test_what_the_districts_could_have_shown_stands_beside_what_they_show() -> None:
    table = reach_of_others_table(planned("ladder_down", "sdq_impact"))
    assert table is not None
    # 10 to 13 in each arm: 5 + 5 over 6 degrees of freedom, twice 1/4; t(6) of .975 and of .80 are 2.447 and 0.906
    assert (
        lines_of(table, "outcome", "detectable")[0]
        == f"Ryk ned ad indsatstrappen | {round((10 / 6 / 2) ** 0.5 * 3.353, 1)}"
    )
    assert len(table.rows) == 2
    assert reach_of_others_table(study(*drawn(EIGHT, 0))) is None


def test_p_values_are_left_out_where_none_may_be_shown() -> None:
    table = secondary_table(planned("ladder_down", apart=10, districts=FIVE))
    assert table is not None
    assert [column.name for column in table.columns] == ["outcome", "unit", "value", "low", "high", "clusters"]
    assert lines_of(table, "clusters") == ["5"]


def test_a_number_of_few_children_is_hidden() -> None:
    # 2 in each of 4 districts: 8 children of an arm
    table = secondary_table(planned("ladder_down", children=2))
    assert table is not None
    assert lines_of(table, "value", "low", "high") == ["hidden | hidden | hidden"]


def test_what_is_not_compared_is_told_with_the_reason() -> None:
    one = study(*drawn(FIVE, 0), secondaries=["sdq_impact", "notifications", "ladder_up"])
    few = numbers(FIVE, 0) | {code: ClusterNumber(1.0, 50, 1, None, is_enough=True) for code in ("S1", "S2")}
    found = with_registers(one, {"ladder_up": few}, districts=FIVE)
    table = untold_table(found)
    assert table is not None
    assert lines_of(table, "outcome", "why") == [
        "Underretninger | Fordi tallene mangler.",
        "Ryk op ad indsatstrappen | Fordi det er sket for få gange under en af modellerne.",
    ]
    section = other_outcomes_section(found)
    assert section.how_sure.number.startswith("Én af planens tre andre mål kan sammenlignes.")
    assert [table.table_id for table in section.tables] == [
        "evaluation_others", "evaluation_others_reach", "evaluation_others_untold",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("drawn_study", "answer"),
    [
        (
            lambda: planned("ladder_down", apart=10),
            "Modellerne ligger forskelligt på ryk ned ad indsatstrappen; andet kan være årsagen.",
        ),
        # with one more in its family the same difference is one of two chances
        (lambda: planned("ladder_down", "ladder_up", apart=10), "Det kan ikke afgøres for nogen af de andre mål."),
        (lambda: planned("ladder_down", apart=10, districts=FIVE), "Det kan ikke afgøres for nogen af de andre mål."),
        (
            lambda: planned("ladder_down", apart=10, at_risk={code: 80 if code.startswith("R") else 100 for code in EIGHT}),
            "Det kan ikke afgøres for nogen af de andre mål.",
        ),
        (lambda: study(*drawn(EIGHT, 0)), "Planen har ingen andre mål."),
        (lambda: study(*drawn(EIGHT, 0), secondaries=ALL), "Det kan ikke siges, for ingen af de andre mål kan sammenlignes."),
        (
            lambda: study(*drawn(("R1", "S1", "S2"), 0), secondaries=["sdq_impact"]),
            "Det kan ikke siges, for ingen af de andre mål kan sammenlignes.",
        ),
        (lambda: planned(*ALL), "Det kan ikke afgøres for nogen af de andre mål."),
    ],
)  # fmt: skip
def test_a_difference_is_said_only_where_the_design_carries_it(drawn_study: Callable[[], Study], answer: str) -> None:
    section = other_outcomes_section(drawn_study())
    assert section.answer == answer
    assert faults_of(section) == []


def with_caseload(*counts: str, districts: tuple[str, ...] = ("R1", "R2", "S1", "S2")) -> Study:
    """counts: district, day, cases, positions, workers. R1 and R2 got their adviser on 1 February 2022."""
    one = study(*drawn(districts, 0))
    connection = one.context.connection
    connection.execute("CREATE SCHEMA codes")
    connection.execute("CREATE TABLE codes.settings AS SELECT DATE '2026-09-30' AS as_of_date")
    connection.execute("ALTER TABLE core.dim_institution ADD COLUMN district_code VARCHAR")
    connection.execute(
        "CREATE TABLE core.fct_organisation (unit_kind_code VARCHAR, unit_code VARCHAR, model_code VARCHAR, "
        "start_date DATE, end_date DATE)"
    )
    for code in districts:
        changes = code.startswith("R")
        periods = [(code, "authority_caseworker", "2019-01-01", "2022-01-31" if changes else None)]
        periods += [(code, "district_adviser", "2022-02-01", None)] if changes else []
        connection.executemany("INSERT INTO core.fct_organisation VALUES ('district', ?, ?, ?, ?)", periods)
    connection.execute(
        "CREATE TABLE core.fct_caseload (unit_kind_code VARCHAR, unit_code VARCHAR, profession_code VARCHAR, "
        "counted_date DATE, case_count BIGINT, full_time_positions DOUBLE, worker_count BIGINT)"
    )
    for line in counts:
        connection.execute(
            "INSERT INTO core.fct_caseload VALUES ('district', ?, 'authority_caseworker', ?, ?, ?, ?)", line.split()
        )
    return one


def test_caseload_stands_by_model_before_and_in_the_window_and_is_called_no_outcome() -> None:
    one = with_caseload(
        "R1 2021-09-30 60 2 2", "R2 2021-09-30 60 2 2", "S1 2021-09-30 50 2 2", "S2 2021-09-30 50 2 2",
        "R1 2024-09-30 40 2 2", "R2 2024-09-30 40 2 2", "S1 2024-09-30 55 2 2", "S2 2024-09-30 45 2 2",
    )  # fmt: skip
    table = caseload_table(one)
    assert table is not None
    assert lines_of(table, "when", "model", "cases") == [
        f"Året før | distriktsrådgiver | {120 / 4}",
        f"Året før | myndighedssagsbehandler | {100 / 4}",
        f"I planens periode | distriktsrådgiver | {80 / 4}",
        f"I planens periode | myndighedssagsbehandler | {100 / 4}",
    ]
    section = other_outcomes_section(one)
    assert section.how_sure.data == NOT_AN_OUTCOME
    assert "Det er ikke et resultat, og intet er rettet for det." in NOT_AN_OUTCOME
    assert faults_of(section) == []


def test_two_caseworkers_under_one_model_hide_the_other_models_number_too() -> None:
    # one in each of S1 and S2: two people, and less than two whole positions; with all of the municipality the rest would follow
    table = caseload_table(
        with_caseload(
            "R1 2024-09-30 40 2 2", "R2 2024-09-30 40 2 2", "S1 2024-09-30 30 0.9 1", "S2 2024-09-30 30 0.9 1",
        )
    )  # fmt: skip
    assert table is not None
    assert lines_of(table, "cases") == ["not_received", "not_received", "hidden", "hidden"]


def test_without_caseload_it_is_said_that_it_did_not_come() -> None:
    section = other_outcomes_section(planned(*ALL))
    assert "Vi har ikke sagstal" in section.how_sure.data
    assert "evaluation_caseload" not in {table.table_id for table in section.tables}
