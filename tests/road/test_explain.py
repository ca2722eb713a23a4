"""`trappen explain noegletal`: what it says on a workspace that was really run, and that it never says how many where they are few."""

import re
from datetime import date
from pathlib import Path

import pytest

from pipelines import explain
from pipelines.assets import asset_root
from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext, report_context
from pipelines.errors import ExplainError
from pipelines.expectations.lineage import sources_behind
from pipelines.explain import explain_key_figure, explained_key_figure, sources_of
from pipelines.terminal import show_key_figure
from pipelines.transform.sql_files import read_sql_files
from pipelines.warehouse import open_warehouse
from pipelines.workspace import open_workspace
from tests.committee.conftest import settings_of
from tests.sql.drawn import AS_OF_DATE, built, child_id
from tests.support import trappen

FIGURES = load_code_table("key_figures").rows


@pytest.fixture(scope="module")
def workspace(small_workspace_template: Path):
    return open_workspace(small_workspace_template)


def test_the_command_tells_definition_steps_values_and_deliveries(small_workspace_template: Path) -> None:
    done = trappen("explain", "noegletal", "9", "--period", "2026", "--workspace", str(small_workspace_template))
    assert done.returncode == 0, done.stderr
    for said in (
        "Nøgletal 9. Bevægelser fra hjemmebaserede og ned ad indsatstrappen, opgjort 30-09-2026",
        "Over brøkstregen: ryk fra trin 3 til et lavere trin i opgørelsesåret, også til ingen støtte",
        "Opgørelsesår: 01-10-2025 til 30-09-2026",
        "Tider på trin 3 mellem de to opgørelsesdage",
        "core.fct_ladder_move",
        "Hele kommunen",
        "Indsatser og anbringelser",
        "05-10-2026",
    ):
        assert said in done.stdout, said


@pytest.fixture(scope="module")
def explained(workspace):
    """All twelve in 2026, with the municipality's counts in the mart."""
    with report_context(str(workspace.root)) as context, pytest.MonkeyPatch.context() as monkeypatch:
        # all twelve stand in one protected table, made once here
        rows = explain.protected_rows(context, date(2026, 9, 30))
        monkeypatch.setattr(explain, "protected_rows", lambda *_: rows)
        counted = "SELECT round(numerator) AS counted FROM marts.mart_key_figure WHERE key_figure_number = ? "
        counted += "AND reference_date = DATE '2026-09-30' AND area_code = 'ALL' AND numerator IS NOT NULL"
        return {
            figure["code"]: (
                explained_key_figure(context, figure, period=2026),
                {row["counted"] for row in context.records(counted, [int(figure["code"])])},
            )
            for figure in FIGURES
        }


@pytest.mark.parametrize("code", [figure["code"] for figure in FIGURES])
def test_no_count_of_few_children_is_printed(explained, code, capsys: pytest.CaptureFixture[str]) -> None:
    """600 children, so that nearly every count is small: columns of counts hold 0, 5 and more, or say that they are hidden."""
    told, _ = explained[code]
    counts = [text for step in told.steps for text in (step.rows, step.children)]
    counts += [text for line in told.lines for text in line[2:4]]
    counts += [text for delivery in told.deliveries for text in delivery[3:]]
    assert len(counts) > 8
    assert [text for text in counts if text in {"1", "2", "3", "4"}] == []
    show_key_figure(told)
    printed = capsys.readouterr().out
    assert told.title in printed
    assert not re.search(r"\d{6}-?[0-9A-Z]{4}", printed)


def test_what_is_shown_is_what_the_marts_hold(explained) -> None:
    """Every shown count of the municipality is the mart's; something is shown, and something hidden."""
    shown = hidden = 0
    for code, (told, counted) in explained.items():
        known = {f"{count:,.0f}".replace(",", ".") for count in counted}
        for line in told.lines:
            hidden += line[2] == "[skjult]"
            if line[1] == "Hele kommunen" and code != "2" and re.fullmatch(r"[\d.]+", line[2]):
                assert line[2] in known, line
                shown += 1
    assert shown > 5
    assert hidden > 5


def test_the_sources_named_are_behind_the_figure() -> None:
    marts = {
        "1": "stock", "2": "stay", "3": "stock", "4": "stock", "5": "stock", "6": "stock", "7": "move", "8": "move", "9": "move",
        "10": "move", "11": "spend", "12": "follow_up",
    }  # fmt: skip
    behind = sources_behind(read_sql_files(asset_root("sql")))
    for figure in FIGURES:
        for basis in ("accounts", "measures"):
            named = sources_of(figure, {"cost_basis_code": basis})
            assert named
            assert set(named) <= behind[f"marts.mart_key_figure_{marts[figure['code']]}"]


