"""What `trappen plan` and `trappen power` do in a workspace: an example, the lock, the plan in words, and what could be seen."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.disclosure.rule import DisclosureRule
from pipelines.errors import PlanError
from pipelines.evaluation.children import read_children
from pipelines.evaluation.design import study_design
from pipelines.evaluation.plan import AnalysisPlan, read_plan, write_example
from pipelines.evaluation.plan_lock import LOCK_FILE, PlanLock, has_table, lock_plan, read_locks
from pipelines.evaluation.plan_words import locked_sentence, plan_departures, plan_lines
from pipelines.evaluation.power import Power, study_power
from pipelines.evaluation.power_words import may_tell_children, power_lines, rounded_up
from pipelines.evaluation.private_words import check_words
from pipelines.evaluation.rollout import read_rollout
from pipelines.evaluation.whole_grades import primary_children
from pipelines.publish.danish import text_date
from pipelines.warehouse import open_warehouse
from pipelines.workspace import Workspace


@dataclass(frozen=True)
class ShownPlan:
    """What is printed of a plan: its decisions, in what it has moved from the locked one, and when that was locked."""

    lines: tuple[tuple[str, str], ...]
    departures: tuple[str, ...]
    locked: str


def example_plan(workspace: Workspace) -> Path:
    """Put the commented example into the workspace; returns its path. Raises: PlanError when a plan is there."""
    return write_example(workspace.root)


def shown_plan(workspace: Workspace) -> ShownPlan:
    """The workspace's plan in words. Raises: PlanError when it is missing or wrong."""
    plan = read_plan(workspace.root)
    check_words(plan)
    locks: tuple[PlanLock, ...] = ()
    if workspace.warehouse.exists():
        with open_warehouse(workspace, read_only=True) as connection:
            locks = read_locks(connection)
    lock = locks[-1] if locks else None
    departures = plan_departures(lock.plan, plan) if lock else ()
    rule = DisclosureRule(**workspace.settings.disclosure.model_dump())
    return ShownPlan(plan_lines(plan), departures, locked_sentence(lock, rule=rule))


def lock_workspace_plan(workspace: Workspace, *, now: datetime, new_version: str | None = None) -> str:
    """Lock the workspace's plan; returns the sentence that says so. Raises: PlanError as `lock_plan`."""
    plan = read_plan(workspace.root)
    check_words(plan, reason=new_version)
    with open_warehouse(workspace) as connection:
        lock = lock_plan(connection, plan, workspace.root, now=now, new_version=new_version)
    return (
        f"Planen er låst {text_date(lock.locked_at.date())} som version {lock.version}: {workspace.root / LOCK_FILE} "
        f"(aftryk {lock.checksum[:12]})"
    )


def workspace_power(workspace: Workspace) -> tuple[Power, AnalysisPlan, bool]:
    """What the workspace's own districts can show of the plan's question, the plan, and whether its counts of children may be told.

    Rounded up where they may not.

    Raises:
        PlanError: the plan is missing or wrong, or nothing was built.
    """
    plan = read_plan(workspace.root)
    if not workspace.warehouse.exists():
        raise PlanError("Der er ingen tal endnu. Læg filer i indbakken, og kør: trappen run")
    with open_warehouse(workspace, read_only=True) as connection:
        if not has_table(connection, "core", "fct_sdq_pair"):
            raise PlanError("Der er ingen tal endnu. Læg filer i indbakken, og kør: trappen run")
        rollout = read_rollout(connection, plan)
        children, _ = primary_children(read_children(connection, plan), plan)
    design = study_design(children, plan, rollout=rollout.facts)
    rule = DisclosureRule(**workspace.settings.disclosure.model_dump())
    power, tells_children = study_power(children, design, plan), may_tell_children(design, rule=rule)
    return power if tells_children else rounded_up(power, plan), plan, tells_children


def told_power(workspace: Workspace, *, as_json: bool) -> str:
    """`workspace_power` as Danish lines or as JSON; neither says more of how many children there are than the report does.

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
