"""The norm table that a municipality pastes in itself: `sdq_normer.csv` in the workspace folder, beside trappen.toml.

Some norm sets are published, but not ours to hand on; they are registered (status `to_be_pasted_in` in
data_contracts/codes/sdq_norm_sets.csv) and empty. The file is CSV with semicolons, as Excel saves it in Danish, in UTF-8 or
Windows-1252, with the columns of `COLUMNS`; one row is one band. `køn` empty means both, `skema` empty means every form up to
17 years, several forms are parted by |. Words are those of the code tables: "forælder", "pige", "4-10 år", "SDQ i alt", and for
bands either the three (inden for det almindelige, på grænsen, uden for det almindelige) or the four (tæt på gennemsnittet,
lidt forhøjet, højt, meget højt; for strengths lidt nedsat, lavt, meget lavt).
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pipelines.codes import load_code_table
from pipelines.contracts import source_contract
from pipelines.pasted_table import folded, read_pasted_rows, refuse_faults
from pipelines.sdq_norms.bands import Band, coverage_faults, is_to_be_pasted_in, norm_set_codes, scale_titles
from pipelines.sdq_norms.vocabulary import SCALES

OWN_TABLE_FILE = "sdq_normer.csv"
COLUMNS = (
    "normsæt", "udfylder", "skema", "alder fra", "alder til", "køn", "skala", "bånd", "fra point", "til point", "kilde",
)  # fmt: skip
"""The header of the file, in any order."""

_NUMBERS = ("alder fra", "alder til", "fra point", "til point")


def read_own_bands(path: Path) -> tuple[Band, ...]:
    """The bands in the file; none when there is no such file.

    Raises:
        SettingsError: the file cannot be read, lacks columns, or has wrong rows; all faults are named, in Danish.
    """
    bands, faults = [], []
    for row in read_pasted_rows(path, COLUMNS):
        found = list(row.faults) or _band(row.cells)
        if isinstance(found, Band):
            bands.append(found)
        else:
            faults += [f"linje {row.line}: {fault}" for fault in found]
    refuse_faults(path.name, faults)
    refuse_faults(path.name, coverage_faults(bands))
    return tuple(bands)


def _band(cells: Mapping[str, str]) -> Band | list[str]:
    """The row as a band, or what is wrong with it."""
    faults: list[str] = []

    def code(column: str, meanings: Mapping[str, str], allowed: str) -> str:
        found = meanings.get(folded(cells[column]))
        if found is None:
            faults.append(f"{column} er '{cells[column]}', men skal være {allowed}")
        return found or ""

    norm_set = code(
        "normsæt", _empty_norm_sets(), f"et af dem, der skal indsættes: {', '.join(_empty_norm_set_codes())}"
    )
    informant = code("udfylder", load_code_table("informants").codes_by_alias(), _titles("informants"))
    sex = (
        code("køn", load_code_table("sexes").codes_by_alias(), f"tom eller {_titles('sexes')}")
        if cells["køn"]
        else None
    )
    scale = code("skala", _scale_codes(), f"en af: {', '.join(scale_titles().values())}")
    band_codes = load_code_table("sdq_bands").codes_by_alias()
    band = code("bånd", band_codes, f"et af: {_titles('sdq_bands')}")
    versions = _version_codes(cells["skema"], faults)
    numbers = {column: _whole_number(column, cells[column], faults) for column in _NUMBERS}
    if not faults and numbers["alder fra"] > numbers["alder til"]:
        faults.append("alder fra er større end alder til")
    if not cells["kilde"]:
        faults.append("kilde er tom. Skriv, hvor tabellen står: forfatter, år og tabel")
    if faults:
        return faults
    number, is_beyond_limit = _band_place()[band]
    return Band(
        norm_set_code=norm_set,
        informant_code=informant,
        version_codes=versions,
        from_age_years=numbers["alder fra"],
        to_age_years=numbers["alder til"],
        sex_code=sex,
        scale_code=scale,
        band_code=band,
        band_title=load_code_table("sdq_bands").titles()[band],
        band_number=number,
        is_beyond_limit=is_beyond_limit,
        lowest_points=numbers["fra point"],
        highest_points=numbers["til point"],
        status="pasted_in",
        source=cells["kilde"],
    )


def _empty_norm_set_codes() -> tuple[str, ...]:
    return tuple(code for code in norm_set_codes() if is_to_be_pasted_in(code))


def _empty_norm_sets() -> dict[str, str]:
    meanings = load_code_table("sdq_norm_sets").codes_by_alias()
    return {spelling: code for spelling, code in meanings.items() if is_to_be_pasted_in(code)}


def _titles(table: str) -> str:
    return ", ".join(load_code_table(table).titles().values())


def _version_codes(cell: str, faults: list[str]) -> tuple[str, ...]:
    meanings = load_code_table("sdq_versions").codes_by_alias()
    if not cell:
        return tuple(code for code in load_code_table("sdq_versions").codes if code != "18+")
    found = [meanings.get(folded(part)) for part in cell.split("|")]
    if None in found:
        # Excel makes a date of 4-10; the title with "år" stays as it is
        faults.append(
            f"skema er '{cell}', men skal være tomt eller et af (flere skilles af |): {_titles('sdq_versions')}"
        )
    return tuple(code for code in found if code)


def _whole_number(column: str, cell: str, faults: list[str]) -> int:
    if cell.isascii() and cell.isdigit() and len(cell) <= 3:
        return int(cell)
    faults.append(f"{column} er '{cell}', men skal være et helt tal")
    return 0


@cache
def _scale_codes() -> dict[str, str]:
    contract = source_contract("sdq_scores")
    columns = {scale: contract.column(f"{scale}_points") for scale in SCALES}
    return {
        folded(spelling): scale
        for scale, column in columns.items()
        for spelling in (scale, column.title, *column.aliases)
    }


@cache
def _band_place() -> dict[str, tuple[int, bool]]:
    """Number and side of the limit per band code, the same in every set that uses the code."""
    return {
        row["code"]: (int(row["band_number"]), row["is_beyond_limit"] == "true")
        for row in load_code_table("sdq_bands").rows
    }
