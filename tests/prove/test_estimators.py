"""Every registered estimator: named once, said in Danish, right on a municipality counted by hand."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from pipelines.measures.clusters import cluster_mean_interval
from pipelines.measures.intervals import NoInterval
from pipelines.measures.ladder import net_movement_rate
from pipelines.measures.paired_effect import paired_effect
from pipelines.measures.shares import mainstream_share, mainstream_share_by_district
from pipelines.prove.acceptance import MUST_HOLD, SHOWN, Kind
from pipelines.prove.estimator import Estimator, TruthPart
from pipelines.prove.estimators import ESTIMATORS
from pipelines.prove.observed import DistrictMoves, DistrictPupils, SdqPairs
from pipelines.simulate.parameters import Parameters
from pipelines.simulate.scenarios import scenario_names

BY_NAME = {estimator.name: estimator for estimator in ESTIMATORS}


class Drawn:
    """What the estimators look at, drawn by hand: three districts, the first two advised; the third has one child."""

    district_count = 3
    sdq_pairs = SdqPairs(
        district=np.array([0, 0, 1, 1, 1, 2]),
        is_advised=np.array([True, True, True, True, True, False]),
        first=np.array([14.0, 20.0, 15.0, 17.0, 19.0, 16.0]),
        second=np.array([12.0, 16.0, 15.0, 13.0, 18.0, 11.0]),
        effect=np.array([-1.0, -2.0, 0.0, -1.0, -1.0, -1.0]),
    )
    social_moves = DistrictMoves(np.array([2, 1, 0]), np.array([1, 4, 2]), np.array([30.0, 40.0, 10.0]))
    education_moves = DistrictMoves(np.array([5, 3, 1]), np.array([2, 2, 2]), np.array([50.0, 30.0, 20.0]))
    pupils = DistrictPupils(np.array([90, 190, 95]), np.array([100, 200, 100]))

    class simulated:  # noqa: N801  # stands for an object
        parameters = Parameters()


def measured(name: str) -> Any:
    return BY_NAME[name].measure(Drawn())  # type: ignore[arg-type]


def true_part(name: str) -> TruthPart:
    return BY_NAME[name].truth(Drawn())  # type: ignore[arg-type]


class Paired:
    """Pairs of three districts; the third has one child, who is counted with the smaller of the others (the first)."""

    sdq_pairs = SdqPairs(
        district=np.array([0] * 5 + [1] * 6 + [2]),
        is_advised=np.array([True] * 11 + [False]),
        first=np.array([14.0, 20.0, 15.0, 17.0, 19.0, 16.0, 18.0, 13.0, 21.0, 17.0, 17.0, 23.0]),
        second=np.array([12.0, 16.0, 15.0, 13.0, 18.0, 15.0, 17.0, 14.0, 19.0, 12.0, 13.0, 8.0]),
        effect=np.array([-1.0, -2.0, 0.0, -1.0, -1.0, *[-2.0] * 6, -9.0]),
    )

    class simulated:  # noqa: N801  # stands for an object
        parameters = Parameters()


CHANGES = [-2.0, -4.0, 0.0, -4.0, -1.0, -1.0, -1.0, 1.0, -2.0, -5.0, -4.0, -15.0]
POOLED = [*"AAAAA", *"BBBBBB", "A"]


def test_sdq_change_is_the_reports_own_measure_with_small_districts_pooled() -> None:
    expected = cluster_mean_interval(CHANGES, POOLED)
    names = ("sdq_change_by_district", "sdq_change_read_as_effect", "sdq_change_by_child")
    by_district, as_effect, by_child = (BY_NAME[name].measure(Paired()) for name in names)  # type: ignore[arg-type]
    assert by_district == as_effect == expected.by_cluster
    assert by_child == expected.naive
    pairs = Paired.sdq_pairs
    assert BY_NAME["sdq_g_av"].measure(Paired()) == paired_effect(pairs.first, pairs.second, POOLED).g_av  # type: ignore[arg-type]


def test_true_sdq_changes_by_hand() -> None:
    true = {name: BY_NAME[name].truth(Paired()) for name in BY_NAME if name.startswith("sdq_")}  # type: ignore[arg-type]
    # -26 over the six of the first and the third district, -12 over the six of the second
    assert true["sdq_change_by_district"] == TruthPart(pytest.approx(-26 / 6 - 12 / 6), 2.0)
    assert true["sdq_change_by_child"] == TruthPart(-38.0, 12.0)
    # the effect on those who met the model: -5 over six (0 where there is a caseworker), and -2
    assert true["sdq_change_read_as_effect"] == TruthPart(pytest.approx(-5 / 6 - 2), 2.0)
    pairs = Paired.sdq_pairs
    spread = math.sqrt((np.var(pairs.first, ddof=1) + np.var(pairs.second, ddof=1)) / 2)
    assert true["sdq_g_av"] == TruthPart(pytest.approx(-38 / 6), pytest.approx(2 * spread))
    assert true["sdq_naive_g_av"] == TruthPart(-38.0, pytest.approx(12 * spread))


def test_the_benchmark_is_the_expected_change_of_the_report() -> None:
    benchmark = BY_NAME["sdq_change_read_as_effect"].benchmark
    assert benchmark is not None
    first = ((14 + 20 + 15 + 17 + 19 + 23) / 6 + (16 + 18 + 13 + 21 + 17 + 17) / 6) / 2  # mean of the districts' means
    assert benchmark(Paired()) == pytest.approx((1 - 0.65) * (7.4 - first))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("track", "true"), [("social", TruthPart(100 * (3 - 7), 80.0)), ("education", TruthPart(300, 100.0))]
)
def test_net_moves_are_the_reports_own_measure(track: str, true: TruthPart) -> None:
    moves: DistrictMoves = getattr(Drawn, f"{track}_moves")
    expected = net_movement_rate(moves.down, moves.up, moves.child_years, ["A", "B", "C"]).net
    assert measured(f"net_moves_{track}") == expected
    assert true_part(f"net_moves_{track}") == true


def test_moves_as_a_poisson_count_by_hand() -> None:
    """15 moves in 100 years, 9 down and 6 up: 3 +/- 1.96 sqrt(15)."""
    found = measured("net_moves_as_poisson")
    assert (found.value, found.standard_error) == (3.0, pytest.approx(math.sqrt(15)))
    assert found.high - found.value == pytest.approx(1.959964 * math.sqrt(15))


def test_shares_are_the_reports_own_measures() -> None:
    assert measured("mainstream_share_by_district") == mainstream_share_by_district([90, 190, 95], [100, 200, 100])
    assert measured("mainstream_share_pooled") == mainstream_share(375, 400)
    assert true_part("mainstream_share_by_district") == true_part("mainstream_share_pooled") == TruthPart(375.0, 400.0)


def test_the_naive_comparison_is_least_squares_in_another_way() -> None:
    """The model's coefficient after taking the first total out of both (Frisch-Waugh-Lovell), with 6 - 3 degrees of freedom."""
    pairs = Drawn.sdq_pairs
    model = pairs.is_advised.astype(float)
    slope_y, slope_m = (stats.linregress(pairs.first, values) for values in (pairs.second, model))
    left_y = pairs.second - slope_y.intercept - slope_y.slope * pairs.first
    left_m = model - slope_m.intercept - slope_m.slope * pairs.first
    value = (left_y @ left_m) / (left_m @ left_m)
    error = math.sqrt(((left_y - value * left_m) ** 2).sum() / 3 / (left_m @ left_m))
    found = measured("model_difference_by_child")
    assert (found.value, found.standard_error) == (pytest.approx(value), pytest.approx(error))
    assert found.high - found.value == pytest.approx(stats.t.ppf(0.975, 3) * error)
    assert true_part("model_difference_by_child") == TruthPart(-5.0, 5.0)


