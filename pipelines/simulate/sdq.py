"""How difficult are things for the children, as SDQ forms show it: latent scores, referral, follow-up, item answers.

A form's latent score has a part of the child, a part of the informant that stays, and a part of the day; the same holds for
each scale. Answers follow a graded response model (probit), so scale sums follow the latent scores and cannot leave 0-10.
Changes, effects included, are drawn in points and turned into latent scores through the expected total. District and
institution have a part in the level and another in the change: with level parts alone they would cancel in a difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from pipelines.codes import load_code_table
from pipelines.simulate.days import (
    DAYS_PER_YEAR,
    Days,
    Flags,
    Indices,
    Numbers,
    birthdays,
    date_series,
    day_number,
)
from pipelines.simulate.geography import Geography
from pipelines.simulate.parameters import SdqParameters, points_sd
from pipelines.simulate.population import Children
from pipelines.simulate.schooling import Placements

INFORMANTS = ("parent", "teacher", "self")
PARENT, TEACHER, SELF = range(3)
DIFFICULTY_SCALES = ("emotional", "conduct", "hyper", "peer")
PROSOCIAL = "prosocial"
MISSING = -1
YOUNGEST_AGE_YEARS, OLDEST_AGE_YEARS, SELF_AGE_YEARS = 2, 17, 11
MOST_LAG_DAYS = 20
"""Teachers and children answer at most so long after the parents."""

_ITEM_MEANS: Mapping[str, float] = {
    "somatic": 0.55, "worries": 0.40, "unhappy": 0.30, "clingy": 0.40, "afraid": 0.35,
    "tantrum": 0.45, "obeys": 0.35, "fights": 0.10, "lies": 0.25, "steals": 0.08,
    "restles": 0.55, "fidgety": 0.45, "distrac": 0.65, "reflect": 0.60, "attends": 0.60,
    "loner": 0.35, "friend": 0.20, "popular": 0.25, "bullied": 0.15, "oldbest": 0.40,
    "consid": 0.30, "shares": 0.35, "caring": 0.25, "kind": 0.25, "helpout": 0.45,
}  # fmt: skip
"""Mean points of difficulty per item in the population (prosocial items: points short of 2). Sum of the twenty: 7.43."""

_IMPACT_ITEMS = ("distres", "imphome", "impfrie", "impclas", "impleis")
_TEACHER_LACKS = ("imphome", "impleis")
_DIFFICULTY_CUTS = (0.6, 1.5, 2.3)
_IMPACT_CUTS = (0.3, 1.2, 2.2)


@dataclass(frozen=True)
class Items:
    """The 25 items in printed order: name, scale, whether reversed, and the two latent thresholds of each."""

    names: tuple[str, ...]
    scales: tuple[str, ...]
    is_reversed: Flags
    low_cut: Numbers
    high_cut: Numbers
    is_prosocial: Flags
    """Prosocial items are drawn as what is missing to 2 points, so all 25 go the same way; the answer is turned back."""


@dataclass(frozen=True)
class Forms:
    """One entry per filled-in form, sorted by child, informant and day. `answers` (n, 25) and `impact` (n, 6) as delivered,
    MISSING where open; `institution` is a row of the geography's institutions or -1; `occasion` 0 first, 1 follow-up."""

    child: Indices
    informant: Indices
    occasion: Indices
    day: Days
    institution: Indices
    answers: NDArray[np.int8]
    impact: NDArray[np.int8]


@dataclass(frozen=True)
class SdqDraw:
    """The delivered forms, and what the simulator alone knows: totals of parent and teacher forms of *all* children who
    could have been measured, referred or not, at the day of measurement."""

    forms: Forms
    population_child: Indices
    population_parent_total: Indices
    population_teacher_total: Indices
    is_referred: Flags


def load_items(parameters: SdqParameters) -> Items:
    """Items with thresholds that give each its mean."""
    rows = sorted(load_code_table("sdq_items").rows, key=lambda row: int(row["item_number"]))
    names = tuple(row["code"] for row in rows)
    low, high = _thresholds(np.array([_ITEM_MEANS[name] for name in names]), parameters.two_points_ratio)
    scales = tuple(row["scale_code"] for row in rows)
    return Items(
        names=names,
        scales=scales,
        is_reversed=np.array([row["is_reversed"] == "true" for row in rows]),
        low_cut=low,
        high_cut=high,
        is_prosocial=np.array([scale == PROSOCIAL for scale in scales]),
    )


