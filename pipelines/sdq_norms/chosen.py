"""Which norm sets did the municipality choose, and may they be used? Into the warehouse as `codes.sdq_chosen_bands`, and back.

The mart and the report read the same rows, so a table changed after the run cannot make them disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pipelines.codes import load_code_table, replace_table
from pipelines.sdq_norms.bands import Band, is_to_be_pasted_in, norm_set_codes, shipped_bands, usable
from pipelines.sdq_norms.own_table import OWN_TABLE_FILE

CHOSEN_COLUMNS = {
    "norm_set_code": "VARCHAR",
    "norm_set_number": "INTEGER",
    "informant_code": "VARCHAR",
    "version_code": "VARCHAR",
    "from_age_years": "INTEGER",
    "to_age_years": "INTEGER",
    "sex_code": "VARCHAR",
    "scale_code": "VARCHAR",
    "band_code": "VARCHAR",
    "band_title": "VARCHAR",
    "band_number": "INTEGER",
    "is_beyond_limit": "BOOLEAN",
    "lowest_points": "INTEGER",
    "highest_points": "INTEGER",
    "status": "VARCHAR",
    "source": "VARCHAR",
}
"""Columns of `codes.sdq_chosen_bands`: one row per usable band of a chosen set and form; norm_set_number 1 is the main set."""

_READ = f"SELECT {', '.join(CHOSEN_COLUMNS)} FROM codes.sdq_chosen_bands ORDER BY ALL"


@dataclass(frozen=True)
class NormSet:
    """One chosen set: its code, Danish title, what is doubtful about it (Danish), its source, and its usable bands."""

    code: str
    title: str
    doubt: str
    source: str
    bands: tuple[Band, ...]


def check_norm_set(code: str, own_bands: Sequence[Band]) -> None:
    """Nothing when the set may be chosen.

    Raises:
        ValueError: it is unknown, empty or too uncertain; the message is Danish and names what can be chosen.
    """
    choices = [known for known in norm_set_codes() if usable_bands(known, own_bands)]
    advice = f"Vælg et af disse, eller lad feltet være tomt: {', '.join(choices)}"
    if code not in norm_set_codes():
        raise ValueError(f"normsættet '{code}' kendes ikke. {advice}")
    if code in choices:
        return
    if is_to_be_pasted_in(code):
        raise ValueError(
            f"normsættet '{code}' følger ikke med systemet. Indsæt tabellen i {OWN_TABLE_FILE} i arbejdsmappen. {advice}"
        )
    raise ValueError(f"normsættet '{code}' er for usikkert til en rapport: dets grænser er ikke efterset. {advice}")


def usable_bands(code: str, own_bands: Sequence[Band]) -> tuple[Band, ...]:
    """The bands of one set that a report may build on."""
    return usable(band for band in (*shipped_bands(), *own_bands) if band.norm_set_code == code)


def load_chosen_bands(
    connection: duckdb.DuckDBPyConnection, norm_sets: Sequence[str], *, own_bands: Sequence[Band] = ()
) -> None:
    """Create or replace `codes.sdq_chosen_bands` with the sets in the order given; without sets it is empty."""
    rows = [
        tuple({**vars(band), "norm_set_number": number, "version_code": version}[name] for name in CHOSEN_COLUMNS)
        for number, code in enumerate(norm_sets, start=1)
        for band in usable_bands(code, own_bands)
        for version in band.version_codes
    ]
    replace_table(connection, "codes.sdq_chosen_bands", CHOSEN_COLUMNS, rows)


def chosen_norm_sets(connection: duckdb.DuckDBPyConnection) -> tuple[NormSet, ...]:
    """The sets that the warehouse was built with, the main one first; none when no set is chosen."""
    found: dict[tuple[int, str], dict[Band, list[str]]] = {}
    for row in connection.execute(_READ).fetchall():
        plain = dict(zip(CHOSEN_COLUMNS, row, strict=True))
        number, version = plain.pop("norm_set_number"), plain.pop("version_code")
        bands = found.setdefault((number, plain["norm_set_code"]), {})
        bands.setdefault(Band(version_codes=(), **plain), []).append(version)
    registered = {row["code"]: row for row in load_code_table("sdq_norm_sets").rows}
    return tuple(
        NormSet(
            code,
            registered[code]["title"],
            registered[code]["doubt_text"],
            registered[code]["source"],
            tuple(Band(**{**vars(band), "version_codes": tuple(versions)}) for band, versions in bands.items()),
        )
        for (_, code), bands in sorted(found.items())
    )
