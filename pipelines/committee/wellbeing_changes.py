"""What the SDQ changes are worth: more than error, how large beside other studies, on which scales, and with the lost in mind.

Each answer is a table beside the protected one of `wellbeing_groups`. A count of some of the same children is given to that table
as a `Part`, so that the two cannot be subtracted from each other, and is read back from it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext
from pipelines.committee.wellbeing_groups import (
    DISTRICT,
    EVERYBODY,
    SCALES,
    STRENGTHS,
    Part,
    Points,
    age_and_is_boy,
    behind,
    by_pairs,
    distinct_count,
    district_labels,
    due_of,
    expected_changes,
    interval_limits,
    interval_may_be_shown,
    measured_twice,
    over_districts,
    own_expectation_note,
    source_of,
)
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.added_value import (
    AGES_YEARS,
    FEWEST_CHILDREN,
    AddedValue,
    NoAddedValue,
    added_value,
    pairs_in_formula,
)
from pipelines.measures.clusters import code_clusters
from pipelines.measures.follow_up import (
    attrition_weights,
    followed_against_lost,
    lost_children_scenarios,
    tipping_point,
    weighted_change,
)
from pipelines.measures.intervals import Estimate, no_estimate
from pipelines.measures.paired_effect import FEWEST_PAIRS, paired_effect, small_sample_correction
from pipelines.measures.reliable_change import ReliableChange, ReliableChangeRule, reliable_change
from pipelines.measures.sdq import ExpectationLine
from pipelines.measures.shares import share_by_district
from pipelines.publish.sentences import ROUNDED
from pipelines.sdq_norms.bands import scale_titles
from pipelines.sdq_norms.expectation import read_expectations
from pipelines.sdq_norms.reliability import ReliabilityInputs, reliability_inputs
from pipelines.sdq_norms.vocabulary import STATUS_TITLES

OUTCOME: Final = "Mere end målingens egen usikkerhed"
FEWER: Final = "Klart færre vanskeligheder"
SAME: Final = "Omtrent som før"
MORE: Final = "Klart flere vanskeligheder"
WITH_SCALES: Final = "Alle skalaer kendt"
IN_FORMULA: Final = "Med i den britiske formel"
_SCALES_DIVISION: Final = "Skalaer"
_FORMULA_DIVISION: Final = "Britisk formel"
_HIDDEN: Final = Cell(None, CellStatus.HIDDEN)
_NOT_COMPUTABLE: Final = Cell(None, CellStatus.NOT_COMPUTABLE)
_SUM_TITLES: Final = {"internalising": "Indadrettede vanskeligheder", "externalising": "Udadrettede vanskeligheder"}
REASONS: Final = {
    NoAddedValue.NOT_PARENTS: "gælder kun forældres svar",
    NoAddedValue.NOT_AT_RISK: "gælder kun børn med mange vanskeligheder",
    NoAddedValue.NOT_FOLLOW_UP_FORMS: "kræver opfølgningsskemaet ved anden måling",
    NoAddedValue.OUTSIDE_AGES: f"gælder kun børn på {AGES_YEARS[0]}-{AGES_YEARS[1]} år",
    NoAddedValue.INTERVAL_TOO_SHORT_OR_LONG: "gælder kun 4-8 måneder mellem målingerne",
    NoAddedValue.TOO_FEW_CHILDREN: f"kræver mindst {FEWEST_CHILDREN} børn, som formlen gælder for",
}
_WEIGHTED: Final = {"children": "weighted_children_count", "institutions": "weighted_institutions_count"}
_LOST: Final = {"children": "lost_count", "institutions": "lost_institutions_count"}
_BOTH: Final = {"children": "both_children_count", "institutions": "both_institutions_count"}
_BY_CHILD: Final = (
    "Regnet pr. barn; i de andre tabeller tæller hvert distrikt lige meget, så gennemsnit kan afvige lidt."
)
_OVER_CHILDREN: Final = ("followed", "difference", "expected", "as_expected", "worse", "tipping")
_BY_DISTRICT: Final = {"children": "children_count", "institutions": "institutions_count"}


@dataclass(frozen=True)
class Reliable:
    """One informant's reliable change: the measure, what its rule is made of, and what of it may stand.

    line: what is expected without help, with these children's own spread. shown_intervals: the outcomes whose interval gives no
    district's share back. shows_expected: False where too few children have the age and sex that the line of expectation needs.
    """

    informant: str
    inputs: ReliabilityInputs
    line: ExpectationLine
    change: ReliableChange
    counts: Mapping[str, int]
    intervals: Mapping[str, Estimate]
    shown_intervals: frozenset[str]
    shows_expected: bool = True


# ── more than error? ────────────────────────────────────────────────────────────────────────────────────────────────


def reliable_changes(context: ReportContext, pairs: pl.DataFrame) -> list[Reliable]:
    """Reliable change in the total per informant with enough pairs, by the municipality's settings."""
    settings, found, expectations = context.settings.sdq, [], read_expectations(context.connection)
    for code, informant in by_pairs(pairs):
        own = pairs.filter((pl.col("informant_code") == code) & pl.col("is_paired"))
        inputs = reliability_inputs(
            informant=code,
            scale="total",
            kind=settings.reliable_change_reliability,
            z=settings.reliable_change_z,
            own=settings.reliable_change,
        )
        if inputs is None or not _suffices(context, own):
            continue
        first, second = (_points(own, f"{occasion}_total_points") for occasion in ("first", "second"))
        line = line_with_own_spread(expectations[code].line, first, second, inputs.rule)
        age_years, is_boy = age_and_is_boy(own)
        change = reliable_change(
            first,
            second,
            own["district_code"].fill_null("").to_list(),
            inputs.rule,
            expectation=line,
            age_years=age_years,
            is_boy=is_boy,
        )
        has_expected = ~np.isnan(expected_changes(own, line))
        outcomes = _outcomes(second - first, inputs.rule)
        has_district = own["district_code"].is_not_null().to_numpy()
        counts = {outcome: int(flags.sum()) for outcome, flags in outcomes.items()}
        twice = measured_twice(pairs, code)
        intervals = {outcome: _share_of_children(flags[has_district], twice) for outcome, flags in outcomes.items()}
        shown = frozenset(name for name, each in intervals.items() if interval_may_be_shown(context, twice, each))
        suffices = bool(has_expected.all()) or _suffices(context, own.filter(has_expected))
        found.append(Reliable(informant, inputs, line, change, counts, intervals, shown, suffices))
    return found