def _thresholds(means: Numbers, ratio: float) -> tuple[Numbers, Numbers]:
    """Cuts with P(>= 1) + P(2) = mean and P(2) = ratio P(>= 1)^1.5, by bisection."""
    low, high = np.zeros_like(means), np.ones_like(means)
    for _ in range(60):
        middle = (low + high) / 2
        too_much = middle + ratio * middle**1.5 > means
        low, high = np.where(too_much, low, middle), np.where(too_much, middle, high)
    return -ndtri(low), -ndtri(ratio * low**1.5)


class ExpectedTotal:
    """Expected total score of a general latent score, and the way back."""

    def __init__(self, items: Items, parameters: SdqParameters) -> None:
        """Tabulate the curve of the twenty difficulty items."""
        self.latent = np.linspace(-6.0, 8.0, 2801)
        slope = parameters.item_loading * np.sqrt(parameters.general_variance_share)
        scale = np.sqrt(1 - slope**2)
        total = np.zeros_like(self.latent)
        for low, high in zip(items.low_cut[~items.is_prosocial], items.high_cut[~items.is_prosocial], strict=True):
            total += ndtr((slope * self.latent - low) / scale) + ndtr((slope * self.latent - high) / scale)
        self.points = total

    def of(self, latent: Numbers) -> Numbers:
        """Points 0-40 expected at each latent score."""
        return np.interp(latent, self.latent, self.points)

    def latent_at(self, points: Numbers) -> Numbers:
        """The latent score at which `points` are expected; points outside the scale are taken to its edge."""
        return np.interp(points, self.points, self.latent)

    def moved(self, latent: Numbers, points: Numbers) -> Numbers:
        """The latent score whose expected total is `points` higher."""
        return self.latent_at(self.of(latent) + points)


class _Latents:
    """Latent scores of all measured children: the stable parts once, the part of the day at each call."""

    def __init__(self, rng: np.random.Generator, common: Numbers, parameters: SdqParameters) -> None:
        self.parameters, self.count = parameters, len(common)
        child, informant = parameters.child_variance_share, parameters.informant_variance_share
        self.day_sd = np.sqrt(1 - child - informant)
        scales = len(DIFFICULTY_SCALES) + 1
        of_informant = rng.normal(0.0, np.sqrt(informant), size=(len(INFORMANTS), self.count))
        self.general = common + of_informant
        self.specific = rng.normal(0.0, np.sqrt(child), size=(self.count, scales)) + rng.normal(
            0.0, np.sqrt(informant), size=(len(INFORMANTS), self.count, scales)
        )

    def draw_form(self, rng: np.random.Generator, informant: int) -> tuple[Numbers, Numbers]:
        """General (n,) and scale-specific (n, 5) latent scores of one form by one kind of informant for everybody."""
        general = self.general[informant] + rng.normal(0.0, self.day_sd, size=self.count)
        specific = self.specific[informant] + rng.normal(0.0, self.day_sd, size=self.specific.shape[1:])
        return general, specific


@dataclass(frozen=True)
class _Measured:
    """Who could be measured, when and where: one entry per child with a place on the day drawn."""

    child: Indices
    day: Days
    institution: Indices
    district: Indices
    is_advised: Flags


def draw_sdq(
    rng: np.random.Generator,
    children: Children,
    placements: Placements,
    geography: Geography,
    parameters: SdqParameters,
    *,
    first_day: date,
    data_end: date,
) -> SdqDraw:
    """First forms of the referred children and the follow-ups that came, from `first_day` to `data_end`."""
    items = load_items(parameters)
    expected = ExpectedTotal(items, parameters)
    measured = _draw_measured(rng, children, placements, first=day_number(first_day), end=day_number(data_end))
    common = _common_part(rng, children, measured, geography, expected, parameters)
    latents = _Latents(rng, common, parameters)
    parent, teacher, own = (_answer(rng, items, parameters, *latents.draw_form(rng, kind)) for kind in range(3))
    totals = difficulty_total(items, parent)
    threshold = totals + np.round(rng.normal(0.0, parameters.referral_noise_sd_points, size=len(totals)), 6)
    is_referred = threshold >= parameters.referral_threshold_points
    has_teacher = is_referred & (rng.random(len(totals)) < parameters.teacher_share)
    of_age = birthdays(children.birth_day[measured.child], SELF_AGE_YEARS) <= measured.day
    has_own = is_referred & of_age & (rng.random(len(totals)) < parameters.self_share)
    first = [
        _occasion(rng, items, parameters, latents, measured, chosen, informant, measured.day, answers, occasion=0)
        for informant, (chosen, answers) in enumerate(((is_referred, parent), (has_teacher, teacher), (has_own, own)))
    ]
    later = _follow_ups(
        rng, children, placements, geography, items, expected, latents, measured, parameters,
        totals=totals, firsts=(is_referred, has_teacher, has_own), end=day_number(data_end),
    )  # fmt: skip
    return SdqDraw(
        forms=_sorted_forms([*first, *later]),
        population_child=measured.child,
        population_parent_total=totals,
        population_teacher_total=difficulty_total(items, teacher),
        is_referred=is_referred,
    )


