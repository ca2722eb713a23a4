"""The table a municipality pastes in: is it read as Excel saves it, and is every fault told in Danish?

The points below are invented; no published table stands here.
"""

from pathlib import Path

import pytest

from pipelines.errors import SettingsError
from pipelines.sdq_norms.chosen import usable_bands
from pipelines.sdq_norms.own_table import COLUMNS, read_own_bands
from pipelines.settings import read_settings
from tests.sql.drawn import empty_warehouse

HEADER = "normsæt;udfylder;skema;alder fra;alder til;køn;skala;bånd;fra point;til point;kilde"
GOOD = f"""{HEADER}
dk_arnfred_2019;forælder;;6;10;pige;SDQ i alt;inden for det almindelige;0;10;opdigtet
dk_arnfred_2019;forælder;;6;10;pige;SDQ i alt;på grænsen;11;12;opdigtet
dk_arnfred_2019;forælder;;6;10;pige;SDQ i alt;uden for det almindelige;13;40;opdigtet
dk_arnfred_2019;Lærer;4-10 år|11-17;6;10;;prosocial;tæt på gennemsnittet;8;10;opdigtet
dk_arnfred_2019;Lærer;4-10 år|11-17;6;10;;prosocial;lidt nedsat;7;7;opdigtet
dk_arnfred_2019;Lærer;4-10 år|11-17;6;10;;prosocial;lavt;0;6;opdigtet
;;;;;;;;;;
"""


@pytest.fixture
def table(tmp_path):
    def write(text, *, encoding="utf-8"):
        path = tmp_path / "sdq_normer.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_table_is_read_as_excel_saves_it(table, encoding):
    bands = read_own_bands(table(GOOD.replace("\n", "\r\n"), encoding=encoding))
    assert [(band.lowest_points, band.highest_points, band.is_beyond_limit) for band in bands] == [
        (0, 10, False), (11, 12, False), (13, 40, True), (8, 10, False), (7, 7, False), (0, 6, True),
    ]  # fmt: skip
    girls, teachers = bands[0], bands[-1]
    assert (girls.informant_code, girls.sex_code, girls.band_code) == ("parent", "K", "normal")
    assert girls.version_codes == ("2-4", "5-6", "4-10", "11-17")  # empty: every form up to 17 years
    assert (teachers.informant_code, teachers.sex_code, teachers.scale_code) == ("teacher", None, "prosocial")
    assert teachers.version_codes == ("4-10", "11-17")
    assert {band.status for band in bands} == {"pasted_in"}
    assert usable_bands("dk_arnfred_2019", bands) == bands


def test_no_file_is_no_bands(tmp_path):
    assert read_own_bands(tmp_path / "sdq_normer.csv") == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("dk_arnfred_2019;forælder;;6;10;pige;SDQ i alt;på", "uk_3_bands;forælder;;6;10;pige;SDQ i alt;på",
         "linje 3: normsæt er 'uk_3_bands', men skal være et af dem, der skal indsættes: dk_arnfred_2019"),
        ("forælder;;6;10;pige;SDQ i alt;på", "naboen;;6;10;pige;SDQ i alt;på",
         "linje 3: udfylder er 'naboen', men skal være forælder"),
        ("pige;SDQ i alt;på", "alle;SDQ i alt;på", "linje 3: køn er 'alle', men skal være tom eller pige, dreng"),
        ("SDQ i alt;på grænsen", "humør;på grænsen", "linje 3: skala er 'humør', men skal være en af: SDQ i alt"),
        ("på grænsen;11", "gult;11", "linje 3: bånd er 'gult', men skal være et af: inden for det almindelige, på grænsen"),
        ("Lærer;4-10 år|11-17;6;10;;prosocial;lavt", "Lærer;04-okt;6;10;;prosocial;lavt", "linje 7: skema er '04-okt'"),
        ("på grænsen;11;12", "på grænsen;11,5;12", "linje 3: fra point er '11,5', men skal være et helt tal"),
        ("6;10;pige;SDQ i alt;på", "10;6;pige;SDQ i alt;på", "linje 3: alder fra er større end alder til"),
        ("11;12;opdigtet", "11;12;", "linje 3: kilde er tom. Skriv, hvor tabellen står"),
        ("11;12;opdigtet", "11;12;opdigtet;mere", "linje 3: der står flere felter end kolonner"),
        ("uden for det almindelige;13", "uden for det almindelige;14",
         "forælder, SDQ i alt, 6-10 år, pige har hul eller overlap mellem 12 og 14 point"),
        ("lidt nedsat;7;7", "lavt;7;7", "hvert bånd må kun stå én gang"),
        (HEADER, HEADER.replace(";køn", ""), "Der mangler: køn."),
        (HEADER, HEADER.replace("køn", "bemærkning"), "Der er for meget: bemærkning."),
        (HEADER, HEADER.replace(";", ","), "skal have netop kolonnerne normsæt; udfylder"),
        ("opdigtet\n", '"opdigtet\n', "kan ikke læses som CSV med semikolon"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(table, old, new, said):
    assert old in GOOD
    with pytest.raises(SettingsError) as caught:
        read_own_bands(table(GOOD.replace(old, new, 1)))
    assert said in str(caught.value)
    assert str(caught.value).startswith("sdq_normer.csv")


def test_all_faults_are_told_at_once_but_no_endless_list(table):
    with pytest.raises(SettingsError, match="har 2 fejl"):
        read_own_bands(table(GOOD.replace("på grænsen;11;12;opdigtet", "gult;x;12;opdigtet")))
    many = HEADER + "\n" + "dk_arnfred_2019;forælder;;6;10;pige;SDQ i alt;gult;0;1;opdigtet\n" * 30
    with pytest.raises(SettingsError) as caught:
        read_own_bands(table(many))
    assert "har 30 fejl" in str(caught.value)
    assert str(caught.value).endswith("og 10 til.")


def test_the_documented_columns_are_the_columns():
    assert ";".join(COLUMNS) == HEADER
    assert f"\n{HEADER}\n" in (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_a_pasted_table_can_be_chosen_and_reaches_the_warehouse(table):
    path = table(GOOD)
    toml = path.with_name("trappen.toml")
    toml.write_text('[municipality]\nname = "Prøveby"\nprofile = "demo"\n[sdq]\nnorm_set = "dk_arnfred_2019"\n')
    settings = read_settings(toml)
    assert settings.sdq.norm_sets == ("dk_arnfred_2019",)

    from pipelines.calendar import load_settings
    from pipelines.sdq_norms.chosen import chosen_norm_sets

    connection = empty_warehouse()
    load_settings(connection, settings, as_of_date=settings.report.as_of_date)
    (norm_set,) = chosen_norm_sets(connection)
    assert {(band.scale_code, band.status, band.source) for band in norm_set.bands} == {
        ("total", "pasted_in", "opdigtet"),
        ("prosocial", "pasted_in", "opdigtet"),
    }
    path.unlink()
    with pytest.raises(SettingsError, match=r"følger ikke med systemet\. Indsæt tabellen i sdq_normer\.csv"):
        read_settings(toml)
