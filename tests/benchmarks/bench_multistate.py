"""What does the Aalen-Johansen estimator with its standard errors cost, beside DuckDB reading the same spells from CSV?

Run by `make bench`. Made-up spells of children on six rungs, seen late and lost early, with two ways out for good, are written as
a CSV at several sizes; then each size is run in a process of its own on two threads, several times; the fastest counts.

- read: the floor, `read_csv` into a typed table and the columns out as arrays.
- count: risk sets by district from the arrays, with every check of the spells.
- estimate: occupation at every day with its covariance, children taken as independent.
- districts: occupation at three dates with intervals from leaving out one of eight districts at a time.
- matrix: the transition matrix over the whole time with the covariance of all its entries.

The estimate must be that of a plain count (nobody lost) before anything is printed: the share of all children in each state.
"""

# ruff: noqa: T201  # a script: what it prints is its result

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np

from pipelines.measures.multistate import occupation_intervals, occupation_probabilities, transition_probabilities
from pipelines.measures.risk_sets import CENSORED, count_risk_sets

AIM_TIMES_READ = 10.0
AIM_GROWTH = 1.5
RUNGS, AGED_OUT, MOVED_AWAY = 6, 6, 7
STATES, DISTRICTS, DAYS = 8, 8, 3650
AIM_SIZE = 570_000
SIZES = (30_000, 300_000, AIM_SIZE, 3_000_000)
SPELLS_PER_CHILD = 1.9
PARTS = ("count", "estimate", "districts", "matrix")
COLUMNS = {
    "child": "INTEGER",
    "district": "TINYINT",
    "rung": "TINYINT",
    "entry_day": "INTEGER",
    "exit_day": "INTEGER",
    "next_state": "TINYINT",
}


def draw_spells(rows: int, *, seed: int) -> dict[str, np.ndarray]:
    """About `rows` spells: a rung is left after some 1,950 days, every fifth time for good; three in ten come late."""
    random = np.random.default_rng(seed)
    children = round(rows / SPELLS_PER_CHILD)
    child, rung = np.arange(children), random.integers(0, RUNGS, children)
    entry = np.where(random.random(children) < 0.3, random.integers(0, DAYS // 2, children), 0)
    last = np.minimum(entry + 1 + random.integers(0, 2 * DAYS, children), DAYS)
    district, spells = random.integers(0, DISTRICTS, children), []
    while child.size:
        leaves = entry + np.ceil(random.exponential(1950, child.size)).astype(np.int64)
        onward = (rung + random.choice([1, RUNGS - 1], child.size)) % RUNGS
        target = np.where(random.random(child.size) < 0.2, random.integers(AGED_OUT, STATES, child.size), onward)
        is_seen = leaves <= last
        spells.append((child, district, rung, entry, np.minimum(leaves, last), np.where(is_seen, target, CENSORED)))
        stays = is_seen & (target < RUNGS) & (leaves < last)
        child, district, rung, entry, last = (column[stays] for column in (child, district, target, leaves, last))
    return {name: np.concatenate(parts) for name, parts in zip(COLUMNS, zip(*spells, strict=True), strict=True)}


def write_spells(path: Path, rows: int) -> int:
    """The CSV in the order of children and days, as SQL would deliver it; how many spells it holds."""
    drawn = draw_spells(rows, seed=5)
    connection = duckdb.connect()
    connection.register("drawn", {name: column.astype(np.int32) for name, column in drawn.items()})
    connection.execute(f"COPY (SELECT * FROM drawn ORDER BY child, entry_day) TO '{path}' (HEADER, DELIMITER ';')")
    return len(drawn["child"])


def read_spells(path: Path) -> dict[str, np.ndarray]:
    """The columns of the CSV as arrays, through a typed table."""
    connection = duckdb.connect(config={"threads": "2"})
    connection.execute(
        f"CREATE TABLE spells AS SELECT * FROM read_csv('{path}', columns = {COLUMNS}, delim = ';', header = true, "
        "auto_detect = false)"
    )
    return connection.execute("SELECT * FROM spells").fetchnumpy()


def check_against_plain_count() -> None:
    """Nobody late, nobody lost before day 1,000: shares of children, to 1e-9. Raises: SystemExit when they differ."""
    spells = draw_spells(20_000, seed=6)
    at_start = np.isin(spells["child"], spells["child"][spells["entry_day"] == 0])
    spells = {name: column[at_start] for name, column in spells.items()}
    followed = ~np.isin(
        spells["child"], spells["child"][(spells["next_state"] == CENSORED) & (spells["exit_day"] < 1000)]
    )
    spells = {name: column[followed] for name, column in spells.items()}
    found = occupation_probabilities(_count(spells), times=[999]).probabilities[0]
    is_there = (spells["entry_day"] <= 999) & (spells["exit_day"] > 999)
    is_out = (spells["next_state"] >= AGED_OUT) & (spells["exit_day"] <= 999)
    states = np.concatenate([spells["rung"][is_there], spells["next_state"][is_out]])
    if not np.allclose(found, np.bincount(states, minlength=STATES) / states.size, rtol=0, atol=1e-9):
        sys.exit("the estimate is not the plain share of children: nothing was measured")


def _count(spells: dict[str, np.ndarray]):  # type: ignore[no-untyped-def]
    return count_risk_sets(
        spells["rung"],
        spells["entry_day"],
        spells["exit_day"],
        spells["next_state"],
        state_count=STATES,
        children=spells["child"],
        clusters=spells["district"],
    )


def _run(path: Path) -> None:
    measured: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> object:
        started = time.perf_counter()
        result = work()
        measured[name] = time.perf_counter() - started
        return result

    spells = timed("read", lambda: read_spells(path))
    risk_sets = timed("count", lambda: _count(spells))
    timed("estimate", lambda: occupation_probabilities(risk_sets))
    timed("districts", lambda: occupation_intervals(risk_sets, times=[365, 730, 1460]))
    timed("matrix", lambda: transition_probabilities(risk_sets, to_time=DAYS))
    print(json.dumps(measured))


def _own_process(path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--path", str(path)]
    finished = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    return dict(json.loads(finished.stdout.splitlines()[-1]))


def main() -> None:
    """Check, measure each size, and print the parts, the ratio to reading, and the growth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--path", type=Path)
    chosen = parser.parse_args()
    if chosen.path:
        _run(chosen.path)
        return
    check_against_plain_count()
    per_row = {}
    with tempfile.TemporaryDirectory(prefix="bench-multistate-") as name:
        path = Path(name) / "spells.csv"
        for size in SIZES:
            rows = write_spells(path, size)
            runs = [_own_process(path) for _ in range(chosen.times)]
            best = {part: min(run[part] for run in runs) for part in runs[0]}
            ours = sum(best[part] for part in PARTS)
            per_row[rows] = best["count"] / rows
            aim = f" (aim <= {AIM_TIMES_READ:.0f})" if size == AIM_SIZE else ""
            parts = ", ".join(f"{part} {best[part]:.2f}" for part in PARTS)
            print(
                f"{rows} spells: read {best['read']:.2f} s; ours {ours:.2f} s ({parts}); "
                f"ours / read = {ours / best['read']:.1f}{aim}",
                flush=True,
            )
    smallest, largest = per_row[min(per_row)], per_row[max(per_row)]
    print(
        f"seconds of count per spell, largest / smallest size = {largest / smallest:.2f} (aim <= {AIM_GROWTH}: linear); "
        "the other parts do not depend on the number of spells"
    )


if __name__ == "__main__":
    main()