def _share_of_children(flags: NDArray[np.bool_], pairs: pl.DataFrame) -> Estimate:
    """The share of these pairs, each child counting the same as in the printed share, with an interval over their districts."""
    district, labels = code_clusters(district_labels(pairs))
    return share_by_district(
        np.bincount(district, flags, minlength=len(labels)), np.bincount(district, minlength=len(labels))
    )


def line_with_own_spread(
    line: ExpectationLine, first: Points, second: Points, rule: ReliableChangeRule
) -> ExpectationLine:
    """The same line, but with the spread that these children show around their own line from first to second score.

    High scores vary more than the average child's: with the spread of all children both a clear fall and a clear rise would look
    more frequent than expected, and the rise like harm. Too few children, or less spread than the questionnaire's own error: the
    line as it is.
    """
    if first.size < FEWEST_CHILDREN or first.std() == 0:
        return line
    slope, intercept = np.polyfit(first, second, 1)
    residual = float(np.sqrt(((second - intercept - slope * first) ** 2).sum() / (first.size - 2)))
    return line if residual < rule.measurement_error_points else replace(line, residual_sd_points=residual)


def _outcomes(change: Points, rule: ReliableChangeRule) -> dict[str, NDArray[np.bool_]]:
    """Which children changed reliably, and which way."""
    fewer, more = rule.is_fall(change), rule.is_rise(change)
    return {FEWER: fewer, SAME: ~fewer & ~more, MORE: more}


