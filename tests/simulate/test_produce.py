"""Does `trappen simulate` put everything in place or nothing, and refuse what would go wrong later?"""

import dataclasses
import errno
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.errors import DiskFullError, SettingsError, SimulateError, TrappenError, WorkspaceError
from pipelines.simulate import produce as produce_module
from pipelines.simulate.produce import UNFINISHED, Request, produce
from pipelines.workspace import create_workspace

PROFILE = "vordingborg_next_step"


def request_in(folder: Path, **wishes: object) -> Request:
    return dataclasses.replace(
        Request(PROFILE, folder / "ud", children_count=100, truth=folder / "facit.json"), **wishes
    )


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_what_was_written_is_what_is_told(tmp_path: Path) -> None:
    made = produce(request_in(tmp_path))
    files = [path for path in made.out.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) == made.byte_count
    assert {line.source: line.file_count for line in made.sources} == {
        folder.name: len(list(folder.iterdir())) for folder in made.out.iterdir()
    }
    truth = json.loads((tmp_path / "facit.json").read_text(encoding="utf-8"))
    for line in made.sources:
        told = sum(row["right_row_count"] for row in truth["deliveries"] if row["source"] == line.source)
        assert line.row_count == told, line.source
    assert [row["name"] for row in truth["targets"]] == [item.name for item in made.targets]
    assert everything_in(tmp_path)[0] == "facit.json"
    assert not any(UNFINISHED in name for name in everything_in(tmp_path))


def test_a_country_has_a_truth_per_municipality(tmp_path: Path) -> None:
    made = produce(request_in(tmp_path, municipality_count=2, children_count=500, years=3, truth=tmp_path / "facit"))
    assert everything_in(tmp_path / "facit") == ["K01.json", "K02.json"]
    assert (made.municipality_count, made.children_count) == (2, 500)
    assert {line.file_count for line in made.sources} == {2}
    assert "den største" in made.targets_of


def test_a_scenario_decides_what_is_not_wished_otherwise(tmp_path: Path) -> None:
    produce(request_in(tmp_path, scenario="small_effect", years=3))
    truth = json.loads((tmp_path / "facit.json").read_text(encoding="utf-8"))
    values = {(row["part"], row["name"]): row["value"] for row in truth["parameters"]}
    assert values["sdq", "adviser_effect_points"] > 0
    assert values["school", "school_year_count"] == 3
    assert truth["children_count"] == 100


def test_the_empty_inbox_of_a_constructed_workspace_takes_the_files(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "w", profile=PROFILE, municipality_name="Opdigtet", is_constructed=True)
    produce(request_in(tmp_path, out=workspace.inboxes))
    assert list((workspace.inboxes / "children").iterdir())
    with pytest.raises(SimulateError, match="ikke tom"):
        produce(request_in(tmp_path, out=workspace.inboxes, truth=None))


def ordinary_inbox(folder: Path) -> Request:
    workspace = create_workspace(folder / "w", profile=PROFILE, municipality_name="Rigtig", is_constructed=False)
    return request_in(folder, out=workspace.inboxes)


def source_folder(folder: Path) -> Request:
    workspace = create_workspace(folder / "w", profile=PROFILE, municipality_name="Opdigtet", is_constructed=True)
    return request_in(folder, out=workspace.inbox("children"))


def truth_in_an_inbox(folder: Path) -> Request:
    workspace = create_workspace(folder / "w", profile=PROFILE, municipality_name="Opdigtet", is_constructed=True)
    return request_in(folder, truth=workspace.inbox("children") / "facit.json")


def in_use(folder: Path) -> Request:
    (folder / "ud").mkdir()
    (folder / "ud" / "brev.txt").touch()
    return request_in(folder)


def cut_off(folder: Path) -> Request:
    (folder / "ud" / UNFINISHED).mkdir(parents=True)
    return request_in(folder)


def a_file(folder: Path) -> Request:
    (folder / "ud").touch()
    return request_in(folder)


def below_a_file(folder: Path) -> Request:
    (folder / "fil").touch()
    return request_in(folder, out=folder / "fil" / "ud")


def truth_below_a_file(folder: Path) -> Request:
    (folder / "fil").touch()
    return request_in(folder, truth=folder / "fil" / "facit.json")


def a_dangling_link(folder: Path) -> Request:
    (folder / "ud").symlink_to(folder / "væk")
    return request_in(folder)


def truth_at_a_dangling_link(folder: Path) -> Request:
    (folder / "facit.json").symlink_to(folder / "væk.json")
    return request_in(folder)


def a_link_to_itself(folder: Path) -> Request:
    (folder / "ring").symlink_to(folder / "ring")
    return request_in(folder, out=folder / "ring")


def below_a_dangling_link(folder: Path) -> Request:
    (folder / "link").symlink_to(folder / "væk")
    return request_in(folder, out=folder / "link" / "ud")


