"""The file for SØM holds only what protected tables show, in Danish form, and says why where there is no number."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.committee.context import report_context
from pipelines.committee.som import SomRow, som_csv, som_rows, som_words
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.errors import PublishError
from pipelines.publish.danish import words_to_avoid
from pipelines.publish.section import HowSure, Section
from tests.support import RanDemo

HIDDEN = Cell(None, CellStatus.HIDDEN)
ON_THE_DAY = "30. september 2026"


def returns(*groups: str) -> ProtectedTable:
    """Returns after 24 months: 13.65 per cent of everybody, the rest hidden."""
    rows = [
        {"group": group, "month": "24 måneder", "stays_count": 85, "share_pct": share, "low": share, "high": share}
        for group, share in zip(("Alle", *groups), (13.65, *(HIDDEN for _ in groups)), strict=True)
    ]
    return protect(
        rows,
        table_id="ladder_return",
        title="Tilbage i almen klasse",
        columns=(
            TableColumn("group", "Distriktets model", "label"),
            TableColumn("month", "Efter", "label"),
            TableColumn("stays_count", "Ophold", "count"),
            *(TableColumn(name, name, "number") for name in ("share_pct", "low", "high")),
        ),
        source="Kilde: Bøgelund Kommunes elevregister. Mere om tallet.",
    )


def prices() -> ProtectedTable:
    return protect(
        [
            {
                "period": "2025",
                "rung": "3: hjemmebaseret støtte",
                "ended_dkk_per_month": 9900,
                "running_dkk_per_month": None,
            }
        ],
        table_id="spend_prices",
        title="Udgift pr. måned",
        columns=(
            TableColumn("period", "År", "label"),
            TableColumn("rung", "Trin", "label"),
            TableColumn("ended_dkk_per_month", "Sluttede", "number"),
            TableColumn("running_dkk_per_month", "Løbende", "number"),
        ),
        source="Kilde: Bøgelund Kommunes økonomisystem.",
    )


def section(*tables: ProtectedTable, level: int = 1) -> Section:
    return Section("ladder", "Spørgsmål?", "Svar.", "", level, "", tables, (), HowSure("", "", "", ""), (), ())


def rows_of(*tables: ProtectedTable, level: int = 1) -> dict[tuple[str, str], SomRow]:
    return {
        (row.kind, row.group): row
        for row in som_rows(section(*tables, level=level), counted_on=ON_THE_DAY)
        if "løbende" not in row.measure
    }


def test_a_rate_is_told_with_its_count_and_a_hidden_one_with_the_reason() -> None:
    rows = rows_of(returns("Distriktsrådgiver", "Myndighedssagsbehandler"))
    everybody, model = rows["succesrate", "Alle"], rows["succesrate", "Distriktsrådgiver"]
    assert (everybody.value, everybody.unit, everybody.children, everybody.reason) == ("13,7", "procent", "85", "")
    assert (model.value, model.low, model.high) == ("", "", "")
    assert model.reason == "tallet er skjult, fordi det ville vise noget om få børn"
    assert ON_THE_DAY in everybody.period


@pytest.mark.parametrize(
    ("models", "level", "why"),
    [
        (("Distriktsrådgiver", "Myndighedssagsbehandler"), 1, "niveau 1 af 5"),
        (("Distriktsrådgiver",), 1, "ikke to modeller"),
        (("Distriktsrådgiver", "Myndighedssagsbehandler"), 3, "ikke regnet en forskel"),
    ],
)
def test_no_effect_is_ever_read_from_two_success_rates(models: tuple[str, ...], level: int, why: str) -> None:
    effects = [row for (kind, _), row in rows_of(returns(*models), level=level).items() if kind == "effekt"]
    assert len(effects) == 1
    assert effects[0].value == effects[0].low == effects[0].high == ""
    assert why in effects[0].reason


def test_prices_come_from_their_own_table_and_what_never_came_gives_no_rows() -> None:
    rows = som_rows(section(prices()), counted_on=ON_THE_DAY)
    assert [(row.kind, row.value, row.period, row.reason) for row in rows] == [
        ("pris", "9900", "2025", ""),
        ("pris", "", "2025", "der er for lidt at regne på"),
    ]
    assert som_rows(section(), counted_on=ON_THE_DAY) == ()


def test_the_file_is_a_danish_csv() -> None:
    text = som_csv(som_rows(section(returns(), prices()), counted_on=ON_THE_DAY))
    assert text.splitlines()[0].startswith("tal;målgruppe;gruppe;hvad tallet viser;værdi;enhed;usikkerhed fra;")
    read = list(csv.DictReader(StringIO(text), delimiter=";"))
    assert read[0]["værdi"] == "13,7"
    assert all(bool(row["værdi"]) != bool(row["kan ikke opgøres, fordi"]) for row in read)


def test_the_command_writes_what_the_report_shows(demo: RanDemo, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["export", "som", "-w", str(demo.made_up), "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    numbers, words = (Path(line) for line in done.output.split("\n")[:2])
    assert numbers.read_bytes().startswith(b"\xef\xbb\xbftal;")
    rows = list(csv.DictReader(StringIO(numbers.read_text(encoding="utf-8-sig")), delimiter=";"))
    assert {row["tal"] for row in rows} == {"succesrate", "effekt", "pris"}
    assert all(bool(row["værdi"]) != bool(row["kan ikke opgøres, fordi"]) for row in rows)
    explanation = words.read_text(encoding="utf-8")
    assert "Tallene er konstruerede." in explanation
    assert words_to_avoid(explanation.replace("effekt", "")) == []
    with report_context(str(demo.made_up)) as context:
        assert som_words(context, []).startswith("Tal til SØM fra Bøgelund Kommune")


def test_an_export_that_there_is_none_of_is_refused_in_words(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["export", "andet", "-w", str(tmp_path)])
    assert isinstance(done.exception, PublishError)
    assert "Vælg: som" in str(done.exception)
