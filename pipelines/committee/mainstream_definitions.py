"""Why do the ministry, KL and we have different numbers for the same children? Our register under each published definition.

The own register is counted under every definition and set beside the figure that its owner has published. The way from our
own number to theirs is split by what differs: grades, which municipality a child counts in, school and class types. Where theirs is
another number still, it is not the definition: another day, a correction, or a mistake that somebody should find.

Counts are rounded to fives before a share is made of them. The exact counts under two definitions would tell how few children
they differ by. Whether our number is the published one is judged from the exact counts.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext
from pipelines.committee.definition_words import described_definition, owner_names, unread_rules_words
from pipelines.committee.published_outside import published_outside
from pipelines.disclosure.protect import protect
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.publish.danish import number
from pipelines.publish.section import Definition

OWN: Final = "own_register_school"
BY_HOURS: Final = "dst_timer"
UNKNOWN: Final = "kan ikke afgøres"
_FIVES: Final = 5
_MOST_OFF: Final = 2
"""Children that a count may lie from its nearest five."""
_ROUNDING: Final = 0.0501
"""Half a tenth of a percent, and room for how a computer holds it."""
_STEPS: Final = """
SELECT definition_id, step_number, step_code, pupils_count, segregated_count
FROM marts.mart_definition_step
WHERE school_year = ?
ORDER BY definition_id, step_number
"""
_NOT_COMPUTABLE: Final = Cell(None, CellStatus.NOT_COMPUTABLE)
_PARTS: Final[Mapping[str, str]] = {"grades": "Trin", "area_rule": "Kommune", "counting": "Skoletype"}


def definitions_table(context: ReportContext, school_year: str) -> ProtectedTable:
    """One row per published definition: percent outside ordinary teaching in our register, by steps, and as published.

    Percent and percentage points of the whole municipality. Which way a published figure is missing in is told apart
    (`published_outside`). A count that our own rule hides leaves its whole row hidden. Danmarks Statistik counts pupils by hours and
    not a share: its row says so, and the counts stand in a table of their own.
    """
    steps: dict[str, dict[str, Mapping[str, Any]]] = {}
    for record in context.records(_STEPS, [school_year]):
        steps.setdefault(str(record["definition_id"]), {})[str(record["step_code"])] = record
    published, code = published_outside(context), context.settings.municipality.known_code
    owners = owner_names()
    rows = [
        {
            "definition": owners[definition],
            **_row(context, found, published.cell(definition, area_code=code, school_year=school_year)),
        }
        for definition, found in steps.items()
    ]
    no_share = dict.fromkeys(("own", *_PARTS, "counted", "published"), _NOT_COMPUTABLE)
    rows.append({"definition": owners[BY_HOURS], **no_share, "agrees": "opgør timer"})
    return protect(
        rows,
        table_id="mainstream_definitions",
        title=f"Andel elever uden for almen undervisning i {school_year} efter andres definitioner (procent)",
        columns=(
            TableColumn("definition", "Definition", "label"),
            TableColumn("own", "Vores måde", "number", unit="%", decimals=1),
            *(TableColumn(code, title, "number", decimals=1) for code, title in _PARTS.items()),
            TableColumn("counted", "Deres måde", "number", unit="%", decimals=1),
            TableColumn("published", "Deres tal", "number", unit="%", decimals=1),
            TableColumn("agrees", "Passer det?", "label"),
        ),
        source=f"Kilde: {context.settings.municipality.name}s elevregister og de offentliggjorte tal. Andre klassetrin, en anden "
        "regel for, hvilken kommune et barn tæller i, og andre skole- og klassetyper fører fra vores måde at tælle på til deres. "
        "Deres tal er det, de har offentliggjort. Elevtal er afrundet til nærmeste fem, før andelen er regnet ud. "
        f"{rounding_words([each for found in steps.values() for each in found.values()], rule=context.rule)} "
        "Om tallene passer, er afgjort uafrundet. "
        f"{unread_rules_words(steps)} {owners[BY_HOURS]} opgør ikke en andel, men elever efter timer, og kun for hele landet.",
        rule=context.rule,
    )


def mainstream_definitions() -> tuple[Definition, ...]:
    """What every definition counts that the section has numbers under, our own first, for the last page."""
    rows = [
        row for row in load_code_table("segregation_definitions").rows if row["sector_code"] or row["code"] == BY_HOURS
    ]
    return tuple(
        described_definition(row, with_day=True)
        for row in sorted(rows, key=lambda row: not row["code"].startswith("own_register"))
    )


def _row(
    context: ReportContext, steps: Mapping[str, Mapping[str, Any]], published: Cell
) -> dict[str, Cell | float | str]:
    """The numbers of one definition; every cell hidden where a count of a step is one that the rule hides."""
    counts = [int(step[name]) for step in steps.values() for name in ("pupils_count", "segregated_count")]
    if any(context.rule.hides_count(count) for count in counts):
        hidden = Cell(None, CellStatus.HIDDEN)
        return {**dict.fromkeys(("own", *_PARTS, "counted"), hidden), "published": published, "agrees": UNKNOWN}
    shares = {code: percent_in_fives(step) for code, step in steps.items()}
    before = ("own_register", *_PARTS)
    parts = {code: _less(shares.get(code), shares.get(earlier)) for earlier, code in zip(before, _PARTS, strict=False)}
    counted = shares.get("counting")
    return {
        "own": _given(shares.get("own_register")),
        **parts,
        "counted": _given(counted),
        "published": published,
        "agrees": _agreement(steps.get("counting"), published),
    }


def _agreement(step: Mapping[str, Any] | None, published: Cell) -> str:
    """Whether the published percent is ours, of exact counts, but for its rounding to one decimal."""
    if step is None or published.value is None:
        return UNKNOWN
    exact = 100 * int(step["segregated_count"]) / int(step["pupils_count"])
    return "ja" if abs(exact - float(published.value)) <= _ROUNDING else "nej"


def in_fives(count: int) -> int:
    """The nearest whole five."""
    return _FIVES * round(count / _FIVES)


def percent_in_fives(counts: Mapping[str, Any]) -> float | None:
    """Percent outside, of counts in whole fives; None where the fives leave nobody."""
    pupils, segregated = (in_fives(int(counts[name])) for name in ("pupils_count", "segregated_count"))
    return 100 * segregated / pupils if pupils else None


def rounding_words(counts: Iterable[Mapping[str, Any]], *, rule: DisclosureRule) -> str:
    """How far from the exact percent one made of fives may lie at most; told of the fives, so that it tells no more than they do.

    Each count is at most two children from its five, so the percent is at most (2 + 2 * share) of the pupils off.
    """
    farthest = 0.0
    for each in counts:
        exact = [int(each[name]) for name in ("pupils_count", "segregated_count")]
        pupils, segregated = map(in_fives, exact)
        if pupils and not any(map(rule.hides_count, exact)):
            farthest = max(farthest, 100 * _MOST_OFF * (1 + segregated / pupils) / (pupils - _MOST_OFF))
    points = number(math.ceil(10 * farthest) / 10, 1)
    return f"Derfor kan vores procent ligge op til {points} procentpoint fra den nøjagtige."


def _given(value: float | None) -> Cell | float:
    return _NOT_COMPUTABLE if value is None else value


def _less(value: float | None, other: float | None) -> Cell | float:
    """The difference of two percentages as they are printed, so that a reader's own subtraction gives the same."""
    return _NOT_COMPUTABLE if value is None or other is None else round(value, 1) - round(other, 1)
