"""The whole road at once: a made-up municipality, to all of its reports, and beside it the open figures of a real one, to theirs.

Where the made-up municipality has both models, their evaluation is planned, and the plan locked, before anything is delivered.

The two never share a workspace, so that the real and the made-up cannot be mixed.
"""

import tempfile
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pipelines.evaluation.commands import example_plan, lock_workspace_plan
from pipelines.municipalities import load_profile
from pipelines.open_data import deliver_open_data
from pipelines.progress import Progress, Silent
from pipelines.publish.report import PublishedReport
from pipelines.run import publish, run
from pipelines.second_process import second_process
from pipelines.simulate import simulate_municipality, write_deliveries, write_truth
from pipelines.simulate.profile import ADVISER, CASEWORKER
from pipelines.simulate.scenarios import load_scenario
from pipelines.workspace import Workspace, create_workspace

DEMO_PROFILE = "vordingborg_next_step"
DEMO_WORLD = Path(__file__).with_name("demo.toml")
DATA_END_DATE = date(2026, 9, 30)
PLAN_LOCKED_AT = datetime(2024, 6, 17, 9, 0)
"""In the made-up municipality's own time: before the example plan's first form."""
OPEN_FIGURES_DATE = date(2026, 7, 23)
"""The day before which the youngest packaged figures were fetched."""
REAL_MUNICIPALITY = ("Vordingborg Kommune", "390")


@dataclass(frozen=True)
class Demo:
    """Where the demo's workspaces and reports lie."""

    folder: Path
    reports: tuple[PublishedReport, ...]


def run_demo(
    folder: Path | None,
    *,
    profile: str = DEMO_PROFILE,
    children_count: int,
    seed: int,
    now: datetime,
    progress: Progress | None = None,
) -> Demo:
    """Simulate, take in, build and publish the made-up municipality of a profile; meanwhile the same road for the open figures.

    Raises:
        WorkspaceError: the profile is unknown.
    """
    progress = progress or Silent()
    folder = Path(tempfile.mkdtemp(prefix="indsatstrappen-")) if folder is None else folder
    folder.mkdir(parents=True, exist_ok=True)
    # the two roads share nothing, so a second core takes the shorter one, and then some of the other's reports
    with second_process() as second:
        real = second.submit(_open_figures_reports, folder / "aabne_tal", now)
        made_up = _made_up_workspace(folder / "konstrueret", profile, children_count, seed, progress)
        report_ids = ["udvalgsrapport", "moedestruktur"]
        if _has_both_models(profile):
            example_plan(made_up)
            lock_workspace_plan(made_up, now=PLAN_LOCKED_AT)
            report_ids.append("evaluering")
        own = _reports(made_up, report_ids, now, progress, second)
        return Demo(folder, (*own, *real.result()))


def _open_figures_reports(folder: Path, now: datetime) -> tuple[PublishedReport, ...]:
    return _reports(_open_figures_workspace(folder), ["kommunen_i_landet"], now, Silent())


def _reports(
    workspace: Workspace, report_ids: list[str], now: datetime, progress: Progress, second: Executor | None = None
) -> tuple[PublishedReport, ...]:
    """What was delivered taken in, built and published. Raises: the error of the first delivery that is refused."""
    refused = run(workspace, now=now, progress=progress).refused
    if refused:
        raise refused[0][1]
    return tuple(publish(workspace, report_ids, now=now, progress=progress, second=second))


def _made_up_workspace(
    folder: Path, profile_name: str, children_count: int, seed: int, progress: Progress
) -> Workspace:
    progress.stage("Digter en kommune", 1)
    profile = load_profile(profile_name)
    workspace = create_workspace(
        folder,
        profile=profile_name,
        municipality_name=profile["demo"]["municipality_name"],
        is_constructed=True,
        settings_text=report_settings(profile_name),
    )
    simulated = simulate_municipality(
        profile,
        children_count=children_count,
        seed=seed,
        data_end_date=DATA_END_DATE,
        parameters=load_scenario(DEMO_WORLD).parameters,
    )
    write_deliveries(simulated, workspace.inboxes, dirty=True)
    write_truth(simulated, workspace.root / "truth.json")
    progress.step(f"{children_count} børn")
    return workspace


def _has_both_models(profile_name: str) -> bool:
    """Whether some districts of the profile's made-up municipality have advisers, and others caseworkers."""
    models = {district["model"] for district in load_profile(profile_name)["demo"]["districts"]}
    return models >= {ADVISER, CASEWORKER}


def report_settings(profile_name: str) -> str:
    """The demo's part of trappen.toml: the as-of date, and the committee that the made-up municipality's reports are written to."""
    committee = load_profile(profile_name)["demo"]["committee_name"]
    return f'\n[report]\ncommittee_name = "{committee}"\nas_of_date = {DATA_END_DATE}\n'


def _open_figures_workspace(folder: Path) -> Workspace:
    name, code = REAL_MUNICIPALITY
    workspace = create_workspace(
        folder,
        profile=DEMO_PROFILE,
        municipality_name=name,
        is_constructed=False,
        settings_text=f'\n[report]\ncompared_municipality_code = "{code}"\nas_of_date = {OPEN_FIGURES_DATE}\n',
    )
    deliver_open_data(workspace.inboxes)
    return workspace
