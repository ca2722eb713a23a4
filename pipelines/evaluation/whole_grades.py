"""Are all children of some grade measured under both models? Then the comparison is of them, for nobody chose who was measured.

Whether a grade counts as wholly measured follows from counts of first forms alone and from a limit in the plan, so that nobody can
choose it by how the comparison turns out.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pipelines.evaluation.children import StudyChildren
from pipelines.evaluation.plan import AnalysisPlan


def primary_children(measured: StudyChildren, plan: AnalysisPlan) -> tuple[StudyChildren, tuple[int, ...]]:
    """Who is compared, and the grades if it is all children of some: every child measured where no grade is wholly measured."""
    grades = whole_grades(measured, least_share=plan.limits.whole_grade_share)
    return only_grades(measured, grades), grades


def whole_grades(children: StudyChildren, *, least_share: float) -> tuple[int, ...]:
    """The grades in which at least `least_share` (0-1) of the pupils of every district that has any were measured, in order.

    Only grades that are so under both models. Pupils are those of the days when the grade was measured (`StudyChildren.pupils`);
    measured is who had a first form in the window while in that grade. A district where nobody was measured is no part of the
    comparison and does not count. Empty where no pupil is known.
    """
    measured = Counter((child.cluster, child.grade) for child in children.children)
    arms = {child.cluster: child.is_treated for child in children.children}
    found = []
    for grade in sorted({grade for _, grade in children.pupils}):
        shares = {
            cluster: measured[cluster, grade] / count
            for (cluster, own), count in children.pupils.items()
            if own == grade and cluster in arms
        }
        of_both = {arms[cluster] for cluster in shares} == {True, False}
        if of_both and all(share >= least_share for share in shares.values()):
            found.append(grade)
    return tuple(found)


def only_grades(children: StudyChildren, grades: tuple[int, ...]) -> StudyChildren:
    """The measured children of these grades, and their pupils as those at risk; as they were where there are no grades.

    Who lives in each cluster stays known beside them.
    """
    if not grades:
        return children
    at_risk = Counter[str]()
    for (cluster, grade), count in children.pupils.items():
        if grade in grades:
            at_risk[cluster] += count
    chosen = tuple(child for child in children.children if child.grade in grades)
    return replace(children, children=chosen, at_risk=dict(at_risk), living=children.at_risk)


def fewest_measured(children: StudyChildren, cluster: str, grades: Sequence[int], *, least_share: float) -> int:
    """So many children of the cluster were measured at the least, as follows from these grades being whole; 0 without any."""
    pupils = [children.pupils.get((cluster, grade), 0) for grade in grades]
    return sum(next(count for count in range(whole + 1) if count / whole >= least_share) for whole in pupils if whole)
