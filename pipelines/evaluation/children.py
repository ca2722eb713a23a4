"""Whose measurements does the plan compare? The children with a first form in its window, by cluster and arm, and those at risk.

From core.fct_sdq_pair (which form is first), core.fct_sdq_score (the follow-up within the plan's own months), core.fct_organisation
(the model on the day of the first form), core.fct_residence and core.fct_school_placement. Rows stay in memory; nothing here is
shown before it was protected.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median_low
from typing import Any, Final

import duckdb

from pipelines.evaluation.outcomes import OUTCOMES
from pipelines.evaluation.plan import AnalysisPlan

DAYS_PER_MONTH: Final = 365.25 / 12

_SCALES: Final = tuple(outcome.sdq_column for outcome in OUTCOMES.values() if outcome.sdq_column is not None)
_ORGANISATION: Final = """
organisation AS (
    SELECT unit_kind_code, unit_code, model_code, start_date, coalesce(end_date, DATE '9999-12-31') AS last_date
    FROM core.fct_organisation
)"""
_CHILDREN: Final = f"""
WITH {_ORGANISATION},
settings AS (SELECT as_of_date FROM codes.settings),
firsts AS (
    SELECT *
    FROM core.fct_sdq_pair
    WHERE first_date BETWEEN $first_from AND $first_to AND list_contains($informants, informant_code)
),
follow_ups AS (
    SELECT
        firsts.child_id,
        firsts.informant_code AS first_informant_code,
        scores.informant_code AS second_informant_code,
        scores.answered_date AS second_date,
        {", ".join(f"scores.{name} AS second_{name}" for name in _SCALES)}
    FROM firsts
    CROSS JOIN settings
    INNER JOIN core.fct_sdq_score AS scores ON firsts.child_id = scores.child_id
    WHERE scores.total_points IS NOT NULL
        AND scores.answered_date <= settings.as_of_date
        AND scores.answered_date >= firsts.first_date + to_months($months_minimum)
        AND scores.answered_date <= firsts.first_date + to_months($months_maximum)
),
seconds AS (
    SELECT *
    FROM follow_ups
    WHERE second_informant_code = first_informant_code
    QUALIFY row_number() OVER (PARTITION BY child_id, first_informant_code ORDER BY second_date) = 1
),
grades AS (
    SELECT firsts.child_id, firsts.informant_code, max(placements.grade_number) AS grade_number
    FROM firsts
    INNER JOIN core.fct_school_placement AS placements ON firsts.child_id = placements.child_id
    WHERE firsts.first_date BETWEEN placements.start_date AND coalesce(placements.end_date, firsts.first_date)
    GROUP BY firsts.child_id, firsts.informant_code
),
by_others AS (
    SELECT DISTINCT child_id, first_informant_code
    FROM follow_ups
    WHERE second_informant_code <> first_informant_code
)
SELECT
    firsts.child_id, firsts.informant_code, firsts.institution_code, firsts.district_code, firsts.first_date,
    firsts.sex_code, firsts.age_years, firsts.social_rung, grades.grade_number,
    {", ".join(f"firsts.first_{name}" for name in _SCALES)},
    {", ".join(f"seconds.second_{name}" for name in _SCALES)},
    date_diff('day', firsts.first_date, seconds.second_date) AS days_between,
    by_others.child_id IS NOT NULL AS has_other_informant,
    firsts.first_date + to_months($months_maximum) <= settings.as_of_date AS is_due,
    own.model_code AS own_model_code,
    districts.model_code AS district_model_code
FROM firsts
CROSS JOIN settings
LEFT JOIN seconds ON firsts.child_id = seconds.child_id AND firsts.informant_code = seconds.first_informant_code
LEFT JOIN grades ON firsts.child_id = grades.child_id AND firsts.informant_code = grades.informant_code
LEFT JOIN by_others ON firsts.child_id = by_others.child_id AND firsts.informant_code = by_others.first_informant_code
LEFT JOIN organisation AS own
    ON own.unit_kind_code = 'institution' AND firsts.institution_code = own.unit_code
    AND firsts.first_date BETWEEN own.start_date AND own.last_date
LEFT JOIN organisation AS districts
    ON districts.unit_kind_code = 'district' AND firsts.district_code = districts.unit_code
    AND firsts.first_date BETWEEN districts.start_date AND districts.last_date
ORDER BY firsts.child_id, firsts.informant_code
"""
_AT_RISK: Final = f"""
WITH {_ORGANISATION},
counted AS (SELECT least(as_of_date, $first_to) AS counted_on FROM codes.settings),
placed AS (
    SELECT
        placements.child_id,
        min(placements.institution_code) FILTER (WHERE own.unit_code IS NOT NULL) AS institution_code,
        max(placements.grade_number) AS grade_number
    FROM core.fct_school_placement AS placements
    CROSS JOIN counted
    LEFT JOIN organisation AS own
        ON own.unit_kind_code = 'institution' AND placements.institution_code = own.unit_code
        AND counted.counted_on BETWEEN own.start_date AND own.last_date
    WHERE placements.start_date <= counted.counted_on
        AND coalesce(placements.end_date, counted.counted_on) >= counted.counted_on
    GROUP BY placements.child_id
)
SELECT
    CASE WHEN $by_institution THEN coalesce(placed.institution_code, residences.district_code)
        ELSE residences.district_code END AS cluster_code,
    placed.grade_number,
    count(*) AS children_count
