"""DuckDB's errors in our words: its CSV messages print whole rows, so nothing of them may be shown, logged or chained."""

import csv
import zlib
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from xml.etree import ElementTree

import duckdb

from pipelines.errors import DiskFullError, TrappenError, UnreadableFileError
from pipelines.warehouse import in_words

_UNREADABLE = (duckdb.Error, OSError, UnicodeError, csv.Error, zlib.error, ElementTree.ParseError)
P = ParamSpec("P")
R = TypeVar("R")


def in_plain_words(function: Callable[P, R]) -> Callable[P, R]:
    """The function, raising our own errors in place of DuckDB's; the new error has no link to the old one."""

    @wraps(function)
    def plain(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return function(*arguments, **named)
        except TrappenError:
            raise
        except _UNREADABLE as error:
            failure = _plain_error(error)
        # outside the handler: raised inside it, the error would carry DuckDB's text along as its context
        raise failure

    return plain


def _plain_error(error: Exception) -> Exception:
    try:
        with in_words():
            raise error
    except DiskFullError as full:
        return DiskFullError(*full.args)
    except duckdb.OutOfMemoryException:
        return DiskFullError(
            "Leverancen kræver mere hukommelse, end der er givet. Intet er ændret. "
            "Sæt memory_limit op under [warehouse] i trappen.toml, og kør igen."
        )
    except duckdb.InvalidInputException:
        return UnreadableFileError(
            "Leverancen kan ikke læses som CSV. Åbn filen i Excel, gem den igen som CSV eller .xlsx, og kør igen. "
            "Intet er læst ind."
        )
    except duckdb.Error as unexpected:
        return RuntimeError(f"DuckDB failed while landing: {type(unexpected).__name__}")
    except PermissionError:
        return UnreadableFileError(
            "Filen eller mappen må ikke læses eller skrives af den bruger, der kører trappen. Ret rettighederne, og kør igen."
        )
    except OSError as unexpected:
        return unexpected
    except (UnicodeError, csv.Error, zlib.error, ElementTree.ParseError):
        return UnreadableFileError(
            "Filen er beskadiget eller blander tegnsæt. Åbn den i Excel, gem den igen som .xlsx, og kør igen. "
            "Intet er læst ind."
        )
