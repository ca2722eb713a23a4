"""When is help looked at again, and what is judged: follow-ups of measures, revisitations, and the Kreative Råd.

Follow-ups go with unbroken courses of a measure: the first within three months or too late or never, then some twice a year.
Revisitations and the council go with unbroken stays outside ordinary teaching, and a council meeting may come before one, which
judges that the ordinary setting has exhausted its options. Reviews before the register's first day are not delivered.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pipelines.simulate.courses import Courses, DeliveredMeasures, courses_of
from pipelines.simulate.days import NEVER, Days, Flags, Indices, date_series, day_number, months_later, year_numbers
from pipelines.simulate.parameters import ReviewParameters
from pipelines.simulate.population import Children
from pipelines.simulate.schooling import LOWEST_SEGREGATED_RUNG, Placements

if TYPE_CHECKING:
    from pipelines.simulate.municipality import SimulatedMunicipality

KINDS = ("measure_follow_up", "special_revisitation", "creative_council")
FOLLOW_UP, REVISITATION, COUNCIL = range(3)
JUDGEMENTS = ("possible", "not_possible", "not_judged")
COUNCIL_FORUM = "kreativt_raad"
FIRST_DUE_MONTHS = 3
"""Serviceloven § 70, barnets lov § 95: the first follow-up comes within three months."""
NOT_ASKED = -1
NOWHERE = -1


@dataclass(frozen=True)
class Reviews:
    """One entry per review that was held, in the order of its day. `planned` is NEVER where nothing was planned.

    `measure` is a place among the delivered measures and `institution` a row of the geography, both NOWHERE where there is
    none; `judgement` is a place in JUDGEMENTS, `exhausted` and `recommended` are 0 or 1, all NOT_ASKED where it is not asked.
    """

    kind: Indices
    child: Indices
    day: Days
    planned: Days
    measure: Indices
    institution: Indices
    judgement: Indices
    exhausted: Indices
    recommended: Indices


@dataclass(frozen=True)
class _Meetings:
    """Reviews of one kind before anything is judged, one entry each."""

    child: Indices
    day: Days
    is_before_stay: Flags

    def of(self, chosen: Flags) -> "_Meetings":
        return _Meetings(self.child[chosen], self.day[chosen], self.is_before_stay[chosen])


def draw_reviews(
    rng: np.random.Generator,
    measures: DeliveredMeasures,
    children: Children,
    placements: Placements,
    parameters: ReviewParameters,
    *,
    register_start: date,
    data_end: date,
) -> Reviews:
    """All reviews held from the register's first day to data end."""
    first, end = day_number(register_start), day_number(data_end)
    course, day = _follow_up_days(rng, courses_of(measures), parameters, first=first, end=end)
    measure = _measures_on(measures, course, day)
    stays = _special_stays(placements, end=end)
    revisited = _during_stays(
        rng, stays, np.ones(len(stays.child), dtype=bool), parameters.revisitation_interval_days, parameters
    )
    revisited = revisited.of(rng.random(len(revisited.day)) < parameters.revisitation_held_share)
    meetings = [
        _possible(meeting, children, placements, first=first, end=end)
        for meeting in (revisited, _council_meetings(rng, stays, parameters))
    ]
    parts = [
        _follow_ups(measures, measure, day),
        *(
            _judged(rng, kind, meeting, placements, parameters)
            for kind, meeting in zip((REVISITATION, COUNCIL), meetings, strict=True)
        ),
    ]
    return _in_order(_with_plans(rng, _concatenated(parts), parameters))


