"""What `trappen plan` does in a workspace: an example, the lock, and the plan in words."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.disclosure.rule import DisclosureRule
from pipelines.evaluation.plan import read_plan, write_example
from pipelines.evaluation.plan_lock import LOCK_FILE, PlanLock, lock_plan, read_locks
from pipelines.evaluation.plan_words import locked_sentence, plan_departures, plan_lines
from pipelines.evaluation.private_words import check_words
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
