"""Length of stays: by hand, against published and other computations, by properties, and against made-up stays of known length."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats

from pipelines.measures.durations import misleading_averages, product_limit, stay_durations
from pipelines.measures.intervals import NoInterval

# Weeks in remission under 6-MP and whether it ended: Freireich 1963, in Klein and Moeschberger, Survival Analysis (2nd ed. 2003).
WEEKS = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
RELAPSED = [True] * 9 + [False] * 12

whole_months = st.integers(1, 40)
stay = st.tuples(whole_months, st.booleans(), st.integers(0, 20))  # length from entry on, ended, entry


def test_late_entry_by_hand():
    """
    stay   entry  exit  ended
    1      0      2     yes      month 2: 1, 2, 4 stay     -> 1 - 1/3         = 2/3
    2      0      5     yes      month 5: 2, 3, 4 stay     -> 2/3 x (1 - 1/3) = 4/9
    3      3      6     no       month 8: only 4 stays     -> 0
    4      1      8     yes
    """
    curve = product_limit([2, 5, 6, 8], [True, True, False, True], months_at_entry=[0, 0, 3, 1])
    assert curve.months.tolist() == [2, 5, 8]
    assert curve.staying_counts.tolist() == [3, 3, 1]
    assert curve.shares == pytest.approx([2 / 3, 4 / 9, 0])
    assert curve.hazard_variances[:2] == pytest.approx([1 / (3 * 2), 1 / 6 + 1 / (3 * 2)])
    assert (curve.known_from_months, curve.known_until_months) == (0, 8)
    assert curve.shares_at([0, 1.9, 2, 7, 20]) == pytest.approx([1, 1, 2 / 3, 4 / 9, 0])
    assert curve.restricted_mean(6) == pytest.approx(2 * 1 + 3 * 2 / 3 + 1 * 4 / 9)


def test_published_remissions_under_6_mp():
    """Klein and Moeschberger, table 4.1 (share .753, error .0963 at 10; .448 at 23) and mean within 35 weeks 23.287, error 2.827."""
    found = stay_durations(WEEKS, RELAPSED, up_to_months=35, at_month=10)
    curve = product_limit(WEEKS, RELAPSED)
    assert found.still_there.value == pytest.approx(0.753, abs=5e-4)
    assert found.still_there.standard_error == pytest.approx(0.0963, abs=5e-5)
    assert curve.shares[-1] == pytest.approx(0.448, abs=5e-4)
    assert found.restricted_mean.value == pytest.approx(23.287, abs=5e-4)
    assert found.restricted_mean.standard_error == pytest.approx(2.827, abs=5e-4)
    # Median 23, from 13 and without upper limit: survfit(conf.type = "log-log") of R.
    assert (found.median.value, found.median.low, found.median.high) == (23, 13, None)
    assert found.median.reason is NoInterval.NOT_REACHED
    assert (found.upper_quartile.value, found.upper_quartile.low, found.upper_quartile.reason) == (
        None,
        23,
        NoInterval.NOT_REACHED,
    )
    assert (found.stay_count, found.ended_count, found.late_entry_count, found.district_count) == (21, 9, 0, None)


def test_share_and_its_limits_agree_with_scipy():
    lengths, ended = np.array(WEEKS, dtype=float), np.array(RELAPSED)
    other = stats.ecdf(stats.CensoredData(uncensored=lengths[ended], right=lengths[~ended])).sf
    limits = other.confidence_interval(0.95, method="log-log")
    for month in (6, 7, 10, 13, 16, 22, 23):
        found = stay_durations(lengths, ended, up_to_months=10, at_month=month).still_there
        assert found.value == pytest.approx(other.evaluate(month), abs=1e-12)
        assert found.low == pytest.approx(limits.low.evaluate(month), abs=1e-8)
        assert found.high == pytest.approx(limits.high.evaluate(month), abs=1e-8)


def test_late_entry_agrees_with_a_count_stay_by_stay():
    random = np.random.default_rng(2)
    entries = np.where(random.random(80) < 0.4, random.integers(1, 12, 80), 0)
    exits, ended = entries + random.integers(1, 30, 80), random.random(80) < 0.7
    share, variance, expected = 1.0, 0.0, {}
    for month in sorted({int(end) for end, is_end in zip(exits, ended, strict=True) if is_end}):
        there = sum(1 for begin, end in zip(entries, exits, strict=True) if begin < month <= end)
        gone = sum(1 for end, is_end in zip(exits, ended, strict=True) if is_end and end == month)
        share *= 1 - gone / there
        variance += gone / (there * (there - gone)) if there > gone else math.inf
        expected[month] = (share, variance)
    curve = product_limit(exits, ended, months_at_entry=entries)
    assert curve.months.tolist() == list(expected)
    assert curve.shares == pytest.approx([share for share, _ in expected.values()], abs=1e-12)
    assert curve.hazard_variances == pytest.approx([variance for _, variance in expected.values()], rel=1e-12)


def test_where_all_observed_stays_end_and_older_ones_come_later_the_curve_stops():
    """At month 2 the only stay observed ends; the third, met at 2, lasts to 3: the share there is not 0, but unknown."""
    curve = product_limit([1, 2, 3], [True, True, True], months_at_entry=[0, 0, 2])
    assert curve.months.tolist() == [1]
    assert curve.known_until_months == 1
    assert np.isnan(curve.shares_at(2))
    found = stay_durations([1, 2, 3], [True] * 3, months_at_entry=[0, 0, 2], up_to_months=3, at_month=2)
    assert (found.restricted_mean.value, found.restricted_mean.reason) == (None, NoInterval.NOT_REACHED)
    assert (found.still_there.value, found.still_there.reason) == (None, NoInterval.NOT_REACHED)


def test_a_while_in_which_nobody_is_observed_ends_the_curve():
    curve = product_limit([2, 3, 9], [True, False, True], months_at_entry=[0, 0, 5])
    assert (curve.known_until_months, curve.shares.tolist()) == (3, [0.5])


def test_stays_all_met_late_say_from_where_they_are_known():
    curve = product_limit([5, 9], [True, True], months_at_entry=[3, 4])
    assert curve.known_from_months == 3


def test_leaving_out_one_district_by_hand():
    """
    district  lengths (all ended)   mean within 10 months without it
    A         2, 4                  (6 + 8 + 10 + 10) / 4 = 8.5
    B         6, 8                  (2 + 4 + 10 + 10) / 4 = 6.5
    C         10, 12                (2 + 4 + 6 + 8) / 4 = 5
    """
    without = np.array([8.5, 6.5, 5])
    error = math.sqrt(2 / 3 * ((without - without.mean()) ** 2).sum())
    found = stay_durations([2, 4, 6, 8, 10, 12], [True] * 6, districts=list("AABBCC"), up_to_months=10, at_month=5)
    assert found.restricted_mean.value == pytest.approx((2 + 4 + 6 + 8 + 10 + 10) / 6)
    assert found.restricted_mean.standard_error == pytest.approx(error)
    # 40/6 -/+ 4.30 x 2.03 lies beyond both ends, where the limits stop.
    assert (found.restricted_mean.low, found.restricted_mean.high) == (0, 10)
    assert found.restricted_mean.degrees_of_freedom == 2
    # Longer than 5: 4 of 6; without each district 4/4, 2/4, 2/4, and minus their logs 0, log 2, log 2.
    hazards = np.array([0, math.log(2), math.log(2)])
    spread = math.sqrt(2 / 3 * ((hazards - hazards.mean()) ** 2).sum())
    hazard = -math.log(4 / 6)
    assert found.still_there.low == pytest.approx(math.exp(-hazard * math.exp(4.302653 * spread / hazard)), abs=1e-6)
    assert found.still_there.high == pytest.approx(math.exp(-hazard * math.exp(-4.302653 * spread / hazard)), abs=1e-6)
    assert found.district_count == 3


@pytest.mark.parametrize(
    ("lengths", "ended", "districts", "reason"),
    [
        ([1, 2, 3, 4, 5], [True] * 5, "AAAAA", NoInterval.TOO_FEW_CLUSTERS),
        ([1, 2, 3, 4, 5], [True, True, True, True, False], "ABABA", NoInterval.TOO_FEW_EVENTS),
        ([1, 2, 3, 4, 5] * 2, [True] * 10, "AAAAABBBBB", NoInterval.NO_SPREAD),
    ],
)
def test_no_interval_has_its_reason(lengths, ended, districts, reason):
    """Median 3; mean within 3 months (1 + 2 + 3 + 3 + 3) / 5; longer than 2: 3 of 5."""
    found = stay_durations(lengths, ended, districts=list(districts), up_to_months=3, at_month=2)
    for estimate, value in ((found.median, 3), (found.restricted_mean, 12 / 5), (found.still_there, 3 / 5)):
        assert (estimate.low, estimate.high, estimate.reason) == (None, None, reason)
        assert estimate.value == pytest.approx(value)


def test_what_only_one_district_was_followed_to_has_no_district_interval():
    """Without B nothing is known about month 3; about month 1 it is: A has 2 of 4 left, B 3 of 4."""
    found = stay_durations(
        [1, 1, 2, 2, 1, 2, 4, 5],
        [True, True, True, False, True, True, True, True],
        districts=list("AAAABBBB"),
        up_to_months=3,
        at_month=1,
    )
    assert found.restricted_mean.value == pytest.approx(1 + 5 / 8 + 5 / 8 * (1 - 2 / 5))
    assert found.restricted_mean.reason is NoInterval.TOO_FEW_CLUSTERS
    hazards = np.array([-math.log(3 / 4), -math.log(2 / 4)])
    assert found.still_there.value == pytest.approx(5 / 8)
    assert found.still_there.standard_error == pytest.approx(5 / 8 * abs(hazards[0] - hazards[1]) / 2)


def test_what_only_one_district_was_observed_from_has_no_district_interval():
    """Month 2 was seen in A alone, for B's stays were met at 3: without A nothing is known about the first end."""
    found = stay_durations(
        [2, 4, 6, 5, 7, 8],
        [True] * 6,
        months_at_entry=[0, 0, 0, 3, 3, 3],
        districts=list("AAABBB"),
        up_to_months=6,
        at_month=2,
    )
    for estimate in (found.median, found.restricted_mean, found.still_there):
        assert (estimate.low, estimate.reason) == (None, NoInterval.TOO_FEW_CLUSTERS)
    assert found.still_there.value == pytest.approx(2 / 3)


