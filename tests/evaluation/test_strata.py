"""Choices of districts stay within the plan's strata, in the test, in what it can show at least, and in what is asked beforehand."""

from itertools import product

import numpy as np
import pytest

from pipelines.evaluation.analysis import Method, analyse
from pipelines.evaluation.design import study_design
from pipelines.evaluation.power import study_power
from pipelines.evaluation.strata import permute_by_plan
from tests.evaluation.drawn_study import a_plan, children
from tests.evaluation.test_analysis import EIGHT, drawn

EFFECTS = {"R1": 9.0, "R2": 7.0, "S1": 4.0, "S2": 5.0, "S3": 1.0}
TREATED = ["R1", "R2"]
STRATA = {"R1": "by", "S1": "by", "R2": "land", "S2": "land"}


def test_strata_leave_fewer_ways_to_choose() -> None:
    # 2 of 5 districts: 5! / (2! 3!) = 10; one of R1, S1 and one of R2, S2: 2 x 2, each with a mirror; S3 stands alone
    assert permute_by_plan(EFFECTS, TREATED, a_plan()).test.choice_count == 10
    found = permute_by_plan(EFFECTS, TREATED, a_plan(strata=STRATA))
    assert (found.test.choice_count, found.test.smallest_p_value) == (4, 2 / 4)
    assert found.difference.value == pytest.approx(((9 - 4) + (7 - 5)) / 2)
    others = [((9 - 4) * one + (7 - 5) * other) / 2 for one, other in product((1, -1), repeat=2)]
    assert found.test.p_value == np.mean([abs(other) >= 3.5 for other in others])


def test_those_the_plan_does_not_name_are_one_stratum() -> None:
    # "by" has R1 and S1: 2 ways; R2, S2 and S3 are the unnamed: 3 ways
    assert permute_by_plan(EFFECTS, TREATED, a_plan(strata={"R1": "by", "S1": "by"})).test.choice_count == 2 * 3


def test_where_nothing_could_have_been_chosen_otherwise_chance_tells_nothing() -> None:
    found = permute_by_plan(EFFECTS, TREATED, a_plan(strata={"R1": "by", "R2": "by"}))
    assert (found.test.choice_count, found.test.p_value, found.test.smallest_p_value) == (1, 1, 1)
    assert found.difference.value is None


def test_the_report_tells_the_smallest_p_that_the_strata_leave() -> None:
    found, at_risk = drawn(EIGHT, -3)
    study = children(*found, at_risk=at_risk)
    pairs = {code: code[1] for code in EIGHT}  # R1 with S1, R2 with S2, ...
    plan = a_plan(strata=pairs)
    design = study_design(study, plan)
    leading = analyse(study, design, plan).leading
    assert leading is not None
    # one of each pair: 2^4 ways, and each has a mirror; without strata 70
    assert (leading.choice_count, leading.smallest_p_value) == (16, 2 / 16)
    assert study_power(study, design, plan).smallest_p_value == 2 / 16
    assert study_power(study, design, a_plan()).smallest_p_value == 2 / 70
    permuted = next(one for one in leading.methods if one.method is Method.PERMUTATION)
    assert permuted.estimate is not None
