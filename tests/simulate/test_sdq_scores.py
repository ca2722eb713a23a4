"""Forms delivered as points: are they the right ones, do a child's forms come alike, and are the senders' errors as said?"""

import dataclasses
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.simulate import Parameters, SimulatedMunicipality, simulate_municipality
from pipelines.simulate.parameters import ScoreDeliveryParameters
from pipelines.simulate.sdq_items import MISSING, PARENT, SCALES, TEACHER, load_items
from pipelines.simulate.sdq_scores import (
    ERROR_KINDS,
    NO_POINTS,
    impact_points,
    scale_points,
    score_source_truth,
    scoring_error_truth,
    total_points,
)

PROFILE = Path(__file__).parents[2] / "pipelines" / "municipalities" / "vordingborg_next_step.toml"
ITEMS = load_items(Parameters().sdq)
KEY = ("child_id", "answered_date", "informant_code")


def drawn(*, children: int = 3000, **ways: float) -> SimulatedMunicipality:
    chosen = dataclasses.replace(Parameters().sdq_scores, **ways)
    return simulate_municipality(
        PROFILE, children_count=children, seed=6, parameters=dataclasses.replace(Parameters(), sdq_scores=chosen)
    )


@pytest.fixture(scope="module")
def many() -> SimulatedMunicipality:
    """A third of the children by points only, a third both ways, and every sender of those errs in one way or the other."""
    return drawn(
        children=8000,
        points_only_share=1 / 3,
        both_ways_share=1 / 3,
        rounds_to_even_share=0.5,
        forgets_turning_share=0.5,
    )


@given(st.lists(st.sampled_from([0, 1, 2, MISSING]), min_size=25, max_size=25))
def test_scales_equal_a_second_road_with_exact_fractions(answers: list[int]) -> None:
    found = scale_points(np.array([answers], dtype=np.int8), ITEMS)[0]
    to_even = scale_points(np.array([answers], dtype=np.int8), ITEMS, rounds_half_up=False)[0]
    for place, scale in enumerate(SCALES):
        counted = [
            2 - answer if is_reversed else answer
            for answer, name, is_reversed in zip(answers, ITEMS.scales, ITEMS.is_reversed, strict=True)
            if name == scale and answer != MISSING
        ]
        exact = Fraction(5 * sum(counted), len(counted)) if len(counted) >= 3 else None
        assert found[place] == (NO_POINTS if exact is None else int(exact + Fraction(1, 2)))
        assert to_even[place] == (NO_POINTS if exact is None else round(exact))  # Fraction rounds half to even


@pytest.mark.parametrize(
    ("informant", "impact", "expected"),
    [
        # first question, then distress, home, friends, class, leisure: 0 and 1 count 0, 2 counts 1, 3 counts 2
        (PARENT, [2, 3, 2, 1, 0, 3], 2 + 1 + 0 + 0 + 2),
        (PARENT, [0, 3, 3, 3, 3, 3], 0),
        (PARENT, [2, 2, MISSING, MISSING, MISSING, MISSING], 1),
        (PARENT, [2, MISSING, MISSING, MISSING, MISSING, MISSING], NO_POINTS),
        (PARENT, [MISSING, 2, MISSING, MISSING, MISSING, MISSING], 1),
        (TEACHER, [2, 3, 3, 2, 3, 3], 2 + 1 + 2),
        (TEACHER, [2, MISSING, 3, MISSING, MISSING, 3], NO_POINTS),
    ],
)
def test_impact_follows_the_official_rule(informant: int, impact: list[int], expected: int) -> None:
    assert impact_points(np.array([impact], dtype=np.int8), np.array([informant])).tolist() == [expected]


def test_a_total_is_the_four_difficulty_scales_and_missing_when_one_is() -> None:
    scales = np.array([[1, 2, 3, 4, 9], [1, 2, NO_POINTS, 4, 9], [1, 2, 3, 4, NO_POINTS]])
    assert total_points(scales).tolist() == [1 + 2 + 3 + 4, NO_POINTS, 1 + 2 + 3 + 4]


