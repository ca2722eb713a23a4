"""Whose measurements would an evaluation compare in a made-up municipality? The same children as from the built warehouse.

Counted from the simulator's arrays by the rules of `evaluation.children.read_children`, so that the answers of a thousand evaluations
can be held against the truth without writing a file; a test holds the two against each other. Beside each child stands what the
model did to it, which the simulator alone knows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Final

import numpy as np

from pipelines.evaluation.children import DAYS_PER_MONTH, StudyChild, StudyChildren
from pipelines.evaluation.plan import SCHOOL_YEAR_BEGINS, AnalysisPlan, plan_from
from pipelines.prove.estimator import TruthPart
from pipelines.simulate.days import Days, Flags, Indices, Numbers, day_number
from pipelines.simulate.measures import RUNG_OF_STEP
from pipelines.simulate.municipality import SimulatedMunicipality
from pipelines.simulate.profile import ADVISER, CASEWORKER
from pipelines.simulate.sdq_groups import whole_years
from pipelines.simulate.sdq_items import INFORMANTS, PARENT, load_items
from pipelines.simulate.sdq_scores import NO_POINTS
from pipelines.simulate.truth import total_scores

TOTAL: Final = "total_points"
_MOST_MONTHS: Final = 9


@dataclass(frozen=True)
class DrawnChildren:
    """Children with a first form, and `effect` `(n,)`: points by which the adviser model changes each one's second total (negative =
    fewer difficulties), whether or not the child met it."""

    children: tuple[StudyChild, ...]
    effect: Numbers

    def effects_of(self, chosen: Callable[[StudyChild], bool]) -> dict[str, list[float]]:
        """Cluster -> effect on each of the chosen children."""
        found: dict[str, list[float]] = {}
        for child, effect in zip(self.children, self.effect.tolist(), strict=True):
            if chosen(child):
                found.setdefault(child.cluster, []).append(effect)
        return found


def plan_of_world(simulated: SimulatedMunicipality) -> AnalysisPlan:
    """The plan that fits the municipality: first forms from the day its last adviser district began, or all where none is left to be
    compared with, to the last day whose follow-up can have come; children counted by their district."""
    profile = simulated.profile
    starts = [profile.model_from(district.code) for district in profile.districts if district.model == ADVISER]
    has_comparison = len(starts) < len(profile.districts)
    registers_begin = date(simulated.first_school_year, *SCHOOL_YEAR_BEGINS)
    first = max(starts) if starts and has_comparison else registers_begin
    end = np.array([day_number(simulated.data_end_date)])
    last = as_date(int(months_later(end, -_MOST_MONTHS)[0]))
    return _plan_between(first, last, registers_begin if len(set(starts)) > 1 else None)


@cache
def _plan_between(first: date, last: date, panel_from: date | None) -> AnalysisPlan:
    """The plan of all first forms from one day to another. panel_from: where districts began one after the other, the first day of
    the years that are followed.

    It asks for less follow-up, and for fewer children a year, than a municipality should: made-up children are lost as often as real
    ones are feared to be, and those gates would keep every answer back, right or wrong. What is tried is what is said beyond them.
    """
    rollout = {} if panel_from is None else {"rollout": {"first_year_from": panel_from, "fewest_children_per_year": 3}}
    return plan_from(
        {
            **rollout,
            "question": "Har børn færre vanskeligheder, når de mødes af en distriktsrådgiver?",
            "arms": {"treated": ADVISER, "comparison": CASEWORKER},
            "estimand": {"counted_by": "district"},
            "window": {"first_from": first, "first_to": last, "follow_up_months_maximum": _MOST_MONTHS},
            "limits": {"minimum_follow_up_share": 0.4, "minimum_same_informant_share": 0.7},
        }
    )


def drawn_children(simulated: SimulatedMunicipality, plan: AnalysisPlan, *, first_from: date) -> DrawnChildren:
    """The parents' first forms from a day to the end of the plan's window, with the follow-ups within its months."""
    measured = _Measured.of(simulated, plan, first_from=first_from)
    codes = district_codes(simulated)
    children = tuple(measured.child_at(place, codes) for place in range(measured.child.size))
    drawn = simulated.sdq
    of_child = np.searchsorted(drawn.child, measured.child)
    effect = (drawn.parent_total_advised - drawn.parent_total_unadvised)[of_child].astype(np.float64)
    return DrawnChildren(children, effect)


def study_children(simulated: SimulatedMunicipality, drawn: DrawnChildren, plan: AnalysisPlan) -> StudyChildren:
    """The children of the plan's window and those at risk, as `read_children` has them; no grade is wholly measured here."""
    counted_on = min(plan.window.first_to, simulated.data_end_date)
    return StudyChildren(drawn.children, living_on(simulated, counted_on), 0)


def mean_of_districts(effects: dict[str, list[float]]) -> TruthPart:
    """The sum of the districts' mean effects, and how many districts there are."""
    means = [sum(own) / len(own) for own in effects.values()]
    return TruthPart(sum(means), float(len(means)))


def district_codes(simulated: SimulatedMunicipality) -> list[str]:
    """The districts' codes, in the profile's order."""
    return [district.code for district in simulated.profile.districts]


