"""What do the measures of a profile read? The marts of one school year, and the protected counts that the tables show.

What a table of the report counts is read from that table, so that an indicator shows nothing that the table hides.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from pipelines.committee.context import ReportContext
from pipelines.committee.cooperation.agreements import agreement_counts
from pipelines.committee.cooperation.answers import Answer
from pipelines.committee.cooperation.basis import report_year
from pipelines.committee.cooperation.cases import case_counts
from pipelines.committee.cooperation.reach import handover_counts
from pipelines.committee.cooperation.requests import request_counts
from pipelines.committee.creative_council import creative_council_part
from pipelines.disclosure.table import ProtectedTable
from pipelines.municipalities.parts import Indicator


class Numbers:
    """What the measures read, each table made once and only when asked for."""

    def __init__(self, context: ReportContext) -> None:
        """Of the latest whole school year."""
        self.context = context
        self.year = report_year(context)

    def rows(self, query: str, *parameters: Any, forum: str | None = None) -> list[dict[str, Any]]:
        """The rows of a query; with `forum` only those of that forum."""
        records = self.context.records(query, list(parameters))
        return [row for row in records if forum is None or row["forum_code"] == forum]

    @cached_property
    def cases(self) -> ProtectedTable:
        """The protected counts of cases."""
        return case_counts(self.context)

    @cached_property
    def agreements(self) -> ProtectedTable:
        """The protected counts of agreements."""
        return agreement_counts(self.context)

    @cached_property
    def requests(self) -> ProtectedTable:
        """The protected counts of requests."""
        return request_counts(self.context)

    @cached_property
    def handovers(self) -> ProtectedTable:
        """The protected counts of handovers."""
        return handover_counts(self.context)

    @cached_property
    def council_tables(self) -> tuple[ProtectedTable, ...]:
        """What the committee's report shows of the Kreative Råd."""
        return creative_council_part(self.context).tables


Measure = Callable[[Numbers, Indicator], Answer]