def _draw_measured(
    rng: np.random.Generator, children: Children, placements: Placements, *, first: int, end: int
) -> _Measured:
    """Everybody gets a day; those of the right age with a place in daycare or school on it could be measured."""
    everyone = np.arange(children.count)
    day = rng.integers(first, end - MOST_LAG_DAYS + 1, size=children.count)
    place = placements.on(everyone, day)
    can = (
        (place >= 0)
        & children.is_resident_on(everyone, day)
        & (children.present_to >= day + MOST_LAG_DAYS)
        & (birthdays(children.birth_day, YOUNGEST_AGE_YEARS) <= day)
        & (day < birthdays(children.birth_day, OLDEST_AGE_YEARS))
    )
    child, day = everyone[can], day[can]
    district = children.district_on(child, day)
    return _Measured(
        child=child,
        day=day,
        institution=placements.institution[place[can]],
        district=district,
        is_advised=children.district_adviser_from[district] <= day,
    )


def _common_part(
    rng: np.random.Generator, children: Children, measured: _Measured, geography: Geography, expected: ExpectedTotal,
    parameters: SdqParameters,
) -> Numbers:  # fmt: skip
    """The part of the latent score that all informants see: child, district, institution, disadvantage."""
    stable = parameters.child_variance_share + parameters.informant_variance_share
    of_units = stable * (parameters.district_level_variance_share + parameters.institution_level_variance_share)
    institution = rng.normal(0.0, np.sqrt(parameters.institution_level_variance_share), size=len(geography.codes))
    institution -= institution[measured.institution].mean()
    points_per_unit = float(expected.of(np.array([0.5]))[0] - expected.of(np.array([-0.5]))[0])
    disadvantage = children.is_disadvantaged[measured.child] - _disadvantaged_share(children)
    common: Numbers = (
        np.sqrt(max(0.0, parameters.child_variance_share - of_units)) * children.difficulty[measured.child]
        + np.sqrt(stable) * (children.district_level[measured.district] + institution[measured.institution])
        + parameters.disadvantage_points / points_per_unit * disadvantage
    )
    return common


def _disadvantaged_share(children: Children) -> float:
    """Share of disadvantaged children: taken off, so that disadvantage spreads scores without raising their mean."""
    return float(children.is_disadvantaged.mean())


def _answer(
    rng: np.random.Generator, items: Items, parameters: SdqParameters, general: Numbers, specific: Numbers
) -> NDArray[np.int8]:
    """Points of difficulty 0-2 per item, shape (n, 25), all going the same way (as scored, not as delivered)."""
    loading = parameters.item_loading
    share = parameters.general_variance_share
    answers = np.empty((len(general), len(items.names)), dtype=np.int8)
    scales = (*DIFFICULTY_SCALES, PROSOCIAL)
    for position, scale in enumerate(items.scales):
        own = specific[:, scales.index(scale)]
        if scale == PROSOCIAL:
            weight = -parameters.prosocial_correlation
            latent = weight * general + np.sqrt(1 - weight**2) * own
        else:
            latent = np.sqrt(share) * general + np.sqrt(1 - share) * own
        seen = loading * latent + np.sqrt(1 - loading**2) * rng.normal(size=len(general))
        answers[:, position] = (seen > items.low_cut[position]).astype(np.int8) + (seen > items.high_cut[position])
    return answers


def difficulty_total(items: Items, answers: NDArray[np.int8]) -> Indices:
    """Total difficulties 0-40 of complete answers that all go the same way, shape (n,)."""
    totals: Indices = answers[:, ~items.is_prosocial].astype(np.int64).sum(axis=1)
    return totals


