"""The figures of the SDQ section: their words around the recipes, each drawn from one protected table."""

from collections.abc import Sequence

from pipelines.committee.context import ReportContext
from pipelines.committee.wellbeing_changes import FEWER
from pipelines.committee.wellbeing_groups import INFORMANTS, expectation_note, source_of
from pipelines.committee.wellbeing_tables import ANOTHER, HIGH_FALL, NOT_REFERRED, STEPS, UNEVEN_SPANS
from pipelines.disclosure.table import Cell, ProtectedTable
from pipelines.publish.danish import NBSP, cell_text
from pipelines.publish.figures import (
    FigureWords,
    before_and_after_bars,
    change_rows,
    flow_bars,
    shares_against_expected,
)
from pipelines.publish.section import Figure
from pipelines.publish.sentences import ROUNDED
from pipelines.sdq_norms.expectation import read_expectations

_DIRECTIONS = ("← færre vanskeligheder", "flere vanskeligheder →")
_MARKS = f"Prikken er det målte, stregen usikkerheden (95{NBSP}%) og romben den ændring, man kunne vente uden indsats."
LIKE_EXPECTED = "ændringen er ikke til at skelne fra den, man kunne vente uden indsats"
UNLIKE_EXPECTED = "ændringen er en anden end den, man kunne vente uden indsats"
UNDECIDED = "om ændringen er en anden end den, man kunne vente uden indsats, kan ikke afgøres"
"""Where no interval can be made or shown."""
ONLY_TWICE = "Tallene gælder kun de børn, der er målt to gange. De andre kan have klaret sig anderledes."
"""Under every figure and table of changes where too little was measured to speak of the change."""


def change_figure(context: ReportContext, changes: ProtectedTable, main: str, *, why_untold: str = "") -> Figure:
    """The change per kind of informant against the expected one.

    why_untold: at level 0, why nothing is said of the change; the title is then that, and no verdict.
    """
    names = ("change_mean_points", "low", "high", "expected_change_points")
    finding = why_untold or expected_words(*(changes.cell(name, informant=main) for name in names))
    return change_rows(
        changes,
        FigureWords(
            figure_id="sdq_change",
            title=f"{main}: {finding}",
            subtitle="Ændring i børnenes samlede SDQ-tal, efter hvem der har svaret. Point (skalaen går fra 0 til 40). "
            f"{_MARKS}{_reservation(why_untold)}",
            source=f"{source_of(context)} {expectation_source(context, changes)}",
            constructed=context.is_constructed,
        ),
        label="informant",
        change="change_mean_points",
        low="low",
        high="high",
        expected="expected_change_points",
        children="children_count",
        directions=_DIRECTIONS,
    )


def group_figure(context: ReportContext, groups: ProtectedTable, main: str, *, why_untold: str = "") -> Figure:
    """The change per group of children against the expected one; the whole first. why_untold: as `change_figure`."""
    return change_rows(
        groups,
        FigureWords(
            figure_id="sdq_by_group",
            title=f"{main}, efter grupper: {why_untold}" if why_untold else _groups_title(groups, main),
            subtitle=f"{main}: ændring i det samlede SDQ-tal efter model, trin, alder og køn. Point. {_MARKS}"
            f"{_reservation(why_untold)}",
            source=f"{source_of(context)} Grupperne er ikke valgt ved lodtrækning og kan ikke sammenlignes som modeller.",
            constructed=context.is_constructed,
        ),
        label="group",
        change="change_mean_points",
        low="low",
        high="high",
        expected="expected_change_points",
        children="children_count",
        directions=_DIRECTIONS,
    )


def reliable_figure(context: ReportContext, shares: ProtectedTable, main: str, *, why_untold: str = "") -> Figure:
    """Children with a clear change beside what would be expected without help, and by error alone.

    why_untold: as `change_figure`.
    """
    own = shares.excerpt(
        shares.table_id,
        title=shares.title,
        columns=[column.name for column in shares.columns if column.name != "informant"],
        keep_row=lambda row: row["informant"] == main,
    )
    column = shares.column("share_pct")
    share, expected = (shares.cell(name, informant=main, outcome=FEWER) for name in ("share_pct", "expected_pct"))
    return shares_against_expected(
        own,
        FigureWords(
            figure_id="sdq_reliable",
            title=f"{main}: klare ændringer hos de børn, der er målt to gange"
            if why_untold or share.value is None
            else f"{main}: {cell_text(share, column)} har klart færre vanskeligheder"
            + (
                ""
                if expected.value is None
                else f"; {cell_text(expected, shares.column('expected_pct'))} kunne man vente uden indsats"
            ),
            subtitle="Klar er en ændring ud over målefejl. Stiplet: så mange ville se sådan ud, selv om intet barn havde ændret sig."
            f"{_reservation(why_untold)}",
            source=f"{source_of(context)} {ROUNDED}",
            constructed=context.is_constructed,
        ),
        label="outcome",
        share="share_pct",
        expected="expected_pct",
        error="error_pct",
        of="whole_count",
    )


