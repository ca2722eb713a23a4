"""A municipality's own ladder: `egen_trappe.csv` in the workspace folder, beside trappen.toml.

CSV with semicolons and the columns of `COLUMNS`; one row puts one code on one rung of one track:

    spor;slags;kode;trin;titel
    social;paragraf;BL § 30 tidlig forebyggende indsats;1;Forebyggelse
    undervisning;støttetimer;mindst 9 timer;2;Mellemform

Any spelling that a delivery may use will do for `kode`. An empty `trin` says that the code is not on the ladder. Of a track that
stands in the file, every code with a national rung from 1 up must be there; a paragraph of serviceloven that is not follows its
successor in barnets lov. A track that is left out follows the national ladder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.ladders.steps import (
    KINDS_BY_TRACK,
    STEP_KINDS,
    TRACKS,
    Step,
    by_code,
    codes_by_spelling,
    national_steps,
    national_titles,
    paragraph_successors,
    placement_paragraphs,
    step_title,
)
from pipelines.pasted_table import folded, read_pasted_rows, refuse_faults

OWN_LADDER_FILE = "egen_trappe.csv"
COLUMNS = ("spor", "slags", "kode", "trin", "titel")
"""The header of the file, in any order."""

HIGHEST_RUNG = 9
_TRACK_CODES = {
    "social": "social",
    "socialsporet": "social",
    "undervisning": "education",
    "undervisningssporet": "education",
}
_KIND_CODES = {title: code for code, title in STEP_KINDS.items()}


@dataclass(frozen=True)
class OwnLadder:
    """Both tracks, complete: what each code gives, and the Danish title of each rung by track and number."""

    steps: tuple[Step, ...]
    titles: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True)
class _Row:
    """One line of the file; `rung` is None where the code is not on the ladder."""

    line: int
    track_code: str
    step_kind_code: str
    code: str
    rung: int | None
    title: str


def read_own_ladder(path: Path) -> OwnLadder | None:
    """The ladder in the file; None when there is no such file, or no row in it.

    Raises:
        SettingsError: the file cannot be read, lacks columns or has wrong rows; all faults are named, in Danish.
    """
    rows: list[_Row] = []
    faults: list[str] = []
    for pasted in read_pasted_rows(path, COLUMNS):
        found = list(pasted.faults) or _row(pasted.line, pasted.cells)
        if isinstance(found, _Row):
            rows.append(found)
        else:
            faults += [f"linje {pasted.line}: {fault}" for fault in found]
    refuse_faults(path.name, faults)
    refuse_faults(path.name, [*_doubled(rows), *_two_titles(rows), *_left_out(rows)])
    return _ladder(rows) if rows else None


def _row(line: int, cells: dict[str, str]) -> _Row | list[str]:
    """The row, or what is wrong with it."""
    faults: list[str] = []
    track = _TRACK_CODES.get(folded(cells["spor"]))
    kind = _KIND_CODES.get(folded(cells["slags"]))
    if track is None:
        faults.append(f"spor er '{cells['spor']}', men skal være social eller undervisning")
    if kind is None or (track and kind not in KINDS_BY_TRACK[track]):
        allowed = KINDS_BY_TRACK[track] if track else tuple(STEP_KINDS)
        faults.append(
            f"slags er '{cells['slags']}', men skal være en af: {', '.join(STEP_KINDS[each] for each in allowed)}"
        )
    code = codes_by_spelling(kind).get(folded(cells["kode"])) if kind else None
    if kind and code is None:
        faults.append(f"kode er '{cells['kode']}', som ikke kendes som {STEP_KINDS[kind]}")
    if (track, kind) == ("social", "paragraph") and code in placement_paragraphs():
        faults.append("paragraffen er en anbringelse, og dens trin følger stedet. Skriv anbringelsesstedet i stedet")
    rung = _rung(cells, track, faults)
    if faults or track is None or kind is None or code is None:
        return faults
    return _Row(line, track, kind, code, rung, cells["titel"])


def _rung(cells: dict[str, str], track: str | None, faults: list[str]) -> int | None:
    lowest = 1 if track == "social" else 0
    if not cells["trin"]:
        if cells["titel"]:
            faults.append("titel er udfyldt, men trin er tom")
        return None
    if not (cells["trin"].isascii() and cells["trin"].isdigit() and lowest <= int(cells["trin"]) <= HIGHEST_RUNG):
        faults.append(f"trin er '{cells['trin']}', men skal være tom eller et helt tal fra {lowest} til {HIGHEST_RUNG}")
        return None
    if not cells["titel"]:
        faults.append("titel er tom. Skriv, hvad trinnet hedder")
    return int(cells["trin"])


def _doubled(rows: Sequence[_Row]) -> list[str]:
    first: dict[tuple[str, str, str], int] = {}
    faults = []
    for row in rows:
        line = first.setdefault((row.track_code, row.step_kind_code, row.code), row.line)
        if line != row.line:
            faults.append(
                f"linje {row.line}: {STEP_KINDS[row.step_kind_code]} {step_title(row.step_kind_code, row.code)} "
                f"står allerede i linje {line}"
            )
    return faults


def _two_titles(rows: Sequence[_Row]) -> list[str]:
    first: dict[tuple[str, int], _Row] = {}
    faults = []
    for row in rows:
        if row.rung is None:
            continue
        named = first.setdefault((row.track_code, row.rung), row)
        if named.title != row.title:
            faults.append(
                f"linje {row.line}: trin {row.rung} i {TRACKS[row.track_code]} hedder '{row.title}', "
                f"men '{named.title}' i linje {named.line}"
            )
    return faults


def _left_out(rows: Sequence[_Row]) -> list[str]:
    """Codes of a track in the file that the national ladder lifts, but this one does not mention."""
    faults = []
    for track in dict.fromkeys(row.track_code for row in rows):
        named = {(row.step_kind_code, row.code) for row in rows if row.track_code == track}
        for step in national_steps(track):
            successor = paragraph_successors().get(step.code) if step.step_kind_code == "paragraph" else None
            is_named = {(step.step_kind_code, step.code), (step.step_kind_code, successor)} & named
            if step.rung >= 1 and not successor and not is_named:
                faults.append(
                    f"{STEP_KINDS[step.step_kind_code]} {step_title(step.step_kind_code, step.code)} mangler i "
                    f"{TRACKS[track]}. Tilføj en linje; lad trin være tomt, hvis den ikke er på trappen"
                )
    return faults


def _ladder(rows: Sequence[_Row]) -> OwnLadder:
    steps: list[Step] = []
    titles: list[tuple[str, int, str]] = []
    for track in TRACKS:
        own = [row for row in rows if row.track_code == track]
        steps += _with_predecessors(own, track) if own else national_steps(track)
        named = {row.rung: row.title for row in own if row.rung is not None}
        ground = {0: national_titles(track)[0]}
        titles += [
            (track, rung, title) for rung, title in sorted((ground | named if own else national_titles(track)).items())
        ]
    return OwnLadder(tuple(steps), tuple(titles))


def _with_predecessors(own: Sequence[_Row], track: str) -> list[Step]:
    """The rows as steps; a paragraph of serviceloven that does not stand in the file follows its successor."""
    named = {(row.step_kind_code, row.code) for row in own}
    steps = [Step(track, row.step_kind_code, row.code, row.rung) for row in own if row.rung is not None]
    known = by_code(steps)
    for code, successor in paragraph_successors().items():
        followed = known.get(("paragraph", successor))
        if followed and ("paragraph", code) not in named:
            steps.append(Step(track, "paragraph", code, followed.rung))
    return steps
