"""What a municipality's own districts can show, in plain Danish lines."""

import math
from dataclasses import replace

from pipelines.codes import load_code_table
from pipelines.evaluation.plan import AnalysisPlan
from pipelines.evaluation.power import MOST_MONTHS, Power
from pipelines.publish.danish import head_date, number, small_number

_NOBODY_YET = (
    "Ingen børn er målt to gange i planens periode endnu, så hvor stor en forskel der kan ses, kan ikke regnes ud."
)
_TOO_FEW = (
    "Der er for få distrikter til, at nogen forskel kan ses: Der skal være mindst tre i alt og ét under hver model."
)


def rounded_up(power: Power, plan: AnalysisPlan) -> Power:
    """What may be told of it where the number of children may not: points up to `point_step`, the rest to tens and years.

    With a decimal the three differences together tell how many children each district has.
    """
    step = point_step(plan)
    return replace(
        power,
        detectable=_up(power.detectable, step),
        by_half_icc=_up(power.by_half_icc, step),
        by_double_icc=_up(power.by_double_icc, step),
        districts=_up(power.districts, 10),
        children_per_district=_up(power.children_per_district, 10),
        months=_up(power.months, 12),
    )


def point_step(plan: AnalysisPlan) -> int:
    """Whole points to which a difference is rounded up: one, and more where children are assumed to spread more than six points."""
    return max(1, math.ceil(plan.spread.sd_points / 6))


def _up(value: float | None, step: int) -> int | None:
    return None if value is None else step * math.ceil(value / step)


def power_lines(power: Power, plan: AnalysisPlan, *, tells_children: bool) -> tuple[str, ...]:
    """Who is compared, the smallest difference that can be seen, what would settle the relevant one, and what it rests on.

    tells_children: whether the number of children in each model may be told.
    """
    relevant = f"{number(power.relevant_points, 1)} point"
    if not any(power.district_counts):
        return (_compared(power, plan, tells_children=tells_children), _NOBODY_YET, _assumed(plan))
    return (
        _compared(power, plan, tells_children=tells_children),
        *_detectable(power, relevant),
        *([] if power.can_settle else _needed(power, relevant)),
        _assumed(plan),
    )


def _compared(power: Power, plan: AnalysisPlan, *, tells_children: bool) -> str:
    titles = load_code_table("models").titles()
    arms = [
        f"{_districts(districts)} med {titles[code]}"
        + (f" ({number(children)} børn målt to gange)" if tells_children else "")
        for code, districts, children in (
            (plan.arms.treated, power.district_counts[1], power.child_counts[1]),
            (plan.arms.comparison, power.district_counts[0], power.child_counts[0]),
        )
    ]
    window = f"{head_date(plan.window.first_from)} til {head_date(plan.window.first_to)}"
    withheld = (
        ""
        if tells_children
        else " Hvor mange børn det er, vises ikke, og tallene er rundet op; ellers kunne nogen regne små tal i rapporten ud."
    )
    return f"Sammenlignet: {arms[0]} og {arms[1]}. Første skema fra {window}.{withheld}"


def _detectable(power: Power, relevant: str) -> list[str]:
    if power.detectable is None:
        return [_TOO_FEW]
    seen = "kan ses" if power.can_settle else "kan ikke ses"
    found = (
        "Er forskellen så stor, bliver den fundet i 80 af 100 tilfælde."
        if power.can_be_told
        else "Er forskellen så stor, når usikkerheden ikke nul i 80 af 100 tilfælde. Rapporten vil alligevel sige, at det ikke kan "
        "afgøres, for distrikterne er for få."
    )
    lines = [
        f"Mindste forskel, der kan ses: {number(power.detectable, 1)} point. {found}",
        f"Planens mindste forskel, der betyder noget, er {relevant}. Den {seen}.",
    ]
    if power.by_half_icc is not None and power.by_double_icc is not None:
        lines.append(
            "Svinger distrikter og institutioner halvt så meget som antaget, er det "
            f"{number(power.by_half_icc, 1)} point; svinger de dobbelt så meget, {number(power.by_double_icc, 1)} point."
        )
    if power.smallest_p_value is not None:
        lines.append(
            "Distrikterne er så få, at selv det mest usædvanlige udfald ville komme ved et tilfælde i mindst "
            f"{number(100 * power.smallest_p_value, 1)} af 100 tilfælde."
            if not power.can_be_told
            else "Det mest usædvanlige udfald ville komme ved et tilfælde i "
            f"{number(100 * power.smallest_p_value, 1)} af 100 tilfælde."
        )
    return lines


def _needed(power: Power, relevant: str) -> list[str]:
    lines = [f"Hvad skal der til for at se {relevant}?"]
    if power.districts is None:
        lines.append("  - Distrikter: Intet antal er nok.")
    else:
        lines.append(
            f"  - Distrikter: {number(power.districts)} som det midterste af jeres, lige mange under hver model."
        )
    if power.children_per_district is None:
        lines.append(
            "  - Børn: Flere børn i de samme distrikter er ikke nok. Distrikterne svinger for meget hver for sig."
        )
    else:
        lines.append(f"  - Børn: {number(power.children_per_district)} målt to gange i hvert af de samme distrikter.")
    if power.months is None:
        lines.append(f"  - Tid: Heller ikke {MOST_MONTHS // 12} år er nok, når børnene kommer som hidtil.")
    else:
        lines.append(f"  - Tid: {number(power.months)} måneder, når børnene kommer som hidtil.")
    return lines


def _assumed(plan: AnalysisPlan) -> str:
    spread = plan.spread
    return (
        f"Regnet med en spredning på {number(spread.sd_points, 1)} point, hvoraf {number(100 * spread.district_icc)} procent af "
        f"variationen ligger mellem distrikter og {number(100 * spread.institution_icc)} procent mellem institutioner, og en "
        f"sammenhæng på {number(spread.first_second_correlation, 2)} mellem første og anden måling. Kilde: {spread.source}."
    )


def _districts(count: int) -> str:
    return f"{small_number(count)} {'distrikt' if count == 1 else 'distrikter'}"
