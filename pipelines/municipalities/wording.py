"""What is wrong with a profile, in words: every fault that validation found as one plain Danish line."""

from datetime import date
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_TYPES = {
    "int": "et helt tal",
    "float": "et tal",
    "bool": "true eller false",
    "string": "tekst i anførselstegn",
    "date": "en dato som 2026-09-30",
    "model": "et afsnit med nøgler",
    "dict": "et afsnit med nøgler",
    "tuple": "en liste i kantede klammer eller afsnit med dobbelt klamme",
}


def danish_lines(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One line per fault, in the order of the model; `model` is what was validated, and tells which keys are allowed."""
    details = error.errors()
    return [_line(detail, model) for detail in details if not _is_echo(detail, details)]


def _is_echo(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether a list is called too short only because what stands in it is wrong, which is named already."""
    depth = len(detail["loc"])
    within = (other for other in details if len(other["loc"]) > depth and other["loc"][:depth] == detail["loc"])
    return detail["type"] == "too_short" and any(within)


def _line(detail: ErrorDetails, model: type[BaseModel]) -> str:
    key = _key(detail["loc"])
    given, limits = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return f"{key} kendes ikke. Tilladt her: {', '.join(_allowed_keys(model, detail['loc'][:-1]))}."
        case "missing":
            return f"{key} mangler og skal udfyldes."
        case "greater_than":
            return f"{key} er {given!r}, men skal være større end {limits['gt']}."
        case "greater_than_equal":
            return f"{key} er {given!r}, men skal være mindst {limits['ge']}."
        case "less_than_equal":
            return f"{key} er {given!r}, men må højst være {limits['le']}."
        case "string_pattern_mismatch":
            return f"{key} er {given!r}, men skal have formen {limits['pattern']}."
        case "literal_error":
            return f"{key} er {given!r}, men skal være {str(limits['expected']).replace(' or ', ' eller ')}."
        case "string_too_short":
            return f"{key} er {given!r}, men skal have mindst {limits['min_length']} tegn."
        case "string_too_long":
            return f"{key} må højst have {limits['max_length']} tegn."
        case "too_short":
            return f"{key} skal have mindst {limits['min_length']}."
        case "value_error":
            return f"{key}: {limits['error']}." if key else f"{limits['error']}."
        case kind:
            given = given if isinstance(given, date) else repr(given)  # a date in quotation marks is what may be wrong
            return f"{key} er {given}, men skal være {_TYPES.get(kind.split('_')[0], kind)}."


def _key(location: tuple[int | str, ...]) -> str:
    return "".join(f" nr. {part + 1}" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _allowed_keys(model: type[BaseModel], parents: tuple[int | str, ...]) -> list[str]:
    for parent in (part for part in parents if isinstance(part, str)):
        model = next(iter(_models_in(model.model_fields[parent].annotation)))
    return sorted(model.model_fields)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models named anywhere in an annotation: `tuple[Forum, ...]` gives Forum."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
