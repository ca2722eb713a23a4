"""Publishing writes a self-contained page and a tagged PDF, all or nothing, and tells what is new without leaking."""

import re
import time
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import html as lxml_html
from pypdf import PdfReader

from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.errors import PublishError
from pipelines.publish import danish
from pipelines.publish import pdf as pdf_module
from pipelines.publish.edition import CUT_SHORT, Edition, may_name, news_since, told_apart
from pipelines.publish.gates import MOST_WORDS_ON_PAGE_1, page_1_words
from pipelines.publish.layout import REST_OF_ATTENTION, lay_out
from pipelines.publish.pdf import pdf_document
from pipelines.publish.report import MOST_WARNINGS, PublishedReport, _with_attention, publish_report, write_all
from pipelines.publish.section import Report


@pytest.fixture(scope="module")
def published(report: Report, tmp_path_factory: pytest.TempPathFactory) -> PublishedReport:
    return publish_report(report, tmp_path_factory.mktemp("reports"))


def with_table(report: Report, table: ProtectedTable) -> Report:
    """The report with the second section's table replaced by one of the same id (and no figure of the old one)."""
    section = replace(report.sections[1], tables=(table,), figures=())
    return replace(report, sections=(report.sections[0], section, report.sections[2]))


def changed_cell(table: ProtectedTable, row: int, column: str, cell: Cell) -> ProtectedTable:
    index = table.column_index(column)
    rows = list(table.rows)
    rows[row] = (*rows[row][:index], cell, *rows[row][index + 1 :])
    return replace(table, rows=tuple(rows))


def test_a_report_is_published_in_under_six_seconds(report: Report, tmp_path: Path) -> None:
    begun = time.process_time()  # our own work, whatever else the machine does
    publish_report(report, tmp_path)

    assert time.process_time() - begun < 6
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "udvalgsrapport.edition.json",
        "udvalgsrapport.html",
        "udvalgsrapport.pdf",
        "udvalgsrapport.xlsx",
    ]


def test_the_page_asks_for_nothing_outside_itself(published: PublishedReport) -> None:
    page = published.html.read_text("utf-8")
    root = lxml_html.fromstring(page)

    addresses = [value for element in root.iter() for name, value in element.items() if name in ("src", "href")]
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert all(url.startswith("data:") for url in re.findall(r"url\(\"?([^\")]+)", page))
    assert "default-src 'none'" in page
    assert "<script" not in page


def test_the_page_can_be_walked_by_ear(published: PublishedReport) -> None:
    root = lxml_html.fromstring(published.html.read_text("utf-8"))
    ids = root.xpath("//@id")
    links = root.xpath("//a/@href")

    assert root.get("lang") == "da"
    assert len(root.xpath("//main")) == 1
    assert len(root.xpath("//h1")) == 1
    assert len(ids) == len(set(ids))
    assert all(link[1:] in ids for link in links)
    levels = [int(heading.tag[1]) for heading in root.xpath("//h1|//h2|//h3|//h4")]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(table.xpath("./caption") and table.xpath(".//th[@scope]") for table in root.xpath("//table"))
    assert all(box.get("aria-hidden") == "true" for box in root.xpath("//p[@class='boxes']"))


def test_the_pdf_is_tagged_danish_and_says_ua_1(published: PublishedReport) -> None:
    document = PdfReader(BytesIO(published.pdf.read_bytes()))

    assert document.trailer["/Root"]["/Lang"] == "da"
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in document.trailer["/Root"]["/Metadata"].get_object().get_data()
    assert document.metadata is not None
    assert document.metadata.title == "Indsatstrappen: status for 3. kvartal 2026 – Eksempel Kommune"
    fonts = {font.get_object()["/BaseFont"] for page in document.pages for font in page["/Resources"]["/Font"].values()}
    names = {str(name).split("+")[1].removesuffix("-Identity-H") for name in fonts}
    assert names == {"SourceSansPro-Regular", "SourceSansPro-Semibold"}


def test_the_same_report_gives_the_same_bytes(report: Report, published: PublishedReport, tmp_path: Path) -> None:
    again = publish_report(report, tmp_path)

    assert again.pdf.read_bytes() == published.pdf.read_bytes()
    assert again.html.read_bytes() == published.html.read_bytes()
    assert again.workbook.read_bytes() == published.workbook.read_bytes()


def test_an_empty_case_number_vanishes(report: Report) -> None:
    head = dict(lay_out(report).head)

    assert head["Sagsnummer"] == "2026-0412345"
    assert "eDoc" not in head


