"""The estimators of return and of the two models' movement: the reports' own measures, and truths counted another way."""

import math
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipelines.measures.cumulative_incidence import incidence_difference
from pipelines.measures.multistate import occupation_intervals
from pipelines.measures.rate_ratio import movement_rate_ratio
from pipelines.measures.risk_sets import CENSORED, count_risk_sets
from pipelines.prove.estimator import TruthPart
from pipelines.prove.estimators import ladder_return
from pipelines.prove.observed import DistrictMoves, Observed
from pipelines.prove.runner import draw_observed
from pipelines.prove.stays import End, Followed, SegregatedStays
from pipelines.simulate.days import NEVER, day_number
from pipelines.simulate.parameters import LadderParameters
from pipelines.simulate.scenarios import load_scenario

MODEL_START = day_number(date(2023, 8, 1))


def stays_of(
    *rows: tuple[int, End, int], start: int = MODEL_START, advised: tuple[int, ...] = (0, 1)
) -> SegregatedStays:
    """Stays of (days, end, district)."""
    days, end, district = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    first = np.full(len(days), start)
    return SegregatedStays(
        np.arange(len(days)), first, first + days, end, district, is_advised=np.isin(district, advised)
    )


def town(**parts: Any) -> Any:
    """What the estimators look at; in this world the model moves nobody."""
    ladder = replace(LadderParameters(), adviser_away_multiplier=1.0, adviser_towards_multiplier=1.0)
    simulated = SimpleNamespace(
        parameters=SimpleNamespace(ladder=ladder),
        profile=SimpleNamespace(model_start_date=date(2023, 8, 1)),
        data_end_date=date(2026, 9, 30),
        children=SimpleNamespace(district_adviser_from=np.array([MODEL_START, MODEL_START, NEVER, NEVER])),
    )
    return SimpleNamespace(simulated=simulated, **parts)


STAYS = stays_of(
    (100, End.RETURNED, 0), (200, End.LEFT_SCHOOL, 0), (300, End.RETURNED, 1), (900, End.STILL_THERE, 1),
    (400, End.MOVED_AWAY, 2), (500, End.STILL_THERE, 2), (600, End.RETURNED, 3), (731, End.RETURNED, 3), (732, End.RETURNED, 3),
)  # fmt: skip


def test_return_by_hand() -> None:
    """S just before the returns on days 100, 300, 600 and 731 is 1, 7/9, 5/9 and 5/12; at risk are 9, 7, 4 and 3.

    On day 200 one of eight leaves school (8/9 to 7/9), on 400 one of six moves away (6/9 to 5/9), on 500 one is last seen.
    """
    found = ladder_return.BY_DISTRICT.measure(town(segregated_stays=STAYS))
    assert found.value == pytest.approx(1 / 9 + 7 / 9 / 7 + 5 / 9 / 4 + 5 / 12 / 3)
    assert (found.degrees_of_freedom, found.n) == (3, 9)
    naive = ladder_return.BY_CHILD.measure(town(segregated_stays=STAYS))
    assert (naive.value, naive.degrees_of_freedom) == (found.value, None)
    assert naive.low is not None
    assert found.low is not None
    assert naive.low != found.low


def test_kaplan_meier_by_hand() -> None:
    """1 - 8/9 x 6/7 x 3/4 x 2/3: who leaves school or moves is only lost from sight, and more return than did."""
    found = ladder_return.AS_KAPLAN_MEIER.measure(town(segregated_stays=STAYS))
    right = ladder_return.BY_DISTRICT.measure(town(segregated_stays=STAYS))
    assert found.value == pytest.approx(1 - 8 / 9 * 6 / 7 * 3 / 4 * 2 / 3)
    assert found.value is not None
    assert right.value is not None
    assert found.value > right.value


def test_true_return_counts_every_draw() -> None:
    """Four of nine returned by day 731; the other draw has one of two."""
    other = stays_of((730, End.RETURNED, 0), (100, End.MOVED_AWAY, 1))
    seen = town(stays_seen_to_their_end=(STAYS, other))
    for estimator in (ladder_return.BY_DISTRICT, ladder_return.BY_CHILD, ladder_return.AS_KAPLAN_MEIER):
        assert estimator.truth(seen) == TruthPart(5.0, 11.0)


def test_the_difference_is_the_reports_own_measure_since_the_model() -> None:
    """A stay begun the day before the model's first is in neither arm."""
    before = stays_of((100, End.RETURNED, 2), (100, End.RETURNED, 0), start=MODEL_START - 1, advised=())
    joined = SegregatedStays(*(np.concatenate([getattr(STAYS, name), getattr(before, name)]) for name in vars(STAYS)))
    expected = incidence_difference(STAYS.ends(), districts=[0, 1], end=1, time=731).difference
    found = ladder_return.DIFFERENCE.measure(town(segregated_stays=joined))
    assert found == expected
    assert found.degrees_of_freedom == 2


