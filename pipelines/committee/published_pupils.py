"""How many pupils stand behind the published inclusion figures, and how many municipalities may lie lower?

Both need counts. Where a count stands beside its percentage the whole is told as a range; where a source sends how many pupils are
outside and how many there are in all, for many municipalities, chance allows a municipality to lie anywhere within some others, and so
many are told: never a rank, and never a list in order.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

import numpy as np

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext
from pipelines.committee.published_outside import WHOLE_COUNTRY
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.measures.implied_denominator import implied_denominator
from pipelines.measures.rank_interval import rank_ranges
from pipelines.publish.danish import number

COUNT: Final = "segregated_pupils_count"
PUPILS: Final = "pupils_count"
FEWEST_MUNICIPALITIES: Final = 10
"""Among fewer, how many lie lower says next to nothing."""

_SEED: Final = 98
"""Drawn ranks are the same every time the report is made."""

_THREE_DIGITS: Final = 1000
_FIGURES: Final = """
SELECT definition_id, area_code, school_year, measure_code, figure_value
FROM marts.mart_published_inclusion
WHERE pupil_group_code = 'all'
ORDER BY definition_id, area_code, school_year, measure_code
"""


@dataclass(frozen=True)
class _Published:
    """What one source published of one area in one year, by measure; a number that it hides is left out, and is not 0."""

    definition_id: str
    area_code: str
    school_year: str
    values: Mapping[str, float]

    @property
    def percent_outside(self) -> float | None:
        if "segregation_pct" in self.values:
            return self.values["segregation_pct"]
        inside = self.values.get("inclusion_pct")
        return None if inside is None else round(100 - inside, 6)


def implied_tables(
    context: ReportContext, *, area_codes: Sequence[str], names: Mapping[str, str]
) -> tuple[ProtectedTable, ...]:
    """A table per definition: count, percentage, and the fewest and most pupils that both allow; rounded outwards."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for figure in _published(context):
        percent, count = figure.percent_outside, figure.values.get(COUNT)
        if figure.area_code in area_codes and percent is not None and count is not None:
            rows.setdefault(figure.definition_id, []).append(
                {
                    "area": names[figure.area_code],
                    "school_year": figure.school_year,
                    "segregated": count,
                    "percent": percent,
                    **_implied(int(count), percent),
                }
            )
    titles = load_code_table("segregation_definitions").titles()
    return tuple(_implied_table(context, definition, titles[definition], found) for definition, found in rows.items())


def implied_words(tables: Sequence[ProtectedTable], *, area: str, by_whom: Mapping[str, str]) -> str:
    """The newest range of `area` per definition, a sentence each, from the protected tables."""
    said = []
    for table in tables:
        own = [row for row in table.rows if row[table.column_index("area")].value == area]
        if own:
            year, low, high = (own[-1][table.column_index(name)].value for name in ("school_year", "lowest", "highest"))
            whose = by_whom[table.table_id.removeprefix("published_").removesuffix("_pupils")]
            if high is not None:
                ends = f"{number(float(str(low)))} og {number(float(str(high)))}"
                said.append(
                    f"Tallene for {area[:1].lower()}{area[1:]} i {year} {whose} må bygge på mellem {ends} elever."
                )
    return " ".join(said)


def place_tables(context: ReportContext, *, municipality_code: str) -> tuple[ProtectedTable, ...]:
    """Per definition with both counts for the municipality and enough others: how many of the others may lie lower, year by year."""
    by_definition: dict[str, list[dict[str, Any]]] = {}
    figures = [figure for figure in _published(context) if COUNT in figure.values and figure.values.get(PUPILS)]
    for definition, year in dict.fromkeys((figure.definition_id, figure.school_year) for figure in figures):
        of_year = [
            figure
            for figure in figures
            if (figure.definition_id, figure.school_year) == (definition, year) and figure.area_code != WHOLE_COUNTRY
        ]
        codes = [figure.area_code for figure in of_year]
        if municipality_code in codes and len(codes) >= FEWEST_MUNICIPALITIES:
            place = _place(of_year, codes.index(municipality_code))
            by_definition.setdefault(definition, []).append({"school_year": year, **place})
    titles = load_code_table("segregation_definitions").titles()
    return tuple(_place_table(context, code, titles[code], rows) for code, rows in by_definition.items())


