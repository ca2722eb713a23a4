"""How do answers follow from latent scores: the 25 items, a graded response model (probit), and the way from points back.

An item is answered 0, 1 or 2 by where a latent score, the child's with noise, lies between two cuts. So scale sums follow the
latent scores and cannot leave 0-10. Item wording is nowhere; items are known by their official short names.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from pipelines.codes import load_code_table
from pipelines.simulate.days import Flags, Indices, Numbers
from pipelines.simulate.parameters import SdqParameters

INFORMANTS = ("parent", "teacher", "self")
PARENT, TEACHER, SELF = range(3)
DIFFICULTY_SCALES = ("emotional", "conduct", "hyper", "peer")
PROSOCIAL = "prosocial"
SCALES = (*DIFFICULTY_SCALES, PROSOCIAL)
IMPACT_ITEMS = ("distres", "imphome", "impfrie", "impclas", "impleis")
MISSING = -1

_ITEM_MEANS: Mapping[str, float] = {
    "somatic": 0.55, "worries": 0.40, "unhappy": 0.30, "clingy": 0.40, "afraid": 0.35,
    "tantrum": 0.45, "obeys": 0.35, "fights": 0.10, "lies": 0.25, "steals": 0.08,
    "restles": 0.55, "fidgety": 0.45, "distrac": 0.65, "reflect": 0.60, "attends": 0.60,
    "loner": 0.35, "friend": 0.20, "popular": 0.25, "bullied": 0.15, "oldbest": 0.40,
    "consid": 0.30, "shares": 0.35, "caring": 0.25, "kind": 0.25, "helpout": 0.45,
}  # fmt: skip
"""Mean points of difficulty per item in the population (prosocial items: points short of 2). Sum of the twenty: 7.43."""

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
    loading: Numbers
    """Correlation of each item with its scale, which differs by informant."""
    is_prosocial: Flags
    """Prosocial items are drawn as what is missing to 2 points, so all 25 go the same way; the answer is turned back."""


def load_items(parameters: SdqParameters, *, informant: int = PARENT) -> Items:
    """Items with thresholds that give each its mean, and the loadings of a kind of informant."""
    rows = sorted(load_code_table("sdq_items").rows, key=lambda row: int(row["item_number"]))
    names = tuple(row["code"] for row in rows)
    low, high = _thresholds(np.array([_ITEM_MEANS[name] for name in names]), parameters.two_points_ratio)
    scales = tuple(row["scale_code"] for row in rows)
    loadings = parameters.teacher_item_loadings if informant == TEACHER else parameters.item_loadings
    return Items(
        names=names,
        scales=scales,
        is_reversed=np.array([row["is_reversed"] == "true" for row in rows]),
        low_cut=low,
        high_cut=high,
        loading=np.array([loadings[SCALES.index(scale)] for scale in scales]),
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
    """Expected total score of a general latent score, and the way back.

    With `known_variance` below 1, of that part of the general score that has this variance: the rest is averaged over.
    """

    def __init__(self, items: Items, parameters: SdqParameters, *, known_variance: float = 1.0) -> None:
        """Tabulate the curve of the twenty difficulty items."""
        self.latent = np.linspace(-6.0, 8.0, 2801)
        total = np.zeros_like(self.latent)
        for position in np.flatnonzero(~items.is_prosocial).tolist():
            low, high = items.low_cut[position], items.high_cut[position]
            slope = items.loading[position] * np.sqrt(parameters.general_variance_share)
            scale = np.sqrt(1 - slope**2 * known_variance)
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


def draw_item_noise(rng: np.random.Generator, items: Items, count: int) -> Numbers:
    """What one answer has of its own, shape (25, count), standard normal."""
    return rng.normal(size=(len(items.names), count))


def answers_of(
    items: Items, parameters: SdqParameters, general: Numbers, specific: Numbers, noise: Numbers
) -> NDArray[np.int8]:
    """Points of difficulty 0-2 per item, shape (n, 25), all going the same way (as scored, not as delivered).

    The same noise gives the same child on the same day: two general scores show what an effect does to the answers.
    """
    share = parameters.general_variance_share
    answers = np.empty((len(general), len(items.names)), dtype=np.int8)
    for position, scale in enumerate(items.scales):
        own = specific[:, SCALES.index(scale)]
        if scale == PROSOCIAL:
            weight = -parameters.prosocial_correlation
            latent = weight * general + np.sqrt(1 - weight**2) * own
        else:
            latent = np.sqrt(share) * general + np.sqrt(1 - share) * own
        loading = items.loading[position]
        seen = loading * latent + np.sqrt(1 - loading**2) * noise[position]
        answers[:, position] = (seen > items.low_cut[position]).astype(np.int8) + (seen > items.high_cut[position])
    return answers


def difficulty_total(items: Items, answers: NDArray[np.int8]) -> Indices:
    """Total difficulties 0-40 of complete answers that all go the same way, shape (n,)."""
    totals: Indices = answers[:, ~items.is_prosocial].astype(np.int64).sum(axis=1)
    return totals


def turned_back(items: Items, answers: NDArray[np.int8]) -> NDArray[np.int8]:
    """Answers as on the form: reversed and prosocial items count the other way."""
    return np.where(items.is_reversed | items.is_prosocial, 2 - answers, answers).astype(np.int8)


def with_open_answers(
    rng: np.random.Generator, items: Items, answers: NDArray[np.int8], parameters: SdqParameters
) -> NDArray[np.int8]:
    """Some answers left open, and in a few forms four of the five items of one scale."""
    is_open = rng.random(answers.shape) < parameters.missing_item_share
    skips = rng.random(len(answers)) < parameters.missing_scale_share
    skipped_scale = rng.integers(0, len(DIFFICULTY_SCALES), size=len(answers))
    scale_number = np.array([SCALES.index(scale) for scale in items.scales])
    kept = np.array([items.scales[:place].count(scale) == 0 for place, scale in enumerate(items.scales)])
    is_open |= skips[:, None] & (scale_number == skipped_scale[:, None]) & ~kept
    return np.where(is_open, MISSING, answers).astype(np.int8)


def draw_impact(rng: np.random.Generator, general: Numbers, informant: int) -> NDArray[np.int8]:
    """First question 0-3, then five impact items 0-3; open when the first answer is 0 or the form has no such item."""
    noise = rng.normal(size=(len(general), 1 + len(IMPACT_ITEMS)))
    seen = 0.7 * general[:, None] + np.sqrt(1 - 0.7**2) * noise
    difficulties = np.digitize(seen[:, :1], _DIFFICULTY_CUTS)
    impact = np.digitize(seen[:, 1:], _IMPACT_CUTS)
    is_open = np.broadcast_to(difficulties == 0, impact.shape).copy()
    if informant == TEACHER:
        is_open |= np.isin(IMPACT_ITEMS, _TEACHER_LACKS)
    return np.hstack([difficulties, np.where(is_open, MISSING, impact)]).astype(np.int8)
