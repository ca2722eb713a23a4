"""What a municipality's own districts can show, in plain Danish lines."""

from pipelines.codes import load_code_table
from pipelines.disclosure.rule import DisclosureRule
from pipelines.evaluation.plan import AnalysisPlan
from pipelines.evaluation.power import MOST_MONTHS, Power
from pipelines.publish.danish import head_date, number, small_number

_TOO_FEW = (
    "Der er for få distrikter til, at nogen forskel kan ses: Der skal være mindst tre i alt og et under hver model."
)


def power_lines(power: Power, plan: AnalysisPlan, *, rule: DisclosureRule) -> tuple[str, ...]:
    """Who is compared, the smallest difference that can be seen, what would settle the relevant one, and what it rests on."""
    relevant = f"{number(power.relevant_points, 1)} point"
    return (
        _compared(power, plan, rule),
        *_detectable(power, relevant),
        *([] if power.can_settle else _needed(power, relevant)),
        _assumed(plan),
    )


def _compared(power: Power, plan: AnalysisPlan, rule: DisclosureRule) -> str:
    titles = load_code_table("models").titles()
    arms = [
        f"{_districts(districts)} med {titles[code]} ({_children(children, rule)} målt to gange)"
        for code, districts, children in (
            (plan.arms.treated, power.district_counts[1], power.child_counts[1]),
            (plan.arms.comparison, power.district_counts[0], power.child_counts[0]),
        )
    ]
    window = f"{head_date(plan.window.first_from)} til {head_date(plan.window.first_to)}"
    return f"Sammenlignet: {arms[0]} og {arms[1]}. Første skema fra {window}."


def _detectable(power: Power, relevant: str) -> list[str]:
    if power.detectable is None:
        return [_TOO_FEW]
    seen = "kan ses" if power.can_settle else "kan ikke ses"
    lines = [
        f"Mindste forskel, der kan ses: {number(power.detectable, 1)} point. Er forskellen så stor, bliver den fundet i 80 af 100 "
        "tilfælde.",
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
            if power.smallest_p_value > _ONE_IN_TWENTY
            else "Det mest usædvanlige udfald ville komme ved et tilfælde i "
            f"{number(100 * power.smallest_p_value, 1)} af 100 tilfælde."
        )
    return lines


_ONE_IN_TWENTY = 0.05


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


def _children(count: int, rule: DisclosureRule) -> str:
    if rule.hides_count(count):
        return f"færre end {rule.minimum_count} børn"
    return f"{number(count)} børn"
