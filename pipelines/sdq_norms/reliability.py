"""What is reliable change made of: spread and reliability per informant and scale, each with its source and how sure it is.

`alpha` (internal consistency) tells what error alone can move a score; `retest` also counts what comes and goes by itself.
The two give different answers, so the municipality's settings choose and the report names the choice.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.codes import load_code_table
from pipelines.measures.reliable_change import ReliableChangeRule
from pipelines.sdq_norms.vocabulary import KIND_TITLES, STATUS_TITLES, ReliabilityKind
from pipelines.settings import SdqReliableChange

SPREAD_CODE = "uk_1999"
RELIABILITY_CODE = "goodman_2001"


@dataclass(frozen=True)
class ReliabilityInputs:
    """The rule, and the status (`STATUS_TITLES`) of its two inputs: a report says so when one was not checked."""

    rule: ReliableChangeRule
    spread_status: str
    reliability_status: str

    @property
    def is_checked(self) -> bool:
        """Whether both inputs were read in their source, here or by the municipality that gave them."""
        return {self.spread_status, self.reliability_status} <= {"verified", "pasted_in"}


def reliability_inputs(
    *,
    informant: str,
    scale: str,
    kind: ReliabilityKind,
    z: float = 1.96,
    reliability_code: str = RELIABILITY_CODE,
    own: Iterable[SdqReliableChange] = (),
) -> ReliabilityInputs | None:
    """What reliable change on one scale by one kind of informant needs; None where the tables hold nothing.

    SD of both sexes together from the British survey of 1999 (a Danish one is not in the tables), reliability from
    `reliability_code` in data_contracts/codes/sdq_reliabilities.csv. z: how many standard errors. own: a municipality's own
    SD and reliability of the total, which come before the tables.
    """
    for each in own if scale == "total" else ():
        if each.informant == informant:
            said = f"spredning og {KIND_TITLES[kind]}: {each.source.rstrip('.')} ({STATUS_TITLES['pasted_in']})"
            rule = ReliableChangeRule(each.population_sd_points, each.reliability, source=said, z=z)
            return ReliabilityInputs(rule, "pasted_in", "pasted_in")
    wanted = {"informant_code": informant, "scale_code": scale}
    spread = _row("sdq_norms", {**wanted, "code": SPREAD_CODE, "sex_code": ""})
    reliability = _row("sdq_reliabilities", {**wanted, "code": reliability_code, "kind_code": kind})
    if spread is None or reliability is None:
        return None
    rule = ReliableChangeRule(
        population_sd_points=float(spread["sd_points"]),
        reliability=float(reliability["scale_reliability"]),
        source=f"{_said('spredning', spread)}; {_said(KIND_TITLES[kind], reliability)}",
        z=z,
    )
    return ReliabilityInputs(rule, spread["status"], reliability["status"])


def _row(table: str, wanted: dict[str, str]) -> dict[str, str] | None:
    rows = [row for row in load_code_table(table).rows if all(row[column] == value for column, value in wanted.items())]
    return rows[0] if len(rows) == 1 else None


def _said(what: str, row: dict[str, str]) -> str:
    return f"{what}: {row['title']} ({STATUS_TITLES[row['status']]})"
