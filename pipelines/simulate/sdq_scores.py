"""Which SDQ forms come as points that somebody else scored, and what does such a sender write: five scales, or a total only?

Some children have all their forms delivered as points and not as answers, so that their pairs hold together; some have them
delivered both ways. Some senders of those delivered both ways score wrongly, in ways that real senders do. Their row is
right in itself (the total is the sum of its scales), and the answers beside it show that it is not what the form says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.simulate.days import Days, Flags, Indices, Numbers, date_series
from pipelines.simulate.geography import Geography
from pipelines.simulate.parameters import ScoreDeliveryParameters, SdqParameters
from pipelines.simulate.population import Children
from pipelines.simulate.sdq import Forms, version_codes
from pipelines.simulate.sdq_items import DIFFICULTY_SCALES, INFORMANTS, MISSING, SCALES, TEACHER, Items, load_items

if TYPE_CHECKING:
    from pipelines.simulate.municipality import SimulatedMunicipality

NO_POINTS = -1
"""Too few answers for a score."""

ERROR_KINDS = ("half_rounded_to_even", "reversed_items_not_turned")
"""What a sender's scoring gets wrong: 2.5 becomes 2, or the five reversed items are counted as they stand."""
_NO_ERROR = -1
_FEWEST_ANSWERS = 3


@dataclass(frozen=True)
class ScoreDeliveries:
    """How each form is delivered: one entry per entry of `Forms`.

    `scales` (n, 5), in the order of SCALES, and `totals` are what the sender writes, NO_POINTS where it cannot be scored;
    `true_totals` is what the official syntax gives; `error` is a place in ERROR_KINDS, or -1. A form without a total is never
    `is_total_only`: there would be nothing to write.
    """

    has_answers: Flags
    has_points: Flags
    is_total_only: Flags
    scales: Indices
    totals: Indices
    true_totals: Indices
    error: Indices


def draw_score_deliveries(
    rng: np.random.Generator,
    forms: Forms,
    *,
    children_counts: Sequence[int],
    parameters: ScoreDeliveryParameters,
    sdq: SdqParameters,
) -> ScoreDeliveries:
    """How every form comes: as answers, as points or both; all forms of a child alike.

    `children_counts` is how many children each generation has: numbers are drawn for one after the other.
    """
    items = load_items(sdq)
    way, depth, habit = np.hstack([rng.random((3, count)) for count in children_counts])[:, forms.child]
    is_points_only = way < parameters.points_only_share
    is_both = ~is_points_only & (way < parameters.points_only_share + parameters.both_ways_share)
    scored = scale_points(forms.answers, items)
    true_totals = total_points(scored)
    scales, error = _with_errors(forms, items, scored, habit=np.where(is_both, habit, 1.0), parameters=parameters)
    return ScoreDeliveries(
        has_answers=~is_points_only,
        has_points=is_points_only | is_both,
        is_total_only=is_points_only & (depth < parameters.total_only_share) & (true_totals != NO_POINTS),
        scales=scales,
        totals=total_points(scales),
        true_totals=true_totals,
        error=error,
    )


def _with_errors(
    forms: Forms, items: Items, scored: Indices, *, habit: Numbers, parameters: ScoreDeliveryParameters
) -> tuple[Indices, Indices]:
    """Scales as the senders write them, and the kind of error per form: only errors that show in the total are made.

    `habit` says per form, from 0 to 1, how its sender scores; forms that must be right have 1.
    """
    to_even, unturned = parameters.rounds_to_even_share, parameters.forgets_turning_share
    has_habit = (habit < to_even, (habit >= to_even) & (habit < to_even + unturned))
    mistaken = (
        scale_points(forms.answers, items, rounds_half_up=False),
        scale_points(forms.answers, items, turns_reversed=False),
    )
    scales, error = scored, np.full(len(scored), _NO_ERROR)
    for kind in range(len(ERROR_KINDS)):
        errs = has_habit[kind] & (total_points(mistaken[kind]) != total_points(scored))
        scales = np.where(errs[:, None], mistaken[kind], scales)
        error[errs] = kind
    return scales, error


def scale_points(
    answers: NDArray[np.int8], items: Items, *, turns_reversed: bool = True, rounds_half_up: bool = True
) -> Indices:
    """The five scales 0-10 in the order of SCALES, shape (n, 5), NO_POINTS with fewer than three of five answers.

    By default the official way: reversed items are turned first, and what is scaled up is rounded half up.
    """
    is_open = answers == MISSING
    points = np.where(items.is_reversed, 2 - answers, answers) if turns_reversed else answers
    points = np.where(is_open, 0, points).astype(np.int64)
    scales = np.empty((len(answers), len(SCALES)), dtype=np.int64)
    for place, scale in enumerate(SCALES):
        columns = [column for column, name in enumerate(items.scales) if name == scale]
        answered = (~is_open[:, columns]).sum(axis=1)
        prorated = 5 * points[:, columns].sum(axis=1) / np.maximum(answered, 1)
        rounded = np.floor(prorated + 0.5) if rounds_half_up else np.rint(prorated)
        scales[:, place] = np.where(answered >= _FEWEST_ANSWERS, rounded, NO_POINTS)
    return scales


def total_points(scales: Indices) -> Indices:
    """Total difficulties 0-40 from scales in the order of SCALES, shape (n,), NO_POINTS where one of the four is missing."""
    difficulties = scales[:, : len(DIFFICULTY_SCALES)]
    return np.where((difficulties == NO_POINTS).any(axis=1), NO_POINTS, difficulties.sum(axis=1))


