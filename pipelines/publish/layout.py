"""Which words stand where in a report: one structure of plain texts that the HTML and the Typst template only lay out.

Because both templates read the same texts, the HTML and the PDF can be held to the same words (`pipelines.publish.gates`).
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.publish import sentences
from pipelines.publish.danish import (
    HIGHEST_LEVEL,
    NBSP,
    cell_text,
    head_date,
    month_and_year,
    text_date,
)
from pipelines.publish.section import Figure, Report, Section

BADGE: Final = "Konstruerede data"
BOX_ATTENTION: Final = "Vær opmærksom på"
HOW_SURE: Final = "Hvor sikre er vi?"
NOT_SHOWN: Final = "Hvad viser figuren ikke?"
METHOD: Final = "Sådan har vi gjort"
LAST_PAGE: Final = "Sådan er rapporten lavet"
QUALITY: Final = "Kan tallene bruges?"
REST_OF_ATTENTION: Final = f"Resten står bagest under »{LAST_PAGE}«."
ALL_OF_ATTENTION: Final = f"Se bagest: »{LAST_PAGE}«."
"""One line of the box's column, where no warning has room for its own."""
TABLES: Final = "Tallene bag figurerne"
TABLES_INTRODUCTION: Final = "Hver figur er tegnet af en tabel. Her står tallene."


@dataclass(frozen=True)
class LevelText:
    """The level scale: how many of five boxes are filled, and the words that say the same."""

    filled: int
    boxes: int
    label: str
    name: str


@dataclass(frozen=True)
class TableText:
    """A table as text: caption, header with the unit of each column, cells, and which columns are set to the right."""

    anchor: str
    caption: str
    header: tuple[str, ...]
    units: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str


@dataclass(frozen=True)
class FigureText:
    """A figure as text around one SVG."""

    anchor: str
    title: str
    subtitle: str
    source: str
    table_reference: str
    table_anchor: str
    alt_text: str
    svg: str


@dataclass(frozen=True)
class SectionText:
    """One question on its own page, and its row on page 1."""

    anchor: str
    kicker: str
    question: str
    answer: str
    support: str
    level: LevelText
    level_reason: str
    figures: tuple[FigureText, ...]
    appendix_figures: tuple[FigureText, ...]
    tables: tuple[TableText, ...]
    how_sure: tuple[tuple[str, str], ...]
    not_shown: tuple[str, ...]
    method: tuple[str, ...]


