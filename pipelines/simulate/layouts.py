"""How do senders lay out their files: headers, separators, encodings, spellings of codes, dates and numbers.

Headers and spellings are those that the contracts and code tables accept; a test holds every one of them against these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import polars as pl

from pipelines.codes import load_code_table
from pipelines.contracts import Column, source_contract

Spelling = Literal["code", "title", "alias"]
"""Codes are written as the code, as its Danish title, or as the first of its aliases (the title where it has none)."""

EXTRA_HEADER, EXTRA_VALUE = "Status i systemet", "Aktiv"


@dataclass(frozen=True)
class Layout:
    """One way of writing one source. `headers` gives the header per contract column, in the order of the file;
    `encoding` is Python's name; `writes_real_dates` puts dates, not texts, into a workbook's cells."""

    source: str
    headers: Mapping[str, str]
    suffix: Literal["csv", "txt", "xlsx"]
    encoding: str = "utf-8-sig"
    separator: str = ";"
    spelling: Spelling = "title"
    date_format: str = "%d-%m-%Y"
    has_hyphen_in_cpr: bool = False
    title_rows: tuple[str, ...] = ()
    sheet_name: str = ""
    writes_real_dates: bool = False
    has_extra_column: bool = False
    spelling_by_column: Mapping[str, Spelling] = field(default_factory=dict)


def _sdq_headers(item: str, first: Mapping[str, str]) -> dict[str, str]:
    """The head columns as given, then items by number: 1-25, then 26 and 28-32 for the impact questions."""
    columns = [column.name for column in source_contract("sdq_answers").columns if column.code_table]
    names = [name for name in columns if name not in first]
    numbers = [*range(1, 26), 26, 28, 29, 30, 31, 32]
    return {**first, **{name: item.format(number) for name, number in zip(names, numbers, strict=True)}}


def layouts() -> dict[str, tuple[Layout, ...]]:
    """The layouts per source; a source with several changes from file to file."""
    return {
        "children": (
            Layout(
                "children",
                {
                    "child_id": "CPR-nr.",
                    "birth_date": "Fødselsdato",
                    "sex_code": "Køn",
                    "home_district_code": "Skoledistrikt",
                    "home_municipality_code": "Bopælskommune",
                    "resident_from_date": "Tilflytningsdato",
                    "resident_to_date": "Fraflytningsdato",
                },
                "csv",
                encoding="cp1252",
                has_hyphen_in_cpr=True,
            ),
        ),
        "institutions": (
            Layout(
                "institutions",
                {
                    "institution_code": "Institutionsnummer",
                    "institution_name": "Institutionsnavn",
                    "institution_type_code": "Institutionstype",
                    "ownership_code": "Ejerform",
                    "district_code": "Skoledistrikt",
                    "cluster_code": "Klynge/netværk",
                    "open_from_date": "Oprettet",
                    "open_to_date": "Nedlagt",
                },
                "xlsx",
                sheet_name="Institutioner",
                title_rows=("Oversigt over institutioner og skoler",),
            ),
        ),
        "organisation": (
            Layout(
                "organisation",
                {
                    "unit_kind_code": "Enhedstype",
                    "unit_code": "Enhedskode",
                    "unit_name": "Navn",
                    "model_code": "Ordning",
                    "from_date": "Gyldig fra",
                    "to_date": "Gyldig til",
                },
                "csv",
                separator=",",
                encoding="utf-8",
                date_format="%Y-%m-%d",
            ),
        ),
        "school_placements": (
            Layout(
                "school_placements",
                {
                    "child_id": "Cpr.nr.",
                    "institution_code": "Skolekode",
                    "grade_number": "Klassetrin",
                    "class_type_code": "Klassetype",
                    "support_hours_per_week": "Ugentlige timer",
                    "start_date": "Tilgang dato",
                    "end_date": "Afgang dato",
                },
                "csv",
                encoding="cp1252",
                title_rows=("Elever og børn i dagtilbud med støttetimer pr. uge",),
                date_format="%d/%m/%Y",
            ),
        ),
        "measures": (
            Layout(
                "measures",
                {
                    "child_id": "CPR-nr.",
                    "measure_id": "Ydelses-id",
                    "paragraph_code": "Afgørelsesparagraf",
                    "place_code": "Tilbudstype",
                    "start_date": "Startdato",
                    "end_date": "Slutdato",
                    "end_reason_code": "Årsag til ophør",
                },
                "txt",
                encoding="utf-8-sig",
                separator="\t",
                has_hyphen_in_cpr=True,
                spelling="alias",
                has_extra_column=True,
            ),
        ),
        "sdq_answers": (
            Layout(
                "sdq_answers",
                _sdq_headers(
                    "sdq_{}",
                    {
                        "child_id": "cpr_nr",
                        "answered_date": "Svardato",
                        "informant_code": "Respondent",
                        "version_code": "Skemaversion",
                        "is_follow_up_form": "Opfølgning",
                        "institution_code": "Institution",
                    },
                ),
                "csv",
                spelling="code",
                spelling_by_column={"informant_code": "title", "version_code": "title"},
            ),
            Layout(
                "sdq_answers",
                _sdq_headers(
                    "Spm{}",
                    {
                        "informant_code": "Besvaret af",
                        "answered_date": "Udfyldt dato",
                        "child_id": "CPR-nummer",
                        "institution_code": "Institutionskode",
                        "version_code": "Aldersversion",
                        "is_follow_up_form": "Opfølgningsskema",
                    },
                ),
                "csv",
                encoding="cp1252",
                separator="\t",
                date_format="%d.%m.%Y",
                spelling="code",
                spelling_by_column={"informant_code": "alias", "version_code": "code"},
            ),
        ),
        "sessions": (
            Layout(
                "sessions",
                {
                    "session_id": "Møde-id",
                    "forum_code": "Mødeform",
                    "institution_code": "Institutionsnummer",
                    "district_code": "Skoledistrikt",
                    "planned_date": "Planlagt dato",
                    "held_date": "Afholdt dato",
                    "session_status_code": "Mødestatus",
                    "duration_minutes": "Varighed (min)",
                    "level_code": "Rettet mod",
                    "prevention_kind_code": "Forebyggelse",
                    "is_from_joint_observation": "Fælles observation",
                },
                "xlsx",
                sheet_name="Møder",
                writes_real_dates=True,
            ),
        ),
    }


Cell = str | int | float | date | None
"""What stands in a cell: text in a text file; in a workbook also numbers and dates. None is an empty cell."""


def cells_of(frame: pl.DataFrame, layout: Layout) -> dict[str, list[Cell]]:
    """The cells of every column of the layout, written as the sender writes them."""
    contract = source_contract(layout.source)
    return {name: _written(frame[name], contract.column(name), layout) for name in layout.headers}


def _written(values: pl.Series, column: Column, layout: Layout) -> list[Cell]:
    plain = values.to_list()
    match column.parse:
        case "cpr" if layout.has_hyphen_in_cpr:
            return [f"{number[:6]}-{number[6:]}" for number in plain]
        case "date":
            return plain if layout.writes_real_dates else [written_date(day, layout) for day in plain]
        case "code":
            spellings = spelled_codes(
                str(column.code_table), layout.spelling_by_column.get(column.name, layout.spelling)
            )
            return [None if code is None else spellings[str(code)] for code in plain]
        case "boolean":
            return [None if flag is None else "ja" if flag else "nej" for flag in plain]
        case "decimal":
            return [
                None if number is None else f"{number:.2f}".rstrip("0").rstrip(".").replace(".", ",")
                for number in plain
            ]
        case "integer":
            return plain if layout.suffix == "xlsx" else [None if number is None else str(number) for number in plain]
        case _:
            return plain


def written_date(day: date | None, layout: Layout) -> str | None:
    """A date as text in the layout's form."""
    return None if day is None else day.strftime(layout.date_format)


def spelled_codes(table: str, spelling: Spelling) -> dict[str, str]:
    """What a sender writes for each code of a table."""
    return {row["code"]: _spelled(row, spelling) for row in load_code_table(table).rows}


def _spelled(row: Mapping[str, Any], spelling: Spelling) -> str:
    aliases = [alias for alias in row["aliases"].split("|") if alias]
    if spelling == "code":
        return str(row["code"])
    return aliases[0] if spelling == "alias" and aliases else str(row["title"])
