"""Levels come from the design, each gate can fail, and each failed gate costs one level."""

import inspect

import pytest

from pipelines.measures.evidence import EvidenceLevel, Gate, GateLimits, level_of_change, level_of_count

SOUND = {"pair_count": 214, "follow_up_share": 0.74, "same_informant_share": 0.95, "district_count": 6}


def test_sound_change_is_level_1_and_against_a_prediction_level_2():
    assert level_of_change(**SOUND).level is EvidenceLevel.BEFORE_AND_AFTER
    assert level_of_change(**SOUND, has_norm_prediction=True).level is EvidenceLevel.AGAINST_EXPECTED


@pytest.mark.parametrize(
    ("gate", "fact"),
    [
        (Gate.FOLLOW_UP_SHARE, {"follow_up_share": 0.69}),
        (Gate.FOLLOW_UP_SHARE, {"follow_up_share": None}),
        (Gate.SAME_INFORMANT_SHARE, {"same_informant_share": 0.89}),
        (Gate.GROUP_SIZE, {"pair_count": 29}),
        (Gate.INTERVAL, {"district_count": 1}),
    ],
)
def test_each_gate_costs_one_level_and_is_named(gate, fact):
    found = level_of_change(**{**SOUND, **fact}, has_norm_prediction=True)
    assert (found.designed_level, found.level, found.failed_gates) == (2, 1, (gate,))


def test_every_gate_is_tried_above():
    cases = test_each_gate_costs_one_level_and_is_named.pytestmark[0].args[1]
    assert {gate for gate, _ in cases} == set(Gate)


def test_exactly_on_the_limit_passes():
    on_limit = {"pair_count": 30, "follow_up_share": 0.70, "same_informant_share": 0.90, "district_count": 2}
    assert level_of_change(**on_limit, has_norm_prediction=True).failed_gates == ()


def test_two_failed_gates_cost_two_levels_but_never_below_0():
    facts = {**SOUND, "follow_up_share": 0.5, "same_informant_share": 0.5}
    assert level_of_change(**facts, has_norm_prediction=True).level is EvidenceLevel.COUNTED
    assert level_of_change(**facts).level is EvidenceLevel.COUNTED


def test_no_pairs_is_a_count():
    assert level_of_change(**{**SOUND, "pair_count": 0}) == level_of_count()


def test_a_municipality_owns_the_limits():
    strict = GateLimits(minimum_follow_up_share=0.8)
    assert level_of_change(**SOUND, limits=strict).failed_gates == (Gate.FOLLOW_UP_SHARE,)


def test_no_result_can_enter():
    assert set(inspect.signature(level_of_change).parameters) == {
        "pair_count",
        "follow_up_share",
        "same_informant_share",
        "district_count",
        "has_norm_prediction",
        "limits",
    }


def test_danish_names_in_order():
    assert [level.danish_name for level in EvidenceLevel] == [
        "optalt, ingen sammenligning",
        "før og efter",
        "målt mod det ventede",
        "justeret sammenligning",
        "indført trinvist",
        "lodtrækning",
    ]
