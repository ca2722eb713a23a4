"""What do a municipality's own codes mean: those of its profile beside the ones of the shared code table.

A contract is the same for everybody; a forum that only one municipality has is its own. So the contract is given the profile's codes
here, and with them another checksum: when they change, what was delivered before is read again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from pipelines.codes import OwnCode
from pipelines.contracts import Contract


def with_own_codes(contract: Contract, *, table: str, own: Sequence[OwnCode]) -> Contract:
    """The contract whose columns of the code table `table` know these codes too; itself where it has none, or there are none."""
    if not own or not any(column.code_table == table for column in contract.columns):
        return contract
    columns = tuple(
        replace(column, own_codes=tuple(own)) if column.code_table == table else column for column in contract.columns
    )
    checksum = hashlib.sha256(repr((contract.checksum, tuple(own))).encode()).hexdigest()[:12]
    return replace(contract, columns=columns, checksum=checksum)
