"""What a reader of the whole evaluation can work out from all its tables together: no few children, and no few members of staff.

The studies are drawn by lot, with few children in each district, so that much is hidden. What a reader knows is written down here
anew: the sums, and that a district which is held to others has at least five children measured twice.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.committee.evaluation.basis import Study
from pipelines.committee.evaluation.comparison import reach_table
from pipelines.committee.evaluation.detection import baseline_table, rate_table
from pipelines.committee.evaluation.districts import district_table
from pipelines.committee.evaluation.dose import dose_table, held_table
from pipelines.disclosure.table import CellStatus
from pipelines.errors import PlanError
from pipelines.evaluation.children import StudyChild
from pipelines.evaluation.design import FEWEST_CHILDREN_TO_DESCRIBE, NotCompared
from pipelines.evaluation.dose import Dose
from pipelines.evaluation.power import study_power
from pipelines.evaluation.power_words import point_step
from pipelines.evaluation.private_words import check_words
from tests.committee.drawn_cooperation import lines_of
from tests.committee.test_evaluation_report import study
from tests.committee.test_ladder_disclosure import Reader
from tests.evaluation.drawn_study import a_plan, child
from tests.evaluation.test_analysis import FIVE, drawn

ALL = "Sammenlignede i alt"
NOBODY = "999999-9999"
SEEDS = range(12)
COUNTS = ("at_risk", "measured", "followed", "lost", "waiting")


def small_study(seed: int) -> Study:
    """Three against two districts and one place that may be unlike them: 1 to 16 children measured in each, most of them twice."""
    lot = Random(seed)
    found: list[StudyChild] = []
    for code in (*FIVE, "S9"):
        for place in range(lot.choice((1, 3, 6, 7, 8, 9, 11, 13, 16))):
            course = lot.choices(("twice", "lost", "waiting"), (12, 2, 1))[0]
            second = None if course == "lost" else 6.0 + lot.random()
            found.append(
                child(
                    code, 10 + place % 9, second, institution=f"{code}-{place % 2}", is_boy=bool(place % 2),
                    age_years=16 if code == "S9" and seed % 2 else 7 + place % 3, is_due=course != "waiting",
                )
            )  # fmt: skip
    return study(found, {code: lot.choice((17, 40, 300)) for code in (*FIVE, "S9")})


@cache
def read_districts(seed: int) -> Reader:
    """A reader of the table of districts, who knows the sums, the rests, and that what is held to others is no small group."""
    one, reader = small_study(seed), Reader()
    names = {one.names.get(each.code, each.code): each for each in one.design.clusters}
    rows = [row for row in _rows(one) if row["measured"]]
    table = district_table(one)
    for row, cells in zip(rows, table.rows, strict=True):
        key = (row["model"], row["area"])
        for column in COUNTS:
            if row[column] is not None:
                reader.true[*key, column] = row[column]
                cell = cells[table.column_index(column)]
                reader.learn((*key, column), cell.value)
                if cell.status is CellStatus.HIDDEN:
                    reader.hidden.add((*key, column))
        reader.knows_sum((*key, "measured"), [(*key, column) for column in ("followed", "lost", "waiting")])
        reader.knows_part((*key, "at_risk"), [(*key, "measured")])
        cluster = names.get(str(row["area"]).removesuffix(" (ikke sammenlignet)"))
        if cluster is None or cluster.not_compared not in (NotCompared.TOO_FEW_CHILDREN, NotCompared.CHANGED_MODEL):
            _knows_at_least(reader, (*key, "followed"))
    for arm in (row for row in rows if row["area"] == ALL):
        parts = [row for row in rows if row["model"] == arm["model"] and "(" not in row["area"] and row is not arm]
        for column in COUNTS:
            reader.knows_sum((arm["model"], ALL, column), [(part["model"], part["area"], column) for part in parts])
    return reader


def _rows(one: Study) -> Iterator[dict[str, Any]]:
    """The true counts, row by row as the table has them, counted from the children anew."""
    compared = one.design.compared_codes
    groups = [(each.code, each.is_treated, each.at_risk, {each.code}) for each in one.design.clusters]
    for is_treated in (True, False):
        own = [each for each in one.design.clusters if each.is_compared and each.is_treated is is_treated]
        if own:
            groups.append((ALL, is_treated, sum(each.at_risk or 0 for each in own), {each.code for each in own}))
    for code, is_treated, at_risk, codes in groups:
        own_children = [each for each in one.children.children if each.cluster in codes]
        apart = "" if code == ALL or code in compared else " (ikke sammenlignet)"
        yield {
            "model": one.model(is_treated=is_treated),
            "area": one.names.get(code, code) + apart,
            "at_risk": at_risk,
            "measured": len(own_children),
            "followed": sum(each.is_due and each.second is not None for each in own_children),
            "lost": sum(each.is_due and each.second is None for each in own_children),
            "waiting": sum(not each.is_due for each in own_children),
        }


def _knows_at_least(reader: Reader, key: tuple[str, ...]) -> None:
    """The count is five and some more."""
    more, five = (*key, "above five"), (*key, "five")
    reader.true[five] = reader.known[five] = FEWEST_CHILDREN_TO_DESCRIBE
    reader.true[more] = reader.true[key] - FEWEST_CHILDREN_TO_DESCRIBE
    if key in reader.known:
        reader.known[more] = reader.true[more]
    reader.knows_sum(key, [five, more])


@pytest.mark.parametrize("seed", SEEDS)
def test_no_count_of_few_children_follows_from_the_districts_and_what_is_said_of_them(seed: int) -> None:
    assert read_districts(seed).worked_out() == []


def test_the_drawn_studies_hold_secrets_of_every_kind() -> None:
    """Without them the attack above would fail at nothing."""
    readers = [read_districts(seed) for seed in SEEDS]
    hidden = [key for reader in readers for key in reader.hidden]
    assert {key[2] for key in hidden} == set(COUNTS)
    assert sum(ALL in key for key in hidden) >= 5
    assert any("(ikke sammenlignet)" in key[1] for key in hidden)
    # and not all is hidden
    assert sum(key[2] in COUNTS for reader in readers for key in reader.known) > len(hidden)


def scores_of(found: list[StudyChild], at_risk: dict[str, int]) -> list[str]:
    """As the table has them; what they are makes no difference here."""
    one = study(found, at_risk)
    scores = {code: 10.0 + place for place, code in enumerate(FIVE)}
    one.__dict__["evaluation"] = SimpleNamespace(leading=SimpleNamespace(district_means=scores))
    table = dose_table(one)
    return [line for line in lines_of(table, "score") if line != "not_computable"]


def test_one_districts_score_does_not_follow_from_the_others_and_the_difference() -> None:
    """Each district as one number: the difference and four of five scores would tell the fifth, and with the interval two."""
    found, at_risk = drawn(FIVE, 0, lost=0)
    assert scores_of(found, at_risk) == ["10.0", "11.0", "12.0", "13.0", "14.0"]
    few = [one for place, one in enumerate(found) if one.cluster != "R1" or place % 12 < 9]
    assert scores_of(few, at_risk) == ["hidden"] * 5
    # followed all the same, but 3 of 12 are of no known sex, so 9 are behind the score
    unknown = [
        replace(one, is_boy=None if one.cluster == "R1" and place % 4 == 0 else one.is_boy)
        for place, one in enumerate(found)
    ]
    assert scores_of(unknown, at_risk) == ["hidden"] * 5
    in_one_place = [replace(one, institution="S1-0") if one.cluster == "S1" else one for one in found]
    assert scores_of(in_one_place, at_risk) == ["hidden"] * 5


def test_the_first_scores_of_the_few_who_were_lost_do_not_follow_from_those_of_all_and_of_the_followed() -> None:
    # 1 lost in each of five districts: 5 children; 5 in each: 25
    told = [lines_of(baseline_table(study(*drawn(FIVE, 0, lost=lost))), "measured", "analysed")[0] for lost in (1, 5)]
    assert told[0].split(" | ")[0] == "hidden"
    assert "hidden" not in told[1]


def test_meetings_per_100_children_do_not_tell_how_few_children_there_are() -> None:
    """3 live in R1 on the last day; 6 meetings held would be 200 for each 100 of them."""
    found, at_risk = drawn(FIVE, 0)
    one = study(found, {**at_risk, "R1": 3})
    one.__dict__["evaluation"] = SimpleNamespace(leading=None)
    one.__dict__["dose"] = {(code, code.startswith("R")): Dose(8, 6, 4, frozenset("abc")) for code in FIVE}
    districts, table = district_table(one), dose_table(one)
    # more were measured than live there, so that is no whole to count of, nor is the model's sum, which would tell it
    assert districts.cell("at_risk", area="Distrikt R1").value is None
    assert districts.cell("at_risk", area=ALL, model="distriktsrådgiver").value is None
    for shown in (table, held_table(one, table), rate_table(one, districts)):
        for row in shown.rows:
            assert not any(cell.value in (200, 200.0, 400, 400.0) for cell in row)


def test_what_the_districts_could_show_is_rounded_up_where_it_would_tell_how_many_children_they_have() -> None:
    """Half and twice the spread beside it: three numbers with a decimal, of two unknown sums over the districts."""
    points = ["detectable", "by_half_icc", "by_double_icc"]
    for lost, is_told in ((2, False), (5, True)):
        one = study(*drawn(FIVE, 0, lost=lost))
        exact = study_power(one.children, one.design, one.plan)
        (_, *told, _) = lines_of(reach_table(one), "value")
        up = [getattr(exact, name) for name in points]
        assert told == [str(round(each, 1) if is_told else math.ceil(each)) for each in up]
        assert one.power.detectable == (exact.detectable if is_told else math.ceil(up[0]))
        assert ("rundet op" in reach_table(one).source) is not is_told


def test_a_wider_spread_in_the_plan_gives_no_more_away() -> None:
    """20 points instead of 6 would make the numbers three times as large; they are rounded up to four points instead of one."""
    plan = a_plan(spread={"sd_points": 20.0})
    assert point_step(plan) == 4
    assert point_step(a_plan()) == 1


def test_who_came_to_all_meetings_of_a_model_is_not_told_where_a_district_has_one_or_two_members_of_staff() -> None:
    one = study(*drawn(FIVE, 0))
    one.__dict__["evaluation"] = SimpleNamespace(leading=None)
    for attended, whole in ((6, "hidden"), (3, "3.0")):
        dose = {(code, code.startswith("R")): Dose(8, 6, attended, frozenset((code, "x"))) for code in FIVE}
        one.__dict__["dose"] = dose
        assert lines_of(dose_table(one), "attended") == ["hidden"] * 3 + [whole] + ["hidden"] * 2 + [whole]


@pytest.mark.parametrize(
    ("words", "reason", "named"),
    [
        ({"question": f"Går det bedre for {NOBODY}, hvor rådgiveren er?"}, None, "question"),
        ({"spread": {"source": f"sagen om {NOBODY.replace('-', ' ')}"}}, None, "spread.source"),
        ({"strata": {"R1": NOBODY.replace("-", "")}}, None, "strata"),
        ({}, f"fordi {NOBODY} flyttede", "new-version"),
    ],
)
def test_the_plans_own_words_may_hold_no_cpr_number_and_the_fault_does_not_repeat_it(
    words: dict[str, Any], reason: str | None, named: str
) -> None:
    with pytest.raises(PlanError, match=f"{named} indeholder noget, der ligner et CPR-nummer") as fault:
        check_words(a_plan(**words), reason=reason)
    assert "9999" not in str(fault.value)


def test_a_plan_with_other_numbers_may_be_printed() -> None:
    check_words(a_plan(question="Går det bedre i 2024-2025 end i 2019, journal 12/345678?"), reason="ny grænse på 0,25")
