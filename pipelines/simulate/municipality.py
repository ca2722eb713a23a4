"""A whole made-up municipality from a profile and a seed: what would be delivered, and what the simulator alone knows."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipelines.simulate.borders import Visitors, draw_visitors, visitor_placement_rows, visitor_residence_rows
from pipelines.simulate.caseload import Caseload, caseload_rows, draw_caseload
from pipelines.simulate.clubs import draw_clubs
from pipelines.simulate.cooperation import Cooperation, draw_cooperation
from pipelines.simulate.cooperation.rows import cooperation_rows
from pipelines.simulate.costs import Accounts, Costs, account_rows, cost_rows, draw_costs, sum_accounts
from pipelines.simulate.courses import DeliveredMeasures, delivered_measures
from pipelines.simulate.days import part_generator
from pipelines.simulate.generations import generation_of, joined
from pipelines.simulate.geography import DEFAULT_MUNICIPALITY_CODE, Geography, draw_geography, organisation_rows
from pipelines.simulate.grown_up import draw_grown_up
from pipelines.simulate.ladder import Histories
from pipelines.simulate.measures import draw_social_histories, measure_rows, social_history_start
from pipelines.simulate.notifications import Notifications, draw_notifications, notification_rows
from pipelines.simulate.parameters import Parameters
from pipelines.simulate.payers import Payers, draw_payers
from pipelines.simulate.population import WHOLE_SPACE, Children, NumberBlock, draw_children, residence_rows
from pipelines.simulate.practice import Practice
from pipelines.simulate.profile import DemoProfile, read_demo_profile
from pipelines.simulate.reviews import Reviews, draw_reviews, review_rows
from pipelines.simulate.schooling import Placements, draw_placements, placement_rows
from pipelines.simulate.sdq import SdqDraw, draw_sdq, form_rows
from pipelines.simulate.sdq_scores import ScoreDeliveries, draw_score_deliveries, forms_with_answers, score_rows
from pipelines.simulate.segregation_figures import figure_rows
from pipelines.simulate.source_tables import SourceTables

DEFAULT_DATA_END = date(2026, 9, 30)


@dataclass(frozen=True)
class SimulatedMunicipality:
    """Everything drawn: the simulator's own arrays, from which the truth is counted and the deliveries are made.

    The last `grown_up_count` of the children have grown up since the registers began; those before them are today's.
    """

    profile: DemoProfile
    parameters: Parameters
    seed: int
    data_end_date: date
    first_school_year: int
    children: Children
    grown_up_count: int
    geography: Geography
    placements: Placements
    visitors: Visitors
    social_histories: Histories
    sdq: SdqDraw

    @property
    def todays_count(self) -> int:
        """How many of the children are on today's list."""
        return self.children.count - self.grown_up_count

    @cached_property
    def clubs(self) -> Placements:
        """Places in clubs, beside those in school."""
        return draw_clubs(
            part_generator(self.seed, "clubs"), self.children, self.placements, self.geography, self.parameters.school,
            data_end=self.data_end_date,
        )  # fmt: skip

    @cached_property
    def payers(self) -> Payers:
        """Which municipality pays for whose places."""
        return draw_payers(
            part_generator(self.seed, "payers"), self.children, self.placements, self.visitors, self.geography,
            self.parameters.borders,
        )  # fmt: skip

    @cached_property
    def cooperation(self) -> Cooperation:
        """Meetings, who came, cases, agreements, requests for support, handovers and staff."""
        return draw_cooperation(self)

    @cached_property
    def score_deliveries(self) -> ScoreDeliveries:
        """Which SDQ forms come as answers, which as points that the sender scored."""
        return draw_score_deliveries(
            part_generator(self.seed, "sdq scores"), self.sdq.forms,
            children_counts=(self.todays_count, self.grown_up_count),
            parameters=self.parameters.sdq_scores, sdq=self.parameters.sdq,
        )  # fmt: skip

    @property
    def register_start_date(self) -> date:
        """The first day of the registers on the social track: measures that had ended, and what was done before, are left out."""
        return social_history_start(self.parameters.ladder, self.data_end_date)

    @cached_property
    def measures(self) -> pl.DataFrame:
        """The delivered measures, contract columns."""
        return measure_rows(
            part_generator(self.seed, "measures"), self.social_histories, self.children, self.parameters.ladder,
            data_end=self.data_end_date,
        )  # fmt: skip

    @cached_property
    def delivered_measures(self) -> DeliveredMeasures:
        """The delivered measures as arrays, with the unbroken courses they make up."""
        return delivered_measures(self.measures, self.children.numbers)

    @cached_property
    def reviews(self) -> Reviews:
        """Follow-ups, revisitations and meetings of the Kreative Råd."""
        return draw_reviews(
            part_generator(self.seed, "reviews"), self.delivered_measures, self.children, self.placements,
            self.parameters.reviews, register_start=self.register_start_date, data_end=self.data_end_date,
        )  # fmt: skip

    @cached_property
    def notifications(self) -> Notifications:
        """Notifications on children who live here."""
        return draw_notifications(
            part_generator(self.seed, "notifications"), self.children, self.social_histories,
            self.parameters.notifications, register_start=self.register_start_date, data_end=self.data_end_date,
        )  # fmt: skip

    @cached_property
    def caseload(self) -> Caseload:
        """Open cases and positions of every district, month by month."""
        return draw_caseload(
            part_generator(self.seed, "caseload"), self.children, self.social_histories, self.notifications,
            self.parameters.caseload, register_start=self.register_start_date, data_end=self.data_end_date,
        )  # fmt: skip

    @cached_property
    def costs(self) -> Costs:
        """What every measure cost, quarter by quarter."""
        return draw_costs(
            part_generator(self.seed, "costs"), self.delivered_measures, self.parameters.costs,
            register_start=self.register_start_date, data_end=self.data_end_date,
        )  # fmt: skip

    @cached_property
    def accounts(self) -> Accounts:
        """The same money by account."""
        return sum_accounts(self.costs, self.delivered_measures, self.measures, self.children, self.parameters.costs)

    @cached_property
    def tables(self) -> SourceTables:
        """One frame per source, each made when first asked for."""
        return SourceTables(
            {
                "children": lambda: pl.concat(
                    [residence_rows(self.children, self.profile), visitor_residence_rows(self.visitors)]
                ),
                "institutions": lambda: self.geography.institutions,
                "organisation": lambda: organisation_rows(self.profile),
                "school_placements": self._school_placements,
                "segregation_figures": lambda: figure_rows(self),
                "measures": lambda: self.measures,
                "sdq_answers": lambda: form_rows(
                    forms_with_answers(self.sdq.forms, self.score_deliveries), self.children, self.geography,
                    self.parameters.sdq,
                ),
                "sdq_scores": lambda: score_rows(
                    self.sdq.forms, self.score_deliveries, self.children, self.geography
                ),
                **cooperation_rows(self),
                "reviews": lambda: review_rows(
                    self.reviews, self.delivered_measures, self.children, self.geography.codes
                ),
                "notifications": lambda: notification_rows(self.notifications, self.children),
                "caseload": lambda: caseload_rows(self.caseload, self.profile),
                "costs": lambda: cost_rows(self.costs, self.delivered_measures, self.children),
                "cost_accounts": lambda: account_rows(
                    self.accounts, [district.code for district in self.profile.districts]
                ),
            }
        )  # fmt: skip

    def _school_placements(self) -> pl.DataFrame:
        """Places of the municipality's children, their places in clubs, and those of children from elsewhere."""
        own = (
            (self.placements, self.payers.of_child),
            (self.clubs, np.full_like(self.payers.of_child, -1)),  # parents pay for the club
        )
        visitors = visitor_placement_rows(
            self.visitors, self.geography, self.payers.codes_of(self.payers.of_visitor),
            first_school_year=self.first_school_year, data_end=self.data_end_date,
        )  # fmt: skip
        return pl.concat(
            [
                *(
                    placement_rows(placed, self.children, self.geography, self.payers.codes_of(payers))
                    for placed, payers in own
                ),
                visitors,
            ]
        )