def test_shares_of_children_are_those_asked_for() -> None:
    """8 and 5 per cent of children; with about 1,370 measured children three standard errors are 2.2 and 1.8 points."""
    simulated, wanted = drawn(children=12_000), ScoreDeliveryParameters()
    deliveries, child = simulated.score_deliveries, simulated.sdq.forms.child
    measured = len(np.unique(child))
    assert measured > 1200
    points_only = len(np.unique(child[~deliveries.has_answers])) / measured
    both = len(np.unique(child[deliveries.has_answers & deliveries.has_points])) / measured
    assert points_only == pytest.approx(wanted.points_only_share, abs=0.022)
    assert both == pytest.approx(wanted.both_ways_share, abs=0.018)


def test_all_forms_of_a_child_come_alike_and_every_form_comes(many: SimulatedMunicipality) -> None:
    deliveries, child = many.score_deliveries, many.sdq.forms.child
    assert (deliveries.has_answers | deliveries.has_points).all()
    for flags in (deliveries.has_answers, deliveries.has_points):
        assert set(child[flags]).isdisjoint(child[~flags])
    assert deliveries.is_total_only.any()
    assert not (deliveries.is_total_only & (deliveries.has_answers | (deliveries.totals == NO_POINTS))).any()


def test_the_files_hold_every_form_once_or_both_ways(many: SimulatedMunicipality) -> None:
    answers, points = (many.tables[source].select(KEY) for source in ("sdq_answers", "sdq_scores"))
    both = answers.join(points, on=KEY)
    assert len(answers) + len(points) - len(both) == len(many.sdq.forms.child)
    truth = score_source_truth(many)
    assert sum(row["forms_count"] for row in truth) == len(many.sdq.forms.child)
    assert sum(row["answers_count"] for row in truth) == len(answers)
    assert sum(row["both_ways_count"] for row in truth) == len(both) > 200
    assert sum(row["points_only_count"] for row in truth) == len(points) - len(both) > 200


def test_a_row_of_points_is_right_in_itself_also_when_the_sender_erred(many: SimulatedMunicipality) -> None:
    rows = many.tables["sdq_scores"]
    scales = rows.select(f"{scale}_points" for scale in SCALES[:4])
    complete = rows.filter(~scales.select(pl.any_horizontal(pl.all().is_null())).to_series())
    summed = complete.select(pl.sum_horizontal(f"{scale}_points" for scale in SCALES[:4])).to_series()
    assert summed.to_list() == complete["total_points"].to_list()
    only_total = rows.filter(scales.select(pl.all_horizontal(pl.all().is_null())).to_series())
    assert only_total["total_points"].null_count() == 0 < len(only_total)
    teachers = rows.filter(pl.col("informant_code") == "teacher")["impact_points"]
    assert 0 < int(str(teachers.max())) <= 6
    assert int(str(rows["impact_points"].max())) <= 10


def test_errors_are_made_only_beside_answers_and_always_show(many: SimulatedMunicipality) -> None:
    deliveries = many.score_deliveries
    erred = deliveries.error >= 0
    assert (deliveries.has_answers & deliveries.has_points)[erred].all()
    assert (erred == (deliveries.totals != deliveries.true_totals)).all()
    kinds = {row["kind"] for row in scoring_error_truth(many)}
    assert kinds == set(ERROR_KINDS)
    rounded = deliveries.error == ERROR_KINDS.index("half_rounded_to_even")
    lost = (deliveries.true_totals - deliveries.totals)[rounded]
    assert ((lost >= 1) & (lost <= 4)).all()  # one point at most a scale, and never a point too many
    assert len(scoring_error_truth(many)) == int(erred.sum()) > 50


def test_nobody_errs_when_nobody_may() -> None:
    assert scoring_error_truth(drawn(both_ways_share=0.5, rounds_to_even_share=0.0, forgets_turning_share=0.0)) == []


def test_how_forms_come_changes_nothing_else() -> None:
    plain, other = drawn(children=500), drawn(children=500, points_only_share=0.5, both_ways_share=0.3)
    for name in ("child", "informant", "occasion", "day", "institution", "answers", "impact"):
        assert (getattr(plain.sdq.forms, name) == getattr(other.sdq.forms, name)).all()
    for source in set(plain.tables) - {"sdq_answers", "sdq_scores"}:
        assert plain.tables[source].equals(other.tables[source])
    assert not plain.tables["sdq_scores"].equals(other.tables["sdq_scores"])
