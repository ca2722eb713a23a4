"""Counts before and after stand beside the count to be expected without help: by hand, by the child's own limits, and hidden."""

import math
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from pipelines.committee import wellbeing_changes as changes
from pipelines.committee.wellbeing_bands import (
    Bands,
    band_parts,
    bands_table,
    clinical_changes,
    clinical_parts,
    clinical_table,
    expected_in_bands,
    spans_in_bands,
)
from pipelines.committee.wellbeing_expected import expected_in_spans
from pipelines.committee.wellbeing_groups import protect_groups
from pipelines.committee.wellbeing_tables import spread_table
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.sdq_norms.chosen import NormSet
from tests.committee.test_wellbeing_changes import SET, bands_of
from tests.committee.test_wellbeing_groups import context, many, own_line, pairs_of

WITHIN, BETWEEN, BEYOND = "inden for det almindelige", "på grænsen", "uden for det almindelige"


def normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def two_districts(changed: list[int], **more: Any) -> list[dict[str, Any]]:
    return many("NORD", changed, **more) + many("SYD", changed, **more)


def tables_of(frame: pl.DataFrame, bands: Bands, **line: Any) -> dict[str, ProtectedTable]:
    """Bands, crossings and spans of these pairs; all by a line of the municipality's, 2 + .5 x first, SD 4."""
    opened = context(own_line(**line))
    reliable = changes.reliable_changes(opened, frame)
    clinical = clinical_changes(frame, bands, reliable)
    crossed, ties = spans_in_bands(frame, bands)
    parts = [*changes.reliable_parts(reliable), *band_parts(bands), *crossed, *clinical_parts(clinical, reliable)]
    everything = protect_groups(opened, frame, parts, ties=ties)
    made = {
        "bands": bands_table(opened, bands, everything, expected=expected_in_bands(frame, bands, reliable)),
        "clinical": clinical_table(opened, bands, clinical, everything),
        "spans": spread_table(
            opened,
            everything,
            "Forældre",
            expected=expected_in_spans(opened, frame, reliable, informant_code="parent"),
        ),
    }
    return {name: table for name, table in made.items() if table is not None}


def test_what_looks_like_a_success_stands_beside_what_was_to_be_expected() -> None:
    """60 children at 20 points (all beyond 17), expected 12: most would be within by themselves."""
    frame = pairs_of(two_districts([-8] * 18 + [-4] * 6 + [0] * 6, first=20))
    tables = tables_of(frame, bands_of(frame))
    rows = {band: tables["bands"].find(band=band) for band in (WITHIN, BETWEEN, BEYOND)}
    assert {band: [cell.value for cell in row[3:]] for band, row in rows.items()} == {
        WITHIN: [0, 36, round(60 * normal((13.5 - 12) / 4))],
        BETWEEN: [0, 12, round(60 * (normal((16.5 - 12) / 4) - normal((13.5 - 12) / 4)))],
        BEYOND: [60, 12, round(60 * (1 - normal((16.5 - 12) / 4)))],
    }
    # clear from 7 points down: 13 or less, and so within; nobody beyond can get there
    crossed = tables["clinical"].find(outcome=changes.FEWER)
    assert [cell.value for cell in crossed[2:]] == [36, 36, round(60 * normal((13.5 - 12) / 4))]
    for table in tables.values():
        assert "612 børn på venteliste, 2025." in table.source
        assert "regnet pr. barn" in table.source


def test_the_spans_of_points_have_their_expected_number_too() -> None:
    frame = pairs_of(two_districts([-8] * 15 + [0] * 5, first=20) + two_districts([0] * 10, first=12))
    spans = tables_of(frame, bands_of(frame))["spans"]
    shown = dict(zip(spans.values("span"), spans.values("expected"), strict=True))
    assert sum(shown.values()) == pytest.approx(60, abs=2)  # each is rounded
    # not 4 points, but the spread of these children around their own line, from 12 to 12 and from 20 to (30 x 12 + 10 x 20) / 40
    points = [(12, 12)] * 20 + [(20, 12)] * 30 + [(20, 20)] * 10
    spread = math.sqrt(sum((second - (12 if first == 12 else 14)) ** 2 for first, second in points) / (60 - 2))
    below_20 = sum(normal((19.5 - (2 + first / 2)) / spread) for first, _ in points)
    assert sum(count for span, count in shown.items() if not span.startswith("20")) == pytest.approx(below_20, abs=1)


