"""What was this report made from: versions, deliveries and counts, for the footer of every page and the last page.

Nothing here reads a clock or a file; the run gives it the values.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self

from pipelines.disclosure.table import Cell, ProtectedTable, TableColumn
from pipelines.publish.danish import counted, head_date


@dataclass(frozen=True)
class DeliveryStamp:
    """One delivery behind the report. `received_rows` = `typed_rows` + `rejected_rows`, or ValueError."""

    source: str
    received_on: date
    sha256: str
    received_rows: int
    typed_rows: int
    rejected_rows: int

    def __post_init__(self) -> None:
        """Refuse counts in which a row has vanished."""
        if self.received_rows != self.typed_rows + self.rejected_rows:
            raise ValueError(
                f"delivery of {self.source}: {self.received_rows} rows received, but {self.typed_rows} typed "
                f"+ {self.rejected_rows} rejected; no row may vanish"
            )


@dataclass(frozen=True)
class Stamp:
    """Versions, deliveries and the disclosure rule. `contracts_checksum` and `code_version` are full hashes or tags."""

    system_version: str
    contracts_checksum: str
    code_version: str
    disclosure_rule: str
    deliveries: tuple[DeliveryStamp, ...]

    def deliveries_checksum(self) -> str:
        """SHA-256 over the deliveries' own hashes, sorted: the same deliveries give the same 64 hex digits."""
        hashes = "\n".join(sorted(delivery.sha256 for delivery in self.deliveries))
        return hashlib.sha256(hashes.encode("ascii")).hexdigest()

    def footer_line(self) -> str:
        """ "Indsatstrappen 0.1.0 · kontrakter 3fa1…09bc · 5 leverancer, kontrolsum 9f3c…e21a"."""
        deliveries = counted(len(self.deliveries), "leverance" if len(self.deliveries) == 1 else "leverancer")
        return (
            f"Indsatstrappen {self.system_version} · kontrakter {shortened(self.contracts_checksum)} · "
            f"{deliveries}, kontrolsum {shortened(self.deliveries_checksum())}"
        )

    def lines(self) -> tuple[tuple[str, str], ...]:
        """(Danish label, full value) of what the footer shortens, for the last page."""
        return (
            ("System", f"Indsatstrappen {self.system_version}, kode {self.code_version}"),
            ("Datakontrakter", self.contracts_checksum),
            ("Leverancer i alt", self.deliveries_checksum()),
            ("Små tal", self.disclosure_rule),
        )

    def delivery_table(self) -> ProtectedTable:
        """One row per delivery: rows received = approved + rejected, and the file's full hash. Rows are not children."""
        columns = (
            TableColumn("source", "Leverance", "label"),
            TableColumn("received_on", "Modtaget den", "label"),
            TableColumn("received_rows", "Rækker modtaget", "number"),
            TableColumn("typed_rows", "Godkendt", "number"),
            TableColumn("rejected_rows", "Afvist", "number"),
            TableColumn("sha256", "Filens kontrolsum (SHA-256)", "label"),
        )
        rows = tuple(
            tuple(
                Cell(value)
                for value in (
                    delivery.source,
                    head_date(delivery.received_on),
                    delivery.received_rows,
                    delivery.typed_rows,
                    delivery.rejected_rows,
                    f"{delivery.sha256[:32]} {delivery.sha256[32:]}",  # in two halves, so that a line can break
                )
            )
            for delivery in self.deliveries
        )
        return ProtectedTable(
            table_id="deliveries",
            title="Leverancer bag tallene: modtaget = godkendt + afvist",
            columns=columns,
            rows=rows,
            source="Registret over leverancer.",
            rule="Tallene er rækker i filer, ikke børn.",
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; dates as ISO text."""
        plain = asdict(self)
        for delivery in plain["deliveries"]:
            delivery["received_on"] = delivery["received_on"].isoformat()
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """The stamp that `to_dict` described."""
        deliveries = tuple(
            DeliveryStamp(**{**delivery, "received_on": date.fromisoformat(delivery["received_on"])})
            for delivery in plain["deliveries"]
        )
        return cls(**{**plain, "deliveries": deliveries})


def shortened(checksum: str) -> str:
    """ "9f3c…e21a"; a text of at most 12 characters as it is."""
    return checksum if len(checksum) <= 12 else f"{checksum[:4]}…{checksum[-4:]}"
