"""Children of an evaluation, drawn in memory."""

from datetime import date
from typing import Any

from pipelines.evaluation.children import StudyChild, StudyChildren
from pipelines.evaluation.plan import AnalysisPlan, plan_from

SCALES = (
    "total_points", "emotional_points", "conduct_points", "hyper_points", "peer_points", "prosocial_points",
    "impact_points",
)  # fmt: skip


def a_plan(**changed: Any) -> AnalysisPlan:
    return plan_from(
        {
            "question": "Får børn færre vanskeligheder med rådgiver?",
            "arms": {"treated": "district_adviser", "comparison": "authority_caseworker"},
            "window": {"first_from": date(2024, 8, 1), "first_to": date(2025, 7, 31)},
            **changed,
        }
    )


def child(cluster: str, first: float, second: float | None, **more: Any) -> StudyChild:
    """A boy of 8, answered by a parent. Districts that begin with R have an adviser; second None = lost."""
    points = {
        "cluster": cluster,
        "institution": f"{cluster}-1",
        "is_treated": cluster.startswith("R"),
        "informant": "parent",
        "first_date": date(2024, 9, 1),
        "is_boy": True,
        "age_years": 8,
        "social_rung": 0,
        "first": dict.fromkeys(SCALES, first),
        "second": None if second is None else dict.fromkeys(SCALES, second),
        "months_between": None if second is None else 6.0,
        "is_due": True,
        "has_other_informant": False,
    }
    return StudyChild(**{**points, **more})


def children(*drawn: StudyChild, at_risk: dict[str, int] | None = None) -> StudyChildren:
    """Those children; 100 at risk in each cluster unless told."""
    return StudyChildren(drawn, at_risk or {one.cluster: 100 for one in drawn}, 0)
