"""How many children are found and measured, per 100 children? Shown before anybody reads what the measured children show.

A model made to find children earlier measures other children than one that waits, so the measured ones cannot be compared
without it. From marts.mart_sdq_detection.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipelines.codes import load_code_table
from pipelines.committee.context import WHOLE_CODE, WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.wellbeing_groups import source_of
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import CellAt, SumRelation, Total
from pipelines.disclosure.table import CellStatus, ProtectedTable, TableColumn
from pipelines.publish.danish import cell_text
from pipelines.publish.figures import FigureWords, rate_bars
from pipelines.publish.section import Figure

_DETECTION: Final = """
SELECT area_kind, area_code, model_code, children_count, first_measured_count
FROM marts.mart_sdq_detection
ORDER BY area_kind, area_code
"""
_FIRST_MEASURED: Final = """
WITH first_forms AS (
    SELECT scores.child_id, min(scores.answered_date) AS first_date
    FROM core.fct_sdq_score AS scores
    CROSS JOIN codes.settings AS settings
    WHERE scores.total_points IS NOT NULL AND scores.answered_date <= settings.as_of_date
    GROUP BY scores.child_id
)

SELECT residences.child_id, residences.district_code, organisation.model_code
FROM core.fct_residence AS residences
CROSS JOIN codes.settings AS settings
INNER JOIN core.dim_child AS children ON residences.child_id = children.child_id
INNER JOIN first_forms ON residences.child_id = first_forms.child_id
LEFT JOIN core.fct_organisation AS organisation
    ON residences.district_code = organisation.unit_code AND organisation.unit_kind_code = 'district'
    AND settings.as_of_date BETWEEN organisation.start_date AND coalesce(organisation.end_date, settings.as_of_date)
WHERE residences.is_own_municipality
    AND settings.as_of_date BETWEEN residences.start_date AND coalesce(residences.end_date, settings.as_of_date)
    AND children.turns_18_date > settings.as_of_date
    AND first_forms.first_date > settings.as_of_date - INTERVAL 12 MONTH
ORDER BY residences.child_id
"""
"""The children behind first_measured_count of marts.mart_sdq_detection, who must be known to protect other tables on them."""

_COUNTS: Final = ("children_count", "first_measured_count")
_MORE_FOUND: Final = "At flere børn bliver fundet, betyder ikke, at flere har det svært."
_KINDS: Final = {"district": "Distrikt", "model": "Model", "municipality": WHOLE_MUNICIPALITY}
_UNKNOWN: Final = {"district": "Uden distrikt", "model": "Model ikke oplyst"}


def detection_table(context: ReportContext) -> ProtectedTable:
    """Children and those first measured in the last 12 months, by district, model and whole, with the rate per 100 children."""
    records = context.records(_DETECTION)
    rows = [{**record, "kind": _KINDS[record["area_kind"]], "area": _name(context, record)} for record in records]
    rows.sort(key=lambda row: (list(_KINDS.values()).index(row["kind"]), context.danish_order(row["area"])))
    for row in rows:
        row["share"] = int(row["first_measured_count"]) / int(row["children_count"])
    counted = protect(
        rows,
        table_id="sdq_detection_counts",
        title="Børn målt første gang med SDQ",
        columns=(
            TableColumn("kind", "Opdelt på", "label"),
            TableColumn("area", "Område", "label"),
            TableColumn("children_count", "Børn på 0-17 år", "count"),
            TableColumn("first_measured_count", "Målt første gang i de seneste 12 måneder", "count"),
            TableColumn(
                "share", "Andel", "share", decimals=1, numerator="first_measured_count", denominator="children_count"
            ),
        ),
        source=f"{source_of(context)} Modellen er distriktets nu, ikke barnets. {_MORE_FOUND}",
        rule=context.rule,
        totals=_sums(rows),
    )
    return _per_hundred(context, counted)


def first_measured_lately(context: ReportContext) -> dict[tuple[str, str], frozenset[str]]:
    """(Kind, area) as in `detection_table` -> the children counted there as first measured; areas without any left out."""
    found = defaultdict[tuple[str, str], set[str]](set)
    for record in context.records(_FIRST_MEASURED):
        codes = {"district": record["district_code"], "model": record["model_code"], "municipality": WHOLE_CODE}
        for kind, code in codes.items():
            area = _name(context, {"area_kind": kind, "area_code": code})
            found[_KINDS[kind], area].add(str(record["child_id"]))
    return {area: frozenset(child_ids) for area, child_ids in found.items()}


def detection_figure(context: ReportContext, table: ProtectedTable) -> Figure:
    """The rate per 100 children by district, model and whole."""
    return rate_bars(
        table,
        FigureWords(
            figure_id="sdq_detection",
            title=_figure_title(table),
            subtitle="Børn, der er målt med SDQ for første gang i de seneste 12 måneder, for hver 100 børn på 0-17 år. Modellen er "
            "distriktets nu, ikke barnets.",
            source=f"{source_of(context)} {_MORE_FOUND}",
            constructed=context.is_constructed,
        ),
        label="area",
        rate="per_hundred",
        unit="pr. 100",
        bold=(WHOLE_MUNICIPALITY,),
    )


def _per_hundred(context: ReportContext, counted: ProtectedTable) -> ProtectedTable:
    """The protected counts with the share as a rate; made of nothing that is not shown."""
    names = [column.name for column in counted.columns]
    rows = []
    for cells in counted.rows:
        row = dict(zip(names, cells, strict=True))
        share = row.pop("share")
        rate = 100 * float(share.value) if isinstance(share.value, (int, float)) else share
        rows.append({**row, "per_hundred": rate})
    return protect(
        rows,
        table_id="sdq_detection",
        title="Børn målt første gang med SDQ i de seneste 12 måneder, efter distrikt og model",
        columns=(
            *counted.columns[:2],
            *(TableColumn(column.name, column.title, "number") for column in counted.columns[2:4]),
            TableColumn("per_hundred", "Pr. 100 børn", "number", decimals=1),
        ),
        source=counted.source,
        rule=context.rule,
    )


def _name(context: ReportContext, record: Mapping[str, Any]) -> str:
    kind, code = record["area_kind"], record["area_code"]
    if code is None:
        return _UNKNOWN[kind]
    if kind == "model":
        title = load_code_table("models").titles()[code]
        return title[:1].upper() + title[1:]
    return context.area_name(code)


def _sums(rows: Sequence[Mapping[str, Any]]) -> list[Total]:
    """The whole is the sum of the districts and of the models, a model the sum of its districts."""

    def at(column: str, row: Mapping[str, Any]) -> CellAt:
        return CellAt(column, (("kind", row["kind"]), ("area", row["area"])))

    found: list[Total] = []
    for total in rows:
        if total["area_kind"] == "district":
            continue
        is_whole = total["area_kind"] == "municipality"
        for kind in ("district", "model") if is_whole else ("district",):
            parts = [
                row
                for row in rows
                if row["area_kind"] == kind and (is_whole or row["model_code"] == total["model_code"])
            ]
            found += [
                SumRelation(at(column, total), tuple(at(column, row) for row in parts)) for column in _COUNTS if parts
            ]
    return found


def _figure_title(table: ProtectedTable) -> str:
    """The whole municipality's rate: that of one model beside another's would be a comparison without its interval."""
    rate = table.cell("per_hundred", area=WHOLE_MUNICIPALITY)
    if rate.status is not CellStatus.SHOWN:
        return "Børn målt første gang i de seneste 12 måneder"
    said = cell_text(rate, table.column("per_hundred"))
    return f"{said} børn af 100 blev målt første gang i de seneste 12 måneder"