def test_the_deliveries_are_those_of_the_register(workspace) -> None:
    explained = explain_key_figure(workspace, "noegletal", "12", period=2026)
    with open_warehouse(workspace, read_only=True) as connection:
        landed = connection.execute(
            "SELECT file_name, rows_typed FROM landed.deliveries WHERE source IN ('children', 'measures', 'reviews')"
        ).fetchall()
    assert {(line[1], line[3].replace(".", "")) for line in explained.deliveries} == {
        (name, str(rows)) for name, rows in landed
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("noegletal", "13", 2026), "Nøgletal 13 findes ikke. Vælg et nummer:\n  1: Institutionsanbringelser"),
        (("noegletal", "ni", 2026), "Nøgletal ni findes ikke"),
        (("trappen", "9", 2026), "'trappen' kan ikke forklares"),
        (("nøgletal", "9", 1999), "Der er ingen tal for 1999. Vælg --period blandt"),
    ],
)
def test_what_there_is_none_of_is_refused_with_what_can_be_chosen(workspace, arguments, said) -> None:
    kind, number, period = arguments
    with pytest.raises(ExplainError) as caught:
        explain_key_figure(workspace, kind, number, period=period)
    assert said in str(caught.value)


NORTH, SOUTH, EAST = (
    [f"{district}{number}" for number in range(1, size + 1)]
    for district, size in (("nord", 12), ("syd", 12), ("oest", 2))
)
# rie is 17 and had the first help that ended, so that the list holds all ages and the register is known to hold ends
CHILDREN = "child_id birth_date home_district_code resident_from_date delivery_id\n" + "\n".join(
    f"{name} {born} {district} {born} L1"
    for district, names, born in (
        ("NORD", NORTH, "2012-05-01"),
        ("SYD", SOUTH, "2012-05-01"),
        ("OEST", EAST, "2012-05-01"),
        ("NORD", ["rie"], "2008-01-01"),
    )
    for name in names
)
# on rung 3 since 2024: 7 of 12 in the north end on 31 March 2025, and 6 of 12 in the south go on with early help (rung 2)
MEASURES = (
    "child_id measure_id paragraph_code start_date end_date delivery_id\nrie M0 BL-30 2023-02-01 2023-02-28 L2\n"
    + "\n".join(
        f"{name} {paragraph}-{name} BL-{paragraph} {start} {end} L2"
        for names, paragraph, start, end in (
            (NORTH[:7], "32-1-2", "2024-01-01", "2025-03-31"),
            (NORTH[7:], "32-1-2", "2024-01-01", "-"),
            (SOUTH[:6], "32-1-2", "2024-01-01", "2025-03-31"),
            (SOUTH[:6], "30", "2025-04-01", "-"),
            (SOUTH[6:], "32-1-2", "2024-01-01", "-"),
            (EAST, "32-1-2", "2024-01-01", "-"),
        )
        for name in names
    )
)
DELIVERIES = """
INSERT INTO landed.deliveries VALUES
    ('L1', 'children', 'boern.csv', TIMESTAMP '2026-10-01 08:00', 27, 27, 0),
    ('L2', 'measures', 'indsatser.csv', TIMESTAMP '2026-10-02 08:00', 33, 33, 0)
"""
# 13 moves of 26 children are 50 per 100; the two children in the east are few, and 26 - 12 would give them away beside the north's
GOLDEN = """
Nøgletal 9. Bevægelser fra hjemmebaserede og ned ad indsatstrappen, opgjort 30-09-2025
Over brøkstregen | ryk fra trin 3 til et lavere trin i opgørelsesåret, også til ingen støtte
Under brøkstregen | børn, der stod på trin 3 på et tidspunkt fra forrige opgørelsesdag til denne
Enhed | ryk pr. 100 børn
Trin | 3 (hjemmebaseret støtte) på den nationale trappe, socialsporet
Opgørelsesår | 01-10-2024 til 30-09-2025
Retning | Et højere tal betyder, at flere børn får hjælp nær det almene.
1 | Tider på trin 3 mellem de to opgørelsesdage | 26 | 26 | core.fct_ladder_spell
2 | Ryk fra trin 3 i opgørelsesåret | 13 | 13 | core.fct_ladder_move
3 | Ryk til et lavere trin eller til ingen støtte | 13 | 13 | core.fct_ladder_move
Ryk ned fra hjemmebaseret støtte | Nord | 7 | [skjult] | [skjult] | pr. 100 børn
Ryk ned fra hjemmebaseret støtte | Syd | 6 | 12 | 50,0 | pr. 100 børn
Ryk ned fra hjemmebaseret støtte | Øst | 0 | [skjult] | [skjult] | pr. 100 børn
Ryk ned fra hjemmebaseret støtte | Hele kommunen | 13 | 26 | 50,0 | pr. 100 børn
heraf til forebyggende indsats | Nord | 0 | [skjult] | [skjult] | pr. 100 børn
heraf til forebyggende indsats | Syd | 6 | 12 | 50,0 | pr. 100 børn
heraf til forebyggende indsats | Øst | 0 | [skjult] | [skjult] | pr. 100 børn
heraf til forebyggende indsats | Hele kommunen | 6 | 26 | 23,1 | pr. 100 børn
heraf til ingen støtte | Nord | 7 | [skjult] | [skjult] | pr. 100 børn
heraf til ingen støtte | Syd | 0 | 12 | 0,0 | pr. 100 børn
heraf til ingen støtte | Øst | 0 | [skjult] | [skjult] | pr. 100 børn
heraf til ingen støtte | Hele kommunen | 7 | 26 | 26,9 | pr. 100 børn
Skjulte tal bygger på få børn, eller et andet skjult tal kan regnes ud fra dem.
Børn | boern.csv | 01-10-2026 | 27 | 27
Indsatser og anbringelser | indsatser.csv | 02-10-2026 | 33 | 33
"""


