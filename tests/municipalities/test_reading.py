"""Does reading a profile name every fault at once, in Danish, and take a municipality's own file?"""

import tomllib
from pathlib import Path

import pytest

from pipelines.errors import SettingsError, WorkspaceError
from pipelines.municipalities import Profile, load_profile, read_profile
from pipelines.municipalities.profile import profile_from

HEAD = """
[document]
title = "Mødeplan for en prøve"
publisher = "Prøvekøbing"
year = 2026
"""
FORUM = """
[[forums]]
code = "ressourceteam"
unit_kind = "institution"
institution_types = ["folkeskole"]
interval_weeks = 6
place = "Side 1: »hver sjette uge«"
"""
DEMO = """
[demo]
municipality_name = "Prøvekøbing Kommune"
model_start_date = 2024-08-01
[[demo.districts]]
code = "OPDIGTET-A"
name = "Prøvedistriktet"
model = "district_adviser"
share_of_children = 1.0
"""
DEPARTURE = """
[[demo.departures]]
id = "x"
kind = "missed_share"
text = "Hvert andet møde mangler."
units = ["OPDIGTET-A"]
from_date = 2024-08-01
value = 0.5
"""


def read(text: str) -> Profile:
    return profile_from(tomllib.loads(text), where="mit.toml")


def faults(text: str) -> list[str]:
    """The lines of the error but its first, without the dash."""
    with pytest.raises(SettingsError) as caught:
        read(text)
    first, *lines = str(caught.value).splitlines()
    assert first == f"mit.toml har {len(lines)} fejl:"
    return [line.removeprefix("  - ") for line in lines]


def test_the_smallest_profile_is_a_document_and_nothing_else() -> None:
    assert read(HEAD).forums == ()


def test_one_rule_may_stand_on_the_forum_and_is_the_same_as_a_rule_below_it() -> None:
    below = FORUM.replace("interval_weeks = 6\n", "") + (
        '[[forums.rules]]\ninterval_weeks = 6\nplace = "Side 1: »hver sjette uge«"\n'
    )
    assert read(HEAD + FORUM) == read(HEAD + below)


def test_faults_in_different_parts_are_named_at_once_in_plain_danish() -> None:
    found = faults(
        HEAD
        + FORUM.replace("interval_weeks = 6\n", "")
        + FORUM.replace("interval_weeks = 6", "interval_weeks = 99").replace("ressourceteam", "kaffemøde")
        + '[[forums]]\ncode = "videncenter"\nunit_kind = "municipality"\ninterval_weeks = 6\n'
        + '[[phases]]\ncode = "a"\ntitle = "Start"\nfrom_date = 2025-01-01\nto_date = 2024-01-01\nplace = "Side 2, nederst"\n'
        + "[tilfaeldigt]\na = 1\n"
    )
    assert found[0].startswith("forums nr. 1.rules nr. 1: hyppigheden mangler. Skriv interval_weeks")
    assert found[1].startswith(
        "forums nr. 2.code: koden 'kaffemøde' findes ikke i kodetabellen forums. Vælg en af disse: "
    )
    assert found[2] == "forums nr. 2.rules nr. 1.interval_weeks er 99, men må højst være 53."
    assert found[3] == "forums nr. 3.place mangler og skal udfyldes."
    assert found[4] == "phases nr. 1: perioden slutter (2024-01-01), før den begynder (2025-01-01)."
    assert found[5].startswith(
        "tilfaeldigt kendes ikke. Tilladt her: activities, allocation, consent, cross_actions, demo,"
    )
    assert len(found) == 6


RULE = '[[forums.rules]]\n{}\ninterval_weeks = 4\nplace = "Side 1, øverst"\n'


@pytest.mark.parametrize(
    ("first", "second", "is_overlap"),
    [
        ("valid_to = 2024-12-31", "valid_from = 2025-01-01", False),
        ("valid_to = 2025-01-01", "valid_from = 2025-01-01", True),
        ("valid_from = 2024-01-01", "valid_to = 2024-06-30", True),
        ("", "valid_from = 2025-01-01", True),
    ],
)
def test_two_rules_never_hold_on_one_day(first: str, second: str, is_overlap: bool) -> None:
    text = HEAD + FORUM.replace("interval_weeks = 6\n", "") + RULE.format(first) + RULE.format(second)
    if is_overlap:
        assert faults(text)[0].startswith("forums nr. 1: to regler gælder på samme tid")
    else:
        assert len(read(text).forums[0].rules) == 2


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("interval_weeks = 6", 'interval_weeks = 6\ninterval_from = "institution_year"', "kan ikke begge stå der"),
        (
            "interval_weeks = 6",
            "interval_weeks = 6\nallowed_intervals_weeks = [4]",
            "kan kun stå sammen med interval_from",
        ),
        ("interval_weeks = 6", "interval_weeks = 6\nshortest_interval_weeks = 7", "skal være højst interval_weeks"),
        (
            "interval_weeks = 6",
            "interval_weeks = 6\nvarighed = 60",
            "varighed kendes ikke. Tilladt her: aliases, code, institution",
        ),
        ('institution_types = ["folkeskole"]', "", "skriv, hvilke slags institutioner der holder mødet"),
        ('["folkeskole"]', '["skole"]', "koden 'skole' findes ikke i kodetabellen institution_types"),
        ('"institution"', '"by"', "koden 'by' findes ikke i kodetabellen unit_kinds"),
        ('"ressourceteam"', '"ressourceteam"\ntitle = "Teamet"', "Slet title og aliases, eller vælg en ny kode"),
        ('"ressourceteam"', '"Eget møde"\ntitle = "Eget møde"', "små bogstaver fra a til z"),
        ('"ressourceteam"', '"eget_moede"', "Er mødet jeres eget, så skriv dets navn i title"),
    ],
)
def test_a_forum_that_does_not_make_sense_is_refused(was: str, becomes: str, said: str) -> None:
    assert any(said in fault for fault in faults(HEAD + FORUM.replace(was, becomes)))


