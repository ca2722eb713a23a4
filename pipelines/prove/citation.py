"""What does a report say of the study behind its methods: when, how often, from which seed, and whether the code has changed.

Reads the kept study as plain JSON, so that publishing a report loads no simulator.
"""

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.assets import asset_root
from pipelines.prove.fingerprint import measured_checksum
from pipelines.prove.kinds import METHODS, MODELS
from pipelines.publish.danish import number, text_date

STALE = "Beregningen er ældre end koden."
MISSING = "Metoderne er ikke afprøvet i denne udgave af systemet."


def kept_study(study: str = METHODS) -> Path:
    """Where the study of that name that comes with the program lies."""
    return asset_root("reports") / "study" / f"{study}.json"


@cache
def study_sentence() -> str:
    """The sentence of the kept study, for the last page of a report."""
    path = kept_study()
    if not path.exists():
        return MISSING
    return sentence_of(json.loads(path.read_text(encoding="utf-8")), checksum=measured_checksum())


@cache
def models_citation() -> str:
    """The sentence of the kept study of the comparison of models, for a report that compares them."""
    path = kept_study(MODELS)
    if not path.exists():
        return MISSING
    return models_sentence_of(json.loads(path.read_text(encoding="utf-8")), checksum=measured_checksum(MODELS))


def outcome_words(outcomes: Sequence[bool | None], *, shown: int) -> str:
    """How many trials went as they must, did not, or are undecided (None), and how many are only shown. In Danish."""
    if not outcomes:
        return f"Ingen afprøvninger har krav. {number(shown)} vises."
    right, wrong = (sum(outcome is wanted for outcome in outcomes) for wanted in (True, False))
    said = f"{number(right)} af {number(len(outcomes))} afprøvninger gik, som de skulle"
    others = []
    if wrong:
        others.append(f"{number(wrong)} gik ikke, som {'den' if wrong == 1 else 'de'} skulle")
    if None in outcomes:
        others.append(f"{number(outcomes.count(None))} er ikke afgjort")
    # the comma also before "og": a clause ends there
    said += "".join(f", {'og ' if place == len(others) else ''}{other}" for place, other in enumerate(others, 1))
    beside = f" Desuden vises {number(shown)} uden krav." if shown else ""
    return f"{said}.{beside}"


def sentence_of(plain: dict[str, Any], *, checksum: str) -> str:
    """What a report says of a study (plain values of its JSON) when today's code has this checksum."""
    return _sentences("Metoderne er afprøvet", plain, checksum=checksum)


def models_sentence_of(plain: dict[str, Any], *, checksum: str) -> str:
    """As `sentence_of`, of the study of the comparison of models."""
    return _sentences("Sammenligningen og dens svar er afprøvet", plain, checksum=checksum)


def _sentences(opening: str, plain: dict[str, Any], *, checksum: str) -> str:
    cells = plain["cells"]
    outcomes = [cell["as_expected"] for cell in cells if cell["expectation"]["kind"] != "shown"]
    said = [
        f"{opening} {text_date(date.fromisoformat(plain['date']))} på opdigtede kommuner, hvor svaret er kendt: "
        f"{number(plain['repetitions'])} gentagelser, frø {plain['seed']}.",
        outcome_words(outcomes, shown=len(cells) - len(outcomes)),
    ]
    if plain["checksum"] != checksum:
        said.append(STALE)
    return " ".join(said)
