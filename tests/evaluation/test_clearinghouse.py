"""The clearinghouse's rules on a comparison: loss by hand, and the effect size by who is taken to share a district."""

import pytest

from pipelines.evaluation.clearinghouse import effect_sizes, loss_of
from pipelines.measures.what_works_rating import correct_for_clusters, correct_for_clusters_in_one_arm
from tests.evaluation.test_analysis import EIGHT, evaluated


def test_loss_is_counted_over_both_models_and_held_against_the_limit_at_that_loss() -> None:
    # 13 of 55 and 35 of 101 lost: 48 of 156 = 30.8 %; 34.7 - 23.6 = 11.0 points; at 31 % the limit is 4.0
    loss = loss_of((55, 101), (42, 66))
    assert loss is not None
    assert loss.lost == (13, 35)
    assert loss.overall_share == pytest.approx(48 / 156)
    assert loss.apart_points == pytest.approx(100 * (35 / 101 - 13 / 55))
    assert (loss.limit_points, loss.is_low) == (4.0, False)


def test_few_lost_alike_is_low_and_nearly_all_lost_never_is() -> None:
    few, most = loss_of((100, 100), (92, 88)), loss_of((100, 100), (30, 30))
    assert few is not None
    assert most is not None
    assert (few.limit_points, few.is_low) == (6.3, True)  # 10 % in all, 4 points apart
    assert (most.limit_points, most.is_low) == (None, False)


def test_loss_is_unknown_where_nobody_was_due_in_an_arm() -> None:
    assert loss_of((0, 10), (0, 8)) is None


def test_the_rating_takes_the_loss_of_its_own_children() -> None:
    design, _ = evaluated(EIGHT, 0, lost=2)
    assert design.loss is not None
    assert (design.loss.due, design.loss.lost) == ((48, 48), (8, 8))
    assert design.loss.is_low


def test_effect_size_is_smaller_the_more_children_share() -> None:
    _, evaluation = evaluated(EIGHT, -3)
    assert evaluation.leading is not None
    difference = evaluation.leading.difference
    sizes = effect_sizes(difference, icc=0.03)
    assert sizes is not None
    assert sizes.by_children == difference.g.value
    assert abs(sizes.by_children) > abs(sizes.both_arms) > abs(sizes.both_arms_usual) > 0
    comparison, treated = difference.child_counts
    both = correct_for_clusters(sizes.by_children, treated=treated, comparison=comparison, clusters=8, icc=0.03)
    alone = correct_for_clusters_in_one_arm(
        sizes.by_children, treated=treated, comparison=comparison, treated_clusters=4, icc=0.03
    )
    assert (sizes.both_arms, sizes.one_arm) == (both.g, alone.g)


def test_two_districts_have_no_corrected_effect_size() -> None:
    _, evaluation = evaluated(("R1", "R2", "S1", "S2"), -3)
    assert evaluation.leading is not None
    alone = type(evaluation.leading.difference)(**{**vars(evaluation.leading.difference), "cluster_counts": (1, 1)})
    assert effect_sizes(alone, icc=0.03) is None
