"""Stays in segregated settings as `trappen prove` counts them: by hand, and as core.fct_ladder_spell has them."""

import hashlib
import uuid
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import pytest

from pipelines.measures.multistate import occupation_probabilities
from pipelines.municipalities import load_profile
from pipelines.prove.stays import (
    RETURN_DAYS,
    End,
    SegregatedStays,
    State,
    followed_children,
    last_seen_day,
    segregated_stays,
    stays_seen_to_their_end,
)
from pipelines.simulate import SimulatedMunicipality, simulate_municipality
from pipelines.simulate.days import NEVER, day_number
from pipelines.simulate.population import Children
from pipelines.simulate.schooling import Placements
from tests.sql.drawn import built_when_named, empty_warehouse, fill_simulated

SEEN, LAG = 1000, 35


def drawn(*rows: tuple[int, int, int, int], **of_children: dict[int, int]) -> Any:
    """A municipality of placements (child, rung, first day, last day), last seen on day 1000; all else as nobody moves."""
    child, rung, start, stop = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    count = int(child.max()) + 1

    def column(name: str, default: int) -> np.ndarray:
        given = of_children.get(name, {})
        return np.array([given.get(number, default) for number in range(count)])

    children = Children(
        numbers=tuple(str(number) for number in range(count)),
        birth_day=np.zeros(count, dtype=np.int64),
        is_boy=np.zeros(count, dtype=bool),
        present_from=np.full(count, -NEVER),
        present_to=column("present_to", NEVER),
        district_first=column("district_first", 0),
        district_second=column("district_second", 0),
        district_change_day=column("district_change_day", NEVER),
        district_adviser_from=np.array([150, NEVER]),
        difficulty=np.zeros(count),
        district_level=np.zeros(2),
        is_disadvantaged=np.zeros(count, dtype=bool),
    )
    nothing = np.zeros(len(child), dtype=np.int64)
    placements = Placements(child, nothing, nothing, nothing, nothing.astype(float), start, stop, rung)
    return SimpleNamespace(
        placements=placements,
        children=children,
        parameters=SimpleNamespace(ladder=SimpleNamespace(registration_lag_days=LAG)),
        data_end_date=date(1970, 1, 1) + timedelta(days=SEEN + LAG),
    )


def ends(stays: SegregatedStays) -> list[tuple[int, int, int, End]]:
    """(child, first day, first day after, end)."""
    return [
        (int(child), int(start), int(stop), End(end))
        for child, start, stop, end in zip(stays.child, stays.start, stays.stop, stays.end, strict=True)
    ]


def test_stays_by_hand() -> None:
    town = drawn(
        # one stay over two rungs and a turn of the year, then back
        (0, 0, 0, 99), (0, 3, 100, 199), (0, 5, 200, 299), (0, 5, 300, 330), (0, 2, 331, NEVER),
        # under way on the first day: not counted; a second one still running
        (1, 4, 0, 400), (1, 1, 401, 500), (1, 3, 501, NEVER),
        (2, 2, 0, 199), (2, 3, 200, 500),  # leaves school
        (3, 2, 0, 199), (3, 3, 200, 500),  # moves away
        (4, 2, 0, 299), (4, 3, 300, 1000), (4, 2, 1001, NEVER),  # returns on the day after the last seen
        (5, 2, 0, 299), (5, 3, 300, 1001), (5, 2, 1002, NEVER),  # and one day later
        (6, 2, 0, 1000), (6, 3, 1001, NEVER),  # begins after the last day seen
        (7, 2, 0, 199), (7, 3, 200, 500), (7, 2, 510, NEVER),  # a hole of nine days: gone, not returned
        present_to={3: 500},
    )  # fmt: skip
    assert ends(segregated_stays(town)) == [
        (0, 100, 331, End.RETURNED),
        (1, 501, 1001, End.STILL_THERE),
        (2, 200, 501, End.LEFT_SCHOOL),
        (3, 200, 501, End.MOVED_AWAY),
        (4, 300, 1001, End.RETURNED),
        (5, 300, 1001, End.STILL_THERE),
        (7, 200, 501, End.LEFT_SCHOOL),
    ]