def spread_figure(context: ReportContext, spread: ProtectedTable, main: str) -> Figure:
    """How the totals lie at both measurements."""
    return before_and_after_bars(
        spread,
        FigureWords(
            figure_id="sdq_spread",
            title=f"{main}: sådan fordeler SDQ-tallene sig ved første og anden måling",
            subtitle="Antal børn, der er målt to gange, efter deres samlede SDQ-tal. Et lavere tal er færre vanskeligheder. "
            f"{UNEVEN_SPANS} {HIGH_FALL} Hvor mange man kunne vente, står i tabellen.",
            source=source_of(context),
            constructed=context.is_constructed,
        ),
        label="span",
        before="first",
        after="second",
    )


def flow_figure(context: ReportContext, flow: ProtectedTable, column: str, main: str) -> Figure:
    """From first to second measurement, and who fell away on the way."""
    steps = [flow.cell(column, step=step) for step in STEPS]
    first, due, last = (cell_text(cell, flow.column(column)) for cell in steps)
    finding = f"fristen for anden måling er udløbet for {due} af {first} børn; {last} af dem er målt to gange"
    if any(cell.value is None for cell in steps):
        finding = "fra første til anden måling"
    return flow_bars(
        flow,
        FigureWords(
            figure_id="sdq_flow",
            title=f"{main}: {finding}",
            subtitle="Antal børn på hvert trin. Åbne søjler er de børn, der ikke går videre til næste trin, og hvorfor. "
            f"{NOT_REFERRED}",
            source=f"{source_of(context)} {ANOTHER}",
            constructed=context.is_constructed,
        ),
        label="step",
        count=column,
        steps=STEPS,
    )


def expected_words(change: Cell, low: Cell, high: Cell, expected: Cell) -> str:
    """Whether the change can be told from the expected one, by its interval; never whether it is good."""
    if change.value is None or expected.value is None:
        return "ændringen i SDQ kan ikke vises"
    if low.value is None or high.value is None:
        return UNDECIDED
    return LIKE_EXPECTED if is_like_expected(low, high, expected) else UNLIKE_EXPECTED


def _reservation(why_untold: str) -> str:
    return f" {ONLY_TWICE}" if why_untold else ""


def is_like_expected(low: Cell, high: Cell, expected: Cell) -> bool:
    """True when the interval of the change holds the expected change, or when one of them is not there to tell them apart."""
    if not all(isinstance(cell.value, (int, float)) for cell in (low, high, expected)):
        return True
    return float(str(low.value)) <= float(str(expected.value)) <= float(str(high.value))


def expectation_source(context: ReportContext, changes: ProtectedTable) -> str:
    """What the expected change of those who answered rests on, as the tables were built."""
    shown = changes.values("informant")
    return expectation_note(
        {code: each for code, each in read_expectations(context.connection).items() if INFORMANTS[code] in shown}
    )


def _groups_title(groups: ProtectedTable, main: str) -> str:
    """Whether any group's interval leaves the expected change out; with so many groups one may by chance."""
    shown = _shown_groups(groups)
    if not shown:
        return f"{main}, efter grupper: usikkerheden kan ikke vises for nogen gruppe"
    unlike = [row for row in shown if not is_like_expected(*row)]
    if not unlike:
        return "Ingen gruppe skiller sig ud fra det, man kunne vente uden indsats"
    return "Enkelte grupper skiller sig ud; med så mange grupper kan det være tilfældigt"


def _shown_groups(groups: ProtectedTable) -> Sequence[tuple[Cell, Cell, Cell]]:
    low, high, expected = (groups.column_index(name) for name in ("low", "high", "expected_change_points"))
    return [(row[low], row[high], row[expected]) for row in groups.rows[1:] if row[low].value is not None]
