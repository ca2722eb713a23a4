"""When does somebody tell the municipality that they worry about a child, who, and is it assessed within 24 hours.

A child's hazard of being notified follows its difficulty and its home, is higher shortly before help begins, and under the adviser
model it is multiplied by a factor that is 1 unless it is set. Every possible notification is drawn first and then happens or not, so
that of two worlds that differ in a factor up to 1 alone, the one with the smaller lacks some notifications and has no other.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pipelines.simulate.days import (
    DAYS_PER_YEAR,
    NEVER,
    Days,
    Flags,
    Indices,
    Numbers,
    date_series,
    day_number,
    months_later,
    year_numbers,
)
from pipelines.simulate.exposure import Exposure, lived_here
from pipelines.simulate.ladder import Histories
from pipelines.simulate.parameters import NotificationParameters
from pipelines.simulate.population import Children

if TYPE_CHECKING:
    from pipelines.simulate.municipality import SimulatedMunicipality

SENDER_SHARES = (
    ("school", 0.210), ("health", 0.196), ("police_court", 0.125), ("municipality", 0.12), ("daycare", 0.08),
    ("parent", 0.08), ("anonymous", 0.07), ("network", 0.04), ("association", 0.03), ("child", 0.01), ("other", 0.039),
)  # fmt: skip
"""Share of notifications by sender: the first three as Danmarks Statistik found for 2022 (Nyt, "Underretninger om børn og unge"), the
others assumed."""
REPEAT_MONTHS = 12
_LATEST_DELAY_DAYS = 14
_DIGITS = 9
"""Rounded to so many decimals before anything is drawn: a last bit that differs between processors must not move a choice."""


@dataclass(frozen=True)
class Notifications:
    """One entry per notification, in the order of day and child. `assessed` is NEVER where it has not been by data end; `sender` is a
    place in SENDER_SHARES; `is_late` is whether more than 24 hours went, and means nothing where it is not assessed."""

    child: Indices
    day: Days
    sender: Indices
    assessed: Days
    is_late: Flags

    def of(self, chosen: Flags | Indices) -> "Notifications":
        """The chosen ones."""
        return Notifications(**{name: values[chosen] for name, values in vars(self).items()})

    @property
    def is_assessed(self) -> Flags:
        """Which were assessed by data end."""
        return self.assessed < NEVER


def draw_notifications(
    rng: np.random.Generator,
    children: Children,
    histories: Histories,
    parameters: NotificationParameters,
    *,
    register_start: date,
    data_end: date,
) -> Notifications:
    """Every notification on a child under 18 who lives here, from the register's first day to data end.

    `histories` are those of the social track: help that begins shortly after is what makes notifications frequent.
    """
    end = day_number(data_end)
    lived = _from_day(lived_here(children, end=end), day_number(register_start))
    highest = max(1.0, parameters.before_measure_multiplier) * max(1.0, parameters.adviser_notification_multiplier)
    hazards = _yearly_hazards(rng, children, parameters)
    expected = hazards[lived.child] * (lived.stop - lived.start) / DAYS_PER_YEAR
    entry = np.repeat(np.arange(len(expected)), rng.poisson(np.round(expected * highest, _DIGITS)))
    days = (lived.stop - lived.start)[entry]
    day = lived.start[entry] + np.minimum(np.floor(rng.random(len(entry)) * days).astype(np.int64), days - 1)
    happens = (
        rng.random(len(entry))
        < np.round(_factors(lived, entry, day, histories, children, parameters), _DIGITS) / highest
    )
    drawn = _with_assessments(rng, lived.child[entry], day, parameters, end=end)
    order = np.lexsort((np.arange(len(day)), drawn.child, drawn.day))
    return drawn.of(order[happens[order]])


def _from_day(lived: Exposure, first: int) -> Exposure:
    """The time from a day on."""
    kept = lived.stop > first
    return Exposure(lived.child[kept], lived.district[kept], np.maximum(lived.start[kept], first), lived.stop[kept])


def _yearly_hazards(rng: np.random.Generator, children: Children, parameters: NotificationParameters) -> Numbers:
    """Each child's, with no help to begin and no model to change it, shape (children,)."""
    of_home = np.where(children.is_disadvantaged, parameters.disadvantage_multiplier, 1.0)
    variance = parameters.child_frailty_variance
    frailty = rng.gamma(1 / variance, variance, size=children.count) if variance else np.ones(children.count)
    hazards: Numbers = (
        parameters.hazard_per_year * np.exp(parameters.difficulty_log_slope * children.difficulty) * of_home * frailty
    )
    return hazards


def _factors(
    lived: Exposure,
    entry: Indices,
    day: Days,
    histories: Histories,
    children: Children,
    parameters: NotificationParameters,
) -> Numbers:
    """What multiplies the child's hazard on the day."""
    is_before = _begins_within(histories, lived.child[entry], day, parameters.before_measure_days)
    is_advised = day >= children.district_adviser_from[lived.district[entry]]
    factors: Numbers = np.where(is_before, parameters.before_measure_multiplier, 1.0) * np.where(
        is_advised, parameters.adviser_notification_multiplier, 1.0
    )
    return factors


