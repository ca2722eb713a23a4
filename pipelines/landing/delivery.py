"""Land one delivery: read it, type it, register it, archive it; or only check it.

One transaction per delivery: a delivery is read whole or refused whole, and a refused one leaves the warehouse as it was. The file
is archived after the commit; should that fail, the file still lies in the inbox and the next run archives it.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.archive import archive_file, read_archived
from pipelines.contracts import Contract, source_contract
from pipelines.errors import EmptyDeliveryError, TrappenError, UnreadableFileError
from pipelines.landing import register
from pipelines.landing.explain import CellError, rejected_cells, write_error_list
from pipelines.landing.plain import in_plain_words
from pipelines.landing.read import (
    ARROW_NAME,
    Reading,
    Relation,
    check_count,
    offered_as_utf8,
    read_by_python,
    read_delivery,
)
from pipelines.landing.register import Delivery
from pipelines.landing.sniff import Content, FileFacts, file_facts
from pipelines.typed import cells, history
from pipelines.typed.made_up import without_made_up
from pipelines.typed.own_codes import with_own_codes
from pipelines.typed.pseudonym import pads
from pipelines.typed.statement import Place, insert_sql
from pipelines.warehouse import lock_configuration, protected_connection
from pipelines.workspace import Workspace

_SKIPPED_TITLES = {
    "empty": ("tom række", "tomme rækker"),
    "note": ("note under tabellen", "noter under tabellen"),
    "total": ("sumrække under tabellen", "sumrækker under tabellen"),
}
_WARNING_TITLES = {
    "lost_zero": "har et CPR-nummer med ni cifre; nullet forrest er sat på igen.",
    "modulus_11": "har et CPR-nummer, der ikke følger modulus 11. Det kan være rigtigt, men se efter tastefejl.",
}


@dataclass(frozen=True)
class DeliveryResult:
    """What became of a delivery.

    `rows_received` = typed + rejected; empty rows and footers are in `skipped_rows`. `warnings` are Danish sentences.
    `errors` lists the faults of the first rejected rows (see `explain.MAXIMUM_LISTED`). `was_known`: the same bytes had been
    landed before, and nothing was changed. `error_list` is the workbook for the sender, when rows were rejected.
    """

    delivery_id: str
    source: str
    file_name: str
    rows_received: int
    rows_typed: int
    rows_rejected: int
    skipped_rows: Mapping[str, int]
    warnings: tuple[str, ...] = ()
    errors: tuple[CellError, ...] = ()
    was_known: bool = False
    replaced_rows: int = 0
    error_list: Path | None = None
    mapping: Mapping[str, object] = field(default_factory=dict)


@in_plain_words
def land_delivery(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, path: Path, *, source: str, now: datetime
) -> DeliveryResult:
    """Land a file as a delivery of `source`, at the moment `now`; the same bytes a second time change nothing.

    Raises:
        TrappenError: the delivery was refused (see errors.py for each kind); the warehouse is as it was.
    """
    contract = _contract_in(workspace, source)
    content = Content(register.masked_name(path.name), path=path)
    facts = file_facts(content)
    _prepare(connection, workspace, contract)
    known = register.find_delivery(connection, register.delivery_id(source, facts.sha256))
    if known is not None:
        return _again(connection, workspace, path, known)
    result, delivery = _land(connection, contract, content, facts, key=workspace.keys.pseudonym, now=now)
    if result.rows_rejected:  # before the file leaves the inbox: a sender must never lack the list
        target = workspace.error_lists / f"{result.delivery_id}.xlsx"
        write_error_list(
            result.errors, target, file_name=content.name, title=contract.title, rejected_rows=result.rows_rejected
        )
        result = replace(result, error_list=target)
    warnings = _archive(connection, workspace, path, delivery)
    return replace(result, warnings=result.warnings + warnings)


@in_plain_words
def check_delivery(
    path: Path, *, source: str, workspace: Workspace | None = None, now: datetime | None = None
) -> DeliveryResult:
    """What landing the file would give: nothing is kept, and the pseudonyms' key is thrown away.

    With a workspace its own codes are known. Without one municipalities that do not exist are accepted, since nobody can tell whether
    the data are made up.

    Raises:
        TrappenError: the delivery would be refused.
    """
    contract = _contract_in(workspace, source) if workspace else source_contract(source)
    content = Content(register.masked_name(path.name), path=path)
    with tempfile.TemporaryDirectory(prefix="trappen-check-") as folder:
        facts = file_facts(content)
        connection = protected_connection(Path(folder) / "spill")
        try:
            lock_configuration(connection)
            register.create_register(connection)
            history.create_tables(connection, contract)
            result, _ = _land(connection, contract, content, facts, key=os.urandom(32), now=now or datetime.now())
        finally:
            connection.close()
    return result


@in_plain_words
def rebuild_typed(connection: duckdb.DuckDBPyConnection, workspace: Workspace, source: str) -> list[DeliveryResult]:
    """Type all archived deliveries of a source anew under today's contract, in the order they were landed.

    All in one transaction: either every delivery is rebuilt, or nothing is changed.

    Raises:
        UnreadableFileError: a delivery was never archived, or its archive file is gone.
        WrongKeyError: the key does not open the archive.
    """
    contract = _contract_in(workspace, source)
    register.create_register(connection)
    deliveries = register.deliveries_of(connection, source)
    with pads(connection, workspace.keys.pseudonym), _transaction(connection):
        connection.execute(f"DROP TABLE IF EXISTS landed.{source} CASCADE")
        history.create_tables(connection, contract)
        return [_land_again(connection, workspace, contract, delivery) for delivery in deliveries]


def needs_rebuild(connection: duckdb.DuckDBPyConnection, workspace: Workspace, source: str) -> bool:
    """Whether deliveries of the source were typed under another contract than today's, or other codes of the profile."""
    contract = _contract_in(workspace, source)
    register.create_register(connection)
    return any(
        delivery.contract_checksum != contract.checksum for delivery in register.deliveries_of(connection, source)
    )


