"""Does page 1 stay one page? Lines, unlike words, are only known once they are set: so its texts are set and counted.

Sections, news and warnings have their words counted beforehand; but six short answers and a column of warnings may take more lines
than a page has, and a delivery with many faults must not keep the report that tells of them from being published.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipelines.publish.edition import CUT_SHORT
from pipelines.publish.gates import section_pages
from pipelines.publish.layout import ALL_OF_ATTENTION, REST_OF_ATTENTION, Layout, SectionText, lay_out
from pipelines.publish.pdf import pdf_document
from pipelines.publish.reading import read_pdf
from pipelines.publish.section import Report


def on_one_page(report: Report) -> Report:
    """The report with as many of its warnings as page 1 has lines for; the others stand on the last page, in their order.

    Where even the shortest word of them is too much beside the news since the last edition, that there is news is all that is told
    of it. Unchanged where page 1 is one page, or more than one with neither (the gate then says so).
    """
    return next((each for each in _shorter_and_shorter(report) if pages_of_page_1(each) == 1), report)


def _shorter_and_shorter(report: Report) -> Iterator[Report]:
    """The report itself, with fewer and fewer warnings, and so with the shortest news."""
    yield from _with_fewer_warnings(report)
    if report.previous_edition_on is not None and len(report.news) > 1:
        yield from _with_fewer_warnings(replace(report, news=(CUT_SHORT,)))


def _with_fewer_warnings(report: Report) -> Iterator[Report]:
    """The report itself, then with one warning less each time, at last with one short line instead of any."""
    fitting = report
    yield fitting
    while told := [line for line in fitting.attention if line != REST_OF_ATTENTION]:
        fitting = replace(
            fitting,
            attention=(*told[:-1], REST_OF_ATTENTION),
            attention_rest=(told[-1], *fitting.attention_rest),
        )
        yield fitting
    if fitting.attention:
        yield replace(fitting, attention=(ALL_OF_ATTENTION,))


def pages_of_page_1(report: Report) -> int:
    """How many pages stand before the first question's own: set without figures and tables, which lie behind it."""
    layout = lay_out(report)
    bare = replace(layout, sections=tuple(_without_pictures(layout)), quality_tables=())
    return section_pages(bare, read_pdf(pdf_document(bare, published_on=report.published_on)))[0] - 1


def _without_pictures(layout: Layout) -> list[SectionText]:
    return [replace(section, figures=(), appendix_figures=(), tables=()) for section in layout.sections]
