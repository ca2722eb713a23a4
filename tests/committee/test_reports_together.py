"""What a reader of the committee report and of the evaluation together can work out: no few children, though each alone keeps them.

Both count children by their first SDQ form, by district and model. A reader knows the sums within each report, that a child is in both
counts when its first form lies in the plan's window, and what the words say: that an area was left out since five or fewer of its
children were measured twice is a number as good as any. Nothing is taken from the code that protects; all sums are written anew.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.evaluation.basis import Study
from pipelines.committee.evaluation.comparison import gate_table
from pipelines.committee.evaluation.districts import district_table
from pipelines.committee.wellbeing import wellbeing_section
from pipelines.committee.wellbeing_groups import DISTRICT, EVERYBODY, MODEL
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.evaluation.children import read_children
from pipelines.evaluation.design import FEWEST_CHILDREN_TO_DESCRIBE
from pipelines.publish.section import Section
from tests.committee.conftest import scenario_municipality
from tests.committee.test_wellbeing_disclosure import (
    DISTRICT_AND_MODEL,
    Reader,
    counted,
    know_sums,
    read_section,
    reader_of,
)
from tests.evaluation.drawn_study import a_plan

Key = tuple[str, str, str, str]

PARENTS = "Forældre"
ALL = "Sammenlignede i alt"
APART = " (ikke sammenlignet)"
FEW_OR_UNLIKE = "For få børn er målt to gange, eller de har for få lignende under den anden model."
COURSES = ("followed", "lost", "waiting")
WINDOWS = {
    "every first form": (date(2010, 1, 1), date(2026, 9, 30)),
    "all that is due": (date(2010, 1, 1), date(2025, 12, 31)),
    "the last twelve months": (date(2025, 10, 1), date(2026, 9, 30)),
}
_ATOMS = """
WITH settings AS (SELECT as_of_date FROM codes.settings),
lately AS (
    SELECT child_id FROM core.fct_sdq_score CROSS JOIN settings
    WHERE total_points IS NOT NULL AND answered_date <= as_of_date
    GROUP BY child_id
    HAVING min(answered_date) > any_value(as_of_date) - INTERVAL 12 MONTH
),
detected AS (
    SELECT lately.child_id, coalesce(homes.district_code, 'none') AS home
    FROM lately
    INNER JOIN core.fct_residence AS homes ON lately.child_id = homes.child_id
    INNER JOIN core.dim_child AS children ON lately.child_id = children.child_id
    CROSS JOIN settings
    WHERE homes.is_own_municipality AND children.turns_18_date > as_of_date
        AND as_of_date BETWEEN homes.start_date AND coalesce(homes.end_date, as_of_date)
),
ours AS (
    SELECT
        pairs.child_id, pairs.district_code, pairs.model_code,
        CASE
            WHEN is_paired THEN 'children_count'
            WHEN unpaired_reason_code = 'not_due' THEN 'not_due_count'
            ELSE 'lost_count'
        END AS there,
        CASE
            WHEN first_date NOT BETWEEN $first_from AND $first_to OR districts.model_code IS NULL THEN 'outside'
            WHEN first_date + INTERVAL 9 MONTH > as_of_date THEN 'waiting'
            WHEN EXISTS (
                SELECT 1 FROM core.fct_sdq_score AS later
                WHERE later.child_id = pairs.child_id AND later.informant_code = 'parent' AND later.total_points IS NOT NULL
                    AND later.answered_date BETWEEN first_date + INTERVAL 3 MONTH AND first_date + INTERVAL 9 MONTH
                    AND later.answered_date <= as_of_date
            ) THEN 'followed' ELSE 'lost'
        END AS here
    FROM core.fct_sdq_pair AS pairs
    CROSS JOIN settings
    LEFT JOIN core.fct_organisation AS districts
        ON districts.unit_kind_code = 'district' AND pairs.district_code = districts.unit_code
        AND first_date BETWEEN districts.start_date AND coalesce(districts.end_date, first_date)
    WHERE pairs.informant_code = 'parent'
)
SELECT coalesce(district_code, 'none') AS district, coalesce(model_code, 'none') AS model,
    coalesce(there, 'none') AS there, coalesce(here, 'none') AS here, coalesce(home, 'elsewhere') AS home, count(*) AS children
