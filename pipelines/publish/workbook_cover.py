"""What stands on the first sheet of a workbook: whose numbers, from when, made from what, and what the marks mean."""

from dataclasses import dataclass
from typing import Final, Literal

from pipelines.publish.layout import Layout
from pipelines.publish.workbook_cells import MARKS, cells_shown

COVER: Final = "Forside"
CONTENTS: Final = "Indhold"
CONTENTS_HEADER: Final = ("Ark", "Tabel", "Afsnit i rapporten")
CONTENTS_GUIDE: Final = f"Vælg et ark i første kolonne. Tegn, ord og leverancer er forklaret på arket {COVER}."
SHEET_GUIDE: Final = f"Til indholdet. Tegn i kantede parenteser er forklaret på arket {COVER}."
GUIDE: Final = (
    f"Hver tabel i rapporten har sit eget ark. Arket {CONTENTS} viser, hvad der står hvor.",
    "Tallene er de samme som i rapporten og afrundet på samme måde.",
    "Pilene i en tabels overskrifter sorterer og filtrerer. Også rækker med en sum, fx hele kommunen, flytter med.",
)
# at the head of a note a date is its own; in a workbook it could be that of the numbers
_LABELS: Final = {"Dato": "Udgivet"}
ZERO: Final = "Et nul er talt: Der var ingen."


@dataclass(frozen=True)
class CoverLine:
    """One row of the cover. Screen readers read it from the top, so nothing stands beside anything else."""

    text: str
    style: Literal["title", "heading", "caution", "text", "link"] = "text"


def cover_lines(layout: Layout) -> tuple[CoverLine, ...]:
    """The cover from top to bottom; what the report does not have is left out with its heading."""
    marks = _marks_used(layout)
    parts = (
        ("Regnearket", GUIDE),
        ("Tegnene i tabellerne", (*(f"{mark}: {MARKS[mark]}" for mark in marks), ZERO)),
        (layout.headings["last_page"], tuple(f"{label}: {value}" for label, value in layout.made_of)),
        (layout.headings["deliveries"], _deliveries(layout)),
        (layout.headings["definitions"], tuple(f"{term}: {text}" for term, text in layout.definitions)),
    )
    return (
        *_opening(layout),
        *(
            line
            for heading, texts in parts
            if texts
            for line in (CoverLine(heading, "heading"), *(CoverLine(text) for text in texts))
        ),
    )


def section_names(layout: Layout) -> tuple[str, ...]:
    """For each table in the order of its number: the heading it stands under in the report."""
    of_sections = tuple(section.question for section in layout.sections for _ in section.tables)
    quality = (layout.headings["quality"],) * len(layout.quality_tables)
    return (*of_sections, *quality, layout.headings["deliveries"])


def _opening(layout: Layout) -> tuple[CoverLine, ...]:
    head = tuple(f"{_LABELS.get(label, label)}: {value}" for label, value in layout.head)
    texts = (layout.municipality, layout.administration, layout.recipient, *head)
    return (
        CoverLine(layout.heading, "title"),
        *(CoverLine(text, "caution" if layout.badge else "text") for text in (layout.banner,) if text),
        *(CoverLine(text) for text in texts if text),
        CoverLine(f"Til arket {CONTENTS}", "link"),
    )


def _marks_used(layout: Layout) -> tuple[str, ...]:
    used = {cell for content in layout.tables() for row in cells_shown(content) for cell in row}
    return tuple(mark for mark in MARKS if mark in used)


def _deliveries(layout: Layout) -> tuple[str, ...]:
    """One line per delivery, from the table that stands on the last sheet too."""
    table = layout.delivery_table
    return tuple(
        "; ".join(f"{title}: {cell}" for title, cell in zip(table.header, row, strict=True)) for row in table.rows
    )
