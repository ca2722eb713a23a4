"""The tables of ways into and out of settings outside the mainstream, without the rest of their section."""

from pipelines.committee import mainstream
from pipelines.committee.context import ReportContext
from pipelines.committee.mainstream_flow import flow_table
from pipelines.disclosure.table import ProtectedTable
from pipelines.publish.share_series import ShareSeries


def school_shares(context: ReportContext) -> ShareSeries:
    """The table of shares, as the section makes it."""
    records = context.records(mainstream._SHARES, [mainstream.SCHOOL])
    return mainstream._share_series(context, records, "mainstream_school", "Elever i almen klasse", "elever")


def flow_of(context: ReportContext) -> ProtectedTable:
    """The table of ways of a municipality that has one."""
    flow = flow_table(context, school_shares(context))
    assert flow is not None
    return flow
