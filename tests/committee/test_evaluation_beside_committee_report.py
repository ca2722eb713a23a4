"""What a reader of the evaluation AND of the committee report can work out together: no few children.

All first forms lie in the plan's window, so both reports count the same children. What ties the two is worked out here anew from the
tables of the warehouse: children are parted by every count that either report has of them. One reader knows which parts are empty, the
other takes any child of a district to be in any of the evaluation's counts of it, or in none.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.evaluation.basis import Study
from pipelines.committee.evaluation.districts import district_table
from pipelines.committee.wellbeing import wellbeing_section
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.evaluation.children import read_children
from pipelines.evaluation.design import ClusterFacts, NotCompared
from tests.committee.conftest import LOW_GATES, scenario_municipality
from tests.committee.test_ladder_disclosure import Key, Reader
from tests.evaluation.drawn_study import a_plan

MUNICIPALITIES = ((700, 2),)
PLAN = a_plan(
    window={
        "first_from": date(2015, 1, 1), "first_to": date(2026, 9, 30),
        "follow_up_months_minimum": 4, "follow_up_months_maximum": 8,
    }
)  # fmt: skip
MODELS = {"district_adviser": "distriktsrådgiver", "authority_caseworker": "myndighedssagsbehandler"}
FATES = {True: "children_count", False: "lost_count", None: "not_due_count"}
LIMIT, REST = "limit", "rest"
COURSES = {True: "followed", False: "lost", None: "waiting"}
_CHILDREN = """
WITH lately AS (
    SELECT child_id, min(answered_date) > DATE '2025-09-30' AS is_lately
    FROM core.fct_sdq_score
    WHERE total_points IS NOT NULL AND answered_date <= DATE '2026-09-30'
    GROUP BY child_id
),
homes AS (
    SELECT residences.child_id, residences.district_code
    FROM core.fct_residence AS residences
    INNER JOIN core.dim_child AS children ON residences.child_id = children.child_id
    WHERE residences.is_own_municipality AND residences.start_date <= DATE '2026-09-30'
        AND (residences.end_date IS NULL OR residences.end_date >= DATE '2026-09-30')
        AND children.turns_18_date > DATE '2026-09-30'
)
SELECT
    coalesce(homes.child_id, pairs.child_id) AS child_id,
    pairs.district_code, pairs.model_code, pairs.first_date,
    CASE WHEN pairs.unpaired_reason_code = 'not_due' THEN NULL ELSE pairs.is_paired END AS fate,
    CASE WHEN lately.is_lately THEN homes.district_code END AS lately_district