def _follow_up_days(
    rng: np.random.Generator, courses: Courses, parameters: ReviewParameters, *, first: int, end: int
) -> tuple[Indices, Days]:
    """(course, day) of every follow-up in the register, sorted by course and day."""
    count = len(courses.child)
    drawn = rng.random(count)
    on_time = rng.integers(parameters.first_least_days, parameters.first_on_time_most_days + 1, size=count)
    late = rng.integers(parameters.first_late_least_days, parameters.first_late_most_days + 1, size=count)
    delay = np.where(drawn < parameters.first_on_time_share, on_time, late)
    is_followed = drawn < 1 - parameters.never_followed_share
    last = np.minimum(courses.stop, end)
    return _repeated(
        rng, np.flatnonzero(is_followed), (courses.start + delay)[is_followed], last[is_followed],
        interval=parameters.follow_up_interval_days, jitter=parameters.interval_jitter_days, first=first,
    )  # fmt: skip


def _repeated(
    rng: np.random.Generator, who: Indices, begin: Days, last: Days, *, interval: int, jitter: int, first: int
) -> tuple[Indices, Days]:
    """`who` again and again: at `begin`, then each interval give or take the jitter, on weekdays from `first` to `last`."""
    times = np.maximum((last - begin) // interval + 1, 0)
    place = np.repeat(np.arange(len(who)), times)
    number = np.arange(len(place)) - np.repeat(np.cumsum(times) - times, times)
    shift = rng.integers(-jitter, jitter + 1, size=len(place)) * (number > 0)
    day = _on_weekday(begin[place] + interval * number + shift)
    kept = (day >= first) & (day <= last[place])
    return who[place[kept]], day[kept]


def _on_weekday(days: Days) -> Days:
    """The same day, or the Monday after a weekend."""
    weekday = (days + 3) % 7  # 1 January 1970 was a Thursday
    return days + np.where(weekday >= 5, 7 - weekday, 0)


def _measures_on(measures: DeliveredMeasures, course: Indices, day: Days) -> Indices:
    """The measure that carries each course on the day: of those begun by then, the one that lasts longest. So a short measure
    inside a long one is not followed up after its end. Every course has one, since no review comes before it."""
    order = np.lexsort((np.arange(len(measures.course)), measures.start, measures.course))
    carrier = order.copy()
    for place in range(1, len(order)):
        before, here = carrier[place - 1], order[place]
        if measures.course[before] == measures.course[here] and measures.stop[before] >= measures.stop[here]:
            carrier[place] = before
    key = measures.course[order] * NEVER + measures.start[order]
    found: Indices = carrier[np.searchsorted(key, course * NEVER + day, side="right") - 1]
    return found


def _special_stays(placements: Placements, *, end: int) -> Courses:
    """Unbroken stays outside ordinary teaching: places of rung 3 or higher that follow each other without a day between."""
    special = np.flatnonzero(placements.rung >= LOWEST_SEGREGATED_RUNG)
    child, start = placements.child[special], placements.start[special]
    stop = np.minimum(placements.stop[special], end)
    goes_on = np.append(False, (child[1:] == child[:-1]) & (start[1:] == stop[:-1] + 1))[: len(child)]
    begins = np.flatnonzero(~goes_on)
    ends = np.append(begins[1:], len(child)) - 1 if len(begins) else begins
    return Courses(child[begins], placements.rung[special][begins], start[begins], stop[ends])


def _during_stays(
    rng: np.random.Generator, stays: Courses, chosen: Flags, interval: int, parameters: ReviewParameters
) -> _Meetings:
    who = np.flatnonzero(chosen)
    place, day = _repeated(
        rng, who, stays.start[who] + interval, stays.stop[who],
        interval=interval, jitter=parameters.interval_jitter_days, first=0,
    )  # fmt: skip
    return _Meetings(stays.child[place], day, np.zeros(len(day), dtype=bool))


def _council_meetings(rng: np.random.Generator, stays: Courses, parameters: ReviewParameters) -> _Meetings:
    """Meetings on children in special settings, and on some of them before they came there."""
    is_followed = rng.random(len(stays.child)) < parameters.council_share
    during = _during_stays(rng, stays, is_followed, parameters.council_interval_days, parameters)
    is_before = rng.random(len(stays.child)) < parameters.council_before_share
    lead = rng.integers(20, 80, size=len(stays.child))
    day = _on_weekday(stays.start - lead)[is_before]
    return _Meetings(
        np.concatenate([during.child, stays.child[is_before]]),
        np.concatenate([during.day, day]),
        np.append(during.is_before_stay, np.ones(len(day), dtype=bool)),
    )


def _possible(meetings: _Meetings, children: Children, placements: Placements, *, first: int, end: int) -> _Meetings:
    """Meetings within the register on children who live here and go somewhere that day, in the setting they are about."""
    place = placements.on(meetings.child, meetings.day)
    is_special = (
        (place >= 0) & (placements.rung[place] >= LOWEST_SEGREGATED_RUNG) if len(placements.rung) else place >= 0
    )
    return meetings.of(
        (meetings.day >= first)
        & (meetings.day <= end)
        & children.is_resident_on(meetings.child, meetings.day)
        & (place >= 0)
        & (is_special != meetings.is_before_stay)
    )


def _follow_ups(measures: DeliveredMeasures, measure: Indices, day: Days) -> Reviews:
    nothing = np.full(len(day), NOT_ASKED)
    return Reviews(
        kind=np.full(len(day), FOLLOW_UP),
        child=measures.child[measure],
        day=day,
        planned=day,
        measure=measure,
        institution=nothing,
        judgement=nothing,
        exhausted=nothing,
        recommended=nothing,
    )


def _judged(
    rng: np.random.Generator, kind: int, meetings: _Meetings, placements: Placements, parameters: ReviewParameters
) -> Reviews:
    """What is judged: return of those in special settings; the council also judges options and recommends another offer, but
    only where the options are exhausted."""
    count = len(meetings.day)
    ends = np.cumsum((parameters.return_possible_share, parameters.return_not_possible_share))
    judgement = np.searchsorted(ends, rng.random(count), side="right")
    is_exhausted = (rng.random(count) < parameters.exhausted_share) | meetings.is_before_stay
    is_recommended = is_exhausted & ((rng.random(count) < parameters.recommended_share) | meetings.is_before_stay)
    is_asked = kind == COUNCIL
    place = placements.on(meetings.child, meetings.day)
    return Reviews(
        kind=np.full(count, kind),
        child=meetings.child,
        day=meetings.day,
        planned=meetings.day,
        measure=np.full(count, NOWHERE),
        institution=placements.institution[place],
        judgement=np.where(meetings.is_before_stay, NOT_ASKED, judgement),
        exhausted=np.where(is_asked, is_exhausted, NOT_ASKED),
        recommended=np.where(is_asked, is_recommended, NOT_ASKED),
    )


def _with_plans(rng: np.random.Generator, reviews: Reviews, parameters: ReviewParameters) -> Reviews:
    """Most were planned, some for an earlier day than they were held."""
    count = len(reviews.day)
    is_planned = rng.random(count) < parameters.planned_share
    is_put_off = rng.random(count) < parameters.put_off_share
    late = rng.integers(1, parameters.put_off_most_days + 1, size=count) * is_put_off
    planned = np.minimum(_on_weekday(reviews.day - late), reviews.day)
    return Reviews(**{**vars(reviews), "planned": np.where(is_planned, planned, NEVER)})


def _concatenated(parts: list[Reviews]) -> Reviews:
    return Reviews(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})


