"""What does it cost to score two million SDQ forms, beside DuckDB's bare parse of the file they came from, and beside pandas?

Run by `make bench`. A made-up delivery is written, then each way is run in a process of its own, in memory and on two threads,
several times in turn; what counts is how one way stands to another within one run.

- parse: the floor, `read_csv` into typed columns with nothing checked.
- table: sql/core/fct_sdq_scored_form.sql as it stands, from the typed table to the whole table with keys and counts.
- scores: the same file, only the five scales, the three totals and impact: what pandas is asked for.
- pandas: as one writes it with pandas, mean(axis=1) and count(axis=1), on float64, which is what `read_csv` gives.
- pandas_columns: pandas tuned by hand, column by column on float32. Nobody writes it so, but it is the faster one.

Both pandas ways start from a frame in memory, end in what the SQL gives (whole points that can be missing) and must give the
very points of the SQL before anything is printed.
"""

# ruff: noqa: T201  # a script: what it prints is its result

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from bench_landing import SDQ_ITEMS, write_delivery

from pipelines.assets import asset_root

AIM_OF_PARSE = 1.0
AIM_TIMES_PANDAS = 4.0
SCALES = {
    "emotional": ("somatic", "worries", "unhappy", "clingy", "afraid"),
    "conduct": ("tantrum", "obeys", "fights", "lies", "steals"),
    "hyper": ("restles", "fidgety", "distrac", "reflect", "attends"),
    "peer": ("loner", "friend", "popular", "bullied", "oldbest"),
    "prosocial": ("consid", "shares", "caring", "kind", "helpout"),
}
TURNED = ("obeys", "reflect", "attends", "friend", "popular")
IMPACT = ("distres", "imphome", "impfrie", "impclas", "impleis")
SUMS = {
    "total": ("emotional", "conduct", "hyper", "peer"),
    "internalising": ("emotional", "peer"),
    "externalising": ("conduct", "hyper"),
}
OUTCOMES = tuple(f"{name}_points" for name in (*SCALES, *SUMS, "impact"))
_INFORMANTS = "CASE informant WHEN 'lærer' THEN 'teacher' WHEN 'selv' THEN 'self' ELSE 'parent' END"


def parse(connection: duckdb.DuckDBPyConnection, path: Path) -> float:
    """Seconds of the floor: the file into a table `delivered` with typed columns."""
    columns = {
        "cpr": "VARCHAR",
        "answered": "DATE",
        "informant": "VARCHAR",
        "version": "VARCHAR",
        "follow_up": "VARCHAR",
    }
    columns |= {"institution": "VARCHAR"} | dict.fromkeys(SDQ_ITEMS, "TINYINT")
    started = time.perf_counter()
    connection.execute(
        f"CREATE TABLE delivered AS SELECT * FROM read_csv('{path}', columns = {columns}, delim = ';', header = true, "
        "auto_detect = false, quote = '\"', escape = '\"', dateformat = '%d-%m-%Y')"
    )
    return time.perf_counter() - started


def make_typed(connection: duckdb.DuckDBPyConnection) -> None:
    """typed.sdq_answers as intake leaves it: children as UUID, codes, nothing superseded."""
    connection.execute("CREATE SCHEMA typed")
    connection.execute(f"""
        CREATE TABLE typed.sdq_answers AS
        SELECT CAST(md5(cpr) AS UUID) AS child_id, answered AS answered_date, {_INFORMANTS} AS informant_code,
            version AS version_code, follow_up = 'ja' AS is_follow_up_form, institution AS institution_code,
            {", ".join(SDQ_ITEMS)}, CAST(NULL AS TIMESTAMP) AS valid_to
        FROM delivered
    """)


def score_here(connection: duckdb.DuckDBPyConnection, *, columns: str) -> float:
    """Seconds of ours: these columns of the table of core, from the file that makes it, into a table `scored`."""
    sql = (asset_root("sql") / "core" / "fct_sdq_scored_form.sql").read_text(encoding="utf-8")
    started = time.perf_counter()
    connection.execute(f"CREATE TABLE scored AS SELECT {columns} FROM ({sql}\n) AS forms")
    return time.perf_counter() - started


def score_in_pandas(frame: pd.DataFrame) -> pd.DataFrame:
    """The points as whole numbers that can be missing: a scale is five times the mean of its answered items, half up."""
    scored = pd.DataFrame(index=frame.index)
    items = frame.assign(**{name: 2 - frame[name] for name in TURNED})
    for scale, names in SCALES.items():
        answers = items[list(names)]
        scored[f"{scale}_points"] = np.floor(5 * answers.mean(axis=1).where(answers.count(axis=1) >= 3) + 0.5)
    for name, scales in SUMS.items():
        scored[f"{name}_points"] = scored[[f"{scale}_points" for scale in scales]].sum(axis=1, skipna=False)
    impact = frame[list(IMPACT)].copy()
    impact.loc[frame["informant_code"] == "teacher", ["imphome", "impleis"]] = np.nan
    scored["impact_points"] = (impact - 1).clip(lower=0).sum(axis=1, min_count=1).mask(frame["ebddiff"] == 0, 0)
    return scored.astype("Int8")