FROM homes
FULL JOIN (SELECT * FROM core.fct_sdq_pair WHERE informant_code = 'parent') AS pairs ON homes.child_id = pairs.child_id
LEFT JOIN lately ON homes.child_id = lately.child_id
WHERE pairs.child_id IS NOT NULL OR lately.is_lately
ORDER BY 1
"""


def municipality(children: int, seed: int) -> ReportContext:
    return scenario_municipality("no_effect", children=children, seed=seed, evidence=LOW_GATES)


def study_of_all(context: ReportContext) -> Study:
    return Study(context, PLAN, None, read_children(context.connection, PLAN))


def counted(context: ReportContext, one: Study) -> dict[Key, set[str]]:
    """Every count of children that either report has, with its children."""
    evaluated = {child.child_id: child for child in one.children.children}
    models = dict(context.connection.execute(
        "SELECT unit_code, model_code FROM core.fct_organisation WHERE unit_kind_code = 'district' AND end_date IS NULL"
    ).fetchall())  # fmt: skip
    found = defaultdict[Key, set[str]](set)
    for record in context.records(_CHILDREN):
        child_id, home = str(record["child_id"]), record["lately_district"]
        if record["first_date"] is not None:
            area, model = context.district_names.get(record["district_code"], "Uden distrikt"), record["model_code"]
            for group in (area, MODELS[model].capitalize() if model else "Model ikke oplyst", WHOLE_MUNICIPALITY):
                found["pairs", group, "first_measured_count"].add(child_id)
                found["pairs", group, FATES[record["fate"]]].add(child_id)
                if record["fate"] is not None:
                    found["pairs", group, "due_count"].add(child_id)
        if home is not None:
            for group in (context.district_names[home], MODELS[models[home]].capitalize(), WHOLE_MUNICIPALITY):
                found["lately", group, "first_measured_count"].add(child_id)
        if (child := evaluated.get(child_id)) is not None:
            course = None if not child.is_due else child.second is not None
            found["evaluated", child.cluster, "measured"].add(child_id)
            found["evaluated", child.cluster, COURSES[course]].add(child_id)
    assert {child for key, children in found.items() if key[0] == "evaluated" for child in children} == set(evaluated)
    return found


def reader_of(context: ReportContext, *, knows_empty: bool, is_apart: bool = False) -> tuple[Reader, Reader]:
    """Who has the committee report alone, and who has both; is_apart: the evaluation protected as if there were no other report."""
    one = study_of_all(context)
    if is_apart:
        one.__dict__["elsewhere"] = ()
    sets, reader = counted(context, one), Reader()
    reader.true = {key: len(children) for key, children in sets.items()}
    parts = defaultdict[tuple[Key, ...], int](int)
    for child in sorted({child for children in sets.values() for child in children}):
        parts[tuple(key for key, children in sets.items() if child in children)] += 1
    if not knows_empty:
        _adds_empty(parts)
    numbered = {("part", str(number)): keys for number, keys in enumerate(parts)}
    reader.true |= {part: parts[keys] for part, keys in numbered.items()}
    for key in sets:
        reader.knows_sum(key, [part for part, keys in numbered.items() if key in keys])
    tables = {table.table_id: table for table in wellbeing_section(context).tables}
    _reads(reader, tables["sdq_follow_up"], "pairs", "group", only={"informant": "Forældre"})
    _reads(reader, tables["sdq_detection"], "lately", "area")
    for each in one.design.clusters:
        _knows_the_words(reader, each)
    alone = replace(reader, known=dict(reader.known))
    names = {one.names.get(each.code, each.code): each.code for each in one.design.clusters}
    _reads(reader, district_table(one), "evaluated", "area", named=names)
    return alone, reader


def _adds_empty(parts: dict[tuple[Key, ...], int]) -> None:
    courses = ("followed", "lost", "waiting")
    clusters = {key[1] for keys in parts for key in keys if key[0] == "evaluated"}
    for cluster in sorted(clusters):
        inside = {
            tuple(key for key in keys if key[0] != "evaluated")
            for keys in parts
            if ("evaluated", cluster, "measured") in keys
        }
        for elsewhere in inside:
            for course in courses:
                own = (("evaluated", cluster, "measured"), ("evaluated", cluster, course))
                if not any(set(keys) == {*own, *elsewhere} for keys in parts):
                    parts[*own, *elsewhere] = 0
            if elsewhere not in parts:
                parts[elsewhere] = 0


def _knows_the_words(reader: Reader, cluster: ClusterFacts) -> None:
    """The evaluation says of each district whether five children or more were measured twice; no table can take that back."""
    followed = ("evaluated", cluster.code, "followed")
    has_few = cluster.not_compared is NotCompared.TOO_FEW_CHILDREN
    limit, rest, whole = (*followed, LIMIT), (*followed, REST), followed
    count = reader.true.setdefault(followed, 0)
    reader.true[limit] = reader.known[limit] = 4 if has_few else 5
    reader.true[rest] = abs(count - reader.true[limit])
    if has_few:
        reader.knows_sum(limit, [whole, rest])
    else:
        reader.knows_sum(whole, [limit, rest])


def _reads(
    reader: Reader,
    table: ProtectedTable,
    subject: str,
    label: str,
    *,
    only: dict[str, Any] | None = None,
    named: dict[str, str] | None = None,
) -> None:
    for row in table.rows:
        cells = {column.name: cell for column, cell in zip(table.columns, row, strict=True)}
        if any(cells[name].value != value for name, value in (only or {}).items()):
            continue
        area = str(cells[label].value).removesuffix(" (ikke sammenlignet)")
        for column, cell in cells.items():
            key = (subject, (named or {}).get(area, area), column)
            if key in reader.true:
                reader.learn(key, cell.value)
                if cell.status is CellStatus.HIDDEN:
                    reader.hidden.add(key)


def told_by_the_evaluation(children: int, seed: int, *, knows_empty: bool, is_apart: bool) -> set[Key]:
    """The secrets that a reader of the committee report works out only when the evaluation is at hand."""
    alone, both = reader_of(municipality(children, seed), knows_empty=knows_empty, is_apart=is_apart)
    found = set(both.worked_out()) - set(alone.worked_out())
    return {key for key in found if key[-1] not in (LIMIT, REST)}  # these are no counts of children


@pytest.mark.parametrize("knows_empty", [True, False])
@pytest.mark.parametrize(("children", "seed"), MUNICIPALITIES)
def test_the_evaluation_tells_no_few_children_to_a_reader_of_the_committee_report(
    children: int, seed: int, *, knows_empty: bool
) -> None:
    assert told_by_the_evaluation(children, seed, knows_empty=knows_empty, is_apart=False) == set()


def test_protected_apart_the_two_reports_would_tell_few_children() -> None:
    """Else the test above would fail at nothing."""
    assert told_by_the_evaluation(*MUNICIPALITIES[0], knows_empty=False, is_apart=True)
