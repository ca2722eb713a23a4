"""The added value score: the published formula, and the conditions outside which there is none."""

import numpy as np
import pytest

from pipelines.measures.added_value import NoAddedValue, added_value, added_value_score

MANY = 40


def group(**changes):
    values = {
        "first_total": [20.0] * MANY, "first_impact": [4.0] * MANY, "first_emotional": [6.0] * MANY,
        "second_total": [15.0, 16.0] * (MANY // 2), "clusters": ["A", "B"] * (MANY // 2),
        "is_parent_form": True, "is_high_risk_group": True, "days_between": [180] * MANY,
    }  # fmt: skip
    values |= changes
    names = ("first_total", "first_impact", "first_emotional", "second_total", "clusters")
    return added_value(*(values[name] for name in names), **{k: v for k, v in values.items() if k not in names})


def test_the_published_formula():
    """Ford et al. 2009: 2.3 + 0.8 x 20 + 0.2 x 4 - 0.3 x 6 - 15 = 2.3; the terms of an untreated child who stays: 2.3 - .2 T1 ..."""
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
