"""How does a report become one HTML page that loads nothing: fonts, figures and styles are inside it.

The page forbids itself every request (Content-Security-Policy), so opening it offline or in a case system shows the same.
"""

import base64
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipelines.assets import asset_root
from pipelines.publish import fonts, tokens
from pipelines.publish.layout import Layout


def html_page(layout: Layout, *, section_pages: Sequence[int]) -> str:
    """The page. `section_pages` are the PDF's page numbers of the sections, shown only on paper."""
    images = {
        figure.anchor: "data:image/svg+xml;base64," + base64.b64encode(figure.svg.encode()).decode("ascii")
        for figure in layout.figures()
    }
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            **layout.to_dict(),
            pages=list(section_pages),
            images=images,
            # Our own files, with no text from a delivery in them: all that the template does not escape.
            font_faces=fonts.font_face_css(),
            css_variables=tokens.css_variables(),
            stylesheet=(asset_root("reports") / "templates" / "report.css").read_text("utf-8"),
            css_text=_css_text,
        )
    )


def _css_text(words: str) -> str:
    """`words` as a CSS string that can end neither the string nor the style element."""
    return '"' + "".join(c if c.isalnum() or c in " .,·" else f"\\{ord(c):x} " for c in words) + '"'


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(asset_root("reports") / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
