"""Where do the districts lie: a GeoJSON file from the workspace, read whole or refused with every fault at once.

The file holds one feature per district, whose code stands in one of its properties. Coordinates are degrees (WGS84, GeoJSON's own) or
metres in UTM zone 32 (EPSG:25832, as Danish map authorities deliver). Nothing is fetched: no tiles, no network.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pipelines.errors import PublishError

DISTRICT_MAP_FILE: Final = "distrikter.geojson"
DEFAULT_PROPERTY: Final = "district_code"
_LARGEST_FILE_BYTES: Final = 20_000_000
_FEWEST_POINTS: Final = 4
"""GeoJSON closes a ring by telling its first point again."""

Point = tuple[float, float]
Ring = tuple[Point, ...]


class System(StrEnum):
    """Which coordinates the file is written in."""

    WGS84 = "WGS84"
    UTM32 = "EPSG:25832"


_NAMES: Final[Mapping[str, System]] = {
    "urn:ogc:def:crs:ogc:1.3:crs84": System.WGS84,
    "urn:ogc:def:crs:epsg::4326": System.WGS84,
    "epsg:4326": System.WGS84,
    "urn:ogc:def:crs:epsg::25832": System.UTM32,
    "epsg:25832": System.UTM32,
}
# Denmark with room around it: (lowest x, lowest y, highest x, highest y).
_BOUNDS: Final[Mapping[System, tuple[float, float, float, float]]] = {
    System.WGS84: (7.0, 54.0, 16.0, 58.5),
    System.UTM32: (380_000, 5_990_000, 960_000, 6_480_000),
}


@dataclass(frozen=True)
class Shape:
    """One polygon: its outline and its holes, in metres or in degrees that were drawn out to the same length both ways."""

    outline: Ring
    holes: tuple[Ring, ...] = ()


@dataclass(frozen=True)
class DistrictMap:
    """The districts' polygons by district code, on a plane where one step is as long in both directions."""

    shapes: Mapping[str, tuple[Shape, ...]]


def read_district_map(path: Path, *, property_name: str, districts: Mapping[str, str]) -> DistrictMap | None:
    """The map in `path`; None where there is no such file. `districts` are the names that must be on it, by code.

    A feature with a code that is no district's is left out: a map may hold more than the municipality.

    Raises:
        PublishError: the file cannot be read as GeoJSON, or a district is missing or comes twice, or a shape or the coordinates are
            others than expected; everything that was found is told at once, in Danish.
    """
    if not path.is_file():
        return None
    return district_map(_plain(path), file_name=path.name, property_name=property_name, districts=districts)


def district_map(plain: Any, *, file_name: str, property_name: str, districts: Mapping[str, str]) -> DistrictMap:
    """As `read_district_map`, for what the file holds. Raises PublishError with every fault."""
    faults: list[str] = []
    features = _features(plain, faults)
    system = _system(plain, faults)
    shapes: dict[str, tuple[Shape, ...]] = {}
    without_code: list[int] = []
    for number, feature in enumerate(features, start=1):
        code = _code(feature, property_name)
        if code is None:
            without_code.append(number)
        elif code in districts and code in shapes:
            faults.append(f"{districts[code]} ({code}) står der mere end én gang. Saml fladerne i én MultiPolygon")
        elif code in districts:
            shapes[code] = _shapes(feature, system, f"{districts[code]} ({code})", faults)
    if without_code:
        numbers = ", ".join(map(str, without_code))
        known = ", ".join(sorted({str(name) for feature in features for name in _properties(feature)})) or "ingen"
        faults.append(f"Flade nr. {numbers} har ikke egenskaben {property_name}. Fladerne har: {known}")
    missing = [f"{name} ({code})" for code, name in districts.items() if code not in shapes]
    if missing and features:
        faults.append(f"Der mangler {', '.join(missing)}. Koden skal stå i egenskaben {property_name}")
    if faults:
        lines = "\n".join(f"  - {fault}." for fault in faults)
        raise PublishError(
            f"{file_name} kan ikke tegnes som kort og har {len(faults)} fejl:\n{lines}\nRet filen, eller fjern den, så bliver "
            "rapporten udgivet uden kort."
        )
    return DistrictMap(_on_a_plane(shapes) if system is System.WGS84 else shapes)