FROM ours FULL JOIN detected ON ours.child_id = detected.child_id
GROUP BY ALL ORDER BY ALL
"""


@dataclass
class Both:
    """The two reports of one municipality, and a reader of both."""

    reader: Reader
    section: Section
    districts: ProtectedTable
    gates: ProtectedTable
    study: Study


def study_of(context: ReportContext, window: tuple[date, date], **plan: Any) -> Study:
    first_from, first_to = window
    planned = a_plan(
        window={"first_from": first_from, "first_to": first_to}, estimand={"counted_by": "district"}, **plan
    )
    return Study(context, planned, None, read_children(context.connection, planned))


def read_both(
    context: ReportContext,
    window: tuple[date, date],
    monkeypatch: pytest.MonkeyPatch,
    *,
    words: bool = True,
    detection: bool = True,
    plain: bool = True,
) -> Both:
    """plain: the reader knows which parts of the children must be empty by the plan's window and months, not which happen to be."""
    seen = counted(monkeypatch)
    section = wellbeing_section(context)
    reader = reader_of(*seen[0])
    main = next(table for table in section.tables if table.table_id == "sdq_change").rows[0][0].value
    know_sums(reader, context)
    read_section(reader, section, str(main))
    study = study_of(context, window)
    districts = district_table(study)
    both = Both(reader, section, districts, gate_table(study), study)
    know_evaluation(both, words=words)
    know_common_children(both, context, window, section, detection=detection, plain=plain)
    return both


def know_evaluation(both: Both, *, words: bool) -> None:
    """The table of districts, its sums, and that an area was left out, or not, for the few who were measured twice."""
    reader = both.reader
    true = {(row["model"], row["area"]): row for row in own_counts(both.study)}
    for row in cells_of(both.districts):
        model, area = row["model"].value, row["area"].value
        mine = true[model, area]
        for column in ("at_risk", "measured", *COURSES):
            key = ("evaluering", model, area, column)
            if row[column].status is CellStatus.NOT_COMPUTABLE:
                continue
            reader.true[key] = mine[column]
            reader.learn(key, row[column].value)
            if row[column].status is CellStatus.HIDDEN:
                reader.hidden.add(key)
        reader.knows_sum(("evaluering", model, area, "measured"), [("evaluering", model, area, c) for c in COURSES])
        if ("evaluering", model, area, "at_risk") in reader.true:
            rest = ("evaluering", model, area, "ikke målt")
            reader.true[rest] = mine["at_risk"] - mine["measured"]
            reader.knows_sum(("evaluering", model, area, "at_risk"), [("evaluering", model, area, "measured"), rest])
    areas = {(m, a) for k, m, a, c in reader.true if k == "evaluering"}
    for model, area in sorted(areas):
        if area == ALL:
            for column in ("measured", *COURSES):
                reader.knows_sum(
                    ("evaluering", model, ALL, column),
                    [
                        ("evaluering", m, a, column)
                        for m, a in sorted(areas)
                        if m == model and a != ALL and APART not in a
                    ],
                )
    if not words:
        return
    why = {str(row[0].value): str(row[1].value) for row in both.gates.rows}
    for model, area in sorted(areas):
        if area == ALL:
            continue
        told = why.get(f"{area.removesuffix(APART)} er ikke sammenlignet")
        key = ("evaluering", model, area, "followed")
        if told == FEW_OR_UNLIKE:
            bounded(reader, key, FEWEST_CHILDREN_TO_DESCRIBE, above=False)
        elif told is None or told.startswith("Børnene har for få"):
            bounded(reader, key, FEWEST_CHILDREN_TO_DESCRIBE + (told is not None), above=True)


def bounded(reader: Reader, key: Key, limit: int, *, above: bool) -> None:
    edge, slack = (*key[:3], f"{key[3]} grænse"), (*key[:3], f"{key[3]} afstand")
    reader.true[edge] = reader.known[edge] = limit
    reader.true[slack] = abs(reader.true[key] - limit)
    if above:
        reader.knows_sum(key, [edge, slack])
    else:
        reader.knows_sum(edge, [key, slack])