def _occasion(
    rng: np.random.Generator, items: Items, parameters: SdqParameters, latents: _Latents, measured: _Measured,
    chosen: Flags, informant: int, day: Days, answers: NDArray[np.int8], *, occasion: int,
    institution: Indices | None = None,
) -> Forms:  # fmt: skip
    """The forms of the chosen children as delivered: turned back, some answers open, impact questions added."""
    at = np.flatnonzero(chosen)
    general = latents.general[informant][at]
    delivered = _turned_back(items, answers[at])
    delivered = _with_open_answers(rng, items, delivered, parameters)
    places = measured.institution if institution is None else institution
    lag = np.zeros(len(at), dtype=np.int64) if informant == PARENT else rng.integers(0, MOST_LAG_DAYS + 1, size=len(at))
    return Forms(
        child=measured.child[at],
        informant=np.full(len(at), informant),
        occasion=np.full(len(at), occasion),
        day=day[at] + lag,
        institution=places[at],
        answers=delivered,
        impact=_impact(rng, general, informant),
    )


def _turned_back(items: Items, answers: NDArray[np.int8]) -> NDArray[np.int8]:
    """Answers as on the form: reversed and prosocial items count the other way."""
    return np.where(items.is_reversed | items.is_prosocial, 2 - answers, answers).astype(np.int8)


def _with_open_answers(
    rng: np.random.Generator, items: Items, answers: NDArray[np.int8], parameters: SdqParameters
) -> NDArray[np.int8]:
    """Some answers left open, and in a few forms four of the five items of one scale."""
    is_open = rng.random(answers.shape) < parameters.missing_item_share
    skips = rng.random(len(answers)) < parameters.missing_scale_share
    skipped_scale = rng.integers(0, len(DIFFICULTY_SCALES), size=len(answers))
    scale_number = np.array([(*DIFFICULTY_SCALES, PROSOCIAL).index(scale) for scale in items.scales])
    kept = np.array([items.scales[:place].count(scale) == 0 for place, scale in enumerate(items.scales)])
    is_open |= skips[:, None] & (scale_number == skipped_scale[:, None]) & ~kept
    return np.where(is_open, MISSING, answers).astype(np.int8)


def _impact(rng: np.random.Generator, general: Numbers, informant: int) -> NDArray[np.int8]:
    """First question 0-3, then five impact items 0-3; open when the first answer is 0 or the form has no such item."""
    noise = rng.normal(size=(len(general), 1 + len(_IMPACT_ITEMS)))
    seen = 0.7 * general[:, None] + np.sqrt(1 - 0.7**2) * noise
    difficulties = np.digitize(seen[:, :1], _DIFFICULTY_CUTS)
    impact = np.digitize(seen[:, 1:], _IMPACT_CUTS)
    is_open = np.broadcast_to(difficulties == 0, impact.shape).copy()
    if informant == TEACHER:
        is_open |= np.isin(_IMPACT_ITEMS, _TEACHER_LACKS)
    return np.hstack([difficulties, np.where(is_open, MISSING, impact)]).astype(np.int8)


def _follow_ups(
    rng: np.random.Generator, children: Children, placements: Placements, geography: Geography, items: Items,
    expected: ExpectedTotal, latents: _Latents, measured: _Measured, parameters: SdqParameters,
    *, totals: Indices, firsts: tuple[Flags, Flags, Flags], end: int,
) -> list[Forms]:  # fmt: skip
    """The forms about half a year later, of those who were followed up."""
    count = len(measured.child)
    interval = np.clip(
        rng.normal(parameters.follow_up_mean_days, parameters.follow_up_sd_days, size=count),
        parameters.follow_up_least_days, parameters.follow_up_most_days,
    ).astype(np.int64)  # fmt: skip
    is_late = rng.random(count) < parameters.late_follow_up_share
    day = measured.day + np.where(is_late, parameters.late_follow_up_days, interval)
    followed = firsts[PARENT] & _is_followed(rng, children, measured, parameters, totals=totals, day=day, end=end)
    change = _change_points(rng, children, measured, geography, parameters, day - measured.day)
    other_informant = rng.random(count) < parameters.informant_change_share
    answering = (
        followed & ~other_informant,
        followed & (firsts[TEACHER] | other_informant),
        followed & firsts[SELF],
    )
    place = placements.on(measured.child, day)
    institution = np.where(place >= 0, placements.institution[np.maximum(place, 0)], -1)
    forms = []
    for informant, chosen in enumerate(answering):
        extra = np.where(other_informant & ~firsts[TEACHER], parameters.informant_change_points, 0.0)
        points = change + (extra if informant == TEACHER else 0.0)
        general, specific = latents.draw_form(rng, informant)
        answers = _answer(rng, items, parameters, expected.moved(general, points), specific)
        forms.append(
            _occasion(rng, items, parameters, latents, measured, chosen, informant, day, answers, occasion=1,
                      institution=institution)
        )  # fmt: skip
    return forms


