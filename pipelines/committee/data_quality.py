"""Can the data be trusted? What came, what was rejected, what is missing, and which requirements were not met."""

import re
from collections.abc import Sequence
from typing import Any

from pipelines.committee.context import ReportContext
from pipelines.committee.missing import missing_words
from pipelines.contracts import load_contracts
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import CellStatus, ProtectedTable, TableColumn
from pipelines.expectations.lineage import sources_behind_marts
from pipelines.publish.danish import counted
from pipelines.publish.layout import QUALITY
from pipelines.publish.section import DeclaredNumber, Definition, Notes

MOST_NAMED = 3
"""So many missing sources are named on page 1; of more it says how many, and the table names them."""

_COUNTS = ("deliveries_count", "rows_received", "rows_typed", "rows_rejected")
_BY_SOURCE = """
SELECT source, count(*) AS deliveries_count, sum(rows_received) AS rows_received,
       sum(rows_typed) AS rows_typed, sum(rows_rejected) AS rows_rejected
FROM marts.mart_delivery_quality
GROUP BY source
ORDER BY source
"""
_GAPS = "SELECT gap_title, affected_count, checked_count FROM marts.mart_data_gaps WHERE affected_count > 0 ORDER BY gap_title"
_WARNINGS = """
WITH newest AS (SELECT max(run_id) AS run_id FROM meta.expectation_results)
SELECT DISTINCT results.table_name, results.explanation
FROM meta.expectation_results AS results
INNER JOIN newest ON results.run_id = newest.run_id
WHERE results.severity = 'warning' AND NOT results.is_success
ORDER BY results.table_name, results.explanation
"""


def data_quality_notes(
    context: ReportContext,
    *,
    needed_sources: Sequence[str],
    marts: Sequence[str],
    definitions: Sequence[Definition] = (),
) -> Notes:
    """The warnings for page 1 and the data-quality tables of the last page.

    `needed_sources` and `marts` are the contract ids behind the report; warnings about other tables are not its concern, and
    neither are sources that no mart builds on yet.
    """
    by_source = [row for row in context.records(_BY_SOURCE) if row["source"] in sources_behind_marts()]
    concerned = {*needed_sources, *marts}
    warnings = [row for row in context.records(_WARNINGS) if row["table_name"] in concerned]
    missing = [name for name in needed_sources if name not in {row["source"] for row in by_source}]
    tables = [_source_table(context, by_source, missing)]
    gaps = context.records(_GAPS)
    if gaps:
        tables.append(_gap_table(context, gaps))
    return Notes(
        attention=(
            *_attention(by_source, missing, needed_count=len(needed_sources)),
            *(str(row["explanation"]) for row in warnings),
        ),
        definitions=tuple(definitions),
        data_quality=tuple(tables),
        declared_numbers=(
            *_numbers_of_sources(missing, needed_sources),
            # a requirement's sentence may name its own limit, such as 70 percent
            *(
                DeclaredNumber(limit, "krav i datakontrakten")
                for row in warnings
                for limit in re.findall(r"\d+(?:,\d+)?", str(row["explanation"]))
            ),
        ),
    )


def _attention(by_source: Sequence[dict[str, Any]], missing: Sequence[str], *, needed_count: int) -> list[str]:
    said = []
    rejected = sum(int(row["rows_rejected"]) for row in by_source)
    received = sum(int(row["rows_received"]) for row in by_source)
    if rejected:
        said.append(
            f"{counted(rejected, 'rækker')} af {counted(received, 'modtagne')} er afvist og sendt retur til rettelse."
        )
    if len(missing) > MOST_NAMED:
        said.append(f"{len(missing)} af rapportens {needed_count} kilder mangler. De står bagest ved »{QUALITY}«.")
    elif missing:
        said.append(missing_words(missing))
    return said


def _numbers_of_sources(missing: Sequence[str], needed: Sequence[str]) -> tuple[DeclaredNumber, ...]:
    """The two counts of the warning, where there are too many sources to name."""
    told = (missing, needed) if len(missing) > MOST_NAMED else ()
    return tuple(DeclaredNumber(str(len(names)), "kilder, rapporten bygger på") for names in told)


def _source_table(
    context: ReportContext, by_source: Sequence[dict[str, Any]], missing: Sequence[str]
) -> ProtectedTable:
    """What came, source by source, and the sources that did not."""
    titles = {contract.contract_id: contract.title for contract in load_contracts("source").values()}
    rows = [{**row, "title": titles[row["source"]]} for row in by_source]
    untold = [{"title": titles[source], **dict.fromkeys(_COUNTS, CellStatus.NOT_RECEIVED)} for source in missing]
    total = {name: sum(int(row[name]) for row in rows) for name in _COUNTS}
    return protect(
        [*rows, *untold, {"title": "I alt", **total}],
        table_id="data_by_source",
        title="Modtaget, godkendt og afvist pr. kilde (rækker i filer, ikke børn)",
        columns=(
            TableColumn("title", "Kilde", "label"),
            TableColumn("deliveries_count", "Leverancer", "number"),
            TableColumn("rows_received", "Rækker modtaget", "number"),
            TableColumn("rows_typed", "Godkendt", "number"),
            TableColumn("rows_rejected", "Afvist", "number"),
        ),
        source="Registret over leverancer.",
        rule=context.rule,
    )


def _gap_table(context: ReportContext, gaps: Sequence[dict[str, Any]]) -> ProtectedTable:
    return protect(
        gaps,
        table_id="data_gaps",
        title="Huller i data",
        columns=(
            TableColumn("gap_title", "Hul", "label"),
            TableColumn("affected_count", "Berørte rækker", "count"),
            TableColumn("checked_count", "Ud af", "count"),
        ),
        source="Egen kontrol af de godkendte rækker.",
        rule=context.rule,
    )
