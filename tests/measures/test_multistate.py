from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from pipelines.measures.intervals import NoInterval
from pipelines.measures.jackknife import jackknife_variance
from pipelines.measures.multistate import occupation_intervals, occupation_probabilities, transition_probabilities
from pipelines.measures.risk_sets import CENSORED, count_risk_sets

ENTRY, A, B, C = range(4)
# Five people of the multi-state example that R's survival ships with its results (tests/mstate.R). Some come late, some come back.
#           person  from   to  state  next
EXAMPLE = [
    (1, 0, 4, ENTRY, A),
    (1, 4, 9, A, B),
    (1, 9, 10, B, A),
    (2, 0, 5, ENTRY, B),
    (3, 2, 9, ENTRY, C),
    (4, 0, 2, ENTRY, A),
    (4, 2, 8, A, C),
    (4, 8, 9, C, CENSORED),
    (5, 1, 3, ENTRY, B),
    (5, 3, 11, B, CENSORED),
]


def count(rows, *, states=4, **more):
    child, entry, exit_, state, following = (np.array(column) for column in zip(*rows, strict=True))
    return count_risk_sets(state, entry, exit_, following, state_count=states, children=child, **more)


def plain_transition_matrix(rows, *, states, begin, end):
    """P(begin, end) and its covariance [h, j, i, k], from the sums as they stand in Andersen et al. (1993), (4.4.18).

    cov P[h, j], P[i, k] = sum over u and l of P[h, l](begin, u-) P[i, l](begin, u-) x sum over m, n of
    cov(dA[l, m], dA[l, n]) P[m, j](u, end) P[n, k](u, end), with cov(dA[l, m], dA[l, n]) = (m == n) Y dN[m] - dN[m] dN[n] over Y^3
    for m, n other than l, and the diagonal entry minus the sum of the others.
    """
    times = sorted({row[2] for row in rows if begin < row[2] <= end and row[4] not in (CENSORED, row[3])})
    factors, spreads = [], []
    for time in times:
        factor, spread = np.eye(states), np.zeros((states, states, states))
        for state in range(states):
            y = sum(row[3] == state and row[1] < time <= row[2] for row in rows)
            moved = [
                sum(row[3] == state and row[2] == time and row[4] == other for row in rows) for other in range(states)
            ]
            others = [other for other in range(states) if other != state and y]
            for other in others:
                factor[state, other] += moved[other] / y
                factor[state, state] -= moved[other] / y
                for third in others:
                    spread[state, other, third] = ((other == third) * y - moved[third]) * moved[other] / y**3
            spread[state, state] = -spread[state].sum(axis=0)
            spread[state, :, state] = -spread[state].sum(axis=1)
        factors.append(factor)
        spreads.append(spread)
    covariance = np.zeros((states,) * 4)
    for place, spread in enumerate(spreads):
        before = np.linalg.multi_dot([np.eye(states), np.eye(states), *factors[:place]])
        after = np.linalg.multi_dot([np.eye(states), np.eye(states), *factors[place + 1 :]])
        covariance += np.einsum("hl,il,lmn,mj,nk->hjik", before, before, spread, after, after)
    return np.linalg.multi_dot([np.eye(states), np.eye(states), *factors]), covariance


@st.composite
def histories(draw, states=3, children=7, days=8):
    """Spells of a few children who move, come late, are lost, and come back after a gap."""
    rows = []
    for child in range(draw(st.integers(1, children))):
        cuts = draw(st.lists(st.integers(0, days), min_size=2, max_size=5, unique=True).map(sorted))
        now = draw(st.integers(0, states - 1))
        for begin, end in pairwise(cuts):
            following = draw(st.integers(CENSORED, states - 1))
            rows.append((child, begin, end, now, following))
            if following == CENSORED:
                break
            now = following
    return rows


