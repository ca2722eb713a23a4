"""What registers tell of the arms: hand-counted rates, shares and waits by cluster, and what is not compared."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from pipelines.evaluation.analysis import analyse
from pipelines.evaluation.analysis_words import NOT_TOLD, analysis_departures
from pipelines.evaluation.design import study_design
from pipelines.evaluation.outcomes import OUTCOMES
from pipelines.evaluation.register_children import (
    ENDED_OTHERWISE,
    RETURNED,
    Exposed,
    RequestWait,
    SegregatedStay,
    models_of_window,
    read_model_periods,
    read_moves,
    read_notifications,
    read_stays,
    read_waits,
)
from pipelines.evaluation.register_outcomes import (
    NO_REGISTERS,
    REGISTER_CODES,
    ClusterNumber,
    NotTold,
    RegisterDifference,
    RegisterOutcomes,
    compare_registers,
    is_delivered,
    mean_waits,
    rates,
    read_register_outcomes,
    return_shares,
)
from tests.evaluation.drawn_study import a_plan, children
from tests.evaluation.test_analysis import EIGHT, drawn
from tests.sql.drawn import built

AS_OF_DATE = date(2026, 9, 30)
BY_DISTRICT = {"estimand": {"counted_by": "district"}}

# NORD has an adviser, SYD a caseworker, VEST none of the two, OEST changes in the window, HUL has a hole in its papers.
# S9 in NORD has a caseworker of its own.
ORGANISATION = """
    unit_kind_code unit_code model_code           from_date   to_date
    district       NORD      authority_caseworker 2019-01-01  2021-12-31
    district       NORD      district_adviser     2022-01-01  -
    district       SYD       authority_caseworker 2019-01-01  -
    district       OEST      authority_caseworker 2019-01-01  2025-01-31
    district       OEST      district_adviser     2025-02-01  -
    district       HUL       authority_caseworker 2019-01-01  2024-12-31
    district       HUL       authority_caseworker 2025-02-01  -
    institution    S9        authority_caseworker 2019-01-01  -
    """
TABLES = {
    "children": """
        child_id birth_date  home_district_code home_municipality_code resident_from_date resident_to_date
        anna     2014-05-01  NORD               -                      2014-05-01         2024-12-31
        anna     2014-05-01  SYD                -                      2025-01-01         -
        bo       2014-05-01  SYD                -                      2014-05-01         -
        cleo     2014-05-01  SYD                -                      2014-05-01         -
        dan      2009-05-01  NORD               -                      2009-05-01         -
        eva      2006-11-09  NORD               -                      2006-11-09         -
        finn     2014-05-01  SYD                -                      2014-05-01         2025-01-31
        gry      2014-05-01  NORD               -                      2014-05-01         -
        hal      2014-05-01  NORD               -                      2014-05-01         -
        ida      2014-05-01  NORD               -                      2014-05-01         -
        jon      2014-05-01  NORD               -                      2014-05-01         -
        kai      2014-05-01  SYD                -                      2014-05-01         -
        lea      2014-05-01  SYD                -                      2014-05-01         2026-01-31
        mia      2014-05-01  SYD                -                      2014-05-01         -
        zoe      2014-05-01  VEST               -                      2014-05-01         -
        """,
    "institutions": """
        institution_code institution_name institution_type_code district_code
        N1               Nordskolen       folkeskole            NORD
        Y1               Sydskolen        folkeskole            SYD
        SPEC             Elmeskolen       special_school        SYD
        S9               Tiende           youth_school          NORD
        """,
    "organisation": ORGANISATION,
    # zoe's ends tell from when the registers hold ends: 1 February 2024 for help, 1 August 2022 for schools
    "measures": """
        child_id measure_id paragraph_code place_code start_date  end_date
        anna     M1         BL-46          1          2024-01-01  2024-10-31
        anna     M2         BL-32-1-2      -          2024-11-01  -
        bo       M3         BL-32-1-2      -          2024-11-09  2025-01-31
        bo       M4         BL-46          1          2025-02-01  -
        cleo     M5         BL-32-1-2      -          2022-08-01  2022-08-31
        dan      M6         BL-32-1-2      -          2024-07-01  -
        eva      M7         BL-32-1-2      -          2024-07-01  -
        finn     M8         BL-46          1          2024-07-01  2025-01-31
        gry      M9         BL-32-1-2      -          2024-07-01  2024-09-30
        hal      M10        BL-32-1-2      -          2025-08-01  -
        zoe      M11        BL-32-1-2      -          2024-01-01  2024-01-31
        """,
    "school_placements": """
        child_id institution_code grade_number class_type_code start_date  end_date
        dan      S9               10           10              2024-08-01  -
        ida      SPEC             4            10              2024-09-01  2025-08-31
        ida      N1               5            10              2025-09-01  -
        jon      SPEC             4            10              2023-02-01  -
        kai      SPEC             4            10              2022-07-01  -
        lea      SPEC             4            10              2025-07-31  -
        mia      SPEC             4            10              2025-08-01  -
        zoe      SPEC             1            10              2021-08-01  2022-07-31
        zoe      N1               2            10              2022-08-01  2022-12-31
        zoe      SPEC             2            10              2023-01-01  2023-06-30
        zoe      N1               3            10              2023-07-01  2023-12-31
        zoe      SPEC             3            10              2024-01-01  2024-07-31
        zoe      N1               4            10              2024-08-01  -
        """,
    # in the window: N1's two, the last day's at Y1, and S9's that was closed without help
    "support_requests": """
        request_id institution_code support_road_code request_date first_contact_date start_date  end_date
        R1         N1               resource_forum    2024-08-01   -                  2024-08-11  -
        R2         N1               resource_forum    2024-09-01   2024-09-05         -           -
        R3         Y1               resource_forum    2025-07-31   -                  2025-07-31  -
        R4         Y1               resource_forum    2025-08-01   -                  2025-08-02  -
        R5         S9               resource_forum    2024-10-01   -                  -           2024-10-31
        R6         Y1               resource_forum    2024-07-31   -                  2024-08-01  -
        """,
}
# the register begins on 1 July 2024; finn's second came after he had left, eva's after she turned 18, zoe's is VEST's
NOTIFIED = """
    notification_id child_id received_date
    U1              anna     2024-07-01
    U2              anna     2024-08-01
    U3              anna     2025-07-31
    U4              anna     2025-08-01
    U5              finn     2025-01-31
    U6              finn     2025-02-01
    U7              eva      2024-11-08
    U8              eva      2024-11-09
    U9              zoe      2024-09-01
    U10             dan      2024-12-24
    U11             bo       2024-08-01
    U12             bo       2024-08-02
    """


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return built({**TABLES, "notifications": NOTIFIED})


def days(exposed: Mapping[str, Exposed]) -> dict[str, tuple[int, int]]:
    return {cluster: (one.children, round(one.child_years * 365.25)) for cluster, one in exposed.items()}


def test_moves_are_counted_in_the_cluster_of_the_first_day_and_help_that_ends_is_no_move_down(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = read_moves(connection, a_plan())
    # NORD: anna all year, though she moves to SYD; eva until she turns 18 (31 + 30 + 31 + 8); gry, whose help ended, all year
    assert days(found)["NORD"] == (3, 365 + 100 + 365)
    # SYD: bo from 9 November (22 + 31 + 212), cleo until 24 months after her help (30 days of August), finn until he leaves
    assert days(found)["SYD"] == (3, 265 + 30 + 184)
    assert days(found)["S9"] == (1, 365)
    assert {cluster: tuple(one.events.values()) for cluster, one in found.items() if cluster != "VEST"} == {
        "NORD": (1, 0),  # anna from rung 4 to 3; eva's birthday and gry's end are none
        "SYD": (0, 1),  # bo from 3 to 4; finn left
        "S9": (0, 0),
    }
    assert days(read_moves(connection, a_plan(**BY_DISTRICT)))["NORD"] == (4, 365 + 100 + 365 + 365)


def test_time_at_risk_is_the_same_counted_day_by_day(connection: duckdb.DuckDBPyConnection) -> None:
    """A second road: every child and every day of the window, from the ladder's times and the residences."""
    helped = connection.execute(
        "SELECT child_id, start_date, CAST(end_date + INTERVAL 24 MONTH AS DATE) FROM core.fct_ladder_spell "
        "WHERE ladder_code = 'national' AND track_code = 'social' AND rung >= 1"
    ).fetchall()
    homes = connection.execute(
        "SELECT child_id, start_date, coalesce(end_date, DATE '9999-12-31'), district_code, turns_18_date "
        "FROM core.fct_residence INNER JOIN core.dim_child USING (child_id) WHERE is_own_municipality"
    ).fetchall()
    first: dict[Any, str] = {}
    counted: dict[str, int] = {}
    for offset in range(365):
        day = date(2024, 8, 1) + timedelta(days=offset)
        at_risk = {child for child, start, after in helped if start <= day < after}
        for child, start, end, district, turns_18 in homes:
            if child in at_risk and start <= day <= end and day < turns_18:
                cluster = first.setdefault(child, district)
                counted[cluster] = counted.get(cluster, 0) + 1
    found = days(read_moves(connection, a_plan(**BY_DISTRICT)))
    assert {cluster: total for cluster, (_, total) in found.items()} == counted


