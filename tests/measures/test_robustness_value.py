"""How strong an unmeasured cause must be: published numbers, and a search over all causes of a given strength."""

import math

import numpy as np
import pytest
from scipy import stats

from pipelines.measures.robustness_value import Benchmark, benchmark, e_value, robustness_value


def test_the_published_example():
    # Cinelli and Hazlett 2020, table 1: estimate .097, standard error .023, t 4.18, 783 degrees of freedom
    assert robustness_value(4.18445, 783) == pytest.approx(0.139, abs=5e-4)
    assert robustness_value(4.18445, 783, level=0.95) == pytest.approx(0.076, abs=5e-4)


def smallest_t(t_statistic, degrees, strongest):
    """The smallest t an unmeasured cause can leave that explains at most `strongest` of arm and of outcome (their equations 4-5)."""
    with_outcome = np.linspace(0, strongest, 4001)
    moved = t_statistic - np.sqrt(degrees * with_outcome * strongest / (1 - strongest))
    narrowed = np.sqrt((1 - with_outcome) / (1 - strongest) * degrees / (degrees - 1))
    return (moved / narrowed).min()


@pytest.mark.parametrize(("t_statistic", "degrees"), [(4.2, 783), (3.5, 40), (9, 40), (2.9, 6), (4.5, 6), (7, 3.4)])
def test_a_cause_just_so_strong_brings_the_interval_to_0_and_no_weaker_one_does(t_statistic, degrees):
    value = robustness_value(t_statistic, degrees, level=0.95)
    critical = stats.t.ppf(0.975, degrees - 1)
    assert 0 < value < 1
    assert smallest_t(t_statistic, degrees, value) == pytest.approx(critical, abs=1e-3)
    assert smallest_t(t_statistic, degrees, value * 0.98) > critical


@pytest.mark.parametrize(("t_statistic", "degrees", "share"), [(4.2, 783, 1), (2.9, 6, 1), (2.9, 6, 0.5)])
def test_without_a_level_the_cause_takes_the_share_away(t_statistic, degrees, share):
    value = robustness_value(t_statistic, degrees, share=share)
    assert math.sqrt(degrees * value * value / (1 - value)) == pytest.approx(share * t_statistic)


def test_sign_does_not_matter_and_an_interval_that_reaches_0_has_none():
    assert robustness_value(-3, 6) == robustness_value(3, 6)
    assert robustness_value(2, 6, level=0.95) == 0
    assert robustness_value(0, 6) == 0


def test_cluster_degrees_of_freedom_make_the_same_t_look_stronger_to_move():
    """Few districts: the same t means a larger part of the variance, since each district is a larger part of it."""
    assert robustness_value(3, 6) > robustness_value(3, 300)


def test_benchmark_by_hand():
    # the one covariate splits arm and outcome alike; outcome given the arm is told by it entirely
    found = benchmark([0, 1, 1, 2], [0, 0, 1, 1], [[0], [1], [0], [1]], column=0)
    assert found == Benchmark(with_arm=pytest.approx(0), with_outcome=pytest.approx(1))


def test_benchmark_is_the_partial_r2_of_regressions():
    random = np.random.default_rng(1)
    table, arm = random.normal(size=(60, 2)), random.random(60) < 0.5
    outcome = table @ [1, 2] + arm + random.normal(size=60)

    def rest(of, *columns):
        design = np.column_stack([np.ones(60), *columns])
        left = of - design @ np.linalg.lstsq(design, of, rcond=None)[0]
        return left @ left

    found = benchmark(outcome, arm, table, column=1)
    assert found.with_arm == pytest.approx(1 - rest(arm, *table.T) / rest(arm, table[:, 0]))
    assert found.with_outcome == pytest.approx(1 - rest(outcome, arm, *table.T) / rest(outcome, arm, table[:, 0]))


def test_e_value_by_hand():
    ratio = math.exp(0.91 * 0.5)
    assert e_value(0.5) == e_value(-0.5) == pytest.approx(ratio + math.sqrt(ratio * (ratio - 1)))
    assert e_value(-0.5, nearest_limit=-0.1) == pytest.approx(e_value(0.1))
    assert e_value(-0.5, nearest_limit=0.1) == e_value(0) == 1


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: robustness_value(2, 0), "more than 0"),
        (lambda: robustness_value(2, 1, level=0.95), "more than 1"),
        (lambda: robustness_value(2, 9, share=0), "share above 0"),
        (lambda: robustness_value(2, 9, level=95), "between 0 and 1"),
        (lambda: benchmark([1, 2], [0, 1], [[1], [math.nan]], column=0), "missing"),
        (lambda: benchmark([1, 2], [0, 1], [[1], [2]], column=1), "none of number 1"),
    ],
)
def test_what_makes_no_sense_is_refused(ask, message):
    with pytest.raises(ValueError, match=message):
        ask()