@pytest.mark.parametrize("advised", [(), (0, 1, 2, 3)], ids=["none", "all"])
def test_without_both_models_there_is_no_difference(advised: tuple[int, ...]) -> None:
    rows = [(100, End.RETURNED, 0), (800, End.STILL_THERE, 3)]
    assert ladder_return.DIFFERENCE.measure(town(segregated_stays=stays_of(*rows, advised=advised))).value is None


def test_without_any_stay_nothing_is_estimated() -> None:
    nobody = stays_of((1, End.RETURNED, 0)).only(np.array([False]))
    for estimator in (
        ladder_return.BY_DISTRICT, ladder_return.BY_CHILD, ladder_return.AS_KAPLAN_MEIER, ladder_return.DIFFERENCE
    ):  # fmt: skip
        assert estimator.measure(town(segregated_stays=nobody)).value is None


def test_the_segregated_later_are_the_reports_own_measure() -> None:
    """Two districts of two; one comes to a segregated setting on day 100, one there leaves school, one is lost on day 50."""
    spells = count_risk_sets(
        [0, 1, 1, 0, 0], [0, 100, 0, 0, 0], [100, 731, 300, 50, 731], [1, CENSORED, 2, CENSORED, CENSORED], state_count=3,
        children=np.array([0, 0, 1, 2, 3]), clusters=np.array([0, 0, 0, 1, 1]),
    )  # fmt: skip
    seen = town(followed_children=Followed(spells, 731, stayed_count=3, segregated_count=1))
    found = ladder_return.SEGREGATED_LATER.measure(seen)
    assert found == occupation_intervals(spells, times=731)[0].by_district[1]
    # 3/4 ordinary at first, of whom one of the two left moves on day 100; of 1/4 + 3/8 one of two leaves on day 300
    assert found.value == pytest.approx((1 / 4 + 3 / 8) / 2)
    assert ladder_return.SEGREGATED_LATER.truth(seen) == TruthPart(1.0, 3.0)


MOVES = DistrictMoves(np.array([6, 4, 3, 5]), np.array([1, 1, 1, 1]), np.array([30.0, 25.0, 20.0, 40.0]))


def test_the_rate_ratio_is_the_reports_own_measure_on_the_log_scale() -> None:
    expected = movement_rate_ratio(
        [6, 4, 3, 5], [30, 25, 20, 40], districts=[*"ABCD"], is_advised=[True, True, False, False]
    ).by_district
    found = ladder_return.RATE_RATIO.measure(town(education_moves=MOVES))
    numbers = [math.exp(number) for number in (found.value, found.low, found.high) if number is not None]
    assert numbers == pytest.approx([expected.value, expected.low, expected.high])
    assert found.standard_error == expected.standard_error


def test_a_model_without_moves_has_no_log() -> None:
    moves = replace(MOVES, down=np.array([0, 0, 3, 5]))
    assert ladder_return.RATE_RATIO.measure(town(education_moves=moves)).value is None


def test_where_the_model_moves_nobody_the_truth_is_0_without_a_draw() -> None:
    for estimator in (ladder_return.DIFFERENCE, ladder_return.RATE_RATIO):
        assert estimator.truth(town()) == TruthPart(0.0, 1.0)


@pytest.fixture(scope="module")
def affected() -> Observed:
    """The adviser model makes children move towards the ordinary 1.2 times as often."""
    return draw_observed(load_scenario("small_effect"), district_count=4, seed=5)


def test_the_models_true_effects_where_it_has_one(affected: Observed) -> None:
    """Two worlds of the same draws: not the same, and the log ratio that of the advised districts' own rates."""
    difference = ladder_return.DIFFERENCE.truth(affected)
    assert difference.denominator == 1.0
    assert 0 < abs(difference.numerator) < 0.4
    ratio = ladder_return.RATE_RATIO.truth(affected)
    assert 0 < ratio.denominator <= 2
    assert -1 < ratio.numerator / ratio.denominator < 1.5


def test_a_world_whose_model_does_nothing_differs_from_itself_by_nothing(
    affected: Observed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drawn truth of a model without effect is the 0 that arithmetic gives."""
    monkeypatch.setattr(ladder_return, "_model_moves_anybody", lambda simulated: True)
    nothing = draw_observed(load_scenario("no_effect"), district_count=4, seed=5)
    assert ladder_return.DIFFERENCE.truth(nothing) == TruthPart(0.0, 1.0)
    assert ladder_return.RATE_RATIO.truth(nothing).numerator == 0.0
    assert ladder_return.RATE_RATIO.truth(affected).numerator != 0.0