def _in_order(reviews: Reviews) -> Reviews:
    order = np.lexsort((reviews.measure, reviews.kind, reviews.child, reviews.day))
    return Reviews(**{name: values[order] for name, values in vars(reviews).items()})


def review_rows(
    reviews: Reviews, measures: DeliveredMeasures, children: Children, institution_codes: list[str]
) -> pl.DataFrame:
    """One row per review, contract columns; numbered in the order of day and child."""
    count = len(reviews.day)
    words = {
        "measure_id": np.array([*measures.number, ""])[reviews.measure],
        "institution_code": np.array([*institution_codes, ""])[reviews.institution],
        "return_judgement_code": np.array([*JUDGEMENTS, ""])[reviews.judgement],
        "forum_code": np.where(reviews.kind == COUNCIL, COUNCIL_FORUM, ""),
    }
    frame = pl.DataFrame(
        {
            "child_id": np.array(children.numbers)[reviews.child],
            "review_id": pl.Series([f"O{number:06d}" for number in range(1, count + 1)], dtype=pl.String),
            "review_kind_code": np.array(KINDS)[reviews.kind],
            "review_date": date_series(reviews.day),
            "planned_date": date_series(reviews.planned),
            "measure_id": words["measure_id"],
            "institution_code": words["institution_code"],
            "forum_code": words["forum_code"],
            "return_judgement_code": words["return_judgement_code"],
            "has_exhausted_ordinary_options": reviews.exhausted,
            "is_recommended_to_visitation": reviews.recommended,
        }
    )
    asked = ("has_exhausted_ordinary_options", "is_recommended_to_visitation")
    return frame.with_columns(
        *(pl.col(name).cast(pl.String).replace("", None) for name in words),
        *(pl.when(pl.col(name) != NOT_ASKED).then(pl.col(name) == 1).alias(name) for name in asked),
    )


