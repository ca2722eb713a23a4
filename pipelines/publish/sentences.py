"""Which sentence may be said about a number, at which evidence level: the program's own Danish, from protected cells.

Every function takes cells of a `ProtectedTable` and gives a whole sentence, or, when a cell it needs is not shown, the
sentence that says so: a hidden number cannot reach the text. Source of the patterns: the report's evidence levels 0-5.
"""

from collections.abc import Callable
from typing import Final

from pipelines.disclosure.table import Cell, CellStatus
from pipelines.publish.danish import (
    LEAST_CHILDREN_FOR_DECIMALS,
    NBSP,
    count_and_share,
    counted,
    joined,
    number,
    percent_words,
    percentage_points,
    rounded,
    signed_words,
    small_number,
)
from pipelines.publish.share_series import DefinedChange

_REPEATED: Final = "Gentog vi målingen mange gange, ville spændet ramme det rigtige tal i omkring 95 af 100 tilfælde."
UNCERTAINTY: Final = f"Tallene »fra … til …« viser usikkerheden. {_REPEATED}"
UNCERTAINTY_LINES: Final = f"Stregerne i figuren viser usikkerheden. {_REPEATED}"
"""Where the text itself holds no interval."""

ALL_COUNTED: Final = (
    "Alle elever i de godkendte rækker er talt med. "
    "Båndet viser, hvor meget tallet kan svinge fra år til år ved tilfældigheder."
)
SDQ_EXPLAINED: Final = f"SDQ går fra 0 til 40{NBSP}point; lavere tal er bedre."
TOO_FEW: Final = "Der er for få børn til at vise et tal."
ROUNDED: Final = "Tallene er afrundet."
LEFT_OUT: Final = (
    "Udeladt af kilden: Kilden har sendt andre tal af samme slags, men ikke dette. "
    "Det kan være skjult eller ikke opgjort."
)
NOT_EQUALLY_GOOD: Final = "Det betyder ikke, at modellerne er lige gode."
STANDARD_SENTENCES: Final = (
    UNCERTAINTY,
    UNCERTAINTY_LINES,
    ALL_COUNTED,
    SDQ_EXPLAINED,
    TOO_FEW,
    ROUNDED,
)


def hidden_numbers(minimum_count: int, *, minimum_staff: int | None = None) -> str:
    """Why cells of a table are hidden, under a rule that lets numbers of so many children through.

    minimum_staff: the smallest number of employees behind a figure, where figures of the table name them.
    """
    staff = "" if minimum_staff is None else f" eller på færre end {minimum_staff}{NBSP}medarbejdere"
    return (
        f"Vi viser ikke tal, der bygger på færre end {minimum_count}{NBSP}børn{staff}. "
        "Enkelte andre tal er også skjult, så ingen kan regne dem ud."
    )


def _shown(*cells: Cell) -> bool:
    return all(cell.status is CellStatus.SHOWN for cell in cells)


def _value(cell: Cell) -> float:
    if not isinstance(cell.value, (int, float)):
        raise TypeError(f"a sentence needs a number, found {type(cell.value).__name__}")
    return cell.value


def missing_words(cell: Cell, subject: str) -> str:
    """Why the number of `subject` is not told, as a sentence; the kinds of empty are never mixed."""
    return {
        CellStatus.HIDDEN: TOO_FEW,
        CellStatus.HIDDEN_BY_SOURCE: f"Kilden viser ikke tal for {subject}.",
        CellStatus.LEFT_OUT_BY_SOURCE: f"Kilden har udeladt tallet for {subject}.",
        CellStatus.NOT_RECEIVED: f"Vi har ikke fået tal for {subject}. De er derfor ikke med.",
        CellStatus.NOT_COMPUTABLE: f"Tallet for {subject} kan ikke beregnes.",
    }[cell.status]


def _first_missing(*cells: Cell) -> Cell:
    return next(cell for cell in cells if cell.status is not CellStatus.SHOWN)


