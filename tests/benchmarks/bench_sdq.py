"""What does it cost to score two million SDQ forms, beside DuckDB's bare parse of the file they came from, and beside pandas?

Run by `make bench`. A made-up delivery is written, then each way is run in a process of its own, in memory and on two threads,
several times in turn; the fastest of each counts, so that what else the machine does weighs least. The floor is `read_csv` into
typed columns with nothing checked. Ours is sql/core/fct_sdq_scored_form.sql as it stands, from the typed table to a table. The
pandas way scores the same forms from a frame of numbers (float32, missing is NaN), column by column without a loop over rows and
with the same results, which are compared before anything is printed.
"""

# ruff: noqa: T201  # a script: what it prints is its result

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
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
OUTCOMES = (*(f"{scale}_points" for scale in SCALES), "total_points", "impact_points")
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


def score_here(connection: duckdb.DuckDBPyConnection) -> float:
    """Seconds of ours: the table of core, from the file that makes it."""
    sql = (asset_root("sql") / "core" / "fct_sdq_scored_form.sql").read_text(encoding="utf-8")
    started = time.perf_counter()
    connection.execute(f"CREATE OR REPLACE TABLE scored AS {sql}")
    return time.perf_counter() - started


def score_in_pandas(frame: Any) -> Any:
    """The same points as float columns, missing is NaN: vectorised over forms, a few operations per item."""
    import numpy as np
    import pandas as pd

    scored = {}
    for scale, names in SCALES.items():
        items = [2 - frame[name] if name in TURNED else frame[name] for name in names]
        answered = sum(item.notna().astype("int8") for item in items)
        total = sum(item.fillna(0) for item in items)
        scored[f"{scale}_points"] = np.floor(total * 5 / answered.where(answered >= 3) + 0.5)
    scored["total_points"] = sum(scored[f"{scale}_points"] for scale in SCALES if scale != "prosocial")
    is_teacher = frame["informant_code"] == "teacher"
    asked = [frame[name].mask(is_teacher) if name in ("imphome", "impleis") else frame[name] for name in IMPACT]
    recoded = sum((item - 1).clip(lower=0).fillna(0) for item in asked)
    is_answered = sum(item.notna().astype("int8") for item in asked) > 0
    scored["impact_points"] = recoded.where(is_answered).mask(frame["ebddiff"] == 0, 0)
    return pd.DataFrame(scored)


def time_pandas(connection: duckdb.DuckDBPyConnection) -> tuple[float, Any]:
    """Seconds of pandas from a frame already in memory, and what it scored."""
    items = ", ".join(f"CAST({name} AS FLOAT) AS {name}" for name in SDQ_ITEMS)
    frame = connection.execute(f"SELECT informant_code, {items} FROM typed.sdq_answers").df()
    frame["informant_code"] = frame["informant_code"].astype("category")
    started = time.perf_counter()
    scored = score_in_pandas(frame)
    return time.perf_counter() - started, scored


def differing_points(connection: duckdb.DuckDBPyConnection, scored: Any) -> int:
    """How many points of the two ways differ; both keep the order of typed.sdq_answers."""
    import numpy as np

    ours = connection.execute(f"SELECT {', '.join(OUTCOMES)} FROM scored").df().astype("float64")
    return int(sum((~np.isclose(ours[name], scored[name], equal_nan=True)).sum() for name in OUTCOMES))


def _run_way(way: str, path: Path) -> None:
    connection = duckdb.connect(config={"threads": "2"})
    measured: dict[str, float] = {}
    usage = resource.getrusage(resource.RUSAGE_SELF)
    parsing = parse(connection, path)
    after = resource.getrusage(resource.RUSAGE_SELF)
    if way == "parse":
        measured = {"seconds": parsing, "processor_seconds": _spent(usage, after)}
    else:
        make_typed(connection)
        connection.execute("DROP TABLE delivered")
        before = resource.getrusage(resource.RUSAGE_SELF)
        seconds = score_here(connection)
        measured = {"seconds": seconds, "processor_seconds": _spent(before, resource.getrusage(resource.RUSAGE_SELF))}
    if way == "pandas":
        seconds, scored = time_pandas(connection)
        measured = {"seconds": seconds, "differing_points": differing_points(connection, scored)}
    print(json.dumps(measured))


def _spent(before: resource.struct_rusage, after: resource.struct_rusage) -> float:
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


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
        runs = [{way: _own_process(way, path) for way in ("parse", "ours", "pandas")} for _ in range(chosen.times)]
    differing = sum(run["pandas"]["differing_points"] for run in runs)
    if differing:
        sys.exit(f"pandas and the SQL differ on {differing:.0f} points: nothing was measured")
    best = {way: min(run[way]["seconds"] for run in runs) for way in runs[0]}
    for way, seconds in best.items():
        every = ", ".join(f"{run[way]['seconds']:.2f}" for run in runs)
        print(f"{way}: {seconds:.2f} s, the fastest of {every}")
    print(
        f"scoring / bare parse = {best['ours'] / best['parse']:.2f} (aim <= {AIM_OF_PARSE}), "
        f"pandas / scoring = {best['pandas'] / best['ours']:.1f} (aim >= {AIM_TIMES_PANDAS})"
    )


if __name__ == "__main__":
    main()
