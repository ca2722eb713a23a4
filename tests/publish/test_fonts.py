"""The web page carries the very glyphs that the PDF has."""

from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from pipelines.assets import asset_root
from pipelines.publish import fonts


@pytest.mark.parametrize("weight", [400, 600])
def test_the_shipped_woff2_is_the_whole_ttf(weight: int) -> None:
    original, shipped = TTFont(fonts.ttf_path(weight)), TTFont(BytesIO(fonts.woff2(weight)))

    assert shipped.flavor == "woff2"
    assert shipped.getGlyphOrder() == original.getGlyphOrder()
    assert shipped.getBestCmap() == original.getBestCmap()
    assert shipped["hmtx"].metrics == original["hmtx"].metrics


@pytest.mark.parametrize("weight", [400, 600])
def test_every_letter_and_mark_of_our_prose_has_a_glyph(weight: int) -> None:
    known = TTFont(fonts.ttf_path(weight)).getBestCmap()

    assert [mark for mark in "æøåÆØÅé0123456789%−·…»«–→↑↓←\u00a0§" if ord(mark) not in known] == []


def test_digits_are_equally_wide_so_columns_align() -> None:
    font = TTFont(fonts.ttf_path(400))
    widths = {font["hmtx"][font.getBestCmap()[ord(digit)]][0] for digit in "0123456789"}

    assert len(widths) == 1


def test_the_licence_travels_with_the_fonts() -> None:
    licence = (asset_root("reports") / "fonts" / "OFL.txt").read_text("utf-8")

    assert "SIL OPEN FONT LICENSE" in licence.upper()
    assert "Reserved Font Name" in licence
