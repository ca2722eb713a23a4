"""How do the arms differ in what registers tell: moves, returns, notifications and waits, each cluster as one number?

The model is given to a cluster, so a cluster is what counts: its rate or its share is one number, and few numbers are compared. What
rests on too little is not compared, and it is said why.
"""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

import duckdb
import numpy as np

from pipelines.evaluation.plan import AnalysisPlan
from pipelines.evaluation.plan_lock import has_table
from pipelines.evaluation.register_children import (
    ENDED_OTHERWISE,
    RETURN_MONTHS,
    RETURNED,
    Exposed,
    RequestWait,
    SegregatedStay,
    models_of_window,
    read_model_periods,
    read_moves,
    read_notifications,
    read_stays,
    read_waits,
)
from pipelines.measures.cluster_permutation import DistrictPermutation, permute_districts
from pipelines.measures.clusters import smallest_detectable_difference
from pipelines.measures.cumulative_incidence import count_ends, incidence_at
from pipelines.measures.district_difference import difference_of_districts
from pipelines.measures.durations import product_limit
from pipelines.measures.intervals import Estimate

FEWEST_EVENTS: Final = 5
"""In an arm; of a share, those without the event too."""

FEWEST_CHILD_YEARS: Final = 10.0
"""In a cluster whose number is a rate."""

FEWEST_IN_CLUSTER: Final = 5
"""Stays or requests in a cluster whose number is made of them."""

RETURN_DAYS: Final = round(RETURN_MONTHS * 365.25 / 12)
WAIT_DAYS: Final = 180
"""Waits are counted up to this day: nobody knows how long those will last who wait still."""


_Row = TypeVar("_Row", SegregatedStay, RequestWait)


class NotTold(StrEnum):
    """Why a planned outcome is not compared."""

    NO_COMPARISON = "no_comparison"
    """An arm has no or only one district."""
    NOT_DELIVERED = "not_delivered"
    CHANGED_MODEL = "changed_model"
    """A compared district was not under the same one of the two models all through the window."""
    TOO_LITTLE_TIME = "too_little_time"
    """A compared district has too few child-years, stays or requests to make a number of."""
    TOO_FEW_EVENTS = "too_few_events"
    NOT_FOLLOWED = "not_followed"
    """A compared district was not followed as long as the outcome asks."""
    NOT_COMPUTABLE = "not_computable"


@dataclass(frozen=True)
class ClusterNumber:
    """One cluster's number of one outcome, in the outcome's unit; None where it was not followed so long.

    children: children, stays or requests behind it. events: those that moved, returned, were notified or got help. others: of a
    share, those seen to the end or not yet ended, without the event; else None. is_enough: whether it makes a number at all.
    """

    value: float | None
    children: int
    events: int
    others: int | None
    is_enough: bool


@dataclass(frozen=True)
class RegisterOutcomes:
    """models: cluster -> whether under the treated model, for those under one of the two all through the window.

    numbers: outcome code -> cluster -> number; an outcome whose source never came is not among them.
    """

    models: Mapping[str, bool]
    numbers: Mapping[str, Mapping[str, ClusterNumber]]


NO_REGISTERS: Final = RegisterOutcomes({}, {})


@dataclass(frozen=True)
class RegisterDifference:
    """Treated minus comparison, in the outcome's unit; t interval of (clusters - 2) degrees of freedom.

    detectable: the smallest difference that clusters lying so far apart would show in four of five repetitions; None without an
    interval. permutation: None where there are too many choices, or no stratum holds both arms. Counts are (comparison, treated).
    """

    difference: Estimate
    detectable: float | None
    permutation: DistrictPermutation | None
    child_counts: tuple[int, int]
    cluster_counts: tuple[int, int]


