"""What a person at the terminal sees: progress bars, error lists, status, and where the reports lie. All in Danish."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from pipelines.landing.register import masked_name
from pipelines.progress import Progress as RunProgress
from pipelines.progress import Silent

if TYPE_CHECKING:  # the types of what is shown; importing them would load every stage for `trappen check`
    from pipelines.demo import Demo
    from pipelines.evaluation.commands import ShownPlan
    from pipelines.explain import KeyFigureExplained
    from pipelines.landing.delivery import DeliveryResult
    from pipelines.run import RunResult
    from pipelines.simulate.produce import Made
    from pipelines.simulate.targets import Target
    from pipelines.status import Status
    from pipelines.workspace import Workspace

_SHOWN_ERRORS = 50


class _Bars:
    """Progress of a run as one bar per stage."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def stage(self, title: str, steps: int) -> None:
        self._task = self._bars.add_task(title, total=max(steps, 1), note="")
        if steps == 0:
            self._bars.update(self._task, completed=1, note="intet nyt")

    def step(self, title: str) -> None:
        if self._task is not None:
            self._bars.update(self._task, advance=1, note=title)


@contextmanager
def progress_bars(*, quiet: bool) -> Iterator[RunProgress]:
    """Progress bars on standard error, or silence."""
    if quiet:
        yield Silent()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        yield _Bars(bars)


def show_checked(result: "DeliveryResult") -> None:
    """Print what `trappen check` found: counts, warnings, and each error with its cell."""
    console = Console(markup=False)
    console.print(
        f"{result.file_name}: {result.rows_received} rækker modtaget, {result.rows_typed} i orden, "
        f"{result.rows_rejected} med fejl.",
        highlight=False,
    )
    for warning in result.warnings:
        console.print(f"Bemærk: {warning}", highlight=False)
    if result.errors:
        table = Table("Ark", "Række", "Celle", "Kolonne", "Fundet", "Forventet", "Gør sådan")
        for error in result.errors[:_SHOWN_ERRORS]:
            table.add_row(
                error.sheet, str(error.row), error.cell, error.column, error.found, error.expected, error.advice
            )
        console.print(table)
    if len(result.errors) > _SHOWN_ERRORS:
        console.print(f"… og {len(result.errors) - _SHOWN_ERRORS} fejl mere.", highlight=False)


def show_run(result: "RunResult", workspace: "Workspace", *, quiet: bool) -> None:
    """Print what a run took in, refused, rebuilt and warns about."""
    console = Console(markup=False)
    for path, error in result.refused:
        console.print(
            f"Afvist hel fil: {path.parent.name}/{masked_name(path.name)}. {error}", highlight=False, soft_wrap=True
        )
    if quiet:
        return
    for source in result.retyped:
        console.print(f"{source}: læst igen fra arkivet, fordi datakontrakten er ændret", highlight=False)
    for delivery in result.deliveries:
        state = (
            "kendt i forvejen"
            if delivery.was_known
            else f"{delivery.rows_typed} godkendt, {delivery.rows_rejected} afvist"
        )
        console.print(f"{delivery.source}: {delivery.file_name}: {state}", highlight=False, soft_wrap=True)
        for note in delivery.warnings:
            console.print(f"  Bemærk: {note}", highlight=False, soft_wrap=True)
    if any(delivery.rows_rejected for delivery in result.deliveries):
        console.print(
            f"Fejllister til dem, der har sendt filerne: {workspace.error_lists}", highlight=False, soft_wrap=True
        )
    for warning in result.gate_warnings:
        console.print(f"Bemærk: {warning}", highlight=False, soft_wrap=True)


def show_status(status: "Status") -> None:
    """Print one line per source, and what waits in the inbox."""
    console = Console(markup=False)
    table = Table("Kilde", "Leverancer", "Rækker", "Godkendt", "Afvist", "Seneste", "Venter")
    for line in status.sources:
        table.add_row(
            line.source,
            str(line.deliveries_count),
            str(line.rows_received),
            str(line.rows_typed),
            str(line.rows_rejected),
            line.latest_date.strftime("%d-%m-%Y") if line.latest_date else "–",
            str(line.waiting_count),
        )
    console.print(table)
    console.print(status.last_run, highlight=False, soft_wrap=True)


