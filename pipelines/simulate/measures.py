"""Which help did a child get: the social track as measures, under the law of the time.

Help goes on unchanged when barnets lov replaces serviceloven: a measure across that day becomes two rows with consecutive
dates. Longer measures may have a short gap in the register, and some children have a second, lower measure meanwhile.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from pipelines.codes import load_code_table
from pipelines.simulate.days import NEVER, Days, Flags, Indices, date_series, day_number
from pipelines.simulate.ladder import HIGHEST_STEP, Entries, Hazards, Histories, draw_away_factors, simulate_histories
from pipelines.simulate.parameters import LadderParameters
from pipelines.simulate.population import Children, draw_at_risk
from pipelines.simulate.practice import Practice

RUNG_OF_STEP = np.array([0, 2, 3, 4, 5, 6])
"""Social rung of each step of the model. Rung 1 comes from meetings about the child, not from measures."""

_OLD_LAW = {
    1: (("SEL-11-3", 1.0),),
    2: (
        ("SEL-52-3-2", 0.25), ("SEL-52-3-3", 0.30), ("SEL-52-3-5", 0.12), ("SEL-52-3-6", 0.25), ("SEL-52-3-9", 0.08),
    ),
}  # fmt: skip
_PLACES = {
    3: (("1", 1.0),),
    4: (("23", 0.55), ("24", 0.25), ("25", 0.12), ("11", 0.05), ("6", 0.03)),
    5: (("9", 0.50), ("27", 0.40), ("7", 0.08), ("8", 0.02)),
}
"""Paragraph before 2024 of steps 1-2, and kind of place of steps 3-5, with shares (assumption)."""

REASONS = ("goal_reached", "replaced", "aged_out", "moved", "other")
_GOAL, _REPLACED, _AGED_OUT, _MOVED, _OTHER = range(5)
_NO_REASON = -1


@dataclass(frozen=True)
class _Segments:
    """Measures before numbering, one entry each; `stop` is the last day, NEVER while it lasts."""

    child: Indices
    paragraph: Indices
    place: Indices
    start: Days
    stop: Days
    reason: Indices

    def of(self, chosen: Indices | Flags) -> "_Segments":
        return _Segments(
            self.child[chosen], self.paragraph[chosen], self.place[chosen], self.start[chosen], self.stop[chosen],
            self.reason[chosen],
        )  # fmt: skip


def draw_social_histories(
    rng: np.random.Generator,
    children: Children,
    parameters: LadderParameters,
    *,
    data_end: date,
    practice: Practice | None = None,
) -> Histories:
    """Step histories on the social track from birth or moving in; spells that ended before the register are left out.

    `practice` is the districts' that another generation met; without one they are drawn.
    """
    end, practice = day_number(data_end), practice or Practice()
    at_risk = np.flatnonzero(draw_at_risk(rng, children, parameters, practice, share=parameters.social_at_risk_share))
    hazards = Hazards(parameters.social_away_hazards_per_year, parameters.social_towards_hazards_per_year)
    stop = np.minimum(np.minimum(children.present_to[at_risk], end) + 1, children.adult_day[at_risk])
    entries = Entries(
        child=at_risk,
        start=np.maximum(children.birth_day[at_risk] + 30, children.present_from[at_risk]),
        last_move_day=stop - 1 - parameters.registration_lag_days,
        stop=stop,
        highest_step=np.full(len(at_risk), HIGHEST_STEP),
        adviser_from=children.adviser_from[at_risk],
        away_factor=draw_away_factors(
            rng, children.district_last[at_risk], parameters, practice, count=len(children.district_level)
        ),
    )
    whole = simulate_histories(rng, entries, hazards, parameters)
    known = whole.stop > day_number(social_history_start(parameters, data_end))
    return Histories(whole.child[known], whole.step[known], whole.start[known], whole.stop[known])


def social_history_start(parameters: LadderParameters, data_end: date) -> date:
    """The register's first day: a measure that ended before it is not delivered."""
    return date(data_end.year - parameters.social_history_years, 1, 1)


def measure_rows(
    rng: np.random.Generator, histories: Histories, children: Children, parameters: LadderParameters, *, data_end: date
) -> pl.DataFrame:
    """One row per measure, contract columns; numbered in the order of start and child."""
    old_codes, successors = _law_codes()
    main = _main_measures(rng, histories, children, parameters, old_codes, end=day_number(data_end))
    known_days = np.minimum(main.stop, day_number(data_end)) - main.start
    has_gap = (rng.random(len(known_days)) < parameters.gap_share) & (known_days > 200)
    has_second = (rng.random(len(known_days)) < parameters.second_measure_share) & (known_days > 120) & ~has_gap
    gapped = _with_gaps(rng, main, parameters, has_gap)
    second = _second_measures(rng, main.of(has_second), old_codes)
    whole = _concatenated([gapped, second])
    new_law = day_number(parameters.law_change_date)
    before, after = _split_by_law(whole, new_law)
    segments = _concatenated([before, after])
    is_new = segments.start >= new_law
    codes = np.where(is_new, successors[segments.paragraph], old_codes[segments.paragraph])
    order = np.lexsort((codes, segments.child, segments.start))
    segments, codes = segments.of(order), codes[order]
    places = np.array(["", *_place_codes()])[segments.place + 1]
    reasons = np.array(["", *REASONS])[segments.reason + 1]
    return pl.DataFrame(
        {
            "child_id": np.array(children.numbers)[segments.child],
            "measure_id": [f"Y{number:06d}" for number in range(1, len(codes) + 1)],
            "paragraph_code": codes,
            "place_code": places,
            "start_date": date_series(segments.start),
            "end_date": date_series(segments.stop),
            "end_reason_code": reasons,
        }
    ).with_columns(pl.col("place_code", "end_reason_code").replace("", None))