def reliable_parts(changes: Sequence[Reliable]) -> list[Part]:
    """How many changed clearly, per informant."""
    return [Part(each.informant, OUTCOME, group, count) for each in changes for group, count in each.counts.items()]


def reliable_table(
    context: ReportContext, changes: Sequence[Reliable], everything: ProtectedTable
) -> ProtectedTable | None:
    """Children who changed by more than error, beside what regression to the mean and error alone would give; shares in percent."""
    rows = [row for each in changes for row in _reliable_rows(each, everything)]
    if not rows:
        return None
    return protect(
        rows,
        table_id="sdq_reliable",
        title="Børn med en klar ændring i SDQ-tallet",
        columns=(
            TableColumn("informant", "Svar fra", "label"),
            TableColumn("outcome", "Anden måling", "label"),
            TableColumn("children_count", "Børn", "count"),
            TableColumn("whole_count", "Målt to gange", "count"),
            TableColumn("share_pct", "Andel", "number", unit="%"),
            TableColumn("low_pct", "Spænd fra", "number", unit="%"),
            TableColumn("high_pct", "Spænd til", "number", unit="%"),
            TableColumn("expected_pct", "Ventet uden indsats", "number", unit="%"),
            TableColumn("error_pct", "Ved målefejl alene", "number", unit="%", decimals=1),
        ),
        source=with_expectation(context, f"{source_of(context)} Andele er regnet pr. barn. {_reliable_note(changes)}"),
        rule=context.rule,
    )


def _reliable_rows(each: Reliable, everything: ProtectedTable) -> list[dict[str, Any]]:
    whole = everything.cell("children_count", informant=each.informant, division=EVERYBODY)
    error = each.change.error_share
    fewer, more = each.change.expected_improved_share, each.change.expected_worsened_share
    same = None if fewer is None or more is None else 1 - fewer - more
    expected = {FEWER: (fewer, error), SAME: (same, 1 - 2 * error), MORE: (more, error)}
    rows = []
    for outcome, (without_help, by_error) in expected.items():
        count = everything.cell("part_count", informant=each.informant, division=OUTCOME, group=outcome)
        is_shown = count.status is CellStatus.SHOWN and whole.status is CellStatus.SHOWN
        shows_interval = is_shown and outcome in each.shown_intervals
        limits = _percent_limits(each.intervals[outcome]) if shows_interval else (_HIDDEN, _HIDDEN)
        rows.append(
            {
                "informant": each.informant,
                "outcome": outcome,
                "children_count": count,
                "whole_count": whole,
                "share_pct": 100 * _float(count) / _float(whole) if is_shown else _HIDDEN,
                "low_pct": limits[0],
                "high_pct": limits[1],
                "expected_pct": _expected_percent(each, without_help),
                "error_pct": 100 * by_error,
            }
        )
    return rows


def _expected_percent(each: Reliable, share: float | None) -> Cell | float:
    if share is None:
        return _NOT_COMPUTABLE
    return 100 * share if each.shows_expected else _HIDDEN


def _percent_limits(interval: Estimate) -> tuple[float | None, float | None]:
    if interval.low is None or interval.high is None:
        return None, None
    return 100 * max(0.0, interval.low), 100 * min(1.0, interval.high)


def _reliable_note(changes: Sequence[Reliable]) -> str:
    """From how many points a change is clear, by whom, and what that was computed from."""
    points = {each.informant: each.inputs.rule.fewest_whole_points for each in changes}
    said = "; ".join(f"{informant.lower()}: mindst {count} point" for informant, count in points.items())
    doubt = "" if all(each.inputs.is_checked for each in changes) else f" Ikke alt er {STATUS_TITLES['verified']}."
    return f"En klar ændring er for {said}. {_grounds(changes)}{doubt} {ROUNDED}"


def _grounds(changes: Sequence[Reliable]) -> str:
    """What each informant's limit was computed from; those with the same grounds together."""
    grounds: dict[str, list[str]] = {}
    for each in changes:
        grounds.setdefault(each.inputs.rule.source, []).append(each.informant.lower())
    return " ".join(f"Grundlag for {' og '.join(informants)}: {source}." for source, informants in grounds.items())