def own_counts(study: Study) -> Iterable[dict[str, Any]]:
    compared = {one.code for one in study.design.clusters if one.is_compared}
    groups = [(one.code, one.is_treated, {one.code}) for one in study.design.clusters]
    groups += [
        (ALL, arm, {o.code for o in study.design.clusters if o.is_compared and o.is_treated is arm})
        for arm in (True, False)
    ]
    for code, is_treated, codes in groups:
        own = [child for child in study.children.children if child.cluster in codes]
        apart = "" if code == ALL or code in compared else APART
        yield {
            "model": study.model(is_treated=is_treated),
            "area": code if code == ALL else study.names.get(code, code) + apart,
            "at_risk": sum(study.children.at_risk.get(one, 0) for one in codes),
            "measured": len(own),
            "followed": sum(child.is_followed for child in own),
            "lost": sum(child.is_due and not child.is_followed for child in own),
            "waiting": sum(not child.is_due for child in own),
        }


def know_common_children(
    both: Both, context: ReportContext, window: tuple[date, date], section: Section, *, detection: bool, plain: bool
) -> None:
    """Every count of either report is a sum of children who are in the same counts of both."""
    reader = both.reader
    atoms = context.records(
        _ATOMS.replace("$first_from", f"DATE '{window[0]}'").replace("$first_to", f"DATE '{window[1]}'")
    )
    if not detection:
        merged: dict[tuple[str, ...], int] = {}
        for atom in atoms:
            if atom["here"] != "none":
                key = tuple(atom[name] for name in ("district", "model", "there", "here"))
                merged[key] = merged.get(key, 0) + atom["children"]
        atoms = [
            dict(zip(("district", "model", "there", "here"), key, strict=True)) | {"home": "elsewhere", "children": n}
            for key, n in merged.items()
        ]
    titles = {
        "district_adviser": "Distriktsrådgiver",
        "authority_caseworker": "Myndighedssagsbehandler",
        "none": "Model ikke oplyst",
    }

    def name(atom: Mapping[str, Any]) -> Key:
        key = ("fælles", f"{atom['district']}/{atom['model']}", f"{atom['there']}/{atom['here']}", atom["home"])
        reader.true[key] = atom["children"]
        return key

    if plain:
        atoms = [*atoms, *possible_atoms(atoms, covers_all=window[0].year < 2015, reaches=window[1])]
    named = [(name(atom), atom) for atom in atoms]

    def ties(total: Key, keep: Callable[[Mapping[str, Any]], bool]) -> None:
        parts = [key for key, atom in named if keep(atom)]
        if total in reader.true and parts:
            reader.knows_sum(total, parts)

    area = {code: context.area_name(code) for code in context.district_names} | {"none": "Uden distrikt"}
    for column in ("children_count", "lost_count", "not_due_count"):
        ties((PARENTS, EVERYBODY, WHOLE_MUNICIPALITY, column), lambda a, c=column: a["there"] == c)
        for code, title in area.items():
            ties((PARENTS, DISTRICT, title, column), lambda a, c=column, d=code: a["there"] == c and a["district"] == d)
        for code, title in titles.items():
            ties((PARENTS, MODEL, title, column), lambda a, c=column, m=code: a["there"] == c and a["model"] == m)
    for key in [key for key in reader.true if key[0] == "evaluering" and key[2] != ALL and key[3] in COURSES]:
        code = next(c for c, title in area.items() if title == key[2].removesuffix(APART))
        own = key[2].removesuffix(APART)
        models = {m for k, m, a, _ in reader.true if k == "evaluering" and a.removesuffix(APART) == own}
        if len(models) == 1:
            ties(key, lambda a, c=key[3], d=code: a["here"] == c and a["district"] == d)
    if detection:
        know_detection(reader, section, ties, area)