def test_text_from_a_delivery_cannot_become_markup(report: Report, tmp_path: Path) -> None:
    dangerous = replace(report, municipality="<b>By</b> & {{ x }} #sys.inputs")
    page = publish_report(dangerous, tmp_path).html.read_text("utf-8")

    assert "&lt;b&gt;By&lt;/b&gt; &amp; {{ x }} #sys.inputs" in page


def test_a_failed_gate_leaves_the_last_edition_as_it_was(report: Report, tmp_path: Path) -> None:
    files = publish_report(report, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    with pytest.raises(PublishError, match="tallet 17"):
        publish_report(replace(report, introduction="Der er 17 børn."), tmp_path)

    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert files.html.exists()


def test_a_full_disk_leaves_no_half_edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    write_all({first: b"old", second: b"old"})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipelines.publish.report.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_all({first: b"new", second: b"new"})

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old", "b": b"old"}


def test_a_warning_from_typst_stops_the_report(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_module.tokens, "FONT_FAMILY", "Ukendt Skrift")

    with pytest.raises(PublishError, match="unknown font family"):
        pdf_document(lay_out(report), published_on=date(2026, 11, 9))


def test_no_page_holds_a_repeated_header_over_nothing_but_the_note(report: Report, moves_table: ProtectedTable) -> None:
    tables = tuple(
        replace(
            moves_table,
            table_id=f"long_{length}",
            rows=tuple((Cell(f"række {length}/{number}"), *moves_table.rows[0][1:]) for number in range(length)),
            source=f"Note til {length}.",
        )
        for length in range(30, 46)
    )
    document = pdf_document(lay_out(replace(report, data_quality=tables)), published_on=date(2026, 11, 9))
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(document)).pages]

    for length in range(30, 46):
        (page,) = (page for page in pages if f"Note til {length}." in page)
        assert f"række {length}/{length - 1}" in page


def test_numbers_keep_their_place_beside_wide_texts(report: Report) -> None:
    """Three columns of some 40 letters leave the two of numbers their room: each number stands apart from the next."""
    texts = tuple(f"{word} med ganske mange bogstaver i hver række" for word in ("Område", "Mål", "Kilde"))
    columns = [TableColumn(f"text_{place}", f"Tekst {place}", "label") for place in range(3)]
    columns[1:1] = [
        TableColumn("first", "Første", "number", decimals=1),
        TableColumn("second", "Andet", "number", decimals=1),
    ]
    rows: list[tuple[object, ...]] = [(texts[0], 1111.5, 2222.5, texts[1], texts[2])] * 3
    table = ProtectedTable(
        "wide",
        "En tabel med brede tekster",
        tuple(columns),
        tuple(tuple(Cell(value) for value in row) for row in rows),  # type: ignore[arg-type]
        source="Kilde: konstruerede tal.",
        rule="",
    )
    document = pdf_document(lay_out(replace(report, data_quality=(table,))), published_on=date(2026, 11, 9))
    places: dict[str, set[float]] = {"1.111,5": set(), "2.222,5": set()}

    def note(text: str, placed: list[float], *_: object) -> None:
        for number in places:
            if number in text:
                places[number].add(round(placed[4]))

    for page in PdfReader(BytesIO(document)).pages:
        page.extract_text(visitor_text=note)
    (first,), (second,) = places.values()
    assert second - first > 25, "points; a number of seven signs is some 30 wide"


# ── news ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (Cell(20), ("Birkelund, ned: rettet fra 14 til 20.",)),  # 20 - 14 = 6 children: may be named
        (Cell(17), ("Birkelund, ned: rettet.",)),  # 17 - 14 = 3: a small count itself
        (Cell(None, CellStatus.HIDDEN), ()),  # hidden now: naming the cell would point at it
        (Cell(14), ()),
    ],
)
def test_a_correction_is_named_only_when_it_is_no_small_count(
    report: Report, moves_table: ProtectedTable, cell: Cell, told: tuple[str, ...]
) -> None:
    corrected = with_table(report, changed_cell(moves_table, 0, "down", cell))

    assert news_since(Edition.of(report), corrected) == told


def test_new_figures_of_a_later_date_are_changes_and_not_corrections(
    report: Report, moves_table: ProtectedTable
) -> None:
    later = with_table(report, changed_cell(moves_table, 0, "down", Cell(20)))
    later = replace(later, as_of_date=date(2027, 1, 5))

    assert news_since(Edition.of(report), later) == ("Birkelund, ned: ændret fra 14 til 20.",)


