"""Are the drawn figures computed right, do they come out as aimed at, and is it said where they do not?"""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipelines.simulate import Parameters, SimulatedMunicipality, simulate_municipality
from pipelines.simulate.days import day_number
from pipelines.simulate.sdq_items import load_items
from pipelines.simulate.targets import Target, cronbachs_alpha, target_rows, targets

PROFILE = Path(__file__).parents[2] / "pipelines" / "municipalities" / "vordingborg_next_step.toml"
STILL = {
    "district_level_variance_share": 0.0,
    "institution_level_variance_share": 0.0,
    "district_change_variance_share": 0.0,
    "institution_change_variance_share": 0.0,
    "district_trend_sd_points_per_year": 0.0,
}


@pytest.fixture(scope="module")
def drawn() -> SimulatedMunicipality:
    """20,000 children; nothing that moves whole districts or cohorts, so that chance is that of the children alone."""
    still = dataclasses.replace(
        Parameters(),
        sdq=dataclasses.replace(Parameters().sdq, **STILL),
        ladder=dataclasses.replace(
            Parameters().ladder,
            district_logit_sd=0.0,
            district_away_log_sd=0.0,
            education_cohort_shock_logit_sd=0.0,
        ),
    )
    return simulate_municipality(PROFILE, children_count=20_000, seed=6, parameters=still)


def test_every_target_is_drawn_within_its_tolerance(drawn: SimulatedMunicipality) -> None:
    found = targets(drawn)
    assert len({item.name for item in found}) == len(found)
    aimed_at = [item for item in found if item.is_target]
    assert len(aimed_at) >= 17
    assert [item.name for item in aimed_at if not item.is_met] == []


def test_every_target_has_a_unit_a_source_and_a_danish_title(drawn: SimulatedMunicipality) -> None:
    for item in targets(drawn):
        assert item.unit in {"points", "share", "correlation", "alpha"}
        assert item.title
        assert item.source
        assert item.drawn is not None
        assert item.standard_error is not None
        assert 0 < item.children_count <= drawn.children.count
        assert item.is_target or "only shown" in item.source


def test_the_truth_file_has_the_same_figures(drawn: SimulatedMunicipality) -> None:
    rows = json.loads(json.dumps(target_rows(drawn)))
    for row, item in zip(rows, targets(drawn), strict=True):
        assert row["drawn"] == pytest.approx(item.drawn, abs=0.00005)
        assert (row["name"], row["is_met"]) == (item.name, item.is_met)


def test_a_figure_is_met_within_tolerance_and_two_standard_errors() -> None:
    wanted = Target("x", "X", "points", 7.4, 0.2, 7.7, 0.04, 100, "made up")
    assert wanted.is_met is False  # 0.3 > 0.2 + 2 x 0.04
    assert dataclasses.replace(wanted, standard_error=0.05).is_met is True  # 0.3 <= 0.2 + 2 x 0.05
    assert dataclasses.replace(wanted, tolerance=None).is_met is None
    assert dataclasses.replace(wanted, drawn=None).is_met is None


def test_alpha_by_hand() -> None:
    """Three children, two items 0 0, 1 2, 2 1. Variances 1 and 1, of the sums 0 3 3: mean 2, (4 + 1 + 1) / 2 = 3.
    Alpha = 2 / 1 x (1 - (1 + 1) / 3)."""
    answers = np.array([[0, 0], [1, 2], [2, 1]], dtype=np.int8)
    assert cronbachs_alpha(answers) == pytest.approx(2 * (1 - 2 / 3))
    assert cronbachs_alpha(np.zeros((4, 5), dtype=np.int8)) is None
    assert cronbachs_alpha(np.zeros((1, 5), dtype=np.int8)) is None


@given(arrays.arrays(np.int8, st.tuples(st.integers(3, 40), st.integers(2, 6)), elements=st.integers(0, 2)))
def test_alpha_is_that_of_the_mean_covariance(answers: np.ndarray) -> None:
    """Another road: k c / (v + (k - 1) c) with mean variance v and mean covariance c of the items (Cronbach 1951)."""
    covariance = np.cov(answers.astype(float), rowvar=False)
    k = answers.shape[1]
    mean_variance = covariance.diagonal().mean()
    mean_covariance = (covariance.sum() - covariance.diagonal().sum()) / (k * (k - 1))
    alpha = cronbachs_alpha(answers)
    if alpha is None:
        assert answers.sum(axis=1).std() == 0
    else:
        assert alpha == pytest.approx(k * mean_covariance / (mean_variance + (k - 1) * mean_covariance), abs=1e-9)


def test_scores_and_correlations_are_numpys(drawn: SimulatedMunicipality) -> None:
    by_name = {item.name: item for item in targets(drawn)}
    items = load_items(drawn.parameters.sdq)
    parent, teacher = drawn.sdq.parent_totals(items), drawn.sdq.teacher_totals(items)
    assert by_name["parent_total_mean"].drawn == pytest.approx(parent.mean())
    assert by_name["parent_total_sd"].drawn == pytest.approx(parent.std(ddof=1))
    assert by_name["parent_total_mean"].standard_error == pytest.approx(parent.std(ddof=1) / np.sqrt(len(parent)))
    assert by_name["parent_teacher_correlation"].drawn == pytest.approx(np.corrcoef(parent, teacher)[0, 1])
    # resampling children gives the same spread of the SD as the formula by the fourth moment
    rng = np.random.default_rng(1)
    again = [parent[rng.integers(0, len(parent), len(parent))].std(ddof=1) for _ in range(300)]
    assert by_name["parent_total_sd"].standard_error == pytest.approx(np.std(again), rel=0.15)


def test_who_could_have_been_measured_again_by_another_road(drawn: SimulatedMunicipality) -> None:
    """Child by child over the delivered forms: time for the latest second form, 320 days and 20 days' delay, and if it came."""
    children, forms = drawn.children, drawn.sdq.forms
    end, adult_day = day_number(drawn.data_end_date), children.adult_day
    followed = dict(zip(drawn.sdq.child.tolist(), drawn.sdq.is_followed.tolist(), strict=True))
    due = came = 0
    for child, informant, occasion, day in zip(
        forms.child.tolist(), forms.informant.tolist(), forms.occasion.tolist(), forms.day.tolist(), strict=True
    ):
        last = min(children.present_to[child], adult_day[child] - 1, end)
        if informant == 0 and occasion == 0 and day + 340 <= last:
            due += 1
            came += followed[child]
    item = next(item for item in targets(drawn) if item.name == "followed_up_share")
    assert (item.children_count, item.drawn) == (due, pytest.approx(came / due))


def test_very_few_children_give_figures_or_none_but_no_error() -> None:
    few = simulate_municipality(PROFILE, children_count=60, seed=3)
    rows = target_rows(few)
    assert [row["name"] for row in rows] == [item.name for item in targets(few)]
    assert json.dumps(rows, allow_nan=False)
