"""How much of each model did the children get, beside how it went: meetings per 100 children, which nobody drew lots over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, Final

from pipelines.committee.evaluation.basis import Study, as_shown
from pipelines.committee.evaluation.detection import in_all
from pipelines.committee.evaluation.districts import ALL_COMPARED
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import CellStatus, ProtectedTable, TableColumn
from pipelines.evaluation.design import ClusterFacts
from pipelines.evaluation.dose import NO_DOSE, Dose
from pipelines.publish.danish import number
from pipelines.publish.figures import FigureWords, rate_bars
from pipelines.publish.section import Figure, HowSure, Section

NOT_BY_LOT: Final = "Ingen har trukket lod om møderne. De holdes tit mest, hvor børnene har det sværest."
_ALL: Final = "I alt"


def dose_section(study: Study) -> Section:
    """Meetings planned, held and attended by the model's own staff, in compared districts, beside their children's adjusted score."""
    table = dose_table(study)
    held = held_table(study, table)
    return Section(
        section_id="evaluation_dose",
        question="Hvor meget af modellen har børnene fået?",
        answer=_answer(study, table),
        support="Ingen har trukket lod om møderne.",
        level=0,
        level_reason="Det er en optælling.",
        tables=(held, table) if held.rows else (),  # no compared district, no rows to lay out
        figures=(_figure(study, held),) if held.rows else (),
        how_sure=HowSure(
            number="Møderne er talt op i kommunens mødelog.",
            cause=NOT_BY_LOT,
            data="Et møde uden referat tæller ikke som holdt.",
            needed="Skriv ned, hvem der var med på hvert møde.",
        ),
        not_shown=(
            "Tabellen viser ikke, om flere møder hjælper. Ingen må lægge tallene side om side og læse en årsag.",
        ),
        method=(
            "Møderne er dem, der var planlagt i planens periode, sat op mod alle børn i distriktet.",
            "SDQ-tallet er anden måling, som om børnene var ens i alle distrikter på det, planen nævner.",
        ),
    )


def dose_table(study: Study) -> ProtectedTable:
    """One row per compared district and one per model: meetings per 100 children, and the adjusted second score."""
    compared = [cluster for cluster in study.design.clusters if cluster.is_compared]
    behind = _Behind.of(study, compared)
    rows = [
        row
        for is_treated in (True, False)
        for row in _arm_rows(study, [one for one in compared if one.is_treated is is_treated], is_treated, behind)
    ]
    per_100 = (
        ("planned", "Planlagt pr. 100 børn", None),
        ("held", "Holdt pr. 100 børn", None),
        ("attended", "Med modellens medarbejder", "staff"),
    )
    return protect(
        rows,
        table_id="evaluation_dose",
        title="Møder under de to modeller",
        columns=(
            TableColumn("model", "Model", "label"),
            TableColumn("area", "Område", "label"),
            *(TableColumn(name, title, "number", decimals=1, staff=staff) for name, title, staff in per_100),
            TableColumn(
                "score", "SDQ anden gang", "mean", decimals=1, children="children", institutions="institutions"
            ),
        ),
        source=f"Kilde: {study.context.settings.municipality.name}s mødelog, elevregister og SDQ-skemaer.",
        rule=study.context.rule,
    )


@dataclass(frozen=True)
class _Behind:
    """What stands behind every district: the fewest staff, children and institutions of any of them.

    One district with too few staff would follow from the model's sum and the other districts. One with too few children would follow
    from the difference between the models where each district is one number; two of them from that and its interval.
    """

    staff: int
    children: int
    institutions: int
    untold: Mapping[tuple[str, str], CellStatus]
    """(model, area) whose children are not told: meetings per 100 of them would tell how many they are."""

    @classmethod
    def of(cls, study: Study, compared: Sequence[ClusterFacts]) -> "_Behind":
        means = [study.behind_means.get(one.code, (0, 0)) for one in compared] or [(0, 0)]
        return cls(
            min((len(_dose(study, one).staff) for one in compared), default=0),
            min(children for children, _ in means),
            min(institutions for _, institutions in means),
            _few_children(study, compared) if study.grades else _untold_children(study),
        )


def _untold_children(study: Study) -> dict[tuple[str, str], CellStatus]:
    districts = study.districts
    at_risk = districts.column_index("at_risk")
    return {
        (str(row[0].value), str(row[1].value)): row[at_risk].status
        for row in districts.rows
        if row[at_risk].status is not CellStatus.SHOWN
    }


def _few_children(study: Study, compared: Sequence[ClusterFacts]) -> dict[tuple[str, str], CellStatus]:
    """Where some grades alone are compared, the table of districts tells nothing of all children; then by how many live there.

    One district with few of them hides all of its model: the model's sum and the other districts would give it back.
    """
    few = {one.is_treated for one in compared if study.context.rule.hides_count(study.children.children_of(one.code))}
    hidden = {
        (study.model(is_treated=one.is_treated), study.names.get(one.code, one.code)): CellStatus.HIDDEN
        for one in compared
        if one.is_treated in few
    }
    return hidden | {(study.model(is_treated=arm), ALL_COMPARED): CellStatus.HIDDEN for arm in few}


def held_table(study: Study, table: ProtectedTable) -> ProtectedTable:
    """Meetings held per 100 children, each model's districts and then the model; from what `dose_table` shows."""
    held = table.column_index("held")
    return protect(
        [
            {
                "area": in_all(str(row[0].value)) if row[1].value == _ALL else str(row[1].value),
                "held": row[held] if row[held].value is None else row[held].value,
            }
            for row in table.rows
        ],
        table_id="evaluation_held",
        title="Møder holdt for hver 100 børn",
        columns=(
            TableColumn("area", "Område", "label"),
            TableColumn("held", "Holdt pr. 100 børn", "number", decimals=1),
        ),
        source=table.source,
        rule=study.context.rule,
    )


