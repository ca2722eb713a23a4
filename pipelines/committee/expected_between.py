"""Where does the municipality lie when parents' education is taken into account? Measured against expected, among municipalities.

From `marts.mart_open_figure` into one table per outcome. Only between municipalities: the open figures carry no intake of districts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from pipelines.committee.context import ReportContext
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.distribution import QuartileBand
from pipelines.measures.intake_expectation import IntakeExpectation, expected_from_intake

INTAKE: Final = "parents_education_mean_points"
_BOTH: Final = """
SELECT outcomes.period, outcomes.municipality_code, outcomes.figure_value AS outcome, intake.figure_value AS intake
FROM marts.mart_open_figure AS outcomes
LEFT JOIN marts.mart_open_figure AS intake
    ON outcomes.municipality_code = intake.municipality_code
    AND outcomes.period = intake.period
    AND outcomes.group_code = intake.group_code
    AND intake.indicator_id = ?
WHERE outcomes.indicator_id = ? AND outcomes.group_code = ?
ORDER BY outcomes.period, outcomes.municipality_code
"""
_WHERE: Final[Mapping[QuartileBand | None, str]] = {
    QuartileBand.LOWEST_QUARTER: "den nederste fjerdedel",
    QuartileBand.MIDDLE_HALF: "den midterste halvdel",
    QuartileBand.HIGHEST_QUARTER: "den øverste fjerdedel",
    None: "kan ikke beregnes",
}
_EMPTY: Final = Cell(None, CellStatus.NOT_COMPUTABLE)


@dataclass(frozen=True)
class Outcome:
    """What is held against expected: the indicator, its groups as (code, title), and how its numbers are written."""

    indicator_id: str
    groups: tuple[tuple[str, str], ...]
    title: str
    unit: str
    decimals: int
    source: str


def expected_table(
    context: ReportContext, outcome: Outcome, *, municipality_code: str, name: str
) -> ProtectedTable | None:
    """One row per group and period: measured, expected from the others' line, the difference, and where it lies among all.

    In the outcome's unit. None where nothing was delivered on the outcome.
    """
    rows = [
        row
        for code, title in outcome.groups
        for row in _rows(context.records(_BOTH, [INTAKE, outcome.indicator_id, code]), title, municipality_code)
    ]
    if not rows:
        return None
    titles = {
        "own": name,
        "expected": "Ventet",
        "difference": "Forskel",
        "lower_quartile": "Fra",
        "upper_quartile": "Til",
    }
    return protect(
        rows,
        table_id=f"{outcome.indicator_id}_expected",
        title=f"{outcome.title}: målt mod det, man kunne vente ud fra forældrenes uddannelse",
        columns=(
            TableColumn("group", "Gruppe", "label"),
            TableColumn("period", "Periode", "label"),
            *(
                TableColumn(column, title, "number", unit=_unit(outcome, column), decimals=outcome.decimals)
                for column, title in titles.items()
            ),
            TableColumn("band", "Forskellen ligger i", "label"),
        ),
        source=f"{outcome.source} Det ventede er en ret linje gennem de andre kommuner efter forældrenes uddannelse. Linjen "
        "forudsætter, at alle kommuner følger samme linje, og tager ikke højde for andet. Fra og til er den midterste halvdel "
        f"af kommunernes forskelle{_in_points(outcome)}. Tallene er afrundet. Der er ingen tal for distrikter.",
        rule=context.rule,
    )


def _unit(outcome: Outcome, column: str) -> str:
    """A difference between two percentages is in percentage points, which no sign in the cell says."""
    return outcome.unit if column in ("own", "expected") or outcome.unit != "%" else ""


def _in_points(outcome: Outcome) -> str:
    return "; forskelle er i procentpoint" if outcome.unit == "%" else ""


def _rows(records: Sequence[Mapping[str, Any]], title: str, municipality_code: str) -> list[dict[str, Any]]:
    """One row per period in which the municipality is among those with both figures, or says why it is not."""
    rows = []
    for period in dict.fromkeys(str(record["period"]) for record in records):
        of_period = [record for record in records if str(record["period"]) == period]
        codes = [str(record["municipality_code"]) for record in of_period]
        if municipality_code not in codes:
            left_out = Cell(None, CellStatus.LEFT_OUT_BY_SOURCE)
            empty = dict.fromkeys(("expected", "difference", "lower_quartile", "upper_quartile"), _EMPTY)
            rows.append({"group": title, "period": period, "own": left_out, **empty, "band": _WHERE[None]})
            continue
        unit = codes.index(municipality_code)
        found = expected_from_intake(
            *(np.array([_number(record[part]) for record in of_period]) for part in ("outcome", "intake")), unit=unit
        )
        rows.append({"group": title, "period": period, **_row(found, of_period[unit]["outcome"])})
    return rows


def _row(found: IntakeExpectation, own: float | None) -> dict[str, Any]:
    numbers = {
        "expected": found.expected,
        "difference": found.difference,
        "lower_quartile": found.place.lower_quartile,
        "upper_quartile": found.place.upper_quartile,
    }
    told = {name: _EMPTY if value is None else value for name, value in numbers.items()}
    return {
        "own": Cell(None, CellStatus.HIDDEN_BY_SOURCE) if own is None else own,
        **told,
        "band": _WHERE[found.place.band],
    }


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