def show_key_figure(explained: "KeyFigureExplained") -> None:
    """Print what a key figure counts, the steps to it, its lines in every area, and the deliveries behind."""
    console = Console(markup=False, highlight=False, soft_wrap=True)
    console.print(explained.title)
    for name, text in explained.definition:
        console.print(f"{name}: {text}")
    console.print("\nVejen til tallet (hele kommunen):")
    steps = Table("Skridt", "Hvad der er tilbage", "Rækker", "Børn", "Tabel")
    for step in explained.steps:
        steps.add_row(str(step.number), step.title, step.rows, step.children, step.table)
    console.print(steps)
    console.print("\nTallene:")
    values = Table("Linje", "Område", explained.counted_title, "Ud af", "Værdi", "Enhed")
    for line in explained.lines:
        values.add_row(*line)
    console.print(values)
    for note in explained.notes:
        console.print(note)
    console.print("\nLeverancer, tallet hviler på:")
    deliveries = Table("Kilde", "Fil", "Modtaget", "Godkendte rækker", "Rækker i brug")
    for delivery in explained.deliveries:
        deliveries.add_row(*delivery)
    console.print(deliveries)


def show_plan(shown: "ShownPlan") -> None:
    """Print an analysis plan, whether it is locked, and how it departs from the locked one."""
    console = Console(markup=False, highlight=False, soft_wrap=True)
    for label, text in shown.lines:
        console.print(f"{label}: {text}")
    console.print(f"\n{shown.locked}")
    if shown.departures:
        console.print("Planen er ændret, siden den blev låst:")
    for departure in shown.departures:
        console.print(f"  - {departure}")


def show_demo(demo: "Demo", *, quiet: bool) -> None:
    """Print where the reports of the demo lie."""
    console = Console(markup=False)
    if not quiet:
        console.print("Rapporterne er klar:", highlight=False)
    for report in demo.reports:
        console.print(str(report.html), highlight=False, soft_wrap=True)
        console.print(str(report.pdf), highlight=False, soft_wrap=True)
        console.print(str(report.workbook), highlight=False, soft_wrap=True)


_MET = {True: "ja", False: "nej", None: "vises kun"}


def show_made(made: "Made", *, quiet: bool) -> None:
    """Print what `trappen simulate` wrote, that it is made up, and what was drawn beside what was aimed at."""
    console = Console(markup=False, highlight=False, soft_wrap=True)
    if quiet:
        for path in (made.out, made.truth):
            if path is not None:
                console.print(str(path))
        return
    whole = "kommunen" if made.municipality_count == 1 else f"de {made.municipality_count} kommuner"
    console.print(f"Konstruerede data. Reglerne er hentet fra {made.rules_source}; {whole} findes ikke.")
    console.print(f"{_grouped(made.children_count)} børn, {_decimal(made.byte_count / 1e6, 1)} MB i {made.out}")
    files = Table("Kilde", "Filer", "Rækker uden fejl")
    for line in made.sources:
        files.add_row(line.source, _grouped(line.file_count), _grouped(line.row_count))
    console.print(files)
    if made.truth is not None:
        console.print(f"Facit: {made.truth}")
    console.print(f"Trukket og tilstræbt ({made.targets_of}):")
    drawn = Table("Størrelse", "Børn", "Trukket", "Tilstræbt", "Tolerance", "Nået")
    for item in made.targets:
        aim = _in_unit(item.target, item)
        drawn.add_row(
            item.title, _grouped(item.children_count), _in_unit(item.drawn, item), aim if item.is_target else f"({aim})",
            _in_unit(item.tolerance, item), _MET[item.is_met],
        )  # fmt: skip
    console.print(drawn)
    console.print("Nået: afvigelsen er højst tolerancen og to gange den usikkerhed, som antallet af børn giver.")
    console.print("Tal i parentes er kun til sammenligning. Andele er i procent, tolerancen på dem i procentpoint.")


def _in_unit(value: float | None, item: "Target") -> str:
    if value is None:
        return "–"
    return _decimal(100 * value, 1) if item.unit == "share" else _decimal(value, 2)


def _decimal(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".replace(".", ",").replace("-", "−")


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", ".")
