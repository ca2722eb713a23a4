"""Where does each child go to daycare or school, with how much support: the education track as placements.

A placement ends on 31 July and begins again on 1 August with the next grade; a move on the ladder in between splits it.
Daycare has no grades, so there a place lasts until something changes. What a child does after school is drawn beside it
(see clubs).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from pipelines.simulate.days import NEVER, Days, Flags, Indices, Numbers, date_series, day_number, year_numbers
from pipelines.simulate.geography import Geography
from pipelines.simulate.ladder import HIGHEST_STEP, Entries, Hazards, Histories, draw_away_factors, simulate_histories
from pipelines.simulate.open_places import Stays, at_open_institutions
from pipelines.simulate.parameters import Parameters
from pipelines.simulate.population import Children, draw_at_risk
from pipelines.simulate.practice import Practice

DAYCARE_GRADE = -1
ORDINARY_CLASS, SPECIAL_CLASS, MOST_SPECIAL_CLASS = "10", "20", "29"
ORDINARY_GROUP, SPECIAL_GROUP, SUPPORTED_GROUP = "90", "91", "92"
ORDINARY_CLUB, SPECIAL_CLUB_GROUP = "93", "94"
_CLASS_CODES = np.array(
    [
        ORDINARY_CLASS,
        SPECIAL_CLASS,
        MOST_SPECIAL_CLASS,
        ORDINARY_GROUP,
        SPECIAL_GROUP,
        SUPPORTED_GROUP,
        ORDINARY_CLUB,
        SPECIAL_CLUB_GROUP,
    ]
)
_TEN, _TWENTY, _TWENTY_NINE, _NINETY, _NINETY_ONE, _NINETY_TWO, IN_ORDINARY_CLUB, IN_SPECIAL_CLUB_GROUP = range(8)
SUPPORT_LIMIT_HOURS = 9.0
LOWEST_SEGREGATED_RUNG = 3


@dataclass(frozen=True)
class Placements:
    """One entry per placement, sorted by child and day. `institution` is a row of the geography's institutions.

    `grade` is DAYCARE_GRADE in daycare and club; `support_hours` 0 means none; `stop` is the last day, NEVER while it lasts.
    `rung` is the education rung 0-5 by which the placement was drawn.
    """

    child: Indices
    institution: Indices
    grade: Indices
    class_code: Indices
    support_hours: Numbers
    start: Days
    stop: Days
    rung: Indices

    def on(self, children: Indices, days: Days) -> Indices:
        """Position of the placement of `children` on `days`, -1 where there is none; shape as given."""
        key = self.child * NEVER + self.start
        place = np.searchsorted(key, children * NEVER + days, side="right") - 1
        if not len(key):
            return place
        found = place >= 0
        place = np.maximum(place, 0)
        found &= (self.child[place] == children) & (self.stop[place] >= days)
        return np.where(found, place, -1)

    @property
    def class_codes(self) -> list[str]:
        """Class type code of every placement."""
        return [str(code) for code in _CLASS_CODES[self.class_code]]


@dataclass(frozen=True)
class _Habits:
    """What a child would do: one entry per child."""

    attends_daycare: Flags
    daycare_from: Days
    is_private: Flags
    takes_grade_ten: Flags
    keeps_institution: Flags
    stays_after_moving: Flags
    local_pick: Numbers
    """Where in a district: near which daycare, and near which school if there are several."""
    special_class_at_school: Flags
    special_school_outside: Flags
    day_treatment_outside: Flags
    at_risk: Flags


def draw_placements(
    rng: np.random.Generator,
    children: Children,
    geography: Geography,
    parameters: Parameters,
    *,
    data_end: date,
    practice: Practice | None = None,
) -> Placements:
    """All placements from 1 August of the first school year to data end.

    `practice` is the districts' that another generation met; without one they are drawn.
    """
    end, practice = day_number(data_end), practice or Practice()
    last_start_year = data_end.year if data_end.month >= 8 else data_end.year - 1
    years = range(last_start_year - parameters.school.school_year_count + 1, last_start_year + 1)
    habits = _draw_habits(rng, children, parameters, practice)
    periods = _attendance(children, habits, years, end=end)
    histories = _draw_histories(rng, children, habits, parameters, practice, periods, end=end)
    return _placed(rng, children, geography, habits, periods, histories, end=end)


def _draw_habits(rng: np.random.Generator, children: Children, parameters: Parameters, practice: Practice) -> _Habits:
    count, school = children.count, parameters.school
    at_risk = draw_at_risk(
        rng, children, parameters.ladder, practice, share=parameters.ladder.education_at_risk_share,
        cohort_logit_per_year=parameters.ladder.education_cohort_logit_per_year,
        cohort_shock_logit_sd=parameters.ladder.education_cohort_shock_logit_sd,
    )  # fmt: skip
    return _Habits(
        attends_daycare=(rng.random(count) < school.daycare_share) | at_risk,
        daycare_from=children.birth_day + rng.integers(300, 430, size=count),
        is_private=(rng.random(count) < school.private_school_share) & ~at_risk,
        takes_grade_ten=rng.random(count) < school.grade_ten_share,
        keeps_institution=rng.random(count) < school.keeps_institution_share,
        stays_after_moving=(rng.random(count) < parameters.population.stays_in_school_after_moving_share) & ~at_risk,
        local_pick=rng.random(count),
        special_class_at_school=rng.random(count) < school.special_class_at_school_share,
        special_school_outside=rng.random(count) < parameters.borders.special_school_outside_share,
        day_treatment_outside=rng.random(count) < parameters.borders.day_treatment_outside_share,
        at_risk=at_risk,
    )


@dataclass(frozen=True)
class _Periods:
    """One entry per child and school year with attendance, sorted by child and day; `stop` is the last day."""

    child: Indices
    grade: Indices
    start: Days
    stop: Days


def _attendance(children: Children, habits: _Habits, years: range, *, end: int) -> _Periods:
    """Who attends daycare or school in which school year."""
    parts: list[tuple[Indices, Indices, Days, Days]] = []
    birth_year = year_numbers(children.birth_day)
    leaves = np.where(habits.stays_after_moving, NEVER, children.present_to)
    everyone = np.arange(children.count)
    for year in years:
        first, last = day_number(date(year, 8, 1)), day_number(date(year + 1, 7, 31))
        grade = year - birth_year - 6
        in_daycare = (grade < 0) & habits.attends_daycare
        in_school = (grade >= 0) & ((grade <= 9) | ((grade == 10) & habits.takes_grade_ten))
        start = np.maximum(np.where(in_daycare, np.maximum(habits.daycare_from, first), first), children.present_from)
        stop = np.minimum(last, leaves)
        chosen = (in_daycare | in_school) & (start <= stop) & (start <= end)
        parts.append((everyone[chosen], np.maximum(grade, DAYCARE_GRADE)[chosen], start[chosen], stop[chosen]))
    child, grade, start, stop = (np.concatenate([part[place] for part in parts]) for place in range(4))
    order = np.lexsort((start, child))
    return _Periods(child[order], grade[order], start[order], stop[order])


def _draw_histories(
    rng: np.random.Generator,
    children: Children,
    habits: _Habits,
    parameters: Parameters,
    practice: Practice,
    periods: _Periods,
    *,
    end: int,
) -> Histories:
    """Step histories of the children at risk, from their first day in daycare or school, also before the register."""
    first_of_child = np.unique(periods.child, return_index=True)[1]
    last_of_child = np.append(first_of_child[1:], len(periods.child)) - 1
    chosen = habits.at_risk[periods.child[first_of_child]]
    first, last = first_of_child[chosen], last_of_child[chosen]
    who = periods.child[first]
    hazards = Hazards(
        parameters.ladder.education_away_hazards_per_year, parameters.ladder.education_towards_hazards_per_year
    )
    stop = np.minimum(periods.stop[last], end) + 1
    entries = Entries(
        child=who,
        start=np.maximum(habits.daycare_from, children.present_from)[who],
        last_move_day=stop - 1 - parameters.ladder.registration_lag_days,
        stop=stop,
        # Day treatment takes school children: who is in daycare when the register begins never needs step 5.
        highest_step=np.where(periods.grade[first] == DAYCARE_GRADE, HIGHEST_STEP - 1, HIGHEST_STEP),
        adviser_from=children.adviser_from[who],
        away_factor=draw_away_factors(
            rng, children.district_last[who], parameters.ladder, practice, count=len(children.district_level)
        ),
    )
    return simulate_histories(rng, entries, hazards, parameters.ladder)


def _placed(
    rng: np.random.Generator,
    children: Children,
    geography: Geography,
    habits: _Habits,
    periods: _Periods,
    histories: Histories,
    *,
    end: int,
) -> Placements:
    """Periods cut by the step histories, each with institution, class and hours."""
    hours_by_spell = np.where(
        histories.step == 1,
        rng.integers(4, 18, size=len(histories.step)) / 2,
        rng.integers(18, 41, size=len(histories.step)) / 2,
    )
    period, spell = _overlaps(periods, histories)
    # Spell -1, no history, takes what is put at the end of each array.
    rung = np.append(histories.step, 0)[spell]
    start = np.maximum(periods.start[period], np.append(histories.start, -NEVER)[spell])
    # A history ends with the observation, not with the place: only a move cuts a period short.
    after_spell = np.append(histories.stop, NEVER)[spell]
    stop = np.minimum(periods.stop[period], np.where(after_spell <= end, after_spell - 1, NEVER))
    child, grade = periods.child[period], periods.grade[period]
    institution, class_code = _institutions(children, geography, habits, child, grade, rung, start)
    hours = np.where(np.isin(rung, (1, 2)), np.append(hours_by_spell, 0.0)[spell], 0.0)
    stays = Stays(np.arange(len(child)), child, institution, start, np.where(stop > end, NEVER, stop))
    stays = at_open_institutions(stays, geography, habits.local_pick, end=end)
    of = stays.entry
    placed = Placements(
        stays.child, stays.institution, grade[of], class_code[of], hours[of], stays.start, stays.stop, rung[of]
    )
    return joined_without_grade(placed)


def _overlaps(periods: _Periods, histories: Histories) -> tuple[Indices, Indices]:
    """Pairs (period, spell) that share a day, sorted by child and day; spell -1 for children without a history."""
    period = np.arange(len(periods.child))
    followed = np.isin(periods.child, histories.child)
    left = pl.DataFrame({"child": periods.child, "period": period, "from": periods.start, "to": periods.stop}).filter(
        pl.Series(values=followed)
    )
    right = pl.DataFrame(
        {
            "child": histories.child,
            "spell": np.arange(len(histories.child)),
            "start": histories.start,
            "stop": histories.stop,
        }
    )
    joined = left.join(right, on="child").filter((pl.col("from") < pl.col("stop")) & (pl.col("start") <= pl.col("to")))
    alone = period[~followed]
    pairs = np.concatenate([joined["period"].to_numpy(), alone])
    spells = np.concatenate([joined["spell"].to_numpy(), np.full(len(alone), -1)])
    order = np.lexsort((spells, pairs))
    return pairs[order], spells[order]


def _institutions(
    children: Children,
    geography: Geography,
    habits: _Habits,
    child: Indices,
    grade: Indices,
    rung: Indices,
    start: Days,
) -> tuple[Indices, Indices]:
    """Institution row and class code of each placement."""
    district = np.where(
        habits.keeps_institution[child], children.district_first[child], children.district_on(child, start)
    )
    daycare = np.empty(len(child), dtype=np.int64)
    for position, (rows, shares) in enumerate(
        zip(geography.daycares_of_district, geography.daycare_shares, strict=True)
    ):
        here = district == position
        picked = np.searchsorted(np.cumsum(shares), habits.local_pick[child[here]])
        daycare[here] = rows[np.minimum(picked, len(rows) - 1)]
    school = one_of_district(geography.schools_of_district, district, habits.local_pick[child])
    in_daycare = grade == DAYCARE_GRADE
    at_school = habits.special_class_at_school[child]
    rules: list[tuple[Flags, int | Indices, int]] = [
        (in_daycare & (rung == 2), daycare, _NINETY_TWO),
        (in_daycare & (rung <= 1), daycare, _NINETY),
        (in_daycare & (rung == 3), geography.special_group_daycare, _NINETY_ONE),
        (in_daycare & (rung >= 4), geography.special_daycare, _NINETY_ONE),
        (habits.is_private[child] & (grade <= 9), geography.private_school, _TEN),
        ((rung <= 2) & (grade == 10), geography.grade_ten_school, _TEN),
        (rung <= 2, school, _TEN),
        (rung == 3, geography.special_class_school, _TWENTY),
        ((rung == 4) & at_school, geography.special_class_school, _TWENTY_NINE),
        ((rung == 4) & habits.special_school_outside[child], geography.special_school_outside, _TWENTY_NINE),
        (rung == 4, geography.special_school, _TWENTY_NINE),
        ((rung == 5) & habits.day_treatment_outside[child], geography.day_treatment_outside, _TWENTY_NINE),
        (rung == 5, geography.day_treatment, _TWENTY_NINE),
    ]
    conditions = [rule[0] for rule in rules]
    institution = np.select(conditions, [np.broadcast_to(rule[1], child.shape) for rule in rules])
    class_code = np.select(conditions, [np.full(child.shape, rule[2]) for rule in rules])
    return institution.astype(np.int64), class_code.astype(np.int64)


def one_of_district(rows: Sequence[Indices], district: Indices, pick: Numbers) -> Indices:
    """Of the institutions of a kind in each one's district the one that a number from 0 to 1 picks, all as likely."""
    chosen = np.empty(len(district), dtype=np.int64)
    for position, own in enumerate(rows):
        here = district == position
        chosen[here] = own[(pick[here] * len(own)).astype(np.int64)]
    return chosen