FROM core.fct_residence AS residences
CROSS JOIN counted
INNER JOIN core.dim_child AS children ON residences.child_id = children.child_id
LEFT JOIN placed ON residences.child_id = placed.child_id
WHERE residences.is_own_municipality
    AND residences.start_date <= counted.counted_on
    AND coalesce(residences.end_date, counted.counted_on) >= counted.counted_on
    AND children.birth_date <= counted.counted_on
    AND children.turns_18_date > counted.counted_on
GROUP BY ALL
ORDER BY cluster_code, placed.grade_number
"""
_PUPILS: Final = f"""
WITH {_ORGANISATION},
asked AS (
    SELECT unnest($clusters) AS cluster_code, unnest($grades) AS grade_number, unnest($days) AS counted_on
),
days AS (SELECT DISTINCT counted_on FROM asked),
placed AS (
    SELECT
        days.counted_on,
        placements.child_id,
        min(placements.institution_code) FILTER (WHERE own.unit_code IS NOT NULL) AS institution_code,
        max(placements.grade_number) AS grade_number
    FROM days
    INNER JOIN core.fct_school_placement AS placements
        ON placements.start_date <= days.counted_on
        AND coalesce(placements.end_date, days.counted_on) >= days.counted_on
    LEFT JOIN organisation AS own
        ON own.unit_kind_code = 'institution' AND placements.institution_code = own.unit_code
        AND days.counted_on BETWEEN own.start_date AND own.last_date
    GROUP BY days.counted_on, placements.child_id
)
SELECT placed.child_id, asked.cluster_code, asked.grade_number
FROM placed
INNER JOIN core.fct_residence AS residences ON placed.child_id = residences.child_id
INNER JOIN core.dim_child AS children ON placed.child_id = children.child_id
INNER JOIN asked
    ON placed.counted_on = asked.counted_on
    AND placed.grade_number = asked.grade_number
    AND asked.cluster_code = CASE WHEN $by_institution THEN coalesce(placed.institution_code, residences.district_code)
        ELSE residences.district_code END
WHERE residences.is_own_municipality
    AND residences.start_date <= placed.counted_on
    AND coalesce(residences.end_date, placed.counted_on) >= placed.counted_on
    AND children.birth_date <= placed.counted_on
    AND children.turns_18_date > placed.counted_on