def test_nine_in_2025_of_drawn_children_is_told_from_definition_to_file_and_never_a_child() -> None:
    connection = built({"children": CHILDREN, "measures": MEASURES})
    connection.execute(DELIVERIES)
    context = ReportContext(connection, settings_of(), AS_OF_DATE, {"NORD": "Nord", "SYD": "Syd", "OEST": "Øst"})
    figure = next(row for row in FIGURES if row["code"] == "9")
    told = explained_key_figure(context, figure, period=2025)
    lines = [(told.title,), *(pair for pair in told.definition if pair[0] != "Kilde")]
    lines += [(str(step.number), step.title, step.rows, step.children, step.table) for step in told.steps]
    lines += [*told.lines, *((note,) for note in told.notes), *told.deliveries]
    printed = "\n".join(" | ".join(line) for line in lines)
    assert printed == GOLDEN.strip()
    assert dict(told.definition)["Kilde"].startswith("Social- og Boligstyrelsen")
    names = [*NORTH, *SOUTH, *EAST]
    assert not [name for name in names if name in printed or str(child_id(name)) in printed]


def steps_told(number: str, measures: str) -> list[tuple[str, str]]:
    """Rows and children of the steps of one key figure in 2025, on drawn measures."""
    connection = built({"children": CHILDREN, "measures": measures})
    connection.execute(DELIVERIES)
    context = ReportContext(connection, settings_of(), AS_OF_DATE, {"NORD": "Nord", "SYD": "Syd", "OEST": "Øst"})
    figure = next(row for row in FIGURES if row["code"] == number)
    return [(step.rows, step.children) for step in explained_key_figure(context, figure, period=2025).steps]


def test_all_moves_from_rung_three_are_not_told_beside_those_down_where_few_went_up() -> None:
    # three of those who stayed on rung 3 in the north are placed on 1 April 2025: 16 moves - 13 down would be the 3 up
    placed = "\n".join(f"{name} UP-{name} BL-46 2025-04-01 - L2" for name in NORTH[7:10])
    header, *rows = MEASURES.splitlines()
    with_place = "\n".join(
        [f"{header} place_code", *(f"{row} -" for row in rows), *(f"{row} 9" for row in placed.splitlines())]
    )
    assert steps_told("9", with_place) == [("26", "26"), ("[skjult]", "[skjult]"), ("13", "13")]
    assert steps_told("8", with_place)[1:] == [("[skjult]", "[skjult]")] * 2


def test_rows_beside_children_never_count_those_who_came_twice() -> None:
    # seven leave an institution in January 2025, and one of them again in June: 8 moves of 7 children
    stays = [(name, "2024-01-01", "2025-01-31") for name in NORTH[:7]] + [(NORTH[0], "2025-04-01", "2025-06-30")]
    measures = "child_id measure_id paragraph_code place_code start_date end_date delivery_id\n" + "\n".join(
        ["rie M0 BL-30 - 2023-02-01 2023-02-28 L2"]
        + [f"{name} M{number} BL-46 9 {first} {last} L2" for number, (name, first, last) in enumerate(stays, start=1)]
    )
    assert steps_told("7", measures)[:2] == [("[skjult]", "7"), ("7", "7")]


def test_an_area_where_few_live_is_never_told_beside_the_others() -> None:
    # two children without a district: the residents of the districts and of the whole would give them away
    few = "\n".join(f"{name} 2012-05-01 - 2012-05-01 L1" for name in ("uden1", "uden2"))
    connection = built({"children": f"{CHILDREN}\n{few}", "measures": MEASURES})
    connection.execute(DELIVERIES)
    context = ReportContext(connection, settings_of(), AS_OF_DATE, {"NORD": "Nord", "SYD": "Syd", "OEST": "Øst"})
    figure = next(row for row in FIGURES if row["code"] == "5")
    of_all = {
        line[1]: line[3]
        for line in explained_key_figure(context, figure, period=2025).lines
        if line[0].startswith("Børn")
    }
    # 12 + 12 + 2 children, rie and the two
    assert of_all.pop("Hele kommunen") == "29"
    assert len(of_all) == 4
    assert set(of_all.values()) == {"[skjult]"}
