"""All choices of districts: against a plain loop over them, with strata, and its interval against trying every effect."""

from itertools import combinations, product

import numpy as np
import pytest

from pipelines.measures.cluster_permutation import permute_districts
from pipelines.measures.district_difference import district_effects
from pipelines.measures.intervals import NoInterval
from pipelines.measures.permutation import permute_two_groups


def difference(effects, chosen, strata):
    """The coefficient of the arm in least squares of districts' effects on the arm and a level of each stratum."""
    labels = list(effects)
    names = sorted({strata[label] for label in labels})
    columns = [[strata[label] == name for label in labels] for name in names]
    design = np.array([[label in chosen for label in labels], *columns], dtype=float).T
    return np.linalg.lstsq(design, np.array([effects[label] for label in labels]), rcond=None)[0][0]


def by_hand(effects, treated, strata, effect=0.0):
    """p value of an effect that is the same in every treated district."""
    without = {label: value - effect * (label in treated) for label, value in effects.items()}
    real, ways = abs(difference(without, treated, strata)), []
    for name in sorted(set(strata.values())):
        here = [label for label in effects if strata[label] == name]
        ways.append(list(combinations(here, sum(label in treated for label in here))))
    found = [abs(difference(without, set().union(*chosen), strata)) for chosen in product(*ways)]
    return np.mean([one >= real - 1e-9 for one in found]), len(found)


def draw(seed, labels, *, whole=False):
    random = np.random.default_rng(seed)
    values = random.integers(0, 6, len(labels)) if whole else random.normal(size=len(labels))
    return dict(zip(labels, values.astype(float).tolist(), strict=True))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("strata", "treated"), [("xxxxxxx", "ABC"), ("xxxyyyy", "ADE"), ("xxyyzzz", "ACEF"), ("xxyyyyz", "ABCD")]
)
def test_p_is_that_of_a_plain_loop_over_all_choices_also_with_ties(seed, strata, treated):
    labels = "ABCDEFG"
    effects, stratum_of = draw(seed, labels, whole=seed % 2 == 0), dict(zip(labels, strata, strict=True))
    test = permute_districts(effects, treated, strata=stratum_of).test
    p_value, choices = by_hand(effects, set(treated), stratum_of)
    assert (test.p_value, test.choice_count) == (p_value, choices)
    assert test.statistic == pytest.approx(difference(effects, set(treated), stratum_of))
    assert test.smallest_p_value <= test.p_value


def test_without_strata_it_is_the_general_test_of_mean_differences():
    effects = draw(1, "ABCDEFGH")
    general = permute_two_groups(
        list(effects),
        "ACE",
        lambda chosen: (
            np.mean([effects[label] for label in chosen])
            - np.mean([value for label, value in effects.items() if label not in chosen])
        ),
    )
    found = permute_districts(effects, "ACE").test
    assert (found.p_value, found.choice_count, found.smallest_p_value) == (general.p_value, 56, 1 / 56)


@pytest.mark.parametrize(
    ("treated", "others", "smallest"), [(2, 2, 2 / 6), (3, 2, 1 / 10), (3, 3, 2 / 20), (4, 4, 2 / 70)]
)
def test_smallest_possible_p_of_the_most_extreme_districts(treated, others, smallest):
    effects = {place: float(place < treated) * 100 + place for place in range(treated + others)}
    found = permute_districts(effects, range(treated))
    assert found.test.p_value == found.test.smallest_p_value == pytest.approx(smallest)
    assert found.difference.has_interval is (smallest <= 0.05)
    assert found.difference.n == treated + others


def test_three_against_two_have_a_tenth_as_smallest_p_and_so_no_interval():
    found = permute_districts({"A": 9.0, "B": 8.0, "C": 7.0, "D": 1.0, "E": 2.0}, "ABC")
    assert found.test.p_value == found.test.smallest_p_value == 1 / 10
    assert found.difference.value == pytest.approx(8 - 1.5)
    assert (found.difference.low, found.difference.reason) == (None, NoInterval.TOO_FEW_CLUSTERS)


@pytest.mark.parametrize(("strata", "treated"), [("xxxxxxxx", "ABCD"), ("xxxxyyyy", "ABEF"), ("xxxxxxxx", "AB")])
def test_interval_holds_exactly_the_effects_that_the_test_does_not_reject(strata, treated):
    effects, stratum_of = draw(7, "ABCDEFGH"), dict(zip("ABCDEFGH", strata, strict=True))
    level = 0.90 if strata == "xxxxyyyy" else 0.95  # 36 choices with mirrors: the smallest p is 2 / 36
    found = permute_districts(effects, treated, strata=stratum_of, level=level).difference
    for effect in (found.low + 1e-6, found.high - 1e-6, found.value):
        assert by_hand(effects, set(treated), stratum_of, effect)[0] > 1 - level
    for effect in (found.low - 1e-6, found.high + 1e-6):
        assert by_hand(effects, set(treated), stratum_of, effect)[0] <= 1 - level


def test_a_stratum_with_one_arm_only_compares_nothing():
    effects = draw(2, "ABCDEF")
    whole = permute_districts(effects, "ABE", strata=dict(zip("ABCDEF", "xxxxyz", strict=True)))
    part = permute_districts({label: effects[label] for label in "ABCD"}, "AB")
    assert whole.test == part.test
    assert whole.difference.n == 4


def test_districts_that_are_all_alike_are_certain():
    assert permute_districts(dict.fromkeys("ABCD", 2.0), "AB").test.p_value == 1


def test_exchangeable_districts_are_rejected_no_more_often_than_the_level():
    random, codes = np.random.default_rng(6), np.repeat(np.arange(8), 10)
    rejected = []
    for _ in range(300):
        before = random.normal(size=80)
        outcome = before + random.normal(0, 1, 8)[codes] + random.normal(size=80)
        effects = district_effects(outcome, codes.tolist(), covariates=before).adjusted
        rejected.append(permute_districts(effects, range(4)).test.p_value <= 0.05)
    # p goes up by mirrored pairs, 2/70, 4/70, ..., so only the first is below .05; a true 2/70 is above .07 in 1 of 1,000 runs
    assert 0 < np.mean(rejected) <= 0.07


@pytest.mark.parametrize(
    ("effects", "treated", "strata", "message"),
    [
        ("AB", "C", None, "no effect of 1 of the treated"),
        ("AB", "A", {"A": 1}, "no stratum of 1"),
        ("AB", "AB", None, "no stratum has districts of both"),
        (range(20), range(10), None, "184756 choices"),
    ],
)
def test_what_cannot_be_compared_is_refused(effects, treated, strata, message):
    with pytest.raises(ValueError, match=message):
        permute_districts(dict.fromkeys(effects, 1.0), treated, strata=strata)
