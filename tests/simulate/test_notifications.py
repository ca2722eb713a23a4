"""Notifications and caseload: does the built warehouse hold what was drawn, and does what is planted do what it says and no more?"""

import dataclasses
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pytest

from pipelines.codes import load_code_table
from pipelines.municipalities import load_profile, profile_names
from pipelines.simulate import Parameters, SimulatedMunicipality, simulate_municipality
from pipelines.simulate.caseload import caseload_truth
from pipelines.simulate.days import NEVER, day_number
from pipelines.simulate.notifications import SENDER_SHARES, notification_truth
from pipelines.simulate.scenarios import districts_profile
from tests.sql.drawn import built_when_named, empty_warehouse, fill_simulated

DATA_END = date(2026, 9, 30)
SOURCES = ("children", "institutions", "organisation", "notifications", "caseload")
Row = dict[str, Any]


@cache
def drawn(
    *, children: int = 1200, multiplier: float = 1.0, share: float = 0.8, profile: str | None = None, **changes: float
) -> SimulatedMunicipality:
    """Four districts, two of them with advisers; or those of a profile."""
    notifications = dataclasses.replace(
        Parameters().notifications, adviser_notification_multiplier=multiplier, **changes
    )
    caseload = dataclasses.replace(Parameters().caseload, adviser_case_share=share)
    return simulate_municipality(
        load_profile(profile) if profile else districts_profile(district_count=4, adviser_count=2),
        children_count=children, seed=6, data_end_date=DATA_END,
        parameters=dataclasses.replace(Parameters(), notifications=notifications, caseload=caseload),
    )  # fmt: skip


def built(simulated: SimulatedMunicipality) -> duckdb.DuckDBPyConnection:
    connection = empty_warehouse(as_of_date=simulated.data_end_date)
    for source in SOURCES:
        fill_simulated(connection, source, simulated.tables[source])
    return built_when_named(connection)


def found(connection: duckdb.DuckDBPyConnection, table: str, row: Row, keys: tuple[str, ...]) -> Mapping[Any, Row]:
    """The mart's rows with the columns of a row of the truth, by the keys."""
    rows = connection.execute(f"SELECT {', '.join(row)} FROM {table}").fetchall()
    named = [dict(zip(row, values, strict=True)) for values in rows]
    return {tuple(each[key] for key in keys): each for each in named}


@pytest.mark.parametrize("name", profile_names())
def test_the_marts_of_every_profile_hold_the_truth(name: str) -> None:
    simulated = simulate_municipality(load_profile(name), children_count=700, seed=5, data_end_date=DATA_END)
    connection = built(simulated)
    parts = (
        ("marts.mart_notification", notification_truth(simulated), ("calendar_year", "area_kind", "area_code")),
        ("marts.mart_caseload", caseload_truth(simulated), ("calendar_year", "model_code", "unit_code")),
    )
    for table, truth, keys in parts:
        mart = found(connection, table, truth[0], keys)
        assert len(mart) == len(truth) > 15
        for row in truth:
            assert mart[tuple(row[key] for key in keys)] == pytest.approx(row, abs=1e-5), (table, row)


def test_what_the_case_system_says_of_24_hours_is_what_the_warehouse_finds() -> None:
    simulated = drawn(late_share=0.5)
    notifications = simulated.notifications
    counts = (
        built(simulated)
        .execute(
            "SELECT count(*), count(is_assessed_in_time), count(*) FILTER (is_assessed_in_time), "
            "count(*) FILTER (NOT is_own_municipality OR district_code IS NULL) FROM core.fct_notification"
        )
        .fetchone()
    )
    in_time = int((notifications.is_assessed & ~notifications.is_late).sum())
    assert counts == (len(notifications.day), int(notifications.is_assessed.sum()), in_time, 0)
    assert 0.4 < in_time / len(notifications.day) < 0.6
    assert (notifications.assessed[~notifications.is_assessed] == NEVER).all()


def keyed(simulated: SimulatedMunicipality) -> set[tuple[int, int, int]]:
    each = simulated.notifications
    return set(zip(each.child.tolist(), each.day.tolist(), each.sender.tolist(), strict=True))


def test_with_half_the_hazard_under_advisers_the_others_are_the_same_notifications() -> None:
    """Each that happens in the world with the smaller factor happens in the one without; before the model all do."""
    one, half = drawn(children=6000), drawn(children=6000, multiplier=0.5)
    everything, fewer = keyed(one), keyed(half)
    assert fewer < everything
    children = one.children
    lost = np.array(sorted(everything - fewer))
    assert (lost[:, 1] >= children.district_adviser_from[children.district_on(lost[:, 0], lost[:, 1])]).all()
    met = one.notifications
    is_advised = met.day >= children.district_adviser_from[children.district_on(met.child, met.day)]
    # half of those under the model are lost, give or take four standard errors of a binomial
    assert len(lost) / is_advised.sum() == pytest.approx(0.5, abs=4 * 0.5 / is_advised.sum() ** 0.5)
    assert is_advised.sum() > 300


def test_a_larger_hazard_under_advisers_is_found_as_large() -> None:
    """Twice the rate where the model is, against the world without; nothing where it is not, but for luck."""
    rates = []
    for simulated in (drawn(children=6000), drawn(children=6000, multiplier=2.0)):
        rows = [row for row in notification_truth(simulated) if row["calendar_year"] == 2025]
        advised = [row for row in rows if row["area_code"] in adviser_codes(simulated)]
        others = [row for row in rows if row["area_kind"] == "district" and row not in advised]
        rates.append([rate_of(advised), rate_of(others)])
    (plain, plain_others), (double, others) = rates
    assert double / plain == pytest.approx(2.0, abs=0.4)
    assert others / plain_others == pytest.approx(1.0, abs=0.25)


