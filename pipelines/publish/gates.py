"""May this report be published? Everything that must hold of the finished HTML, PDF and workbook, checked against the structure.

Every gate gives Danish sentences that say where, what was found and what to do; all of them are told at once, and nothing
is written while one remains.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from pipelines.disclosure.table import ProtectedTable
from pipelines.errors import PublishError
from pipelines.publish import danish
from pipelines.publish.alt_text import MOST_WORDS
from pipelines.publish.layout import BADGE, HOW_SURE, Layout, TableText
from pipelines.publish.number_check import numbers_shown, numbers_without_source
from pipelines.publish.reading import DocumentRead, folded
from pipelines.publish.section import Report, Section
from pipelines.publish.workbook_gate import check_workbook
from pipelines.publish.workbook_reading import WorkbookRead

MOST_WORDS_ON_PAGE_1: Final = 270
MOST_PAGES_OF_SECTION: Final = 2
MOST_PAGES_BEFORE_TABLES: Final = 8
MOST_WORDS_IN_SENTENCE: Final = 25
# A LIX above the target is a warning sign; five above stops the report.
HIGHEST_LIX_PAGE_1: Final = 35 + 5
HIGHEST_LIX_SECTION: Final = 40 + 5
HIGHEST_LIX_METHOD: Final = 50 + 5
# Of a few words LIX says nothing: one long word moves it by ten.
LEAST_WORDS_FOR_LIX: Final = 40

_COLOURS: Final = r"\b(?:blå|lilla|grøn|rød|sort|hvid|grå|orange|brun|gul)(?:e|t|s)?\b"

Failures = list[str]


def check_report(
    report: Report,
    layout: Layout,
    *,
    html: DocumentRead,
    pdf: DocumentRead,
    workbook: WorkbookRead,
    earlier_tables: Sequence[ProtectedTable] = (),
) -> None:
    """Raise PublishError with every failure; `earlier_tables` are the last edition's, whose numbers the news may name."""
    failures = [
        *check_tables(layout, html, "HTML"),
        *check_tables(layout, pdf, "PDF"),
        *check_figures(report, layout, html, pdf),
        *check_same_text(html, pdf),
        *check_numbers(report, earlier_tables),
        *check_words(report),
        *check_readability(report, layout),
        *check_percent_signs(html),
        *check_pages(layout, pdf),
        *check_constructed_mark(report, layout, html, pdf),
        *check_workbook(report, layout, workbook=workbook, html=html),
    ]
    if failures:
        raise PublishError(
            f"Rapporten {report.report_id} blev ikke udgivet, og intet er skrevet. Ret dette:\n"
            + "\n".join(f"- {failure}" for failure in failures)
        )


def check_tables(layout: Layout, read: DocumentRead, where: str) -> Failures:
    """As many tables and header rows as the structure has, each with the very same text."""
    expected = layout.tables()
    if len(read.tables) != len(expected):
        return [f"{where}: fandt {len(read.tables)} tabeller, men rapporten har {len(expected)}."]
    failures = []
    for content, table in zip(expected, read.tables, strict=True):
        if table.header_rows != 1:
            failures.append(f"{where}, {content.caption}: fandt {table.header_rows} overskriftsrækker, ventede 1.")
        if folded(table.text) != folded(_table_words(content)):
            failures.append(f"{where}, {content.caption}: teksten er ikke den, den beskyttede tabel viser.")
    return failures


def check_figures(report: Report, layout: Layout, html: DocumentRead, pdf: DocumentRead) -> Failures:
    """Every figure in both outputs with its own alt text: present, short, distinct, without colours."""
    alts = [figure.alt_text for figure in layout.figures()]
    failures = [
        f"{where}: fandt {len(read.alt_texts)} figurer, men rapporten har {len(alts)}."
        if len(read.alt_texts) != len(alts)
        else f"{where}: figurernes alt-tekster er ikke dem, rapporten har."
        for where, read in (("HTML", html), ("PDF", pdf))
        if [folded(alt) for alt in read.alt_texts] != [folded(alt) for alt in alts]
    ]
    for figure in report.figures():
        where = f"Figur {figure.figure_id}"
        if not figure.alt_text.strip():
            failures.append(f"{where}: alt-teksten mangler. Skriv form, fund og spænd.")
        if alts.count(figure.alt_text) > 1:
            failures.append(f"{where}: en anden figur har samme alt-tekst. Gør dem forskellige.")
        if (words := danish.word_count(figure.alt_text)) > MOST_WORDS:
            failures.append(f"{where}: alt-teksten har {words} ord. Højst {MOST_WORDS}; tallene står i tabellen.")
        if found := re.search(_COLOURS, figure.alt_text, flags=re.IGNORECASE):
            failures.append(f"{where}: alt-teksten nævner en farve (»{found.group(0)}«). Sig det uden.")
        if "<text" in figure.svg:
            failures.append(f"{where}: tegningen har tekst, der ikke er omsat til kurver.")
    return failures