def _contract_in(workspace: Workspace, source: str) -> Contract:
    """The source's contract as it holds in this workspace: with its profile's own forums, and only one of made-up data takes
    municipalities that do not exist."""
    own = workspace.settings.profile.own_forums
    contract = with_own_codes(source_contract(source), table="forums", own=own)
    return contract if workspace.settings.municipality.is_constructed else without_made_up(contract)


def _prepare(connection: duckdb.DuckDBPyConnection, workspace: Workspace, contract: Contract) -> None:
    register.create_register(connection)
    if history.has_other_columns(connection, contract):
        rebuild_typed(connection, workspace, contract.contract_id)
    history.create_tables(connection, contract)


def _land(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    content: Content,
    facts: FileFacts,
    *,
    key: bytes,
    now: datetime,
) -> tuple[DeliveryResult, Delivery]:
    reading = read_delivery(content, facts, contract)
    with (
        suppress(_UnreadByDuckdbError),
        offered_as_utf8(connection, content, reading),
        pads(connection, key),
        _transaction(connection),
    ):
        return _type(connection, contract, content, facts, reading, now=now)
    relations = reading.relations
    if facts.text is not None:
        relations = tuple(read_by_python(relation, content, facts.text, reading.delimiter) for relation in relations)
    with pads(connection, key), _transaction(connection):
        return _type(connection, contract, content, facts, replace(reading, relations=relations), now=now)


