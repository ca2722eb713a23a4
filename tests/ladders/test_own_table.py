"""A municipality's own ladder as a file: is it read as Excel saves it, is it complete, and is every fault told in Danish?"""

from pathlib import Path

import pytest

from pipelines.errors import SettingsError
from pipelines.ladders.own_table import read_own_ladder
from pipelines.ladders.steps import (
    STEP_KINDS,
    by_code,
    national_steps,
    national_titles,
    paragraph_successors,
    step_title,
)
from pipelines.settings import read_settings

HEADER = "spor;slags;kode;trin;titel"


def lines_of(track: str, spelled: str, titles: dict[int, str]) -> list[str]:
    """A line per code that the national ladder lifts, but for the paragraphs that have a successor."""
    return [
        f"{spelled};{STEP_KINDS[step.step_kind_code]};{step_title(step.step_kind_code, step.code)};{step.rung};{titles[step.rung]}"
        for step in national_steps(track)
        if step.rung >= 1 and not (step.step_kind_code == "paragraph" and step.code in paragraph_successors())
    ]


TITLES = {rung: f"trappens trin {rung}" for rung in range(10)}
SOCIAL = lines_of("social", "social", TITLES)
EDUCATION = lines_of("education", "Undervisningssporet", TITLES)


def written(folder: Path, lines: list[str], *, encoding: str = "utf-8") -> Path:
    path = folder / "egen_trappe.csv"
    path.write_bytes("\r\n".join([HEADER, *lines, ";;;;", ""]).encode(encoding))
    return path


def replaced(lines: list[str], old: str, new: str) -> list[str]:
    """The lines with the one that begins so replaced; an empty `new` takes it away."""
    hit = [line for line in lines if line.startswith(old)]
    assert len(hit) == 1, old
    return [new if line == hit[0] else line for line in lines if new or line != hit[0]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_table_is_read_as_excel_saves_it(tmp_path, encoding):
    own = read_own_ladder(written(tmp_path, [*SOCIAL, *EDUCATION], encoding=encoding))
    assert own is not None
    for track in ("social", "education"):
        ours = by_code(step for step in own.steps if step.track_code == track)
        assert {key: step.rung for key, step in ours.items()} == {
            key: step.rung for key, step in by_code(national_steps(track)).items() if step.rung >= 1
        }
    assert ("social", 3, "trappens trin 3") in own.titles
    assert ("social", 0, national_titles("social")[0]) in own.titles


def test_no_file_and_no_rows_are_no_own_ladder(tmp_path):
    assert read_own_ladder(tmp_path / "egen_trappe.csv") is None
    assert read_own_ladder(written(tmp_path, [])) is None


def test_a_track_that_is_left_out_follows_the_national_ladder(tmp_path):
    own = read_own_ladder(written(tmp_path, SOCIAL))
    assert own is not None
    assert {step for step in own.steps if step.track_code == "education"} == set(national_steps("education"))
    assert {rung: title for track, rung, title in own.titles if track == "education"} == national_titles("education")


def test_the_old_law_follows_the_new_unless_it_stands_in_the_file(tmp_path):
    """BL-32-1-5 family treatment moves to 2, its predecessor with it; BL-30 early help off the ladder, its predecessor to 9."""
    changed = replaced(SOCIAL, "social;paragraf;BL § 32, stk. 1, nr. 5", f"social;paragraf;§32.1.5;2;{TITLES[2]}")
    changed = replaced(changed, "social;paragraf;BL § 30", "social;paragraf;bl § 30;;")
    own = read_own_ladder(written(tmp_path, [*changed, "socialsporet;paragraf;SEL-11-3;9;fortid"]))
    assert own is not None
    rungs = {key: step.rung for key, step in by_code(own.steps).items()}
    assert rungs["paragraph", "BL-32-1-5"] == rungs["paragraph", "SEL-52-3-3"] == 2
    assert ("paragraph", "BL-30") not in rungs
    assert rungs["paragraph", "SEL-11-3"] == 9


def test_a_rank_that_the_municipality_set_is_not_uncertain(tmp_path):
    own = read_own_ladder(written(tmp_path, SOCIAL))
    assert own is not None
    assert not any(step.is_rung_uncertain for step in own.steps if step.track_code == "social")
    assert any(step.is_rung_uncertain for step in national_steps("social"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("midt;paragraf;BL-30;2;x", "spor er 'midt', men skal være social eller undervisning"),
        ("social;klassetype;20;2;x", "slags er 'klassetype', men skal være en af: paragraf, anbringelsessted"),
        ("social;lov;BL-30;2;x", "slags er 'lov', men skal være en af: paragraf, anbringelsessted"),
        ("social;paragraf;BL-999;2;x", "kode er 'BL-999', som ikke kendes som paragraf"),
        ("social;paragraf;BL-46;4;x", "paragraffen er en anbringelse, og dens trin følger stedet"),
        ("social;paragraf;BL-20;0;x", "trin er '0', men skal være tom eller et helt tal fra 1 til 9"),
        ("social;paragraf;BL-20;10;x", "trin er '10', men skal være tom eller et helt tal fra 1 til 9"),
        ("social;paragraf;BL-20;to;x", "trin er 'to', men skal være tom eller et helt tal fra 1 til 9"),
        ("social;paragraf;BL-20;2;", "titel er tom. Skriv, hvad trinnet hedder"),
        ("social;paragraf;BL-20;;x", "titel er udfyldt, men trin er tom"),
        ("social;paragraf;BL-20;2;x;mere", "der står flere felter end kolonner"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path, line, said):
    with pytest.raises(SettingsError) as caught:
        read_own_ladder(written(tmp_path, [*SOCIAL, line]))
    assert f"linje {len(SOCIAL) + 2}: {said}" in str(caught.value)
    assert str(caught.value).startswith("egen_trappe.csv har 1 fejl")


def test_faults_between_rows_are_told(tmp_path):
    """A code twice, a rung with two titles, a code left out: all at once."""
    changed = replaced(SOCIAL, "social;paragraf;BL § 30", "")
    with pytest.raises(SettingsError) as caught:
        read_own_ladder(written(tmp_path, [*changed, "social;anbringelsessted;9;6;noget andet"]))
    said = str(caught.value)
    assert "har 3 fejl" in said
    assert "anbringelsessted døgninstitution står allerede i linje" in said
    assert "trin 6 i socialsporet hedder 'noget andet', men 'trappens trin 6' i linje" in said
    assert "paragraf BL § 30 tidlig forebyggende indsats mangler i socialsporet. Tilføj en linje" in said


def test_all_faults_are_told_but_no_endless_list(tmp_path):
    with pytest.raises(SettingsError, match=r"og \d+ til"):
        read_own_ladder(written(tmp_path, ["social;paragraf;§ 30;2;tidlig"]))


def test_the_settings_hold_the_ladder_of_the_workspace(tmp_path):
    (tmp_path / "trappen.toml").write_text('[municipality]\nname = "Prøveby"\nprofile = "demo"\n', encoding="utf-8")
    assert read_settings(tmp_path / "trappen.toml").own_ladder is None
    written(tmp_path, EDUCATION)
    own = read_settings(tmp_path / "trappen.toml").own_ladder
    assert own is not None
    assert ("education", 4, "trappens trin 4") in own.titles