def _is_followed(
    rng: np.random.Generator, children: Children, measured: _Measured, parameters: SdqParameters,
    *, totals: Indices, day: Days, end: int,
) -> Flags:  # fmt: skip
    """Whether a second measurement came: less likely the worse the first, and never after data end, 18 or moving."""
    logit = (
        parameters.follow_up_logit
        + parameters.follow_up_logit_per_point * (totals - 16)
        + parameters.follow_up_disadvantage_logit * children.is_disadvantaged[measured.child]
        + parameters.follow_up_adviser_logit * measured.is_advised
    )
    last = np.minimum(np.minimum(children.present_to, children.adult_day - 1), end)[measured.child]
    comes: Flags = (rng.random(len(totals)) < 1 / (1 + np.exp(-logit))) & (day + MOST_LAG_DAYS <= last)
    return comes


def _change_points(
    rng: np.random.Generator, children: Children, measured: _Measured, geography: Geography, parameters: SdqParameters,
    interval: Days,
) -> Numbers:  # fmt: skip
    """True change in points by district, institution, trend and the adviser model; 0 on average without an effect."""
    districts = len(children.district_level)
    of_district = rng.normal(0.0, points_sd(parameters, parameters.district_change_variance_share), size=districts)
    of_institution = rng.normal(
        0.0, points_sd(parameters, parameters.institution_change_variance_share), size=len(geography.codes)
    )
    trend = rng.normal(0.0, parameters.district_trend_sd_points_per_year, size=districts)
    effect = parameters.adviser_effect_points * (
        1 + parameters.adviser_effect_disadvantage_factor * children.is_disadvantaged[measured.child]
    )
    change: Numbers = (
        of_district[measured.district]
        + of_institution[measured.institution]
        + trend[measured.district] * interval / DAYS_PER_YEAR
        - effect * measured.is_advised
    )
    return change


def _sorted_forms(parts: list[Forms]) -> Forms:
    child, informant, occasion, day, institution = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("child", "informant", "occasion", "day", "institution")
    )
    order = np.lexsort((day, informant, child))
    return Forms(
        child[order],
        informant[order],
        occasion[order],
        day[order],
        institution[order],
        np.concatenate([part.answers for part in parts])[order],
        np.concatenate([part.impact for part in parts])[order],
    )


def version_codes(children: Children, child: Indices, day: Days) -> list[str]:
    """The age form of each filled-in form."""
    starts = {code: birthdays(children.birth_day[child], age) for code, age in (("4-10", 4), ("11-17", 11))}
    codes = np.where(day >= starts["11-17"], "11-17", np.where(day >= starts["4-10"], "4-10", "2-4"))
    return [str(code) for code in codes]


def form_rows(forms: Forms, children: Children, geography: Geography, parameters: SdqParameters) -> pl.DataFrame:
    """One row per form, contract columns; in the order of day and child, as forms come in."""
    items = load_items(parameters)
    codes = np.array([*geography.codes, ""])
    frame = pl.DataFrame(
        {
            "child_id": np.array(children.numbers)[forms.child],
            "answered_date": date_series(forms.day),
            "informant_code": np.array(INFORMANTS)[forms.informant],
            "version_code": version_codes(children, forms.child, forms.day),
            "is_follow_up_form": forms.occasion == 1,
            "institution_code": codes[forms.institution],
            **{name: forms.answers[:, place] for place, name in enumerate(items.names)},
            **{name: forms.impact[:, place] for place, name in enumerate(("ebddiff", *_IMPACT_ITEMS))},
        }
    )
    answered = [*items.names, "ebddiff", *_IMPACT_ITEMS]
    order = np.lexsort((forms.informant, forms.child, forms.day))
    return frame.with_columns(
        pl.col("institution_code").replace("", None),
        *(pl.when(pl.col(name) != MISSING).then(pl.col(name)).alias(name) for name in answered),
    )[order]