def test_each_child_is_held_against_the_limits_of_its_own_second_form() -> None:
    """From 9 years a band may end at 9 points: of 40 children expected at 12, the 20 who have had a birthday count by that."""
    bands = [band for band in SET.bands if band.scale_code == "total" and band.informant_code == "parent"]
    older = [
        replace(
            band,
            from_age_years=9,
            lowest_points=max(0, band.lowest_points - 4) if band.lowest_points else 0,
            highest_points=band.highest_points - 4 if band.highest_points < 40 else 40,
        )
        for band in bands
    ]
    younger = [replace(band, to_age_years=8) for band in bands]
    norm_set = NormSet("sæt", "sæt et", "tvivl", "kilde", (*younger, *older))
    frame = pairs_of(two_districts([-8] * 10, first=20) + two_districts([-8] * 10, first=20, second_age_years=9))
    counts = {
        ("sæt", "Forældre", occasion): {"normal": 0, "borderline": 0, "abnormal": 0, "outside_norm_set": 0}
        for occasion in ("first", "second")
    }
    reliable = changes.reliable_changes(context(own_line()), frame)
    found = expected_in_bands(frame, Bands((norm_set,), counts), reliable)["sæt", "Forældre"]
    assert found.counts["normal"] == pytest.approx(20 * normal(1.5 / 4) + 20 * normal((9.5 - 12) / 4))
    assert "outside_norm_set" not in found.counts


def test_beside_a_hidden_count_no_expected_number_stands() -> None:
    frame = pairs_of(
        two_districts([-8] * 14 + [0] * 14, first=20)
        + two_districts([0] * 8, first=12)
        + many("NORD", [0] * 2, first=15)
    )
    tables = tables_of(frame, bands_of(frame))
    hidden = 0
    for name, table in tables.items():
        names = ("clear", "crossed") if name == "clinical" else ("first", "second")
        for row in table.rows:
            observed = {row[table.column_index(column)].status for column in names}
            is_shown = observed == {CellStatus.SHOWN}
            hidden += not is_shown
            assert (row[table.column_index("expected")].status is CellStatus.SHOWN) == is_shown
    assert hidden, "or nothing was tried"


def test_children_outside_the_norm_set_stay_there_and_the_others_are_expected_among_themselves() -> None:
    inside, outside = two_districts([-8] * 15, first=20), two_districts([-8] * 6, first=20, version_code="2-4")
    frame = pairs_of(inside + outside)
    table = tables_of(frame, bands_of(frame))["bands"]
    last = table.rows[-1]
    assert [cell.value for cell in last[3:]] == [12, 12, 12]
    assert sum(table.values("expected")[:3]) == pytest.approx(30, abs=1)


@pytest.mark.parametrize(
    ("known", "status"), [(0, CellStatus.NOT_COMPUTABLE), (4, CellStatus.HIDDEN), (12, CellStatus.SHOWN)]
)
def test_where_the_line_needs_what_too_few_have_no_number_is_made_up(known: int, status: CellStatus) -> None:
    rows = [row | {"sex_code": "M" if n < known else None} for n, row in enumerate(two_districts([-8] * 20, first=20))]
    frame = pairs_of(rows)
    table = tables_of(frame, bands_of(frame), boy_points=1)["bands"]
    assert table.cell("expected", band=WITHIN).status is status
    if known:
        return
    assert table.cell("second", band=WITHIN).value == 40, "what was counted stands"