def test_a_role_where_the_forum_is_not_held_is_refused() -> None:
    role = (
        '[[forums.roles]]\nprofession = "psychologist"\ninstitution_types = ["daycare"]\n'
        'presence = "required"\nplace = "Side 3, øverst"\n'
    )
    assert "rollen psychologist gælder for daycare, men mødet holdes ikke dér" in faults(HEAD + FORUM + role)[0]


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('"OPDIGTET-A"]', '"OPDIGTET-B"]', "OPDIGTET-B er nævnt, men findes ikke i den konstruerede kommune"),
        ("value = 0.5", "value = 1.5", "value er 1.5, men missed_share er en andel og højst 1"),
        ("value = 0.5", "", "missed_share skal have value"),
        ("missed_share", "changed_team", "changed_team skal ikke have value"),
        ("missed_share", "role_absent", "role_absent skal også have profession"),
        ("missed_share", "step_missing", "step_missing skal også have step"),
        ("missed_share", "for_sent", "kind er 'for_sent', men skal være 'missed_share', "),
        ("from_date = 2024-08-01", "from_date = 2024-08-01\nto_date = 2024-07-01", "perioden slutter (2024-07-01)"),
    ],
)
def test_a_departure_that_cannot_be_planted_is_refused(was: str, becomes: str, said: str) -> None:
    assert read(HEAD + DEMO + DEPARTURE).demo
    assert any(said in fault for fault in faults(HEAD + DEMO + DEPARTURE.replace(was, becomes)))


def test_a_code_that_a_real_unit_could_have_is_refused_in_the_demo() -> None:
    assert "skal have formen ^OPDIGTET-" in faults(HEAD + DEMO.replace("OPDIGTET-A", "101001"))[0]


def test_what_is_named_across_parts_must_be_there_and_only_once() -> None:
    indicator = (
        '[[indicators]]\nid = "held"\ntitle = "Holdte møder"\nnumerator = "holdte møder"\ndenominator = "alle møder"\n'
        'measure_id = "held_share"\nforum = "videncenter"\nprinciple = "p"\nplace = "Side 1, øverst"\n'
    )
    assert faults(HEAD + FORUM + indicator + indicator) == ["indicators har held flere gange."]
    assert faults(HEAD + FORUM + indicator) == [
        "indicators (held): mødet 'videncenter' er ikke i profilen; indicators (held): princippet 'p' er ikke i profilen."
    ]


def test_a_measure_that_nobody_can_count_is_refused_with_those_there_are() -> None:
    indicator = (
        '[[indicators]]\nid = "x"\ntitle = "Glade børn"\nnumerator = "glade børn"\ndenominator = "alle børn"\n'
        'measure_id = "happiness"\nplace = "Side 1, øverst"\n'
    )
    assert "målet 'happiness' kan ikke tælles. Vælg et af disse: activity_share, " in faults(HEAD + indicator)[0]


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ([(4, 100), (8, 50)], "skal begynde ved 0 vægtede børn"),
        ([(4, 50), (8, 100), (12, 0)], "jo flere vægtede børn skal en klasse kræve"),
    ],
)
def test_classes_that_leave_an_institution_without_one_are_refused(limits: list[tuple[int, int]], said: str) -> None:
    text = (
        '[allocation]\nplace = "Side 1, øverst"\nteam_hours_per_meeting = 3\nteam_hours_capacity_per_school_year = 9\n'
    )
    text += "".join(
        f"[[allocation.classes]]\ninterval_weeks = {weeks}\nfewest_weighted_children = {fewest}\n"
        for weeks, fewest in limits
    )
    assert said in faults(HEAD + text)[0]


def test_a_municipalitys_own_profile_is_a_file_and_no_python(tmp_path: Path) -> None:
    path = tmp_path / "egen_profil.toml"
    path.write_text(HEAD + FORUM, encoding="utf-8")
    profile = read_profile(path)
    assert (profile.document.source, profile.forums[0].title) == ("Prøvekøbing, 2026", "ressourceteam")


def test_a_file_that_is_not_there_or_is_not_toml_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"Profilen egen\.toml findes ikke"):
        read_profile(tmp_path / "egen.toml")
    (tmp_path / "egen.toml").write_text("[document\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"egen\.toml kan ikke læses som TOML"):
        read_profile(tmp_path / "egen.toml")


@pytest.mark.parametrize("reader", [read_profile, load_profile])
def test_an_unknown_name_lists_those_there_are(reader: object) -> None:
    assert callable(reader)
    with pytest.raises(
        WorkspaceError, match=r"Profilen 'findes_ikke' findes ikke\. Vælg en af disse: ballerup_moedestruktur"
    ):
        reader("findes_ikke")