@pytest.mark.parametrize(
    ("moved", "days", "wanted"),
    [
        (3, 0, "er opgjort samme dag som den forrige udgave, og nogle tal er ændret med få børn."),
        (3, 1, "er opgjort 1 dag fra den forrige udgave"),
        (4, 27, "er opgjort 27 dage fra den forrige udgave"),
        (4, 28, ""),
        (5, 1, ""),
        (0, 1, ""),
    ],
)
def test_whoever_publishes_is_told_when_two_editions_taken_from_each_other_tell_of_a_few_children(
    report: Report, moves_table: ProtectedTable, moved: int, days: int, wanted: str
) -> None:
    later = with_table(report, changed_cell(moves_table, 0, "down", Cell(14 + moved)))
    later = replace(later, as_of_date=report.as_of_date + timedelta(days=days))
    told = told_apart(Edition.of(report), later)
    assert wanted in told
    assert bool(told) is bool(wanted)
    assert not any(str(number) in told.replace(str(days), "") for number in (14, 17, 18))


def test_a_hidden_count_that_moved_is_no_reason_to_be_told(report: Report, moves_table: ProtectedTable) -> None:
    hidden = with_table(report, changed_cell(moves_table, 0, "down", Cell(None, CellStatus.HIDDEN)))
    assert told_apart(Edition.of(hidden), report) == told_apart(Edition.of(report), hidden) == ""


def test_the_caution_comes_with_the_published_files(
    report: Report, moves_table: ProtectedTable, tmp_path: Path
) -> None:
    assert publish_report(report, tmp_path).caution == ""
    later = with_table(report, changed_cell(moves_table, 0, "down", Cell(17)))
    assert "Læg ikke begge udgaver frem" in publish_report(later, tmp_path).caution


def test_new_rows_and_new_tables_are_told(report: Report, moves_table: ProtectedTable) -> None:
    fewer = with_table(report, replace(moves_table, rows=moves_table.rows[1:]))
    without = replace(report, data_quality=())

    assert news_since(Edition.of(fewer), report) == (f"{moves_table.title}: en ny række er med for første gang.",)
    assert news_since(Edition.of(without), report) == (
        "Møder i ressourceteam, skoleåret 2025/26 er med for første gang.",
    )
    assert news_since(Edition.of(report), without) == ("Møder i ressourceteam, skoleåret 2025/26 er ikke med længere.",)


def test_a_row_whose_finding_has_changed_is_no_new_row(report: Report, moves_table: ProtectedTable) -> None:
    finding = TableColumn("finding", "Passer det?", "label")

    def found(words: str) -> Report:
        rows = tuple((*row, Cell(words)) for row in moves_table.rows)
        return with_table(report, replace(moves_table, columns=(*moves_table.columns, finding), rows=rows))

    assert news_since(Edition.of(found("ja")), found("nej")) == ()


def renamed(table: ProtectedTable, number: int) -> ProtectedTable:
    return replace(table, table_id=f"extra_{number}", title=f"En ny tabel med et ganske langt navn nummer {number}")


@pytest.mark.parametrize(("new", "told"), [(3, "Tre"), (12, "Tolv"), (13, "Mange")])
def test_several_new_and_dropped_tables_are_one_line_without_digits(
    report: Report, moves_table: ProtectedTable, new: int, told: str
) -> None:
    extra = tuple(renamed(moves_table, number) for number in range(new))
    more = replace(report, data_quality=(*report.data_quality, *extra))

    for before, now in ((report, more), (more, report)):
        assert news_since(Edition.of(before), now) == (f"{told} tabeller er nye eller udgået.",)


def test_news_keep_to_their_words_and_say_that_there_is_more(report: Report, moves_table: ProtectedTable) -> None:
    now = moves_table
    for row in range(3):
        now = changed_cell(now, row, "down", Cell(100 + row))
    corrected = with_table(report, now)
    lines = news_since(Edition.of(report), corrected)
    of_one = danish.word_count(lines[0])

    assert len(lines) == 3
    assert news_since(Edition.of(report), corrected, most_words=of_one + 6) == (lines[0], CUT_SHORT)
    assert news_since(Edition.of(report), corrected, most_words=of_one + 5) == (CUT_SHORT,)
    assert news_since(Edition.of(report), corrected, most_words=0) == (CUT_SHORT,)


