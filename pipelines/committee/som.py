"""What can an economist take from here into SØM, the national socio-economic investment model: success rates, effect and prices.

SØM's user types in own cost, success rate and effect, and the result is no better than these (Social- og Boligstyrelsen; read
on its page). Which cells the model's workbook has is not verified, so the file names each number in words and copies no form.
All numbers are those that the report's protected tables show; what the design or the counts cannot carry says why not.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from io import StringIO
from pathlib import Path

from pipelines.committee.context import ReportContext, report_context
from pipelines.committee.ladder import ladder_section
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable
from pipelines.measures.evidence import EvidenceLevel
from pipelines.publish.danish import rounded, text_date
from pipelines.publish.section import Section

CSV_NAME, WORDS_NAME = "som_tal.csv", "som_forklaring.txt"
LOWEST_LEVEL_OF_EFFECT = EvidenceLevel.ADJUSTED_COMPARISON
"""Below it a difference between two models is no effect of either."""
_TARGET_GROUP = "børn i specialklasse, specialskole eller dagbehandling"
_EVERYBODY = "Alle"
_WHY_EMPTY = {
    CellStatus.HIDDEN: "tallet er skjult, fordi det ville vise noget om få børn",
    CellStatus.HIDDEN_BY_SOURCE: "kilden har skjult tallet",
    CellStatus.LEFT_OUT_BY_SOURCE: "kilden har udeladt tallet",
    CellStatus.NOT_RECEIVED: "vi har ikke fået tallene",
    CellStatus.NOT_COMPUTABLE: "der er for lidt at regne på",
}


@dataclass(frozen=True)
class SomRow:
    """One number for SØM. `value` and its limits are Danish text, empty where `reason` says why; `children` as shown, or empty."""

    kind: str
    target_group: str
    group: str
    measure: str
    value: str
    unit: str
    low: str
    high: str
    children: str
    period: str
    level: str
    reason: str
    source: str


_HEADERS = {
    "kind": "tal",
    "target_group": "målgruppe",
    "group": "gruppe",
    "measure": "hvad tallet viser",
    "value": "værdi",
    "unit": "enhed",
    "low": "usikkerhed fra",
    "high": "usikkerhed til",
    "children": "antal ophold",
    "period": "periode",
    "level": "niveau (0-5)",
    "reason": "kan ikke opgøres, fordi",
    "source": "kilde",
}


def som_rows(section: Section, *, counted_on: str) -> tuple[SomRow, ...]:
    """The rows for SØM from the ladder section's protected tables; counted_on: the day in words.

    Success rates of return by model and month, the effect of the model on them, and the price of a month by rung.
    """
    tables = {table.table_id: table for table in section.tables}
    rows: list[SomRow] = []
    if "ladder_return" in tables:
        rows += _success_rows(tables["ladder_return"], section.level, counted_on)
        rows += _effect_rows(tables["ladder_return"], section.level, counted_on)
    if "spend_prices" in tables:
        rows += _price_rows(tables["spend_prices"])
    return tuple(rows)


def _success_rows(table: ProtectedTable, level: int, counted_on: str) -> Iterator[SomRow]:
    for row in _records(table):
        yield SomRow(
            kind="succesrate",
            target_group=_TARGET_GROUP,
            group=str(row["group"].value),
            measure=f"andel tilbage i almen klasse eller stue efter {row['month'].value}",
            value=_decimal(row["share_pct"], 1),
            unit="procent",
            low=_decimal(row["low"], 1),
            high=_decimal(row["high"], 1),
            children=_decimal(row["stays_count"], 0),
            period=f"ophold begyndt, mens registret er fulgt, til og med {counted_on}",
            level=str(level),
            reason=_reason(row["share_pct"]),
            source=_source_words(table),
        )


def _effect_rows(table: ProtectedTable, level: int, counted_on: str) -> Iterator[SomRow]:
    """The difference between models, per month: told to be none where the level does not carry it."""
    groups = [group for group in dict.fromkeys(table.values("group")) if group != _EVERYBODY]
    reason = (
        f"tallene er på niveau {level} af 5, og en forskel mellem modellerne kan først læses som modellens virkning på niveau "
        f"{int(LOWEST_LEVEL_OF_EFFECT)}"
        if level < LOWEST_LEVEL_OF_EFFECT
        else "der er ikke regnet en forskel, som er renset for andre forskelle mellem distrikterne"
    )
    if len(groups) < 2:
        reason = "der er ikke to modeller at holde op mod hinanden"
    for month in dict.fromkeys(table.values("month")):
        yield SomRow(
            kind="effekt",
            target_group=_TARGET_GROUP,
            group=" mod ".join(map(str, groups)) or _EVERYBODY,
            measure=f"forskel i andel tilbage efter {month}",
            value="",
            unit="procentpoint",
            low="",
            high="",
            children="",
            period=f"ophold begyndt, mens registret er fulgt, til og med {counted_on}",
            level=str(level),
            reason=reason,
            source=_source_words(table),
        )


def _price_rows(table: ProtectedTable) -> Iterator[SomRow]:
    for row in _records(table):
        for name, what in (("ended_dkk_per_month", "sluttede"), ("running_dkk_per_month", "løbende")):
            yield SomRow(
                kind="pris",
                target_group="børn med en indsats på trinnet",
                group=f"trin {row['rung'].value}",
                measure=f"nettoudgift pr. måned for {what} indsatser",
                value=_decimal(row[name], 0),
                unit="kr. pr. måned",
                low="",
                high="",
                children="",
                period=str(row["period"].value),
                level=str(int(EvidenceLevel.COUNTED)),
                reason=_reason(row[name]),
                source=_source_words(table),
            )


def som_csv(rows: Sequence[SomRow]) -> str:
    """The rows as CSV: semicolon, Danish headers and decimal comma, no thousands separator, CRLF."""
    written = StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    names = [field.name for field in fields(SomRow)]
    writer.writerow([_HEADERS[name] for name in names])
    writer.writerows([[getattr(row, name) for name in names] for row in rows])
    return written.getvalue()


def som_words(context: ReportContext, rows: Sequence[SomRow]) -> str:
    """The short explanation that goes with the file."""
    told = sum(1 for row in rows if row.value)
    made_up = "Tallene er konstruerede. Kommunen findes ikke.\n\n" if context.is_constructed else ""
    return (
        f"Tal til SØM fra {context.settings.municipality.name}, opgjort {text_date(context.as_of_date)}\n\n{made_up}"
        f"Filen {CSV_NAME} har {len(rows)} linjer. {told} har et tal, og resten siger, hvorfor tallet ikke kan opgøres.\n"
        "SØM beder selv om udgift, succesrate og effekt, og svaret bliver ikke mere sikkert end det, der skrives ind.\n"
        "Hvilke felter regnearket har, er ikke bekræftet: Se efter i den udgave, I bruger.\n\n"
        "succesrate: andelen, der er tilbage i almen klasse eller stue. Den er ikke en virkning, for nogle vender altid tilbage.\n"
        "effekt: forskellen, som modellen selv gør. Den står tom, når tallene ikke kan bære den. Skriv da ikke succesraten i stedet.\n"
        "pris: hvad en måned har kostet. Den viser ikke, hvad en anden hjælp ville have kostet.\n"
        "usikkerhed: Gentog vi målingen mange gange, ville spændet ramme det rigtige tal i omkring 95 af 100 tilfælde.\n"
        "målgruppe: Se efter, om den er den samme som i SØM, før tallene bruges sammen.\n\n"
        f"{context.rule.sentence}\n"
    )


def write_som(workspace_path: str, folder: Path) -> tuple[Path, Path]:
    """Write the CSV file and the explanation into `folder`, made if need be; (CSV, explanation)."""
    with report_context(workspace_path) as context:
        rows = som_rows(ladder_section(context), counted_on=text_date(context.as_of_date))
        words = som_words(context, rows)
    folder.mkdir(parents=True, exist_ok=True)
    numbers, explanation = folder / CSV_NAME, folder / WORDS_NAME
    # the byte order mark tells Excel that the letters are UTF-8
    numbers.write_text(som_csv(rows), encoding="utf-8-sig", newline="")
    explanation.write_text(words, encoding="utf-8")
    return numbers, explanation


def _records(table: ProtectedTable) -> Iterator[dict[str, Cell]]:
    names = [column.name for column in table.columns]
    for row in table.rows:
        yield dict(zip(names, row, strict=True))


def _decimal(cell: Cell, decimals: int) -> str:
    return "" if cell.value is None else str(rounded(float(cell.value), decimals)).replace(".", ",")


def _reason(cell: Cell) -> str:
    return _WHY_EMPTY.get(cell.status, "")


def _source_words(table: ProtectedTable) -> str:
    return f"Rapportens tabel »{table.title}«. {table.source.split('. ')[0].rstrip('.')}."