def test_a_median_at_which_all_the_rest_end_at_once_has_its_lower_limit_there():
    """One of 20 ends at 1, the others at 5: the band is above one half until it falls to 0, and nothing bounds it above."""
    median = stay_durations([1] + [5] * 19, [True] * 20, up_to_months=5, at_month=1).median
    assert (median.value, median.low, median.high, median.reason) == (5, 5, None, NoInterval.NOT_REACHED)


def test_before_the_first_end_everybody_is_there_and_no_interval_says_how_surely():
    found = stay_durations([3, 4, 5, 6, 7], [True] * 5, up_to_months=2, at_month=2).still_there
    assert (found.value, found.low, found.reason) == (1, None, NoInterval.TOO_FEW_EVENTS)


def test_unknown_lengths_are_left_out_and_counted_and_nobody_gives_nothing():
    found = stay_durations([2, math.nan, 4], [True, True, True], districts=["A", "B", "C"], up_to_months=4, at_month=2)
    assert (found.stay_count, found.missing_count, found.district_count) == (2, 1, 2)
    assert found.restricted_mean.value == pytest.approx((2 + 4) / 2)
    nothing = stay_durations([math.nan], [True], up_to_months=4, at_month=2)
    assert (nothing.median.value, nothing.median.reason) == (None, NoInterval.NO_DATA)
    assert (nothing.missing_count, nothing.known_until_months) == (1, None)


