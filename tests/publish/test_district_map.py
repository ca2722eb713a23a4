"""The municipality's own map: what is refused with which words, and a figure that tells no more than its protected series."""

import json
import math
from pathlib import Path as FilePath
from typing import Any

import pytest
from matplotlib.path import Path

from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import TableColumn
from pipelines.errors import PublishError
from pipelines.geography import DistrictMap, Shape, district_map, read_district_map
from pipelines.publish import canvas, figures, map_figure
from pipelines.publish.figures import FigureWords
from pipelines.publish.map_figure import class_limits, district_share_map, inner_point, signed_area
from pipelines.publish.section import Figure
from pipelines.publish.share_series import ShareSeries, protect_series
from pipelines.publish.tokens import SMALLEST_TEXT_PT

DISTRICTS = {"N": "Nord", "S": "Syd"}
UTM = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}


def square(west: float, south: float, side: float) -> list[list[float]]:
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(code: Any, coordinates: Any, kind: str = "Polygon", name: str = "district_code") -> dict[str, Any]:
    return {"type": "Feature", "properties": {name: code}, "geometry": {"type": kind, "coordinates": coordinates}}


def collection(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


NORD = feature("N", [square(11.0, 55.2, 0.1)])
SYD = feature("S", [square(11.0, 55.1, 0.1)])


def read(plain: Any, property_name: str = "district_code") -> DistrictMap:
    return district_map(plain, file_name="distrikter.geojson", property_name=property_name, districts=DISTRICTS)


def test_without_a_file_there_is_no_map(tmp_path: FilePath) -> None:
    assert read_district_map(tmp_path / "distrikter.geojson", property_name="x", districts=DISTRICTS) is None


def test_a_file_is_read_with_or_without_a_byte_order_mark(tmp_path: FilePath) -> None:
    for encoding in ("utf-8", "utf-8-sig"):
        path = tmp_path / "distrikter.geojson"
        path.write_text(json.dumps(collection(NORD, SYD)), encoding=encoding)
        found = read_district_map(path, property_name="district_code", districts=DISTRICTS)
        assert found is not None
        assert set(found.shapes) == set(DISTRICTS)


def test_degrees_are_drawn_as_wide_as_they_are_on_the_ground() -> None:
    # a tenth of a degree both ways around 55.2 degrees north: cos(55.2 degrees) as wide as it is high
    (shape,) = read(collection(NORD, SYD)).shapes["N"]
    width = max(x for x, _ in shape.outline) - min(x for x, _ in shape.outline)
    assert width == pytest.approx(0.1 * math.cos(math.radians((55.1 + 55.3) / 2)))


def test_metres_are_drawn_as_they_are_and_a_district_may_have_islands_and_holes() -> None:
    islands = feature(
        "N",
        [[square(680000, 6100000, 900), square(680300, 6100300, 300)], [square(682000, 6100000, 100)]],
        "MultiPolygon",
    )
    found = read(
        collection(islands, feature("S", [square(681000, 6101000, 900)]), feature("?", "none of ours"), crs=UTM)
    )
    assert [len(shape.holes) for shape in found.shapes["N"]] == [1, 0]
    assert found.shapes["S"][0].outline[0] == (681000, 6101000)


def test_another_property_may_hold_the_code_and_numbers_are_codes_too() -> None:
    districts = {"12": "Nord"}
    found = district_map(
        collection(feature(12, [square(11, 55, 1)], name="nr")), file_name="x", property_name="nr", districts=districts
    )
    assert set(found.shapes) == {"12"}


WRONG = {
    "no collection": ({"type": "Polygon"}, ["ikke en samling af flader"]),
    "a list": ([], ["ikke en samling af flader"]),
    "a district is missing": (collection(NORD), ["Der mangler Syd (S)"]),
    "no property": (collection(NORD, SYD, {"type": "Feature", "properties": None}), ["Flade nr. 3 har ikke egenskaben"]),
    "a district twice": (collection(NORD, SYD, NORD), ["Nord (N) står der mere end én gang"]),
    "a point": (collection(NORD, feature("S", [11, 55], "Point")), ["Syd (S) har formen Point"]),
    "no geometry": (collection(NORD, {**SYD, "geometry": None}), ["Syd (S) har formen ingen"]),
    "an open line": (collection(NORD, feature("S", [square(11, 55, 0.1)[:-1]])), ["Syd (S) har en linje, der ikke er lukket"]),
    "text for numbers": (collection(NORD, feature("S", [[["a", "b"]] * 4])), ["Syd (S) har en linje"]),
    "no numbers at all": (collection(NORD, feature("S", 7)), ["Syd (S) har en linje"]),
    "endless": (collection(NORD, feature("S", [[[math.inf, 55.0]] * 4])), ["Syd (S) har en linje"]),
    "x and y swapped": (collection(NORD, feature("S", [square(55.1, 11.0, 0.1)])), ["Syd (S) ligger uden for Danmark i WGS84"]),
    "metres without a system": (collection(NORD, feature("S", [square(681000, 6101000, 900)])), ["ligger uden for Danmark i WGS84"]),
    "degrees as metres": (collection(NORD, SYD, crs=UTM), ["Nord (N) ligger uden", "Syd (S) ligger uden", "i EPSG:25832"]),
    "another system": (
        collection(NORD, SYD, crs={"type": "name", "properties": {"name": "EPSG:3857"}}),
        ["Koordinatsystemet er EPSG:3857"],
    ),
    "a system without name": (collection(NORD, SYD, crs=7), ["Koordinatsystemet er ikke oplyst"]),
    "everything at once": (
        collection(feature("N", [11, 55], "Point"), feature(None, []), crs={"type": "name", "properties": {"name": "UTM33"}}),
        ["Koordinatsystemet er UTM33", "Nord (N) har formen Point", "Flade nr. 2 har ikke", "Der mangler Syd (S)", "har 4 fejl"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_with_every_fault(name: str) -> None:
    plain, said = WRONG[name]
    with pytest.raises(PublishError) as refused:
        read(plain)
    assert all(words in str(refused.value) for words in said), str(refused.value)
    assert "eller fjern den" in str(refused.value)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00", b""], ids=["cut off", "not UTF-8", "empty"])
def test_what_is_no_json_is_refused_in_danish(tmp_path: FilePath, content: bytes) -> None:
    path = tmp_path / "distrikter.geojson"
    path.write_bytes(content)
    with pytest.raises(PublishError, match="ikke gyldig JSON"):
        read_district_map(path, property_name="district_code", districts=DISTRICTS)


def series(outside: dict[str, int], pupils: int = 100) -> ShareSeries:
    return protect_series(
        [
            {
                "definition_id": "own",
                "area": area,
                "year": "2025/26",
                "pupils": pupils,
                "inside": pupils - count,
                "share": (pupils - count) / pupils,
            }
            for area, count in outside.items()
        ],
        area="area",
        period="year",
        share="share",
        table_id="t",
        title="Andel",
        columns=(
            TableColumn("area", "Distrikt", "label"),
            TableColumn("year", "Skoleår", "label"),
            TableColumn("pupils", "Elever", "count"),
            TableColumn("inside", "I almen", "count"),
            TableColumn("share", "Andel i almen", "share", decimals=1, numerator="inside", denominator="pupils"),
        ),
        source="Kilde: opdigtet.",
        rule=DisclosureRule(),
    )


def figure_of(outside: dict[str, int]) -> Figure:
    return district_share_map(
        series(outside),
        read(collection(NORD, SYD)),
        FigureWords("map", "Titel", "Undertitel", "Kilde.", constructed=True),
        period="2025/26",
        codes={name: code for code, name in DISTRICTS.items()},
    )


def drawn(outside: dict[str, int]) -> tuple[str, list[str], list[Any]]:
    """Alt text, every text on the map, and the styles of the areas drawn, in the order of the series."""
    styles: list[Any] = []
    texts: list[str] = []
    write = canvas.Canvas.text

    def noted(self: canvas.Canvas, left: float, top: float, words: str, **how: Any) -> None:
        texts.append(words)
        write(self, left, top, words, **how)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(map_figure, "_draw_area", lambda axes, shapes, style, label: styles.append(dict(style)))
        patched.setattr(canvas.Canvas, "text", noted)
        return figure_of(outside).alt_text, texts, styles


def test_districts_stand_with_number_name_and_share() -> None:
    alt_text, texts, styles = drawn({"Nord": 5, "Syd": 8, "Hele kommunen": 13})
    assert alt_text == "Kort over to distrikter, 2025/26: andel i almen. Nord: 95,0\u00a0%. Syd: 92,0\u00a0%."
    assert {"Nord: 95,0\u00a0%", "Syd: 92,0\u00a0%", "fra 92 til under 93\u00a0%", "fra 95\u00a0%"} <= set(texts)
    # told apart by pattern as well as by tint: no two classes have the same
    assert len(styles) == 2
    assert styles[0] != styles[1]


def test_a_hidden_district_is_hatched_and_gives_nothing_away() -> None:
    # two of Syd's pupils are outside: neither its share nor a class that holds it may stand anywhere
    alt_text, texts, styles = drawn({"Nord": 8, "Syd": 2})
    assert "Syd: [skjult]" in texts
    assert "Nogle tal er skjult eller mangler." in alt_text
    assert not any("98" in text for text in (alt_text, *texts))
    others = drawn({"Nord": 8, "Syd": 4})
    assert (alt_text, texts, styles) == others  # whatever the hidden number is, the map is the same
    assert styles[1]["hatch"] == "xx"


@pytest.mark.parametrize(
    ("shown", "limits"),
    [
        ([], ()),
        ([0.95], (0.95,)),
        ([0.941, 0.979], (0.94, 0.95, 0.96, 0.97)),  # one percent apart: four classes hold them
        ([0.951, 0.962], (0.95, 0.955, 0.96)),  # half a percent apart is enough
        ([0.80, 0.98], (0.80, 0.85, 0.90, 0.95)),
        ([0.0, 1.0], (0.0,)),  # no step holds everything in four classes
    ],
)
def test_classes_are_the_fewest_round_ones_that_hold_the_shown_shares(
    shown: list[float], limits: tuple[float, ...]
) -> None:
    assert class_limits(shown) == pytest.approx(limits)


def test_a_number_stands_inside_its_district_even_where_the_middle_is_outside() -> None:
    # a horseshoe, open to the east: its middle lies in the gap
    ring = ((0.0, 0.0), (9.0, 0.0), (9.0, 2.0), (2.0, 2.0), (2.0, 7.0), (9.0, 7.0), (9.0, 9.0), (0.0, 9.0), (0.0, 0.0))
    around_a_lake = Shape(
        tuple((float(x), float(y)) for x, y in square(0, 0, 9)),
        (tuple((float(x), float(y)) for x, y in square(3, 3, 3)),),
    )
    for shape in (Shape(ring), around_a_lake):
        point = inner_point(shape)
        assert Path(shape.outline).contains_point(point)
        assert not any(Path(hole).contains_point(point) for hole in shape.holes)
    assert signed_area(ring) == pytest.approx(9 * 9 - 7 * 5)
    assert signed_area(ring[::-1]) == pytest.approx(-(9 * 9 - 7 * 5))


def test_no_text_on_the_map_is_smaller_than_the_smallest_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[tuple[Any, float]] = []
    make = figures.make_figure

    def keeping(table: Any, words: Any, draw: Any, *, height: float, **how: Any) -> Figure:
        kept.append((draw, height))
        return make(table, words, draw, height=height, **how)

    monkeypatch.setattr("pipelines.publish.map_figure.make_figure", keeping)
    figure = figure_of({"Nord": 5, "Syd": 8})
    ((draw, height),) = kept
    assert canvas.least_text_points(draw, height=height) >= SMALLEST_TEXT_PT
    assert figure.constructed