def joined_without_grade(placed: Placements) -> Placements:
    """The same placements, but years in daycare or club without any change are one."""
    if not len(placed.child):
        return placed
    same = (
        (placed.child[1:] == placed.child[:-1])
        & (placed.grade[1:] == DAYCARE_GRADE)
        & (placed.institution[1:] == placed.institution[:-1])
        & (placed.class_code[1:] == placed.class_code[:-1])
        & (placed.support_hours[1:] == placed.support_hours[:-1])
        & (placed.rung[1:] == placed.rung[:-1])
        & (placed.start[1:] == placed.stop[:-1] + 1)
    )
    first = np.flatnonzero(np.insert(~same, 0, True))
    last = np.append(first[1:], len(placed.child)) - 1
    return Placements(
        child=placed.child[first],
        institution=placed.institution[first],
        grade=placed.grade[first],
        class_code=placed.class_code[first],
        support_hours=placed.support_hours[first],
        start=placed.start[first],
        stop=placed.stop[last],
        rung=placed.rung[first],
    )


def placement_rows(
    placements: Placements, children: Children, geography: Geography, payer_codes: pl.Series
) -> pl.DataFrame:
    """One row per placement, contract columns; `payer_codes` has one entry per child."""
    numbers, codes = np.array(children.numbers), np.array(geography.codes)
    has_no_grade = placements.grade == DAYCARE_GRADE
    frame = pl.DataFrame(
        {
            "child_id": numbers[placements.child],
            "institution_code": codes[placements.institution],
            "grade_number": placements.grade,
            "class_type_code": pl.Series(placements.class_codes, dtype=pl.String),
            "support_hours_per_week": placements.support_hours,
            "paying_municipality_code": payer_codes.gather(placements.child),
            "start_date": date_series(placements.start),
            "end_date": date_series(placements.stop),
        }
    )
    return frame.with_columns(
        grade_number=pl.when(pl.Series(values=~has_no_grade)).then(pl.col("grade_number")),
        support_hours_per_week=pl.when(pl.col("support_hours_per_week") > 0).then(pl.col("support_hours_per_week")),
    )