def impact_points(impact: NDArray[np.int8], informant: Indices) -> Indices:
    """Impact by the official rule, shape (n,): "no" to the first question is 0; 2 counts 1, 3 counts 2; NO_POINTS without any
    answer. `impact` (n, 6) holds the first question and five items; the teacher's form has no second and fifth of them."""
    difficulties, given = impact[:, 0], impact[:, 1:].astype(np.int64)
    is_asked = np.ones(given.shape, dtype=bool)
    is_asked[np.ix_(informant == TEACHER, [1, 4])] = False
    is_answered = is_asked & (given != MISSING)
    counted = np.where(is_answered, np.maximum(given - 1, 0), 0).sum(axis=1)
    return np.where(difficulties == 0, 0, np.where(is_answered.any(axis=1), counted, NO_POINTS))


def forms_with_answers(forms: Forms, deliveries: ScoreDeliveries) -> Forms:
    """The forms whose answers are delivered."""
    at = np.flatnonzero(deliveries.has_answers)
    return Forms(
        child=forms.child[at],
        informant=forms.informant[at],
        occasion=forms.occasion[at],
        day=forms.day[at],
        institution=forms.institution[at],
        answers=forms.answers[at],
        impact=forms.impact[at],
    )


def score_rows(forms: Forms, deliveries: ScoreDeliveries, children: Children, geography: Geography) -> pl.DataFrame:
    """One row per form delivered as points, contract columns, in the order of day and child.

    Who keeps only a total keeps neither impact nor version.
    """
    at = np.flatnonzero(deliveries.has_points)
    at = at[np.lexsort((forms.informant[at], forms.child[at], forms.day[at]))]
    child, informant, day = forms.child[at], forms.informant[at], forms.day[at]
    codes = np.array([*geography.codes, ""])
    points = {f"{scale}_points": deliveries.scales[at, place] for place, scale in enumerate(SCALES)}
    points |= {"impact_points": impact_points(forms.impact[at], informant)}
    is_total_only = pl.Series(values=deliveries.is_total_only[at])
    frame = pl.DataFrame(
        {
            "child_id": np.array(children.numbers)[child],
            "answered_date": date_series(day),
            "informant_code": np.array(INFORMANTS)[informant],
            "version_code": pl.Series(values=version_codes(children, child, day), dtype=pl.String),
            "is_follow_up_form": forms.occasion[at] == 1,
            "institution_code": codes[forms.institution[at]],
            **{name: points[name] for name in points if name != "impact_points"},
            "total_points": deliveries.totals[at],
            "impact_points": points["impact_points"],
        }
    )
    return frame.with_columns(
        pl.col("institution_code").replace("", None),
        pl.when(~is_total_only).then(pl.col("version_code")).alias("version_code"),
        *(
            pl.when(~is_total_only & (pl.col(name) != NO_POINTS)).then(pl.col(name)).alias(name)
            for name in points
        ),
        pl.when(pl.col("total_points") != NO_POINTS).then(pl.col("total_points")).alias("total_points"),
    )  # fmt: skip


def score_files(frame: pl.DataFrame, *, period: str) -> list[tuple[str, pl.DataFrame]]:
    """File names without ending, and the rows in each: one sender writes scales, another a total only; no empty file."""
    scales = [name for name in frame.columns if name.endswith("_points") and name != "total_points"]
    is_total_only = frame.select(pl.all_horizontal(pl.col(scales).is_null())).to_series()
    files = [
        (f"sdq_skalaer_{period}", frame.filter(~is_total_only)),
        (f"sdq_i_alt_{period}", frame.filter(is_total_only)),
    ]
    return [(name, rows) for name, rows in files if len(rows)]


def score_source_truth(simulated: SimulatedMunicipality) -> list[dict[str, Any]]:
    """Per kind of informant: forms, and how many come with answers, as points only (of those a total only) and both ways."""
    deliveries, informant = simulated.score_deliveries, simulated.sdq.forms.informant
    is_points_only = deliveries.has_points & ~deliveries.has_answers
    counted = {
        "forms_count": np.ones(len(informant), dtype=bool),
        "answers_count": deliveries.has_answers,
        "points_only_count": is_points_only,
        "total_only_count": deliveries.is_total_only,
        "both_ways_count": deliveries.has_points & deliveries.has_answers,
    }
    return [
        {"informant_code": name, **{count: int(flags[informant == kind].sum()) for count, flags in counted.items()}}
        for kind, name in enumerate(INFORMANTS)
    ]


def scoring_error_truth(simulated: SimulatedMunicipality) -> list[dict[str, Any]]:
    """One row per form that its sender scored wrongly: when, by whom and where, the kind, and both totals."""
    deliveries, forms = simulated.score_deliveries, simulated.sdq.forms
    at = np.flatnonzero(deliveries.error != _NO_ERROR)
    codes = [*simulated.geography.codes, None]
    days: Days = forms.day[at]
    return [
        {
            "answered_date": day.isoformat(),
            "informant_code": INFORMANTS[forms.informant[place]],
            "institution_code": codes[forms.institution[place]],
            "kind": ERROR_KINDS[deliveries.error[place]],
            "delivered_total_points": int(deliveries.totals[place]),
            "true_total_points": int(deliveries.true_totals[place]),
        }
        for place, day in zip(at.tolist(), date_series(days).to_list(), strict=True)
    ]
