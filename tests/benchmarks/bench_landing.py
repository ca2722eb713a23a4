"""How much does landing cost over DuckDB's bare `read_csv` of the same file into a typed table, in the same run?

Run by `make bench`. A made-up SDQ delivery of two million rows is written, then each way is run in a process of its own, so
that its peak memory is its own: the floor (bare typed `read_csv`, nothing checked, in memory and into an encrypted DuckDB
file) and ours (hash, count, typing, reasons, pseudonyms, history, encrypted warehouse). Archiving is timed apart, and what
the pseudonyms alone cost on top of reading the numbers, so that the difference to the floor is accounted for.
"""

# ruff: noqa: T201  # a script: what it prints is its result

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.warehouse import _extension_path

_ITEMS = (
    "consid restles somatic shares tantrum loner obeys worries caring fidgety friend fights unhappy popular distrac clingy "
    "kind lies bullied helpout reflect steals oldbest afraid attends ebddiff distres imphome impfrie impclas impleis"
)
SDQ_ITEMS = _ITEMS.split()
TARGET_RATIO = 2.5
TARGET_GIGABYTES = 1.5


def write_delivery(path: Path, *, rows: int) -> None:
    """Write the delivery: three forms per child, dates over 600 days, two in a hundred answers left out."""
    answers = ", ".join(
        f"CASE WHEN h{place % 4} // {7 ** (place // 4)} % 50 = 0 THEN NULL ELSE h{place % 4} // {3 ** (place // 4)} % 3 END "
        f"AS {item}"
        for place, item in enumerate(SDQ_ITEMS)
    )
    # CPR numbers of people born 1858-1899 (7th digit 5-8, year 58-99): nobody alive
    cpr = (
        "printf('%02d%02d%02d%d%03d', 1 + child % 28, 1 + child // 28 % 12, 60 + child // 336 % 38, "
        "5 + child // 12768 % 4, child // 51072 % 1000)"
    )
    connection = duckdb.connect()
    connection.execute(f"""
        COPY (
            WITH forms AS (
                SELECT i, i // 3 AS child, hash(i) AS h0, hash(i + 1000000007) AS h1, hash(i * 7 + 3) AS h2,
                    hash(i * 13 + 5) AS h3
                FROM range({rows}) AS numbers (i)
            )
            SELECT {cpr} AS cpr, strftime(DATE '2024-08-01' + (i % 3 * 200 + h1 % 200)::INTEGER, '%d-%m-%Y') AS dato,
                ['forælder', 'lærer', 'selv'][1 + i % 3] AS udfylder, '4-10' AS version,
                CASE WHEN h2 % 2 = 0 THEN 'ja' ELSE 'nej' END AS "opfølgning", 'S' || (h3 % 60) AS institutionsnummer, {answers}
            FROM forms
        ) TO '{path}' (HEADER, DELIMITER ';')
    """)
    connection.close()


def read_bare(path: Path, *, file: Path | None) -> dict[str, float]:
    """The floor: one typed table, nothing checked, in memory or in an encrypted file."""
    columns = {
        "cpr": "VARCHAR",
        "answered": "DATE",
        "informant": "VARCHAR",
        "version": "VARCHAR",
        "follow_up": "VARCHAR",
    }
    columns |= {"institution": "VARCHAR"} | dict.fromkeys(SDQ_ITEMS, "TINYINT")
    connection = duckdb.connect(config={"threads": "2"})
    if file is not None:
        connection.execute(f"LOAD '{_extension_path('httpfs')}'")
        connection.execute(f"ATTACH '{file}' AS floor (ENCRYPTION_KEY 'made up')")
        connection.execute("USE floor")
    started = time.perf_counter()
    connection.execute(
        f"CREATE TABLE answers AS SELECT * FROM read_csv('{path}', columns = {columns}, delim = ';', header = true, "
        "auto_detect = false, quote = '\"', escape = '\"', dateformat = '%d-%m-%Y')"
    )
    elapsed = time.perf_counter() - started
    connection.close()
    return {"seconds": elapsed}