def truth_there_already(folder: Path) -> Request:
    (folder / "facit.json").touch()
    return request_in(folder)


REFUSED: dict[str, tuple[Callable[[Path], Request], type[TrappenError], str]] = {
    "unknown profile": (lambda folder: request_in(folder, profile="findes_ikke"), WorkspaceError, PROFILE),
    "unknown scenario": (lambda folder: request_in(folder, scenario="findes_ikke"), SettingsError, "small_effect"),
    "folder in use": (in_use, SimulateError, "ikke tom"),
    "cut off earlier": (cut_off, SimulateError, "afbrudt"),
    "a file": (a_file, SimulateError, "er en fil"),
    "below a file": (below_a_file, SimulateError, "(en del af stien er en fil). Intet"),
    "truth below a file": (truth_below_a_file, SimulateError, "(der ligger noget andet på det sted). Intet"),
    "a dangling link": (a_dangling_link, SimulateError, "link til noget, der ikke findes"),
    "truth at a dangling link": (truth_at_a_dangling_link, SimulateError, "link til noget, der ikke findes"),
    "below a dangling link": (below_a_dangling_link, SimulateError, "(der ligger noget andet på det sted). Intet"),
    "a link to itself": (a_link_to_itself, SimulateError, "link"),
    "truth there already": (truth_there_already, SimulateError, "findes allerede"),
    "truth among the deliveries": (
        lambda folder: request_in(folder, truth=folder / "ud" / "facit.json"), SimulateError, "Facit må ikke ligge"
    ),
    "truth in an inbox": (truth_in_an_inbox, SimulateError, "Facit må ikke ligge"),
    "an ordinary workspace": (ordinary_inbox, SimulateError, "--constructed"),
    "inside an inbox": (source_folder, SimulateError, "selve indbakken"),
    "a dirty country": (lambda folder: request_in(folder, municipality_count=2, dirty=1), SimulateError, "rent"),
    "too many municipalities": (lambda folder: request_in(folder, municipality_count=99), SimulateError, "98"),
    "too few children": (lambda folder: request_in(folder, municipality_count=2), SimulateError, "400"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_in_words_and_nothing_is_changed(case: str, tmp_path: Path) -> None:
    prepare, error, expected = REFUSED[case]
    request = prepare(tmp_path)
    before = everything_in(tmp_path)
    with pytest.raises(error) as caught:
        produce(request)
    assert type(caught.value) is error
    assert expected in str(caught.value)
    assert everything_in(tmp_path) == before


FAULTS = {
    "full disk": (OSError(errno.ENOSPC, "No space left on device"), DiskFullError, "ikke plads"),
    "over quota": (OSError(errno.EDQUOT, "Disk quota exceeded"), DiskFullError, "ikke plads"),
    "no right": (PermissionError(errno.EACCES, "Permission denied"), SimulateError, r"\(adgang nægtet\)\. Intet"),
    "read only": (OSError(errno.EROFS, "Read-only file system"), SimulateError, r"\(drevet er skrivebeskyttet\)\."),
    "something rare": (OSError(errno.EIO, "Input/output error"), SimulateError, r"skrives til \S+\. Intet"),
    "stopped": (KeyboardInterrupt("^C"), KeyboardInterrupt, "C"),
    "a fault of ours": (RuntimeError("x"), RuntimeError, "x"),
}


STOPS = [*((case, "deliveries") for case in FAULTS), ("full disk", "truth"), ("stopped", "truth"), ("stopped", "move")]


@pytest.mark.parametrize(("case", "stage"), STOPS)
def test_whatever_stops_it_nothing_is_left(
    case: str, stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault, error, expected = FAULTS[case]

    def stop(*arguments: object, **named: object) -> None:
        raise fault

    if stage == "truth":
        monkeypatch.setattr(produce_module, "write_truth", stop)
    else:  # half-way: the sixth file written or moved
        owner, name = (Path, "write_bytes") if stage == "deliveries" else (Path, "rename")
        real, calls = getattr(owner, name), []

        def half(self: Path, *arguments: object) -> object:
            calls.append(self)
            return stop() if len(calls) == 6 else real(self, *arguments)

        monkeypatch.setattr(owner, name, half)
    with pytest.raises(error, match=expected):
        produce(request_in(tmp_path / "ny"))
    assert everything_in(tmp_path) == []


def test_a_stop_at_the_terminal_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(produce_module, "write_deliveries", stop)
    done = CliRunner().invoke(
        app, ["simulate", "--profile", PROFILE, "--children", "100", "--out", str(tmp_path / "ud"), "--quiet"]
    )
    assert (done.exit_code, done.output.strip()) == (130, "Afbrudt. Intet er skrevet.")
    assert everything_in(tmp_path) == []