def _law_codes() -> tuple[np.ndarray, np.ndarray]:
    """Codes of serviceloven, and at the same positions those of barnets lov, from the dated crosswalk."""
    rows = [row for row in load_code_table("paragraphs").rows if row["successor_code"]]
    return np.array([row["code"] for row in rows]), np.array([row["successor_code"] for row in rows])


def _place_codes() -> list[str]:
    return [code for places in _PLACES.values() for code, _ in places]


def _pick(rng: np.random.Generator, options: tuple[tuple[str, float], ...], positions: list[str], size: int) -> Indices:
    shares = np.array([share for _, share in options])
    drawn = rng.choice(len(options), size=size, p=shares / shares.sum())
    return np.array([positions.index(code) for code, _ in options])[drawn]


def _main_measures(
    rng: np.random.Generator, histories: Histories, children: Children, parameters: LadderParameters,
    old_codes: np.ndarray, *, end: int,
) -> _Segments:  # fmt: skip
    """One measure per spell above step 0, with paragraph, place and why it ended."""
    count, law = len(histories.step), old_codes.tolist()
    paragraph, place = np.zeros(count, dtype=np.int64), np.full(count, -1)
    with_consent = rng.random(count) < parameters.consent_share
    for step in range(1, HIGHEST_STEP + 1):
        here = histories.step == step
        if step in _OLD_LAW:
            paragraph[here] = _pick(rng, _OLD_LAW[step], law, int(here.sum()))
        else:
            paragraph[here] = np.where(with_consent[here], law.index("SEL-52-3-7"), law.index("SEL-58"))
            place[here] = _pick(rng, _PLACES[step], _place_codes(), int(here.sum()))
    stop = np.where(histories.stop > end, NEVER, histories.stop - 1)
    whole = _Segments(
        histories.child, paragraph, place, histories.start, stop, _end_reasons(rng, histories, children, end=end)
    )
    return whole.of(histories.step > 0)


def _end_reasons(rng: np.random.Generator, histories: Histories, children: Children, *, end: int) -> Indices:
    goes_on = np.append(histories.child[1:] == histories.child[:-1], False)
    next_step = np.append(histories.step[1:], 0)
    adult = histories.stop == children.adult_day[histories.child]
    closed = np.where(rng.random(len(goes_on)) < 0.75, _GOAL, _OTHER)
    after_move = np.where(next_step == 0, closed, _REPLACED)
    return np.select(
        [histories.stop > end, goes_on, adult], [np.full(len(goes_on), _NO_REASON), after_move, np.full(len(goes_on), _AGED_OUT)],
        _MOVED,
    )  # fmt: skip


def _with_gaps(rng: np.random.Generator, main: _Segments, parameters: LadderParameters, has_gap: Flags) -> _Segments:
    """The measures, those with `has_gap` as two with a short gap between: the register's gap, not the child's."""
    pause = main.start + 60 + rng.integers(0, 60, size=len(has_gap))
    gap_days = rng.integers(5, parameters.gap_most_days + 1, size=len(has_gap))
    first = _Segments(
        main.child, main.paragraph, main.place, main.start, np.where(has_gap, pause, main.stop),
        np.where(has_gap, _OTHER, main.reason),
    )  # fmt: skip
    again = _Segments(main.child, main.paragraph, main.place, pause + gap_days + 1, main.stop, main.reason)
    return _concatenated([first, again.of(has_gap)])


def _second_measures(rng: np.random.Generator, longer: _Segments, old_codes: np.ndarray) -> _Segments:
    """Early help strictly inside longer measures: it changes no rung, but a sum over measures would count it."""
    count = len(longer.child)
    paragraph = np.full(count, old_codes.tolist().index("SEL-11-3"))
    start = longer.start + 20
    stop = start + rng.integers(20, 70, size=count)
    return _Segments(longer.child, paragraph, np.full(count, -1), start, stop, np.full(count, _GOAL))


def _split_by_law(segments: _Segments, new_law: int) -> tuple[_Segments, _Segments]:
    """Segments up to the law change (with those that begin later), and the continuations from that day on."""
    crosses = (segments.start < new_law) & (segments.stop >= new_law)
    before = _Segments(
        segments.child, segments.paragraph, segments.place, segments.start,
        np.where(crosses, new_law - 1, segments.stop), np.where(crosses, _REPLACED, segments.reason),
    )  # fmt: skip
    after = _Segments(
        segments.child,
        segments.paragraph,
        segments.place,
        np.full(len(segments.child), new_law),
        segments.stop,
        segments.reason,
    )
    return before, after.of(crosses)


def _concatenated(parts: list[_Segments]) -> _Segments:
    return _Segments(
        np.concatenate([part.child for part in parts]),
        np.concatenate([part.paragraph for part in parts]),
        np.concatenate([part.place for part in parts]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.stop for part in parts]),
        np.concatenate([part.reason for part in parts]),
    )