@dataclass(frozen=True)
class BoxText:
    """One half of the box at the foot of page 1."""

    heading: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """All texts of one report, in reading order."""

    document_title: str
    municipality: str
    administration: str
    kind: str
    recipient: str
    heading: str
    head: tuple[tuple[str, str], ...]
    banner: str
    badge: str
    brief_heading: str
    introduction: str
    boxes: tuple[BoxText, ...]
    sections: tuple[SectionText, ...]
    headings: dict[str, str]
    quality_tables: tuple[TableText, ...]
    definitions: tuple[tuple[str, str], ...]
    made_of: tuple[tuple[str, str], ...]
    delivery_table: TableText
    footer: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the templates."""
        return asdict(self)

    def tables(self) -> tuple[TableText, ...]:
        """Every table in the order of its number."""
        of_sections = tuple(table for section in self.sections for table in section.tables)
        return (*of_sections, *self.quality_tables, self.delivery_table)

    def figures(self) -> tuple[FigureText, ...]:
        """Every figure in the order of its number."""
        on_pages = tuple(figure for section in self.sections for figure in section.figures)
        return (*on_pages, *(figure for section in self.sections for figure in section.appendix_figures))


def lay_out(report: Report) -> Layout:
    """The texts of `report`; figures and tables numbered through."""
    numbers = {table.table_id: number for number, table in enumerate(report.tables(), start=1)}
    figure_numbers = {figure.figure_id: number for number, figure in enumerate(report.figures(), start=1)}
    attachment = f"Bilag {report.attachment.split(' ')[0]}. " if report.attachment else ""
    return Layout(
        document_title=f"{report.title} – {report.municipality}",
        municipality=report.municipality,
        administration=report.administration,
        kind="Notat",
        recipient=f"Til {report.committee}",
        heading=f"{attachment}{report.title}",
        head=_head(report),
        banner=banner_text(report),
        badge=BADGE if report.constructed_rules_source else "",
        brief_heading="Kort fortalt",
        introduction=report.introduction,
        boxes=_boxes(report),
        sections=tuple(
            _section(section, position, len(report.sections), numbers, figure_numbers)
            for position, section in enumerate(report.sections, start=1)
        ),
        headings={
            "how_sure": HOW_SURE,
            "not_shown": NOT_SHOWN,
            "method": METHOD,
            "tables": TABLES,
            "tables_introduction": f"{TABLES_INTRODUCTION} Du kan sortere dem i regnearket {workbook_name(report)}.",
            "last_page": LAST_PAGE,
            "quality": QUALITY,
            "definitions": report.definitions_heading,
            "deliveries": "Leverancerne",
        },
        quality_tables=tuple(_table(table, numbers) for table in report.data_quality),
        definitions=tuple((definition.term, definition.text) for definition in report.definitions),
        made_of=_made_of(report),
        delivery_table=_table(report.stamp.delivery_table(), numbers),
        footer=report.stamp.footer_line(),
    )


def workbook_name(report: Report) -> str:
    """The file beside the report that holds the same tables to be sorted."""
    return f"{report.report_id}.xlsx"


def _made_of(report: Report) -> tuple[tuple[str, str], ...]:
    study = (("Metodernes afprøvning", report.method_study),) if report.method_study else ()
    rest = ((BOX_ATTENTION, " ".join(report.attention_rest)),) if report.attention_rest else ()
    return (*rest, ("Tal opgjort", text_date(report.as_of_date)), *report.stamp.lines(), *study)


def banner_text(report: Report) -> str:
    """The sentence under the title: that the data are made up and whose rules they follow, or whom open data come from."""
    if report.constructed_rules_source:
        rules = report.constructed_rules_source
        return f"{BADGE}. Reglerne er hentet fra {rules}; kommunen findes ikke."
    return report.attribution or ""


def level_text(level: int, name: str) -> LevelText:
    """The level scale in boxes and words."""
    label = f"Niveau{NBSP}{level} af {HIGHEST_LEVEL}"
    return LevelText(filled=level, boxes=HIGHEST_LEVEL, label=label, name=name)


def _head(report: Report) -> tuple[tuple[str, str], ...]:
    fields = (
        ("Dato", head_date(report.published_on)),
        *report.case_numbers,
        ("Bilag", report.attachment),
        ("Tal opgjort", head_date(report.as_of_date)),
        ("Sagen er til", report.purpose),
    )
    return tuple((label, value) for label, value in fields if value)


def _boxes(report: Report) -> tuple[BoxText, ...]:
    since = report.previous_edition_on
    news_heading = f"Nyt siden {month_and_year(since)}" if since else "Nyt siden sidst"
    first_edition = () if since else ("Det er den første udgave af notatet.",)
    boxes = (
        BoxText(BOX_ATTENTION, report.attention),
        BoxText(news_heading, report.news or first_edition),
    )
    return tuple(box for box in boxes if box.items)


def _section(
    section: Section, position: int, of: int, numbers: dict[str, int], figure_numbers: dict[str, int]
) -> SectionText:
    return SectionText(
        anchor=f"afsnit-{position}",
        kicker=f"Spørgsmål {position} af {of}",
        question=section.question,
        answer=section.answer,
        support=section.support,
        level=level_text(section.level, section.named_level),
        level_reason=section.level_reason,
        figures=tuple(_figure(figure, figure_numbers[figure.figure_id], numbers) for figure in section.figures),
        appendix_figures=tuple(
            _figure(figure, figure_numbers[figure.figure_id], numbers)
            for figure in section.all_figures()[len(section.figures) :]
        ),
        tables=tuple(_table(table, numbers) for table in section.tables),
        how_sure=section.how_sure.parts(),
        not_shown=section.not_shown,
        method=section.method,
    )


def _figure(figure: Figure, number: int, table_numbers: dict[str, int]) -> FigureText:
    table_number = table_numbers[figure.table_id]
    return FigureText(
        anchor=f"figur-{number}",
        title=f"Figur{NBSP}{number}. {figure.title}",
        subtitle=figure.subtitle,
        source=figure.source,
        table_reference=f"Tallene bag figuren: tabel{NBSP}{table_number}.",
        table_anchor=f"tabel-{table_number}",
        alt_text=figure.alt_text,
        svg=figure.svg,
    )


def _table(table: ProtectedTable, numbers: dict[str, int]) -> TableText:
    number = numbers[table.table_id]
    # A whole sentence only where something is hidden or left out; the rule itself stands on the last page.
    statuses = {cell.status for row in table.rows for cell in row}
    names_staff = any(column.staff is not None for column in table.columns)
    hidden = sentences.hidden_numbers(table.minimum_count, minimum_staff=table.minimum_staff if names_staff else None)
    explained = (
        hidden if CellStatus.HIDDEN in statuses else "",
        sentences.LEFT_OUT if CellStatus.LEFT_OUT_BY_SOURCE in statuses else "",
    )
    note = " ".join(filter(None, (table.source, *explained)))
    return TableText(
        anchor=f"tabel-{number}",
        caption=f"Tabel{NBSP}{number}. {table.title}",
        header=tuple(column.title for column in table.columns),
        units=tuple("%" if column.kind == "share" else column.unit for column in table.columns),
        numeric=tuple(column.kind != "label" for column in table.columns),
        rows=tuple(
            tuple(cell_text(cell, column) for cell, column in zip(row, table.columns, strict=True))
            for row in table.rows
        ),
        note=note,
    )
