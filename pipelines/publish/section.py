"""What does one question of a report hold: the structure that HTML, PDF and the gates are all made from.

A notebook cell ends in a `Section` (or `Notes`). It shows itself in Jupyter and leaves the same content as data under
`SECTION_MIME` (`NOTES_MIME`) in the executed notebook, where `pipelines.publish.notebook` collects it.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import Any, Final, Self

from pipelines.disclosure.table import ProtectedTable
from pipelines.publish.danish import HIGHEST_LEVEL, LEVEL_NAMES, cell_text
from pipelines.publish.stamp import Stamp

SECTION_MIME: Final = "application/vnd.indsatstrappen.section+json"
NOTES_MIME: Final = "application/vnd.indsatstrappen.notes+json"


@dataclass(frozen=True)
class Figure:
    """One drawn figure. `svg` is the plot alone (the document sets title, subtitle and source as real text).

    `title` states the finding, `subtitle` measure, place and period; `table_id` names the protected table it was drawn from;
    `constructed` says that it bears the badge of made-up data.
    """

    figure_id: str
    title: str
    subtitle: str
    source: str
    alt_text: str
    svg: str = field(repr=False)
    table_id: str
    constructed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dict(vars(self))

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """The figure that `to_dict` described."""
        return cls(**plain)


@dataclass(frozen=True)
class HowSure:
    """*Hvor sikre er vi?* in its four parts: the interval; the level and why not higher; follow-up; what would help."""

    number: str
    cause: str
    data: str
    needed: str

    def parts(self) -> tuple[tuple[str, str], ...]:
        """The four parts as (Danish heading, text), in the order a report shows them; empty ones left out."""
        named = (
            ("Tallet.", self.number),
            ("Årsagen.", self.cause),
            ("Data.", self.data),
            ("Hvad skal der til?", self.needed),
        )
        return tuple((name, text) for name, text in named if text)


@dataclass(frozen=True)
class DeclaredNumber:
    """A number that a text may use though no table holds it, because it defines something: 40, SDQ's highest total."""

    number: str
    meaning: str


@dataclass(frozen=True)
class Definition:
    """A term and what it means here, for the last page."""

    term: str
    text: str


