"""What the districts can show: computed from the children there are, and said in words that hold whatever the numbers."""

from typing import Any

import pytest

from pipelines.evaluation.children import StudyChild
from pipelines.evaluation.design import study_design
from pipelines.evaluation.plan import AnalysisPlan
from pipelines.evaluation.power import Power, study_power
from pipelines.evaluation.power_words import power_lines
from tests.evaluation.drawn_study import a_plan, child, children


def districts(*codes: str, institutions: int = 5, each: int = 8) -> list[StudyChild]:
    return [
        child(code, 14 + 4 * (n % 2), 12, institution=f"{code}-{place}")
        for code in codes
        for place in range(institutions)
        for n in range(each)
    ]


def power_of(drawn: list[StudyChild], **plan: Any) -> tuple[Power, AnalysisPlan]:
    study, chosen = children(*drawn), a_plan(**plan)
    return study_power(study, study_design(study, chosen), chosen), chosen


@pytest.mark.parametrize(
    ("per_arm", "detectable", "smallest"), [(2, 7.4, 2 / 6), (3, 4.2, 2 / 20), (4, 3.3, 2 / 70), (5, 2.8, 2 / 252)]
)
def test_the_known_table_of_smallest_detectable_differences(per_arm: int, detectable: float, smallest: float) -> None:
    """SD 6, parts .03 and .04, correlation .6, five institutions of eight children in each district."""
    codes = [f"{arm}{place}" for arm in "RS" for place in range(per_arm)]
    power, _ = power_of(districts(*codes))
    assert power.detectable == pytest.approx(detectable, abs=0.05)
    assert power.smallest_p_value == smallest
    assert (power.district_counts, power.child_counts) == ((per_arm, per_arm), (40 * per_arm, 40 * per_arm))
    assert (power.institutions_per_district, power.can_settle) == (5, False)
    assert power.by_half_icc is not None
    assert power.by_double_icc is not None
    assert power.by_half_icc < detectable < power.by_double_icc


def test_what_would_settle_it_settles_it() -> None:
    relevant = 3.3
    power, plan = power_of(districts("R1", "R2", "S1", "S2"), limits={"smallest_relevant_points": relevant})
    assert power.districts == 8
    enough, _ = power_of(
        districts(*(f"{arm}{n}" for arm in "RS" for n in range(4))),
        limits={"smallest_relevant_points": relevant + 0.05},
    )
    assert enough.can_settle
    # two against two: districts alone differ by more than children could make up for
    assert (power.children_per_district, power.months) == (None, None)
    lines = "\n".join(power_lines(power, plan, tells_children=True))
    for expected in (
        "Den kan ikke ses",
        "8 som det midterste",
        "er ikke nok",
        "Heller ikke 20 år",
        "33,3 af 100",
        plan.spread.source,
    ):
        assert expected in lines


def test_children_and_months_are_counted_where_they_would_do() -> None:
    """Three against three see 4.2 points with 40 children in a district; 5 points need fewer, and fewer months."""
    power, plan = power_of(
        districts(*(f"{arm}{n}" for arm in "RS" for n in range(3)), each=2), limits={"smallest_relevant_points": 4.5}
    )
    assert power.children_per_district is not None
    assert power.months is not None
    assert 10 < power.children_per_district <= 40
    # 10 children in 12 months; nine months pass before the first can be measured again
    assert power.months_counted == 12
    assert power.months - 9 == pytest.approx(power.children_per_district / 10 * 12, abs=5)
    assert f"{power.children_per_district} målt to gange" in "\n".join(power_lines(power, plan, tells_children=True))


def test_where_it_can_be_seen_nothing_more_is_asked_for() -> None:
    codes = [f"{arm}{place}" for arm in "RS" for place in range(5)]
    power, plan = power_of(districts(*codes), limits={"smallest_relevant_points": 3})
    lines = "\n".join(power_lines(power, plan, tells_children=True))
    assert power.can_settle
    assert "Den kan ses" in lines
    assert "Hvad skal der til" not in lines
    assert "Distrikterne er så få" not in lines


def test_one_arm_alone_shows_nothing_and_few_children_are_not_counted() -> None:
    power, plan = power_of(districts("R1", "R2", each=1))
    assert (power.detectable, power.smallest_p_value, power.months) == (None, None, None)
    lines = power_lines(power, plan, tells_children=False)
    assert "børn målt to gange" not in lines[0]
    assert "vises ikke" in lines[0]
    assert "for få distrikter" in lines[1]


def test_where_no_choice_of_districts_is_rare_enough_a_difference_is_never_told_however_large() -> None:
    """Three districts over two: the most extreme choice is one in ten."""
    power, plan = power_of(districts("R1", "R2", "R3", "S1", "S2"), limits={"smallest_relevant_points": 20})
    assert power.detectable is not None
    assert power.detectable < power.relevant_points
    assert (power.smallest_p_value, power.can_be_told, power.can_settle) == (0.1, False, False)
    lines = power_lines(power, plan, tells_children=True)
    assert any("Rapporten vil alligevel sige, at det ikke kan afgøres" in line for line in lines)
    assert not any("bliver den fundet i 80 af 100" in line for line in lines)


def test_of_a_period_without_children_nothing_is_said_of_what_districts_could_show() -> None:
    power, plan = power_of([])
    lines = power_lines(power, plan, tells_children=True)
    assert lines[1].startswith("Ingen børn er målt to gange i planens periode endnu")
    assert not any("Intet antal" in line or "Heller ikke" in line or "Distrikterne svinger" in line for line in lines)