"""


@dataclass(frozen=True)
class StudyChild:
    """One child with a first form in the plan's window. Points by scale (`total_points` …); missing is None.

    cluster: district, or institution with a model of its own. second: None without a follow-up by the same kind of informant in the
    plan's months. is_due: those months have passed on the as-of date; other children cannot be called lost. grade: on the day of the
    first form, None outside school. child_id: by which counts of the same children in other reports are found; never printed, and no
    part of what children are compared, or put in order, by.
    """

    cluster: str
    institution: str | None
    is_treated: bool
    informant: str
    first_date: date
    is_boy: bool | None
    age_years: int | None
    social_rung: int | None
    first: Mapping[str, float | None]
    second: Mapping[str, float | None] | None
    months_between: float | None
    is_due: bool
    has_other_informant: bool
    grade: int | None = None
    child_id: str = field(default="", repr=False, compare=False)

    @property
    def is_followed(self) -> bool:
        """Whether the child counts as followed: what came before its months have passed waits with those that have not come."""
        return self.is_due and self.second is not None


@dataclass(frozen=True)
class StudyChildren:
    """All that the plan's window holds. at_risk: cluster -> children of 0-17 years on the last day of the window (or the as-of date).

    pupils: (cluster, grade) -> who was in that grade on the day when half of its measured children were, and whoever was measured in
    it; on the last day where nobody was. unplaced_count: children measured whose model is unknown or is neither of the two. living:
    cluster -> all children of 0-17 years, where at_risk is some of them alone; None: at_risk is all.
    """

    children: tuple[StudyChild, ...]
    at_risk: Mapping[str, int]
    unplaced_count: int
    pupils: Mapping[tuple[str, int], int] = field(default_factory=dict)
    living: Mapping[str, int] | None = None

    def children_of(self, cluster: str) -> int:
        """All children of 0-17 years there, whoever is compared; 0 where it is not known."""
        return (self.at_risk if self.living is None else self.living).get(cluster, 0)


def read_children(connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan) -> StudyChildren:
    """The plan's children, each once, by the first of the plan's informants who filled in a first form in its window."""
    placed = _read_placed(connection, plan, first_from=plan.window.first_from)
    children, unplaced_count = _in_order(placed)
    parameters = {"first_to": plan.window.first_to, "by_institution": _is_by_institution(plan)}
    at_risk = read_records(connection, _AT_RISK, parameters)
    living, pupils = Counter[str](), dict[tuple[str, int], int]()
    for record in at_risk:
        cluster, grade, count = record["cluster_code"], record["grade_number"], record["children_count"]
        if cluster is None:
            continue
        living[cluster] += count
        if grade is not None:
            pupils[cluster, grade] = count
    measured = [
        (child_id, child.cluster, child.grade, child.first_date) for child_id, child in placed if child is not None
    ]
    return StudyChildren(
        children, dict(living), unplaced_count, {**pupils, **_pupils_when_measured(connection, plan, measured)}
    )


def _pupils_when_measured(
    connection: duckdb.DuckDBPyConnection,
    plan: AnalysisPlan,
    measured: Sequence[tuple[Any, str, int | None, date]],
) -> dict[tuple[str, int], int]:
    """(cluster, grade) -> pupils on the day when half of its measured were, and whoever was measured there; where anybody was.

    Not those of the plan's last day: who moved in after a grade was measured could not be, and who moved away was. measured: child,
    cluster, grade and day of the first form.
    """
    days: dict[tuple[str, int], list[date]] = {}
    pupils: dict[tuple[str, int], set[Any]] = {}
    for child_id, cluster, grade, first_date in measured:
        if grade is not None:
            days.setdefault((cluster, grade), []).append(first_date)
            pupils.setdefault((cluster, grade), set()).add(child_id)
    if not days:
        return {}
    parameters = {
        "clusters": [cluster for cluster, _ in days],
        "grades": [grade for _, grade in days],
        "days": [median_low(own) for own in days.values()],
        "by_institution": _is_by_institution(plan),
    }
    for record in read_records(connection, _PUPILS, parameters):
        pupils[record["cluster_code"], record["grade_number"]].add(record["child_id"])
    return {place: len(own) for place, own in pupils.items()}


def read_measured(
    connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan, *, first_from: date
) -> tuple[tuple[StudyChild, ...], int]:
    """The children with a first form from that day to the end of the plan's window, each once, and how many have no model of the two.

    Each by the first of the plan's informants who filled in a first form in that time, followed up in the plan's months. first_from
    before the plan's window: a panel over the years, by the same rules.
    """
    return _in_order(_read_placed(connection, plan, first_from=first_from))


def _in_order(placed: Sequence[tuple[Any, StudyChild | None]]) -> tuple[tuple[StudyChild, ...], int]:
    """The children that have a model of the two, in an order of their own, and how many have none."""
    # by what is known of them: pseudonyms follow a workspace's key, and whatever is drawn child by child would follow them
    children = tuple(sorted((child for _, child in placed if child is not None), key=repr))
    return children, len(placed) - len(children)


def _read_placed(
    connection: duckdb.DuckDBPyConnection, plan: AnalysisPlan, *, first_from: date
) -> list[tuple[Any, StudyChild | None]]:
    """(child, what is known of it) of every child measured; None where it has no model of the two."""
    informants, window = plan.primary.informants, plan.window
    records = read_records(
        connection,
        _CHILDREN,
        {
            "first_from": first_from,
            "first_to": window.first_to,
            "informants": list(informants),
            "months_minimum": window.follow_up_months_minimum,
            "months_maximum": window.follow_up_months_maximum,
        },
    )
    records.sort(key=lambda record: (str(record["child_id"]), informants.index(record["informant_code"])))
    once = {record["child_id"]: record for record in reversed(records)}
    return [(record["child_id"], _child(record, plan)) for record in reversed(once.values())]


def _is_by_institution(plan: AnalysisPlan) -> bool:
    return plan.estimand.counted_by == "institution"


def _child(record: Mapping[str, Any], plan: AnalysisPlan) -> StudyChild | None:
    """None when the child has no cluster, or its model on the day is none of the two."""
    has_own = _is_by_institution(plan) and record["own_model_code"] is not None
    cluster = record["institution_code"] if has_own else record["district_code"]
    model = record["own_model_code"] if has_own else record["district_model_code"]
    if cluster is None or model not in (plan.arms.treated, plan.arms.comparison):
        return None
    days = record["days_between"]
    return StudyChild(
        cluster,
        record["institution_code"],
        model == plan.arms.treated,
        record["informant_code"],
        record["first_date"],
        None if record["sex_code"] is None else record["sex_code"] == _BOY,
        record["age_years"],
        record["social_rung"],
        {name: record[f"first_{name}"] for name in _SCALES},
        None if days is None else {name: record[f"second_{name}"] for name in _SCALES},
        None if days is None else days / DAYS_PER_MONTH,
        record["is_due"],
        record["has_other_informant"],
        record["grade_number"],
        str(record["child_id"]),
    )


_BOY: Final = "M"


def read_records(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The query's rows as dictionaries by column; parameters are those it names with $."""
    found = connection.execute(query, dict(parameters))
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