def read_register_outcomes(connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan) -> RegisterOutcomes:
    """The plan's outcomes that registers tell of, by cluster; only those that were planned are read."""
    planned = set(plan.secondaries)
    if not planned & REGISTER_CODES or not has_table(connection, "core", "fct_organisation"):
        return NO_REGISTERS
    (as_of_date,) = connection.execute("SELECT as_of_date FROM codes.settings").fetchall()[0]
    models = models_of_window(read_model_periods(connection, plan), plan, as_of_date=as_of_date)
    numbers: dict[str, Mapping[str, ClusterNumber]] = {}
    for source in _SOURCES:
        if planned & set(source.codes) and is_delivered(connection, source.table):
            numbers |= source.read(connection, plan)
    return RegisterOutcomes(models, numbers)


def is_delivered(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether core.`table` holds any row; a source that never came leaves no table, or an empty one."""
    return has_table(connection, "core", table) and bool(
        connection.execute(f"SELECT count(*) FROM core.{table}").fetchall()[0][0]
    )


def compare_registers(
    registers: RegisterOutcomes,
    code: str,
    clusters: Collection[str],
    *,
    strata: Mapping[str, str] | None = None,
) -> RegisterDifference | NotTold:
    """The arms' difference in one outcome over the compared `clusters`, or why there is none.

    All clusters or none: without one of them the comparison would be of other districts than the plan's.
    strata: cluster -> stratum; clusters without one are in a stratum of their own kind. None: all in one.
    """
    reason = _why_not(registers, code, clusters)
    if reason:
        return reason
    numbers = {cluster: registers.numbers[code][cluster] for cluster in sorted(clusters)}
    values: dict[Hashable, float] = {cluster: one.value for cluster, one in numbers.items() if one.value is not None}
    if len(values) < len(numbers):
        return NotTold.NOT_FOLLOWED
    treated = {cluster for cluster in numbers if registers.models[cluster]}
    difference = difference_of_districts(values, treated)
    if difference.value is None:
        return NotTold.NO_COMPARISON
    sizes = [[one.children for cluster, one in numbers.items() if (cluster in treated) is arm] for arm in (False, True)]
    return RegisterDifference(
        difference,
        detectable_by_spread(difference.standard_error, difference.degrees_of_freedom),
        _permuted(values, treated, strata),
        (sum(sizes[0]), sum(sizes[1])),
        (len(sizes[0]), len(sizes[1])),
    )


def detectable_by_spread(standard_error: float | None, degrees_of_freedom: float | None) -> float | None:
    """The smallest difference that would be found in four of five repetitions; None without an error or with too few degrees.

    Broken degrees of freedom (Satterthwaite's) are rounded down, to the larger difference.
    """
    if standard_error is None or degrees_of_freedom is None or degrees_of_freedom < 1:
        return None
    return smallest_detectable_difference(standard_error, int(degrees_of_freedom))


def rates(exposed: Mapping[str, Exposed], code: str) -> dict[str, ClusterNumber]:
    """Cluster -> events per 100 child-years."""
    return {
        cluster: ClusterNumber(
            100 * one.events[code] / one.child_years,
            one.children,
            one.events[code],
            None,
            one.child_years >= FEWEST_CHILD_YEARS,
        )
        for cluster, one in exposed.items()
    }


def return_shares(stays: Sequence[SegregatedStay]) -> dict[str, ClusterNumber]:
    """Cluster -> percent of its stays that have ended in the ordinary within 24 months, other ends competing (never 1 - KM)."""
    return {cluster: _return_share(own) for cluster, own in _by_cluster(stays).items()}


def mean_waits(waits: Sequence[RequestWait]) -> dict[str, ClusterNumber]:
    """Cluster -> mean days from request to help within the first 180, those who wait still counted as waiting.

    Drawback: a request that was closed without help is taken to have gone on waiting like the others.
    """
    return {cluster: _mean_wait(own) for cluster, own in _by_cluster(waits).items()}


def _why_not(registers: RegisterOutcomes, code: str, clusters: Collection[str]) -> NotTold | None:
    numbers = registers.numbers.get(code)
    if numbers is None:
        return NotTold.NOT_DELIVERED
    if not set(clusters) <= set(registers.models):
        return NotTold.CHANGED_MODEL
    if not all(cluster in numbers and numbers[cluster].is_enough for cluster in clusters):
        return NotTold.TOO_LITTLE_TIME
    for arm in (False, True):
        own = [numbers[cluster] for cluster in clusters if registers.models[cluster] is arm]
        with_event, without = sum(one.events for one in own), [one.others for one in own if one.others is not None]
        if with_event < FEWEST_EVENTS or (without and sum(without) < FEWEST_EVENTS):
            return NotTold.TOO_FEW_EVENTS if own else NotTold.NO_COMPARISON
    return None


def _permuted(
    values: Mapping[Hashable, float], treated: Collection[str], strata: Mapping[str, str] | None
) -> DistrictPermutation | None:
    of_clusters: dict[Hashable, Hashable] | None = None
    if strata:
        of_clusters = {cluster: strata.get(str(cluster), "") for cluster in values}
    try:
        return permute_districts(values, treated, strata=of_clusters)
    except ValueError:  # too many choices to try, or no stratum holds districts of both arms
        return None


def _return_share(stays: Sequence[SegregatedStay]) -> ClusterNumber:
    ends = count_ends(
        [stay.exit_days for stay in stays],
        [stay.end for stay in stays],
        end_count=ENDED_OTHERWISE,
        entry_time=[stay.entry_days for stay in stays],
    )
    (found,) = incidence_at(ends, end=RETURNED, times=RETURN_DAYS)
    share = found.naive.value
    returned = sum(stay.end == RETURNED and stay.exit_days <= RETURN_DAYS for stay in stays)
    return ClusterNumber(
        None if share is None else 100 * share,
        len(stays),
        returned,
        len(stays) - returned,
        len(stays) >= FEWEST_IN_CLUSTER,
    )


def _mean_wait(waits: Sequence[RequestWait]) -> ClusterNumber:
    """The area under the curve of those who wait still; every wait is a day longer in it, so that help on the same day counts too."""
    curve = product_limit([wait.days + 1 for wait in waits], [wait.has_started for wait in waits])
    area = curve.restricted_mean(WAIT_DAYS + 1) - 1
    started = sum(wait.has_started and wait.days <= WAIT_DAYS for wait in waits)
    return ClusterNumber(None if np.isnan(area) else area, len(waits), started, None, len(waits) >= FEWEST_IN_CLUSTER)


def _by_cluster(rows: Sequence[_Row]) -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for row in rows:
        found.setdefault(row.cluster, []).append(row)
    return found


@dataclass(frozen=True)
class _Source:
    """table: of core, which must hold rows. codes: the outcomes that are read from it together."""

    table: str
    codes: tuple[str, ...]
    read: Callable[[duckdb.DuckDBPyConnection, AnalysisPlan], Mapping[str, Mapping[str, ClusterNumber]]]


def _moves(connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan) -> dict[str, Mapping[str, ClusterNumber]]:
    exposed = read_moves(connection, plan)
    return {code: rates(exposed, code) for code in ("ladder_down", "ladder_up")}


_SOURCES: Final = (
    # every child has times on the ladder's rung 0: only measures tell that the rungs above it were delivered
    _Source("fct_measure", ("ladder_down", "ladder_up"), _moves),
    _Source(
        "fct_setting_stay",
        ("return_to_mainstream",),
        lambda connection, plan: {"return_to_mainstream": return_shares(read_stays(connection, plan))},
    ),
    _Source(
        "fct_notification",
        ("notifications",),
        lambda connection, plan: {"notifications": rates(read_notifications(connection, plan), "notifications")},
    ),
    _Source(
        "fct_support_request",
        ("waiting_days",),
        lambda connection, plan: {"waiting_days": mean_waits(read_waits(connection, plan))},
    ),
)
REGISTER_CODES: Final = frozenset(code for source in _SOURCES for code in source.codes)
"""The outcomes that are computed here; all others are scores of forms."""
