"""Which world is the made-up municipality in: short TOML files that set only what differs from the default parameters.

A scenario says in Danish what it shows, and changes parameters by part and name. A study also needs municipalities of several
sizes: `districts_profile` makes one with so many equally large districts.
"""

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_type_hints

from pipelines.errors import SettingsError
from pipelines.simulate.municipality import DEFAULT_DATA_END
from pipelines.simulate.parameters import Parameters, disagreements, limits_of
from pipelines.simulate.profile import ADVISER, CASEWORKER
from pipelines.typed.made_up import UNIT_PREFIX

_FOLDER = Path(__file__).parent
_DEFAULT_CHILDREN = 5000
MODEL_START_DATE = date(2023, 8, 1)
FEWEST_CHILDREN = 50
MOST_CHILDREN = 1_500_000
"""Fewer give districts without children; more have no CPR numbers left that belong to nobody."""
_YEARS = range(2015, 2101)
_LARGEST_WHOLE = 2**53
"""TOML's whole numbers have no end; beyond this a float does not hold them."""

_KNOWN = {"title", "explanation", "children_count", "data_end_date", "adviser_start_dates", "parameters"}


@dataclass(frozen=True)
class Scenario:
    """A named world: parameters, how many children, until which day; `title` and `explanation` are Danish.

    adviser_start_dates: first days of the adviser model in the municipalities of a study (`districts_profile`), the earliest
    first; a municipality with a profile has its own.
    """

    name: str
    title: str
    explanation: str
    parameters: Parameters
    children_count: int = _DEFAULT_CHILDREN
    data_end_date: date = DEFAULT_DATA_END
    adviser_start_dates: tuple[date, ...] = (MODEL_START_DATE,)

    @property
    def has_years_before(self) -> bool:
        """Whether the registers reach back to before the first adviser."""
        return self.adviser_start_dates != (MODEL_START_DATE,)


def scenario_names() -> tuple[str, ...]:
    """Names of the scenarios that come with the program, alphabetically."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load_scenario(name_or_path: str | Path) -> Scenario:
    """The scenario of that name, or of that TOML file.

    Raises:
        SettingsError: there is none, it is not TOML, or it sets something that does not exist, has another type, lies
        outside its limits or does not go with the rest; every wrong line is named at once.
    """
    path = Path(name_or_path)
    if str(name_or_path) in scenario_names():
        path = _FOLDER / f"{name_or_path}.toml"
    elif not path.is_file():
        raise SettingsError(
            f"Scenariet '{name_or_path}' findes ikke. Vælg en fil eller en af disse: {', '.join(scenario_names())}."
        )
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise SettingsError(f"{path.name} kan ikke læses som TOML i UTF-8. Ret filen, og prøv igen.") from None
    problems = [f"{key} kendes ikke" for key in plain if key not in _KNOWN]
    parameters = _changed(Parameters(), plain.get("parameters", {}), problems)
    children_count = plain.get("children_count", _DEFAULT_CHILDREN)
    data_end_date = plain.get("data_end_date", DEFAULT_DATA_END)
    if type(children_count) is not int or not FEWEST_CHILDREN <= children_count <= MOST_CHILDREN:
        problems.append(f"children_count skal være et helt tal fra {FEWEST_CHILDREN} til {MOST_CHILDREN}")
    if type(data_end_date) is not date or data_end_date.year not in _YEARS:
        problems.append(f"data_end_date skal være en dato fra {_YEARS[0]} til {_YEARS[-1]}, fx 2026-09-30")
    starts = plain.get("adviser_start_dates", [MODEL_START_DATE])
    if not _are_starts(starts):
        problems.append("adviser_start_dates skal være datoer i rækkefølge, fx [2022-08-01, 2023-08-01]")
    problems += disagreements(parameters)
    if problems:
        raise SettingsError(f"{path.name}: {'; '.join(problems)}. Ret filen, og prøv igen.")
    title = str(plain.get("title", path.stem))
    return Scenario(
        path.stem, title, str(plain.get("explanation", "")), parameters, children_count, data_end_date, tuple(starts)
    )


def _are_starts(starts: Any) -> bool:
    is_list_of_dates = isinstance(starts, list) and all(type(start) is date for start in starts)
    return is_list_of_dates and bool(starts) and starts == sorted(starts)


def _changed(parameters: Parameters, parts: Any, problems: list[str]) -> Parameters:
    if not isinstance(parts, Mapping):
        problems.append("parameters skal være afsnit, fx [parameters.sdq]")
        return parameters
    known = {part.name for part in fields(parameters)}
    problems += [f"parameters.{part} kendes ikke" for part in parts if part not in known]
    changes = {
        part: _changed_part(part, getattr(parameters, part), values, problems)
        for part, values in parts.items()
        if part in known
    }
    return dataclasses.replace(parameters, **changes)


def _changed_part(part: str, default: Any, values: Any, problems: list[str]) -> Any:
    if not isinstance(values, Mapping):
        problems.append(f"parameters.{part} skal være et afsnit")
        return default
    assert is_dataclass(default)
    types = get_type_hints(type(default))
    changes = {}
    for name, value in values.items():
        if name not in types:
            problems.append(f"parameters.{part}.{name} kendes ikke")
        elif (read := _read(value, types[name], getattr(default, name))) is None:
            problems.append(f"parameters.{part}.{name} har en forkert type")
        elif limits := _limits_broken(read, default, name):
            problems.append(f"parameters.{part}.{name} skal være fra {_danish(limits[0])} til {_danish(limits[1])}")
        else:
            changes[name] = read
    return dataclasses.replace(default, **changes)  # type: ignore[type-var]


def _limits_broken(read: Any, default: Any, name: str) -> tuple[float, float] | None:
    """The parameter's limits, if a number in the value lies outside them; "not a number" lies outside all."""
    numbers = [number for number in (read if isinstance(read, tuple) else (read,)) if type(number) in (int, float)]
    if not numbers:
        return None
    least, most = limits_of(next(item for item in fields(default) if item.name == name))
    return None if all(least <= number <= most for number in numbers) else (least, most)


