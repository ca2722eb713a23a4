"""How difficult are things for the children, as SDQ forms show it: latent scores, referral, follow-up.

A form's latent score has a part of the child, a part of the informant that stays, and a part of the day; the same holds for
each scale. Changes, effects included, are drawn in points and turned into latent scores through the expected total. District
and institution have a part in the level and another in the change: with level parts alone they would cancel in a difference.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.simulate.days import DAYS_PER_YEAR, Days, Flags, Indices, Numbers, birthdays, date_series, day_number
from pipelines.simulate.geography import Geography
from pipelines.simulate.parameters import SdqParameters, points_sd
from pipelines.simulate.population import Children
from pipelines.simulate.schooling import Placements
from pipelines.simulate.sdq_items import (
    IMPACT_ITEMS,
    INFORMANTS,
    MISSING,
    PARENT,
    SCALES,
    SELF,
    TEACHER,
    ExpectedTotal,
    Items,
    answers_of,
    difficulty_total,
    draw_impact,
    draw_item_noise,
    load_items,
    turned_back,
    with_open_answers,
)

YOUNGEST_AGE_YEARS, OLDEST_AGE_YEARS, SELF_AGE_YEARS = 2, 17, 11
MOST_LAG_DAYS = 20
"""Teachers and children answer at most so long after the parents."""


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
    """The delivered forms, and what the simulator alone knows of *all* children who could have been measured, referred or not.

    One entry per child in every array but `forms`. `district` is the home district on the day of the first form and `is_advised`
    whether the adviser model ran there then. `parent_answers` and `teacher_answers` (n, 25) are points of difficulty on that
    day, as scored and complete. `parent_total_advised` and `parent_total_unadvised` are the parent's total half a year later
    under either model, whichever the child met: the potential outcomes. `is_followed` says whether a second form came.
    """

    forms: Forms
    child: Indices
    district: Indices
    is_advised: Flags
    parent_answers: NDArray[np.int8]
    teacher_answers: NDArray[np.int8]
    is_referred: Flags
    parent_total_advised: Indices
    parent_total_unadvised: Indices
    is_followed: Flags

    def parent_totals(self, items: Items) -> Indices:
        """Total difficulties 0-40 of the parents' first answers, shape (n,)."""
        return difficulty_total(items, self.parent_answers)

    def teacher_totals(self, items: Items) -> Indices:
        """Total difficulties 0-40 of the teachers' first answers, shape (n,)."""
        return difficulty_total(items, self.teacher_answers)