def stock_share(part: Cell, whole: Cell, *, noun: str, verb: str, when: str) -> str:
    """Level 0: "Pr. 30. september 2026 gik 158 af 2.923 elever (5,4 procent) uden for almen klasse."

    `when` opens the sentence, `verb` is the rest around the count: "gik {} uden for almen klasse".
    """
    if not _shown(part, whole):
        return missing_words(_first_missing(part, whole), noun)
    return f"{when} {verb.format(count_and_share(int(_value(part)), int(_value(whole)), noun))}."


def change_in_share(
    change: DefinedChange,
    *,
    subject: str,
    smallest_relevant: float,
    before: str = "før",
    decimals: int = 1,
) -> str:
    """How a share (0-1) moved, by the interval of its change: steget/faldet, stort set uændret, or may be chance.

    Both shares follow one definition. `smallest_relevant` is a share too (0.01 = one percentage point).
    """
    cells = change.cells
    if not _shown(*cells):
        return missing_words(_first_missing(*cells), subject)
    start, end, difference, lowest, highest = (_value(cell) for cell in cells)
    if lowest > 0 or highest < 0:
        direction = "steget" if difference > 0 else "faldet"
        return (
            f"{subject} er {direction} fra {number(100 * start, decimals)} til {percent_words(end, decimals)} "
            f"({percentage_points(difference, decimals)}).{_rounded_words(start, end, difference, decimals)}"
        )
    if max(abs(lowest), abs(highest)) <= smallest_relevant:
        return (
            f"{subject} er stort set uændret: {percent_words(end, decimals)} mod "
            f"{percent_words(start, decimals)} {before}."
        )
    return (
        f"{subject} er {percent_words(end, decimals)} mod {number(100 * start, decimals)} {before}. "
        "Så meget kan det svinge tilfældigt."
    )


def _rounded_words(start: float, end: float, difference: float, decimals: int) -> str:
    """That the numbers are rounded, where a reader who subtracts them gets another difference than the one that is told."""
    told, first, last = (rounded(100 * share, decimals) for share in (difference, start, end))
    return "" if last - first == told else f" {ROUNDED}"


def moves(down: Cell, up: Cell, *, when: str = "På et år") -> str:
    """Level 1: "På et år er 69 børn rykket ned ad trappen og 28 op."; nothing about why."""
    if not _shown(down, up):
        return missing_words(_first_missing(down, up), "bevægelser på trappen")
    return f"{when} er {counted(_value(down), 'børn')} rykket ned ad trappen og {number(_value(up))} op."


def before_and_after(
    change: Cell,
    low: Cell,
    high: Cell,
    expected: Cell | None = None,
    *,
    subject: str = "SDQ-tallet",
    decimals: int = 1,
) -> str:
    """Level 1: the mean change in SDQ points (negative = fewer difficulties), always beside what one could expect anyway.

    `subject` names whose numbers they are ("Forældrenes SDQ-tal"). An interval that holds 0 says so in words.
    """
    cells = (change, low, high)
    if not _shown(*cells):
        return missing_words(_first_missing(*cells), "SDQ")
    difference, lowest, highest = _value(change), _value(low), _value(high)
    if lowest * highest > 0:
        ends = sorted((abs(lowest), abs(highest)))
        spread, chance = f"fra {number(ends[0], decimals)} til {number(ends[1], decimals)}", ""
    else:
        spread = f"fra {signed_words(lowest, decimals)} til {signed_words(highest, decimals)}".replace(NBSP, " ")
        chance = " Så meget kan det svinge tilfældigt."
    points = signed_words(difference, decimals).replace(NBSP, f"{NBSP}point ")
    is_same = rounded(difference, decimals) == 0
    said = f"{subject} var i gennemsnit {'det samme' if is_same else points} ved anden måling ({spread}).{chance}"
    return f"{said} {expected_change(expected, decimals=decimals)}" if expected else said


def expected_change(expected: Cell, *, decimals: int = 1) -> str:
    """The warning that must stand beside every before-and-after number: children are referred when things are worst."""
    if not _shown(expected):
        return "Tallet falder ofte også uden indsats, fordi børn henvises, når det går dårligst."
    if rounded(_value(expected), decimals) == 0:
        return "Uden indsats kunne man ikke vente nogen ændring."
    points = f"{number(abs(_value(expected)), decimals)}{NBSP}point"
    if _value(expected) < 0:
        return f"Et fald på omkring {points} kunne man vente uden indsats, fordi børn henvises, når det går dårligst."
    return f"En stigning på omkring {points} kunne man vente uden indsats."