def place_words(tables: Sequence[ProtectedTable], *, by_whom: Mapping[str, str]) -> str:
    """What may be said of the place among the others; why nothing is said where no source sends both counts."""
    said = []
    for table in tables:
        cells = {column.name: cell.value for column, cell in zip(table.columns, table.rows[-1], strict=True)}
        whose = by_whom[table.table_id.removeprefix("published_").removesuffix("_place")]
        said.append(
            f"Mellem {cells['fewest_below']} og {cells['most_below']} af {cells['others']} andre kommuner kan ligge lavere i "
            f"{cells['school_year']} {whose}, når tilfældigheder regnes med."
        )
    return " ".join(said) or (
        "Ingen kilde sender både tæller og nævner for kommunerne. Derfor siger vi ikke, hvor mange kommuner der ligger lavere."
    )


def _published(context: ReportContext) -> Iterator[_Published]:
    found: dict[tuple[str, str, str], dict[str, float]] = {}
    for record in context.records(_FIGURES):
        key = (str(record["definition_id"]), str(record["area_code"]), str(record["school_year"]))
        values = found.setdefault(key, {})
        if record["figure_value"] is not None:
            values[str(record["measure_code"])] = float(record["figure_value"])
    return (_Published(*key, values) for key, values in found.items())


def _implied(count: int, percent: float) -> dict[str, int | None]:
    """A percentage is published with one decimal at least; the ends go outwards to three digits, as far as a reader needs."""
    told = f"{percent:.1f}" if percent == round(percent, 1) else repr(percent)
    found = implied_denominator(count, told)
    lowest = found.lowest - found.lowest % _step(found.lowest)
    highest = None if found.highest is None else ceil(found.highest / _step(found.highest)) * _step(found.highest)
    return {"lowest": lowest, "highest": highest}


def _step(value: int) -> int:
    step = 1
    while value // step >= _THREE_DIGITS:
        step *= 10
    return step


def _implied_table(
    context: ReportContext, definition: str, title: str, rows: Sequence[Mapping[str, Any]]
) -> ProtectedTable:
    return protect(
        rows,
        table_id=f"published_{definition}_pupils",
        title=f"Så mange elever må tallene bygge på: {title}",
        columns=(
            TableColumn("area", "Område", "label"),
            TableColumn("school_year", "Skoleår", "label"),
            TableColumn("segregated", "Elever uden for", "number"),
            TableColumn("percent", "Andel uden for", "number", unit="%", decimals=1),
            TableColumn("lowest", "Elever i alt: mindst", "number"),
            TableColumn("highest", "Elever i alt: højst", "number"),
        ),
        source="Kilde: de offentliggjorte tal. Elever i alt er regnet ud af antal og andel, som begge kan være afrundet.",
        rule=context.rule,
    )


def _place(of_year: Sequence[_Published], unit: int) -> dict[str, Any]:
    ranges = rank_ranges(
        [figure.values[COUNT] for figure in of_year],
        [figure.values[PUPILS] for figure in of_year],
        random=np.random.default_rng(_SEED),
    )
    own = ranges.units[unit]
    if own.low is None or own.high is None:
        raise ValueError("a municipality without pupils was to be placed among the others")
    return {"others": ranges.ranked_count - 1, "fewest_below": own.low - 1, "most_below": own.high - 1}


def _place_table(
    context: ReportContext, definition: str, title: str, rows: Sequence[Mapping[str, Any]]
) -> ProtectedTable:
    return protect(
        rows,
        table_id=f"published_{definition}_place",
        title=f"Så mange kommuner kan ligge lavere: {title}",
        columns=(
            TableColumn("school_year", "Skoleår", "label"),
            TableColumn("others", "Andre kommuner", "number"),
            TableColumn("fewest_below", "Ligger lavere: mindst", "number"),
            TableColumn("most_below", "Ligger lavere: højst", "number"),
        ),
        source="Kilde: de offentliggjorte tal. Lavere er færre elever uden for almen undervisning, hverken godt eller dårligt. "
        "Spændet viser, hvad tilfældige udsving kan gøre (95 af 100 gange).",
        rule=context.rule,
    )