@st.composite
def full_histories(draw, states=3, days=6):
    """Everybody followed from 0 to the last day: the state of each child on each day, and the spells that say the same."""
    daily = draw(
        st.lists(st.lists(st.integers(0, states - 1), min_size=days, max_size=days), min_size=1, max_size=8).map(
            np.array
        )
    )
    rows = []
    for child, path in enumerate(daily):
        turns = [0, *(day for day in range(1, days) if path[day] != path[day - 1]), days]
        rows += [
            (child, begin, end, path[begin], path[end] if end < days else CENSORED) for begin, end in pairwise(turns)
        ]
    return daily, rows


def test_published_probabilities_of_five_people():
    found = occupation_probabilities(count(EXAMPLE))
    # R: in 32nds, at 0 (where 1, 2 and 4 are seen, all in entry), then at each move
    expected = {
        0: [32, 0, 0, 0],
        2: [24, 8, 0, 0],
        3: [18, 8, 6, 0],
        4: [12, 14, 6, 0],
        5: [6, 14, 12, 0],
        8: [6, 7, 12, 7],
        9: [0, 0, 19, 13],
        10: [0, 9.5, 9.5, 13],
    }
    assert found.times.tolist() == list(expected)
    np.testing.assert_allclose(found.probabilities * 32, list(expected.values()), rtol=0, atol=1e-12)


def test_published_variance_when_one_of_ten_leaves_each_day():
    """R's etm, tests/tests.etm.R: ten people, no loss; var P[0, 0] = .009, .016, .021, .024, .025, ... = p (1 - p) / 10."""
    found = occupation_probabilities(count([(child, 0, child, 0, 1) for child in range(1, 11)], states=2), start=0)
    expected = [0, 0.009, 0.016, 0.021, 0.024, 0.025, 0.024, 0.021, 0.016, 0.009, 0]
    np.testing.assert_allclose(found.covariances[:, 0, 0], expected, rtol=0, atol=1e-12)


def test_three_children_by_hand():
    """One moves at 1, one is lost at 2, one moves at 3 and is seen no more."""
    found = occupation_probabilities(count([(1, 0, 1, 0, 1), (2, 0, 2, 0, CENSORED), (3, 0, 3, 0, 1)], states=2))
    np.testing.assert_allclose(found.probabilities[:, 0], [1, 2 / 3, 0])
    # Greenwood: (2/3)^2 x 1 / (3 x 2)
    np.testing.assert_allclose(found.covariances[1], [[2 / 27, -2 / 27], [-2 / 27, 2 / 27]])
    assert found.standard_errors[1].tolist() == pytest.approx([(2 / 27) ** 0.5] * 2)


def test_the_start_by_hand():
    rows = [(1, 0, 5, 0, 1), (2, 0, 9, 0, CENSORED), (3, 0, 9, 1, CENSORED), (4, 2, 9, 1, CENSORED)]
    counted = count(rows, states=2)
    drawn = occupation_probabilities(counted, times=0)
    np.testing.assert_allclose(drawn.probabilities, [[2 / 3, 1 / 3]])  # 4 comes late
    np.testing.assert_allclose(drawn.covariances[0, 0], [2 / 27, -2 / 27])  # 2/3 x 1/3 / 3
    given_shares = occupation_probabilities(counted, times=5, start=[0.5, 0.5])
    np.testing.assert_allclose(given_shares.probabilities, [[0.5 * 1 / 2, 0.5 + 0.5 * 1 / 2]])
    np.testing.assert_allclose(given_shares.covariances[0, 0, 0], 0.5**2 * (1 / 2 * 1 / 2) / 2)
    assert occupation_probabilities(counted, times=0, start=1).probabilities.tolist() == [[0, 1]]


def test_after_the_last_child_is_seen_only_those_out_for_good_are_known():
    some_left = count([(1, 0, 4, 0, 1), (2, 0, 6, 0, CENSORED)], states=2)
    assert occupation_probabilities(some_left, times=6).probabilities.tolist() == [[0.5, 0.5]]
    assert np.isnan(occupation_probabilities(some_left, times=7).probabilities).all()
    nobody_left = count([(1, 0, 4, 0, 1), (2, 0, 6, 0, 1)], states=2)
    assert occupation_probabilities(nobody_left, times=700).probabilities.tolist() == [[0, 1]]
    matrix = transition_probabilities(some_left, to_time=7)
    assert np.isnan(matrix.probabilities).tolist() == [[True, True], [False, False]]
    assert np.isnan(matrix.standard_errors).tolist() == [[True, True], [False, False]]
    unknown = occupation_intervals(some_left, times=[7])[0]
    assert [estimate.reason for estimate in unknown.by_district] == [NoInterval.NO_DATA] * 2


