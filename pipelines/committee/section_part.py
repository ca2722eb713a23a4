"""What does a smaller question add to a section: tables for the appendix, one plain sentence, and the numbers it defines."""

from dataclasses import dataclass

from pipelines.disclosure.table import ProtectedTable
from pipelines.publish.section import DeclaredNumber


@dataclass(frozen=True)
class SectionPart:
    """Appendix tables and the sentences that go with them. Without data: no table, and the sentence says what did not come."""

    tables: tuple[ProtectedTable, ...]
    sentences: tuple[str, ...]
    declared_numbers: tuple[DeclaredNumber, ...] = ()
