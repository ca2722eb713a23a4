"""What `trappen simulate` does: look where it may write, draw, and put everything in place at once or nothing at all.

Files are first written to a hidden folder beside their place and then moved. So an interrupted or failed run leaves nothing that
looks complete: what it wrote is removed, and after a power cut it lies in a folder whose name says that it is unfinished.
"""

import errno
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.contracts import load_contracts
from pipelines.errors import DiskFullError, SimulateError
from pipelines.municipalities import load_profile, read_profile
from pipelines.progress import Progress, Silent
from pipelines.settings import read_settings
from pipelines.simulate.country import (
    CHILDREN_COUNT,
    LEAST_CHILDREN,
    MOST_CHILDREN,
    MOST_MUNICIPALITIES,
    MunicipalityPlan,
    plan_country,
    with_years,
    write_country,
)
from pipelines.simulate.deliveries import write_deliveries
from pipelines.simulate.municipality import SimulatedMunicipality, simulate_municipality
from pipelines.simulate.parameters import Parameters
from pipelines.simulate.scenarios import Scenario, load_scenario
from pipelines.simulate.targets import Target, targets
from pipelines.simulate.truth import write_truth
from pipelines.workspace import SETTINGS_FILE

UNFINISHED = ".ufaerdig"
"""Name of the folder in which everything lies until all of it is written."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_REASONS = {
    errno.ENOTDIR: "en del af stien er en fil",
    errno.EEXIST: "der ligger noget andet på det sted",
    errno.ENOENT: "en del af stien findes ikke",
    errno.EACCES: "adgang nægtet",
    errno.EPERM: "adgang nægtet",
    errno.EROFS: "drevet er skrivebeskyttet",
    errno.ENAMETOOLONG: "navnet er for langt",
    errno.ELOOP: "linket peger i ring",
}
"""The system's own words are in its own language."""


@dataclass(frozen=True)
class Request:
    """What to draw and where to put it. None: the scenario's own number of children, or of years."""

    profile: str
    out: Path
    seed: int = 1
    children_count: int | None = None
    scenario: str | None = None
    dirty: int = 0
    truth: Path | None = None
    municipality_count: int | None = None
    years: int | None = None


@dataclass(frozen=True)
class MadeSource:
    """One source that was written: files, and right rows in them."""

    source: str
    file_count: int
    row_count: int


@dataclass(frozen=True)
class Made:
    """What was written. `targets` are those of the municipality, or of the country's largest (`targets_of` names it)."""

    out: Path
    truth: Path | None
    sources: tuple[MadeSource, ...]
    byte_count: int
    children_count: int
    municipality_count: int
    rules_source: str
    targets: tuple[Target, ...]
    targets_of: str


def produce(request: Request, *, progress: Progress | None = None) -> Made:
    """Draw the municipality, or the country, and write deliveries and truth.

    Raises:
        WorkspaceError: the profile is unknown.
        SettingsError: the scenario is unknown or wrong.
        SimulateError: the folders given may not or cannot be written to, or the wishes do not go together.
        DiskFullError: there was no room; nothing is left behind.
    """
    profile = load_profile(request.profile)
    scenario = load_scenario(request.scenario) if request.scenario else None
    _check_wishes(request)
    _check_places(request)
    draw = _draw_country if request.municipality_count else _draw_one
    return draw(request, profile, scenario, progress or Silent())


def _draw_one(request: Request, profile: Mapping[str, Any], scenario: Scenario | None, progress: Progress) -> Made:
    progress.stage("Digter en kommune", 3)
    simulated = simulate_municipality(
        profile,
        seed=request.seed,
        parameters=_parameters(request, scenario),
        **_given(children_count=request.children_count or (scenario and scenario.children_count)),
        **_given(data_end_date=scenario and scenario.data_end_date),
    )
    progress.step(f"{simulated.todays_count} børn")
    with _all_or_nothing(request) as place:
        paths = write_deliveries(simulated, place.out, dirty=request.dirty)
        progress.step("leverancer")
        if place.truth is not None:
            write_truth(simulated, place.truth, dirty=request.dirty)
        progress.step("facit")
        bytes_written = sum(path.stat().st_size for path in paths)
    rows = {source: frame.height for source, frame in simulated.tables.items()}
    files = [path.parent.name for path in paths]
    return Made(
        out=request.out,
        truth=request.truth,
        sources=tuple(MadeSource(source, files.count(source), rows[source]) for source in dict.fromkeys(files)),
        byte_count=bytes_written,
        children_count=simulated.todays_count,
        municipality_count=1,
        rules_source=_rules_source(request.profile),
        targets=targets(simulated),
        targets_of=simulated.profile.municipality_name,
    )


