"""The workbook shows the report's tables to be sorted: every cell as printed, nothing behind it, and a gate that sees when not."""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import fastexcel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.disclosure.table import EMPTY_CELL_TEXT, Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.publish import danish
from pipelines.publish.html import html_page
from pipelines.publish.layout import Layout, lay_out
from pipelines.publish.reading import DocumentRead, read_html
from pipelines.publish.section import HowSure, Report, Section
from pipelines.publish.stamp import DeliveryStamp, Stamp
from pipelines.publish.workbook import LINE_WIDTH, sheet_names, workbook_file
from pipelines.publish.workbook_cells import MARKS, NO_ROWS, PrintedNumber, printed_number, printed_under, sheet_name
from pipelines.publish.workbook_cover import CONTENTS_GUIDE, GUIDE, SHEET_GUIDE, ZERO, cover_lines
from pipelines.publish.workbook_gate import check_workbook
from pipelines.publish.workbook_reading import WorkbookRead, read_workbook

HIDDEN = CellStatus.HIDDEN
LONG = "Institutionen har holdt alle møder og fulgt dem op. " * 20
TEXTS = ("=1+1", "+45", "@SUM(A1)", "https://example.org/x", "007", "2026/27", "_x0041_", "a\nb & <c>", "", LONG)
INTERNAL_LINK = b"location=\"'Indhold'!A1\""


def drawn(table_id: str, title: str, columns: list[TableColumn], *rows: tuple[object, ...]) -> ProtectedTable:
    cells = tuple(tuple(Cell(None, v) if isinstance(v, CellStatus) else Cell(v) for v in row) for row in rows)  # type: ignore[arg-type]
    return ProtectedTable(table_id, title, tuple(columns), cells, source="Kilde: drawn.", rule="1-4 skjult")


SHARES = drawn(
    "shares",
    "Andel i almen klasse",
    [
        TableColumn("district", "Distrikt", "label"),
        TableColumn("pupils", "Elever", "count"),
        TableColumn("share", "Andel", "share", decimals=1),
        TableColumn("absence", "Fravær i procent", "number", unit="%", decimals=1),
        TableColumn("change", "Ændring", "mean", unit="point", decimals=2),
    ],
    ("Åvang", 2923, 0.943217, 6.1234, -1.2345),
    ("Birkelund", HIDDEN, HIDDEN, CellStatus.NOT_RECEIVED, CellStatus.NOT_COMPUTABLE),
    ("Fjordby", 0, 0.0, 12.0, 0.001),
)
TEXT_TABLE = drawn(
    "texts",
    "Tekster: hvad [der] står/stod?",
    [
        TableColumn("text", "Tekst", "label"),
        TableColumn("again", "tekst", "label"),
        TableColumn("n", "Antal", "number"),
    ],
    *((text, text, number) for number, text in enumerate(TEXTS)),
)
ONE_WORD = drawn("word", "Specialundervisningsbekendtgørelsesordene", [TableColumn("n", "Antal", "count")], (12,))
SAME_TITLE = replace(ONE_WORD, table_id="again", title=SHARES.title, source="Kilde: kommunens fire registre. " * 9)
EMPTY = drawn("empty", "Ingen", [TableColumn("a", "Navn", "label"), TableColumn("n", "Antal", "count")])


@pytest.fixture(scope="module")
def report() -> Report:
    tables = (SHARES, TEXT_TABLE, SAME_TITLE, ONE_WORD, EMPTY)
    section = Section("s", "Hvad viser de?", "Det.", "", 0, "", tables, (), HowSure("", "", "", ""), (), ())
    stamp = Stamp("0.1.0", "ab12" * 16, "c0de", "Antal på 1-4 børn er skjult.", _DELIVERIES)
    return Report(
        "lille",
        "Status & tal",
        "1. Eksempel Kommune",
        (section,),
        stamp,
        as_of_date=date(2026, 10, 5),
        published_on=date(2026, 11, 9),
        introduction="Tre ting.",
        constructed_rules_source="Eksempelnotat, 2025",
    )


