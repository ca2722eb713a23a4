"""What does a report say of the study behind its methods: when, how often, from which seed, and whether the code has changed.

Reads the kept study as plain JSON, so that publishing a report loads no simulator.
"""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.assets import asset_root
from pipelines.prove.fingerprint import measured_checksum
from pipelines.publish.danish import number, text_date

STALE = "Beregningen er ældre end koden."
MISSING = "Metoderne er ikke afprøvet i denne udgave af systemet."


def kept_study() -> Path:
    """Where the study that comes with the program lies."""
    return asset_root("reports") / "study" / "study.json"


@cache
def study_sentence() -> str:
    """The sentence of the kept study, for the last page of a report."""
    path = kept_study()
    if not path.exists():
        return MISSING
    return sentence_of(json.loads(path.read_text(encoding="utf-8")), checksum=measured_checksum())


def sentence_of(plain: dict[str, Any], *, checksum: str) -> str:
    """What a report says of a study (plain values of its JSON) when today's code has this checksum."""
    cells = plain["cells"]
    wrong = sum(cell["as_expected"] is False for cell in cells)
    said = [
        f"Metoderne er afprøvet {text_date(date.fromisoformat(plain['date']))} på opdigtede kommuner, hvor svaret er kendt: "
        f"{number(plain['repetitions'])} gentagelser af {number(len(cells))} afprøvninger, frø {plain['seed']}."
    ]
    if wrong:
        said.append(f"{number(wrong)} af dem gik ikke, som de skulle.")
    if plain["checksum"] != checksum:
        said.append(STALE)
    return " ".join(said)