def _draw_country(request: Request, profile: Mapping[str, Any], scenario: Scenario | None, progress: Progress) -> Made:
    plans = plan_country(
        profile,
        municipality_count=request.municipality_count or 1,
        children_count=request.children_count or CHILDREN_COUNT,
        seed=request.seed,
    )
    largest = max(plans, key=lambda plan: plan.children_count)
    rows: dict[str, int] = {}
    found: list[Target] = []

    def note(plan: MunicipalityPlan, simulated: SimulatedMunicipality) -> None:
        for source, frame in simulated.tables.items():
            rows[source] = rows.get(source, 0) + frame.height
        if plan is largest:
            found.extend(targets(simulated))
        progress.step(f"{plan.code}: {plan.children_count} børn")

    progress.stage("Digter et land", len(plans))
    with _all_or_nothing(request) as place:
        paths = write_country(
            plans,
            place.out,
            parameters=_parameters(request, scenario),
            truth_folder=place.truth,
            after_each=note,
            **_given(data_end_date=scenario and scenario.data_end_date),
        )
        bytes_written = sum(path.stat().st_size for path in paths)
    return Made(
        out=request.out,
        truth=request.truth,
        sources=tuple(MadeSource(source, len(plans), count) for source, count in rows.items()),
        byte_count=bytes_written,
        children_count=sum(plan.children_count for plan in plans),
        municipality_count=len(plans),
        rules_source=_rules_source(request.profile),
        targets=tuple(found),
        targets_of=f"{largest.profile['demo']['municipality_name']}, den største",
    )


def _given(**values: Any) -> dict[str, Any]:
    """Those that are not None: the rest keeps its default."""
    return {name: value for name, value in values.items() if value is not None}


def _parameters(request: Request, scenario: Scenario | None) -> Parameters:
    parameters = scenario.parameters if scenario else Parameters()
    return with_years(parameters, request.years) if request.years else parameters


def _rules_source(name: str) -> str:
    document = read_profile(name).document
    return f"{document.title}, {document.source}"


def _check_wishes(request: Request) -> None:
    """Wishes that do not go together. Raises SimulateError."""
    count, children = request.municipality_count, request.children_count
    if count is None:
        return
    if request.dirty:
        raise SimulateError("Et helt land skrives rent som Parquet. Udelad --dirty eller --municipalities.")
    if not 1 <= count <= MOST_MUNICIPALITIES:
        raise SimulateError(f"Der kan digtes fra 1 til {MOST_MUNICIPALITIES} kommuner, ikke {count}.")
    if children is not None and not LEAST_CHILDREN * count <= children <= MOST_CHILDREN:
        raise SimulateError(
            f"{count} kommuner skal have fra {LEAST_CHILDREN * count} til {MOST_CHILDREN} børn tilsammen, ikke {children}. "
            "Ret --children."
        )


def _check_places(request: Request) -> None:
    """Raises SimulateError when the folder or the truth may not be put where they are wished."""
    out = request.out
    for path in (out, request.truth):
        if path is not None and path.is_symlink() and not path.exists():
            raise SimulateError(f"{path} er et link til noget, der ikke findes. Ret linket, eller vælg et andet sted.")
    if out.exists() and not out.is_dir():
        raise SimulateError(f"{out} er en fil. Vælg en mappe, der er tom eller ikke findes.")
    if (out / UNFINISHED).exists():
        raise SimulateError(f"{out / UNFINISHED} er fra en kørsel, der blev afbrudt. Slet den, og prøv igen.")
    if out.is_dir() and not _is_free(out):
        raise SimulateError(f"{out} er ikke tom. Vælg en tom mappe, en ny mappe eller en tom indbakke.")
    _refuse_ordinary_workspace(out)
    if request.truth is None:
        return
    if request.truth.exists():
        raise SimulateError(f"{request.truth} findes allerede. Vælg et andet navn til facit.")
    inbox = _inbox_around(request.truth)
    if _is_inside(request.truth, out) or inbox is not None:
        raise SimulateError(
            f"Facit må ikke ligge i {inbox or out}: Der ligger leverancerne, og alt i en indbakke bliver læst ind. "
            "Vælg en anden mappe til --truth."
        )