_DELIVERIES = (DeliveryStamp("children", date(2026, 10, 5), "ab" * 32, 2941, 2938, 3),)


@pytest.fixture(scope="module")
def layout(report: Report) -> Layout:
    return lay_out(report)


@pytest.fixture(scope="module")
def html(layout: Layout) -> DocumentRead:
    return read_html(html_page(layout, section_pages=[2]))


@pytest.fixture(scope="module")
def content(report: Report, layout: Layout) -> bytes:
    return workbook_file(layout, published_on=report.published_on)


@pytest.fixture(scope="module")
def read(content: bytes) -> WorkbookRead:
    return read_workbook(content)


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return target.getvalue()


def test_the_gate_is_open_for_what_was_drawn(
    report: Report, layout: Layout, html: DocumentRead, read: WorkbookRead
) -> None:
    assert check_workbook(report, layout, workbook=read, html=html) == []


def test_another_program_reads_the_shown_numbers_and_nothing_behind_them(content: bytes) -> None:
    sheet = fastexcel.read_excel(content).load_sheet("1 Andel i almen klasse", header_row=5 - 1)
    table = sheet.to_arrow().to_pydict()

    assert list(table) == ["Distrikt", "Elever", "Andel (%)", "Fravær i procent", "Ændring (point)"]
    assert table["Distrikt"] == ["Åvang", "Birkelund", "Fjordby"]
    assert table["Elever"] == ["2923", "[skjult]", "0"]
    assert table["Andel (%)"] == ["0.943", "[skjult]", "0"]  # 94,3 %
    assert table["Fravær i procent"] == [
        "0.061",
        "[ikke modtaget]",
        "0.12",
    ]  # 6,1 % as a share, as Excel shows percents
    assert table["Ændring (point)"] == ["-1.23", "[kan ikke beregnes]", "0"]
    everything = b"".join(parts_of(content).values())
    assert b"94321" not in everything
    assert b"6.123" not in everything
    assert b"1.234" not in everything


def test_a_reader_sees_the_cells_of_the_page(layout: Layout, read: WorkbookRead) -> None:
    sheet = read.sheets[2]
    first = sheet.tables[0].first_row

    assert sheet.rows(first + 1, sheet.tables[0].last_row) == layout.tables()[0].rows
    assert sheet.rows(first + 1, first + 1) == (("Åvang", "2.923", "94,3\u00a0%", "6,1\u00a0%", "−1,23"),)
    assert [cells[0] for cells in sheet.rows(0, first - 1)] == [
        "Tabel\u00a01. Andel i almen klasse",
        layout.tables()[0].note,
        "Konstruerede data",
        SHEET_GUIDE,
    ]


def test_a_long_source_stands_on_lines_that_can_be_printed(layout: Layout, read: WorkbookRead) -> None:
    sheet = read.sheets[2 + 2]
    lines = [cells[0] for cells in sheet.rows(1, sheet.tables[0].first_row - 1)]

    assert [len(line) <= LINE_WIDTH for line in lines] == [True] * (3 + 2)  # 9 x 32 letters; the mark and the guide
    assert " ".join(lines[:3]) == layout.tables()[2].note.strip()
    assert sheet.tables[0].description == layout.tables()[2].note


def test_text_stays_text(content: bytes) -> None:
    number, name = next(
        (n, name) for n, name in enumerate(fastexcel.read_excel(content).sheet_names) if "Tekster" in name
    )
    table = fastexcel.read_excel(content).load_sheet(number, header_row=5 - 1, dtypes="string").to_arrow().to_pydict()

    assert name == "2 Tekster – hvad der står-stod"
    assert list(table) == ["Tekst", "tekst (b)", "Antal"]  # Excel takes no two headers alike
    assert table["Tekst"] == [*TEXTS[:-2], "[ingen tekst]", LONG]
    assert table["Antal"] == [str(row) for row in range(len(TEXTS))]
    sheet = parts_of(content)[f"xl/worksheets/sheet{number + 1}.xml"]
    assert b"<f>" not in sheet
    assert sheet.count(b"<hyperlink ") == 1  # back to the contents
    assert INTERNAL_LINK in sheet


