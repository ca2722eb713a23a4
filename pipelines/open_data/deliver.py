"""From packaged open files, one column per indicator, to deliveries in the long layout of the contracts.

Nothing is computed, rounded or renamed but the melt itself: a value stands in the delivery as it stands in the file. An
empty value is one that the source does not publish; it is delivered as hidden by the source, never as 0. A count that a file tells
only in a note is delivered as the catalogue says. Where the catalogue
says that a file writes 0 for "none of these here", that 0 is such an empty value.
"""

import csv
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.contracts import source_contract

_FOLDER = Path(__file__).parent
_FILES = _FOLDER / "files"


@cache
def catalogue() -> dict[str, Any]:
    """catalogue.toml as plain values."""
    return tomllib.loads((_FOLDER / "catalogue.toml").read_text(encoding="utf-8"))


def attribution_text() -> str:
    """Whom the open figures are owed to, for every report that shows them."""
    return str(catalogue()["attribution"])


def deliver_open_data(inboxes: Path) -> list[Path]:
    """Write one CSV per source into `inboxes`/<source>/ and return their paths; the same bytes every time."""
    deliveries = {
        "open_figures": list(_open_figures()),
        "segregation_figures": list(_segregation_figures()),
        "institutions": list(_institutions()),
    }
    return [_write(inboxes / source / f"aabne_tal_{source}.csv", source, rows) for source, rows in deliveries.items()]


def packaged_file(name: str) -> Path:
    """Where the unchanged copy of an open file lies, by folder and name as in the catalogue."""
    return _FILES / name


def read_records(name: str) -> list[dict[str, str]]:
    """The records of a packaged CSV or JSON file with every value as the text it is written with ('' where empty)."""
    path = packaged_file(name)
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))
    plain = json.loads(path.read_text(encoding="utf-8"), parse_float=str, parse_int=str)
    records = plain if isinstance(plain, list) else list(plain["kommuner"].values())
    return [{name: "" if value is None else str(value) for name, value in record.items()} for record in records]


def _open_figures() -> Iterator[dict[str, str]]:
    for file in catalogue()["open_figures"]:
        for record in read_records(file["file"]):
            for column, indicator in file["indicators"].items():
                value = record[column]
                if file.get("zero_means_missing") and float(value or 0) == 0:
                    value = ""
                yield {
                    "indicator_id": indicator,
                    "municipality_code": record[file["municipality_column"]],
                    "period": _period(record[file["period_column"]] if "period_column" in file else file["period"]),
                    "group_code": record[file["group_column"]] if "group_column" in file else file["group"],
                    "figure_value": _danish_decimal(value),
                    "value_status_code": _status(value),
                }


def _segregation_figures() -> Iterator[dict[str, str]]:
    file = catalogue()["segregation_figures"]
    for record in read_records(file["file"]):
        measure, pupils = file["measures"][record["measure"]]
        yield {
            "definition_id": record["definition"],
            "measure_code": measure,
            "area_code": record["area"],
            "pupil_group_code": pupils,
            "school_year": record["school_year"],
            "figure_value": _danish_decimal(record["value"]),
            "value_status_code": _status(record["value"]),
            "confidence_code": record["confidence"],
            "source_url": record["source_url"],
        }
        for told in file["counts_in_notes"]:
            if _has_note(record, told):
                yield {
                    "definition_id": record["definition"],
                    "measure_code": "segregated_pupils_count",
                    "area_code": record["area"],
                    "pupil_group_code": "all",
                    "school_year": record["school_year"],
                    "figure_value": told["value"],
                    "value_status_code": "published",
                    "confidence_code": record["confidence"],
                    "source_url": record["source_url"],
                }


def _has_note(record: Mapping[str, str], told: Mapping[str, str]) -> bool:
    is_beside = all(record[name] == told[name] for name in ("definition", "area", "school_year"))
    return is_beside and told["in_note"] in record["note"]


def _institutions() -> Iterator[dict[str, str]]:
    file = catalogue()["institutions"]
    for record in read_records(file["file"]):
        yield {name: " ".join(record[column].split()) for column, name in file["columns"].items()}


def _period(text: str) -> str:
    """A school year in the contract's form (2019/2020 becomes 2019/20), a calendar year as it is."""
    first, slash, second = text.partition("/")
    return f"{first}/{second[-2:]}" if slash else first


def _danish_decimal(value: str) -> str:
    return value.replace(".", ",")


def _status(value: str) -> str:
    return "published" if value else "hidden_by_source"


def _write(path: Path, source: str, rows: Sequence[dict[str, str]]) -> Path:
    titles = {column.name: column.title for column in source_contract(source).columns}
    names = list(rows[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
        writer.writerow([titles[name] for name in names])
        writer.writerows([row[name] for name in names] for row in rows)
    return path