class _Latents:
    """Latent scores of all measured children: the stable parts once, the part of the day at each call."""

    def __init__(self, rng: np.random.Generator, common: Numbers, parameters: SdqParameters) -> None:
        self.count = len(common)
        child, informant = parameters.child_variance_share, parameters.informant_variance_share
        self.day_sd = np.sqrt(1 - child - informant)
        of_informant = rng.normal(0.0, np.sqrt(informant), size=(len(INFORMANTS), self.count))
        self.general = common + of_informant
        self.specific = rng.normal(0.0, np.sqrt(child), size=(self.count, len(SCALES))) + rng.normal(
            0.0, np.sqrt(informant), size=(len(INFORMANTS), self.count, len(SCALES))
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


@dataclass(frozen=True)
class _Study:
    """Everything a form depends on; `latents` has one entry per child in `measured`."""

    rng: np.random.Generator
    children: Children
    placements: Placements
    geography: Geography
    parameters: SdqParameters
    items: Items
    items_by_informant: tuple[Items, ...]
    expected_by_informant: tuple[ExpectedTotal, ...]
    measured: _Measured
    latents: _Latents
    last_day: int

    def known_points(self) -> Numbers:
        """Points expected of the parents' form from what lasts in the child and its parents, without the day's part."""
        parameters = self.parameters
        lasting = parameters.child_variance_share + parameters.informant_variance_share
        curve = ExpectedTotal(self.items, parameters, known_variance=lasting)
        return curve.of(self.latents.general[PARENT])


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
    of_informant = tuple(load_items(parameters, informant=informant) for informant in range(len(INFORMANTS)))
    curves = tuple(ExpectedTotal(own, parameters) for own in of_informant)
    expected = curves[PARENT]
    measured = _draw_measured(rng, children, placements, first=day_number(first_day), end=day_number(data_end))
    common = _common_part(rng, children, measured, geography.school_and_daycare_count, expected, parameters)
    latents = _Latents(rng, common, parameters)
    study = _Study(
        rng,
        children,
        placements,
        geography,
        parameters,
        items,
        of_informant,
        curves,
        measured,
        latents,
        day_number(data_end),
    )
    answers = [_answers(study, informant) for informant in range(len(INFORMANTS))]
    totals = difficulty_total(items, answers[PARENT])
    referred = _referred(study, totals)
    second = _draw_second(study, totals, referred)
    firsts = [
        _delivered(study, chosen, informant, measured.day, measured.institution, answers[informant], occasion=0)
        for informant, chosen in enumerate(referred)
    ]
    return SdqDraw(
        forms=_sorted_forms([*firsts, *_follow_ups(study, second, referred)]),
        child=measured.child,
        district=measured.district,
        is_advised=measured.is_advised,
        parent_answers=answers[PARENT],
        teacher_answers=answers[TEACHER],
        is_referred=referred[PARENT],
        parent_total_advised=second.parent_total_advised,
        parent_total_unadvised=second.parent_total_unadvised,
        is_followed=second.is_followed,
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
    rng: np.random.Generator,
    children: Children,
    measured: _Measured,
    institution_count: int,
    expected: ExpectedTotal,
    parameters: SdqParameters,
) -> Numbers:
    """The part of the latent score that all informants see: child, district, institution, disadvantage, sex.

    District, institution, disadvantage and sex have mean 0 over the children, so that they spread scores without raising them.
    """
    stable = parameters.child_variance_share + parameters.informant_variance_share
    of_units = stable * (parameters.district_level_variance_share + parameters.institution_level_variance_share)
    institution = rng.normal(0.0, np.sqrt(parameters.institution_level_variance_share), size=institution_count)
    of_institution = institution[measured.institution]
    points_per_unit = float(expected.of(np.array([0.5]))[0] - expected.of(np.array([-0.5]))[0])
    disadvantage = children.is_disadvantaged[measured.child] - children.is_disadvantaged.mean()
    boy = children.is_boy[measured.child] - children.is_boy.mean()
    common: Numbers = (
        np.sqrt(max(0.0, parameters.child_variance_share - of_units)) * children.difficulty[measured.child]
        + np.sqrt(stable) * (children.district_level[measured.district] + of_institution - _mean(of_institution))
        + (parameters.disadvantage_points * disadvantage + parameters.boy_points * boy) / points_per_unit
    )
    return common


def _mean(values: Numbers | Days) -> float:
    """The mean, 0 of nothing."""
    return float(values.mean()) if len(values) else 0.0


def _answers(study: _Study, informant: int) -> NDArray[np.int8]:
    """First answers of one kind of informant on everybody who could be measured, as scored."""
    general, specific = study.latents.draw_form(study.rng, informant)
    noise = draw_item_noise(study.rng, study.items, len(general))
    return answers_of(study.items_by_informant[informant], study.parameters, general, specific, noise)


def _referred(study: _Study, totals: Indices) -> list[Flags]:
    """Per kind of informant: on whom they fill in a form. The parents of every referred child do, others of some.

    Workers go by the form, or by what they know: the points expected from what lasts in the child.
    """
    parameters, rng, measured = study.parameters, study.rng, study.measured
    known = study.known_points() if parameters.refers_on_lasting_difficulty else totals
    seen = np.round(known + rng.normal(0.0, parameters.referral_noise_sd_points, size=len(totals)), 6)
    earlier = parameters.adviser_earlier_referral_points * measured.is_advised
    is_referred = seen >= parameters.referral_threshold_points - earlier
    of_age = birthdays(study.children.birth_day[measured.child], SELF_AGE_YEARS) <= measured.day
    return [
        is_referred,
        is_referred & (rng.random(len(totals)) < parameters.teacher_share),
        is_referred & of_age & (rng.random(len(totals)) < parameters.self_share),
    ]


def _delivered(
    study: _Study,
    chosen: Flags,
    informant: int,
    day: Days,
    institution: Indices,
    answers: NDArray[np.int8],
    *,
    occasion: int,
) -> Forms:
    """The forms on the chosen children as delivered: answers turned back, some open, impact questions added."""
    at, rng = np.flatnonzero(chosen), study.rng
    delivered = with_open_answers(rng, study.items, turned_back(study.items, answers[at]), study.parameters)
    lag = rng.integers(0, 1 if informant == PARENT else MOST_LAG_DAYS + 1, size=len(at))
    return Forms(
        child=study.measured.child[at],
        informant=np.full(len(at), informant),
        occasion=np.full(len(at), occasion),
        day=day[at] + lag,
        institution=institution[at],
        answers=delivered,
        impact=draw_impact(rng, study.latents.general[informant][at], informant),
    )


@dataclass(frozen=True)
class _Second:
    """The second occasion: one entry per child in `measured`, whether or not a form came."""

    day: Days
    institution: Indices
    answers: tuple[NDArray[np.int8], ...]
    is_other_informant: Flags
    is_followed: Flags
    parent_total_advised: Indices
    parent_total_unadvised: Indices


def _draw_second(study: _Study, totals: Indices, referred: list[Flags]) -> _Second:
    """What everybody would answer about half a year later, under either model, and on whom a form came."""
    rng, parameters, measured = study.rng, study.parameters, study.measured
    day = measured.day + _draw_intervals(study)
    drift, effect = _drift_points(study, day - measured.day), _effect_points(study)
    is_other = rng.random(len(totals)) < parameters.informant_change_share
    answers, potential = [], {}
    for informant in range(len(INFORMANTS)):
        is_new = is_other & ~referred[TEACHER] & (informant == TEACHER)
        points = drift + np.where(is_new, parameters.informant_change_points, 0.0)
        general, specific = study.latents.draw_form(rng, informant)
        noise = draw_item_noise(rng, study.items, len(general))
        items, expected = study.items_by_informant[informant], study.expected_by_informant[informant]
        without = answers_of(items, parameters, expected.moved(general, points), specific, noise)
        advised = without
        if parameters.adviser_effect_points:
            moved = expected.moved(general, points - effect)
            advised = answers_of(items, parameters, moved, specific, noise)
        potential[informant] = (advised, without)
        answers.append(np.where(measured.is_advised[:, None], advised, without))
    advised_total, without_total = (difficulty_total(study.items, way) for way in potential[PARENT])
    change = np.where(measured.is_advised, advised_total, without_total) - totals
    place = study.placements.on(measured.child, day)
    return _Second(
        day=day,
        institution=np.where(place >= 0, study.placements.institution[np.maximum(place, 0)], -1),
        answers=tuple(answers),
        is_other_informant=is_other,
        is_followed=referred[PARENT] & _is_followed(study, totals, change, day),
        parent_total_advised=advised_total,
        parent_total_unadvised=without_total,
    )


def _follow_ups(study: _Study, second: _Second, referred: list[Flags]) -> list[Forms]:
    """The second forms of those who were followed up; some by another kind of informant."""
    followed, is_other = second.is_followed, second.is_other_informant
    chosen = (followed & ~is_other, followed & (referred[TEACHER] | is_other), followed & referred[SELF])
    return [
        _delivered(study, chosen[informant], informant, second.day, second.institution, answers, occasion=1)
        for informant, answers in enumerate(second.answers)
    ]


def _draw_intervals(study: _Study) -> Days:
    """Days from first to second form: about half a year, and for a few too long to make a pair."""
    parameters, count = study.parameters, len(study.measured.child)
    days = study.rng.normal(parameters.follow_up_mean_days, parameters.follow_up_sd_days, size=count)
    usual = np.clip(days, parameters.follow_up_least_days, parameters.follow_up_most_days).astype(np.int64)
    is_late = study.rng.random(count) < parameters.late_follow_up_share
    return np.where(is_late, parameters.late_follow_up_days, usual)


def _is_followed(study: _Study, totals: Indices, change: Indices, day: Days) -> Flags:
    """Whether a second measurement came: less likely the worse the first (and, if so set, the change), and never after data
    end, 18 or moving."""
    parameters, children, measured = study.parameters, study.children, study.measured
    last = np.minimum(np.minimum(children.present_to, children.adult_day - 1), study.last_day)[measured.child]
    logit = (
        parameters.follow_up_logit
        + parameters.follow_up_logit_per_point * (totals - 16)
        + parameters.follow_up_logit_per_change_point * change
        + parameters.follow_up_disadvantage_logit * children.is_disadvantaged[measured.child]
        + parameters.follow_up_adviser_logit * measured.is_advised
    )
    comes: Flags = study.rng.random(len(totals)) < 1 / (1 + np.exp(-logit))
    return comes & (day + MOST_LAG_DAYS <= last)


def _drift_points(study: _Study, interval: Days) -> Numbers:
    """Change in points by district, institution and trend, whatever the model; 0 on average. Where districts' change goes
    with their level (`confounded`), part of it is the level's; where that grows (`confounded_rollout`), year by year."""
    parameters, measured, rng = study.parameters, study.measured, study.rng
    districts, institutions = len(study.children.district_level), study.geography.school_and_daycare_count
    of_level = study.children.district_level / max(np.sqrt(parameters.district_level_variance_share), 1e-12)
    with_level = parameters.district_change_level_correlation
    own = rng.normal(size=districts)
    sd = points_sd(parameters, parameters.district_change_variance_share)
    of_district = sd * (with_level * of_level + np.sqrt(1 - with_level**2) * own)
    of_institution = rng.normal(
        0.0, points_sd(parameters, parameters.institution_change_variance_share), size=institutions
    )
    trend = rng.normal(0.0, parameters.district_trend_sd_points_per_year, size=districts)
    change: Numbers = (
        of_district[measured.district]
        + of_institution[measured.institution]
        + trend[measured.district] * interval / DAYS_PER_YEAR
    )
    if parameters.level_trend_points_per_year:
        years = (measured.day - _mean(measured.day)) / DAYS_PER_YEAR
        change += parameters.level_trend_points_per_year * years * of_level[measured.district]
    return change


def _effect_points(study: _Study) -> Numbers:
    """Points fewer that the adviser model gives each child."""
    parameters = study.parameters
    is_disadvantaged = study.children.is_disadvantaged[study.measured.child]
    with_more = parameters.adviser_effect_points * (1 + parameters.adviser_effect_disadvantage_factor)
    return np.where(is_disadvantaged, with_more, parameters.adviser_effect_points)


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
            **{name: forms.impact[:, place] for place, name in enumerate(("ebddiff", *IMPACT_ITEMS))},
        }
    )
    answered = [*items.names, "ebddiff", *IMPACT_ITEMS]
    order = np.lexsort((forms.informant, forms.child, forms.day))
    return frame.with_columns(
        pl.col("institution_code").replace("", None),
        *(pl.when(pl.col(name) != MISSING).then(pl.col(name)).alias(name) for name in answered),
    )[order]
