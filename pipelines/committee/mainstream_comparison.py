"""Which tables and figures does the fair comparison of districts and years add to the section, and in which order?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.committee.context import ReportContext
from pipelines.committee.mainstream_change import (
    decomposition_figure,
    decomposition_table,
    district_decomposition_table,
    same_children_table,
)
from pipelines.committee.mainstream_funnel import comparison_figure, comparison_series, comparison_tables
from pipelines.committee.mainstream_panel import school_years_of
from pipelines.committee.mainstream_rollout import rollout_table
from pipelines.committee.mainstream_trend import forecast_table, trend_table
from pipelines.disclosure.table import ProtectedTable
from pipelines.publish.section import Figure
from pipelines.publish.share_series import ShareSeries


@dataclass(frozen=True)
class FairComparison:
    """Tables and figures for the end of the report."""

    tables: tuple[ProtectedTable, ...]
    figures: tuple[Figure, ...]


def fair_comparison(
    context: ReportContext,
    shares: ShareSeries,
    records: Sequence[Mapping[str, Any]],
    *,
    flow: ProtectedTable | None,
) -> FairComparison:
    """Districts against chance, the trend, before and after the model, what may come, and what the change is made of.

    shares: the share table by district and school year. records: the rows of marts.mart_mainstream_share that it is made of.
    flow: who came and left, as printed.
    """
    school_years = school_years_of(shares)
    first, last = school_years[0], school_years[-1]
    funnel = comparison_series(context, shares, records, last)
    has_two_years = first != last
    parts = decomposition_table(context, shares, first, last) if has_two_years else None
    tables = (
        *(comparison_tables(funnel, last) if funnel else ()),
        trend_table(context, shares) if has_two_years else None,
        rollout_table(context, shares),
        forecast_table(context, shares),
        parts,
        district_decomposition_table(context, shares, first, last) if has_two_years else None,
        same_children_table(context, last, flow),
    )
    figures = (
        comparison_figure(context, funnel, last) if funnel else None,
        decomposition_figure(context, parts, first, last) if parts else None,
    )
    return FairComparison(
        tuple(table for table in tables if table is not None), tuple(figure for figure in figures if figure is not None)
    )