def test_a_calendar_year_of_all_districts_is_the_ladder_reports_own_rate(connection: duckdb.DuckDBPyConnection) -> None:
    plan = a_plan(window={"first_from": date(2025, 1, 1), "first_to": date(2025, 12, 31)}, **BY_DISTRICT)
    found = read_moves(connection, plan)
    ((down, up, years),) = connection.execute(
        "SELECT down_count, up_count, child_years FROM marts.mart_ladder_moves WHERE ladder_code = 'national' "
        "AND track_code = 'social' AND calendar_year = 2025 AND area_kind = 'municipality'"
    ).fetchall()
    assert (down, up) == tuple(sum(one.events[code] for one in found.values()) for code in ("ladder_down", "ladder_up"))
    assert sum(total for _, total in days(found).values()) == pytest.approx(365 * years)


def test_time_before_the_register_tells_of_ends_is_left_out(connection: duckdb.DuckDBPyConnection) -> None:
    early = a_plan(window={"first_from": date(2023, 8, 1), "first_to": date(2024, 7, 31)})
    # anna from the register's first day, 1 February 2024 (29 days of February), not from 1 January; dan, eva and gry in July
    assert days(read_moves(connection, early))["NORD"][1] == (29 + 31 + 30 + 31 + 30 + 31) + 3 * 31


