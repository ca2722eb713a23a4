"""The colours hold the contrasts they were chosen for; expected values are the design's own table."""

import re

import pytest

from pipelines.assets import asset_root
from pipelines.publish import tokens
from pipelines.publish.tokens import contrast


def test_contrast_of_black_on_white_is_twenty_one() -> None:
    assert contrast("#000000") == pytest.approx((1 + 0.05) / (0 + 0.05))


@pytest.mark.parametrize(
    ("colour", "on_white"),
    [
        (tokens.ALMEN.fill, 4.6),
        (tokens.ALMEN.text, 7.1),
        (tokens.SPECIAL.fill, 14.5),
        (tokens.SOCIAL.fill, 3.2),
        (tokens.SOCIAL.text, 6.3),
        (tokens.DOWN.fill, 16.1),
        (tokens.UP.fill, 4.8),
        (tokens.ADVISER.fill, 8.4),
        (tokens.CASEWORKER.fill, 9.1),
        (tokens.MUTED, 6.5),
        (tokens.REFERENCE, 3.7),
        (tokens.CAUTION.fill, 6.3),
        (tokens.UNKNOWN.fill, 4.6),
    ],
)
def test_contrast_on_white_is_the_designs(colour: str, on_white: float) -> None:
    assert contrast(colour) == pytest.approx(on_white, abs=0.05)


@pytest.mark.parametrize("name", sorted(tokens.BANDS))
def test_text_is_readable_on_white_and_on_its_tint_and_fills_are_seen(name: str) -> None:
    band = tokens.BANDS[name]

    assert contrast(band.text) >= 4.5
    # The tint of "op" lies behind a hatch, never behind words.
    assert contrast(band.text, band.tint) >= (3.0 if name == "op" else 4.5)
    assert contrast(band.fill) >= 3.0
    assert band.mark, "a colour never stands alone"


@pytest.mark.parametrize(
    ("first", "second", "ratio"),
    [(tokens.ALMEN, tokens.SPECIAL, 3.1), (tokens.SPECIAL, tokens.SOCIAL, 4.6), (tokens.DOWN, tokens.UP, 3.4)],
)
def test_neighbours_part_from_each_other(first: tokens.Band, second: tokens.Band, ratio: float) -> None:
    assert contrast(first.fill, second.fill) == pytest.approx(ratio, abs=0.05)


def test_simulated_contrast_dips_no_lower_than_the_design_says() -> None:
    assert contrast(tokens.ALMEN.fill, tokens.SPECIAL.fill, vision="deuteranopia") == pytest.approx(2.9, abs=0.15)
    assert contrast(tokens.DOWN.fill, tokens.UP.fill, vision="protanopia") == pytest.approx(2.7, abs=0.15)


@pytest.mark.parametrize("vision", ["deuteranopia", "protanopia", "tritanopia", "grey"])
def test_text_colours_stay_readable_in_every_eye(vision: tokens.Vision) -> None:
    for band in tokens.BANDS.values():
        assert contrast(band.text, vision=vision) >= 4.2  # "op" dips to 4.3 with deuteranopia; its arrow says the same


def test_the_two_arms_are_alike_in_grey_so_their_shapes_must_differ() -> None:
    assert contrast(tokens.ADVISER.fill, tokens.CASEWORKER.fill, vision="grey") < 1.5
    assert tokens.ADVISER.mark != tokens.CASEWORKER.mark


def test_columns_fill_the_page_between_its_margins() -> None:
    assert tokens.FIGURE_WIDTH_MM == 118 + 8 + 44 == tokens.PAGE_WIDTH_MM - 2 * tokens.MARGIN_SIDE_MM


@pytest.mark.parametrize("name", ["report.css", "report.typ", "report.html.j2"])
def test_no_template_names_a_colour_of_its_own(name: str) -> None:
    template = (asset_root("reports") / "templates" / name).read_text("utf-8")

    colours = set(re.findall(r"(?<![&\w])#[0-9a-fA-F]{3,8}\b", template)) - {"#fff"}

    assert colours == set()
