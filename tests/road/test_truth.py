"""Through the whole road, dirty files and all, the warehouse holds exactly what is true of the made-up municipality."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.contracts import load_contracts
from pipelines.warehouse import open_warehouse
from pipelines.workspace import open_workspace
from tests.support import RanDemo

SOURCES = (
    "children", "institutions", "measures", "organisation", "school_placements", "sdq_answers", "sdq_scores",
    "segregation_figures", "sessions", "session_roles", "session_cases", "agreements", "institution_years", "staffing",
    "training", "support_requests", "handovers", "reviews", "costs", "cost_accounts", "notifications", "caseload",
)  # fmt: skip


@pytest.fixture(scope="module")
def truth(demo: RanDemo) -> dict[str, Any]:
    return json.loads((demo.made_up / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def connection(demo: RanDemo) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(open_workspace(demo.made_up), read_only=True) as opened:
        yield opened


def test_every_planted_defect_is_rejected_at_its_row_and_nothing_else(
    truth: dict[str, Any], connection: duckdb.DuckDBPyConnection
) -> None:
    planted = {(row["source"], row["file_name"], row["row_number"]) for row in truth["planted_defects"]}
    found = set()
    for source in SOURCES:
        rows = connection.execute(
            f"SELECT deliveries.file_name, rejected.row_number FROM rejected.{source} AS rejected "
            "INNER JOIN landed.deliveries AS deliveries USING (delivery_id)"
        ).fetchall()
        found |= {(source, *row) for row in rows}
    assert len(planted) > 100
    assert found == planted


def test_each_rejected_row_names_the_planted_column(
    truth: dict[str, Any], connection: duckdb.DuckDBPyConnection
) -> None:
    for defect in truth["planted_defects"]:
        reasons = connection.execute(
            f"SELECT rejected.reasons FROM rejected.{defect['source']} AS rejected "
            "INNER JOIN landed.deliveries AS deliveries USING (delivery_id) "
            "WHERE deliveries.file_name = ? AND rejected.row_number = ?",
            [defect["file_name"], defect["row_number"]],
        ).fetchone()
        assert reasons is not None
        assert defect["column_name"] in reasons[0]


def test_every_delivery_was_taken_in_whole(truth: dict[str, Any], connection: duckdb.DuckDBPyConnection) -> None:
    expected = {
        (row["source"], row["file_name"]): (row["right_row_count"], row["wrong_row_count"])
        for row in truth["deliveries"]
    }
    rows = connection.execute("SELECT source, file_name, rows_typed, rows_rejected FROM landed.deliveries").fetchall()
    assert {row[:2]: row[2:] for row in rows} == expected


MARTS = {
    "mainstream_shares": (
        "marts.mart_mainstream_share",
        ("definition_id", "area_kind", "area_code", "school_year"),
        ("pupils_count", "mainstream_count", "segregated_count", "support_nine_hours_count"),
    ),
    "ladder_moves": (
        "marts.mart_ladder_moves",
        ("track_code", "calendar_year", "area_kind", "area_code"),
        ("down_count", "up_count", "opened_count", "closed_count", "aged_out_count", "moved_away_count"),
    ),
    "sdq_changes": (
        "marts.mart_sdq_change",
        ("informant_code", "area_kind", "area_code"),
        (
            *("first_measured_count", "children_count", "due_count"),
            *("first_mean_points", "second_mean_points", "change_mean_points"),
        ),
    ),
    "sessions": (
        "(SELECT forum_code, district_code, school_year, count(*) FILTER (WHERE is_planned) AS planned_count, "
        "count(*) FILTER (WHERE is_held) AS held_count, count(*) FILTER (WHERE is_cancelled) AS cancelled_count, "
        "count(*) FILTER (WHERE is_unknown) AS unknown_count, count(*) FILTER (WHERE is_late) AS late_count "
        "FROM core.fct_session WHERE counted_date <= (SELECT as_of_date FROM codes.settings) AND school_year IS NOT NULL "
        "GROUP BY ALL)",
        ("forum_code", "district_code", "school_year"),
        ("planned_count", "held_count", "cancelled_count", "unknown_count", "late_count"),
    ),
    "expected_sessions": (
        "marts.mart_forum_cadence",
        ("forum_code", "unit_kind_code", "unit_code", "school_year"),
        (
            "expected_count",
            "held_count",
            "late_count",
            "cancelled_count",
            "unknown_count",
            "missing_count",
            "not_due_count",
        ),
    ),
    "handovers": (
        "(SELECT school_year, district_code, sum(handovers_count) AS handovers_count, sum(both_count) AS both_count, "
        "sum(written_only_count) AS written_only_count, sum(oral_only_count) AS oral_only_count "
        "FROM marts.mart_handover GROUP BY ALL)",
        ("school_year", "district_code"),
        ("handovers_count", "both_count", "written_only_count", "oral_only_count"),
    ),
    "notifications": (
        "marts.mart_notification",
        ("calendar_year", "area_kind", "area_code"),
        (
            "notifications_count",
            "children_count",
            "repeats_count",
            "repeat_known_count",
            "assessed_count",
            "in_time_count",
        ),
    ),
    "caseload": (
        "marts.mart_caseload",
        ("calendar_year", "model_code", "unit_code"),
        ("case_days", "position_days", "counting_days_count"),
    ),
}


def part_of(truth: dict[str, Any], part: str) -> list[dict[str, Any]]:
    """A part of the truth, or one of the cooperation's."""
    return truth[part] if part in truth else truth["cooperation"][part]


@pytest.mark.parametrize("part", MARTS)
def test_the_marts_hold_the_truth(part: str, truth: dict[str, Any], connection: duckdb.DuckDBPyConnection) -> None:
    mart, keys, values = MARTS[part]
    rows = connection.execute(f"SELECT {', '.join([*keys, *values])} FROM {mart} AS mart").fetchall()
    found = {row[: len(keys)]: row[len(keys) :] for row in rows}
    expected = {tuple(row[key] for key in keys): [row[value] for value in values] for row in part_of(truth, part)}
    assert sum(float(value or 0) for counts in expected.values() for value in counts[:2]) > 0
    for key, counts in expected.items():
        given = [None if value is None else float(value) for value in found.get(key, [0] * len(values))]
        assert given == pytest.approx(counts, abs=1e-5), key


def test_rows_carry_their_delivery_and_no_source_is_missing(connection: duckdb.DuckDBPyConnection) -> None:
    assert set(SOURCES) | {"open_figures"} == set(load_contracts("source"))
    for source in SOURCES:
        orphans = connection.execute(
            f"SELECT count(*) FROM typed.{source} WHERE delivery_id NOT IN (SELECT delivery_id FROM landed.deliveries) "
            "OR row_number IS NULL OR business_key_hash IS NULL OR valid_from IS NULL"
        ).fetchone()
        assert orphans == (0,)


def test_the_delivered_files_lie_only_in_the_encrypted_archive(demo: RanDemo, truth: dict[str, Any]) -> None:
    inbox = [path for path in (demo.made_up / "inbox").rglob("*") if path.is_file()]
    archive = [path for path in (demo.made_up / "archive").rglob("*") if path.is_file()]
    assert inbox == []
    assert len(archive) == len({(row["source"], row["file_name"]) for row in truth["deliveries"]}) > 13
    assert all(b";" * 3 not in Path(path).read_bytes()[:200] for path in archive)