@dataclass(frozen=True)
class _Measured:
    """One entry per child with a first form in the window, in every array; second total NaN and days 0 without a follow-up."""

    child: Indices
    district: Indices
    is_treated: Flags
    day: Days
    is_boy: Flags
    age: Indices
    rung: Indices
    grade: Indices
    first: Indices
    second: Numbers
    days_between: Days
    is_due: Flags
    has_other: Flags
    institution: list[str | None]

    @classmethod
    def of(cls, simulated: SimulatedMunicipality, plan: AnalysisPlan, *, first_from: date) -> "_Measured":
        children, forms, window = simulated.children, simulated.sdq.forms, plan.window
        totals = total_scores(forms, load_items(simulated.parameters.sdq))
        is_first = (forms.occasion == 0) & (forms.informant == PARENT) & (totals != NO_POINTS)
        is_first &= (forms.day >= day_number(first_from)) & (forms.day <= day_number(window.first_to))
        at = np.flatnonzero(is_first)
        child, day = forms.child[at], forms.day[at]
        earliest = months_later(day, window.follow_up_months_minimum)
        latest, end = months_later(day, window.follow_up_months_maximum), day_number(simulated.data_end_date)
        place_of = np.full(children.count, -1)
        place_of[child] = np.arange(at.size)
        later = np.flatnonzero((place_of[forms.child] >= 0) & (totals != NO_POINTS) & (forms.day <= end))
        place = place_of[forms.child[later]]
        is_in_time = (forms.day[later] >= earliest[place]) & (forms.day[later] <= latest[place])
        later, place = later[is_in_time], place[is_in_time]
        of_parent = forms.informant[later] == PARENT
        second, between, has_other = (
            np.full(at.size, np.nan),
            np.zeros(at.size, dtype=np.int64),
            np.zeros(at.size, bool),
        )
        second[place[of_parent]] = totals[later[of_parent]]
        between[place[of_parent]] = forms.day[later[of_parent]] - day[place[of_parent]]
        has_other[place[~of_parent]] = True
        district = children.district_on(child, day)
        codes = [*simulated.geography.codes, None]
        return cls(
            child,
            district,
            children.district_adviser_from[district] <= day,
            day,
            children.is_boy[child],
            whole_years(children.birth_day[child], day),
            _rungs(simulated, child, day),
            simulated.placements.grade[simulated.placements.on(child, day)],
            totals[at],
            second,
            between,
            latest <= end,
            has_other,
            [codes[place] for place in forms.institution[at].tolist()],
        )

    def child_at(self, place: int, codes: list[str]) -> StudyChild:
        """The child as an evaluation reads it."""
        is_followed = not np.isnan(self.second[place])
        grade = int(self.grade[place])
        return StudyChild(
            codes[self.district[place]],
            self.institution[place],
            bool(self.is_treated[place]),
            INFORMANTS[PARENT],
            as_date(int(self.day[place])),
            bool(self.is_boy[place]),
            int(self.age[place]),
            int(self.rung[place]),
            {TOTAL: float(self.first[place])},
            {TOTAL: float(self.second[place])} if is_followed else None,
            float(self.days_between[place]) / DAYS_PER_MONTH if is_followed else None,
            bool(self.is_due[place]),
            bool(self.has_other[place]),
            grade if grade >= 0 else None,
        )


@lru_cache(maxsize=8192)
def as_date(day: int) -> date:
    """The date of a day's number."""
    return np.datetime64(day, "D").item()


def months_later(day: Days, months: int) -> Days:
    """The same day of the month so many months later, the last one where that month is shorter."""
    days = day.astype("datetime64[D]")
    month = days.astype("datetime64[M]")
    into = days - month.astype("datetime64[D]")
    later = month + months
    last = (later + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    found: Days = np.minimum(later.astype("datetime64[D]") + into, last).astype(np.int64)
    return found


def _rungs(simulated: SimulatedMunicipality, child: Indices, day: Days) -> Indices:
    """The rung on the social track on the day; 0 before and after every spell."""
    spells = simulated.social_histories
    place_of = np.full(simulated.children.count, -1)
    place_of[child] = np.arange(child.size)
    place = place_of[spells.child]
    is_on = (place >= 0) & (spells.start <= day[place]) & (day[place] < spells.stop)
    rungs: Indices = np.zeros(child.size, dtype=np.int64)
    rungs[place[is_on]] = RUNG_OF_STEP[spells.step[is_on]]
    return rungs


def living_on(simulated: SimulatedMunicipality, day: date) -> dict[str, int]:
    """District -> children of 0-17 years who live there on the day."""
    children, counted_on = simulated.children, day_number(day)
    everyone, days = np.arange(children.count), np.full(children.count, counted_on)
    is_here = children.is_resident_on(everyone, days)
    is_here &= (children.birth_day <= counted_on) & (children.adult_day > counted_on)
    codes = district_codes(simulated)
    living = np.bincount(children.district_on(everyone, days)[is_here], minlength=len(codes)).tolist()
    return {code: count for code, count in zip(codes, living, strict=True) if count}
