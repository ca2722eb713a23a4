"""What do all sections of the evaluation stand on: the plan, its lock, its children, the design and the analysis, made once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext
from pipelines.committee.evaluation.districts import district_table
from pipelines.committee.evaluation.elsewhere import CountElsewhere, counts_elsewhere
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.errors import PublishError
from pipelines.evaluation.analysis import Evaluation, Leading, analyse
from pipelines.evaluation.analysis_words import analysis_departures
from pipelines.evaluation.arrays import arrays_of
from pipelines.evaluation.children import StudyChildren, read_children
from pipelines.evaluation.design import Design, study_design
from pipelines.evaluation.dose import Dose, read_dose
from pipelines.evaluation.outcomes import OUTCOMES
from pipelines.evaluation.plan import AnalysisPlan, read_plan
from pipelines.evaluation.plan_lock import PlanLock, read_locks
from pipelines.evaluation.plan_words import plan_departures, unknown_strata
from pipelines.evaluation.power import Power, study_power
from pipelines.evaluation.power_words import rounded_up
from pipelines.evaluation.private_words import check_words
from pipelines.evaluation.register_outcomes import read_register_outcomes
from pipelines.evaluation.rollout import Rollout, read_rollout
from pipelines.evaluation.whole_grades import primary_children

_INSTITUTIONS = "SELECT institution_code, institution_name FROM core.dim_institution ORDER BY institution_code"


@dataclass(frozen=True)
class Study:
    """One evaluation in an open warehouse. lock: the latest; None when the plan was never locked.

    grades: in which all children are measured; then `children` holds those alone.
    """

    context: ReportContext
    plan: AnalysisPlan
    lock: PlanLock | None
    children: StudyChildren
    grades: tuple[int, ...] = ()

    @cached_property
    def design(self) -> Design:
        """What is known before any effect."""
        return study_design(self.children, self.plan, rollout=self.rollout.facts)

    @cached_property
    def rollout(self) -> Rollout:
        """The districts before and after they began, if the plan follows them."""
        return read_rollout(self.context.connection, self.plan)

    @cached_property
    def evaluation(self) -> Evaluation:
        """The comparison; what it could have shown is rounded as in `power`."""
        registers = read_register_outcomes(self.context.connection, self.plan)
        found = analyse(self.children, self.design, self.plan, registers=registers)
        if found.leading is None:
            return found
        return replace(found, leading=replace(found.leading, detectable_by_plan=self.power.detectable))

    @cached_property
    def tells_children(self) -> bool:
        """Whether every count of children of every district may be told; else a model's sum beside the report may tell one."""
        hidden = CellStatus.HIDDEN
        return not any(cell.status is hidden for row in self.districts.rows for cell in row)

    @cached_property
    def power(self) -> Power:
        """What the districts could show; rounded up where a count of children is hidden."""
        power = study_power(self.children, self.design, self.plan)
        return power if self.tells_children else rounded_up(power, self.plan)

    @cached_property
    def districts(self) -> ProtectedTable:
        """Children by district as they may be told (`district_table`)."""
        return district_table(self)

    @cached_property
    def elsewhere(self) -> tuple[CountElsewhere, ...]:
        """What the committee report tells of the same children."""
        return counts_elsewhere(self.context, self.plan.primary.informants)

    @cached_property
    def dose(self) -> Mapping[tuple[str, bool], Dose]:
        """Meetings of each cluster under each model."""
        return read_dose(self.context.connection, self.plan)

    @cached_property
    def behind_means(self) -> Mapping[str, tuple[int, int]]:
        """Cluster -> (children, institutions) behind its adjusted mean: those followed of whom the plan's covariates are known."""
        children = self.design.analysed(self.children)
        arrays = arrays_of(children, OUTCOMES[self.plan.primary.outcome], self.plan.covariates)
        is_behind = arrays.followed & np.isfinite(arrays.covariates).all(axis=1)
        behind = [child for child, is_in in zip(children, is_behind.tolist(), strict=True) if is_in]
        places = Counter(cluster for cluster, known in {(one.cluster, one.institution) for one in behind} if known)
        counts = Counter(child.cluster for child in behind)
        return {cluster: (count, places[cluster]) for cluster, count in counts.items()}

    @property
    def departures(self) -> tuple[str, ...]:
        """In what the analysis is not the locked plan's."""
        moved = plan_departures(self.lock.plan, self.plan) if self.lock else ()
        return (*moved, *unknown_strata(self.plan, self.names), *analysis_departures(self.evaluation))

    @property
    def source(self) -> str:
        """Where every number of the report is from."""
        return f"Kilde: {self.context.settings.municipality.name}s SDQ-skemaer, elevregister og organisering."

    @cached_property
    def names(self) -> dict[str, str]:
        """Code -> printed name of districts and institutions."""
        institutions = self.context.records(_INSTITUTIONS)
        named = {row["institution_code"]: row["institution_name"] or row["institution_code"] for row in institutions}
        return {**named, **self.context.district_names}

    def model(self, *, is_treated: bool) -> str:
        """The name of a model, as it stands inside a sentence."""
        arms = self.plan.arms
        return load_code_table("models").titles()[arms.treated if is_treated else arms.comparison]


def study_of(context: ReportContext) -> Study:
    """The workspace's evaluation.

    Raises:
        PublishError: the settings are of no workspace.
        PlanError: the plan is missing or wrong, or its words must not be printed.
    """
    folder = context.settings.folder
    if folder is None:
        raise PublishError("Analyseplanen kan ikke findes, fordi indstillingerne ikke er læst fra en arbejdsmappe.")
    plan = read_plan(folder)
    locks = read_locks(context.connection)
    check_words(plan, reason=locks[-1].reason if locks else None)
    children, grades = primary_children(read_children(context.connection, plan), plan)
    return Study(context, plan, locks[-1] if locks else None, children, grades)


def behind_difference(leading: Leading) -> dict[str, int]:
    """What stands behind the leading difference, for `protect`: it is no safer than the smaller arm."""
    difference = leading.difference
    return {"children": min(difference.child_counts), "clusters": min(difference.cluster_counts)}


def as_shown(value: float | None, *, decimals: int) -> float | None:
    """A number that follows from counts of children, with no more decimals than its column shows.

    `protect` leaves numbers as they are, and a file that holds all of them tells the counts.
    """
    return None if value is None else round(value, decimals)
