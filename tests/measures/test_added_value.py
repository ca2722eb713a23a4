"""The added value score: the published formula, and the conditions outside which there is none."""

import numpy as np
import pytest

from pipelines.measures.added_value import NoAddedValue, added_value, added_value_score, pairs_in_formula

MANY = 40


def group(**changes):
    values = {
        "first_total": [20.0] * MANY, "first_impact": [4.0] * MANY, "first_emotional": [6.0] * MANY,
        "second_total": [15.0, 16.0] * (MANY // 2), "clusters": ["A", "B"] * (MANY // 2),
        "is_parent_form": True, "is_high_risk_group": True, "days_between": [180] * MANY,
        "is_second_follow_up_form": [True] * MANY, "age_years": [8] * MANY,
    }  # fmt: skip
    values |= changes
    names = ("first_total", "first_impact", "first_emotional", "second_total", "clusters")
    return added_value(*(values[name] for name in names), **{k: v for k, v in values.items() if k not in names})


def test_the_published_formula():
    """2.3 + 0.8 x 20 + 0.2 x 4 - 0.3 x 6 - 15 = 2.3: the coefficients of Ford et al. 2009 with numbers of our own.

    No worked example of theirs is known to us; the coefficients are as in the authors' slides, and the article's erratum
    (195:182) has not been seen.
    """
    assert added_value_score(20, 4, 6, 15) == pytest.approx(2.3)
    assert np.isnan(added_value_score(20, np.nan, 6, 15))


def test_mean_and_effect_size():
    """Half score 2.3, half 1.3: districts A 2.3 and B 1.3, mean 1.8; over 5 points .36."""
    found = group()
    assert found.points.by_cluster.value == pytest.approx(1.8)
    assert found.points.cluster_means == pytest.approx({"A": 2.3, "B": 1.3})
    assert found.effect_size == pytest.approx(0.36)
    assert (found.used_count, found.missing_count, found.reasons) == (MANY, 0, ())


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"is_parent_form": False}, (NoAddedValue.NOT_PARENTS,)),
        ({"is_high_risk_group": False}, (NoAddedValue.NOT_AT_RISK,)),
        ({"days_between": [400] * MANY}, (NoAddedValue.INTERVAL_TOO_SHORT_OR_LONG, NoAddedValue.TOO_FEW_CHILDREN)),
        (
            {"is_second_follow_up_form": [False] * MANY},
            (NoAddedValue.NOT_FOLLOW_UP_FORMS, NoAddedValue.TOO_FEW_CHILDREN),
        ),
        ({"age_years": [4] * 20 + [17] * 20}, (NoAddedValue.OUTSIDE_AGES, NoAddedValue.TOO_FEW_CHILDREN)),
        # each condition holds for 20 of 40, both for none
        (
            {"age_years": [4] * 20 + [8] * 20, "days_between": [180] * 20 + [400] * 20},
            (NoAddedValue.TOO_FEW_CHILDREN,),
        ),
        ({"first_impact": [np.nan] * 11 + [4.0] * (MANY - 11)}, (NoAddedValue.TOO_FEW_CHILDREN,)),
    ],
)
def test_outside_its_conditions_there_is_no_score_but_a_reason(changes, reasons):
    found = group(**changes)
    assert found.points is None
    assert found.effect_size is None
    assert found.reasons == reasons


def test_children_outside_the_window_or_without_a_score_are_left_out_and_counted():
    days = [180] * (MANY - 4) + [30, 90, 300, 180]
    second = [15.0] * (MANY - 1) + [np.nan]
    found = group(days_between=days, second_total=second)
    assert (found.used_count, found.missing_count) == (MANY - 4, 4)
    assert found.points.naive.n == MANY - 4


def test_a_second_form_of_the_standard_kind_and_a_child_of_another_or_unknown_age_are_left_out_and_counted():
    is_follow_up = [True] * (MANY - 2) + [False, True]
    ages = [5, 16, 4, 17, np.nan] + [8] * (MANY - 5)
    found = group(is_second_follow_up_form=is_follow_up, age_years=ages)
    assert (found.used_count, found.missing_count) == (MANY - 1 - 3, 1 + 3)
    wider = group(is_second_follow_up_form=is_follow_up, age_years=ages, ages_years=(4, 17))
    assert wider.used_count == MANY - 1 - 1


def test_which_pairs_the_formula_takes_is_told_pair_by_pair():
    """In order: taken; no impact score; a standard form; 4 years; 246 days; taken at the edges of age and window."""
    found = pairs_in_formula(
        [20, 20, 20, 20, 20, 20], [4, np.nan, 4, 4, 4, 4], [6] * 6, [15] * 6,
        days_between=[120, 180, 180, 180, 246, 245],
        is_second_follow_up_form=[True, True, False, True, True, True],
        age_years=[5, 8, 8, 4, 8, 16],
    )  # fmt: skip
    assert found.tolist() == [True, False, False, False, False, True]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clusters": ["A"]}, "lengths differ"),
        ({"age_years": [8]}, "lengths differ"),
        ({"is_second_follow_up_form": [True]}, "lengths differ"),
        ({"clusters": [None] * MANY, "is_parent_form": False}, "label is missing"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        group(**changes)