def test_a_table_without_rows_says_so_in_every_cell(read: WorkbookRead) -> None:
    sheet = read.sheets[2 + 4]
    table = sheet.tables[0]

    assert sheet.rows(table.first_row, table.last_row) == (("Navn", "Antal"), (NO_ROWS, NO_ROWS))


def test_sheets_have_names_that_excel_takes(layout: Layout) -> None:
    assert sheet_names(layout) == (
        "1 Andel i almen klasse",
        "2 Tekster – hvad der står-stod",
        "3 Andel i almen klasse",
        "Tabel 4",  # one word of 40 letters
        "5 Ingen",
        "6 Leverancer bag tallene…",
    )


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Børn på trin 1 eller højere i 24\u00a0måneder", "7 Børn på trin 1 eller højere…"),
        ("SDQ's skalaer, 2024/25", "7 SDQs skalaer, 2024-25"),
        ("[]*?", "Tabel 7"),
        ("", "Tabel 7"),
        ("Møder\u200b \U0001f600 holdt", "7 holdt"),
    ],
)
def test_a_sheet_is_named_by_number_and_first_words(title: str, name: str) -> None:
    assert sheet_name(7, f"Tabel\u00a07. {title}") == name
    assert len(name) <= 31


def test_the_sheets_can_be_walked_by_ear(layout: Layout, content: bytes, read: WorkbookRead) -> None:
    parts = parts_of(content)
    styles = parts["xl/styles.xml"]

    assert [sheet.name for sheet in read.sheets][:2] == ["Forside", "Indhold"]
    assert [len(sheet.tables) for sheet in read.sheets] == [0, 0, 1, 1, 1, 1, 1, 1]
    assert [sheet.tables[0].title for sheet in read.sheets[2:]] == [table.caption for table in layout.tables()]
    assert b"activeTab" not in parts["xl/workbook.xml"]  # the cover is the first that is seen
    assert set(_between(styles, b'<name val="', b'"')) == {b"Arial"}
    assert b"<scheme" not in styles  # a theme's typeface would stand in for ours
    for number, sheet in enumerate(read.sheets, start=1):
        xml = parts[f"xl/worksheets/sheet{number}.xml"]
        assert b'orientation="landscape"' in xml
        assert b'fitToHeight="0"' in xml
        assert sheet.page_header.strip() == "Status & tal – 1. Eksempel Kommune Konstruerede data"
        if sheet.tables:
            assert b'ySplit="%d"' % (sheet.tables[0].first_row + 1) in xml


def _between(text: bytes, start: bytes, end: bytes) -> list[bytes]:
    return [part.partition(end)[0] for part in text.split(start)[1:]]


def test_the_cover_tells_whose_numbers_from_when_made_from_what(report: Report, layout: Layout) -> None:
    lines = [line.text for line in cover_lines(layout)]

    assert lines[:2] == ["Status & tal", layout.banner]
    for told in (
        "1. Eksempel Kommune",
        "Udgivet: 09-11-2026",
        "Tal opgjort: 05-10-2026",
        "System: Indsatstrappen 0.1.0, kode c0de",
        f"Datakontrakter: {'ab12' * 16}",
        "Små tal: Antal på 1-4 børn er skjult.",
    ):
        assert told in lines
    delivery = next(line for line in lines if line.startswith("Leverance: children"))
    assert "Rækker modtaget: 2.941; Godkendt: 2.938; Afvist: 3; " in delivery
    assert "ab" * 16 in delivery