def _is_free(folder: Path) -> bool:
    """Whether a folder is empty, or an inbox of which every source's folder is."""
    known = set(load_contracts("source"))
    return all(path.is_dir() and path.name in known and not any(path.iterdir()) for path in folder.iterdir())


def _inbox_around(path: Path) -> Path | None:
    """The inbox of a workspace that `path` lies in."""
    for parent in (path.resolve(), *path.resolve().parents):
        if parent.name == "inbox" and (parent.parent / SETTINGS_FILE).is_file():
            return parent
    return None


def _refuse_ordinary_workspace(out: Path) -> None:
    """Made-up data in an ordinary workspace would end in a report that does not say so."""
    inbox = _inbox_around(out)
    if inbox is None:
        return
    if inbox != out.resolve():
        raise SimulateError(f"{out} ligger inde i en indbakke. Vælg selve indbakken: {inbox}")
    if not read_settings(inbox.parent / SETTINGS_FILE).municipality.is_constructed:
        raise SimulateError(
            f"{inbox.parent} er ikke til konstruerede data, så rapporterne ville ikke sige, at tallene er opdigtede. "
            "Lav en arbejdsmappe til formålet med: trappen init MAPPE --profile PROFIL --constructed"
        )


def _is_inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


@dataclass(frozen=True)
class _Place:
    """Where things are written before they are moved."""

    out: Path
    truth: Path | None


@contextmanager
def _all_or_nothing(request: Request) -> Iterator[_Place]:
    """A place to write to; afterwards all of it lies where it was wished, or none of it is left.

    Raises:
        DiskFullError, SimulateError: no room, or no right to write; nothing is left behind.
    """
    made_folders: list[Path] = []
    written = [request.out / UNFINISHED]
    try:
        _make_folder(request.out, made_folders)
        written[0].mkdir()
        truth = None
        if request.truth is not None:
            _make_folder(request.truth.parent, made_folders)
            truth = request.truth.with_name(f"{UNFINISHED}-{request.truth.name}")
            written.append(truth)
        place = _Place(written[0], truth)
        yield place
        _move_into_place(request, place, written)
    except BaseException as error:
        _remove(written, made_folders)
        if isinstance(error, OSError):
            raise _in_danish(error, request) from None
        raise


def _make_folder(folder: Path, made: list[Path]) -> None:
    """Make a folder and its parents, and note which were new."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir()
        made.append(path)


def _move_into_place(request: Request, place: _Place, written: list[Path]) -> None:
    """Move everything to where it was wished; whatever is moved is noted first in `written`."""
    # the truth first: deliveries without it look complete, it without deliveries does not
    if place.truth is not None and request.truth is not None:
        written.append(request.truth)
        place.truth.rename(request.truth)
    for folder in sorted(place.out.iterdir()):
        target = request.out / folder.name
        target.mkdir(exist_ok=True)
        for path in sorted(folder.iterdir()):
            written.append(target / path.name)
            path.rename(target / path.name)
        folder.rmdir()
    place.out.rmdir()


def _remove(written: list[Path], made_folders: list[Path]) -> None:
    for path in written:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):  # what stopped the writing is to be told, not that there is nothing to remove
                path.unlink()
    for folder in reversed(made_folders):
        shutil.rmtree(folder, ignore_errors=True)


def _in_danish(error: OSError, request: Request) -> DiskFullError | SimulateError:
    if error.errno in _NO_ROOM:
        return DiskFullError(
            f"Der er ikke plads nok til filerne i {request.out}. Intet er skrevet. Gør plads, og prøv igen."
        )
    place = error.filename or request.out
    why = f" ({_REASONS[error.errno]})" if error.errno in _REASONS else ""
    return SimulateError(f"Der kan ikke skrives til {place}{why}. Intet er skrevet. Vælg en anden mappe.")