def check_same_text(html: DocumentRead, pdf: DocumentRead) -> Failures:
    """The words of the PDF and of the HTML are equal, in the same order, white space folded away."""
    first, second = folded(html.flow), folded(pdf.flow)
    if first == second:
        return []
    at = next(
        (place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )
    window = slice(max(0, at - 25), at + 25)
    return [f"HTML og PDF har ikke samme tekst: HTML »…{first[window]}…«, PDF »…{second[window]}…«."]


def check_numbers(report: Report, earlier_tables: Sequence[ProtectedTable] = ()) -> Failures:
    """Every number in a text stands in a protected table, or is declared as part of a definition."""
    failures = []
    for section in report.sections:
        allowed = numbers_shown(section.tables) | {declared.number for declared in section.declared_numbers}
        for place, text in _section_texts(section):
            failures += _numbers_told(f"Afsnit {section.section_id}, {place}", text, allowed)
    everything = numbers_shown((*report.tables(), *earlier_tables))
    everything |= {declared.number for declared in report.declared_numbers}
    for place, texts in (
        ("introduktionen", (report.introduction,)),
        ("»Vær opmærksom på«", (*report.attention, *report.attention_rest)),
        ("»Nyt siden«", report.news),
    ):
        for text in texts:
            failures += _numbers_told(f"Side 1, {place}", text, everything)
    return failures


def check_words(report: Report) -> Failures:
    """No word that a report avoids, no claim beyond its level, and *procent* in running text."""
    failures = []
    for section in report.sections:
        for place, text in _section_texts(section):
            where = f"Afsnit {section.section_id}, {place}"
            failures += [f"{where}: undgå {word}." for word in danish.words_to_avoid(text)]
            if "%" in text and place in _RUNNING_TEXT:
                failures.append(f"{where}: skriv »procent« i løbende tekst; % hører til i figurer og tabeller.")
        for place, text in _claims(section):
            where = f"Afsnit {section.section_id}, {place}"
            failures += [
                f"{where}: {word} siger mere end niveau {section.level}."
                for word in danish.claims_beyond_level(text, section.level)
            ]
    for text in (report.introduction, *report.attention, *report.attention_rest, *report.news):
        failures += [f"Side 1: undgå {word}." for word in danish.words_to_avoid(text)]
    return failures


def check_readability(report: Report, layout: Layout) -> Failures:
    """LIX of page 1, sections and method; long sentences; the length of page 1."""
    first_page = [report.introduction, *report.attention, *report.news]
    first_page += [text for section in report.sections for text in (section.answer, section.support)]
    failures = _too_hard("Side 1", first_page, HIGHEST_LIX_PAGE_1)
    for section in report.sections:
        where = f"Afsnit {section.section_id}"
        texts = [section.answer, section.support, *(text for _, text in section.how_sure.parts()), *section.not_shown]
        failures += _too_hard(where, texts, HIGHEST_LIX_SECTION)
        failures += _too_hard(f"{where}, metoden", section.method, HIGHEST_LIX_METHOD)
        failures += _long_sentences(where, texts)
    if (words := page_1_words(layout)) > MOST_WORDS_ON_PAGE_1:
        failures.append(f"Side 1 har {words} ord. Højst {MOST_WORDS_ON_PAGE_1}: gør svar og støttelinjer kortere.")
    return failures


def check_percent_signs(html: DocumentRead) -> Failures:
    """A no-break space before every per cent sign, in text and tables."""
    texts = [html.flow, *html.alt_texts, *(table.text for table in html.tables)]
    found = [match.group(0) for text in texts for match in re.finditer(rf".{{0,12}}[^{danish.NBSP}(]%", text)]
    return [f"»{place.strip()}«: sæt et hårdt mellemrum før %." for place in dict.fromkeys(found)]


def check_pages(layout: Layout, pdf: DocumentRead) -> Failures:
    """Page 1 is one page, a section at most two, and the pages before the tables at most eight."""
    pages = section_pages(layout, pdf)
    if len(pages) != len(layout.sections):
        return ["PDF: et spørgsmål mangler som overskrift."]
    tables_page = next((h.page for h in pdf.headings if h.text == layout.headings["tables"]), 0)
    failures = []
    if pages[0] != 2:
        failures.append(f"Side 1 fylder {pages[0] - 1} sider. Gør svar og støttelinjer kortere.")
    for section, start, end in zip(layout.sections, pages, [*pages[1:], tables_page], strict=True):
        if end - start > MOST_PAGES_OF_SECTION:
            failures.append(f"{section.kicker} fylder {end - start} sider. Højst {MOST_PAGES_OF_SECTION}.")
    if tables_page - 1 > MOST_PAGES_BEFORE_TABLES:
        failures.append(f"Rapporten fylder {tables_page - 1} sider før tabellerne. Højst {MOST_PAGES_BEFORE_TABLES}.")
    return failures


def check_constructed_mark(report: Report, layout: Layout, html: DocumentRead, pdf: DocumentRead) -> Failures:
    """Made-up data are named on every page and figure, and only they."""
    constructed = bool(report.constructed_rules_source)
    failures = [
        f"Figur {figure.figure_id}: mærket »{BADGE}« {'mangler' if constructed else 'står på rigtige tal'}."
        for figure in report.figures()
        if figure.constructed != constructed
    ]
    failures += [
        f"PDF, side {number}: mærket »{BADGE}« {'mangler' if constructed else 'står på rigtige tal'}."
        for number, marks in enumerate(pdf.page_marks, start=1)
        if (BADGE in marks) != constructed
    ]
    if layout.banner:
        failures += [
            f"{where}: sætningen om, hvor tallene kommer fra, mangler."
            for where, read in (("HTML", html), ("PDF", pdf))
            if folded(layout.banner) not in folded(read.flow)
        ]
    return failures


def section_pages(layout: Layout, pdf: DocumentRead) -> list[int]:
    """The page in the PDF on which each section begins."""
    questions = [folded(section.question) for section in layout.sections]
    return [heading.page for heading in pdf.headings if heading.level == 2 and folded(heading.text) in questions]


_RUNNING_TEXT: Final = ("svaret", "støttelinjen", f"»{HOW_SURE}«", "niveauet", "det figuren ikke viser", "metoden")


def _section_texts(section: Section) -> Iterable[tuple[str, str]]:
    yield "svaret", section.answer
    yield "støttelinjen", section.support
    yield "niveauet", section.level_reason
    yield from ((f"»{HOW_SURE}«", text) for _, text in section.how_sure.parts())
    yield from (("det figuren ikke viser", text) for text in section.not_shown)
    yield from (("metoden", text) for text in section.method)
    for figure in section.all_figures():
        yield f"figur {figure.figure_id}, titlen", figure.title
        yield f"figur {figure.figure_id}, undertitlen", figure.subtitle
        yield f"figur {figure.figure_id}, kilden", figure.source
        yield f"figur {figure.figure_id}, alt-teksten", figure.alt_text


def _claims(section: Section) -> Iterable[tuple[str, str]]:
    """The texts that state a result; a question may well ask whether something is better."""
    yield "svaret", section.answer
    yield "støttelinjen", section.support
    for figure in section.all_figures():
        yield f"figur {figure.figure_id}, titlen", figure.title
        yield f"figur {figure.figure_id}, alt-teksten", figure.alt_text


def _numbers_told(where: str, text: str, allowed: set[str]) -> Failures:
    return [
        f"{where}: tallet {number} står ikke i en beskyttet tabel. Tag det fra tabellen, eller angiv det som definition."
        for number in numbers_without_source(text, allowed)
    ]


def _too_hard(where: str, texts: Sequence[str], highest: int) -> Failures:
    text = "\n".join(filter(None, texts))
    if danish.word_count(text) < LEAST_WORDS_FOR_LIX or (lix := danish.lix(text)) <= highest:
        return []
    return [f"{where}: lixtallet er {danish.number(lix)}. Højst {highest}: kortere sætninger og ord."]


def _long_sentences(where: str, texts: Sequence[str]) -> Failures:
    long = [
        (danish.word_count(sentence), sentence)
        for text in texts
        for sentence in danish.sentences(text)
        if danish.word_count(sentence) > MOST_WORDS_IN_SENTENCE
    ]
    return [f"{where}: en sætning har {count} ord (»{sentence[:40]}…«). Del den." for count, sentence in long]


def page_1_words(layout: Layout) -> int:
    """How many words of running text page 1 holds."""
    texts = [layout.introduction, *(item for box in layout.boxes for item in (box.heading, *box.items))]
    for section in layout.sections:
        texts += [section.question, section.answer, section.support, section.level.label, section.level.name]
    return sum(danish.word_count(text) for text in texts)


def _table_words(content: TableText) -> str:
    cells = [cell for row in content.rows for cell in row]
    return " ".join((content.caption, *content.header, *cells, content.note))
