"""Every gate is open for the made-up report and shuts when the thing it guards is broken."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pytest

from pipelines.errors import PublishError
from pipelines.publish import gates
from pipelines.publish.html import html_page
from pipelines.publish.layout import Layout, lay_out
from pipelines.publish.number_check import numbers_in, numbers_shown
from pipelines.publish.pdf import pdf_document
from pipelines.publish.reading import DocumentRead, folded, read_html, read_pdf
from pipelines.publish.section import DeclaredNumber, Report, Section
from pipelines.publish.workbook import workbook_file
from pipelines.publish.workbook_reading import WorkbookRead, read_workbook


class Finished(NamedTuple):
    """A report with its finished outputs, and what a reader finds in them."""

    layout: Layout
    page: str
    html: DocumentRead
    pdf: DocumentRead
    workbook: WorkbookRead


def finish(report: Report) -> Finished:
    layout = lay_out(report)
    pdf = read_pdf(pdf_document(layout, published_on=report.published_on))
    page = html_page(layout, section_pages=gates.section_pages(layout, pdf))
    workbook = read_workbook(workbook_file(layout, published_on=report.published_on))
    return Finished(layout, page, read_html(page), pdf, workbook)


@pytest.fixture(scope="module")
def finished(report: Report) -> Finished:
    return finish(report)


def failures(report: Report, done: Finished) -> str:
    try:
        gates.check_report(report, done.layout, html=done.html, pdf=done.pdf, workbook=done.workbook)
    except PublishError as error:
        return str(error)
    return ""


def with_first_section(report: Report, **changes: object) -> Report:
    first = replace(report.sections[0], **changes)  # type: ignore[arg-type]
    return replace(report, sections=(first, *report.sections[1:]))


def test_every_gate_is_open_for_a_sound_report(report: Report, finished: Finished) -> None:
    assert failures(report, finished) == ""


def test_outputs_hold_what_the_structure_says(report: Report, finished: Finished) -> None:
    expected_hidden = 3 + 2 + 6  # a share with its interval; two moves up; the smallest SDQ group

    for read in (finished.html, finished.pdf):
        assert len(read.tables) == 3 + 1 + 1  # sections, data quality, deliveries
        assert [table.header_rows for table in read.tables] == [1] * 5
        assert read.alt_texts == [figure.alt_text for figure in report.figures()]
        assert len(set(read.alt_texts)) == 3 + 1  # one of them in the appendix
        assert [heading.level for heading in read.headings][:2] == [1, 2]
        assert sum(table.text.count("[skjult]") for table in read.tables) == expected_hidden
    assert gates.section_pages(finished.layout, finished.pdf) == [2, 3, 4]


def test_every_pdf_page_is_marked_as_made_up(finished: Finished) -> None:
    assert len(finished.pdf.page_marks) >= 6
    assert all("Konstruerede data" in marks for marks in finished.pdf.page_marks)
    assert "Side1af" in folded(finished.pdf.page_marks[0])


Breaking = Callable[[str], str]


@pytest.mark.parametrize(
    ("breaking", "told"),
    [
        (lambda page: page.replace("<table", "<div").replace("</table", "</div"), "fandt 0 tabeller"),
        (lambda page: page.replace("<thead>", "<tbody>").replace("</thead>", "</tbody>"), "fandt 0 overskriftsrækker"),
        (lambda page: page.replace('alt="', 'title="', 1), "HTML: figurernes alt-tekster er ikke dem"),
        (lambda page: page.replace("<img", "<span", 1), "HTML: fandt 3 figurer"),
        (lambda page: page.replace("69 børn", "68 børn").replace("69\u00a0børn", "68\u00a0børn"), "ikke samme tekst"),
        (lambda page: page.replace("[skjult]", "3", 1), "Tabel\u00a01. Andel i almen klasse"),
        (lambda page: page.replace("\u00a0%", " %"), "hårdt mellemrum"),
        (lambda page: page.replace("kommunen findes ikke", ""), "hvor tallene kommer fra"),
    ],
)
def test_a_broken_page_is_refused(report: Report, finished: Finished, breaking: Breaking, told: str) -> None:
    broken = finished._replace(html=read_html(breaking(finished.page)))

    assert told in failures(report, broken)


def test_a_lost_table_in_the_pdf_is_refused(report: Report, finished: Finished) -> None:
    pdf = replace(finished.pdf, tables=finished.pdf.tables[1:])

    assert "PDF: fandt 4 tabeller, men rapporten har 5" in failures(report, finished._replace(pdf=pdf))


def test_a_pdf_page_without_the_mark_is_refused(report: Report, finished: Finished) -> None:
    pdf = replace(finished.pdf, page_marks=["", *finished.pdf.page_marks[1:]])

    assert "PDF, side 1: mærket »Konstruerede data« mangler" in failures(report, finished._replace(pdf=pdf))


def test_real_data_must_not_bear_the_mark(report: Report, finished: Finished) -> None:
    real = replace(report, constructed_rules_source=None, attribution="Kilde: Børne- og Undervisningsministeriet.")

    assert "står på rigtige tal" in failures(real, finished)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"answer": "Der er 17 børn."}, "svaret: tallet 17 står ikke i en beskyttet tabel"),
        ({"support": "Andelen er 94,61 procent."}, "støttelinjen: tallet 94,61"),
        ({"answer": "Der er en signifikant stigning."}, "undgå »signifikant«"),
        ({"answer": "Skolerne klarer sig bedre."}, "»klarer sig« (skriv: tallet) siger mere end niveau 0"),
        ({"support": "Andelen er 96,1\u00a0%."}, "skriv »procent«"),
        ({"support": "Ordet " * 26 + "slutter."}, "en sætning har 27 ord"),
        (
            {"method": ("Kommunalbestyrelsens beslutningsgrundlag indeholder sammenligningsgrundlag. " * 12,)},
            "lixtallet",
        ),
        ({"support": "Et kort ord er det. " * 60}, "Side 1 har"),
    ],
)
def test_a_broken_text_is_refused(report: Report, finished: Finished, changes: dict[str, object], told: str) -> None:
    broken = with_first_section(report, **changes)

    assert told in failures(broken, finished._replace(layout=lay_out(broken)))


def test_the_value_of_a_hidden_cell_is_refused_in_prose(report: Report, finished: Finished) -> None:
    """Fjordby's moves up are hidden: whatever number one tries, the table does not show it."""
    section = replace(report.sections[1], support="I Fjordby rykkede 3 børn op.")
    broken = replace(report, sections=(report.sections[0], section, report.sections[2]))

    assert "tallet 3 står ikke i en beskyttet tabel" in failures(broken, finished)


