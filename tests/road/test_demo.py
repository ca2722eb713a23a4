"""The two commands of the README, seen from outside: what they print, how long they take, what they connect to."""

from pathlib import Path

from tests.support import RanDemo


def test_demo_ends_well_and_prints_where_both_reports_lie(demo: RanDemo) -> None:
    assert demo.exit_code == 0, demo.errors
    printed = [Path(line) for line in demo.output.split() if line.endswith((".html", ".pdf"))]
    assert {path.stem for path in printed} == {"udvalgsrapport", "kommunen_i_landet"}
    assert {path.suffix for path in printed} == {".html", ".pdf"}
    assert all(path.is_file() and path.stat().st_size > 10_000 for path in printed)


def test_demo_takes_less_than_a_minute(demo: RanDemo) -> None:
    # A clock would measure the other tests too, and processor time the machine: so the demo is held against a plain loop that
    # runs around it. Sixty seconds of clock were SIXTY times the loop on a quiet machine.
    assert demo.processor_seconds < SIXTY * demo.loop_seconds


def test_demo_tries_to_connect_to_nothing(demo: RanDemo) -> None:
    assert demo.connect_attempts == ""
