import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.measures.cumulative_incidence import count_ends
from pipelines.measures.incidence_tests import gray_test, log_rank_test, permuted_test
from tests.measures.cmprsk_example import cmprsk_patients


def published_strata(*, chosen):
    times, groups, ends, strata = cmprsk_patients()
    return [
        count_ends(times[here], ends[here], end_count=2, clusters=groups[here])
        for here in (chosen & (strata == stratum) for stratum in (1, 2))
    ]


EVERYBODY = np.ones(100, dtype=bool)
# gg2 of the test file: the groups of the 5th, 10th and 50th patient are taken away
GROUP_KNOWN = ~np.isin(np.arange(1, 101), [5, 10, 50])
FIRST_80 = np.arange(1, 101) <= 80


@pytest.mark.parametrize(
    ("chosen", "groups", "end", "statistic", "p_value"),
    [
        (EVERYBODY, "abc", 1, 3.393977, 0.1832345),
        (EVERYBODY, "abc", 2, 1.989511, 0.3698139),
        (GROUP_KNOWN & FIRST_80, "abc", 1, 4.716769, 0.0945729),
        (GROUP_KNOWN & FIRST_80, "abc", 2, 2.696396, 0.2597078),
        (GROUP_KNOWN, "ac", 1, 3.5151549, 0.06080997),
        (GROUP_KNOWN, "ac", 2, 0.1400145, 0.70826655),
    ],
)
def test_published_gray_tests_of_cmprsk(chosen, groups, end, statistic, p_value):
    """R's cmprsk, tests/test.Rout.save: cuminc(ss, cc, gg, strt) and its subsets; two strata."""
    found = gray_test(published_strata(chosen=chosen), groups={group: group for group in groups}, end=end)
    assert found.statistic == pytest.approx(statistic, abs=5e-7)
    assert found.p_value == pytest.approx(p_value, abs=5e-8)
    assert found.degrees_of_freedom == len(groups) - 1


@pytest.mark.parametrize(("end", "statistic"), [(1, 4.279487159502676), (2, 3.1877545451958276)])
def test_gray_with_ties_is_that_of_comprisk(end, statistic):
    """comprisk 0.8.0, gray_test, which agrees with R: the same patients by whole quarters, without strata."""
    times, groups, ends, _ = cmprsk_patients()
    counted = count_ends(np.ceil(4 * times), ends, end_count=2, clusters=groups)
    found = gray_test([counted], groups={group: group for group in "abc"}, end=end)
    assert found.statistic == pytest.approx(statistic, rel=1e-10)


@pytest.mark.parametrize(("end", "statistic"), [(1, 1.8983403275418813), (2, 0.418257074746052)])
def test_gray_when_the_last_of_a_group_end_together_is_that_of_comprisk(end, statistic):
    """comprisk 0.8.0, gray_test: all of group a have ended by month 3, two of them in that month."""
    counted = count_ends(
        [1, 1, 2, 2, 3, 3, 1, 2, 3, 4, 4, 5, 6],
        [1, 1, 2, 2, 1, 1, 2, 1, 1, 2, 2, 1, 0],
        end_count=2,
        clusters=list("aaaaaabbbbbbb"),
    )
    found = gray_test([counted], groups={"a": "a", "b": "b"}, end=end)
    assert found.statistic == pytest.approx(statistic, rel=1e-10)


def test_published_log_rank_test_of_remission():
    """Freireich et al., Blood 21 (1963) 699-716; chi-square 16.79, expected relapses 19.3 and 10.7 (R's survdiff)."""
    treated = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    is_relapse = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    counted = count_ends(
        [*treated, *placebo], [*is_relapse, *([1] * 21)], end_count=1, clusters=["6-MP"] * 21 + ["placebo"] * 21
    )
    found = log_rank_test([counted], groups={"6-MP": "6-MP", "placebo": "placebo"}, end=1)
    assert found.statistic == pytest.approx(16.79, abs=5e-3)
    assert found.scores == pytest.approx([9 - 19.3, 21 - 10.7], abs=0.05)


def test_log_rank_of_four_children_by_hand():
    """A ends at 1, B at 2, A at 3, B at 4, nobody lost. At risk in A and in B: 2, 2; 1, 2; 1, 1; 0, 1."""
    counted = count_ends([1, 3, 2, 4], [1, 1, 1, 1], end_count=1, clusters=list("AABB"))
    found = log_rank_test([counted], groups={"A": "A", "B": "B"}, end=1)
    expected, variance = 1 / 2 + 1 / 3 + 1 / 2 + 0, 1 / 4 + 2 / 9 + 1 / 4 + 0
    assert found.scores == pytest.approx([2 - expected, expected - 2])
    assert found.covariance[0, 0] == pytest.approx(variance)
    assert found.statistic == pytest.approx((2 - expected) ** 2 / variance)


child = st.tuples(st.integers(1, 9), st.integers(0, 2), st.sampled_from("abc"))


def counted_of(rows):
    months, ends, groups = (np.array(column) for column in zip(*rows, strict=True))
    return count_ends(months, ends, end_count=2, clusters=groups), {group: group for group in groups.tolist()}


@settings(max_examples=60, deadline=None)
@given(st.lists(child, min_size=2, max_size=30), st.sampled_from([gray_test, log_rank_test]), st.randoms())
def test_scores_sum_to_0_and_the_order_of_groups_does_not_matter(rows, test, random):
    counted, groups = counted_of(rows)
    found = test([counted], groups=groups, end=1)
    assert found.scores.sum() == pytest.approx(0, abs=1e-9)
    shuffled = dict(random.sample(list(groups.items()), len(groups)))
    again = test([counted], groups=shuffled, end=1)
    for group, score in zip(found.groups, found.scores, strict=True):
        assert again.scores[again.groups.index(group)] == pytest.approx(score, abs=1e-9)
    if test is log_rank_test:
        np.testing.assert_allclose(found.covariance.sum(axis=1), 0, atol=1e-9)
        assert (found.statistic is None) == (again.statistic is None)
        assert found.statistic is None or again.statistic == pytest.approx(found.statistic)


