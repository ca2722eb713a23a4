"""The same children twice, those who came and those who left: published tables, by hand, and exact sums."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats

from pipelines.measures.intervals import NoInterval
from pipelines.measures.stable_cohort import Newcomers, cohort_change, paired_change

NAN = math.nan
cells = st.tuples(*[st.integers(0, 60)] * 4)
flags = st.sampled_from([0, 1, NAN])


def test_response_before_and_after_consolidation_as_published():
    """Cavo and others (2012) in Fagerland, Lydersen and Laake (2017), chapter 8, as the R package contingencytables prints it:
    before minus after -0.0621 (-0.1186 to -0.0046); McNemar exact 0.052479, mid-p 0.034690."""
    found = paired_change(both=59, only_before=6, only_after=16, neither=80)
    assert found.difference.value == pytest.approx(10 / 161)
    assert (round(found.difference.low, 4), round(found.difference.high, 4)) == (0.0046, 0.1186)
    assert (round(found.exact_p, 6), round(found.mid_p, 6)) == (0.052479, 0.034690)
    assert found.difference.n == 161


def test_eight_who_moved_by_hand():
    """One went in and seven out of eight: 2 (1 + 8) / 2^8, and 8 / 2^8 less."""
    found = paired_change(both=1, only_before=7, only_after=1, neither=12)
    assert found.exact_p == pytest.approx(2 * (1 + 8) / 2**8)
    assert found.mid_p == pytest.approx((2 * (1 + 8) - 8) / 2**8)
    assert found.difference.value == (1 - 7) / 21


def test_as_many_in_as_out_is_certain():
    found = paired_change(both=5, only_before=3, only_after=3, neither=9)
    assert (found.exact_p, found.difference.value) == (1, 0)
    assert found.mid_p == pytest.approx(2 * stats.binom.cdf(3, 6, 0.5) - stats.binom.pmf(3, 6, 0.5))
    nobody_moved = paired_change(both=5, only_before=0, only_after=0, neither=9)
    assert (nobody_moved.exact_p, nobody_moved.mid_p) == (1, 1)


def test_no_children_have_no_change():
    found = paired_change(0, 0, 0, 0)
    assert (found.difference.value, found.difference.reason, found.exact_p) == (None, NoInterval.NO_DATA, None)
    with pytest.raises(ValueError, match="0 or more"):
        paired_change(1, -1, 0, 0)


def test_four_children_by_hand():
    """Stayers 1, 0 become 1, 1; one not counted leaves, one not counted comes."""
    found = cohort_change([1, 0, 0, NAN, NAN], [1, 1, NAN, 0, NAN])
    assert (found.before, found.after) == (1 / 3, 2 / 3)
    assert (found.stayers.both, found.stayers.only_after, found.stayers.difference.n) == (1, 1, 2)
    assert (found.entries, found.exits) == (Newcomers(1, 0, 0.0), Newcomers(1, 0, 0.0))
    assert found.from_stayers == pytest.approx(2 / 2 - 1 / 2)
    assert found.from_entries == pytest.approx(1 / 3 * (0 - 2 / 2))
    assert found.from_exits == pytest.approx(-1 / 3 * (0 - 1 / 2))


def test_the_same_children_are_all_stayers():
    found = cohort_change([1, 0, 1, 0], [1, 1, 1, 0])
    assert (found.from_stayers, found.from_entries, found.from_exits) == (1 / 4, 0, 0)
    assert (found.entries, found.exits) == (Newcomers(0, 0, None), Newcomers(0, 0, None))


def test_when_nobody_stays_there_is_nothing_to_split():
    found = cohort_change([1, 0, NAN], [NAN, NAN, 1])
    assert (found.before, found.after) == (1 / 2, 1)
    assert (found.from_stayers, found.from_entries, found.from_exits) == (None, None, None)
    assert cohort_change([], []).before is None


@settings(max_examples=40)
@given(st.lists(st.tuples(flags, flags), max_size=60))
def test_stayers_entries_and_exits_make_the_change_and_turn_with_the_years(rows):
    before, after = [row[0] for row in rows], [row[1] for row in rows]
    there, back = cohort_change(before, after), cohort_change(after, before)
    if there.from_stayers is not None:
        parts = (there.from_stayers, there.from_entries, there.from_exits)
        assert sum(parts) == pytest.approx(there.after - there.before, abs=1e-12)
        turned = (back.from_stayers, back.from_exits, back.from_entries)
        assert turned == pytest.approx([-part for part in parts], abs=1e-12)
    kinds = (there.stayers.difference.n, there.entries.child_count, there.exits.child_count)
    assert sum(kinds) == sum(not (math.isnan(a) and math.isnan(b)) for a, b in rows)


@settings(max_examples=40)
@given(cells)
def test_turning_the_years_turns_the_interval_and_it_stays_possible(counts):
    both, only_before, only_after, neither = counts
    there, back = paired_change(*counts), paired_change(both, only_after, only_before, neither)
    if sum(counts):
        assert back.difference.low == pytest.approx(-there.difference.high)
        assert -1 <= there.difference.low <= there.difference.value <= there.difference.high <= 1
        assert there.exact_p == back.exact_p
        assert there.mid_p <= there.exact_p <= 1
        moved = stats.binomtest(only_before, only_before + only_after).pvalue if only_before + only_after else 1
        assert there.exact_p == pytest.approx(moved)


@pytest.mark.parametrize(
    ("before", "after", "words"), [([1], [1, 0], "1 children"), ([2], [1], "must be 1"), ([[1]], [[1]], "must be")]
)
def test_impossible_input_is_refused(before, after, words):
    with pytest.raises(ValueError, match=words):
        cohort_change(before, after)


def test_interval_of_the_stayers_holds_the_true_change():
    """120 children: 7 per cent counted both times, 1 only before, 3 only after; the true change is .03 - .01."""
    parts = np.array([0.07, 0.01, 0.03, 0.89])
    random = np.random.default_rng(8)
    found = [paired_change(*draw).difference for draw in random.multinomial(120, parts, size=300).tolist()]
    assert 0.93 <= np.mean([one.low <= 0.03 - 0.01 <= one.high for one in found]) <= 0.99