def _begins_within(histories: Histories, child: Indices, day: Days, days: int) -> Flags:
    """Whether the child goes from no help to some on one of the `days` days after the day."""
    helped = histories.step > 0
    goes_on = np.append(False, helped[:-1] & (histories.child[1:] == histories.child[:-1]))
    begins = helped & ~goes_on[: len(helped)]
    keys = np.append(histories.child[begins] * NEVER + histories.start[begins], np.iinfo(np.int64).max)
    # the first beginning of this child, or of a later one, after the day; histories are sorted by child and day
    following = keys[np.searchsorted(keys, child * NEVER + day, side="right")]
    within: Flags = following <= child * NEVER + day + days
    return within


def _with_assessments(
    rng: np.random.Generator, child: Indices, day: Days, parameters: NotificationParameters, *, end: int
) -> Notifications:
    """Sender and assessment of every possible notification: the same day or the next, or too late."""
    ends = np.cumsum([share for _, share in SENDER_SHARES])
    sender = np.minimum(np.searchsorted(ends, rng.random(len(day)), side="right"), len(SENDER_SHARES) - 1)
    is_late = rng.random(len(day)) < parameters.late_share
    delay = np.where(is_late, rng.integers(1, _LATEST_DELAY_DAYS + 1, size=len(day)), rng.integers(0, 2, size=len(day)))
    assessed = np.where(day + delay <= end, day + delay, NEVER)
    return Notifications(child=child, day=day, sender=sender, assessed=assessed, is_late=is_late)


def notification_rows(notifications: Notifications, children: Children) -> pl.DataFrame:
    """One row per notification, contract columns; numbered in the order of day and child."""
    count = len(notifications.day)
    numbers = [f"U{number:06d}" for number in range(1, count + 1)]
    frame = pl.DataFrame(
        {
            "notification_id": pl.Series(numbers, dtype=pl.String),
            "child_id": np.array(children.numbers)[notifications.child],
            "received_date": date_series(notifications.day),
            "sender_code": np.array([code for code, _ in SENDER_SHARES])[notifications.sender],
            "assessed_date": date_series(notifications.assessed),
            "is_assessed_in_24_hours": ~notifications.is_late,
        }
    )
    known = pl.col("assessed_date").is_not_null()
    return frame.with_columns(pl.when(known).then(pl.col("is_assessed_in_24_hours")))


def notification_truth(simulated: "SimulatedMunicipality") -> list[dict[str, Any]]:
    """Per calendar year and area (home district on the day, ALL for the whole): notifications, children, repeats within twelve months,
    those of which that can be known, those assessed and in time, and child-years from the first notification of all on."""
    notifications, children = simulated.notifications, simulated.children
    if not len(notifications.day):
        return []
    district = children.district_on(notifications.child, notifications.day)
    is_repeat, is_known = repeats(notifications)
    first = int(notifications.day.min())
    lived = _from_day(lived_here(children, end=day_number(simulated.data_end_date)), first)
    areas = [(place.code, number) for number, place in enumerate(simulated.profile.districts)]
    rows = []
    for year in range(int(year_numbers(notifications.day[:1])[0]), simulated.data_end_date.year + 1):
        in_year, years = year_numbers(notifications.day) == year, lived.in_year(year)
        for code, place in [*areas, ("ALL", None)]:
            here = in_year if place is None else in_year & (district == place)
            living = slice(None) if place is None else lived.district == place
            rows.append(
                {
                    "calendar_year": year,
                    "area_kind": "municipality" if place is None else "district",
                    "area_code": code,
                    "notifications_count": int(here.sum()),
                    "children_count": len(np.unique(notifications.child[here])),
                    "repeats_count": int((here & is_repeat).sum()),
                    "repeat_known_count": int((here & is_known).sum()),
                    "assessed_count": int((here & notifications.is_assessed).sum()),
                    "in_time_count": int((here & notifications.is_assessed & ~notifications.is_late).sum()),
                    "child_years": round(float(years[living].sum()), 6),
                }
            )
    return rows


def repeats(notifications: Notifications) -> tuple[Flags, Flags]:
    """(Whether there had been another on the child in the twelve months before, whether that is known).

    It is not known in the register's first twelve months, unless there was one.
    """
    order = np.argsort(notifications.child, kind="stable")
    child, day = notifications.child[order], notifications.day[order]
    is_again = np.append(False, (child[1:] == child[:-1]) & (months_later(day[:-1], REPEAT_MONTHS) >= day[1:]))
    is_repeat = np.zeros(len(day), dtype=bool)
    is_repeat[order] = is_again[: len(day)]
    known_from = months_later(notifications.day[:1], REPEAT_MONTHS)
    return is_repeat, is_repeat | (notifications.day >= known_from)
