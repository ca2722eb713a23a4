"""What is delivered, and what does it mean: data_contracts/ as typed objects.

The contracts (Open Data Contract Standard 3.x) are the only source of columns, types, header aliases, row checks, business
keys, sensitivity and Great Expectations suites. Ours stands in `customProperties`: per column `parse`, `aliases`,
`codeTable`, `unit`, `emptyMarks`; per table `businessKey`, `duplicateAdvice`, `rowChecks`, `rowWarnings`, `retention`. Danish
titles are `businessName`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from open_data_contract_standard.model import (
    CustomProperty,
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)

from pipelines.assets import asset_root
from pipelines.codes import CodeTable, OwnCode, load_code_table
from pipelines.errors import ContractError, UnknownSourceError

ParseRule = Literal["cpr", "text", "date", "integer", "decimal", "boolean", "code", "school_year"]
"""How a text cell becomes a value. cpr: pseudonym (UUID). code: through the column's code table. school_year: 2026/27."""

_YAML: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same loader in C, where PyYAML was built with it
Severity = Literal["error", "warning"]
Kind = Literal["source", "table"]


@dataclass(frozen=True)
class Column:
    """One column of a contract. `title` is Danish; `classification` is public, internal, sensitive or pseudonym."""

    name: str
    title: str
    description: str
    physical_type: str
    parse: ParseRule
    is_required: bool
    classification: str
    aliases: tuple[str, ...] = ()
    code_table: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    unit: str | None = None
    empty_marks: tuple[str, ...] = ()
    """What a sender writes in a cell that it leaves without a value; read as an empty cell."""
    own_codes: tuple[OwnCode, ...] = ()
    """Codes of the municipality's profile that `code_table` does not hold."""

    @property
    def codes(self) -> CodeTable:
        """What the cells of a column with a code table may hold."""
        return load_code_table(str(self.code_table)).with_own(self.own_codes)


@dataclass(frozen=True)
class RowCheck:
    """A rule across columns: the row is rejected when the SQL expression `wrong_when` is true (NULL is not wrong)."""

    check_id: str
    wrong_when: str
    columns: tuple[str, ...]
    expected: str
    advice: str


@dataclass(frozen=True)
class RowWarning:
    """Something odd in a row that is read all the same, and counted, when the SQL expression `odd_when` is true.

    It may read the typed columns, `raw_<column>` (the cell as delivered) of `columns`, and `landed_date`, the day the file was
    landed. sentence: what such rows are, and what to look for, in Danish after "3 rækker ".
    """

    warning_id: str
    odd_when: str
    columns: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Expectation:
    """One Great Expectations expectation: its type, arguments, severity, and what it means in Danish when it fails."""

    name: str
    expectation_type: str
    arguments: Mapping[str, Any]
    severity: Severity
    explanation: str