def test_a_declared_number_may_be_told(report: Report) -> None:
    told = with_first_section(
        report,
        support="Støtten er 17 timer.",
        declared_numbers=(DeclaredNumber("17", "timer"), DeclaredNumber("9", "t")),
    )

    assert gates.check_numbers(told) == []


def test_a_percent_that_follows_from_two_shown_counts_may_be_told_and_no_other(change_section: Section) -> None:
    right, wrong = "214 af 291 børn (73,5 procent) har to målinger.", "214 af 291 børn (74,5 procent) har to målinger."
    allowed = numbers_shown(change_section.tables)

    assert gates._numbers_told("x", right, allowed) == []
    assert len(gates._numbers_told("x", wrong, allowed)) == 1


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Pr. 30. september 2026 gik 158 elever.", ["158"]),
        ("I skoleåret 2026/27 og 2025, 3. kvartal.", []),
        ("Elever i 4.-6. klasse, se tabel 3 og niveau 2 af 5.", []),
        ("Fra −2,9 til 1.300,5 point.", ["2,9", "1.300,5"]),
        ("KOM-1 måler 12 ting.", ["12"]),
        ("2.026 elever", ["2.026"]),
    ],
)
def test_numbers_that_count_something(text: str, numbers: list[str]) -> None:
    assert numbers_in(text) == numbers


@pytest.mark.parametrize(
    ("alt_text", "told"),
    [
        ("", "alt-teksten mangler"),
        ("Den blå kurve stiger.", "nævner en farve (»blå«)"),
        ("Kurven stiger og falder. " * 20, "alt-teksten har 80 ord"),
    ],
)
def test_a_bad_alt_text_is_refused(report: Report, finished: Finished, alt_text: str, told: str) -> None:
    figure = replace(report.sections[0].figures[0], alt_text=alt_text)

    assert told in failures(with_first_section(report, figures=(figure,)), finished)


def test_two_figures_with_one_alt_text_are_refused(report: Report) -> None:
    figure = replace(report.sections[0].figures[0], alt_text=report.sections[1].figures[0].alt_text)
    doubled = with_first_section(report, figures=(figure,))

    assert "en anden figur har samme alt-tekst" in failures(doubled, finish(doubled))


def test_every_failure_is_told_at_once(report: Report, finished: Finished) -> None:
    broken = with_first_section(report, answer="Der er 17 børn, desværre.", support="Og 18 børn til.")
    told = failures(broken, finished._replace(layout=lay_out(broken)))

    assert told.startswith("Rapporten udvalgsrapport blev ikke udgivet, og intet er skrevet.")
    assert all(words in told for words in ("tallet 17", "tallet 18", "»desværre«"))
