"""How many children are there, were measured, and measured again, in each district and under each model: what may be told of it?

Protected beside what the committee report tells of the same children (`elsewhere`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pipelines.committee.evaluation.elsewhere import beside, is_own_row, told_alike
from pipelines.disclosure.protect import HIDDEN, protect
from pipelines.disclosure.relations import Bound, CellAt, SumRelation, TotalColumn
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.evaluation.children import StudyChild
from pipelines.evaluation.design import FEWEST_CHILDREN_TO_DESCRIBE, ArmFacts, ClusterFacts, NotCompared
from pipelines.evaluation.design_words import MOST_WITHOUT_A_REASON, has_few
from pipelines.evaluation.whole_grades import fewest_measured

if TYPE_CHECKING:
    from pipelines.committee.evaluation.basis import Study

ALL_COMPARED: Final = "Sammenlignede i alt"
"""The area of a model's row of sums."""

APART: Final = " (ikke sammenlignet)"
"""Behind the name of an area that is described and not compared."""

_COUNTS: Final = ("at_risk", "measured", "followed", "lost", "waiting")
_COURSES: Final[Mapping[str, Callable[[StudyChild], bool]]] = {
    "followed": lambda child: child.is_followed,
    "lost": lambda child: child.is_due and not child.is_followed,
    "waiting": lambda child: not child.is_due,
}
"""What became of the measured children; each did one of the three."""


def district_table(study: "Study") -> ProtectedTable:
    """Children at risk, measured and what became of them, by district and in all under each model; the sums are declared."""
    rows = [_cluster_row(study, cluster) for cluster in study.design.clusters]
    arms = [
        _arm_row(
            study,
            arm,
            is_treated=is_treated,
            is_known=all(row["at_risk"] is not None for row in rows if row["is_in"] is is_treated),
        )
        for arm, is_treated in zip(study.design.arms, (False, True), strict=True)
        if arm.cluster_count
    ]
    relations = [
        SumRelation(_at(column, arm), tuple(_at(column, row) for row in rows if row["is_in"] == arm["arm"]))
        for arm in arms
        for column in _COUNTS
        if None not in [row[column] for row in rows if row["is_in"] == arm["arm"]]
    ]
    behind = _children_behind(study)
    elsewhere = beside(study.elsewhere, behind)
    protected = protect(
        [*rows, *reversed(arms), *({**dict.fromkeys((*_COUNTS, "share")), **row} for row in elsewhere.rows)],
        table_id="evaluation_districts",
        title="Målte børn under de to modeller",
        columns=(
            TableColumn("model", "Model", "label"),
            TableColumn("area", "Område", "label"),
            TableColumn("at_risk", "Elever på klassetrinnene" if study.grades else "Børn på 0-17 år", "count"),
            TableColumn("measured", "Målt", "count"),
            TableColumn("share", "Andel målt", "share", decimals=1, numerator="measured", denominator="at_risk"),
            TableColumn("followed", "Målt igen", "count"),
            TableColumn("lost", "Ikke målt igen", "count"),
            TableColumn("waiting", "Ventes", "count"),
        ),
        source=study.source,
        rule=study.context.rule,
        totals=[*relations, *elsewhere.sums, TotalColumn("measured", tuple(_COURSES))],
        published=elsewhere.shown,
        hidden_elsewhere=elsewhere.hidden,
        untold=elsewhere.untold,
        bounds=[
            *(bound for row in (*rows, *arms) if (bound := _told(row))),
            *_nearly_all_measured(study, rows, arms),
        ],
    )
    own = protected.excerpt(protected.table_id, title=protected.title, keep_row=is_own_row)
    sets = _with_sums(behind, rows, arms)
    may_be_told = told_alike(study.elsewhere, sets, fewest_apart=study.context.rule.minimum_count)
    return own if may_be_told is None else _nothing_but(own, may_be_told)


def _nothing_but(table: ProtectedTable, may_be_told: Collection[CellAt]) -> ProtectedTable:
    """The table with all other counts of measured children hidden, and the shares that rest on them."""
    behind = {"share": "measured", **{name: name for name in ("measured", *_COURSES)}}
    rows = [
        tuple(
            HIDDEN
            if cell.value is not None
            and (name := behind.get(column.name))
            and CellAt(name, (("model", str(row[0].value)), ("area", str(row[1].value)))) not in may_be_told
            else cell
            for column, cell in zip(table.columns, row, strict=True)
        )
        for row in table.rows
    ]
    return replace(table, rows=tuple(rows))