def test_district_and_model_are_those_of_the_first_day() -> None:
    town = drawn(
        (0, 0, 0, 148), (0, 3, 149, 400),  # begins before district 0 has advisers
        (1, 0, 0, 149), (1, 3, 150, 400),
        (2, 0, 0, 159), (2, 3, 160, 400),  # comes to district 1 on day 160
        (3, 0, 0, 158), (3, 3, 159, 400),  # a day later than the stay begins
        district_second={2: 1, 3: 1}, district_change_day={2: 160, 3: 160},
    )  # fmt: skip
    stays = segregated_stays(town)
    assert stays.district.tolist() == [0, 0, 1, 0]
    assert stays.is_advised.tolist() == [False, True, False, True]


def test_in_time_is_731_days() -> None:
    start = np.array([0, 0, 0])
    stays = SegregatedStays(
        child=np.arange(3), start=start, stop=np.array([RETURN_DAYS, RETURN_DAYS + 1, 100]),
        end=np.array([End.RETURNED, End.RETURNED, End.LEFT_SCHOOL]), district=start, is_advised=start == 1,
    )  # fmt: skip
    assert stays.is_returned_in_time.tolist() == [True, False, False]


def test_for_kaplan_meier_other_ends_are_loss_from_sight() -> None:
    town = drawn(
        (0, 0, 0, 99), (0, 3, 100, 199), (0, 0, 200, NEVER), (1, 0, 0, 99), (1, 3, 100, 149), (2, 0, 0, 99), (2, 3, 100, NEVER)
    )  # fmt: skip
    stays = segregated_stays(town)
    assert (stays.ends().times.tolist(), stays.returns_alone().times.tolist()) == ([50.0, 100.0], [100.0])
    assert stays.returns_alone().at_risk[0].sum() == 2  # the one who left school is no longer there


def test_children_followed_over_24_months_by_hand() -> None:
    """Of eight with a place on the first day one moves away: 7 stay. Segregated at the end are 1, 2 and 4."""
    first = SEEN - 731
    town = drawn(
        (0, 0, 0, NEVER),
        (1, 3, 0, 300), (1, 4, 301, NEVER),
        (2, 0, 0, 600), (2, 3, 601, NEVER),
        (3, 3, 0, 700), (3, 0, 701, NEVER),
        (4, 0, 0, SEEN - 1), (4, 3, SEEN, NEVER),  # moves on the last day
        (5, 0, 0, SEEN), (5, 3, SEEN + 1, NEVER),  # a day too late
        (6, 3, 0, 400),  # leaves school
        (7, 3, 0, 800), (7, 0, 801, NEVER),  # moves away on day 501, and keeps the place
        (8, 3, first + 1, NEVER),  # comes too late
        (9, 3, 0, first - 1),  # gone before
        (10, 3, 0, NEVER),  # moved away before
        present_to={7: 500, 10: first - 1},
    )  # fmt: skip
    followed = followed_children(town)
    assert (followed.days, followed.stayed_count, followed.segregated_count) == (731, 7, 3)
    assert followed.risk_sets.starting.sum(axis=0).tolist() == [4, 4, 0]
    # days since the first one: 6 leaves on 401, 2 moves on 601, 3 on 701, 4 on 1000; 7 is out of sight from 501 on
    assert followed.risk_sets.times.tolist() == [401 - first, 601 - first, 701 - first, 731]
    # at risk in segregated settings before each: 1, 3, 6, 7; 1, 3; 1, 2, 3; 1, 2
    assert followed.risk_sets.at_risk[:, 0, State.SEGREGATED].tolist() == [4, 2, 3, 2]


@pytest.fixture(scope="module")
def simulated() -> SimulatedMunicipality:
    """Districts of unequal size and children who move between them and away."""
    return simulate_municipality(load_profile("vordingborg_next_step"), children_count=4000, seed=11)


@pytest.fixture(scope="module")
def connection(simulated: SimulatedMunicipality) -> duckdb.DuckDBPyConnection:
    opened = empty_warehouse(as_of_date=simulated.data_end_date)
    for source in ("children", "institutions", "school_placements"):
        fill_simulated(opened, source, simulated.tables[source])
    return built_when_named(opened)