def test_notifications_count_while_the_child_lives_here_and_is_a_child(connection: duckdb.DuckDBPyConnection) -> None:
    found = read_notifications(connection, a_plan())
    # NORD: anna two (in the window, the last while she lives in SYD), eva one; SYD: finn one, bo two; dan's is S9's
    counts = {cluster: one.events["notifications"] for cluster, one in found.items()}
    assert counts == {"NORD": 2 + 1, "SYD": 1 + 2, "S9": 1, "VEST": 1}
    # NORD: anna, gry, hal, ida, jon all year, eva 100 days; SYD: bo, cleo, kai, lea, mia all year, finn 184 days
    assert days(found)["NORD"] == (6, 5 * 365 + 100)
    assert days(found)["SYD"] == (6, 5 * 365 + 184)
    assert rates(found, "notifications")["NORD"].value == pytest.approx(100 * 3 / ((5 * 365 + 100) / 365.25))


def test_stays_begin_in_the_window_or_come_under_observation_at_its_start(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert read_stays(connection, a_plan()) == (
        # ida came back after a year; jon's stay was 547 days old on 1 August 2024 and lasts still on 30 September 2026
        SegregatedStay("NORD", 0, 365, RETURNED),
        SegregatedStay("NORD", 547, 1338, 0),
        # lea began on the window's last day and left the municipality; kai's stay was too old, mia's began too late
        SegregatedStay("SYD", 0, 185, ENDED_OTHERWISE),
    )


def test_a_stay_that_began_before_the_register_tells_of_ends_is_left_out(connection: duckdb.DuckDBPyConnection) -> None:
    early = a_plan(window={"first_from": date(2022, 8, 1), "first_to": date(2023, 7, 31)})
    # the register tells of ends from 1 August 2022: kai's stay began on 1 July; zoe's of half a year, and jon's, began after
    assert read_stays(connection, early) == (
        SegregatedStay("NORD", 0, 1338, 0),
        SegregatedStay("VEST", 0, 181, RETURNED),
    )


def test_a_wait_lasts_until_the_help_begins_and_a_contact_is_no_help(connection: duckdb.DuckDBPyConnection) -> None:
    until_as_of = (AS_OF_DATE - date(2024, 9, 1)).days
    assert set(read_waits(connection, a_plan())) == {
        RequestWait("NORD", 10, True),
        RequestWait("NORD", until_as_of, False),
        RequestWait("SYD", 0, True),
        RequestWait("S9", 30, False),
    }
    assert RequestWait("NORD", 30, False) in read_waits(connection, a_plan(**BY_DISTRICT))


def test_a_cluster_has_a_model_only_if_it_was_the_same_all_through_the_window(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    def models(**changed: Any) -> dict[str, bool]:
        plan = a_plan(**changed)
        return models_of_window(read_model_periods(connection, plan), plan, as_of_date=AS_OF_DATE)

    assert models() == {"NORD": True, "SYD": False, "S9": False}
    assert models(**BY_DISTRICT) == {"NORD": True, "SYD": False}
    # until 31 December OEST had not changed yet, and HUL's hole had not begun
    short = {"first_from": date(2024, 8, 1), "first_to": date(2024, 12, 31)}
    assert models(window=short) == {"NORD": True, "SYD": False, "S9": False, "OEST": False, "HUL": False}


def test_only_what_was_planned_is_read_and_what_never_came_is_not_there(connection: duckdb.DuckDBPyConnection) -> None:
    assert read_register_outcomes(connection, a_plan(secondaries=["sdq_impact"])) == NO_REGISTERS
    assert read_register_outcomes(duckdb.connect(), a_plan(secondaries=["ladder_up"])) == NO_REGISTERS
    plan = a_plan(secondaries=sorted(REGISTER_CODES))
    found = read_register_outcomes(connection, plan)
    assert set(found.numbers) == REGISTER_CODES
    assert found.models == {"NORD": True, "SYD": False, "S9": False}
    assert found.numbers["ladder_down"]["NORD"].value == pytest.approx(100 * 1 / (830 / 365.25))


@pytest.mark.parametrize(("rows", "is_there"), [(0, False), (1, True)])
def test_an_empty_table_was_never_delivered(rows: int, is_there: bool) -> None:
    plain = duckdb.connect()
    plain.execute("CREATE SCHEMA core")
    assert not is_delivered(plain, "fct_notification")
    plain.execute(f"CREATE TABLE core.fct_notification AS SELECT 1 FROM range({rows})")
    assert is_delivered(plain, "fct_notification") is is_there


def test_every_outcome_that_is_no_score_comes_from_a_register() -> None:
    assert {code for code, outcome in OUTCOMES.items() if outcome.sdq_column is None} == REGISTER_CODES
    assert set(NOT_TOLD) == set(NotTold)


def stays_of(*drawn_stays: tuple[int, int, int]) -> list[SegregatedStay]:
    return [SegregatedStay("A", *stay) for stay in drawn_stays]


def test_the_share_that_returned_lets_other_ends_compete() -> None:
    # four stays: one turns 18 on day 100, one returns on day 200, two are seen to stay
    four = stays_of((0, 100, ENDED_OTHERWISE), (0, 200, RETURNED), (0, 800, 0), (0, 800, 0))
    found = return_shares(four)["A"]
    # 3/4 are left on day 200, a third of whom return; one minus Kaplan-Meier would have said a third
    assert found.value == pytest.approx(100 * 3 / 4 * 1 / 3)
    assert (found.children, found.events, found.others, found.is_enough) == (4, 1, 3, False)
    # one more whose stay was 300 days old when it was first followed is not at risk on day 200, and returns on day 400
    late = return_shares([*four, *stays_of((300, 400, RETURNED))])["A"]
    # 3/4 x 2/3 are left on day 400: two of the first and the late one, who returns
    assert late.value == pytest.approx(100 * (1 / 4 + 1 / 2 * 1 / 3))
    # a return after 24 months is none within them
    assert return_shares(stays_of((0, 731, RETURNED), (0, 731, 0)))["A"].value == 0
    assert return_shares(stays_of((0, 300, 0), (0, 200, RETURNED)))["A"].value is None  # nobody was followed so long


def waits_of(*drawn_waits: tuple[int, bool]) -> list[RequestWait]:
    return [RequestWait("A", *wait) for wait in drawn_waits]


def test_the_mean_wait_is_the_area_under_those_who_wait_still() -> None:
    # helped after 10 and 20 days, one is last seen waiting on day 15: 10 days of all, then 2/3 until day 20
    found = mean_waits(waits_of((10, True), (15, False), (20, True)))["A"]
    assert found.value == pytest.approx(10 * 1 + 10 * 2 / 3)
    assert (found.children, found.events) == (3, 2)
    assert mean_waits(waits_of((0, True), (40, True)))["A"].value == pytest.approx((0 + 40) / 2)
    # a wait of 400 days counts as 180, and is no help within them
    long = mean_waits(waits_of((0, True), (400, True)))["A"]
    assert long.value == pytest.approx((0 + 180) / 2)
    assert long.events == 1
    assert mean_waits(waits_of((0, True), (700, False)))["A"].value == pytest.approx((0 + 180) / 2)
    assert mean_waits(waits_of((10, True), (100, False)))["A"].value is None


def number(
    value: float | None, *, events: int = 20, others: int | None = None, is_enough: bool = True
) -> ClusterNumber:
    return ClusterNumber(value, 50, events, others, is_enough)


def registers(numbers: Mapping[str, ClusterNumber], code: str = "ladder_down") -> RegisterOutcomes:
    return RegisterOutcomes({cluster: cluster.startswith("R") for cluster in numbers}, {code: numbers})


RATES = {"R1": 6.0, "R2": 4.0, "S1": 3.0, "S2": 1.0}


def test_districts_are_compared_each_as_one_number() -> None:
    found = compare_registers(registers({code: number(rate) for code, rate in RATES.items()}), "ladder_down", RATES)
    assert isinstance(found, RegisterDifference)
    # 5 - 2; squares round the means 1 + 1 + 1 + 1 over 2 degrees of freedom, twice 1/2
    assert found.difference.value == pytest.approx(3)
    assert found.difference.standard_error == pytest.approx((4 / 2 * (1 / 2 + 1 / 2)) ** 0.5)
    assert (found.cluster_counts, found.child_counts) == ((2, 2), (100, 100))
    assert found.permutation is not None
    assert found.permutation.test.choice_count == 6  # 2 of 4
    assert found.detectable == pytest.approx(2**0.5 * (4.302653 + 1.060660), rel=1e-5)  # t(2) of .975 and of .80
    turned = registers({code: number(rate) for code, rate in RATES.items()})
    turned = RegisterOutcomes({code: not arm for code, arm in turned.models.items()}, turned.numbers)
    other_way = compare_registers(turned, "ladder_down", RATES)
    assert isinstance(other_way, RegisterDifference)
    assert other_way.difference.value == pytest.approx(-3)


def test_choices_are_made_within_strata() -> None:
    told = registers({code: number(rate) for code, rate in RATES.items()})
    # R1 or S1, and R2 or S2, who are in none: 2 x 2
    found = compare_registers(told, "ladder_down", RATES, strata={"R1": "by", "S1": "by"})
    assert isinstance(found, RegisterDifference)
    assert found.permutation is not None
    assert found.permutation.test.choice_count == 4
    alone = compare_registers(told, "ladder_down", RATES, strata={"R1": "by", "R2": "by"})
    assert isinstance(alone, RegisterDifference)
    assert alone.permutation is None  # no stratum has both models


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"S2": number(1.0, is_enough=False)}, NotTold.TOO_LITTLE_TIME),
        ({"S1": number(3.0, events=2), "S2": number(1.0, events=2)}, NotTold.TOO_FEW_EVENTS),
        ({"R1": number(6.0, others=2), "R2": number(4.0, others=2)}, NotTold.TOO_FEW_EVENTS),
        ({"R1": number(None)}, NotTold.NOT_FOLLOWED),
    ],
)
def test_what_rests_on_too_little_is_not_compared(changed: dict[str, ClusterNumber], reason: NotTold) -> None:
    told = registers({code: number(rate) for code, rate in RATES.items()} | changed)
    assert compare_registers(told, "ladder_down", RATES) is reason


