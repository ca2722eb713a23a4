"""Which colours, sizes and distances does a report have: one place that figures, CSS and Typst read.

The colours were chosen for contrast and for colour-blind readers; `contrast` and `simulated` compute what the tests hold
them to. No colour stands alone: the mark that says the same (pattern, shape, arrow) is named beside each.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True)
class Band:
    """Colours of one thing that is told apart: its fill, its text, its light tint, and the mark that says it without colour."""

    fill: str
    text: str
    tint: str
    mark: str


WHITE: Final = "#FFFFFF"
INK: Final = "#16222E"
MUTED: Final = "#52606D"
REFERENCE: Final = "#7A8691"
RULE: Final = "#C5CCD3"
GRID: Final = "#E3E7EA"
PANEL: Final = "#F3F5F7"
BACKGROUND: Final = "#DDE2E6"

ALMEN: Final = Band("#2E78BC", "#1C5A96", "#DFECF8", "solid")
SPECIAL: Final = Band("#3A1856", "#3A1856", "#E9E0F0", "dots")
SOCIAL: Final = Band("#63A03B", "#3C6B1C", "#E6F1DC", "diagonal lines")
DOWN: Final = Band("#16222E", "#16222E", "#DDE2E6", "arrow down, solid")
UP: Final = Band("#B8560F", "#B8560F", "#F3D9C2", "arrow up, hatched")
ADVISER: Final = Band("#055757", "#055757", "#DCEBEB", "filled circle")
CASEWORKER: Final = Band("#7A3316", "#7A3316", "#F3E3DC", "open square")
CAUTION: Final = Band("#8A5300", "#8A5300", "#FFF3D9", "exclamation mark and words")
UNKNOWN: Final = Band("#6B7680", "#52606D", "#E9ECEF", "question mark, dashed edge")
TOO_SMALL_HATCH: Final = "#B4BDC5"

BANDS: Final[Mapping[str, Band]] = {
    "almen": ALMEN,
    "special": SPECIAL,
    "social": SOCIAL,
    "ned": DOWN,
    "op": UP,
    "distriktsraadgiver": ADVISER,
    "myndighedssagsbehandler": CASEWORKER,
    "forbehold": CAUTION,
    "ukendt": UNKNOWN,
}

# Points: size, line height.
TYPE_SCALE_PT: Final[Mapping[str, tuple[float, float]]] = {
    "title": (22, 26),
    "heading": (15, 19),
    "answer": (12.5, 16.6),
    "body": (11, 15.2),
    "column": (10, 14),
    "support": (10.5, 14.4),
    "figure_title": (11, 15),
    "label": (9.5, 13),
    "rail": (9.5, 13),
    "small": (8.5, 11),
}
SMALLEST_TEXT_PT: Final = 8.5

PAGE_WIDTH_MM: Final = 210
PAGE_HEIGHT_MM: Final = 297
MARGIN_SIDE_MM: Final = 20
MARGIN_TOP_MM: Final = 18
MARGIN_BOTTOM_MM: Final = 21
TEXT_WIDTH_MM: Final = 118
GUTTER_MM: Final = 8
RAIL_WIDTH_MM: Final = 44
FIGURE_WIDTH_MM: Final = TEXT_WIDTH_MM + GUTTER_MM + RAIL_WIDTH_MM
HAIRLINE_PT: Final = 0.6

FONT_FAMILY: Final = "Source Sans Pro"

Vision = Literal["normal", "deuteranopia", "protanopia", "tritanopia", "grey"]

# Machado, Oliveira and Fernandes (2009), IEEE TVCG 15(6), supplementary table, severity 1.0; they act on linear RGB.
_MACHADO: Final[Mapping[str, tuple[tuple[float, float, float], ...]]] = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def linear_rgb(colour: str) -> tuple[float, float, float]:
    """Linear-light red, green, blue (0-1) of a hex colour. Source: IEC 61966-2-1 (sRGB)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return red, green, blue


def luminance(rgb: Iterable[float]) -> float:
    """Relative luminance (0-1) of linear RGB. Source: WCAG 2.1, "relative luminance"."""
    red, green, blue = rgb
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def simulated(colour: str, vision: Vision) -> tuple[float, float, float]:
    """Linear RGB of `colour` as seen with `vision`; one model of severe colour blindness, not every reader's eye."""
    rgb = linear_rgb(colour)
    if vision == "normal":
        return rgb
    if vision == "grey":
        level = luminance(rgb)
        return level, level, level
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * channel for weight, channel in zip(row, rgb, strict=True))))
        for row in _MACHADO[vision]
    )
    return red, green, blue


def contrast(first: str, second: str = WHITE, *, vision: Vision = "normal") -> float:
    """Contrast ratio (1-21) between two hex colours. Source: WCAG 2.1, "contrast ratio"."""
    lighter, darker = sorted((luminance(simulated(c, vision)) for c in (first, second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def as_dict() -> dict[str, object]:
    """Plain values of every token, for the Typst template; sizes in pt, distances in mm."""
    return {
        "colour": {
            "ink": INK,
            "muted": MUTED,
            "reference": REFERENCE,
            "rule": RULE,
            "panel": PANEL,
            "caution": CAUTION.fill,
            "caution-tint": CAUTION.tint,
        },
        "type": {name: {"size": size, "line": line} for name, (size, line) in TYPE_SCALE_PT.items()},
        "page": {
            "side": MARGIN_SIDE_MM,
            "top": MARGIN_TOP_MM,
            "bottom": MARGIN_BOTTOM_MM,
            "text": TEXT_WIDTH_MM,
            "gutter": GUTTER_MM,
            "rail": RAIL_WIDTH_MM,
            "hairline": HAIRLINE_PT,
        },
        "font": FONT_FAMILY,
    }


def css_variables() -> str:
    """The tokens as CSS custom properties, one declaration a line, for `:root`."""
    colours = {
        "ink": INK,
        "muted": MUTED,
        "reference": REFERENCE,
        "rule": RULE,
        "panel": PANEL,
        "background": BACKGROUND,
        "link": ALMEN.text,
        "caution": CAUTION.fill,
        "caution-tint": CAUTION.tint,
    }
    lines = [f"--{name}: {value};" for name, value in colours.items()]
    for name, (size, line) in TYPE_SCALE_PT.items():
        role = name.replace("_", "-")
        lines += [f"--{role}-size: {size}pt;", f"--{role}-line: {line}pt;"]
    lines += [f"--text: {TEXT_WIDTH_MM}mm;", f"--gutter: {GUTTER_MM}mm;", f"--rail: {RAIL_WIDTH_MM}mm;"]
    lines += [f"--measure: {FIGURE_WIDTH_MM}mm;", f"--hairline: {HAIRLINE_PT}pt;"]
    return "\n".join(lines)