def _plain(path: Path) -> Any:
    if path.stat().st_size > _LARGEST_FILE_BYTES:
        raise PublishError(f"{path.name} fylder over 20 MB. Gem kortet med færre punkter.")
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        line = f" (linje {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise PublishError(
            f"{path.name} er ikke gyldig JSON i UTF-8{line}. Gem kortet som GeoJSON igen, eller fjern filen."
        ) from None


def _features(plain: Any, faults: list[str]) -> Sequence[Any]:
    found = plain.get("features") if isinstance(plain, dict) and plain.get("type") == "FeatureCollection" else None
    if not isinstance(found, list):
        faults.append(
            'Filen er ikke en samling af flader. Øverst skal der stå "type": "FeatureCollection" og "features"'
        )
        return ()
    return found


def _system(plain: Any, faults: list[str]) -> System:
    """What the file says of its coordinates; one that says nothing is in degrees, as GeoJSON prescribes."""
    told = plain.get("crs") if isinstance(plain, dict) else None
    if told is None:
        return System.WGS84
    properties = told.get("properties") if isinstance(told, dict) else None
    name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if name.casefold() not in _NAMES:
        faults.append(f"Koordinatsystemet er {name[:60] or 'ikke oplyst'}. Gem kortet i WGS84 eller EPSG:25832")
        return System.WGS84
    return _NAMES[name.casefold()]


def _properties(feature: Any) -> Mapping[str, Any]:
    found = feature.get("properties") if isinstance(feature, dict) else None
    return found if isinstance(found, dict) else {}


def _code(feature: Any, property_name: str) -> str | None:
    code = _properties(feature).get(property_name)
    return str(code) if isinstance(code, str | int) and not isinstance(code, bool) else None


def _shapes(feature: Mapping[str, Any], system: System, who: str, faults: list[str]) -> tuple[Shape, ...]:
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in ("Polygon", "MultiPolygon"):
        faults.append(f"{who} har formen {kind or 'ingen'}. Den skal være Polygon eller MultiPolygon")
        return ()
    parts = geometry.get("coordinates")
    polygons = [parts] if kind == "Polygon" else parts
    shapes = [_shape(part) for part in polygons] if isinstance(polygons, list) else []
    known = [shape for shape in shapes if shape is not None]
    if not known or len(known) < len(shapes):
        faults.append(f"{who} har en linje, der ikke er lukket eller har for få punkter")
        return ()
    points = [point for shape in known for point in shape.outline]
    if not all(_is_inside(point, _BOUNDS[system]) for point in points):
        faults.append(
            f"{who} ligger uden for Danmark i {system}. Se efter, om koordinatsystemet er et andet, eller x og y er byttet om"
        )
    return tuple(known)


def _shape(rings: Any) -> Shape | None:
    found = [_ring(ring) for ring in rings] if isinstance(rings, list) else []
    if not found or None in found:
        return None
    outline, *holes = (ring for ring in found if ring is not None)
    return Shape(outline, tuple(holes))


def _ring(points: Any) -> Ring | None:
    """A closed line of at least four points with two numbers each (a height is left out); None otherwise."""
    if not isinstance(points, list) or len(points) < _FEWEST_POINTS or not all(map(_is_point, points)):
        return None
    ring = tuple((float(point[0]), float(point[1])) for point in points)
    return ring if ring[0] == ring[-1] else None


def _is_point(point: Any) -> bool:
    return (
        isinstance(point, list)
        and len(point) in (2, 3)
        and all(isinstance(part, int | float) and not isinstance(part, bool) and math.isfinite(part) for part in point)
    )


def _is_inside(point: Point, bounds: tuple[float, float, float, float]) -> bool:
    west, south, east, north = bounds
    return west <= point[0] <= east and south <= point[1] <= north


def _on_a_plane(shapes: Mapping[str, tuple[Shape, ...]]) -> dict[str, tuple[Shape, ...]]:
    """Degrees with the east-west ones shortened as they are on the map's own middle latitude; good enough for one municipality."""
    if not shapes:
        return {}
    heights = [point[1] for parts in shapes.values() for part in parts for point in part.outline]
    narrower = math.cos(math.radians((min(heights) + max(heights)) / 2))

    def shortened(ring: Iterable[Point]) -> Ring:
        return tuple((x * narrower, y) for x, y in ring)

    return {
        code: tuple(Shape(shortened(part.outline), tuple(map(shortened, part.holes))) for part in parts)
        for code, parts in shapes.items()
    }