def make_pseudonyms(path: Path) -> dict[str, float]:
    """What the pseudonyms cost alone: reading the numbers and making them, less reading the numbers."""
    from pipelines.typed.pseudonym import pads, pseudonym_sql

    connection = duckdb.connect(config={"threads": "2"})
    numbers = f"SELECT column00 FROM read_csv('{path}', delim = ';', header = false, skip = 1, all_varchar = true, auto_detect = true)"
    taken = []
    with pads(connection, bytes(32)):
        for query in (
            f"SELECT max(column00) FROM ({numbers})",
            f"SELECT max({pseudonym_sql('column00')}) FROM ({numbers})",
        ):
            started = time.perf_counter()
            connection.execute(query).fetchall()
            taken.append(time.perf_counter() - started)
    return {"seconds": taken[1] - taken[0]}


def land(path: Path, folder: Path) -> dict[str, float]:
    """Ours, from the file to committed rows in the encrypted warehouse; then the archive."""
    from pipelines.landing import delivery
    from pipelines.landing.sniff import Content, file_facts
    from pipelines.warehouse import open_warehouse
    from pipelines.workspace import create_workspace

    workspace = create_workspace(
        folder / "workspace", profile="vordingborg_next_step", municipality_name="Tællekøbing", is_constructed=True
    )
    timed: dict[str, float] = {}
    archive = delivery.archive_file

    def timed_archive(*arguments: object, **named: object) -> str:
        started = time.perf_counter()
        name = archive(*arguments, **named)  # type: ignore[arg-type]  # passed on as it came
        timed["archive_seconds"] = time.perf_counter() - started
        return name

    delivery.archive_file = timed_archive
    started = time.perf_counter()
    file_facts(Content(path.name, path=path))
    timed["of_which_hash_and_count"] = time.perf_counter() - started
    with open_warehouse(workspace) as connection:
        started = time.perf_counter()
        result = delivery.land_delivery(connection, workspace, path, source="sdq_answers", now=datetime(2026, 1, 1))
        timed["seconds"] = time.perf_counter() - started - timed["archive_seconds"]
    timed["rows_typed"], timed["rows_rejected"] = result.rows_typed, result.rows_rejected
    return timed


def _own_process(way: str, path: Path, folder: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--way", way, "--path", str(path), "--folder", str(folder)]
    finished = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    return dict(json.loads(finished.stdout.splitlines()[-1]))


def _run_way(way: str, path: Path, folder: Path) -> None:
    import resource

    match way:
        case "floor":
            measured = read_bare(path, file=None)
        case "floor_encrypted":
            measured = read_bare(path, file=folder / "floor.duckdb")
        case "pseudonyms":
            measured = make_pseudonyms(path)
        case _:
            measured = land(path, folder)
    measured["gigabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    usage = resource.getrusage(resource.RUSAGE_SELF)
    measured["processor_seconds"] = usage.ru_utime + usage.ru_stime
    print(json.dumps(measured))


def main() -> None:
    """Measure, and print each way, the ratios and what our time is spent on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--way")
    parser.add_argument("--path", type=Path)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    if chosen.way:
        _run_way(chosen.way, chosen.path, chosen.folder)
        return
    with tempfile.TemporaryDirectory(prefix="bench-landing-") as name:
        folder = Path(name)
        path = folder / "sdq.csv"
        write_delivery(path, rows=chosen.rows)
        print(f"{chosen.rows} rows, {path.stat().st_size / 1e6:.0f} MB", flush=True)
        ways = {way: _own_process(way, path, folder) for way in ("floor", "floor_encrypted", "pseudonyms", "ours")}
    for way, measured in ways.items():
        print(way, " ".join(f"{key}={value:.2f}" for key, value in measured.items()))
    ours, floor, encrypted = (ways[way]["seconds"] for way in ("ours", "floor", "floor_encrypted"))
    print(
        f"landing / floor = {ours / floor:.2f} (aim <= {TARGET_RATIO}), landing / floor into an encrypted file = "
        f"{ours / encrypted:.2f}; peak {ways['ours']['gigabytes']:.2f} GB (aim <= {TARGET_GIGABYTES})"
    )
    spent = {
        "reading typed (the floor)": floor,
        "storing encrypted": encrypted - floor,
        "pseudonyms": ways["pseudonyms"]["seconds"],
        "SHA-256 of the file and the independent count": ways["ours"]["of_which_hash_and_count"],
    }
    spent["text instead of typed columns, codes, reasons, warnings, history"] = ours - sum(spent.values())
    for part, seconds in spent.items():
        print(f"  {seconds:5.1f} s  {part}")


if __name__ == "__main__":
    main()
