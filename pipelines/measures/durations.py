"""How long does a stay on a rung last? Every stay counted for the time it was seen, begun late or unfinished as it may be.

Two simple averages answer another question. Among stays running on one day the long ones are over-represented, as one is more
likely to meet them; and of those that began after the register did, only the short ones have had time to end.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pipelines.measures.clusters import code_clusters
from pipelines.measures.cumulative_incidence import count_ends
from pipelines.measures.intervals import Estimate, NoInterval, check_level, is_no_spread, no_estimate
from pipelines.measures.jackknife import jackknife_variance
from pipelines.measures.ladder import FEWEST_MOVES

_ROUNDING = 1e-9
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class StayCurve:
    """The share of stays that last longer than a number of months (product-limit).

    months: `(T,)` at which stays ended, rising. staying_counts, ended_counts: `(T,)` under observation just before, and ended.
    shares: `(T,)` of stays that last longer, 0-1. hazard_variances: `(T,)` of minus the log of the share (Greenwood), infinite
    from where nobody stays. known_from_months: the youngest stay at which anyone was observed; above 0, everything is about stays
    that lasted so long. known_until_months: as far as stays were followed without a gap.
    """

    months: Numbers
    staying_counts: NDArray[np.int64]
    ended_counts: NDArray[np.int64]
    shares: Numbers
    hazard_variances: Numbers
    known_from_months: float
    known_until_months: float

    def shares_at(self, months: ArrayLike) -> Numbers:
        """The share that lasts longer than each of `months`, same shape; NaN where it is not known so far."""
        asked = np.asarray(months, dtype=float)
        steps = np.concatenate([[1.0], self.shares])[np.searchsorted(self.months, asked, side="right")]
        return np.where(self._is_known(asked), steps, np.nan)

    def restricted_mean(self, up_to_months: float) -> float:
        """Mean months within the first `up_to_months`: the area under the curve; NaN where it is not known so far."""
        if not self._is_known(up_to_months):
            return math.nan
        inside = self.months < up_to_months
        edges = np.concatenate([[0.0], self.months[inside], [up_to_months]])
        return float((np.diff(edges) * np.concatenate([[1.0], self.shares[inside]])).sum())

    def _is_known(self, months: ArrayLike) -> Flags:
        """Until the last was followed; for good once none is left."""
        has_ended = self.shares.size > 0 and self.shares[-1] == 0
        return np.asarray((np.asarray(months) <= self.known_until_months) | has_ended)


@dataclass(frozen=True)
class StayDurations:
    """How long stays last, in months, each with its interval.

    lower_quartile, median, upper_quartile: the months after which a quarter, half, three quarters have ended; without a value
    (`NoInterval.NOT_REACHED`) where fewer have ended while followed, and with a lower limit only where the upper is not reached.
    restricted_mean: mean months within the first up_to_months. still_there: share (0-1) that lasts longer than at_month.
    known_from_months, known_until_months: see `StayCurve`. late_entry_count: stays already running when first observed.
    missing_count: stays left out because a length is unknown. district_count: None when stays were taken as independent.
    """

    lower_quartile: Estimate
    median: Estimate
    upper_quartile: Estimate
    restricted_mean: Estimate
    up_to_months: float
    still_there: Estimate
    at_month: float
    known_from_months: float | None
    known_until_months: float | None
    stay_count: int
    ended_count: int
    late_entry_count: int
    missing_count: int
    district_count: int | None


@dataclass(frozen=True)
class MisleadingAverages:
    """Averages in months that are often taken for the length of a stay and are not; None without such stays.

    running_so_far: of the stays running now, the time until now: too many long ones (they are met more often), none of them
    finished; the two errors cancel only by luck. begun_and_ended: of the stays that both began and ended under observation: too
    short, for the long ones have not ended yet. running_at_start: of the stays already running when observation began, the whole
    length of those that ended since: long ones are met more often, with exponential lengths by twice the mean.
    """

    running_so_far: float | None
    begun_and_ended: float | None
    running_at_start: float | None


def product_limit(
    months_at_exit: ArrayLike, has_ended: ArrayLike, *, months_at_entry: ArrayLike | None = None
) -> StayCurve:
    """The product-limit curve of stays `(n,)`, followed from months_at_entry (0 unless given) to months_at_exit of their own age.

    A stay that was already running when the register began enters at the age it then had and counts from there: of those that
    began with it, only the lasting ones are seen. One that has not ended leaves the count at its exit (moved away, data end).
    At risk at a month: those with entry before and exit at or after it.
    Where all stays under observation end while older ones come later, or nobody is observed for a while, the curve stops: its
    product would stay 0, or skip the gap.

    Source: Kaplan and Meier, Journal of the American Statistical Association 53 (1958) 457-481; late entry: Lynden-Bell, Monthly
    Notices of the Royal Astronomical Society 155 (1971) 95-118; Tsai, Jewell and Wang, Biometrika 74 (1987) 883-886.
    Raises: ValueError when lengths differ, there is no stay, a length is missing, or one was not observed for any time.
    Example: exits 1, 2, 3, all ended, give shares 2/3, 1/3, 0. Entered at 0, 0 and 2 they give 1/2 at month 1; at month 2 the only
    stay observed ends and an older one is left, so the curve is known until month 1.
    """
    exits, ended, entries = _read_stays(months_at_exit, has_ended, months_at_entry)
    if exits.size == 0:
        raise ValueError("needs at least one stay")
    if np.isnan(exits).any() or np.isnan(entries).any():
        raise ValueError("a length is missing")
    _check_observed(exits, entries)
    return _leave_out(_count(exits, ended, entries, np.zeros(exits.size, dtype=np.int64)), None)


def stay_durations(
    months_at_exit: ArrayLike,
    has_ended: ArrayLike,
    *,
    up_to_months: float,
    at_month: float,
    months_at_entry: ArrayLike | None = None,
    districts: Sequence[Hashable] | None = None,
    level: float = 0.95,
) -> StayDurations:
    """Median, quartiles, restricted mean and share still there, from the product-limit curve of stays.

    Stays as in `product_limit`, `(n,)`; those with an unknown length (NaN) are left out and counted, for nothing tells how long
    they were. districts: one label per stay; the intervals then come from leaving out one district at a time, with
    t(districts - 1). Without districts, stays count as independent (Greenwood, normal): for comparison. The share's interval is
    made on log(-log), which keeps it inside 0-1, and the quartiles' is where that band crosses their height. A quartile whose height
    the curve runs at for a while is the middle of that while. The restricted mean's limits stop at 0 and up_to_months.

    One district, a curve that is unknown without one of the districts, fewer than five ended stays, or districts that agree to the
    last bit: values without intervals. A curve not known until up_to_months or at_month: no value (`NoInterval.NOT_REACHED`).

    In made-up municipalities of four and eight districts that differ (gamma, shape 20), a register of three years and 15 to 40 stays
    a district, the district intervals held the truth in 93-97 of 100 draws, those of independent stays in 79-95 (400 draws each).

    Drawback: whatever counts as not ended (moved away, turned 18) is taken to have gone on like the others; count it as ended
    if the question is how long the stay itself lasts. A child's stays on one rung after another resemble each other; the district
    interval covers that, the independent one does not.
    Source: Brookmeyer and Crowley, Biometrics 38 (1982) 29-41, with the log(-log) limits of Borgan and Liestoel, Scandinavian
    Journal of Statistics 17 (1990) 35-41; leaving out one cluster: Lipsitz and Parzen, Biometrics 52 (1996) 291-298 (the
    principle; there for Cox regression).
    Raises: ValueError when lengths differ, a label is missing, a stay was not observed for any time, or a month is not above 0.
    """
    check_level(level)
    if not (up_to_months > 0 and at_month > 0):
        raise ValueError("up_to_months and at_month must be above 0")
    exits, ended, entries = _read_stays(months_at_exit, has_ended, months_at_entry)
    codes = _code_districts(districts, exits.size)
    known = ~(np.isnan(exits) | np.isnan(entries))
    missing = int((~known).sum())
    exits, ended, entries, codes = exits[known], ended[known], entries[known], codes[known]
    by_district = districts is not None
    if exits.size == 0:
        nothing = no_estimate(level)
        return StayDurations(
            nothing, nothing, nothing, nothing, up_to_months, nothing, at_month,
            None, None, 0, 0, 0, missing, 0 if by_district else None,
        )  # fmt: skip
    _check_observed(exits, entries)
    counts = _count(exits, ended, entries, codes)
    curve = _leave_out(counts, None)
    used = counts.ended.shape[1]
    others = [_leave_out(counts, district) for district in range(used)] if by_district and used > 1 else []
    spread = _Spread(curve, others if by_district else None, level, exits.size, int(ended.sum()))
    return StayDurations(
        lower_quartile=spread.quantile(0.25),
        median=spread.quantile(0.5),
        upper_quartile=spread.quantile(0.75),
        restricted_mean=spread.restricted_mean(up_to_months),
        up_to_months=up_to_months,
        still_there=spread.share(at_month),
        at_month=at_month,
        known_from_months=curve.known_from_months,
        known_until_months=curve.known_until_months,
        stay_count=exits.size,
        ended_count=int(ended.sum()),
        late_entry_count=int((entries > 0).sum()),
        missing_count=missing,
        district_count=used if by_district else None,
    )


def misleading_averages(
    months_at_exit: ArrayLike,
    *,
    has_ended: ArrayLike,
    is_running: ArrayLike,
    months_at_entry: ArrayLike | None = None,
) -> MisleadingAverages:
    """The averages that a report should not give as the length of a stay, to show by how much they would err.

    Stays as in `stay_durations`, `(n,)`; is_running: still there when the data end. A stay that neither ended nor runs (moved away)
    is in none of them, nor one with an unknown length (NaN).

    Source: Cox, Renewal Theory (1962), section 5.4, for the length of the interval that a fixed moment falls in.
    Raises: ValueError when lengths differ or a stay has both ended and runs.
    """
    exits, ended, entries = _read_stays(months_at_exit, has_ended, months_at_entry)
    running = np.asarray(is_running, dtype=bool)
    if running.shape != exits.shape:
        raise ValueError(f"lengths differ: {exits.size}, {running.size}")
    if (running & ended).any():
        raise ValueError(f"{int((running & ended).sum())} stays have ended and are running")
    known = ~(np.isnan(exits) | np.isnan(entries))
    return MisleadingAverages(
        running_so_far=_mean(exits[known & running]),
        begun_and_ended=_mean(exits[known & ended & (entries == 0)]),
        running_at_start=_mean(exits[known & ended & (entries > 0)]),
    )


@dataclass(frozen=True, eq=False)
class _Counts:
    """What curves are made of: counts `(T, G)` at every month a stay ended, and the stays themselves for how far they were seen."""

    months: Numbers
    ended: NDArray[np.int64]
    staying: NDArray[np.int64]
    exits: Numbers
    entries: Numbers
    codes: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Spread:
    """Estimates from a curve: with the curves without each district or, where `others` is None, from Greenwood's variance."""

    curve: StayCurve
    others: list[StayCurve] | None
    level: float
    n: int
    ended: int

    def quantile(self, part: float) -> Estimate:
        """The months after which `part` of the stays have ended."""
        height = 1 - part
        value = _crossing(self.curve.months, self.curve.shares, height)
        reason = self._why_no_interval(self._hazard_variances())
        if reason is not None:
            return Estimate(value, None, None, self.level, self.n, reason=reason if value else NoInterval.NOT_REACHED)
        low, high = (_crossing(self.curve.months, limits, height) for limits in self._band())
        if value and not low:
            return self._alone(value, NoInterval.TOO_FEW_CLUSTERS)
        reached = None if value and high else NoInterval.NOT_REACHED
        return Estimate(value, low, high, self.level, self.n, degrees_of_freedom=self._degrees, reason=reached)

    def share(self, month: float) -> Estimate:
        """The share of stays that last longer than `month`."""
        value = float(self.curve.shares_at(month))
        if math.isnan(value):
            return self._not_reached()
        place = int(np.searchsorted(self.curve.months, month, side="right")) - 1
        if not 0 < value < 1:
            return self._alone(value, NoInterval.TOO_FEW_EVENTS)
        variance = self._hazard_variances()[place]
        reason = self._why_no_interval(variance)
        if reason is not None or math.isnan(variance):
            return self._alone(value, reason or NoInterval.TOO_FEW_CLUSTERS)
        low, high = (float(limits[place]) for limits in self._band())
        return Estimate(value, low, high, self.level, self.n, value * math.sqrt(variance), self._degrees)

    def restricted_mean(self, up_to_months: float) -> Estimate:
        """The mean of the stays, each cut at up_to_months."""
        value = self.curve.restricted_mean(up_to_months)
        if math.isnan(value):
            return self._not_reached()
        variance = self._restricted_mean_variance(up_to_months)
        reason = self._why_no_interval(variance)
        if reason is not None or math.isnan(variance):
            return self._alone(value, reason or NoInterval.TOO_FEW_CLUSTERS)
        error = math.sqrt(variance)
        low, high = max(0.0, value - self._t * error), min(up_to_months, value + self._t * error)
        return Estimate(value, low, high, self.level, self.n, error, self._degrees)

    @property
    def _degrees(self) -> int | None:
        return None if self.others is None else len(self.others) - 1

    @property
    def _t(self) -> float:
        tail = (1 + self.level) / 2
        return float(stats.norm.ppf(tail) if self._degrees is None else stats.t.ppf(tail, self._degrees))

    def _why_no_interval(self, variance: ArrayLike) -> NoInterval | None:
        variances = np.asarray(variance, dtype=float)
        if self.ended < FEWEST_MOVES:
            return NoInterval.TOO_FEW_EVENTS
        if self.others is not None and np.isnan(variances).all():
            return NoInterval.TOO_FEW_CLUSTERS
        known = variances[np.isfinite(variances)]
        return NoInterval.NO_SPREAD if is_no_spread(math.sqrt(known.max(initial=0.0)), 0.0) else None

    def _hazard_variances(self) -> Numbers:
        """Of minus the log of the share at each month of the curve; NaN where it is not known."""
        if self.others is None:
            return np.where(self.curve.shares > 0, self.curve.hazard_variances, np.nan)
        if not self.others:
            return np.full(self.curve.months.size, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            hazards = -np.log(np.array([_others_at(other, self.curve) for other in self.others]))
            return jackknife_variance(np.where(np.isfinite(hazards), hazards, np.nan))

    def _band(self) -> tuple[Numbers, Numbers]:
        """(low, high) of the share at each month of the curve; NaN where they are not known."""
        shares = self.curve.shares
        inside = (shares > 0) & (shares < 1)
        hazards = -np.log(np.where(inside, shares, 0.5))
        factors = np.exp(self._t * np.sqrt(np.where(inside, self._hazard_variances(), np.nan)) / hazards)
        low, high = np.exp(-hazards * factors), np.exp(-hazards / factors)
        return np.where(shares > 0, low, 0.0), high

    def _restricted_mean_variance(self, up_to_months: float) -> float:
        if self.others is None:
            return _greenwood_of_mean(self.curve, up_to_months)
        if not self.others:
            return math.nan
        means = [
            other.restricted_mean(up_to_months) if _starts(other, self.curve) else math.nan for other in self.others
        ]
        return float(jackknife_variance(np.array(means)))

    def _alone(self, value: float, reason: NoInterval) -> Estimate:
        return Estimate(value, None, None, self.level, self.n, reason=reason)

    def _not_reached(self) -> Estimate:
        return replace(no_estimate(self.level), n=self.n, reason=NoInterval.NOT_REACHED)


def _count(exits: Numbers, ended: Flags, entries: Numbers, codes: NDArray[np.int64]) -> _Counts:
    found = count_ends(exits, ended.astype(np.int64), end_count=1, entry_time=entries, clusters=codes)
    # Clusters are counted in the order of their numbers, which need not run from 0 once stays were left out.
    numbers = np.searchsorted(np.asarray(found.clusters), codes)
    return _Counts(found.times, found.moves[:, :, 0, 1], found.at_risk[:, :, 0], exits, entries, numbers)


def _leave_out(counts: _Counts, district: int | None) -> StayCurve:
    """The curve of all districts but one, or of all."""
    kept = np.arange(counts.ended.shape[1]) != (-1 if district is None else district)
    stays = kept[counts.codes]
    ended, staying = counts.ended[:, kept].sum(axis=1), counts.staying[:, kept].sum(axis=1)
    exits, entries = counts.exits[stays], counts.entries[stays]
    until = _known_until(exits, entries, counts.months[(ended > 0) & (ended == staying)])
    used = (ended > 0) & (counts.months <= until)
    months, ended, staying = counts.months[used], ended[used], staying[used]
    with np.errstate(divide="ignore"):
        variances = np.cumsum(ended / (staying * (staying - ended).astype(float)))
    return StayCurve(months, staying, ended, np.cumprod(1 - ended / staying), variances, float(entries.min()), until)


def _known_until(exits: Numbers, entries: Numbers, months_all_ended: Numbers) -> float:
    """How far stays were followed: until the first gap, or before all observed ones end while older ones come later."""
    order = np.argsort(entries)
    followed = np.maximum.accumulate(exits[order])
    gaps = followed[:-1][entries[order][1:] > followed[:-1]]
    until = float(gaps[0]) if gaps.size else float(exits.max())
    too_early = months_all_ended[months_all_ended < exits.max()]
    if too_early.size == 0 or too_early[0] > until:
        return until
    seen = np.concatenate([exits, entries])
    return float(seen[seen < too_early[0]].max())


def _crossing(months: Numbers, heights: Numbers, height: float) -> float | None:
    """The first month at which a falling curve is at or below `height`; the middle of the while it runs at that height."""
    below = np.flatnonzero(heights <= height + _ROUNDING)
    if below.size == 0:
        return None
    first = below[0]
    after = below[heights[below] < height - _ROUNDING]
    if heights[first] >= height - _ROUNDING and after.size:
        return float((months[first] + months[after[0]]) / 2)
    return float(months[first])


def _starts(other: StayCurve, curve: StayCurve) -> bool:
    """Whether a curve without one district knows the months at which the whole one begins to fall."""
    return curve.months.size == 0 or other.known_from_months < curve.months[0]


def _others_at(other: StayCurve, curve: StayCurve) -> Numbers:
    """The shares of a curve without one district at the months of the whole one; NaN where it does not know them."""
    return other.shares_at(curve.months) if _starts(other, curve) else np.full(curve.months.size, np.nan)


def _greenwood_of_mean(curve: StayCurve, up_to_months: float) -> float:
    """Variance of the restricted mean: sum of (area from each end on)^2 x ended / (staying x (staying - ended))."""
    inside = (curve.months < up_to_months) & (curve.shares > 0)
    months, shares = curve.months[inside], curve.shares[inside]
    staying, ended = curve.staying_counts[inside], curve.ended_counts[inside]
    ends = np.append(months[1:], _last_edge(curve, up_to_months))[: months.size]
    areas = np.cumsum((shares * (ends - months))[::-1])[::-1]
    return float((areas**2 * ended / (staying * (staying - ended).astype(float))).sum())


def _last_edge(curve: StayCurve, up_to_months: float) -> float:
    """Where the area under the curve ends: at up_to_months, or where the curve reaches 0 before."""
    zero = curve.months[curve.shares == 0]
    return min(up_to_months, float(zero[0])) if zero.size else up_to_months


def _read_stays(
    months_at_exit: ArrayLike, has_ended: ArrayLike, months_at_entry: ArrayLike | None
) -> tuple[Numbers, Flags, Numbers]:
    exits, ended = np.asarray(months_at_exit, dtype=float), np.asarray(has_ended, dtype=bool)
    entries = np.zeros(exits.size) if months_at_entry is None else np.asarray(months_at_entry, dtype=float)
    if not exits.shape == ended.shape == entries.shape or exits.ndim != 1:
        raise ValueError(f"lengths differ: {exits.size}, {ended.size}, {entries.size}")
    return exits, ended, entries


def _check_observed(exits: Numbers, entries: Numbers) -> None:
    unseen = int((~((entries >= 0) & (exits > entries) & np.isfinite(exits))).sum())
    if unseen:
        raise ValueError(f"{unseen} stays do not end after they came under observation, or that was before they began")


def _code_districts(districts: Sequence[Hashable] | None, count: int) -> NDArray[np.int64]:
    if districts is None:
        return np.zeros(count, dtype=np.int64)
    codes, _ = code_clusters(districts)
    if codes.size != count:
        raise ValueError(f"lengths differ: {count} stays, {codes.size} districts")
    return codes


def _mean(months: Numbers) -> float | None:
    return float(months.mean()) if months.size else None