def _danish(number: float) -> str:
    return f"{number:g}".replace(".", ",")


def _read(value: Any, kind: Any, default: Any) -> Any:
    """The value in the parameter's own type, None where it does not fit."""
    if type(value) is int and abs(value) > _LARGEST_WHOLE:
        return None
    if kind is bool or isinstance(value, bool):
        return value if kind is bool and isinstance(value, bool) else None
    if kind is float:
        return float(value) if isinstance(value, int | float) else None
    if kind is int:
        return value if isinstance(value, int) else None
    if isinstance(value, list):
        numbers = all(type(item) is float or (type(item) is int and abs(item) <= _LARGEST_WHOLE) for item in value)
        fits = numbers and isinstance(default, tuple) and len(value) == len(default)
        return tuple(map(float, value)) if fits else None
    return value if type(value) is date and "date" in str(kind) else None


def districts_profile(
    *, district_count: int, adviser_count: int, adviser_starts: Sequence[date] = (MODEL_START_DATE,)
) -> dict[str, Any]:
    """A plain profile of so many invented, equally large districts, the first `adviser_count` of them with advisers.

    adviser_starts: first days of the model, in order; the adviser districts are dealt out over them evenly, the first to the first.
    No fora: a study of scores and ladders needs no meetings.

    Raises:
        ValueError: fewer than one district, more advisers than districts, no start, or starts out of order.
    """
    if not 0 <= adviser_count <= district_count or district_count < 1:
        raise ValueError("needs at least one district and at most as many advisers as districts")
    if not adviser_starts or sorted(adviser_starts) != list(adviser_starts):
        raise ValueError("needs the first days of the model, the earliest first")
    districts = [
        {
            "code": f"{UNIT_PREFIX}D{number:04d}",
            "name": f"Distrikt {number}",
            "model": ADVISER if number <= adviser_count else CASEWORKER,
            "share_of_children": 1.0 / district_count,
        }
        for number in range(1, district_count + 1)
    ]
    for place, district in enumerate(districts[:adviser_count]):
        district["model_from"] = adviser_starts[place * len(adviser_starts) // adviser_count]
    demo = {
        "municipality_name": "Konstrueret Kommune",
        "model_start_date": adviser_starts[0],
        "districts": districts,
    }
    return {"demo": demo}
