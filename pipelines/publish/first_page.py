"""Does page 1 stay one page? Lines, unlike words, are only known once they are set: so its texts are set and counted.

Sections, news and warnings have their words counted beforehand; but six short answers and a column of warnings may take more lines
than a page has, and a delivery with many faults must not keep the report that tells of them from being published.
"""

from dataclasses import replace

from pipelines.publish.gates import section_pages
from pipelines.publish.layout import REST_OF_ATTENTION, Layout, SectionText, lay_out
from pipelines.publish.pdf import pdf_document
from pipelines.publish.reading import read_pdf
from pipelines.publish.section import Report


def on_one_page(report: Report) -> Report:
    """The report with as many of its warnings as page 1 has lines for; the others stand on the last page, in their order.

    Unchanged where page 1 is one page, or more than one without any warning too (the gate then says so).
    """
    fitting = report
    while pages_of_page_1(fitting) > 1:
        told = [line for line in fitting.attention if line != REST_OF_ATTENTION]
        if not told:
            return report
        fitting = replace(
            fitting,
            attention=(*told[:-1], REST_OF_ATTENTION),
            attention_rest=(told[-1], *fitting.attention_rest),
        )
    return fitting


def pages_of_page_1(report: Report) -> int:
    """How many pages stand before the first question's own: set without figures and tables, which lie behind it."""
    layout = lay_out(report)
    bare = replace(layout, sections=tuple(_without_pictures(layout)), quality_tables=())
    return section_pages(bare, read_pdf(pdf_document(bare, published_on=report.published_on)))[0] - 1


def _without_pictures(layout: Layout) -> list[SectionText]:
    return [replace(section, figures=(), appendix_figures=(), tables=()) for section in layout.sections]