# ── how large beside other studies? ─────────────────────────────────────────────────────────────────────────────────


def standardised_table(context: ReportContext, pairs: pl.DataFrame) -> ProtectedTable | None:
    """The change in standard deviations per informant, the expected one beside it; for readers of other studies only."""
    rows, expectations = [], read_expectations(context.connection)
    for code, informant in by_pairs(pairs):
        own = measured_twice(pairs, code)
        if own.height < FEWEST_PAIRS:
            continue
        first, second = (_points(own, f"{occasion}_total_points") for occasion in ("first", "second"))
        effect = paired_effect(first, second, district_labels(own))
        rows.append(
            {
                "informant": informant,
                **behind(own),
                "g_av": effect.g_av.value,
                **interval_limits(context, own, effect.g_av),
                "expected": _expected_standardised(context, own, expectations[code].line),
                "d_baseline": effect.d_baseline.value,
            }
        )
    if not rows:
        return None
    columns = (("g_av", "Ændring (g)"), ("low", "Spænd fra"), ("high", "Spænd til"))
    return protect(
        rows,
        table_id="sdq_standardised",
        title="Ændringen målt i standardafvigelser, til brug ved sammenligning med undersøgelser",
        columns=(
            TableColumn("informant", "Svar fra", "label"),
            *(
                TableColumn(
                    name, title, "mean", decimals=2, **(_BY_DISTRICT if name == "g_av" else {"limit_of": "g_av"})
                )
                for name, title in columns
            ),
            TableColumn("expected", "Ventet uden indsats", "mean", decimals=2, **_BY_DISTRICT),
            TableColumn("d_baseline", "Målt i første målings spredning (d)", "mean", decimals=2, **_BY_DISTRICT),
        ),
        source=with_expectation(context, f"{source_of(context)} Et tal under 0 er færre vanskeligheder."),
        rule=context.rule,
    )


def _expected_standardised(context: ReportContext, own: pl.DataFrame, line: ExpectationLine) -> Cell | float | None:
    """The expected change over the same spread, with the same correction, as g; by district too, over those it is known for."""
    first, second = (_points(own, f"{occasion}_total_points") for occasion in ("first", "second"))
    spread = math.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2)
    expected = expected_changes(own, line)
    known = ~np.isnan(expected)
    if not spread or not known.any():
        return None
    if not known.all() and not _suffices(context, own.filter(known)):
        return _HIDDEN
    of_districts = over_districts(expected, own).value
    assert of_districts is not None  # some are known
    return small_sample_correction(first.size - 1) * of_districts / spread


def with_expectation(context: ReportContext, source: str) -> str:
    """The source of a table that shows what was to be expected, with where a line of the municipality's own is from."""
    return f"{source} {own_expectation_note(read_expectations(context.connection))}".strip()


# ── which scales? ───────────────────────────────────────────────────────────────────────────────────────────────────


def scale_parts(pairs: pl.DataFrame) -> list[Part]:
    """Pairs with every scale known at both measurements, and the others, per informant."""
    parts = []
    for code, informant in by_pairs(pairs):
        own = pairs.filter((pl.col("informant_code") == code) & pl.col("is_paired"))
        known = _with_scales(own).height
        parts += [
            Part(informant, _SCALES_DIVISION, WITH_SCALES, known),
            Part(informant, _SCALES_DIVISION, "Mindst én skala mangler", own.height - known),
        ]
    return parts


