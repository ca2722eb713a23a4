"""Are the agreements of the meetings followed up? Per district: with a responsible person named, due, followed up and not."""

from dataclasses import replace

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.cooperation.basis import in_forums, of_the_whole, report_year
from pipelines.committee.cooperation.kinds import action_table, asks
from pipelines.committee.cooperation.told import area_table
from pipelines.disclosure.relations import TotalColumn
from pipelines.disclosure.table import ProtectedTable, TableColumn

AGREEMENT_PAIRS = (
    ("responsible_named_count", "agreements_count"),
    ("due_count", "agreements_count"),
    ("on_time_count", "due_count"),
    ("followed_count", "due_count"),
)
"""Part and whole that are told of the municipality."""

NEXT_PAIRS = (("by_next_meeting_count", "next_meeting_count"), ("next_meeting_count", "agreements_count"))
"""The same, where the document asks for follow-up from one meeting to the next."""

AGREEMENT_MEASURES = ("responsible_named_share", "followed_up_share", "followed_up_next_share", "cross_action_share")
"""The measures of these agreements: only the forums that their indicators name are counted."""

AGREEMENTS_QUERY = """
SELECT forum_code, district_code, agreements_count, responsible_named_count, due_count, on_time_count, late_count,
       on_time_count + late_count AS followed_count, not_followed_count, next_meeting_count, by_next_meeting_count
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
_NEXT_COLUMNS = (
    TableColumn("next_meeting_count", "Med et møde efter", "count"),
    TableColumn("by_next_meeting_count", "Fulgt op senest dér", "count"),
)


def promises_agreements(context: ReportContext) -> bool:
    """Whether the profile counts agreements."""
    return any(indicator.measure_id in AGREEMENT_MEASURES for indicator in context.settings.profile.indicators)


def agreement_counts(context: ReportContext) -> ProtectedTable:
    """Every count of the agreements made in the latest whole school year, protected at once; what a reader sees are excerpts."""
    asks_next = asks(context, "followed_up_next_share")
    return area_table(
        context,
        in_forums(context, context.records(AGREEMENTS_QUERY, [report_year(context)]), AGREEMENT_MEASURES),
        table_id="agreements",
        columns=(*_COLUMNS, *(_NEXT_COLUMNS if asks_next else ())),
        pairs=(*AGREEMENT_PAIRS, *(NEXT_PAIRS if asks_next else ())),
        divisions=(
            TotalColumn("due_count", ("on_time_count", "late_count", "not_followed_count")),
            TotalColumn("followed_count", ("on_time_count", "late_count")),
        ),
        source=f"Kilde: {context.settings.municipality.name}s aftaler fra møder.",
    )


def agreement_tables(context: ReportContext, counts: ProtectedTable) -> tuple[ProtectedTable, ...]:
    """What a reader sees: due and followed up, followed up by the next meeting, and by form of action, as the profile asks."""
    year = report_year(context)
    known = counts.cell("agreements_count", area=WHOLE_MUNICIPALITY)
    printed = counts.excerpt(
        "agreements",
        title=f"Aftaler fra møder, skoleåret {year}",
        columns=["area", *(column.name for column in _COLUMNS)],
    )
    tables = [replace(printed, source=f"{printed.source} En aftale uden dato kan ikke være for sen.")]
    if asks(context, "followed_up_next_share"):
        columns = ["area", "agreements_count", *(column.name for column in _NEXT_COLUMNS)]
        title = f"Aftaler, der er samlet op på næste møde, skoleåret {year}"
        tables.append(counts.excerpt("agreements_next", title=title, columns=columns))
    actions = action_table(context, measures=AGREEMENT_MEASURES, known=known)
    return (*tables, *([actions] if actions else []))


def followed_words(table: ProtectedTable) -> str:
    """ "150 af 160 aftaler blev fulgt op."; nothing where it may not be told."""
    told = of_the_whole(*(table.cell(name, area=WHOLE_MUNICIPALITY) for name in ("followed_count", "due_count")))
    return f"{told} aftaler med en dato blev fulgt op." if told else ""