def score_in_pandas_by_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """The same points without any operation across a frame's rows."""
    scored: dict[str, pd.Series] = {}
    for scale, names in SCALES.items():
        items = [2 - frame[name] if name in TURNED else frame[name] for name in names]
        answered = sum(item.notna().astype("int8") for item in items)
        total = sum(item.fillna(0) for item in items)
        scored[f"{scale}_points"] = np.floor(total * 5 / answered.where(answered >= 3) + 0.5)
    for name, scales in SUMS.items():
        scored[f"{name}_points"] = sum(scored[f"{scale}_points"] for scale in scales)
    is_teacher = frame["informant_code"] == "teacher"
    asked = [frame[name].mask(is_teacher) if name in ("imphome", "impleis") else frame[name] for name in IMPACT]
    recoded = sum((item - 1).clip(lower=0).fillna(0) for item in asked)
    is_answered = sum(item.notna().astype("int8") for item in asked) > 0
    scored["impact_points"] = recoded.where(is_answered).mask(frame["ebddiff"] == 0, 0)
    return pd.DataFrame(scored).astype("Int8")


def time_pandas(
    connection: duckdb.DuckDBPyConnection, scoring: Callable[[pd.DataFrame], pd.DataFrame], *, number: str
) -> tuple[float, pd.DataFrame]:
    """Seconds from a frame in memory with answers as `number` (float64, float32), and what was scored."""
    frame = connection.execute(f"SELECT informant_code, {', '.join(SDQ_ITEMS)} FROM typed.sdq_answers").df()
    frame = frame.astype(dict.fromkeys(SDQ_ITEMS, number)).astype({"informant_code": "category"})
    started = time.perf_counter()
    scored = scoring(frame)
    return time.perf_counter() - started, scored


PANDAS_WAYS = {
    "pandas": (score_in_pandas, "float64"),
    "pandas_columns": (score_in_pandas_by_columns, "float32"),
}
WAYS = ("parse", "table", "scores", *PANDAS_WAYS)


def differing_points(connection: duckdb.DuckDBPyConnection, scored: pd.DataFrame) -> int:
    """How many points of the two ways differ; both keep the order of typed.sdq_answers."""
    ours = connection.execute(f"SELECT {', '.join(OUTCOMES)} FROM scored").df().astype("float64")
    theirs = scored.astype("float64")
    return int(sum((~np.isclose(ours[name], theirs[name], equal_nan=True)).sum() for name in OUTCOMES))


def _run_way(way: str, path: Path) -> None:
    connection = duckdb.connect(config={"threads": "2"})
    measured = {"seconds": parse(connection, path)}
    if way != "parse":
        make_typed(connection)
        connection.execute("DROP TABLE delivered")
        measured["seconds"] = score_here(connection, columns="*" if way == "table" else ", ".join(OUTCOMES))
    if way.startswith("pandas"):
        scoring, number = PANDAS_WAYS[way]
        measured["seconds"], scored = time_pandas(connection, scoring, number=number)
        measured["differing_points"] = differing_points(connection, scored)
    print(json.dumps(measured))


def _own_process(way: str, path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--way", way, "--path", str(path)]
    finished = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    return dict(json.loads(finished.stdout.splitlines()[-1]))


def main() -> None:
    """Measure, compare the points, and print each way and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--way")
    parser.add_argument("--path", type=Path)
    chosen = parser.parse_args()
    if chosen.way:
        _run_way(chosen.way, chosen.path)
        return
    with tempfile.TemporaryDirectory(prefix="bench-sdq-") as name:
        path = Path(name) / "sdq.csv"
        write_delivery(path, rows=chosen.rows)
        print(f"{chosen.rows} forms, {path.stat().st_size / 1e6:.0f} MB", flush=True)
        runs = [{way: _own_process(way, path) for way in WAYS} for _ in range(chosen.times)]
    differing = sum(run[way]["differing_points"] for run in runs for way in PANDAS_WAYS)
    if differing:
        sys.exit(f"pandas and the SQL differ on {differing:.0f} points: nothing was measured")
    best = {way: min(run[way]["seconds"] for run in runs) for way in runs[0]}
    for way, seconds in best.items():
        every = ", ".join(f"{run[way]['seconds']:.2f}" for run in runs)
        print(f"{way}: {seconds:.2f} s, the fastest of {every}")
    print("Each way against another within one run, the middle of the runs (lowest to highest):")
    print(f"table / bare parse = {_ratios(runs, 'table', 'parse')} (aim <= {AIM_OF_PARSE})")
    print(f"pandas / scores = {_ratios(runs, 'pandas', 'scores')} (aim >= {AIM_TIMES_PANDAS})")
    print(f"pandas tuned by hand / scores = {_ratios(runs, 'pandas_columns', 'scores')}")


def _ratios(runs: list[dict[str, dict[str, float]]], way: str, other: str) -> str:
    """What a noisy machine does to one of two ways within a run it mostly does to the other, so ratios are of one run each."""
    found = sorted(run[way]["seconds"] / run[other]["seconds"] for run in runs)
    return f"{statistics.median(found):.2f} ({found[0]:.2f} to {found[-1]:.2f})"


if __name__ == "__main__":
    main()