def follow_up(measured_twice: Cell, all_children: Cell) -> str:
    """ "214 af 291 børn (74 procent) har to målinger."."""
    if not _shown(measured_twice, all_children):
        return missing_words(_first_missing(measured_twice, all_children), "anden måling")
    return f"{count_and_share(int(_value(measured_twice)), int(_value(all_children)), 'børn')} har to målinger."


def meetings_held(held: Cell, planned: Cell, *, forum: str) -> str:
    """ "41 af 48 planlagte møder i ressourceteam blev holdt."; whether they helped is another question."""
    if not _shown(held, planned):
        return missing_words(_first_missing(held, planned), f"møder i {forum}")
    meetings = "planlagt møde" if _value(planned) == 1 else "planlagte møder"
    return f"{number(_value(held))} af {number(_value(planned))}{NBSP}{meetings} i {forum} blev holdt."


def place_among(value: Cell, lower_quartile: Cell, upper_quartile: Cell, *, subject: str, decimals: int = 1) -> str:
    """Where one municipality lies against the middle half of all, never as a rank.

    The cells are shares (0-1) when `decimals` are of percent; use `place_among_points` for other units.
    """
    return _place(value, lower_quartile, upper_quartile, subject, lambda share: percent_words(share, decimals))


def place_among_points(
    value: Cell, lower_quartile: Cell, upper_quartile: Cell, *, subject: str, unit: str, decimals: int = 1
) -> str:
    """As `place_among`, for a number with a unit ("point", "børn pr. voksen")."""
    return _place(
        value, lower_quartile, upper_quartile, subject, lambda v: f"{number(v, decimals)}{NBSP}{unit}".strip()
    )


def lowered_level(from_level: int, to_level: int, *, reason: str) -> str:
    """ "Niveauet er sat ned fra 3 til 2, fordi 64 procent af børnene har to målinger."."""
    return f"Niveauet er sat ned fra {from_level} til {to_level}, fordi {reason}."


def undecided(difference: Cell, *, districts: int, smallest_detectable: Cell, unit: str = "point") -> str:
    """*Kan ikke afgøres* in its four parts: verdict, why, what it does not mean, what could be detected."""
    if not _shown(difference, smallest_detectable):
        return f"Det kan ikke afgøres. {TOO_FEW}"
    compared = f"{small_number(districts)} distrikter"
    return (
        f"Det kan ikke afgøres. Forskellen på {number(abs(_value(difference)), 1)}{NBSP}{unit} er lille, og usikkerheden er "
        f"stor, fordi vi sammenligner {compared}. {NOT_EQUALLY_GOOD} Med {compared} kan vi først regne med at opdage en "
        f"forskel på omkring {number(_value(smallest_detectable))}{NBSP}{unit}."
    )


def not_received(sources: list[str]) -> str:
    """ "Vi har ikke fået tal for fravær og normering. De er derfor ikke med."."""
    return f"Vi har ikke fået tal for {joined(sources)}. De er derfor ikke med."


def share_of_children(part: Cell, whole: Cell, *, decimals: int = 1) -> str:
    """A share in words by the size of its group: without decimals below 100 children."""
    if not _shown(part, whole):
        return TOO_FEW
    shown = decimals if _value(whole) >= LEAST_CHILDREN_FOR_DECIMALS else 0
    return percent_words(_value(part) / _value(whole), shown)


def _place(value: Cell, lower: Cell, upper: Cell, subject: str, said: Callable[[float], str]) -> str:
    if not _shown(value, lower, upper):
        return missing_words(_first_missing(value, lower, upper), subject)
    own, low, high = _value(value), _value(lower), _value(upper)
    where = "under" if own < low else "over" if own > high else "inden for"
    return (
        f"{subject} er {said(own)}. Det er {where} spændet for den midterste halvdel af kommunerne "
        f"({said(low)} til {said(high)})."
    )