@dataclass(frozen=True)
class Contract:
    """One table: a source (what is delivered) or a table of core or marts."""

    contract_id: str
    kind: Kind
    version: str
    title: str
    description: str
    retention: str
    columns: tuple[Column, ...]
    business_key: tuple[str, ...]
    row_checks: tuple[RowCheck, ...]
    expectations: tuple[Expectation, ...]
    checksum: str
    duplicate_advice: str = ""
    """What the sender is to do with several rows of one key that differ, in Danish; empty: the general advice."""
    row_warnings: tuple[RowWarning, ...] = ()

    def column(self, name: str) -> Column:
        """The column called `name`. Raises KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"contract {self.contract_id} has no column {name!r}")

    @property
    def required_columns(self) -> tuple[Column, ...]:
        """Columns whose header must be present and whose cells must be filled."""
        return tuple(column for column in self.columns if column.is_required)


@cache
def load_contracts(kind: Kind = "source") -> Mapping[str, Contract]:
    """All contracts of one kind by id, alphabetically.

    Raises:
        ContractError: a contract breaks the standard or our additions to it; the file is named.
    """
    folder = asset_root("data_contracts") / {"source": "sources", "table": "tables"}[kind]
    contracts = [_read_contract(path, kind) for path in sorted(folder.glob("*.yaml"))]
    return {contract.contract_id: contract for contract in contracts}


def source_contract(source: str) -> Contract:
    """The contract of a source.

    Raises:
        UnknownSourceError: there is none; the message lists those there are.
    """
    contracts = load_contracts("source")
    if source not in contracts:
        raise UnknownSourceError(f"Kilden '{source}' kendes ikke. Brug en af disse: {', '.join(contracts)}.")
    return contracts[source]


def contracts_checksum() -> str:
    """Twelve hex digits that change when any contract or code table changes."""
    digest = hashlib.sha256()
    root = asset_root("data_contracts")
    for path in sorted((*root.rglob("*.yaml"), *root.rglob("*.csv"))):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _read_contract(path: Path, kind: Kind) -> Contract:
    try:
        plain = yaml.load(path.read_text(encoding="utf-8"), Loader=_YAML)  # noqa: S506 # safe: see _YAML
        document = OpenDataContractStandard.model_validate(plain)
        return _contract(document, kind, path)
    except ContractError:
        raise
    except Exception as error:
        raise ContractError(f"Kontrakten {path.name} kan ikke læses: {error}") from error


def _contract(document: OpenDataContractStandard, kind: Kind, path: Path) -> Contract:
    stem = path.stem
    tables = document.schema_ or []
    if document.id != stem or len(tables) != 1 or tables[0].name != stem:
        raise ContractError(f"Kontrakten {stem}.yaml skal have id og én tabel, der begge hedder {stem}.")
    table = tables[0]
    ours = _custom(table.customProperties)
    columns = tuple(_column(stem, item) for item in table.properties or ())
    contract = Contract(
        contract_id=stem,
        kind=kind,
        version=document.version or "",
        title=table.businessName or stem,
        description=table.description or "",
        retention=str(ours.get("retention", "")),
        columns=columns,
        business_key=tuple(ours.get("businessKey", ())),
        row_checks=tuple(_row_check(item) for item in ours.get("rowChecks", ())),
        expectations=_expectations(table, columns),
        checksum=_checksum(path, columns),
        duplicate_advice=str(ours.get("duplicateAdvice", "")),
        row_warnings=tuple(_row_warning(item) for item in ours.get("rowWarnings", ())),
    )
    _check_names(contract)
    return contract


def _checksum(path: Path, columns: Sequence[Column]) -> str:
    """Twelve hex digits that change with the contract or with a code table that its cells are read by."""
    digest = hashlib.sha256(path.read_bytes())
    for name in sorted({column.code_table for column in columns if column.code_table}):
        table = asset_root("data_contracts") / "codes" / f"{name}.csv"
        digest.update(table.read_bytes() if table.is_file() else b"")
    return digest.hexdigest()[:12]


def _custom(properties: Sequence[CustomProperty] | None) -> dict[str, Any]:
    return {str(item.property): item.value for item in properties or ()}


def _column(contract_id: str, item: SchemaProperty) -> Column:
    ours = _custom(item.customProperties)
    options = item.logicalTypeOptions or {}
    parse = ours.get("parse", "text")
    if parse not in get_args(ParseRule):
        raise ContractError(
            f"Kontrakten {contract_id}, kolonnen {item.name}: parse er '{parse}', "
            f"men skal være en af {', '.join(get_args(ParseRule))}."
        )
    if parse == "code" and not ours.get("codeTable"):
        raise ContractError(f"Kontrakten {contract_id}, kolonnen {item.name}: parse 'code' kræver codeTable.")
    return Column(
        name=str(item.name),
        title=item.businessName or str(item.name),
        description=item.description or "",
        physical_type=item.physicalType or "VARCHAR",
        parse=parse,
        is_required=bool(item.required),
        classification=item.classification or "internal",
        aliases=tuple(str(alias) for alias in ours.get("aliases", ())),
        code_table=ours.get("codeTable"),
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        pattern=options.get("pattern"),
        unit=ours.get("unit"),
        empty_marks=tuple(str(mark) for mark in ours.get("emptyMarks", ())),
    )


def _row_check(item: Mapping[str, Any]) -> RowCheck:
    return RowCheck(
        check_id=item["id"],
        wrong_when=item["wrongWhen"],
        columns=tuple(item["columns"]),
        expected=item["expected"],
        advice=item["advice"],
    )


def _row_warning(item: Mapping[str, Any]) -> RowWarning:
    return RowWarning(
        warning_id=item["id"],
        odd_when=item["oddWhen"],
        columns=tuple(item["columns"]),
        sentence=item["sentence"],
    )


def _expectations(table: SchemaObject, columns: Sequence[Column]) -> tuple[Expectation, ...]:
    found = [_expectation(rule, None) for rule in table.quality or ()]
    for item in table.properties or ():
        found += [_expectation(rule, str(item.name)) for rule in item.quality or ()]
    return tuple(found)


def _expectation(rule: DataQuality, column: str | None) -> Expectation:
    implementation = rule.implementation
    if rule.engine != "greatExpectations" or not isinstance(implementation, dict):
        raise ContractError(f"Kvalitetsreglen {rule.name} skal have engine greatExpectations og en implementation.")
    if rule.severity not in get_args(Severity):
        raise ContractError(f"Kvalitetsreglen {rule.name}: severity skal være error eller warning.")
    arguments = dict(implementation.get("kwargs", {}))
    if column is not None:
        arguments.setdefault("column", column)
    return Expectation(
        name=str(rule.name),
        expectation_type=implementation["type"],
        arguments=arguments,
        severity=rule.severity,  # type: ignore[arg-type]  # checked against get_args just above
        explanation=rule.description or "",
    )


def _check_names(contract: Contract) -> None:
    names = [column.name for column in contract.columns]
    doubled = {name for name in names if names.count(name) > 1}
    unknown = [name for name in contract.business_key if name not in names]
    rules: tuple[RowCheck | RowWarning, ...] = (*contract.row_checks, *contract.row_warnings)
    unknown += [name for rule in rules for name in rule.columns if name not in names]
    if doubled or unknown:
        raise ContractError(
            f"Kontrakten {contract.contract_id}: dobbelte kolonner {sorted(doubled)}, ukendte kolonner {unknown}."
        )
