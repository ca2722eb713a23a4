"""Where does one of Indsatstrappens Nøgletal come from: its definition, the steps to it, its values, and the deliveries behind.

Reads marts.mart_key_figure, marts.mart_key_figure_step and the register of deliveries, never a row about one child. Every count is
protected as in the report.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pipelines.codes import load_code_table
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext, report_context
from pipelines.committee.key_figures import KeyFigureRow, is_printed, protected_rows
from pipelines.contracts import load_contracts
from pipelines.disclosure.table import EMPTY_CELL_TEXT, CellStatus, TableColumn
from pipelines.errors import ExplainError
from pipelines.landing.register import masked_name
from pipelines.publish.danish import cell_text, head_date, joined, number
from pipelines.workspace import Workspace

KINDS: Final = ("noegletal", "nøgletal")
_PERIODS: Final = "SELECT * FROM core.dim_key_figure_period ORDER BY reference_date"
_STEPS: Final = """
SELECT step_number, rows_count, children_count
FROM marts.mart_key_figure_step
WHERE key_figure_number = ? AND reference_date = ?
ORDER BY step_number
"""
_DELIVERIES: Final = """
SELECT delivery_id, file_name, landed_at, rows_typed FROM landed.deliveries WHERE source = ? ORDER BY landed_at, delivery_id
"""
_TOWARD: Final = {
    "fewer": "Et lavere tal betyder, at flere børn får hjælp nær det almene.",
    "more": "Et højere tal betyder, at flere børn får hjælp nær det almene.",
    "neither": "Tallet siger ikke alene, om flere eller færre børn får hjælp nær det almene.",
}
_STATUS: Final = {
    "verified": "bekræftet hos kilden",
    "second_hand": "efter anden kilde",
    "own_choice": "vores læsning af kilden",
    "unresolved": "ikke afklaret",
}
_COUNTED: Final = {2: "Måneder", 8: "Ryk", 9: "Ryk", 11: "Kr.", 12: "Indsatser"}
_COUNT: Final = TableColumn("count", "", "number")
_HIDDEN: Final = EMPTY_CELL_TEXT[CellStatus.HIDDEN]


@dataclass(frozen=True)
class Step:
    """One step towards a key figure: what is left after it, as text, and the table that it was counted in."""

    number: int
    title: str
    rows: str
    children: str
    table: str


@dataclass(frozen=True)
class KeyFigureExplained:
    """All that is printed about one key figure on one reference date; every count is protected."""

    title: str
    definition: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    counted_title: str
    lines: tuple[tuple[str, str, str, str, str, str], ...]
    notes: tuple[str, ...]
    deliveries: tuple[tuple[str, str, str, str, str], ...]


def explain_key_figure(workspace: Workspace, kind: str, number_text: str, *, period: int) -> KeyFigureExplained:
    """What key figure `number_text` (1-12) counts in the year whose reference date lies in `period`.

    Raises:
        ExplainError: there is no such key figure, no such year, or nothing was built; the message says what can be chosen.
    """
    if kind.casefold() not in KINDS:
        raise ExplainError(f"'{kind}' kan ikke forklares. Skriv: trappen explain noegletal 9 --period 2025")
    figure = _figure(number_text)
    if not workspace.warehouse.exists():
        raise ExplainError("Der er ingen tal endnu. Læg filer i indbakken, og kør: trappen run")
    with report_context(str(workspace.root)) as context:
        return explained_key_figure(context, figure, period=period)


def _figure(number_text: str) -> Mapping[str, str]:
    rows = {row["code"]: row for row in load_code_table("key_figures").rows}
    if number_text not in rows:
        known = "\n".join(f"  {code}: {row['title']}" for code, row in rows.items())
        raise ExplainError(f"Nøgletal {number_text} findes ikke. Vælg et nummer:\n{known}")
    return rows[number_text]


def explained_key_figure(context: ReportContext, figure: Mapping[str, str], *, period: int) -> KeyFigureExplained:
    """`explain_key_figure` in an open warehouse; `figure` is a row of codes.key_figures."""
    chosen, key_figure_number = _period(context, period), int(figure["code"])
    every_row = protected_rows(context, chosen["reference_date"])
    told = [row for row in every_row if row.line.key_figure_number == key_figure_number and _is_told(row)]
    return KeyFigureExplained(
        title=f"Nøgletal {figure['code']}. {figure['title']}, opgjort {head_date(chosen['reference_date'])}",
        definition=_definition(figure, chosen),
        steps=_steps(context, every_row, key_figure_number, chosen["reference_date"]),
        counted_title=_COUNTED.get(key_figure_number, "Børn"),
        lines=tuple(_line(row) for row in told),
        notes=_notes(told),
        deliveries=tuple(line for source in sources_of(figure, chosen) for line in _delivery_lines(context, source)),
    )


def _period(context: ReportContext, year: int) -> dict[str, Any]:
    periods = {record["reference_date"].year: record for record in context.records(_PERIODS)}
    if not periods:
        raise ExplainError("Der er ingen opgørelsesdage endnu. Læg filer i indbakken, og kør: trappen run")
    if year not in periods:
        years = joined([str(each) for each in sorted(periods)])
        raise ExplainError(f"Der er ingen tal for {year}. Vælg --period blandt {years}.")
    return periods[year]


def _definition(figure: Mapping[str, str], period: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    codes = load_code_table("rungs").titles()
    rungs = joined([f"{code.split('-')[1]} ({codes[code]})" for code in figure["rung_codes"].split("|")])
    spend = {"accounts": "regnskabets konti", "measures": "udgifter til hver indsats"}.get(
        period["cost_basis_code"] or ""
    )
    return (
        ("Over brøkstregen", figure["numerator_text"]),
        ("Under brøkstregen", figure["denominator_text"]),
        ("Enhed", figure["unit_text"]),
        ("Trin", f"{rungs} på den nationale trappe, socialsporet"),
        ("Opgørelsesår", f"{head_date(period['period_start_date'])} til {head_date(period['reference_date'])}"),
        *(
            (("Regnskabsår", f"{period['accounting_year']}" + (f", talt på {spend}" if spend else "")),)
            if _is_on(figure, "costs")
            else ()
        ),
        ("Retning", _TOWARD[figure["toward_ordinary_code"]]),
        ("Kilde", f"{figure['source']} ({_STATUS[figure['status']]})"),
    )


def _is_on(figure: Mapping[str, str], what: str) -> bool:
    return figure[f"is_on_{what}"] == "true"


def sources_of(figure: Mapping[str, str], period: Mapping[str, Any]) -> tuple[str, ...]:
    """The sources (contract ids) that a key figure rests on in a period: accounts or costs as the spend was counted."""
    spend = "costs" if period["cost_basis_code"] == "measures" else "cost_accounts"
    named = {"children": "children", "measures": "measures", "reviews": "reviews", "costs": spend}
    sources = [source for what, source in named.items() if _is_on(figure, what)]
    # a measure's spend takes its rung from the measure
    return tuple([*sources, "measures"] if sources[-1] == "costs" else sources)


def _steps(context: ReportContext, rows: Sequence[KeyFigureRow], key_figure_number: int, day: date) -> tuple[Step, ...]:
    titles = {
        int(row["step_number"]): row
        for row in load_code_table("key_figure_steps").rows
        if row["key_figure_number"] == str(key_figure_number)
    }
    found = context.records(_STEPS, [key_figure_number, day])
    hidden = _hidden_steps(rows, key_figure_number) | _steps_beside_moves(context, rows, key_figure_number, found)
    return tuple(
        Step(
            step["step_number"],
            titles[step["step_number"]]["title"],
            _step_count(context, found, place, "rows_count", is_hidden="rows_count" in untold),
            _step_count(context, found, place, "children_count", is_hidden="children_count" in untold),
            titles[step["step_number"]]["table_text"],
        )
        for place, step in enumerate(found)
        for untold in (_untold_columns(context, step, key_figure_number, hidden),)
    )


def _untold_columns(
    context: ReportContext, step: Mapping[str, Any], key_figure_number: int, hidden: Collection[int]
) -> frozenset[str]:
    """Both columns of a hidden step; one where rows beside children would count the few children who have more than one row."""
    if step["step_number"] in hidden:
        return frozenset({"rows_count", "children_count"})
    if step["children_count"] is None or not context.rule.hides_count(step["rows_count"] - step["children_count"]):
        return frozenset()
    # what the key figure's lines tell anyway is told: stays and courses; moves, though of children who stood on the rung; children
    tells_rows = key_figure_number in (2, 12) or (key_figure_number in (8, 9) and step["step_number"] > 1)
    return frozenset({"children_count" if tells_rows else "rows_count"})


_STOCKS: Final = frozenset({1, 3, 4, 5, 6})
"""Their first two steps tell of the children on all rungs: where one rung is hidden, it would follow from the others."""

_COUNTED_FROM_THE_START: Final = frozenset({7, 8, 9})
"""The children of their first step are what stands below the line."""

_OF_ALL_MOVES: Final = ("8-moves-all", "9-moves-all")


def _hidden_steps(rows: Sequence[KeyFigureRow], key_figure_number: int) -> frozenset[int]:
    """The steps from which a hidden count of the municipality would follow."""
    if key_figure_number == 11:
        return frozenset()  # the steps count rows of accounts; only amounts are hidden
    together = _STOCKS if key_figure_number in _STOCKS else {key_figure_number}
    of_figure = [row for row in rows if row.area == WHOLE_MUNICIPALITY and row.line.key_figure_number in together]
    hidden = {
        row.line.code
        for row in of_figure
        if CellStatus.HIDDEN in ((row.of.status,) if key_figure_number == 2 else (row.counted.status, row.of.status))
    }
    if key_figure_number not in _STOCKS:
        is_whole_hidden = any(row.of.status is CellStatus.HIDDEN for row in of_figure)
        is_first_told = not (key_figure_number in _COUNTED_FROM_THE_START and is_whole_hidden)
        return frozenset(({2, 3} | (set() if is_first_told else {1})) if hidden else ())
    return frozenset({1, 2} if hidden else ()) | frozenset({3} if f"{key_figure_number}-children-all" in hidden else ())


def _steps_beside_moves(
    context: ReportContext, rows: Sequence[KeyFigureRow], key_figure_number: int, steps: Sequence[Mapping[str, Any]]
) -> frozenset[int]:
    """The second step of 8 and 9 counts the moves of both, and those that are neither: told only where all three may be."""
    counted = [
        row.counted for code in _OF_ALL_MOVES for row in rows if (row.line.code, row.area) == (code, WHOLE_MUNICIPALITY)
    ]
    if key_figure_number not in (8, 9):
        return frozenset()
    moves = next((int(step["rows_count"]) for step in steps if step["step_number"] == 2), 0)
    known = [int(cell.value) for cell in counted if isinstance(cell.value, (int, float))]
    is_told = len(known) == len(counted) and not context.rule.hides_count(moves - sum(known))
    return frozenset() if is_told else frozenset({2})


def _step_count(
    context: ReportContext, steps: Sequence[Mapping[str, Any]], place: int, name: str, *, is_hidden: bool
) -> str:
    """A count, hidden when it is small, when a later step leaves out little of it, or when the key figure itself is hidden.

    The later step is what the lines tell, or follows from them: hiding that one would hide nothing.
    """
    count = steps[place][name]
    if count is None:
        return "–"
    later = [step[name] for step in steps[place + 1 :] if step[name] is not None]
    is_telling = any(context.rule.hides_count(abs(count - other)) for other in later)
    if is_hidden or is_telling or context.rule.hides_count(count):
        return _HIDDEN
    return number(count)


def _line(row: KeyFigureRow) -> tuple[str, str, str, str, str, str]:
    unit = f"kan ikke opgøres, fordi {row.reason}" if row.reason else row.line.unit
    return (row.line.title, row.area, cell_text(row.counted, _COUNT), cell_text(row.of, _COUNT), row.value_text, unit)


def _is_told(row: KeyFigureRow) -> bool:
    """Districts where they can be told; what cannot be counted is said once for a measure, not once per group and district."""
    if row.area == WHOLE_MUNICIPALITY:
        return is_printed(row)
    is_never_told = row.line.key_figure_number == 2 or (
        row.line.key_figure_number == 11 and row.line.group_code != "all"
    )
    return row.value.status is not CellStatus.NOT_COMPUTABLE and not is_never_told


def _notes(rows: Sequence[KeyFigureRow]) -> tuple[str, ...]:
    hidden = any(CellStatus.HIDDEN in (row.counted.status, row.of.status) for row in rows)
    return ("Skjulte tal bygger på få børn, eller et andet skjult tal kan regnes ud fra dem.",) if hidden else ()


def _delivery_lines(context: ReportContext, source: str) -> list[tuple[str, str, str, str, str]]:
    """One line per delivery of a source: its file, when it came, and how many of its rows are still in use."""
    title = load_contracts("source")[source].title
    deliveries = context.records(_DELIVERIES, [source])
    if not deliveries:
        return [(title, "ikke modtaget", "–", "–", "–")]
    in_use = {
        record["delivery_id"]: record["rows_count"]
        for record in context.records(
            f"SELECT delivery_id, count(*) AS rows_count FROM typed.{source} WHERE valid_to IS NULL GROUP BY delivery_id"
        )
    }
    return [
        (
            title,
            masked_name(delivery["file_name"]),
            head_date(delivery["landed_at"].date()),
            _row_count(context, delivery["rows_typed"]),
            _row_count(context, in_use.get(delivery["delivery_id"], 0)),
        )
        for delivery in deliveries
    ]


def _row_count(context: ReportContext, count: int) -> str:
    return _HIDDEN if context.rule.hides_count(count) else number(count)
