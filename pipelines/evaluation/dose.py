"""How much of the model did the districts get: meetings planned, held, and held with the model's own member of staff?

From core.fct_session and core.fct_session_role, in the plan's window. Nobody drew lots over meetings: they are held where children
have it hardest, so more meetings beside worse scores says nothing about what a meeting does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import duckdb

from pipelines.evaluation.plan import AnalysisPlan
from pipelines.evaluation.plan_lock import has_table

_MEETINGS = """
WITH days AS (
    SELECT least(as_of_date, $first_to) AS last_date FROM codes.settings
),
organisation AS (
    SELECT unit_kind_code, unit_code, model_code, start_date, coalesce(end_date, DATE '9999-12-31') AS last_date
    FROM core.fct_organisation
),
sessions AS (
    SELECT sessions.*
    FROM core.fct_session AS sessions
    CROSS JOIN days
    WHERE sessions.counted_date BETWEEN $first_from AND days.last_date
),
placed AS (
    SELECT
        sessions.session_id,
        sessions.is_planned,
        sessions.is_held,
        CASE WHEN $by_institution AND own.model_code IS NOT NULL THEN sessions.institution_code
            ELSE sessions.district_code END AS cluster_code,
        CASE WHEN $by_institution AND own.model_code IS NOT NULL THEN own.model_code
            ELSE districts.model_code END AS model_code
    FROM sessions
    LEFT JOIN organisation AS own
        ON own.unit_kind_code = 'institution' AND sessions.institution_code = own.unit_code
        AND sessions.counted_date BETWEEN own.start_date AND own.last_date
    LEFT JOIN organisation AS districts
        ON districts.unit_kind_code = 'district' AND sessions.district_code = districts.unit_code
        AND sessions.counted_date BETWEEN districts.start_date AND districts.last_date
),
attended AS (
    SELECT placed.session_id, roles.staff_id
    FROM placed
    INNER JOIN core.fct_session_role AS roles
        ON placed.session_id = roles.session_id AND placed.model_code = roles.profession_code
    WHERE placed.is_held AND roles.is_present
)
SELECT
    placed.cluster_code,
    placed.model_code,
    count(DISTINCT placed.session_id) FILTER (WHERE placed.is_planned) AS planned_count,
    count(DISTINCT placed.session_id) FILTER (WHERE placed.is_held) AS held_count,
    count(DISTINCT attended.session_id) AS attended_count,
    list(DISTINCT attended.staff_id) FILTER (WHERE attended.staff_id IS NOT NULL) AS staff_ids
FROM placed
LEFT JOIN attended ON placed.session_id = attended.session_id
WHERE placed.model_code IN ($treated, $comparison)
GROUP BY placed.cluster_code, placed.model_code
ORDER BY placed.cluster_code, placed.model_code
"""


@dataclass(frozen=True)
class Dose:
    """Meetings of one cluster, or of all clusters of a model. attended: held with at least one of the model's own staff there.

    staff: pseudonyms of those who came, only to be counted.
    """

    planned: int
    held: int
    attended: int
    staff: frozenset[str]

    def __add__(self, other: "Dose") -> "Dose":
        """Both together; the same person counts once."""
        return Dose(
            self.planned + other.planned,
            self.held + other.held,
            self.attended + other.attended,
            self.staff | other.staff,
        )


NO_DOSE: Final = Dose(0, 0, 0, frozenset())


def read_dose(connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan) -> Mapping[tuple[str, bool], Dose]:
    """(cluster, whether under the treated model) -> its meetings in the plan's window, by planned day, else the day held.

    A meeting is its institution's own model's where that has one and the plan counts so, else its district's. Meetings of no
    district belong to no cluster and are not here. Empty where no log of meetings was ever delivered.
    """
    if not all(has_table(connection, "core", table) for table in ("fct_session", "fct_session_role")):
        return {}
    window, arms = plan.window, plan.arms
    found = connection.execute(
        _MEETINGS,
        {
            "first_from": window.first_from,
            "first_to": window.first_to,
            "by_institution": plan.estimand.counted_by == "institution",
            "treated": arms.treated,
            "comparison": arms.comparison,
        },
    ).fetchall()
    return {
        (cluster, model == arms.treated): Dose(planned, held, attended, frozenset(staff or ()))
        for cluster, model, planned, held, attended, staff in found
        if cluster is not None
    }