@pytest.mark.parametrize(
    ("exits", "ended", "entries", "options", "message"),
    [
        ([1, 2], [True], None, {}, "lengths differ"),
        ([1], [True], [1], {}, "1 stays do not end after"),
        ([1], [True], [-1], {}, "before they began"),
        ([math.inf], [False], None, {}, "do not end after"),
        ([1], [True], None, {"at_month": 0}, "above 0"),
        ([1], [True], None, {"districts": ["A", "B"]}, "1 stays, 2 districts"),
        ([1], [True], None, {"districts": [None]}, "label is missing"),
    ],
)
def test_impossible_input_is_refused(exits, ended, entries, options, message):
    with pytest.raises(ValueError, match=message):
        stay_durations(exits, ended, months_at_entry=entries, **{"up_to_months": 2, "at_month": 1, **options})


def test_a_curve_needs_stays_and_their_lengths():
    with pytest.raises(ValueError, match="at least one"):
        product_limit([], [])
    with pytest.raises(ValueError, match="missing"):
        product_limit([math.nan], [True])


@settings(max_examples=50, deadline=None)
@given(st.lists(whole_months, min_size=1, max_size=30))
def test_when_every_stay_was_followed_to_its_end_these_are_the_plain_numbers(lengths):
    found = stay_durations(lengths, [True] * len(lengths), up_to_months=max(lengths), at_month=10)
    assert found.median.value == pytest.approx(np.median(lengths))
    assert found.restricted_mean.value == pytest.approx(np.mean(lengths))
    assert found.still_there.value == pytest.approx(np.mean([length > 10 for length in lengths]))