def simulate_municipality(
    profile: Path | Mapping[str, Any],
    *,
    children_count: int = 5000,
    seed: int = 1,
    data_end_date: date = DEFAULT_DATA_END,
    parameters: Parameters = Parameters(),  # noqa: B008  # frozen
    number_block: NumberBlock = WHOLE_SPACE,
    municipality_code: str = DEFAULT_MUNICIPALITY_CODE,
) -> SimulatedMunicipality:
    """The made-up municipality of a profile (TOML file or its plain values); the same arguments give the same one.

    Every part draws from a generator of its own, so that a new part leaves the others as they were.

    Raises:
        SettingsError: the profile has no demo municipality.
    """
    plan = read_demo_profile(profile)
    first_school_year = _last_school_year(data_end_date) - parameters.school.school_year_count + 1
    geography = draw_geography(
        part_generator(seed, "geography"), plan, parameters.school, municipality_code=municipality_code
    )
    children, grown_up_count = _draw_children(
        seed, plan, parameters, children_count, first_school_year, data_end_date, number_block
    )
    generations = _draw_generations(seed, children, grown_up_count, geography, parameters, data_end_date)
    placements, histories = _joined_ladders(generations)
    visitors = draw_visitors(
        part_generator(seed, "visitors"), children, placements, geography, parameters.borders,
        first_school_year=first_school_year, data_end=data_end_date, block=number_block,
    )  # fmt: skip
    sdq = _draw_sdq(seed, generations, geography, parameters, first_school_year, data_end_date)
    return SimulatedMunicipality(
        profile=plan,
        parameters=parameters,
        seed=seed,
        data_end_date=data_end_date,
        first_school_year=first_school_year,
        children=children,
        grown_up_count=grown_up_count,
        geography=geography,
        placements=placements,
        visitors=visitors,
        social_histories=histories,
        sdq=sdq,
    )


