"""What do the What Works Clearinghouse's rules make of the comparison? Its tables for the report."""

from collections.abc import Iterator

from pipelines.committee.evaluation.basis import Study, as_shown, behind_difference
from pipelines.committee.evaluation.districts import ALL_COMPARED
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import CellStatus, ProtectedTable, TableColumn
from pipelines.evaluation.clearinghouse import USUAL_ICC, effect_sizes
from pipelines.evaluation.clearinghouse_words import (
    ALIKENESS,
    LOSS_IS_HIGH,
    LOSS_IS_LOW,
    LOSS_UNKNOWN,
    RATING_REASONS,
    RATINGS,
)
from pipelines.evaluation.design import Baseline
from pipelines.measures.what_works_rating import alikeness
from pipelines.publish.danish import number

_SOURCE = "Regler: What Works Clearinghouse, Standards 4.0 (2017) og Handbook 5.0 (2022), gengivet efter andre."


def clearinghouse_table(study: Study) -> ProtectedTable:
    """The rating, its gates and every reason why it is not higher, in words."""
    return protect(
        [{"what": what, "told": told} for what, told in _lines(study)],
        table_id="evaluation_clearinghouse",
        title="Set med What Works Clearinghouses regler",
        columns=(TableColumn("what", "Regel", "label"), TableColumn("told", "Bedømmelse", "label")),
        source=_SOURCE,
        rule=study.context.rule,
    )


def _lines(study: Study) -> Iterator[tuple[str, str]]:
    design = study.design
    yield "Samlet", RATINGS[design.rating.rating]
    yield from (("Derfor ikke højere", RATING_REASONS[reason]) for reason in design.rating.reasons)
    if design.loss is None:
        yield "Børn uden anden måling", LOSS_UNKNOWN
    else:
        yield "Børn uden anden måling", LOSS_IS_LOW if design.loss.is_low else LOSS_IS_HIGH
    first = next(one.analysed_g for one in design.baseline if one.baseline is Baseline.FIRST_SCORE)
    if first is not None:
        yield "Ens ved første måling", ALIKENESS[alikeness(first)]


def effect_size_table(study: Study) -> ProtectedTable | None:
    """The difference in standard deviations (g), by who is taken to share a district; None without a difference."""
    leading = study.evaluation.leading
    sizes = effect_sizes(leading.difference, icc=study.plan.spread.district_icc) if leading else None
    if leading is None or sizes is None:
        return None
    part, usual = (number(100 * icc, 0) for icc in (sizes.icc, USUAL_ICC))
    rows = {
        "Som om intet barn delte distrikt": sizes.by_children,
        f"Børn deler distrikt ({part} procent af forskellene ligger mellem distrikter)": sizes.both_arms,
        f"Det samme med reglernes sædvanlige {usual} procent": sizes.both_arms_usual,
        "Kun børn under den nye model deler rådgiver": sizes.one_arm,
    }
    return protect(
        [{"what": what, "g": value, **behind_difference(leading)} for what, value in rows.items()],
        table_id="evaluation_effect_size",
        title="Forskellen i standardafvigelser (Hedges' g)",
        columns=(
            TableColumn("what", "Regnet sådan", "label"),
            TableColumn("g", "g", "mean", decimals=2, children="children", institutions="clusters"),
        ),
        source=f"{study.source} Under nul er færre vanskeligheder. {_SOURCE}",
        rule=study.context.rule,
    )


def loss_table(study: Study, districts: ProtectedTable) -> ProtectedTable | None:
    """Loss against the boundary, from the counts that `district_table` shows; None where they are hidden there or nobody is due."""
    loss = study.design.loss
    if loss is None or not _is_told(districts, study):
        return None
    rows = {
        "Uden anden måling, begge modeller (procent)": 100 * loss.overall_share,
        "Forskel mellem modellerne (procentpoint)": loss.apart_points,
        "Grænse for forskellen (procentpoint)": loss.limit_points,
    }
    return protect(
        [{"what": what, "value": as_shown(value, decimals=1)} for what, value in rows.items()],
        table_id="evaluation_loss",
        title="Børn uden anden måling, holdt op mod reglernes grænse",
        columns=(TableColumn("what", "Hvad", "label"), TableColumn("value", "Tal", "number", decimals=1)),
        source=f"{study.source} Uden en grænse mangler der så mange, at ingen forskel er lille nok. {_SOURCE}",
        rule=study.context.rule,
    )


def _is_told(districts: ProtectedTable, study: Study) -> bool:
    """Whether the reader can work the loss of both models out from the table of districts."""
    places = [districts.column_index(name) for name in ("followed", "lost")]
    told = {
        str(row[districts.column_index("model")].value): all(row[place].status is CellStatus.SHOWN for place in places)
        for row in districts.rows
        if row[districts.column_index("area")].value == ALL_COMPARED
    }
    return all(told.get(study.model(is_treated=arm), False) for arm in (True, False))
