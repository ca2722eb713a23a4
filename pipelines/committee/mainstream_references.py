"""Our register counted by another's definition, year by year, beside what they published for us and for the whole country.

Each definition has its own table, and where the country's figure is published its own figure: a reference follows the same
definition as the series it stands beside, or the table cannot be made. Counts are rounded to fives before a share is made of them, as
in the table of all definitions (`pipelines.committee.mainstream_definitions`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipelines.committee.context import ReportContext
from pipelines.committee.definition_words import owner_names
from pipelines.committee.mainstream_definitions import percent_in_fives, rounding_words
from pipelines.committee.published_outside import WHOLE_COUNTRY, PublishedOutside, published_outside
from pipelines.disclosure.table import Cell, CellStatus, TableColumn
from pipelines.publish.figures import FigureWords
from pipelines.publish.reference_figure import draw_beside_references
from pipelines.publish.section import Figure
from pipelines.publish.share_series import ReferencedShares, ReferenceLine, protect_beside_references

COUNTRY: Final = "country"
_COUNTED: Final = """
SELECT definition_id, school_year, pupils_count, segregated_count
FROM marts.mart_mainstream_share
WHERE area_kind = 'municipality'
ORDER BY definition_id, school_year
"""


def reference_series(context: ReportContext) -> tuple[ReferencedShares, ...]:
    """One table per definition under which something is published for the municipality or the country; percent outside."""
    published, own_code = published_outside(context), context.settings.municipality.known_code
    counted: dict[str, dict[str, Mapping[str, Any]]] = {}
    for record in context.records(_COUNTED):
        counted.setdefault(str(record["definition_id"]), {})[str(record["school_year"])] = record
    found = []
    for definition, by_year in counted.items():
        years = {
            year for area in (own_code, WHOLE_COUNTRY) for year in published.school_years(definition, area_code=area)
        }
        if years:
            found.append(_beside(context, definition, by_year, published, sorted(years | by_year.keys())))
    return tuple(found)


def reference_figures(context: ReportContext, series: Sequence[ReferencedShares]) -> tuple[Figure, ...]:
    """A figure for each definition whose figure for the whole country is known in some year."""
    return tuple(
        draw_beside_references(
            shares,
            FigureWords(
                figure_id=shares.table.table_id,
                title=f"Vores elever talt som {owner_names()[shares.definition_id]} ved siden af hele landet",
                subtitle="Procent af eleverne, der går uden for almen undervisning. Hul i en linje: tallet mangler det år. "
                "Aksen begynder ikke ved 0.",
                source=shares.table.source,
                constructed=context.is_constructed,
            ),
        )
        for shares in series
        if COUNTRY in shares.references and any(value is not None for value in shares.table.values(COUNTRY))
    )


def _beside(
    context: ReportContext,
    definition: str,
    by_year: Mapping[str, Mapping[str, Any]],
    published: PublishedOutside,
    years: Sequence[str],
) -> ReferencedShares:
    owner, own_code = owner_names()[definition], context.settings.municipality.known_code
    return protect_beside_references(
        [
            {"definition_id": definition, "school_year": year, "own": _counted(context, by_year.get(year))}
            for year in years
        ],
        [
            ReferenceLine(
                definition,
                name,
                title,
                {year: published.cell(definition, area_code=area, school_year=year) for year in years},
            )
            for name, title, area in (
                ("published", "Deres tal for os", own_code),
                (COUNTRY, "Hele landet", WHOLE_COUNTRY),
            )
            if published.school_years(definition, area_code=area)
        ],
        period=TableColumn("school_year", "Skoleår", "label"),
        share=TableColumn("own", "Vores register", "number", unit="%", decimals=1),
        table_id=f"mainstream_by_{definition}",
        title=f"Elever uden for almen undervisning talt som {owner} (procent)",
        source=f"Kilde: {context.settings.municipality.name}s elevregister, talt på samme måde som {owner}, og de tal, der er "
        "offentliggjort efter den definition. Vores elevtal er afrundet til nærmeste fem. "
        f"{rounding_words(by_year.values(), rule=context.rule)}",
        rule=context.rule,
    )


def _counted(context: ReportContext, counts: Mapping[str, Any] | None) -> Cell | float:
    """Our own percent; nothing where the register does not reach so far back."""
    if counts is None:
        return Cell(None, CellStatus.NOT_RECEIVED)
    if any(context.rule.hides_count(int(counts[name])) for name in ("pupils_count", "segregated_count")):
        return Cell(None, CellStatus.HIDDEN)
    percent = percent_in_fives(counts)
    return Cell(None, CellStatus.NOT_COMPUTABLE) if percent is None else percent
