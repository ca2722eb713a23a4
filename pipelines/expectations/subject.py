"""Which rows are judged: a table with its contract and the query that gives its current rows."""

from dataclasses import dataclass

from pipelines.contracts import Contract


@dataclass(frozen=True)
class Subject:
    """A table to judge: its contract, its schema, and whether superseded rows must be left out."""

    contract: Contract
    schema: str
    is_versioned: bool

    @property
    def query(self) -> str:
        """The rows to judge: the contract's columns of the current rows."""
        columns = ", ".join(f'"{column.name}"' for column in self.contract.columns)
        current = " where valid_to is null" if self.is_versioned else ""
        return f'select {columns} from {self.schema}."{self.contract.contract_id}"{current}'