def adviser_codes(simulated: SimulatedMunicipality) -> set[str]:
    return {each.code for each in simulated.profile.districts if each.model == "district_adviser"}


def rate_of(rows: list[Row]) -> float:
    return sum(row["notifications_count"] for row in rows) / sum(row["child_years"] for row in rows)


def test_the_hazard_is_higher_shortly_before_help_begins() -> None:
    """Four times: in the half-year before a child's first help, against the half-year before that."""
    simulated = drawn(children=12_000)
    histories, notifications = simulated.social_histories, simulated.notifications
    first = {}
    for child, step, start in zip(
        histories.child.tolist(), histories.step.tolist(), histories.start.tolist(), strict=True
    ):
        if step and start > day_number(simulated.register_start_date) + 360:
            first.setdefault(child, start)
    wait = np.array([first.get(child, NEVER) for child in notifications.child.tolist()]) - notifications.day
    shortly, earlier = ((wait >= 1) & (wait <= 180)).sum(), ((wait > 180) & (wait <= 360)).sum()
    assert earlier > 40
    assert 2.5 < shortly / earlier < 6


def test_difficulty_and_home_raise_the_hazard() -> None:
    simulated = drawn(children=6000)
    children = simulated.children
    counts = np.bincount(simulated.notifications.child, minlength=children.count)
    assert counts[children.difficulty > 1].mean() > 2 * counts[children.difficulty < -1].mean()
    assert counts[children.is_disadvantaged].mean() > 1.5 * counts[~children.is_disadvantaged].mean()
    assert (
        0.1 < next(map(rate_of, [[row for row in notification_truth(simulated) if row["area_code"] == "ALL"]])) < 0.17
    )


def test_notifications_are_on_children_who_live_here() -> None:
    simulated = drawn()
    children, each = simulated.children, simulated.notifications
    assert children.is_resident_on(each.child, each.day).all()
    assert (each.day < children.adult_day[each.child]).all()
    assert (each.day >= day_number(simulated.register_start_date)).all()
    assert (each.assessed[each.is_assessed] <= day_number(DATA_END)).all()


def test_the_senders_are_those_of_the_code_table() -> None:
    assert sorted(code for code, _ in SENDER_SHARES) == sorted(load_code_table("notification_senders").codes)
    assert sum(share for _, share in SENDER_SHARES) == pytest.approx(1)


def test_a_position_under_advisers_is_for_the_planted_share_of_cases() -> None:
    """Cases per position of all years with the model, against those of the caseworkers: 0.5 of 20."""
    rows = [row for row in caseload_truth(drawn(children=6000, share=0.5)) if row["unit_code"] == "ALL"]
    found = {
        model: sum(row["case_days"] for row in rows if row["model_code"] == model)
        / sum(row["position_days"] for row in rows if row["model_code"] == model)
        for model in ("authority_caseworker", "district_adviser")
    }
    assert found["authority_caseworker"] == pytest.approx(20, rel=0.08)
    assert found["district_adviser"] == pytest.approx(10, rel=0.08)


def test_cases_are_the_children_with_help_or_lately_notified() -> None:
    """Counted anew, child by child, on the last counting day."""
    simulated = drawn()
    children, histories, notifications = simulated.children, simulated.social_histories, simulated.notifications
    day = day_number(DATA_END)
    spells = zip(
        histories.child.tolist(),
        histories.step.tolist(),
        histories.start.tolist(),
        histories.stop.tolist(),
        strict=True,
    )
    open_cases = {child for child, step, start, stop in spells if step > 0 and start <= day < stop}
    received = zip(notifications.child.tolist(), notifications.day.tolist(), strict=True)
    open_cases |= {child for child, at in received if at > day - 120}
    counts = dict.fromkeys(range(4), 0)
    for child in open_cases:
        one = np.array([child]), np.array([day])
        if children.is_resident_on(*one)[0] and day < children.adult_day[child]:
            counts[int(children.district_on(*one)[0])] += 1
    caseload = simulated.caseload
    last = caseload.day == day
    assert caseload.cases[last].tolist() == list(counts.values())
    assert sum(counts.values()) > 40
    assert (caseload.positions <= caseload.workers).all()
    # no case may be missing because its notification came before the register: 1 January and 120 days is 1 May
    assert caseload.day.min() == day_number(date(2022, 5, 31))
    ends = {date(1970, 1, 1) + timedelta(days=number + 1) for number in caseload.day.tolist()}
    assert {end.day for end in ends} == {1}


def test_what_is_planted_changes_no_other_source() -> None:
    whole = {"children": 300, "profile": "vordingborg_next_step"}
    plain, changed = drawn(**whole), drawn(**whole, multiplier=3.0, share=0.4)
    differing = {name for name, frame in plain.tables.items() if not frame.equals(changed.tables[name])}
    assert differing == {"notifications", "caseload"}
    only_positions = drawn(**whole, share=0.4)
    assert plain.tables["notifications"].equals(only_positions.tables["notifications"])
    assert plain.tables["caseload"]["case_count"].equals(only_positions.tables["caseload"]["case_count"])
