"""What does a smaller question add to a section: tables for the appendix, or a sentence on what is missing, and its numbers."""

from dataclasses import dataclass

from pipelines.disclosure.table import ProtectedTable
from pipelines.publish.section import DeclaredNumber


@dataclass(frozen=True)
class SectionPart:
    """Appendix tables, each with its plain sentence after the source; `sentences` say what did not come or cannot be shown."""

    tables: tuple[ProtectedTable, ...]
    sentences: tuple[str, ...]
    declared_numbers: tuple[DeclaredNumber, ...] = ()