def _type(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    content: Content,
    facts: FileFacts,
    reading: Reading,
    *,
    now: datetime,
    archived_as: str | None = None,
) -> tuple[DeliveryResult, Delivery]:
    """All that happens inside the delivery's transaction."""
    identity = register.delivery_id(contract.contract_id, facts.sha256)
    left_out = 0
    mapping = {}
    for relation in reading.relations:
        rows_read = _insert(connection, contract, relation, identity, now=now)
        check_count(content, relation, rows_read)
        left_out += relation.blank_records_left_out
        mapping[relation.sheet_name] = register.mapping_of(
            contract,
            relation.header.positions,
            header_row=relation.first_row - 1,
            first_column=relation.first_column,
        )
    skipped = history.drop_rows_without_data(connection, contract, delivery_id=identity)
    if left_out:
        skipped["empty"] = skipped.get("empty", 0) + left_out
    history.reject_duplicates(connection, contract, delivery_id=identity)
    counts = history.count_rows(connection, contract, delivery_id=identity)
    if counts.typed + counts.rejected == 0:
        raise EmptyDeliveryError(
            f"{content.name} har overskrifter, men ingen rækker med data. Der er intet at læse ind."
        )
    replaced = history.close_replaced_rows(connection, contract, delivery_id=identity, landed_at=now)
    warnings = history.count_warnings(connection, contract, delivery_id=identity)
    delivery = Delivery(
        delivery_id=identity, source=contract.contract_id, file_name=content.name, sha256=facts.sha256,
        byte_count=facts.byte_count, file_format=facts.file_format, encoding=reading.encoding, delimiter=reading.delimiter,
        mapping=mapping, remarks=reading.remarks, contract_version=contract.version, contract_checksum=contract.checksum,
        rows_received=counts.typed + counts.rejected, rows_typed=counts.typed,
        rows_rejected=counts.rejected, skipped_rows=skipped, warning_counts=warnings, landed_at=now, archived_as=archived_as,
    )  # fmt: skip
    _check_received(content, reading, delivery)
    register.register_delivery(connection, delivery)
    errors = rejected_cells(connection, contract, delivery_id=identity, mapping=mapping) if counts.rejected else ()
    return replace(_result(delivery), errors=errors, replaced_rows=replaced), delivery


def _insert(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    relation: Relation,
    identity: str,
    *,
    now: datetime,
) -> int:
    """Insert a relation's rows and number them; returns how many DuckDB read."""
    if relation.cells is not None:
        connection.register(ARROW_NAME, relation.cells)
    try:
        place = _place(connection, contract, relation)
        connection.execute(
            insert_sql(
                contract,
                relation.from_clause,
                place,
                delivery_id=identity,
                sheet_name=relation.sheet_name,
                landed_at=now,
            )
        )
    except duckdb.InvalidInputException:
        if relation.cells is None:
            raise _UnreadByDuckdbError from None
        raise
    finally:
        if relation.cells is not None:
            connection.unregister(ARROW_NAME)
    return history.number_rows(
        connection,
        contract,
        delivery_id=identity,
        sheet_name=relation.sheet_name,
        first_row=relation.first_row,
    )


def _place(connection: duckdb.DuckDBPyConnection, contract: Contract, relation: Relation) -> Place:
    positions = relation.header.positions
    numbers = [
        column.name
        for column in contract.columns
        if column.parse in ("integer", "decimal") and column.name in positions
    ]
    return Place(
        positions=positions,
        spares=tuple(range(relation.header.width, relation.column_count)),
        points=_points(connection, relation, numbers),
    )


def _points(connection: duckdb.DuckDBPyConnection, relation: Relation, numbers: list[str]) -> dict[str, cells.Point]:
    """What a point means in each number column: 1.234 is one thousand in Danish text, but not in all.

    It parts off decimals in a column in which some cell shows so beyond doubt (7.5 or 0.123), and in a workbook, where Excel's
    own numbers arrive with a point. A decimal comma in such a column makes it unclear; in any other column a point parts
    thousands.
    """
    if not numbers:
        return {}
    tests = []
    for name in numbers:
        point, comma = cells.decimal_point_evidence_sql(f"c{relation.header.positions[name]}")
        tests.append(f"coalesce(bool_or({point}), false), coalesce(bool_or({comma}), false)")
    row = connection.execute(f"SELECT {', '.join(tests)} FROM {relation.from_clause}").fetchone() or ()
    points: dict[str, cells.Point] = {}
    for number, name in enumerate(numbers):
        shows_point, shows_comma = row[2 * number] or relation.numbers_have_decimal_point, row[2 * number + 1]
        points[name] = ("unclear" if shows_comma else "decimals") if shows_point else "thousands"
    return points


def _check_received(content: Content, reading: Reading, delivery: Delivery) -> None:
    """Rows in the file = typed + rejected + skipped, held against the count made without DuckDB."""
    counted = sum(relation.record_count + relation.blank_records_left_out for relation in reading.relations)
    read = delivery.rows_received + sum(delivery.skipped_rows.values())
    if counted != read:
        raise UnreadableFileError(
            f"{content.name}: Der er talt {counted} rækker, men læst {read}. Intet er læst ind. "
            "Åbn filen i Excel, og gem den igen."
        )


