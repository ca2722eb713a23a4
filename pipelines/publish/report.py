"""How does a report get published: laid out, checked by every gate, and only then written, all files at once.

`publish_report` is the whole road on one screen; nothing here reads a clock.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Final

from pipelines.publish.danish import word_count
from pipelines.publish.edition import CUT_SHORT, MOST_WORDS, Edition, news_since, told_apart
from pipelines.publish.first_page import on_one_page
from pipelines.publish.gates import MOST_WORDS_ON_PAGE_1, check_report, page_1_words, section_pages
from pipelines.publish.html import html_page
from pipelines.publish.layout import REST_OF_ATTENTION, lay_out, workbook_name
from pipelines.publish.pdf import pdf_document
from pipelines.publish.reading import read_html, read_pdf
from pipelines.publish.section import Report
from pipelines.publish.workbook import workbook_file
from pipelines.publish.workbook_reading import read_workbook

MOST_WARNINGS: Final = 8
"""So many lines, however short, that page 1 stays one page."""


@dataclass(frozen=True)
class PublishedReport:
    """Where the published files lie. caution: what whoever publishes should know before laying it before anybody, in Danish."""

    html: Path
    pdf: Path
    workbook: Path
    edition: Path
    caution: str = ""


def publish_report(report: Report, directory: Path) -> PublishedReport:
    """Write `report` as HTML, PDF/UA-1, workbook and edition file into `directory`, over the last edition.

    Raises:
        PublishError: a gate failed (every failure is told) or Typst warned; the last edition is left as it was.
    """
    files = PublishedReport(
        html=directory / f"{report.report_id}.html",
        pdf=directory / f"{report.report_id}.pdf",
        workbook=directory / workbook_name(report),
        edition=directory / f"{report.report_id}.edition.json",
    )
    previous = Edition.load(files.edition)
    caution = told_apart(previous, report) if previous is not None else ""
    report = _with_attention(report, previous)
    if previous is not None:
        report = _with_news(report, previous)
    report = on_one_page(report)
    layout = lay_out(report)
    pdf = pdf_document(layout, published_on=report.published_on)
    pdf_read = read_pdf(pdf)
    page = html_page(layout, section_pages=section_pages(layout, pdf_read))
    workbook = workbook_file(layout, published_on=report.published_on)
    check_report(
        report,
        layout,
        html=read_html(page),
        pdf=pdf_read,
        workbook=read_workbook(workbook),
        earlier_tables=previous.tables if previous else (),
    )
    write_all(
        {
            files.pdf: pdf,
            files.html: page.encode("utf-8"),
            files.workbook: workbook,
            files.edition: Edition.of(report).to_json().encode("utf-8"),
        }
    )
    return replace(files, caution=caution)


def _with_attention(report: Report, previous: Edition | None) -> Report:
    """The report with as many of its warnings as page 1 has room for beside the shortest news; the rest stand on the last page.

    So a delivery with many faults cannot keep the report that tells of them from being published.
    """
    shortest = report
    if previous is not None:
        shortest = replace(report, news=(*report.news, CUT_SHORT), previous_edition_on=previous.published_on)
    is_short = page_1_words(lay_out(shortest)) <= MOST_WORDS_ON_PAGE_1 and len(report.attention) <= MOST_WARNINGS
    if is_short or not report.attention:
        return report
    room = MOST_WORDS_ON_PAGE_1 - page_1_words(lay_out(replace(shortest, attention=(REST_OF_ATTENTION,))))
    words_until = accumulate(word_count(line) for line in report.attention)
    told = min(MOST_WARNINGS - 1, sum(words <= room for words in words_until))
    return replace(
        report,
        attention=(*report.attention[:told], REST_OF_ATTENTION),
        attention_rest=report.attention[told:],
    )


def _with_news(report: Report, previous: Edition) -> Report:
    """The report with what is new since the last edition, in the words that the other texts of page 1 leave room for."""
    report = replace(report, previous_edition_on=previous.published_on)
    # with the shortest news there is, so that the heading above it counts too
    shortest = page_1_words(lay_out(replace(report, news=(*report.news, CUT_SHORT))))
    room = MOST_WORDS_ON_PAGE_1 - shortest + word_count(CUT_SHORT)
    news = (*report.news, *news_since(previous, report, most_words=min(MOST_WORDS, room)))
    return replace(report, news=news or ("Ingen tal er ændret.",))


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Write every file beside its place first, then move all of them in: a full disk leaves the last edition whole."""
    parts = {path: path.with_name(f".{path.name}.part") for path in contents}
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with parts[path].open("wb") as target:
                target.write(content)
                target.flush()
                os.fsync(target.fileno())
        for path, part in parts.items():
            part.replace(path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