def first_follow_up_truth(simulated: "SimulatedMunicipality") -> list[dict[str, Any]]:
    """Per rung and year in which a course began, from the register's first year on: courses; of those that lasted to the day
    three months later, and that day has come, how many there are (due), were followed up by it (on time), or later.

    Rung 2 is there too, though the paragraphs of early help may not ask for follow-up.
    """
    measures, reviews = simulated.delivered_measures, simulated.reviews
    courses, end = courses_of(measures), day_number(simulated.data_end_date)
    first_review = np.full(len(courses.child), NEVER)
    is_follow_up = reviews.measure != NOWHERE
    np.minimum.at(first_review, measures.course[reviews.measure[is_follow_up]], reviews.day[is_follow_up])
    due_day = months_later(courses.start, FIRST_DUE_MONTHS)
    is_due = (due_day <= end) & (due_day <= courses.stop)
    is_on_time = is_due & (first_review <= due_day)
    is_late = is_due & ~is_on_time & (first_review < NEVER)
    year = year_numbers(courses.start)
    rows = []
    for begun in range(simulated.register_start_date.year, simulated.data_end_date.year + 1):
        for rung in range(2, 7):
            here = (year == begun) & (courses.rung == rung)
            rows.append(
                {
                    "begun_year": begun,
                    "social_rung": rung,
                    "courses_count": int(here.sum()),
                    "due_count": int((here & is_due).sum()),
                    "on_time_count": int((here & is_on_time).sum()),
                    "late_count": int((here & is_late).sum()),
                }
            )
    return rows


def review_truth(simulated: "SimulatedMunicipality") -> list[dict[str, Any]]:
    """Per kind and calendar year: reviews, children, reviews held after the planned day, and what was judged."""
    reviews = simulated.reviews
    year = year_numbers(reviews.day)
    rows = []
    for kind, name in enumerate(KINDS):
        for calendar_year in range(simulated.register_start_date.year, simulated.data_end_date.year + 1):
            here = (reviews.kind == kind) & (year == calendar_year)
            is_put_off = (reviews.planned < NEVER) & (reviews.planned < reviews.day)
            rows.append(
                {
                    "review_kind_code": name,
                    "calendar_year": calendar_year,
                    "reviews_count": int(here.sum()),
                    "children_count": len(np.unique(reviews.child[here])),
                    "put_off_count": int((here & is_put_off).sum()),
                    **{
                        f"return_{judgement}_count": int((here & (reviews.judgement == place)).sum())
                        for place, judgement in enumerate(JUDGEMENTS)
                    },
                    "exhausted_count": int((here & (reviews.exhausted == 1)).sum()),
                    "recommended_count": int((here & (reviews.recommended == 1)).sum()),
                }
            )
    return rows