def possible_atoms(atoms: list[dict[str, Any]], *, covers_all: bool, reaches: date) -> list[dict[str, Any]]:
    """Those parts that are empty here but might not be, for all a reader knows."""
    there = {(a["district"], a["model"]) for a in atoms if a["there"] != "none"}
    homes = {a["home"] for a in atoms}
    courses = [("children_count", "followed"), ("lost_count", "lost"), ("children_count", "waiting"),
               ("lost_count", "waiting"), ("not_due_count", "waiting")]  # fmt: skip
    if not (covers_all and reaches >= date(2026, 9, 30)):
        courses += [(each, "outside") for each in ("children_count", "lost_count", "not_due_count")]
    kinds = [(d, m, t, h) for d, m in sorted(there) for t, h in courses] + [("none", "none", "none", "none")]
    seen = {tuple(a[n] for n in ("district", "model", "there", "here", "home")) for a in atoms}
    return [
        {"district": d, "model": m, "there": t, "here": h, "home": home, "children": 0}
        for d, m, t, h in kinds
        for home in sorted(homes)
        if (d, m, t, h, home) not in seen and not (t == "none" and home == "elsewhere")
    ]


def know_detection(reader: Reader, section: Section, ties: Callable[..., None], area: Mapping[str, str]) -> None:
    table = next(table for table in section.tables if table.table_id == "sdq_detection")
    rows = cells_of(table)
    homes = {title: code for code, title in area.items()}
    everywhere = ("sdq_detection", WHOLE_MUNICIPALITY, WHOLE_MUNICIPALITY, "first_measured_count")
    parts = []
    for row in rows:
        kind, name = row["kind"].value, row["area"].value
        key = ("sdq_detection", kind, name, "first_measured_count")
        if kind == "Distrikt":
            parts.append(key)
    # true counts come from the atoms
    atoms = [key for key in reader.true if key[0] == "fælles" and key[3] != "elsewhere"]
    for row in rows:
        kind, name = row["kind"].value, row["area"].value
        if kind == "Model":
            continue
        key = ("sdq_detection", kind, name, "first_measured_count")
        reader.true[key] = sum(reader.true[a] for a in atoms if kind != "Distrikt" or a[3] == homes[name])
        reader.learn(key, row["first_measured_count"].value)
        if row["first_measured_count"].status is CellStatus.HIDDEN:
            reader.hidden.add(key)
        ties(key, lambda a, k=kind, n=name: a["home"] != "elsewhere" and (k != "Distrikt" or a["home"] == homes[n]))
    if everywhere in reader.true:
        reader.knows_sum(everywhere, parts)


def cells_of(table: ProtectedTable) -> list[dict[str, Any]]:
    return [dict(zip([column.name for column in table.columns], row, strict=True)) for row in table.rows]


def worked_out(reader: Reader, secrets: Iterable[Key]) -> dict[Key, tuple[int, int | None]]:
    """Lowest and highest value of those of which fewer than five are left."""
    attacker, found = reader.attacker(), {}
    for key in secrets:
        if attacker.is_narrower(reader.position[key], 5):
            limits = attacker.find_interval(reader.position[key])
            found[key] = (limits.low, limits.high)
    return found


def secrets_of(reader: Reader) -> list[Key]:
    """Counts of few children and those that either report hides; not the parts, which no report has."""
    return [
        key
        for key, count in reader.true.items()
        if key not in reader.known
        and (key in reader.hidden or 0 < count < 5)
        and key[0] != "fælles"
        and key[1] != DISTRICT_AND_MODEL
        and not key[3].endswith(("grænse", "afstand"))
    ]


@pytest.mark.parametrize(
    ("children", "seed", "window", "plain"),
    [
        (600, 1, "every first form", True),
        (600, 1, "every first form", False),
        (600, 1, "the last twelve months", True),
        (700, 3, "all that is due", False),
    ],
)
def test_the_table_of_districts_narrows_no_secret_beyond_what_the_committee_report_and_the_words_tell(
    children: int, seed: int, window: str, plain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = scenario_municipality("no_effect", children=children, seed=seed)
    reader = read_both(context, WINDOWS[window], monkeypatch, plain=plain).reader
    secrets = secrets_of(reader)
    assert len(secrets) > 40, "otherwise nothing was tried"
    after = worked_out(reader, secrets)
    told = {key: count for key, count in reader.known.items() if key[0] != "evaluering" or key[3].endswith("grænse")}
    before = worked_out(replace(reader, known=told), after)
    assert {key: (before.get(key), limits) for key, limits in after.items() if before.get(key) != limits} == {}