def runs_of_core(
    connection: duckdb.DuckDBPyConnection, simulated: SimulatedMunicipality
) -> dict[int, list[tuple[int, int, bool]]]:
    """Child's number in the arrays to its unbroken times (first day, first day after, is it segregated) of the spells."""
    number_of = {
        uuid.UUID(hashlib.md5(number.encode(), usedforsecurity=False).hexdigest()): place
        for place, number in enumerate(simulated.children.numbers)
    }
    rows = connection.execute(
        "SELECT child_id, start_date, end_date, rung FROM core.fct_ladder_spell "
        "WHERE ladder_code = 'national' AND track_code = 'education' ORDER BY child_id, start_date"
    ).fetchall()
    found: dict[int, list[tuple[int, int, bool]]] = {}
    for child_id, first, last, rung in rows:
        if child_id not in number_of:
            continue  # a visitor from another municipality
        runs = found.setdefault(number_of[child_id], [])
        run = (day_number(first), day_number(last) + 1, rung >= 3)
        if runs and runs[-1][1:] == (run[0], run[2]):
            run = (runs.pop()[0], *run[1:])
        runs.append(run)
    return found


def test_stays_are_those_of_the_ladder_in_core(
    simulated: SimulatedMunicipality, connection: duckdb.DuckDBPyConnection
) -> None:
    """Day for day, and how they ended: back where another run follows at once, else gone; who moved away says the residence."""
    seen, register = last_seen_day(simulated), day_number(date(simulated.first_school_year, 8, 1))
    expected = []
    for child, runs in runs_of_core(connection, simulated).items():
        for run, following in pairwise([*runs, (NEVER, NEVER, False)]):
            first, after, is_segregated = run
            if is_segregated and register < first <= seen:
                if after > seen + 1:
                    end = End.STILL_THERE
                elif following[0] == after:
                    end = End.RETURNED
                else:
                    moved = after == simulated.children.present_to[child] + 1
                    end = End.MOVED_AWAY if moved else End.LEFT_SCHOOL
                expected.append((child, first, min(after, seen + 1), end))
    found = ends(segregated_stays(simulated))
    assert found == sorted(expected)
    assert {end for *_, end in found} == set(End)  # all four happen
    assert len(found) > 40


def test_who_is_segregated_24_months_later_is_as_in_core(
    simulated: SimulatedMunicipality, connection: duckdb.DuckDBPyConnection
) -> None:
    followed, seen = followed_children(simulated), last_seen_day(simulated)
    first, present = seen - followed.days, simulated.children.present_to
    stayed = segregated = 0
    for child, runs in runs_of_core(connection, simulated).items():
        if present[child] >= seen and any(start <= first < after for start, after, _ in runs):
            stayed += 1
            segregated += any(start <= seen < after and is_there for start, after, is_there in runs)
    assert (followed.stayed_count, followed.segregated_count) == (stayed, segregated)
    assert segregated > 40


def test_where_nobody_moves_away_the_curve_is_the_plain_share(simulated: SimulatedMunicipality) -> None:
    """Everybody followed and nobody lost: Aalen-Johansen is counting (Andersen et al. 1993, IV.4.1.3)."""
    staying = replace(simulated.children, present_to=np.full(simulated.children.count, NEVER))
    followed = followed_children(replace(simulated, children=staying))
    (share,) = occupation_probabilities(followed.risk_sets, times=followed.days).probabilities[:, State.SEGREGATED]
    assert share == pytest.approx(followed.segregated_count / followed.stayed_count, abs=1e-12)
    assert followed.risk_sets.child_count == followed.stayed_count


def test_stays_of_the_truth_begin_as_the_seen_ones_and_nobody_is_lost(simulated: SimulatedMunicipality) -> None:
    seen, draws = segregated_stays(simulated), stays_seen_to_their_end(simulated, draws=3)
    register = day_number(date(simulated.first_school_year, 8, 1))
    for stays in draws:
        assert register < stays.start.min() < stays.start.max() <= last_seen_day(simulated)
        # the last ones seen are still watched 24 months later
        assert ((stays.stop - stays.start)[stays.end == End.STILL_THERE] >= RETURN_DAYS).all()
        # as many as seen, but for chance: districts and children are the same, so some 10 in 80
        assert 0.5 * len(seen.child) < len(stays.child) < 2 * len(seen.child)
    moved_after = [stays.stop[stays.end == End.MOVED_AWAY].max() for stays in draws]
    assert max(moved_after) > day_number(simulated.data_end_date)  # children go on moving away after data end
    assert len({stays.start.tobytes() for stays in draws}) == 3
    again = stays_seen_to_their_end(simulated, draws=1)[0]
    assert again.stop.tolist() == draws[0].stop.tolist()
