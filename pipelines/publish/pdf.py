"""How does a report become a PDF/UA-1 file: the Typst template over the same texts as the HTML page.

Typst replaces an unknown font in silence but for a warning, so every warning is an error here.
"""

import json
from datetime import UTC, date, datetime

import typst

from pipelines.assets import asset_root
from pipelines.errors import PublishError
from pipelines.publish import fonts, tokens
from pipelines.publish.layout import Layout


def pdf_document(layout: Layout, *, published_on: date) -> bytes:
    """The PDF; the same layout and date give the same bytes.

    Raises:
        PublishError: Typst failed or warned, with its own words.
    """
    content = json.dumps({**layout.to_dict(), "tokens": tokens.as_dict()}, ensure_ascii=False)
    template = (asset_root("reports") / "templates" / "report.typ").read_bytes()
    try:
        document, warnings = typst.compile_with_warnings(
            template,
            format="pdf",
            sys_inputs={"report": content},
            font_paths=_fonts(),
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=datetime(published_on.year, published_on.month, published_on.day, tzinfo=UTC),
        )
    except typst.TypstError as error:
        raise PublishError(f"PDF-filen kunne ikke sættes: {error.message}. Ret skabelonen report.typ.") from error
    if warnings:
        said = "; ".join(warning.message for warning in warnings)
        raise PublishError(f"PDF-filen blev ikke skrevet, fordi Typst advarede: {said}.")
    return document


def _fonts() -> typst.Fonts:
    """Our typeface alone: with no other font at hand Typst cannot fall back on one."""
    directory = str(fonts.font_directory())
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[directory])
