"""Where are the report's font files, and how do they get into a page that asks the network for nothing?

Source Sans Pro comes as the package `font-source-sans-pro` (TTF, for Typst and matplotlib). A web page carries the same
two files whole as WOFF2. Converting takes 2 seconds a file, so the result lies in reports/fonts; a test holds it to the TTF.
"""

import base64
import importlib.util
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from pipelines.assets import asset_root
from pipelines.errors import PublishError
from pipelines.publish.tokens import FONT_FAMILY

FILES: Final = {400: "SourceSansPro-Regular", 600: "SourceSansPro-Semibold"}


@cache
def font_directory() -> Path:
    """The folder of TTF files. Raises PublishError when the font package is not installed."""
    spec = importlib.util.find_spec("font_source_sans_pro")
    places = list(spec.submodule_search_locations or ()) if spec else []
    for place in places:
        if (Path(place) / "files").is_dir():
            return Path(place) / "files"
    raise PublishError(
        "Skrifttypen Source Sans Pro mangler (pakken font-source-sans-pro). Installer igen efter requirements.lock."
    )


def ttf_path(weight: int) -> Path:
    """The TTF file of weight 400 or 600."""
    return font_directory() / f"{FILES[weight]}.ttf"


def convert_to_woff2(ttf: Path) -> bytes:
    """`ttf` as WOFF2 with every glyph: not a subset, because the licence reserves the name for the whole font."""
    from fontTools.ttLib import TTFont

    with TTFont(ttf, recalcTimestamp=False) as font:
        font.flavor = "woff2"
        target = BytesIO()
        font.save(target)
    return target.getvalue()


@cache
def woff2(weight: int) -> bytes:
    """The shipped WOFF2 file of weight 400 or 600."""
    return (asset_root("reports") / "fonts" / f"{FILES[weight]}.woff2").read_bytes()


@cache
def font_face_css() -> str:
    """`@font-face` rules with both weights as data URIs, so that the page loads nothing."""
    return "\n".join(
        f'@font-face {{ font-family: "{FONT_FAMILY}"; font-weight: {weight}; font-style: normal; font-display: block; '
        f'src: url("data:font/woff2;base64,{base64.b64encode(woff2(weight)).decode("ascii")}") format("woff2"); }}'
        for weight in FILES
    )
