"""How fast does the command answer, and what does it load for a small task?"""

import subprocess
import sys
import time
from pathlib import Path

from tests.support import processor_seconds_of_children

BARE_APP = "import typer\napp = typer.Typer()\n@app.command()\ndef one(): pass\n@app.command()\ndef two(): pass\napp()"
OUR_APP = "from pipelines.cli import main; main()"
ROWS = 10_000


def seconds(code: str, *arguments: str) -> float:
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, check=True)
    return time.monotonic() - started


def test_help_takes_hardly_longer_than_a_bare_typer_app() -> None:
    pairs = [(seconds(OUR_APP, "--help"), seconds(BARE_APP, "--help")) for _ in range(7)]
    # the least time of each is the one that the machine's other work disturbed least
    ours, bare = (min(times) for times in zip(*pairs, strict=True))
    assert ours <= 1.4 * bare


def write_measures(path: Path) -> None:
    rows = (f"010199{5000 + n % 4000:04d};A{n};§ 30;01-01-2025" for n in range(ROWS))
    path.write_text("CPR;Ydelsesnummer;Paragraf;Startdato\n" + "\n".join(rows) + "\n", encoding="utf-8")


def test_check_of_ten_thousand_rows_is_quick_and_loads_no_great_expectations(tmp_path: Path) -> None:
    write_measures(tmp_path / "measures.csv")
    code = (
        "import sys\nfrom pipelines.cli import app\n"
        "app(['check', sys.argv[1], '--source', 'measures'], standalone_mode=False)\n"
        "print(' '.join(sorted(name for name in sys.modules if '.' not in name)))\n"
    )
    started = processor_seconds_of_children()
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "measures.csv")], capture_output=True, text=True, check=True
    )
    assert processor_seconds_of_children() - started < 4  # about 2 s on a quiet machine
    assert f"{ROWS} rækker modtaget" in done.stdout
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"great_expectations", "matplotlib", "polars", "scipy", "papermill"})