def test_a_report_whose_first_page_is_full_can_be_published_again_with_many_changes(
    report: Report, moves_table: ProtectedTable, tmp_path: Path
) -> None:
    room = MOST_WORDS_ON_PAGE_1 - page_1_words(lay_out(report))
    full = replace(report, attention=(*report.attention, "Det er et ord. " * (room // 4)))
    publish_report(full, tmp_path)
    extra = tuple(renamed(moves_table, number) for number in range(14))
    changed = with_table(full, changed_cell(moves_table, 0, "down", Cell(20)))
    again = replace(changed, data_quality=(*changed.data_quality, *extra))

    published = publish_report(again, tmp_path)

    assert CUT_SHORT in published.html.read_text("utf-8")


def test_more_warnings_than_page_1_has_room_for_stand_last_and_stop_no_edition(report: Report, tmp_path: Path) -> None:
    lines = tuple(f"Kilde {letter} mangler distrikt." for letter in "abcdefghijklmnopqrstuvwxyzæøå" * 3)
    warned = replace(report, attention=(*report.attention, *lines))
    assert page_1_words(lay_out(warned)) > MOST_WORDS_ON_PAGE_1

    publish_report(warned, tmp_path)
    published = publish_report(warned, tmp_path)  # the news want room too

    text = lxml_html.fromstring(published.html.read_text("utf-8")).text_content()
    first_page, last_page = text.split(REST_OF_ATTENTION)
    told = [first_page.count(line) + last_page.count(line) for line in dict.fromkeys(lines)]
    assert set(told) == {3}, "none is lost"
    assert lines[0] in first_page
    assert lines[-1] in last_page


def test_warnings_that_page_1_has_room_for_are_not_moved(report: Report) -> None:
    room = MOST_WORDS_ON_PAGE_1 - page_1_words(lay_out(report))
    fits, over = (replace(report, attention=(*report.attention, "ord " * count)) for count in (room, room + 1))
    assert _with_attention(fits, None) == fits
    cut = _with_attention(over, None)
    assert cut.attention == (*report.attention, REST_OF_ATTENTION)
    assert cut.attention_rest == over.attention[-1:]
    assert page_1_words(lay_out(cut)) <= MOST_WORDS_ON_PAGE_1
    assert _with_attention(replace(report, attention=()), None).attention == ()
    many = _with_attention(replace(report, attention=("Kort.",) * (MOST_WARNINGS + 1)), None)
    assert many.attention == (*["Kort."] * (MOST_WARNINGS - 1), REST_OF_ATTENTION)
    assert many.attention_rest == ("Kort.", "Kort.")


def test_a_share_is_named_only_with_the_counts_it_is_made_of(share_table: ProtectedTable) -> None:
    share = share_table.column("share")
    counted = replace(share, numerator="inside", denominator="pupils")
    old = {"share": Cell(0.90), "inside": Cell(90), "pupils": Cell(100)}
    moved_by_6 = {"share": Cell(0.96), "inside": Cell(96), "pupils": Cell(100)}
    moved_by_2 = {"share": Cell(0.92), "inside": Cell(92), "pupils": Cell(100)}

    assert not may_name(share, old, moved_by_6)
    assert may_name(counted, old, moved_by_6)
    assert not may_name(counted, old, moved_by_2)
    assert not may_name(counted, old, moved_by_6, minimum_count=7)


def test_the_second_edition_says_since_when(report: Report, moves_table: ProtectedTable, tmp_path: Path) -> None:
    publish_report(report, tmp_path)
    corrected = with_table(report, changed_cell(moves_table, 0, "down", Cell(20)))
    page = publish_report(replace(corrected, published_on=date(2026, 12, 1)), tmp_path).html.read_text("utf-8")

    assert "Nyt siden november 2026" in page
    assert "Birkelund, ned: rettet fra 14 til 20." in page


def test_a_broken_edition_file_is_explained(report: Report, tmp_path: Path) -> None:
    (tmp_path / "udvalgsrapport.edition.json").write_text("{", "utf-8")

    with pytest.raises(PublishError, match=r"forrige udgave \(udvalgsrapport.edition.json\) kan ikke læses"):
        publish_report(report, tmp_path)


def test_the_edition_holds_no_hidden_value(published: PublishedReport) -> None:
    edition = Edition.load(published.edition)

    assert edition is not None
    cells = [cell for table in edition.tables for row in table.rows for cell in row]
    assert sum(cell.status is CellStatus.HIDDEN for cell in cells) == 3 + 2 + 6
    assert all(cell.value is None for cell in cells if cell.status is CellStatus.HIDDEN)