def scales_table(context: ReportContext, pairs: pl.DataFrame, everything: ProtectedTable) -> ProtectedTable | None:
    """First measurement, second and change per scale and informant, for the pairs with every scale known."""
    titles = {**scale_titles(), **_SUM_TITLES}
    rows = []
    for code, informant in by_pairs(pairs):
        own = _with_scales(measured_twice(pairs, code))
        if not own.height:
            continue
        shown = everything.cell("part_count", informant=informant, division=_SCALES_DIVISION, group=WITH_SCALES)
        for scale in SCALES:
            first, second = (_points(own, f"{occasion}_{scale}_points") for occasion in ("first", "second"))
            change = over_districts(second - first, own)
            rows.append(
                {
                    "informant": informant,
                    "scale": titles[scale],
                    "shown_count": shown,
                    **behind(own),
                    "first": over_districts(first, own).value,
                    "second": over_districts(second, own).value,
                    "change": change.value,
                    **interval_limits(context, own, change),
                }
            )
    if not rows:
        return None
    return protect(
        rows,
        table_id="sdq_scales",
        title="SDQ's enkelte skalaer ved første og anden måling (hvad man kunne vente uden indsats, ved vi ikke)",
        columns=(
            TableColumn("informant", "Svar fra", "label"),
            TableColumn("scale", "Skala", "label"),
            TableColumn("shown_count", "Børn", "count"),
            TableColumn("first", "Første måling", "mean", decimals=1, unit="point", **_BY_DISTRICT),
            TableColumn("second", "Anden måling", "mean", decimals=1, unit="point", **_BY_DISTRICT),
            TableColumn("change", "Ændring", "mean", decimals=1, unit="point", **_BY_DISTRICT),
            TableColumn("low", "Spænd fra", "mean", decimals=1, unit="point", limit_of="change"),
            TableColumn("high", "Spænd til", "mean", decimals=1, unit="point", limit_of="change"),
        ),
        source=f"{source_of(context)} {STRENGTHS} er den eneste skala, hvor højere tal er bedre. Også skalaerne falder ofte uden "
        f"indsats; hvor meget, ved vi ikke. {ROUNDED}",
        rule=context.rule,
    )