def test_the_cover_explains_the_marks_that_are_used_and_no_other(layout: Layout) -> None:
    lines = [line.text for line in cover_lines(layout)]
    explained = [mark for mark in MARKS if any(line.startswith(f"{mark}: ") for line in lines)]

    assert explained == ["[skjult]", "[ikke modtaget]", "[kan ikke beregnes]", "[ingen rækker]", "[ingen tekst]"]
    assert set(EMPTY_CELL_TEXT.values()) < set(MARKS)


def test_our_own_words_are_those_of_a_report() -> None:
    texts = (*GUIDE, ZERO, CONTENTS_GUIDE, SHEET_GUIDE, *MARKS.values())

    assert [word for text in texts for word in danish.words_to_avoid(text)] == []
    assert [
        text for text in texts if any(danish.word_count(sentence) > 20 for sentence in danish.sentences(text))
    ] == []


def test_the_contents_lead_to_every_table(layout: Layout, read: WorkbookRead) -> None:
    rows = read.sheets[1].rows(4, 4 + 5)

    assert [row[0] for row in rows] == list(sheet_names(layout))
    assert [row[1] for row in rows] == [table.caption for table in layout.tables()]
    assert [row[2] for row in rows] == ["Hvad viser de?"] * 5 + ["Leverancerne"]


def test_the_same_report_gives_the_same_bytes(report: Report, layout: Layout, content: bytes) -> None:
    assert workbook_file(layout, published_on=report.published_on) == content
    assert b"2026-11-09T00:00:00Z" in parts_of(content)["docProps/core.xml"]


def test_the_properties_say_title_author_and_language(read: WorkbookRead) -> None:
    assert set(read.properties) == {
        "Status & tal – 1. Eksempel Kommune",
        "Konstruerede data. Reglerne er hentet fra Eksempelnotat, 2025; kommunen findes ikke.",
        "1. Eksempel Kommune",
        "da",
    }


Breaking = Callable[[bytes], bytes]
FIRST_TABLE = "xl/worksheets/sheet3.xml"


@pytest.mark.parametrize(
    ("part", "breaking", "told"),
    [
        (FIRST_TABLE, lambda xml: xml.replace(b"<v>0.943</v>", b"<v>0.944</v>"), "cellerne er ikke dem"),
        (
            FIRST_TABLE,
            lambda xml: xml.replace(b"<v>0.943</v>", b"<v>0.94321</v>"),
            "Andel: et tal er gemt med flere cifre",
        ),
        ("xl/sharedStrings.xml", lambda xml: xml.replace(b"[skjult]<", b"3<"), "cellerne er ikke dem"),
        ("xl/sharedStrings.xml", lambda xml: xml.replace(b"Distrikt<", b"Skole<"), "overskrifterne er ikke dem"),
        ("xl/tables/table1.xml", lambda xml: xml.replace(b"Distrikt", b"Skole"), "overskrifterne er ikke dem"),
        ("xl/tables/table1.xml", lambda xml: xml.replace(b"<autoFilter", b"<other"), "kan ikke sorteres"),
        ("xl/tables/table1.xml", lambda xml: xml.replace(b"altTextSummary", b"other"), "titel og kilde er ikke"),
        ("xl/tables/table1.xml", lambda xml: xml.replace(b'ref="A5:E8"', b'ref="A5:E7"'), "noget under tabellen"),
        (
            FIRST_TABLE,
            lambda xml: xml.replace(b"<v>0.943</v>", b"<f>A1</f><v>0.943</v>"),
            "C6 er hverken tekst eller tal",
        ),
        (FIRST_TABLE, lambda xml: xml.replace(b"<hyperlinks>", b"<mergeCells/><hyperlinks>"), "celler er flettet"),
        (FIRST_TABLE, lambda xml: xml.replace(INTERNAL_LINK, b'r:id="rId9"'), "et link fører ud af filen"),
        (FIRST_TABLE, lambda xml: xml.replace(b'<row r="6"', b'<row hidden="1" r="6"'), "kolonne er skjult"),
        (FIRST_TABLE, lambda xml: xml.replace(b"Konstruerede data", b""), "mærket »Konstruerede data« mangler"),
        (FIRST_TABLE, lambda xml: xml.replace(b"kontrolsum", b""), "stemplet mangler"),
        ("xl/worksheets/_rels/sheet3.xml.rels", lambda xml: xml.replace(b'/table"', b'/other"'), "fandt 0 tabeller"),
        ("xl/workbook.xml", lambda xml: xml.replace(b'name="5 Ingen"', b'name="5 Andet"'), "hvis navne ikke er"),
        ("xl/workbook.xml", lambda xml: xml.replace(b'sheetId="3"', b'sheetId="3" state="hidden"'), "arket er skjult"),
        ("docProps/core.xml", lambda xml: xml.replace(b"</dc:title>", b" 17</dc:title>"), "tallet 17 står ikke i HTML"),
        ("docProps/core.xml", lambda xml: xml.replace(b"<dc:language>da", b"<dc:language>en"), "sproget er ikke"),
        ("xl/comments1.xml", lambda _: b"<comments/>", "delen xl/comments1.xml hører ikke til"),
    ],
)
def test_a_broken_workbook_is_refused(
    report: Report, layout: Layout, html: DocumentRead, content: bytes, part: str, breaking: Breaking, told: str
) -> None:
    parts = parts_of(content)
    before = parts.get(part, b"")
    parts[part] = breaking(before)
    assert parts[part] != before

    failures = check_workbook(report, layout, workbook=read_workbook(zipped(parts)), html=html)
    assert any(told in failure for failure in failures)