def ladders_under(simulated: SimulatedMunicipality, *, adviser_from_day: int) -> tuple[Placements, Histories]:
    """Placements and social histories of the same children, drawn with the same numbers, had every district had the adviser
    model from that day on (NEVER: none ever). Until then they are what they are."""
    everywhere = np.full_like(simulated.children.district_adviser_from, adviser_from_day)
    children = dataclasses.replace(simulated.children, district_adviser_from=everywhere)
    return _joined_ladders(
        _draw_generations(
            simulated.seed, children, simulated.grown_up_count, simulated.geography, simulated.parameters,
            simulated.data_end_date,
        )
    )  # fmt: skip


@dataclass(frozen=True)
class _Generation:
    """Children drawn with random numbers of their own, and where they were; in its arrays they are numbered from 0.

    `part` ends the names of their generators, `children_before` is how many children there are before them.
    """

    part: str
    children_before: int
    children: Children
    placements: Placements
    histories: Histories


def _draw_children(
    seed: int,
    plan: DemoProfile,
    parameters: Parameters,
    count: int,
    first_school_year: int,
    data_end: date,
    block: NumberBlock,
) -> tuple[Children, int]:
    """`count` of today's children and those who have grown up since the registers began; and how many these are."""
    period_start = min(social_history_start(parameters.ladder, data_end), date(first_school_year, 8, 1))
    today = draw_children(
        part_generator(seed, "population"), count=count, profile=plan, parameters=parameters.population,
        sdq=parameters.sdq, period_start=period_start, data_end=data_end, block=block,
    )  # fmt: skip
    if not parameters.population.keeps_grown_up:
        return today, 0
    grown_up = draw_grown_up(
        part_generator(seed, "grown up"), today, parameters.population, period_start=period_start, data_end=data_end,
        block=block,
    )  # fmt: skip
    return joined(today, grown_up), grown_up.count


def _draw_generations(
    seed: int, children: Children, grown_up_count: int, geography: Geography, parameters: Parameters, data_end: date
) -> list[_Generation]:
    """Today's children, and the grown-up ones where there are any: under the same districts' practice."""
    schooling, social = Practice(), Practice()
    today_count = children.count - grown_up_count
    generations = []
    for part, first, after in (("", 0, today_count), (", grown up", today_count, children.count)):
        if first == after:
            continue
        own = generation_of(children, slice(first, after))
        placements = draw_placements(
            part_generator(seed, f"schooling{part}"), own, geography, parameters, data_end=data_end, practice=schooling
        )
        histories = draw_social_histories(
            part_generator(seed, f"social{part}"), own, parameters.ladder, data_end=data_end, practice=social
        )
        generations.append(_Generation(part, first, own, placements, histories))
    return generations


def _joined_ladders(generations: list[_Generation]) -> tuple[Placements, Histories]:
    """Placements and social histories of all generations, whose children are numbered one after the other."""
    placements, histories = generations[0].placements, generations[0].histories
    for later in generations[1:]:
        placements = joined(placements, later.placements, children_before=later.children_before)
        histories = joined(histories, later.histories, children_before=later.children_before)
    return placements, histories


def _draw_sdq(
    seed: int,
    generations: list[_Generation],
    geography: Geography,
    parameters: Parameters,
    first_school_year: int,
    data_end: date,
) -> SdqDraw:
    """SDQ forms of all generations."""
    drawn = [
        draw_sdq(
            part_generator(seed, f"sdq{generation.part}"), generation.children, generation.placements, geography,
            parameters.sdq, first_day=date(first_school_year, 8, 15), data_end=data_end,
        )
        for generation in generations
    ]  # fmt: skip
    whole = drawn[0]
    for generation, later in zip(generations[1:], drawn[1:], strict=True):
        whole = joined(whole, later, children_before=generation.children_before)
    return whole


def _last_school_year(day: date) -> int:
    return day.year if day.month >= 8 else day.year - 1