def _with_scales(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.drop_nulls([f"{occasion}_{scale}_points" for scale in SCALES for occasion in ("first", "second")])


# ── better than British children in similar trouble? ────────────────────────────────────────────────────────────────


def added_values(pairs: pl.DataFrame) -> dict[str, AddedValue]:
    """The added value per informant (Danish name), or why there is none.

    A group counts as chosen for its difficulties when its first mean reaches the score at which children are referred. The
    first form of a pair is the standard one: core.fct_sdq_form_role takes no follow-up form as a first.
    """
    found = {}
    for code, informant in by_pairs(pairs):
        own = measured_twice(pairs, code)
        group = _in_formula(own) if _in_formula(own).height else own
        found[informant] = added_value(
            *_formula_points(own),
            district_labels(own, pairs_in_formula(*_formula_points(own), **_formula_conditions(own))),
            is_parent_form=code == "parent",
            is_high_risk_group=bool(group.height)
            and float(_points(group, "first_total_points").mean()) >= _referral_threshold(code),
            **_formula_conditions(own),
        )
    return found


def _formula_points(own: pl.DataFrame) -> tuple[Points, Points, Points, Points]:
    return (
        _points(own, "first_total_points"),
        _points(own, "first_impact_points"),
        _points(own, "first_emotional_points"),
        _points(own, "second_total_points"),
    )


def _formula_conditions(own: pl.DataFrame) -> dict[str, Any]:
    return {
        "days_between": _points(own, "days_between"),
        "is_second_follow_up_form": own["is_second_follow_up_form"].fill_null(False).to_numpy(),
        "age_years": _points(own, "age_years"),
    }


def _in_formula(own: pl.DataFrame) -> pl.DataFrame:
    """The pairs that the formula takes: those whom its mean is of."""
    return own.filter(pairs_in_formula(*_formula_points(own), **_formula_conditions(own)))


def added_value_parts(pairs: pl.DataFrame, values: Mapping[str, AddedValue]) -> list[Part]:
    """Pairs that the formula could use and those it could not, where it gave a value."""
    parts = []
    for code, informant in by_pairs(pairs):
        value = values[informant]
        paired = pairs.filter((pl.col("informant_code") == code) & pl.col("is_paired")).height
        if value.points is not None:
            parts += [
                Part(informant, _FORMULA_DIVISION, IN_FORMULA, value.used_count),
                Part(informant, _FORMULA_DIVISION, "Ikke med i den britiske formel", paired - value.used_count),
            ]
    return parts


def added_value_table(
    context: ReportContext, pairs: pl.DataFrame, values: Mapping[str, AddedValue], everything: ProtectedTable
) -> ProtectedTable | None:
    """The added value in points per informant with its interval, or the reason in Danish why there is none."""
    rows = []
    for code, informant in by_pairs(pairs):
        value, own = values[informant], measured_twice(pairs, code)
        if value.points is not None:
            own = _in_formula(own)
        row: dict[str, Any] = {"informant": informant, **behind(own), "used_count": _NOT_COMPUTABLE, "value": None}
        # the first reason is enough to stop the formula, and a table has room for one
        row |= {"low": None, "high": None, "reason": REASONS[value.reasons[0]] if value.reasons else "–"}
        if value.points is not None:
            row["used_count"] = everything.cell(
                "part_count", informant=informant, division=_FORMULA_DIVISION, group=IN_FORMULA
            )
            row |= {"value": value.points.by_cluster.value, **interval_limits(context, own, value.points.by_cluster)}
        rows.append(row)
    if not rows:
        return None
    return protect(
        rows,
        table_id="sdq_added_value",
        title="Ændringen holdt op imod en britisk formel for børn i samme situation",
        columns=(
            TableColumn("informant", "Svar fra", "label"),
            TableColumn("used_count", "Børn", "count"),
            TableColumn("value", "Bedre end den britiske formel", "mean", decimals=1, **_BY_DISTRICT),
            TableColumn("low", "Spænd fra", "mean", decimals=1, limit_of="value"),
            TableColumn("high", "Spænd til", "mean", decimals=1, limit_of="value"),
            TableColumn("reason", "Hvorfor intet tal", "label"),
        ),
        source=f"{source_of(context)} Et tal over 0 er færre vanskeligheder, end formlen venter. Formlen venter et andet fald end "
        "tabellen med ventet uden indsats. Med er børn på "
        f"{AGES_YEARS[0]}-{AGES_YEARS[1]} år, der 4-8 måneder efter er målt med opfølgningsskemaet. Formlen er ikke afprøvet på "
        "danske børn. Den gælder gruppen og aldrig det enkelte barn.",
        rule=context.rule,
    )


def _referral_threshold(code: str) -> float:
    row = next(row for row in load_code_table("sdq_reference_values").rows if row["informant_code"] == code)
    return float(row["referral_threshold_points"])


# ── and the children who were not measured again? ───────────────────────────────────────────────────────────────────


def lost_rows(context: ReportContext, pairs: pl.DataFrame, everything: ProtectedTable) -> list[dict[str, Any]]:
    """What `lost_table` and `lost_change_table` show, one row per informant with at least three pairs.

    Means over children are hidden where they, beside the means over districts in `everything`, would tell of a single district.
    """
    lines = {code: each.line for code, each in read_expectations(context.connection).items()}
    rows = []
    for code, informant in by_pairs(pairs):
        row = _lost_row(context, pairs, code, informant, lines[code])
        if row and _tells_of_a_district(context, measured_twice(pairs, code), everything, informant):
            row |= dict.fromkeys(_OVER_CHILDREN, _HIDDEN)
        rows += [row] if row else []
    return rows


def _tells_of_a_district(context: ReportContext, own: pl.DataFrame, everything: ProtectedTable, informant: str) -> bool:
    """Whether a mean over these pairs, beside the districts' rows, gives back one district's hidden mean or hidden count.

    With two districts the mean over children and the mean over districts are two equations in two means. With two hidden counts
    beside shown means the mean over children is one equation in how the children are shared between the two; how near it comes
    follows from the rounding of the means to 0.1 point.
    """
    if not interval_may_be_shown(context, own, no_estimate(0.95)):
        return True
    rows = [dict(zip((c.name for c in everything.columns), row, strict=True)) for row in everything.rows]
    hidden = [
        row
        for row in rows
        if (row["informant"].value, row["division"].value) == (informant, DISTRICT)
        and row["children_count"].status is CellStatus.HIDDEN
        and row["change_mean_points"].status is CellStatus.SHOWN
    ]
    if len(hidden) != 2:
        return False
    gaps = [
        abs(_float(hidden[0][name]) - _float(hidden[1][name])) for name in ("first_mean_points", "change_mean_points")
    ]
    return 0.2 * own.height < context.rule.minimum_count * max(gaps)


def lost_table(context: ReportContext, rows: Sequence[Mapping[str, Any]], everything: ProtectedTable) -> ProtectedTable:
    """How many were not measured again, and the first scores of those who were and were not, per informant."""
    return protect(
        [
            {**row, "lost_children": everything.cell("lost_count", informant=row["informant"], division=EVERYBODY)}
            for row in rows
        ],
        table_id="sdq_lost",
        title="SDQ-tal ved første måling for børn med og uden anden måling",
        columns=(
            TableColumn("informant", "Svar fra", "label"),
            TableColumn("lost_children", "Børn uden anden måling", "count"),
            TableColumn("followed", "Målt to gange", "mean", decimals=1, unit="point", **_BY_DISTRICT),
            TableColumn("lost", "Uden anden måling", "mean", decimals=1, unit="point", **_LOST),
            TableColumn("difference", "Forskel i standardafvigelser", "mean", decimals=2, **_BOTH),
        ),
        source=f"{source_of(context)} Kun børn, hvor fristen for anden måling er udløbet. {_BY_CHILD} "
        "En forskel under 0 betyder, at de børn, der er målt to gange, havde færre vanskeligheder ved første måling end resten.",
        rule=context.rule,
    )


def lost_change_table(context: ReportContext, rows: Sequence[Mapping[str, Any]]) -> ProtectedTable:
    """The change with the lost in mind, per informant: weighted, beside the expected, under two assumptions, and the tipping point.

    All but the weighted change are means over the children, measured again or not.
    """
    return protect(
        rows,
        table_id="sdq_lost_change",
        title="Ændringen i SDQ-tallet, når børn uden anden måling regnes med",
        columns=(
            TableColumn("informant", "Svar fra", "label"),
            TableColumn("weighted", "Vægtet ændring", "mean", decimals=1, unit="point", **_WEIGHTED),
            TableColumn("low", "Spænd fra", "mean", decimals=1, unit="point", limit_of="weighted"),
            TableColumn("high", "Spænd til", "mean", decimals=1, unit="point", limit_of="weighted"),
            TableColumn("expected", "Ventet uden indsats", "mean", decimals=1, unit="point", **_BOTH),
            TableColumn("as_expected", "Resten ændrede sig som de målte", "mean", decimals=1, unit="point", **_BOTH),
            TableColumn("worse", "Resten lå 3 point højere end det", "mean", decimals=1, unit="point", **_BOTH),
            TableColumn("tipping", "Vendepunkt", "mean", decimals=1, unit="point", **_BOTH),
        ),
        source=with_expectation(
            context,
            f"{source_of(context)} Vægtet: hvert målt barn tæller også for dem, der ligner det. Det ventede gælder alle børn, hvor "
            f"fristen for anden måling er udløbet. Den vægtede ændring er regnet på distrikter, resten pr. barn. "
            "Vendepunkt: så mange point højere end de målte børn med samme første måling skulle "
            "resten have ligget, før ændringen for alle børn var den, man kunne vente uden indsats. Det kan ikke beregnes, hvor "
            "faldet ikke er større end ventet. Vægtningen hjælper ikke, hvis børn, det gik skidt for, blev væk. "
            f"{ROUNDED}",
        ),
        rule=context.rule,
    )


def _lost_row(
    context: ReportContext, pairs: pl.DataFrame, code: str, informant: str, line: ExpectationLine
) -> dict[str, Any] | None:
    due = due_of(pairs.filter(pl.col("informant_code") == code))
    followed = due["is_paired"].to_numpy()
    if followed.sum() < FEWEST_PAIRS:
        return None
    first = _points(due, "first_total_points")
    second = np.where(followed, _points(due, "second_total_points"), np.nan)
    against = followed_against_lost(first, followed)
    as_expected, worse = lost_children_scenarios(first, second, worse_by_points=(0.0, 3.0))
    lost, again = due.filter(~pl.col("is_paired")), measured_twice(due, code)
    weighted, expected = _weighted_change(due), _expected_of_all(context, due, line)
    in_weighted = measured_twice(_with_covariates(due), code)
    return {
        "informant": informant,
        **behind(again),
        "lost_count": lost.height,
        "lost_institutions_count": distinct_count(lost, "institution_code"),
        **{f"both_{name}": count for name, count in _fewest(again, lost).items()},
        "followed": against.followed_mean,
        "lost": against.lost_mean,
        "difference": against.standardised_difference,
        "weighted": None if weighted is None else weighted.value,
        "weighted_children_count": in_weighted.height,
        "weighted_institutions_count": distinct_count(in_weighted, "institution_code"),
        **({"low": None, "high": None} if weighted is None else interval_limits(context, in_weighted, weighted)),
        "expected": expected,
        "as_expected": as_expected.mean_change,
        "worse": worse.mean_change,
        "tipping": _tipping(first, second, expected),
    }


def _fewest(*groups: pl.DataFrame) -> dict[str, int]:
    """The smallest number of children, and of institutions, behind any of the groups: it would follow by subtraction."""
    counts = [behind(group) for group in groups]
    return {name: min(count[name] for count in counts) for name in counts[0]}


def _tipping(first: Points, second: Points, expected: Cell | float | None) -> Cell | float | None:
    """How much higher the lost must lie for the change of all to be the expected one; None where it is no larger a fall as it is."""
    if not isinstance(expected, float):
        return expected
    tipping = tipping_point(first, second, mean_change_that_changes_the_answer=expected)
    return None if tipping is None or tipping <= 0 else tipping


def _expected_of_all(context: ReportContext, due: pl.DataFrame, line: ExpectationLine) -> Cell | float | None:
    """The mean expected change of these children, followed or lost, over those whose age and sex the line can use."""
    expected = expected_changes(due, line)
    known = ~np.isnan(expected)
    if not known.any():
        return None
    if not known.all() and not _suffices(context, due.filter(known)):
        return _HIDDEN
    return float(expected[known].mean())


def _weighted_change(due: pl.DataFrame) -> Estimate | None:
    """The change weighted by what tells followed from lost: first score, age, sex, adviser model; None where that cannot be."""
    known = _with_covariates(due)
    covariates = np.column_stack(
        [
            _points(known, "first_total_points"),
            _points(known, "age_years"),
            (known["sex_code"] == "M").to_numpy(),
            (known["model_code"] == "district_adviser").to_numpy(),
        ]
    )
    followed = known["is_paired"].to_numpy()
    change = _points(known, "second_total_points") - _points(known, "first_total_points")
    try:
        weights = attrition_weights(covariates, followed)
    except ValueError:  # nobody followed, or followed and lost differ completely: no weight exists
        return None
    return weighted_change(np.where(followed, change, np.nan), weights, district_labels(known, followed))


def _with_covariates(due: pl.DataFrame) -> pl.DataFrame:
    """Those of whom everything is known that the weights are made of."""
    return due.drop_nulls(["first_total_points", "age_years", "sex_code", "model_code", "district_code"])


# ── pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _points(frame: pl.DataFrame, name: str) -> Points:
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _suffices(context: ReportContext, pairs: pl.DataFrame) -> bool:
    counts = behind(pairs)
    return (
        counts["children_count"] >= context.rule.minimum_group_children
        and counts["institutions_count"] >= context.rule.minimum_institutions
    )


def _float(cell: Cell) -> float:
    assert isinstance(cell.value, (int, float))
    return float(cell.value)