@dataclass(frozen=True)
class Section:
    """One question with its answer, figures and tables. `level` is the evidence level 0-5, `level_reason` why not higher.

    `support` is at most two lines under the answer on page 1; `declared_numbers` are the definitional numbers its texts use.
    `appendix_figures` stand before their tables, not on the question's own page. `level_name` stands beside the scale instead of the
    level's own name, where that would mislead: a comparison whose level was lowered has not become a change before and after.

    Raises:
        ValueError: an unknown level, a figure whose table is not among `tables`, or an empty answer.
    """

    section_id: str
    question: str
    answer: str
    support: str
    level: int
    level_reason: str
    tables: tuple[ProtectedTable, ...]
    figures: tuple[Figure, ...]
    how_sure: HowSure
    not_shown: tuple[str, ...]
    method: tuple[str, ...]
    declared_numbers: tuple[DeclaredNumber, ...] = ()
    appendix_figures: tuple[Figure, ...] = ()
    level_name: str = ""

    @property
    def named_level(self) -> str:
        """What stands beside the level scale."""
        return self.level_name or LEVEL_NAMES[self.level]

    def __post_init__(self) -> None:
        """Refuse a section that could not be laid out."""
        if self.level not in LEVEL_NAMES:
            raise ValueError(f"section {self.section_id}: level {self.level} is not 0-{HIGHEST_LEVEL}")
        if not self.question or not self.answer:
            raise ValueError(f"section {self.section_id}: the question and the answer must have text")
        known = {table.table_id for table in self.tables}
        for figure in (*self.figures, *self.appendix_figures):
            if figure.table_id not in known:
                raise ValueError(
                    f"section {self.section_id}: figure {figure.figure_id} is drawn from table {figure.table_id}, "
                    f"which is not among the section's tables: {', '.join(sorted(known)) or 'none'}"
                )

    def __repr__(self) -> str:
        """What a log may say: counts, no content."""
        return (
            f"Section({self.section_id!r}, level={self.level}, {len(self.tables)} tables, "
            f"{len(self.all_figures())} figures)"
        )

    def all_figures(self) -> tuple[Figure, ...]:
        """The figures of the question's page, then those of the appendix in the order of their tables."""
        of_appendix = (
            figure for table in self.tables for figure in self.appendix_figures if figure.table_id == table.table_id
        )
        return (*self.figures, *of_appendix)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` gives the same section back."""
        return {
            **vars(self),
            "tables": [table.to_dict() for table in self.tables],
            "figures": [figure.to_dict() for figure in self.figures],
            "appendix_figures": [figure.to_dict() for figure in self.appendix_figures],
            "how_sure": vars(self.how_sure),
            "not_shown": list(self.not_shown),
            "method": list(self.method),
            "declared_numbers": [vars(declared) for declared in self.declared_numbers],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """The section that `to_dict` described."""
        parts = {
            "tables": tuple(ProtectedTable.from_dict(table) for table in plain["tables"]),
            "figures": tuple(Figure.from_dict(figure) for figure in plain["figures"]),
            "appendix_figures": tuple(Figure.from_dict(figure) for figure in plain.get("appendix_figures", ())),
            "how_sure": HowSure(**plain["how_sure"]),
            "not_shown": tuple(plain["not_shown"]),
            "method": tuple(plain["method"]),
            "declared_numbers": tuple(DeclaredNumber(**declared) for declared in plain["declared_numbers"]),
        }
        return cls(**{**plain, **parts})

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {SECTION_MIME: self.to_dict(), "text/html": section_html(self)}


@dataclass(frozen=True)
class Notes:
    """What belongs to the report and to no question: warnings for page 1, definitions and data-quality tables at the end."""

    attention: tuple[str, ...] = ()
    definitions: tuple[Definition, ...] = ()
    data_quality: tuple[ProtectedTable, ...] = ()
    declared_numbers: tuple[DeclaredNumber, ...] = ()

    def __repr__(self) -> str:
        """What a log may say: counts, no content."""
        return f"Notes({len(self.attention)} warnings, {len(self.definitions)} definitions, {len(self.data_quality)} tables)"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` gives the same notes back."""
        return {
            "attention": list(self.attention),
            "definitions": [vars(definition) for definition in self.definitions],
            "data_quality": [table.to_dict() for table in self.data_quality],
            "declared_numbers": [vars(declared) for declared in self.declared_numbers],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """The notes that `to_dict` described."""
        return cls(
            attention=tuple(plain["attention"]),
            definitions=tuple(Definition(**definition) for definition in plain["definitions"]),
            data_quality=tuple(ProtectedTable.from_dict(table) for table in plain["data_quality"]),
            declared_numbers=tuple(DeclaredNumber(**declared) for declared in plain["declared_numbers"]),
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        lines = [*self.attention, *(f"{definition.term}: {definition.text}" for definition in self.definitions)]
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        return {NOTES_MIME: self.to_dict(), "text/html": f"<ul>{items}</ul>" + _tables_html(self.data_quality)}


@dataclass(frozen=True)
class Report:
    """Everything one report says; `pipelines.publish.layout` turns it into the plain texts of HTML and PDF.

    `report_id` becomes the file name. `case_numbers` are (label, number) from the settings; those without a number vanish.
    `method_study` is the sentence on the study behind the methods, for the last page. `attention_rest` are the warnings that page 1
    has no room for; they stand on the last page.
    `constructed_rules_source` ("<dokument, år>") marks made-up data on every page; `attribution` credits open data.

    Raises:
        ValueError: both of them (real and made-up are never mixed), no sections, or an id that comes twice.
    """

    report_id: str
    title: str
    municipality: str
    sections: tuple[Section, ...]
    stamp: Stamp
    as_of_date: date
    published_on: date
    introduction: str
    administration: str = ""
    committee: str = "Børne- og Ungeudvalget"
    attachment: str = ""
    purpose: str = "orientering"
    case_numbers: tuple[tuple[str, str], ...] = ()
    attention: tuple[str, ...] = ()
    attention_rest: tuple[str, ...] = ()
    news: tuple[str, ...] = ()
    previous_edition_on: date | None = None
    constructed_rules_source: str | None = None
    attribution: str | None = None
    data_quality: tuple[ProtectedTable, ...] = ()
    definitions: tuple[Definition, ...] = ()
    definitions_heading: str = "Hvad ordene betyder"
    declared_numbers: tuple[DeclaredNumber, ...] = ()
    method_study: str = ""

    def __post_init__(self) -> None:
        """Refuse a report that mixes real and made-up data, or whose ids clash."""
        if self.constructed_rules_source and self.attribution:
            raise ValueError(f"report {self.report_id}: made-up data and an attribution of real data are never mixed")
        if not self.sections:
            raise ValueError(f"report {self.report_id}: a report needs at least one section")
        self._check_ids("section", [section.section_id for section in self.sections])
        self._check_ids("table", [table.table_id for table in self.tables()])
        self._check_ids("figure", [figure.figure_id for figure in self.figures()])

    def _check_ids(self, kind: str, ids: list[str]) -> None:
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"report {self.report_id}: {kind} ids that come twice: {', '.join(twice)}")

    def tables(self) -> tuple[ProtectedTable, ...]:
        """Every table in the order the report numbers them: sections, data quality, deliveries."""
        of_sections = tuple(table for section in self.sections for table in section.tables)
        return (*of_sections, *self.data_quality, self.stamp.delivery_table())

    def figures(self) -> tuple[Figure, ...]:
        """Every figure in the order the report numbers them: those of the questions' pages, then those of the appendix."""
        on_pages = tuple(figure for section in self.sections for figure in section.figures)
        of_appendix = (figure for section in self.sections for figure in section.all_figures()[len(section.figures) :])
        return (*on_pages, *of_appendix)


def section_html(section: Section) -> str:
    """A section as an analyst sees it in Jupyter: question, answer, level, figures with their words, tables."""
    figures = "".join(
        f"<figure><figcaption><strong>{escape(figure.title)}</strong><br>{escape(figure.subtitle)}</figcaption>"
        f'<img alt="{escape(figure.alt_text, quote=True)}" style="max-width:100%" '
        f'src="data:image/svg+xml;base64,{base64.b64encode(figure.svg.encode()).decode("ascii")}">'
        f"<p><small>{escape(figure.source)}</small></p></figure>"
        for figure in section.all_figures()
    )
    sure = "".join(f"<p><strong>{escape(name)}</strong> {escape(text)}</p>" for name, text in section.how_sure.parts())
    level = f"Niveau {section.level} af {HIGHEST_LEVEL}: {section.named_level}"
    return (
        f"<h2>{escape(section.question)}</h2><p><strong>{escape(section.answer)}</strong></p>"
        f"<p>{escape(section.support)}</p><p><em>{escape(level)}</em></p>{figures}{_tables_html(section.tables)}{sure}"
    )


def _tables_html(tables: tuple[ProtectedTable, ...]) -> str:
    return "".join(_table_html(table) for table in tables)


def _table_html(table: ProtectedTable) -> str:
    head = "".join(f'<th scope="col">{escape(column.title)}</th>' for column in table.columns)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td>{escape(cell_text(cell, column))}</td>" for cell, column in zip(row, table.columns, strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    return (
        f"<details><summary>{escape(table.title)}</summary><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></details>"
    )