def _figure(study: Study, held: ProtectedTable) -> Figure:
    models = [study.model(is_treated=arm) for arm in (True, False)]
    return rate_bars(
        held,
        FigureWords(
            figure_id="evaluation_held",
            title="Hvor mange møder der er holdt under hver model",
            subtitle=f"Møder i planens periode for hver 100 børn, først områder med {models[0]}, så med {models[1]}.",
            source=held.source,
            constructed=study.context.is_constructed,
        ),
        label="area",
        rate="held",
        unit="pr. 100",
        bold=tuple(in_all(model) for model in models),
    )


def _dose(study: Study, cluster: ClusterFacts) -> Dose:
    return study.dose.get((cluster.code, cluster.is_treated), NO_DOSE)


def _arm_rows(study: Study, clusters: list[ClusterFacts], is_treated: bool, behind: _Behind) -> list[dict[str, Any]]:
    model, leading, rule = study.model(is_treated=is_treated), study.evaluation.leading, study.context.rule
    doses = [_dose(study, cluster) for cluster in clusters]
    children = [study.children.children_of(cluster.code) for cluster in clusters]
    rows = [
        {
            "area": (area := study.names.get(cluster.code, cluster.code)),
            **_per_100(dose, at_risk, untold=behind.untold.get((model, area))),
            "score": leading.district_means.get(cluster.code) if leading else None,
            "children": behind.children,
            "institutions": behind.institutions,
            "staff": behind.staff,
        }
        for cluster, dose, at_risk in zip(clusters, doses, children, strict=True)
    ]
    whole = reduce(add, doses, NO_DOSE)
    together = {
        "area": _ALL,
        **_per_100(whole, sum(children) if all(children) else 0, untold=behind.untold.get((model, ALL_COMPARED))),
        "score": CellStatus.NOT_COMPUTABLE,
        "children": 0,
        "institutions": 0,
    }
    if behind.staff < rule.minimum_staff and whole.held - whole.attended < rule.minimum_count:
        together["staff"] = 0  # who was at nearly all meetings together was so in each district
    return [{"model": model, **row} for row in (*rows, *([together] if clusters else []))]


def _per_100(dose: Dose, children: int, *, untold: CellStatus | None) -> dict[str, Any]:
    """Not received where no meeting is in the log, not computable without children. untold: why it is not told how many they are."""
    counts: Mapping[str, int] = {"planned": dose.planned, "held": dose.held, "attended": dose.attended}
    if not dose.planned and not dose.held:
        return {**dict.fromkeys(counts, CellStatus.NOT_RECEIVED), "staff": 0}
    if not children:
        return {**dict.fromkeys(counts, CellStatus.NOT_COMPUTABLE), "staff": 0}
    if untold:
        return {**dict.fromkeys(counts, untold), "staff": 0}
    told = {name: as_shown(100 * count / children, decimals=1) for name, count in counts.items()}
    return {**told, "staff": len(dose.staff)}


def _answer(study: Study, table: ProtectedTable) -> str:
    """The meetings held per 100 children of both models, where both are known."""
    held = {
        str(row[0].value): row[table.column_index("held")]
        for row in table.rows
        if row[table.column_index("area")].value == _ALL
    }
    names = [study.model(is_treated=arm) for arm in (True, False)]
    cells = [held.get(name) for name in names]
    told = [
        f"{number(cell.value, 1)} møder pr. 100 børn under {name}"
        for name, cell in zip(names, cells, strict=True)
        if cell is not None and isinstance(cell.value, float)
    ]
    if any(cell is not None and cell.status is CellStatus.HIDDEN for cell in cells):
        return "Det kan ikke siges, for der er ikke tal for begge modeller, som må vises."
    if len(told) < len(names):
        return "Det kan ikke siges, for der er ikke møder at vise for begge modeller."
    return f"Der er holdt {told[0]} og {told[1]}."
