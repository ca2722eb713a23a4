"""The section about the rollout: undecided unless everything holds, every reason told, and nothing of a few children."""

from dataclasses import replace
from typing import Any

import pytest

from pipelines.committee.evaluation.basis import Study
from pipelines.committee.evaluation.rollout import rollout_section, total_table, years_table
from pipelines.disclosure.table import CellStatus
from pipelines.evaluation.design_words import CEILINGS
from pipelines.evaluation.rollout import Rollout, rollout_of
from pipelines.evaluation.rollout_panel import PanelSources
from pipelines.measures.comparison_evidence import Ceiling
from pipelines.publish.section import Section
from tests.committee.drawn_cooperation import faults_of, lines_of
from tests.committee.test_evaluation_report import study
from tests.evaluation.drawn_rollout import FIRST_YEAR, NEVER, YEARS, changes, rollout_plan, sources
from tests.evaluation.test_rollout import _worse_off


class Drawn(Study):
    """A study whose rollout is drawn, not read; its window is the panel's last year."""

    given: PanelSources

    @property
    def rollout(self) -> Rollout:  # type: ignore[override]
        return rollout_of(self.given, self.plan)


def told(given: PanelSources, **plan: Any) -> tuple[Study, Section]:
    chosen = rollout_plan(**plan)
    window = [
        replace(one, cluster=one.cluster)
        for one in given.children
        if chosen.window.first_from <= one.first_date <= chosen.window.first_to
    ]
    codes = sorted({one.cluster for one in window})
    base = study(window, dict.fromkeys(codes, 100), rollout=chosen.rollout.model_dump())
    one = Drawn(base.context, chosen, None, base.children)
    object.__setattr__(one, "given", given)
    section = rollout_section(one)
    assert section is not None
    return one, section


def test_a_clean_rollout_with_a_large_effect_is_told_from_level_four() -> None:
    _, section = told(sources(changes(effect=2.0)))
    assert section.level == 4
    assert section.answer.startswith("Der er færre vanskeligheder efter starten")
    assert faults_of(section) == []
    years = next(table for table in section.tables if table.table_id == "evaluation_rollout")
    # four, three and two years before, the base year, and four years after
    assert [str(row[0].value) for row in years.rows][-5:] == ["året før", "1. år", "2. år", "3. år", "4. år"]
    assert section.figures[0].table_id == years.table_id
    assert lines_of(
        next(table for table in section.tables if table.table_id == "evaluation_rollout_counts"), "value"
    ) == [
        "8",
        "4",
        "4",
        "840",
    ]


def test_where_the_worse_off_came_first_it_is_undecided_and_the_reason_stands_there() -> None:
    _, section = told(sources(changes(effect=2.0), alter=_worse_off))
    assert section.level == 3 - 1, "and the arms of the window are unlike at the first form, too"
    assert section.answer == "Det kan ikke afgøres, for de første distrikter ligner ikke de andre."
    assert section.how_sure.cause == CEILINGS[Ceiling.CHOSEN_BY_NEED]
    assert faults_of(section) == []


@pytest.mark.parametrize("starts", [(4,) * 4, (NEVER,) * 4])
def test_without_steps_it_is_said_in_a_few_lines(starts: tuple[int, ...]) -> None:
    _, section = told(sources(changes(starts=starts), starts=starts))
    assert (section.tables, section.figures) == ((), ())
    assert faults_of(section) == []


def test_a_plan_that_follows_no_rollout_has_no_section() -> None:
    given = sources(changes())
    base = study([one for one in given.children if one.first_date.year == FIRST_YEAR + YEARS - 1], {})
    assert rollout_section(base) is None


def test_a_year_behind_which_few_children_stand_is_hidden_with_what_chance_could_do_and_with_every_sum() -> None:
    _, section = told(sources(changes(effect=2.0), per_cell=6))
    # 2 districts x 6 children in the latest year, each district in one institution: 12 children in 2
    latest = next(each for each in section.tables if each.table_id == "evaluation_rollout").rows[-1]
    assert latest[1].status is CellStatus.SHOWN
    starts = (4, 5, 6, 6, *[NEVER] * 4)
    alone, section = told(sources(changes(effect=2.0, starts=starts), starts=starts, per_cell=6))
    followed = alone.rollout.followed
    assert followed is not None
    # one district alone in the fourth year: 6 children in 1 institution
    assert (followed.points[-1].children, followed.points[-1].institutions) == (6, 1)
    assert [cell.status is CellStatus.SHOWN for cell in years_table(alone, followed).rows[-1][1:4]] == [False] * 3
    # the mean of all years less the shown years would be the hidden one; so would each district as one number
    assert all(row[1].status is not CellStatus.SHOWN for row in total_table(alone, followed).rows)
    usual, _ = told(sources(changes(effect=2.0)))
    assert usual.rollout.followed is not None
    assert all(row[1].status is CellStatus.SHOWN for row in total_table(usual, usual.rollout.followed).rows)
    assert faults_of(section) == []


def test_before_the_start_a_hidden_year_hides_each_district_as_one_number() -> None:
    one, _ = told(sources(changes(effect=2.0)))
    followed = one.rollout.followed
    assert followed is not None
    points = tuple(replace(point, children=9) if point.since == -3 else point for point in followed.points)
    rows = total_table(one, replace(followed, points=points)).rows
    assert [row[1].status is CellStatus.SHOWN for row in rows] == [True, False]