@settings(max_examples=50, deadline=None)
@given(histories(), st.integers(0, 4), st.integers(0, 5))
def test_matrix_and_covariance_agree_with_the_sums_in_the_book(rows, begin, length):
    counted = count(rows, states=3)
    end = min(begin + length, int(counted.followed_until))
    if end < begin:
        return
    expected, covariance = plain_transition_matrix(rows, states=3, begin=begin, end=end)
    found = transition_probabilities(counted, from_time=begin, to_time=end)
    np.testing.assert_allclose(found.probabilities, expected, rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.covariance, covariance, rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.standard_errors**2, np.einsum("hjhj->hj", covariance), rtol=0, atol=1e-10)


@settings(max_examples=50, deadline=None)
@given(full_histories())
def test_with_nobody_lost_it_is_the_share_of_children_and_a_multinomial_draw(drawn):
    daily, rows = drawn
    found = occupation_probabilities(count(rows, states=3), times=np.arange(daily.shape[1]))
    shares = np.array([np.bincount(day, minlength=3) for day in daily.T]) / len(daily)
    np.testing.assert_allclose(found.probabilities, shares, rtol=0, atol=1e-12)
    for covariance, share in zip(found.covariances, shares, strict=True):
        np.testing.assert_allclose(
            covariance, (np.diag(share) - np.outer(share, share)) / len(daily), rtol=0, atol=1e-12
        )


@settings(max_examples=50, deadline=None)
@given(histories(), st.integers(0, 2))
def test_rows_sum_to_1_and_their_covariances_to_0(rows, start):
    counted = count(rows, states=3)
    found = occupation_probabilities(counted, start=start)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    assert (found.probabilities >= -1e-12).all()
    np.testing.assert_allclose(found.covariances.sum(axis=2), 0, atol=1e-12)
    matrix = transition_probabilities(counted, to_time=counted.followed_until)
    np.testing.assert_allclose(matrix.probabilities[start], found.probabilities[-1], atol=1e-12)
    np.testing.assert_allclose(matrix.covariance[start, :, start], found.covariances[-1], atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(histories(), st.permutations(range(3)))
def test_renumbering_the_states_renumbers_the_answer(rows, names):
    names = np.array(names)
    renamed = [(*row[:3], names[row[3]], CENSORED if row[4] == CENSORED else names[row[4]]) for row in rows]
    one = occupation_probabilities(count(rows, states=3), start=[0.2, 0.3, 0.5])
    start = np.zeros(3)
    start[names] = [0.2, 0.3, 0.5]
    other = occupation_probabilities(count(renamed, states=3), start=start)
    np.testing.assert_allclose(other.probabilities[:, names], one.probabilities, atol=1e-12)
    np.testing.assert_allclose(other.covariances[:, names][:, :, names], one.covariances, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(histories(children=9), st.data())
def test_leaving_a_district_out_of_the_counts_is_counting_the_spells_again_without_it(rows, data):
    home = data.draw(st.lists(st.sampled_from("NSW"), min_size=len(rows), max_size=len(rows)).map(np.array))
    counted = count(rows, states=3, clusters=home)
    times = [counted.followed_until]
    found = occupation_intervals(counted, times=times, start=0)[0]
    whole = occupation_probabilities(count(rows, states=3), times=times, start=0)
    assert [estimate.value for estimate in found.by_district] == pytest.approx(
        whole.probabilities[0].tolist(), abs=1e-12
    )
    again = []
    moves = {row[2] for row in rows if row[4] not in (CENSORED, row[3])}
    weighs = [row[1] <= 0 or any(row[1] < time <= row[2] for time in moves) for row in rows]
    for district in np.unique(home[weighs]):
        left = [row for row, lives in zip(rows, home, strict=True) if lives != district]
        again.append(occupation_probabilities(count(left, states=3), start=0).probabilities[-1] if left else [1, 0, 0])
    errors = np.sqrt(jackknife_variance(np.array(again).reshape(len(again), 3)))
    for estimate, error in zip(found.by_district, errors, strict=True):
        if estimate.has_interval:
            assert estimate.standard_error == pytest.approx(error)
            assert estimate.degrees_of_freedom == len(again) - 1
            assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
        else:
            is_at_an_end = min(estimate.value, 1 - estimate.value) < 1e-9
            assert is_at_an_end or len(again) < 2 or error == pytest.approx(0, abs=1e-12)


def test_one_district_has_values_and_no_district_interval():
    found = occupation_intervals(count(EXAMPLE), times=[5])[0]
    assert found.by_district[A].value == pytest.approx(14 / 32)
    assert found.by_district[A].reason is NoInterval.TOO_FEW_CLUSTERS
    assert found.naive[A].has_interval
    assert found.naive[C].reason is NoInterval.TOO_FEW_EVENTS
    assert (found.time, found.by_district[A].n) == (5, 5)


def test_without_the_only_district_that_has_a_start_there_is_no_interval():
    rows = [(1, 0, 4, 0, 1), (2, 0, 6, 0, CENSORED), (3, 2, 6, 0, CENSORED)]
    found = occupation_intervals(count(rows, states=2, clusters=["N", "N", "S"]), times=[5])[0]
    assert found.by_district[0].reason is NoInterval.TOO_FEW_CLUSTERS


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"times": [-1]}, "before the start"),
        ({"times": [np.nan]}, "missing"),
        ({"start": 4}, "outside 0 to 3"),
        ({"start": [0.5, 0.5]}, "4 shares"),
        ({"start": [0.5, 0.5, 0.5, -0.5]}, "sum 1"),
    ],
)
def test_impossible_questions_are_refused(asked, message):
    with pytest.raises(ValueError, match=message):
        occupation_probabilities(count(EXAMPLE), **asked)


