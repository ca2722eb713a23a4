"""Is the made-up municipality like the real thing: what was drawn, beside the figures it was meant to have.

Every figure is about all children who could have been measured or placed, not only those delivered. Sums are whole numbers
and the rest is plain arithmetic on them, so that the same draw gives the same digits on every machine.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.simulate.days import Flags, Indices, day_number
from pipelines.simulate.municipality import SimulatedMunicipality
from pipelines.simulate.parameters import MODEL
from pipelines.simulate.schooling import LOWEST_SEGREGATED_RUNG, Placements
from pipelines.simulate.sdq import MOST_LAG_DAYS
from pipelines.simulate.sdq_items import DIFFICULTY_SCALES, PARENT, SCALES, Items, load_items

GOODMAN = "Goodman 2001, British 5-15 years, as cited from memory"
PRESCHOOL_TO_TEEN = "PMC9004049 table 2, ages 4-14, between .65 and .83"
NATIONAL_SEX_SHARES = "STIL, pupils outside ordinary classes 2018/19"
TOLERATED_STANDARD_ERRORS = 2

_ALPHAS: Mapping[str, Mapping[str, float]] = {
    "parent": {"total": 0.82, "emotional": 0.67, "conduct": 0.63, "hyper": 0.77, "peer": 0.57},
    "teacher": {"total": 0.87, "emotional": 0.78, "conduct": 0.74, "hyper": 0.88, "peer": 0.70},
}
_ALPHA_TOLERANCE = 0.05
_SCALES_DANISH: Mapping[str, str] = {
    "total": "samlet score", "emotional": "følelser", "conduct": "adfærd", "hyper": "uro", "peer": "kammerater",
    "prosocial": "sociale styrker",
}  # fmt: skip
_INFORMANTS_DANISH: Mapping[str, str] = {"parent": "forældre", "teacher": "lærere"}


@dataclass(frozen=True)
class Target:
    """One figure: what it was meant to be, and what was drawn.

    `title` is Danish. `target` is None where there is no figure to hold against; `tolerance` is None where the figure is only
    shown. `drawn` and `standard_error` are None where there are too few children for them; `children_count` is how many.
    """

    name: str
    title: str
    unit: str
    target: float | None
    tolerance: float | None
    drawn: float | None
    standard_error: float | None
    children_count: int
    source: str

    @property
    def is_target(self) -> bool:
        """Whether the figure is aimed at, not only shown."""
        return self.tolerance is not None

    @property
    def is_met(self) -> bool | None:
        """Whether the drawn figure lies within the tolerance, with two standard errors for chance; None where it is only
        shown or could not be drawn."""
        if self.target is None or self.tolerance is None or self.drawn is None:
            return None
        allowed = self.tolerance + TOLERATED_STANDARD_ERRORS * (self.standard_error or 0.0)
        return abs(self.drawn - self.target) <= allowed


def targets(simulated: SimulatedMunicipality) -> tuple[Target, ...]:
    """Drawn figures beside their targets: SDQ scores, reliability, referral and follow-up, sex, and share outside ordinary
    classes."""
    items = load_items(simulated.parameters.sdq)
    return (
        *_score_targets(simulated, items),
        *_alpha_targets(simulated, items),
        *_referral_targets(simulated, items),
        *_school_targets(simulated),
    )


def target_rows(simulated: SimulatedMunicipality) -> list[dict[str, Any]]:
    """One row per target for the truth file, figures rounded to four decimals."""
    return [
        {
            "name": item.name,
            "unit": item.unit,
            "target": item.target,
            "tolerance": item.tolerance,
            "drawn": _rounded(item.drawn),
            "standard_error": _rounded(item.standard_error),
            "children_count": item.children_count,
            "is_target": item.is_target,
            "is_met": item.is_met,
            "source": item.source,
        }
        for item in targets(simulated)
    ]


def cronbachs_alpha(answers: NDArray[np.int8]) -> float | None:
    """Cronbach's alpha of complete answers (n, k) that all go the same way; None without spread in their sum.

    k / (k - 1) times (1 - sum of the items' variances / variance of their sum) (Cronbach 1951).
    """
    item_count = int(answers.shape[1])
    whole = _variance(answers.sum(axis=1, dtype=np.int64))
    if not whole:
        return None
    parts = math.fsum(_variance(answers[:, place].astype(np.int64)) or 0.0 for place in range(item_count))
    return item_count / (item_count - 1) * (1 - parts / whole)


def _score_targets(simulated: SimulatedMunicipality, items: Items) -> Iterator[Target]:
    sdq = simulated.sdq
    parent, teacher = sdq.parent_totals(items), sdq.teacher_totals(items)
    count, sd = len(parent), _sd(parent)
    yield Target(
        "parent_total_mean", "SDQ samlet score, forældre: gennemsnit", "points", 7.4, 0.2,
        _mean(parent), _error(sd, count), count, MODEL + ", step 2",
    )  # fmt: skip
    yield Target(
        "parent_total_sd", "SDQ samlet score, forældre: spredning", "points", 5.4, 0.2, sd, _error_of_sd(parent), count,
        MODEL + ", step 2",
    )  # fmt: skip
    agreement = _correlation(parent, teacher)
    yield Target(
        "parent_teacher_correlation", "Forældre og lærere: korrelation, samlet score", "correlation", 0.30, 0.05,
        agreement, _error_of_correlation(agreement, count), count, "Goodman 2001: mean cross-informant .34; about .3 wanted",
    )  # fmt: skip
    retest = _correlation(parent, sdq.parent_total_unadvised)
    yield Target(
        "parent_retest_correlation", "Forældre, et halvt år efter, uden indsats: korrelation", "correlation", 0.65, 0.05,
        retest, _error_of_correlation(retest, count), count, MODEL + ", step 2; Goodman 2001 .62, Japan 2020 .62",
    )  # fmt: skip
    is_boy = simulated.children.is_boy[sdq.child]
    for name, title, chosen, norm in (("boys", "drenge", is_boy, 9.1), ("girls", "piger", ~is_boy, 7.8)):
        scores = parent[chosen]
        yield Target(
            f"parent_total_mean_{name}", f"SDQ samlet score, forældre: gennemsnit for {title}", "points", norm, None,
            _mean(scores), _error(_sd(scores), len(scores)), len(scores), "British norm, 5-15 years; only shown",
        )  # fmt: skip


def _alpha_targets(simulated: SimulatedMunicipality, items: Items) -> Iterator[Target]:
    whose = {"parent": simulated.sdq.parent_answers, "teacher": simulated.sdq.teacher_answers}
    for informant, answers in whose.items():
        for scale in ("total", *SCALES):
            wanted = DIFFICULTY_SCALES if scale == "total" else (scale,)
            alpha = cronbachs_alpha(answers[:, np.isin(items.scales, wanted)]) if len(answers) else None
            known = _ALPHAS[informant].get(scale)
            yield Target(
                f"alpha_{informant}_{scale}",
                f"Cronbachs alfa, {_INFORMANTS_DANISH[informant]}: {_SCALES_DANISH[scale]}",
                "alpha",
                known,
                None if known is None else _ALPHA_TOLERANCE,
                alpha,
                _error_of_alpha(alpha, len(wanted) * 5, len(answers)),
                len(answers),
                PRESCHOOL_TO_TEEN + "; only shown" if known is None else GOODMAN,
            )


def _referral_targets(simulated: SimulatedMunicipality, items: Items) -> Iterator[Target]:
    sdq = simulated.sdq
    first, referred = sdq.parent_totals(items), sdq.is_referred
    share = _share(int(referred.sum()), len(first))
    yield Target(
        "referred_share", "Henvist", "share", 0.18, 0.02, share, _error_of_share(share, len(first)), len(first),
        MODEL + ", step 2",
    )  # fmt: skip
    at_referral = first[referred]
    yield Target(
        "referred_total_mean", "Gennemsnit ved henvisning, forældre", "points", 15.1, None, _mean(at_referral),
        _error(_sd(at_referral), len(at_referral)), len(at_referral),
        MODEL + ", step 2, for normal scores; ours lean to the right as real ones do, so only shown",
    )  # fmt: skip
    came = referred & sdq.is_followed
    change = (sdq.parent_total_unadvised - first)[came]
    yield Target(
        "change_without_effect", "Ændring et halvt år efter, uden virkning af indsats", "points", -2.6, 0.4,
        _mean(change), _error_by_district(change, sdq.district[came]), len(change), MODEL + ", step 2",
    )  # fmt: skip
    due, followed = _follow_up_due(simulated)
    back = _share(followed, due)
    yield Target(
        "followed_up_share", "Målt igen, af dem hvor tiden var til det", "share", 0.77, 0.03, back,
        _error_of_share(back, due), due, MODEL + ", step 5",
    )  # fmt: skip


def _follow_up_due(simulated: SimulatedMunicipality) -> tuple[int, int]:
    """Referred children who stayed and stayed under 18 long enough for the latest second form, and how many had one."""
    sdq, children, parameters = simulated.sdq, simulated.children, simulated.parameters.sdq
    first = (sdq.forms.informant == PARENT) & (sdq.forms.occasion == 0)
    child, day = sdq.forms.child[first], sdq.forms.day[first]
    end = np.full(len(child), day_number(simulated.data_end_date))
    last = np.minimum(np.minimum(children.present_to[child], children.adult_day[child] - 1), end)
    due = day + max(parameters.late_follow_up_days, parameters.follow_up_most_days) + MOST_LAG_DAYS <= last
    followed = sdq.is_followed[np.searchsorted(sdq.child, child)]
    return int(due.sum()), int((due & followed).sum())


def _school_targets(simulated: SimulatedMunicipality) -> Iterator[Target]:
    children = simulated.children
    boys = _share(int(children.is_boy.sum()), children.count)
    yield Target(
        "boys_share", "Drenge", "share", 0.513, 0.01, boys, _error_of_share(boys, children.count), children.count,
        "usual sex ratio at birth",
    )  # fmt: skip
    who, rung = _pupils(simulated)
    is_boy = children.is_boy[who]
    groups: tuple[tuple[str, str, Flags, float, float | None, str], ...] = (
        ("", "Elever uden for almene klasser", np.ones(len(who), dtype=bool), 0.055, 0.005, "5-6 % wanted; STIL"),
        ("_boys", "Elever uden for almene klasser: drenge", is_boy, 0.075, None, NATIONAL_SEX_SHARES + "; only shown"),
        ("_girls", "Elever uden for almene klasser: piger", ~is_boy, 0.029, None, NATIONAL_SEX_SHARES + "; only shown"),
    )
    for name, title, chosen, wanted, tolerance, source in groups:
        outside = _share(int((rung[chosen] >= LOWEST_SEGREGATED_RUNG).sum()), int(chosen.sum()))
        # pupils of one district share its level: a plain standard error would promise too much
        error = _error_by_district(
            np.where(rung[chosen] >= LOWEST_SEGREGATED_RUNG, 1, 0), children.district_first[who[chosen]]
        )
        yield Target(
            f"outside_ordinary_classes_share{name}", title, "share", wanted, tolerance, outside, error, int(chosen.sum()),
            source,
        )  # fmt: skip


def _pupils(simulated: SimulatedMunicipality) -> tuple[Indices, Indices]:
    """Children in grade 0-9, private schools left out, on the last 30 September of the data, and their education rung."""
    end = simulated.data_end_date
    day = date(end.year if (end.month, end.day) >= (9, 30) else end.year - 1, 9, 30)
    children, placed = simulated.children, simulated.placements
    everyone, days = np.arange(children.count), np.full(children.count, day_number(day))
    place = placed.on(everyone, days)
    counted = (place >= 0) & children.is_resident_on(everyone, days) & _is_public_school(simulated, placed, place)
    return everyone[counted], placed.rung[place[counted]]


def _is_public_school(simulated: SimulatedMunicipality, placed: Placements, place: Indices) -> Flags:
    grade, institution = placed.grade[place], placed.institution[place]
    is_public: Flags = (grade >= 0) & (grade <= 9) & (institution != simulated.geography.private_school)
    return is_public


def _mean(values: Indices) -> float | None:
    return int(values.sum()) / len(values) if len(values) else None


def _variance(values: Indices) -> float | None:
    count = len(values)
    if count < 2:
        return None
    total, squares = int(values.sum()), int((values * values).sum())
    return (count * squares - total * total) / (count * (count - 1))


def _sd(values: Indices) -> float | None:
    variance = _variance(values)
    return None if variance is None else math.sqrt(variance)


def _correlation(first: Indices, second: Indices) -> float | None:
    one, other, count = _variance(first), _variance(second), len(first)
    if not one or not other:
        return None
    crossed = count * int((first * second).sum()) - int(first.sum()) * int(second.sum())
    return crossed / (count * (count - 1)) / math.sqrt(one * other)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _error(sd: float | None, count: int) -> float | None:
    return None if sd is None else sd / math.sqrt(count)


def _error_of_share(share: float | None, count: int) -> float | None:
    return None if share is None else math.sqrt(share * (1 - share) / count)


def _error_of_sd(values: Indices) -> float | None:
    """By the fourth moment: sd sqrt((kurtosis - 1) / 4n)."""
    sd, mean, count = _sd(values), _mean(values), len(values)
    if not sd or mean is None:
        return None
    points, counts = np.unique(values, return_counts=True)
    pairs = zip(points.tolist(), counts.tolist(), strict=True)
    kurtosis = math.fsum(number * ((point - mean) / sd) ** 4 for point, number in pairs) / count
    # with a handful of values the SD by n - 1 makes the kurtosis less than 1
    return sd * math.sqrt(max(kurtosis - 1, 0.0) / (4 * count))


def _error_of_correlation(correlation: float | None, count: int) -> float | None:
    return None if correlation is None else (1 - correlation * correlation) / math.sqrt(count)


def _error_of_alpha(alpha: float | None, item_count: int, count: int) -> float | None:
    """(1 - alpha) sqrt(2k / ((k - 1)(n - 2))) (Bonett 2002)."""
    if alpha is None or count < 3:
        return None
    return (1 - alpha) * math.sqrt(2 * item_count / ((item_count - 1) * (count - 2)))


def _error_by_district(values: Indices, district: Indices) -> float | None:
    """Of a mean whose districts move as wholes: from the spread of district means about it, weighted by their children."""
    mean, count = _mean(values), len(values)
    sizes = np.bincount(district).tolist()
    sums = [int(values[district == place].sum()) for place in range(len(sizes))]
    met = [(size, total) for size, total in zip(sizes, sums, strict=True) if size]
    if mean is None or len(met) < 2:
        return None
    squares = math.fsum(((total - size * mean) / count) ** 2 for size, total in met)
    return math.sqrt(len(met) / (len(met) - 1) * squares)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