def test_a_district_without_a_number_or_a_model_takes_the_outcome() -> None:
    told = registers({code: number(rate) for code, rate in RATES.items()})
    assert compare_registers(told, "ladder_up", RATES) is NotTold.NOT_DELIVERED
    assert compare_registers(told, "ladder_down", [*RATES, "S3"]) is NotTold.CHANGED_MODEL
    unseen = RegisterOutcomes({**told.models, "S3": False}, told.numbers)
    assert compare_registers(unseen, "ladder_down", [*RATES, "S3"]) is NotTold.TOO_LITTLE_TIME
    # 2 + 3 events are just enough
    enough = {"S1": number(3.0, events=2), "S2": number(1.0, events=3)}
    few = registers({code: number(rate) for code, rate in RATES.items()} | enough)
    assert isinstance(compare_registers(few, "ladder_down", RATES), RegisterDifference)


def test_p_values_of_registers_are_of_all_choices_and_adjusted_within_their_family() -> None:
    found, at_risk = drawn(EIGHT, -1)
    plan = a_plan(secondaries=["ladder_down", "ladder_up", "notifications", "waiting_days"])
    study = children(*found, at_risk=at_risk)
    apart = {code: number(10.0 + place + 10 * code.startswith("R")) for place, code in enumerate(EIGHT)}
    mixed = {code: number(10.0 + place % 4) for place, code in enumerate(EIGHT)}
    told = RegisterOutcomes(
        {code: code.startswith("R") for code in EIGHT},
        {"ladder_down": apart, "ladder_up": mixed, "notifications": apart},
    )
    evaluation = analyse(study, study_design(study, plan), plan, registers=told)
    down, up, notified, waits = evaluation.secondaries
    # 2 / 70: the real choice of 4 of 8 and its mirror; two in its family, alone in the other
    assert [down.p_value, down.adjusted_p_value] == pytest.approx([2 / 70, 2 * 2 / 70])
    assert (up.p_value, up.adjusted_p_value) == (1, 1)
    assert [notified.p_value, notified.adjusted_p_value] == pytest.approx([2 / 70, 2 / 70])
    assert (waits.difference, waits.not_told) == (None, NotTold.NOT_DELIVERED)
    assert analysis_departures(evaluation) == (
        "Planlagt, men ikke sammenlignet, fordi tallene mangler: ventetid på hjælp.",
    )
    # a failed gate (more are found where the adviser is) takes every p value, and no difference
    uneven = children(*found, at_risk={code: 80 if code.startswith("R") else 100 for code in EIGHT})
    gated = analyse(uneven, study_design(uneven, plan), plan, registers=told).secondaries[0]
    assert (gated.p_value, gated.difference) == (None, down.difference)