def test_nobody_at_the_start_and_times_out_of_order_are_refused():
    with pytest.raises(ValueError, match="nobody is followed at the start"):
        occupation_probabilities(count([(1, 2, 4, 0, 1)]))
    with pytest.raises(ValueError, match="from_time <= to_time"):
        transition_probabilities(count(EXAMPLE), from_time=5, to_time=4)


# A ladder of three rungs and a way out for good: yearly rates from row to column.
RATES = np.array([[-0.9, 0.6, 0.2, 0.1], [0.5, -1.1, 0.4, 0.2], [0.2, 0.4, -0.7, 0.1], [0, 0, 0, 0]])
LEAVES = 3


@cache
def chances(factor, months):
    """The transition matrix over so many months at rates as RATES times the factor."""
    return linalg.expm(RATES * factor * months / 12)


def draw_months(random, *, months, start, rate_factor):
    """The state of each child at each month `(children, months + 1)`, rates as RATES times the child's factor."""
    factors, kind = np.unique(rate_factor, return_inverse=True)
    thresholds = np.array([chances(float(factor), 1).cumsum(axis=1) for factor in factors])
    paths = [start]
    for _ in range(months):
        here = thresholds[kind, paths[-1]]
        paths.append((random.random(start.size)[:, None] > here).sum(axis=1).clip(max=LEAVES))
    return np.array(paths).T


def columns_of(paths, *, begin, end):
    """(state, entry, exit, next, child) of the paths, each child seen from month `begin` to `end` only."""
    child, month = np.nonzero(np.diff(paths, axis=1))
    count_children, months = paths.shape
    turns = np.concatenate([np.column_stack([child, month + 1]), np.column_stack([np.arange(count_children), begin])])
    turns = turns[(turns[:, 1] >= begin[turns[:, 0]]) & (turns[:, 1] < end[turns[:, 0]])]
    turns = turns[np.lexsort((turns[:, 1], turns[:, 0]))]
    child, entry = turns.T
    is_last = np.append(child[1:] != child[:-1], True)
    exit_ = np.where(is_last, end[child], np.append(entry[1:], 0))
    # A move on the very day of the last look is not seen.
    following = np.where(is_last, CENSORED, paths[child, np.minimum(exit_, months - 1)])
    state = paths[child, entry]
    stays = (state != LEAVES) & (exit_ > entry)
    return [column[stays] for column in (state, entry, exit_, following, child)]