@settings(max_examples=40, deadline=None)
@given(st.lists(child, min_size=2, max_size=30))
def test_without_competing_ends_grays_scores_are_those_of_the_log_rank_test(rows):
    only_one_end = [(month, min(end, 1), group) for month, end, group in rows]
    counted, groups = counted_of(only_one_end)
    gray, log_rank = (test([counted], groups=groups, end=1) for test in (gray_test, log_rank_test))
    np.testing.assert_allclose(gray.scores, log_rank.scores, atol=1e-9)


def test_the_same_children_in_both_groups_differ_in_nothing():
    rows = [(month, end, "a") for month, end in [(1, 1), (2, 2), (4, 1), (5, 0), (7, 1)]]
    counted, groups = counted_of([*rows, *((month, end, "b") for month, end, _ in rows)])
    for test in (gray_test, log_rank_test):
        found = test([counted], groups=groups, end=1)
        assert found.statistic == pytest.approx(0, abs=1e-12)
        assert found.p_value == pytest.approx(1)


def test_nothing_to_compare_has_no_statistic():
    counted, groups = counted_of([(1, 2, "a"), (2, 0, "b")])
    for test in (gray_test, log_rank_test):
        found = test([counted], groups=groups, end=1)
        assert (found.statistic, found.degrees_of_freedom, found.p_value) == (None, 0, None)
        assert test([counted], groups={"a": "a"}, end=2).statistic is None


def test_a_group_nobody_was_followed_in_costs_no_degree_of_freedom():
    rows = [(1, 1, "a"), (2, 1, "b"), (3, 2, "a"), (3, 1, "b"), (4, 1, "a")]
    two, groups = counted_of(rows)
    three, _ = counted_of([*rows, (0.5, 0, "c")])
    for test in (gray_test, log_rank_test):
        expected = test([two], groups=groups, end=1)
        for order in (["a", "b", "c"], ["c", "a", "b"]):
            found = test([three], groups={label: label for label in order}, end=1)
            assert found.degrees_of_freedom == 1
            assert found.statistic == pytest.approx(expected.statistic)


def test_gray_is_calibrated_when_groups_do_not_differ():
    """600 draws of two groups of 60 with the same return, one of them aging out three times as often, and both lost."""
    random, rejected, statistics = np.random.default_rng(4), 0, []
    for _ in range(600):
        group = np.repeat(["a", "b"], 60)
        # The same subdistribution: 0.4 x (1 - exp(-0.06 t)) return; the others end at their own group's pace.
        returns = random.random(120) < 0.4
        pace = np.where(group == "a", 0.03, 0.09)
        month = np.ceil(random.exponential(1 / np.where(returns, 0.06, pace)))
        lost = random.integers(6, 60, 120)
        ends = np.where(month <= lost, np.where(returns, 1, 2), 0)
        counted = count_ends(np.minimum(month, lost), ends, end_count=2, clusters=group)
        found = gray_test([counted], groups={"a": "a", "b": "b"}, end=1)
        statistics.append(found.statistic)
        rejected += found.p_value < 0.05
    # 99.9 % of 600 tests that reject 5 % lie in this band; the mean of chi-square with 1 df is 1
    assert 0.02 <= rejected / 600 <= 0.08
    assert np.mean(statistics) == pytest.approx(1, abs=0.2)


def test_permuting_districts_counts_what_their_own_p_value_does_not():
    """Six districts whose children all end alike: 60 children seem to settle it, three districts against three cannot."""
    pace = {"A": 1, "B": 2, "C": 3, "D": 8, "E": 9, "F": 10}
    months = np.repeat(list(pace.values()), 10)
    counted = count_ends(months, np.ones(60, dtype=int), end_count=1, clusters=np.repeat(list(pace), 10))
    groups = {district: "adviser" if district in "ABC" else "case worker" for district in pace}
    for test in (gray_test, log_rank_test):
        assert test([counted], groups=groups, end=1).p_value < 1e-6
        permuted = permuted_test([counted], groups=groups, end=1, test=test)
        assert (permuted.p_value, permuted.smallest_p_value, permuted.choice_count) == (2 / 20, 2 / 20, 20)
        assert permuted.statistic == pytest.approx(test([counted], groups=groups, end=1).statistic)


def test_impossible_questions_are_refused():
    counted, groups = counted_of([(1, 1, "a"), (2, 1, "b"), (3, 2, "c")])
    with pytest.raises(ValueError, match="1 to 2, not 3"):
        gray_test([counted], groups=groups, end=3)
    with pytest.raises(ValueError, match="1 of the clusters to group"):
        log_rank_test([counted], groups={**groups, "X": "X"}, end=1)
    with pytest.raises(ValueError, match="needs two groups of districts, not 3"):
        permuted_test([counted], groups=groups, end=1)
    late = count_ends([1, 4, 5], [1, 1, 1], entry_time=[0, 0, 2], end_count=1, clusters=list("aab"))
    with pytest.raises(ValueError, match="under observation late"):
        gray_test([late], groups={"a": "a", "b": "b"}, end=1)
    assert log_rank_test([late], groups={"a": "a", "b": "b"}, end=1).statistic is not None