def _with_sums(
    behind: Mapping[CellAt, list[str]], rows: Sequence[Mapping[str, Any]], arms: Sequence[Mapping[str, Any]]
) -> dict[CellAt, list[str]]:
    """The children of every count there is: of what became of them, of all measured, and of a model's districts together."""
    found = dict(behind)
    for arm in arms:
        own = [row for row in rows if row["is_in"] == arm["arm"]]
        found |= {_at(name, arm): [one for row in own for one in behind[_at(name, row)]] for name in _COURSES}
    for row in (*rows, *arms):
        found[_at("measured", row)] = [one for name in _COURSES for one in found[_at(name, row)]]
    return found


def _children_behind(study: "Study") -> dict[CellAt, list[str]]:
    """The children of every count that is no sum of others."""
    return {
        _at(column, _cluster_row(study, cluster)): [
            child.child_id for child in study.children.children if child.cluster == cluster.code and is_in(child)
        ]
        for cluster in study.design.clusters
        for column, is_in in _COURSES.items()
    }


def _told(row: Mapping[str, Any]) -> Bound | None:
    """What the words of why a district is compared, or is not, tell of the children measured twice there."""
    if row["has_few"]:
        return Bound(_at("followed", row), high=MOST_WITHOUT_A_REASON)
    return Bound(_at("followed", row), low=row["at_least"]) if row["at_least"] else None


def _nearly_all_measured(
    study: "Study", rows: Sequence[Mapping[str, Any]], arms: Sequence[Mapping[str, Any]]
) -> Iterator[Bound]:
    """That nearly all pupils of some grades are measured in every district tells how many are so there, at the least."""
    if not study.grades:
        return
    share = study.plan.limits.whole_grade_share
    floors = [
        fewest_measured(study.children, cluster.code, study.grades, least_share=share)
        for cluster in study.design.clusters
    ]
    for row, floor in zip(rows, floors, strict=True):
        yield Bound(_at("measured", row), low=floor)
    for arm in arms:
        of_arm = sum(floor for row, floor in zip(rows, floors, strict=True) if row["is_in"] == arm["arm"])
        yield Bound(_at("measured", arm), low=of_arm)


def _cluster_row(study: "Study", cluster: ClusterFacts) -> dict[str, Any]:
    return {
        "model": study.model(is_treated=cluster.is_treated),
        "area": study.names.get(cluster.code, cluster.code) + ("" if cluster.is_compared else APART),
        **_measured(cluster),
        **_course(cluster),
        "at_least": _fewest(cluster),
        "has_few": has_few(cluster),
        "is_in": cluster.is_treated if cluster.is_compared else None,
    }


def _fewest(cluster: ClusterFacts) -> int:
    """So many children are measured twice at the least, for all that is said of the district."""
    if cluster.is_compared:
        return FEWEST_CHILDREN_TO_DESCRIBE
    has_reason = cluster.not_compared is NotCompared.NO_COUNTERPART and not has_few(cluster)
    return MOST_WITHOUT_A_REASON + 1 if has_reason else 0


def _arm_row(study: "Study", arm: ArmFacts, *, is_treated: bool, is_known: bool) -> dict[str, Any]:
    """is_known: whether it is told of each district how many children there are; else the sum would tell it of the last one."""
    return {
        "model": study.model(is_treated=is_treated),
        "area": ALL_COMPARED,
        **(_measured(arm) if is_known else {**_measured(arm), "at_risk": None, "share": None}),
        **_course(arm),
        "at_least": arm.cluster_count * FEWEST_CHILDREN_TO_DESCRIBE,
        "has_few": False,
        "arm": is_treated,
        "is_in": None,
    }


def _measured(of: ClusterFacts | ArmFacts) -> dict[str, float | None]:
    """Counts and share; where more were measured than live there on the last day, those who live there are no whole to count of."""
    at_risk = of.at_risk if of.at_risk and of.at_risk >= of.measured else None
    return {
        "at_risk": at_risk,
        "measured": of.measured,
        "share": None if at_risk is None else of.measured / at_risk,
    }


def _course(of: ClusterFacts | ArmFacts) -> dict[str, int]:
    """What became of the measured children; the three add up to them."""
    return {"followed": of.followed, "lost": of.due - of.followed, "waiting": of.measured - of.due}


def _at(column: str, row: Mapping[str, Any]) -> CellAt:
    return CellAt(column, (("model", row["model"]), ("area", row["area"])))