def test_constant_rates_are_found_again_though_children_come_late_and_are_lost():
    random = np.random.default_rng(8)
    children = 4000
    paths = draw_months(random, months=36, start=random.integers(0, 3, children), rate_factor=np.ones(children))
    begin = np.where(random.random(children) < 0.3, random.integers(0, 12, children), 0)
    end = np.minimum(begin + random.integers(6, 60, children), 36)
    state, entry, exit_, following, child = columns_of(paths, begin=begin, end=end)
    counted = count_risk_sets(state, entry, exit_, following, state_count=4, children=child)
    for from_time, to_time in ((0, 24), (12, 30)):
        found = transition_probabilities(counted, from_time=from_time, to_time=to_time)
        away = found.probabilities - chances(1.0, to_time - from_time)
        assert (abs(away[:LEAVES]) <= 3.5 * found.standard_errors[:LEAVES]).all()
        assert (found.standard_errors[:LEAVES] < 0.03).all()


def test_the_covariance_is_what_drawing_children_again_shows():
    """400 draws of the same 150 children with replacement: SD of P(0, 18) beside the standard error, and one covariance."""
    random = np.random.default_rng(9)
    children = 150
    paths = draw_months(random, months=18, start=random.integers(0, 3, children), rate_factor=np.ones(children))
    end = np.minimum(random.integers(6, 40, children), 18)
    state, entry, exit_, following, child = columns_of(paths, begin=np.zeros(children, dtype=int), end=end)
    rows_of = [np.flatnonzero(child == number) for number in range(children)]

    def occupation(rows):
        counted = count_risk_sets(state[rows], entry[rows], exit_[rows], following[rows], state_count=4)
        return occupation_probabilities(counted, times=18)

    real = occupation(np.arange(child.size))
    again = [
        occupation(
            np.concatenate([rows_of[number] for number in random.integers(0, children, children)])
        ).probabilities[0]
        for _ in range(400)
    ]
    drawn = np.cov(np.array(again).T)
    assert np.sqrt(np.diag(drawn)) == pytest.approx(real.standard_errors[0], rel=0.15)
    assert drawn[0, LEAVES] == pytest.approx(real.covariances[0, 0, LEAVES], rel=0.5)


def test_the_district_interval_hits_the_truth_though_districts_differ():
    """8 districts of 30-60 children whose rates are a district's own; the truth is the mean over all possible districts."""
    random, repetitions, hits, naive_hits = np.random.default_rng(10), 300, 0, 0
    factors = np.array([0.4, 0.7, 1.0, 1.6])
    truth = np.mean([chances(factor, 23)[2, 2] for factor in factors.tolist()])
    for _ in range(repetitions):
        district = np.repeat(np.arange(8), random.integers(30, 60, 8))
        factor = random.choice(factors, 8)[district]
        paths = draw_months(random, months=24, start=np.full(district.size, 2), rate_factor=factor)
        end = np.minimum(random.integers(12, 60, district.size), 24)
        state, entry, exit_, following, child = columns_of(paths, begin=np.zeros(district.size, dtype=int), end=end)
        counted = count_risk_sets(state, entry, exit_, following, state_count=4, clusters=district[child])
        found = occupation_intervals(counted, times=[23])[0]
        hits += found.by_district[2].low <= truth <= found.by_district[2].high
        naive_hits += found.naive[2].low <= truth <= found.naive[2].high
    # 99.9 % of 300 repetitions at 95 % lie in this band
    assert 0.91 <= hits / repetitions <= 0.99
    assert naive_hits / repetitions < 0.85