def compared(*, arms: list[int], change: list[float], advised: list[bool]) -> Any:
    """The two models by districts, of children with these districts, changes and models; the effect is -1 a child."""

    class Few:
        sdq_pairs = SdqPairs(
            np.array(arms), np.array(advised), np.zeros(len(arms)), np.array(change), np.full(len(arms), -1.0)
        )

    return BY_NAME["model_difference_by_district"].measure(Few())  # type: ignore[arg-type]


def test_two_models_by_districts_is_a_t_test_of_district_means() -> None:
    """Advised 0: (-4 - 2) / 2 and 1: -5; compared 2: 0, 4: (-1 - 3) / 2. What 0 measured before its advisers came is in neither."""
    found = compared(
        arms=[0, 0, 1, 2, 4, 4, 0],
        change=[-4.0, -2.0, -5.0, 0.0, -1.0, -3.0, 99.0],
        advised=[True, True, True, False, False, False, False],
    )
    other = stats.ttest_ind([-3.0, -5.0], [0.0, -2.0])
    expected = other.confidence_interval(0.95)
    assert (found.value, found.degrees_of_freedom, found.n) == (pytest.approx(-4.0 - -1.0), 2, 6)
    assert (found.low, found.high) == (pytest.approx(expected.low), pytest.approx(expected.high))


def test_two_districts_have_a_difference_but_no_interval() -> None:
    found = compared(arms=[0, 1], change=[-4.0, -1.0], advised=[True, False])
    assert (found.value, found.low, found.reason) == (-3.0, None, NoInterval.TOO_FEW_CLUSTERS)
    assert compared(arms=[0, 1], change=[-4.0, -1.0], advised=[True, True]).value is None


def test_the_true_effect_of_districts_by_hand() -> None:
    """Advised are 0 with effects -1 and -2, and 1 with 0, -1 and -1."""
    assert true_part("model_difference_by_district") == TruthPart(pytest.approx(-3 / 2 - 2 / 3), 2.0)


@pytest.mark.parametrize("advised", [np.ones(6, dtype=bool), np.zeros(6, dtype=bool)], ids=["all", "none"])
def test_without_both_models_there_is_no_comparison(advised: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = Drawn.sdq_pairs
    monkeypatch.setattr(Drawn, "sdq_pairs", SdqPairs(pairs.district, advised, pairs.first, pairs.second, pairs.effect))
    assert measured("model_difference_by_child").value is None


def test_names_are_keys_and_worlds_that_are_named_exist() -> None:
    assert len(BY_NAME) == len(ESTIMATORS)
    named = {scenario for estimator in ESTIMATORS for scenario in estimator.in_scenario}
    assert named <= set(scenario_names())


def test_each_method_that_must_hold_has_a_control_that_is_not_to_hold() -> None:
    kinds = {kind: [e.name for e in ESTIMATORS if e.expectation.kind is kind] for kind in Kind}
    assert kinds[Kind.MUST_HOLD]
    assert kinds[Kind.MUST_FAIL]


def test_below_the_fewest_districts_a_cell_is_only_shown() -> None:
    few = Estimator("x", "X", "X", "point", 1, measured, true_part, MUST_HOLD, fewest_districts=8)  # type: ignore[arg-type]
    assert few.expected_in("no_effect", district_count=6) == SHOWN
    assert few.expected_in("no_effect", district_count=8) == MUST_HOLD