def test_a_number_that_the_page_does_not_show_is_refused(
    report: Report, layout: Layout, html: DocumentRead, read: WorkbookRead
) -> None:
    """The workbook and the structure agree, and still the page lacks a number of theirs."""
    without = replace(html, tables=[replace(html.tables[0], text=""), *html.tables[1:]])

    assert "Regnearket: tallet 94,3 står ikke i HTML-udgaven." in check_workbook(
        report, layout, workbook=read, html=without
    )


def test_real_data_bear_no_mark(report: Report, html: DocumentRead, read: WorkbookRead) -> None:
    real = replace(report, constructed_rules_source=None, attribution="Kilde: Børne- og Undervisningsministeriet.")
    layout = lay_out(real)
    made = read_workbook(workbook_file(layout, published_on=real.published_on))

    assert not any("Konstruerede" in words for words in made.words())
    assert any("står på rigtige tal" in failure for failure in check_workbook(real, layout, workbook=read, html=html))
    real_page = read_html(html_page(layout, section_pages=[2]))
    assert check_workbook(real, layout, workbook=made, html=real_page) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.923", PrintedNumber(Decimal(2923), 0, is_percent=False)),
        ("−0,5", PrintedNumber(Decimal("-0.5"), 1, is_percent=False)),
        ("94,3\u00a0%", PrintedNumber(Decimal("0.943"), 1, is_percent=True)),
        ("2026", None),  # a year: a count has its point, 2.026
        ("007", None),
        ("41 af 48", None),
        ("[skjult]", None),
        ("1.234.567.890.123.456", None),  # Excel keeps 15 digits
    ],
)
def test_a_number_is_read_as_it_is_printed(text: str, expected: PrintedNumber | None) -> None:
    assert printed_number(text) == expected


@given(
    value=st.floats(-1e9, 1e9),
    decimals=st.integers(0, 3),
    kind=st.sampled_from([("share", ""), ("number", ""), ("mean", "%"), ("count", "")]),
)
def test_every_number_prints_as_in_the_report(value: float, decimals: int, kind: tuple[str, str]) -> None:
    column = TableColumn("x", "X", kind[0], unit=kind[1], decimals=decimals)  # type: ignore[arg-type]
    text = danish.cell_text(Cell(value), column)
    shown = printed_number(text)

    assert shown is not None
    assert printed_under(shown.value, shown.number_format()) == text
