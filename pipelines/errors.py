"""The few errors a user can meet: each has a Danish sentence and its own exit code, and prints without a traceback.

A message says where, what kind of thing was found (never a personal value), what was expected, and what to do.
Exit code 1 stays Python's own (a fault of ours) and 2 the command line's (a wrong flag).
"""

from typing import ClassVar


class TrappenError(Exception):
    """Base of every error that a user can mend or report; `str(error)` is the Danish sentence to print."""

    exit_code: ClassVar[int] = 3


class WorkspaceError(TrappenError):
    """The folder is not a workspace, is one already, or lacks something."""

    exit_code = 10


class SettingsError(TrappenError):
    """trappen.toml has a wrong key or value; all of them are named at once."""

    exit_code = 11


class WrongKeyError(TrappenError):
    """The key file does not open the warehouse or the archive."""

    exit_code = 12


class WarehouseBusyError(TrappenError):
    """Another process writes to the warehouse."""

    exit_code = 13


class DiskFullError(TrappenError):
    """There was no room left; the warehouse is as it was."""

    exit_code = 14


class ContractError(TrappenError):
    """A data contract or code table is wrong in itself."""

    exit_code = 15


class UnknownSourceError(TrappenError):
    """No data contract has this id."""

    exit_code = 20


class NotAFileError(TrappenError):
    """The path is a folder, or nothing."""

    exit_code = 21


class EmptyDeliveryError(TrappenError):
    """The file holds no rows."""

    exit_code = 22


class MissingColumnError(TrappenError):
    """Columns that the contract requires are not among the headers."""

    exit_code = 23


class UnclosedQuoteError(TrappenError):
    """A quotation mark is opened and never closed, so rows cannot be told apart."""

    exit_code = 24


class UnreadableFileError(TrappenError):
    """The file is not what its name says: a truncated or protected workbook, an unknown format or encoding."""

    exit_code = 25


class AmbiguousHeaderError(TrappenError):
    """Two columns answer to the same name in the contract."""

    exit_code = 26


class RejectedRowsError(TrappenError):
    """`trappen check` found rows that would be rejected."""

    exit_code = 30


class ExpectationError(TrappenError):
    """A Great Expectations expectation of severity *error* failed; nothing was published."""

    exit_code = 40


class TransformError(TrappenError):
    """A file under sql/ cannot be built: a cycle, an unknown table, a name clash, or an error in it."""

    exit_code = 50


class CheckError(TrappenError):
    """A query under sql/checks returned rows that must not exist."""

    exit_code = 51


class PublishError(TrappenError):
    """A report could not be published: a gate failed, and nothing was written."""

    exit_code = 60


class SimulateError(TrappenError):
    """`trappen simulate` cannot write where it should, or was asked for things that do not go together; nothing was written."""

    exit_code = 61


class ProveError(TrappenError):
    """`trappen prove` found a method that does not do what it must; every cell is printed and kept."""

    exit_code = 62


class ExplainError(TrappenError):
    """`trappen explain` was asked for a figure or a year that there is none of."""

    exit_code = 63


class PlanError(TrappenError):
    """The analysis plan is missing, wrong, or locked already; nothing was changed."""

    exit_code = 64
