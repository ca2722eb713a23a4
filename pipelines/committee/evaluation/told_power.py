"""What does `trappen power` say of the workspace's own districts? No more of how many children there are than the report does."""

import json
from dataclasses import asdict
from typing import Any

from pipelines.committee.context import report_context
from pipelines.committee.evaluation.basis import study_of
from pipelines.errors import PlanError
from pipelines.evaluation.plan import AnalysisPlan, read_plan
from pipelines.evaluation.plan_lock import has_table
from pipelines.evaluation.power import Power
from pipelines.evaluation.power_words import power_lines
from pipelines.warehouse import open_warehouse
from pipelines.workspace import Workspace

_NOTHING_BUILT = "Der er ingen tal endnu. Læg filer i indbakken, og kør: trappen run"


def told_power(workspace: Workspace, *, as_json: bool) -> str:
    """`workspace_power` as Danish lines or as JSON.

    Points have one decimal in both: all of them would tell how many children are behind.
    """
    power, plan, tells_children = workspace_power(workspace)
    if not as_json:
        return "\n".join(power_lines(power, plan, tells_children=tells_children))
    plain: dict[str, Any] = asdict(power)
    for points in ("detectable", "by_half_icc", "by_double_icc"):
        plain[points] = None if plain[points] is None else round(plain[points], 1)
    plain["child_counts"] = power.child_counts if tells_children else None
    return json.dumps({**plain, "assumed": plan.spread.model_dump()}, ensure_ascii=False, indent=1)


def workspace_power(workspace: Workspace) -> tuple[Power, AnalysisPlan, bool]:
    """What the workspace's own districts can show of the plan's question, the plan, and whether its counts of children may be told.

    Rounded up where they may not.

    Raises:
        PlanError: the plan is missing or wrong, or nothing was built.
    """
    read_plan(workspace.root)  # a fault in the plan is told before anything else
    if not workspace.warehouse.exists():
        raise PlanError(_NOTHING_BUILT)
    with open_warehouse(workspace, read_only=True) as connection:
        is_built = has_table(connection, "core", "fct_sdq_pair")
    if not is_built:
        raise PlanError(_NOTHING_BUILT)
    with report_context(str(workspace.root)) as context:
        study = study_of(context)
        return study.power, study.plan, study.tells_children