def _result(delivery: Delivery) -> DeliveryResult:
    return DeliveryResult(
        delivery_id=delivery.delivery_id,
        source=delivery.source,
        file_name=delivery.file_name,
        rows_received=delivery.rows_received,
        rows_typed=delivery.rows_typed,
        rows_rejected=delivery.rows_rejected,
        skipped_rows=delivery.skipped_rows,
        warnings=(
            *delivery.remarks,
            *_skipped_sentence(delivery.skipped_rows),
            *_warning_sentences(delivery.source, delivery.warning_counts),
        ),
        mapping=delivery.mapping,
    )


def _skipped_sentence(skipped: Mapping[str, int]) -> tuple[str, ...]:
    if not skipped:
        return ()
    parts = (f"{count} {_SKIPPED_TITLES[kind][count != 1]}" for kind, count in skipped.items())
    return (f"Sprunget over: {', '.join(parts)}.",)


def _warning_sentences(source: str, counts: Mapping[str, int]) -> tuple[str, ...]:
    of_contract = {warning.warning_id: warning.sentence for warning in source_contract(source).row_warnings}
    titles = of_contract | _WARNING_TITLES
    return tuple(
        f"{count} {'række' if count == 1 else 'rækker'} {titles[kind]}"
        for kind, count in counts.items()
        if kind in titles  # a delivery may be older than the contract
    )


def _again(connection: duckdb.DuckDBPyConnection, workspace: Workspace, path: Path, known: Delivery) -> DeliveryResult:
    """A delivery landed before: nothing changes, but a file that was not archived then is archived now."""
    warnings = _archive(connection, workspace, path, known)
    result = replace(_result(known), was_known=True)
    sentence = f"Filen er læst ind før ({known.landed_at:%d-%m-%Y}). Intet er ændret."
    return replace(result, warnings=(sentence, *warnings))


def _archive(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, path: Path, delivery: Delivery
) -> tuple[str, ...]:
    """Seal the file in the archive, then take it out of the inbox; only a file in the inbox is ever deleted."""
    if delivery.archived_as is None or not _is_whole(workspace, delivery):
        archived_as = archive_file(
            path, workspace.archive, name=delivery.delivery_id, key=workspace.keys.archive, sha256=delivery.sha256
        )
        register.note_archived(connection, delivery.delivery_id, archived_as)
    if not path.resolve().is_relative_to(workspace.inboxes.resolve()):
        return ()
    if workspace.settings.intake.keep_in_inbox:
        return ("Filen ligger stadig ukrypteret i indbakken (indstillingen keep_in_inbox).",)
    path.unlink()
    return ()


def _is_whole(workspace: Workspace, delivery: Delivery) -> bool:
    """Whether the archived copy opens and is the delivery, so that the one in the inbox can be let go."""
    path = workspace.archive / str(delivery.archived_as)
    try:
        return hashlib.sha256(read_archived(path, key=workspace.keys.archive)).hexdigest() == delivery.sha256
    except (TrappenError, OSError):
        return False


def _land_again(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, contract: Contract, delivery: Delivery
) -> DeliveryResult:
    if delivery.archived_as is None:
        raise UnreadableFileError(
            f"{delivery.file_name} er ikke arkiveret og kan ikke læses ind igen. Læg filen i indbakken, og kør igen."
        )
    data = read_archived(workspace.archive / delivery.archived_as, key=workspace.keys.archive)
    content = Content(delivery.file_name, data=data)
    facts = file_facts(content)
    reading = read_delivery(content, facts, contract)
    result, _ = _type(
        connection, contract, content, facts, reading,
        now=delivery.landed_at, archived_as=delivery.archived_as,
    )  # fmt: skip
    return result


class _UnreadByDuckdbError(Exception):
    """DuckDB refuses the file (a row has more cells than it was told of, say); Python must read it."""


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # a failed commit or a fatal error has already ended the transaction
        with suppress(duckdb.Error):
            connection.execute("ROLLBACK")
        raise