@settings(max_examples=50, deadline=None)
@given(st.lists(stay, min_size=1, max_size=20), st.randoms(use_true_random=False), st.floats(0.1, 30))
def test_cutting_stays_in_two_or_changing_the_unit_changes_nothing(stays, random, factor):
    exits, ended, entries = (
        np.array(column) for column in zip(*((b + more, e, b) for more, e, b in stays), strict=True)
    )
    whole = product_limit(exits, ended, months_at_entry=entries)
    cuts = [random.uniform(begin + 0.01, end - 0.01) for begin, end in zip(entries, exits, strict=True)]
    cut = product_limit(
        [*cuts, *exits], [*[False] * len(cuts), *ended], months_at_entry=[*entries.astype(float), *cuts]
    )
    scaled = product_limit(exits * factor, ended, months_at_entry=entries * factor)
    assert cut.months.tolist() == whole.months.tolist()
    assert cut.shares.tolist() == whole.shares.tolist()
    assert scaled.shares.tolist() == whole.shares.tolist()
    assert scaled.months == pytest.approx(whole.months * factor)
    assert (np.diff(whole.shares) <= 0).all()
    assert ((whole.shares >= 0) & (whole.shares <= 1)).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(stay, st.sampled_from("ABC")), min_size=1, max_size=25))
def test_intervals_hold_their_value_and_names_of_districts_do_not_matter(pairs):
    stays, districts = zip(*pairs, strict=True)
    more, ended, entries = (np.array(column) for column in zip(*stays, strict=True))

    def measure(labels):
        found = stay_durations(
            entries + more, ended, months_at_entry=entries, districts=labels, up_to_months=12, at_month=6
        )
        return [
            found.lower_quartile,
            found.median,
            found.upper_quartile,
            found.restricted_mean,
            found.still_there,
        ]

    for estimate, renamed in zip(measure(districts), measure([ord(label) for label in districts]), strict=True):
        assert estimate == renamed
        assert estimate.reason is not None or estimate.has_interval
        if estimate.has_interval:
            assert estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9


def test_misleading_averages_by_hand():
    """
    entry  exit  state               counts in
    0      4     ended               begun and ended (4 + 6) / 2
    0      6     ended               begun and ended
    9      20    ended               running at start 20
    0      3     running             so far (3 + 30) / 2
    25     30    running             so far
    0      99    moved away          none
    0      -     ended, unknown      none
    """
    found = misleading_averages(
        [4, 6, 20, 3, 30, 99, math.nan],
        has_ended=[True, True, True, False, False, False, True],
        is_running=[False, False, False, True, True, False, False],
        months_at_entry=[0, 0, 9, 0, 25, 0, 0],
    )
    assert found.begun_and_ended == (4 + 6) / 2
    assert found.running_at_start == 20
    assert found.running_so_far == (3 + 30) / 2
    nobody = misleading_averages([], has_ended=[], is_running=[])
    assert (nobody.begun_and_ended, nobody.running_at_start, nobody.running_so_far) == (None, None, None)


@pytest.mark.parametrize(
    ("running", "message"), [([True], "1 stays have ended and are running"), ([], "lengths differ")]
)
def test_misleading_averages_refuse_what_cannot_be(running, message):
    with pytest.raises(ValueError, match=message):
        misleading_averages([1], has_ended=[True], is_running=running)


