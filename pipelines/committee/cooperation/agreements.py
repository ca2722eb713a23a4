"""Are the agreements of the meetings followed up? Per district: with a responsible person named, due, followed up and not."""

from dataclasses import replace

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.cooperation.basis import in_forums, of_the_whole, report_year
from pipelines.committee.cooperation.told import area_table
from pipelines.disclosure.relations import TotalColumn
from pipelines.disclosure.table import ProtectedTable, TableColumn

AGREEMENT_PAIRS = (
    ("responsible_named_count", "agreements_count"),
    ("on_time_count", "due_count"),
    ("followed_count", "due_count"),
)
"""Part and whole that are told of the municipality."""

AGREEMENT_MEASURES = ("responsible_named_share", "followed_up_share")
AGREEMENTS_QUERY = """
SELECT forum_code, district_code, agreements_count, responsible_named_count, due_count, on_time_count, late_count,
       on_time_count + late_count AS followed_count, not_followed_count
FROM marts.mart_agreement
WHERE school_year = ?
ORDER BY forum_code, district_code
"""
_COLUMNS = (
    TableColumn("agreements_count", "Aftaler", "count"),
    TableColumn("responsible_named_count", "Ansvarlig nævnt", "count"),
    TableColumn("due_count", "Skulle følges op", "count"),
    TableColumn("followed_count", "Fulgt op", "count"),
    TableColumn("on_time_count", "Til tiden", "count"),
    TableColumn("late_count", "For sent", "count"),
    TableColumn("not_followed_count", "Ikke fulgt op", "count"),
)


def promises_agreements(context: ReportContext) -> bool:
    """Whether the profile counts agreements."""
    asked = {*AGREEMENT_MEASURES, "cross_action_share"}
    return any(indicator.measure_id in asked for indicator in context.settings.profile.indicators)


def agreement_table(context: ReportContext) -> ProtectedTable:
    """Agreements made in the latest whole school year, over all forums."""
    year = report_year(context)
    table = area_table(
        context,
        in_forums(context, context.records(AGREEMENTS_QUERY, [year]), AGREEMENT_MEASURES),
        table_id="agreements",
        columns=_COLUMNS,
        pairs=AGREEMENT_PAIRS,
        divisions=(
            TotalColumn("due_count", ("on_time_count", "late_count", "not_followed_count")),
            TotalColumn("followed_count", ("on_time_count", "late_count")),
        ),
        source=f"Kilde: {context.settings.municipality.name}s aftaler fra møder.",
    )
    printed = table.excerpt(
        "agreements",
        title=f"Aftaler fra møder, skoleåret {year}",
        columns=["area", *(column.name for column in _COLUMNS)],
    )
    return replace(printed, source=f"{printed.source} En aftale uden dato kan ikke være for sen.")


def followed_words(table: ProtectedTable) -> str:
    """ "150 af 160 aftaler blev fulgt op."; nothing where it may not be told."""
    told = of_the_whole(*(table.cell(name, area=WHOLE_MUNICIPALITY) for name in ("followed_count", "due_count")))
    return f"{told} aftaler med en dato blev fulgt op." if told else ""