def draw_register(random, *, districts, stays_per_month, register_months, mean_months=12.0, shape=None, length=None):
    """Stays begun evenly over many years, of which the register saw those of its months 0 to register_months.

    shape: of the gamma distribution by which districts' mean lengths differ; None for not at all. length: draws other lengths
    than exponential ones. Returns (exits, ended, entries, districts).
    """
    years_back = 20 * mean_months
    parts = []
    for district in range(districts):
        mean = mean_months * (random.gamma(shape, 1 / shape) if shape else 1.0)
        begun = random.uniform(-years_back, register_months, int(stays_per_month * (years_back + register_months)))
        lasting = length(begun.size) if length else random.exponential(mean, begun.size)
        seen = begun + lasting > 0
        begun, lasting = begun[seen], lasting[seen]
        parts.append(
            (
                np.minimum(lasting, register_months - begun),
                begun + lasting <= register_months,
                np.maximum(0, -begun),
                np.full(begun.size, district),
            )
        )
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def test_those_running_on_one_day_last_twice_as_long_and_ours_is_not_fooled():
    """The inspection paradox: stays of 12 months on average (exponential), met on one day and followed to their end."""
    random = np.random.default_rng(6)
    exits, ended, entries, _ = draw_register(random, districts=1, stays_per_month=300, register_months=1e-9)
    followed = entries + random.exponential(12, entries.size)  # what is left of an exponential stay is exponential
    naive = misleading_averages(
        followed,
        has_ended=np.ones(entries.size),
        is_running=~np.ones(entries.size, dtype=bool),
        months_at_entry=entries,
    )
    found = stay_durations(followed, np.ones(entries.size), months_at_entry=entries, up_to_months=90, at_month=12)
    assert not ended.any()
    assert (exits <= entries + 1e-6).all()
    assert naive.running_at_start == pytest.approx(2 * 12, rel=0.03)
    assert found.restricted_mean.value == pytest.approx(12 * (1 - math.exp(-90 / 12)), rel=0.1)
    assert found.median.value == pytest.approx(12 * math.log(2), rel=0.12)


def test_in_a_register_of_two_years_the_three_averages_err_and_ours_does_not():
    """Stays of 6 or 36 months, half of each: mean 21. Running: met in proportion to length, so whole length (36 + 1296)/42 = 31.7,
    half of it so far, 15.9; begun and ended within 24 months: only the short ones, 6."""
    random = np.random.default_rng(12)
    exits, ended, entries, _ = draw_register(
        random,
        districts=1,
        stays_per_month=100,
        register_months=24,
        mean_months=21,
        length=lambda count: random.choice([6.0, 36.0], count),
    )
    naive = misleading_averages(exits, has_ended=ended, is_running=~ended, months_at_entry=entries)
    found = stay_durations(exits, ended, months_at_entry=entries, up_to_months=40, at_month=12)
    assert naive.running_so_far == pytest.approx((6**2 + 36**2) / (6 + 36) / 2, rel=0.03)
    assert naive.begun_and_ended == pytest.approx(6)
    assert naive.running_at_start > 25
    assert found.restricted_mean.value == pytest.approx((6 + 36) / 2, rel=0.03)
    assert found.still_there.value == pytest.approx(0.5, abs=0.03)


def test_district_intervals_hit_the_truth_where_independent_stays_do_not():
    """Eight districts whose mean lengths differ (gamma, shape 10, mean 12); a register of 36 months; truth by integration."""
    shape, repetitions = 10, 250
    means = np.random.default_rng(0).gamma(shape, 12 / shape, 400_000)
    still_there = np.exp(-12 / means).mean()
    within_24 = (means * (1 - np.exp(-24 / means))).mean()
    random = np.random.default_rng(21)
    hits = np.zeros((2, 2))
    for _ in range(repetitions):
        exits, ended, entries, district = draw_register(
            random, districts=8, stays_per_month=1, register_months=36, shape=shape
        )
        for row, labels in enumerate((district.tolist(), None)):
            found = stay_durations(
                exits, ended, months_at_entry=entries, districts=labels, up_to_months=24, at_month=12
            )
            pairs = ((found.restricted_mean, within_24), (found.still_there, still_there))
            hits[row] += [estimate.low <= truth <= estimate.high for estimate, truth in pairs]
    by_district, naive = hits / repetitions
    assert ((by_district >= 0.91) & (by_district <= 0.99)).all()
    assert (naive <= 0.85).all()
