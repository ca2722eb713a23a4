"""The command `trappen`: parse, call one stage, one sentence and one exit code per error.

Heavy imports are made inside the commands, so that `trappen --help` answers at once.
"""

import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pipelines.errors import RejectedRowsError, TrappenError

app = typer.Typer(
    help="Indsatstrappen: fra kommunens leverancer til udvalgsrapporter med tal, der holder.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", help="Arbejdsmappen; ellers mappen, du står i.", show_default=False)
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Vis kun fejl og stier.")]


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Den nye arbejdsmappe.", show_default=False)],
    profile: Annotated[str, typer.Option(help="Profilen med kommunens regler.", show_default=False)],
    name: Annotated[str, typer.Option(help="Kommunens navn.")] = "Eksempel Kommune",
) -> None:
    """Lav en arbejdsmappe: indbakke for hver kilde, krypteret arkiv, indstillinger og nøgle."""
    from pipelines.workspace import KEY_FILE, SETTINGS_FILE, create_workspace

    workspace = create_workspace(folder, profile=profile, municipality_name=name, is_constructed=False)
    typer.echo(f"Arbejdsmappen er klar: {workspace.root}")
    typer.echo(f"Læg filer i {workspace.inboxes}, og kør: trappen run --workspace {workspace.root}")
    typer.echo(
        f"Gem en kopi af {KEY_FILE} et sikkert sted: Uden den kan data ikke åbnes. Ret navn mv. i {SETTINGS_FILE}."
    )


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Filen, der skal efterses.", show_default=False)],
    source: Annotated[str, typer.Option(help="Kilden, fx sdq_answers.", show_default=False)],
) -> None:
    """Efterse en fil uden at indlæse den: Alle fejl med ark, række og celle."""
    from pipelines.landing.delivery import check_delivery
    from pipelines.terminal import show_checked

    result = check_delivery(file, source=source)
    show_checked(result)
    if result.rows_rejected:
        raise RejectedRowsError(
            f"{result.rows_rejected} af {result.rows_received} rækker har fejl. Ret dem i filen, og efterse den igen."
        )


@app.command()
def run(workspace: WorkspaceOption = Path(), quiet: QuietOption = False) -> None:
    """Indlæs alt i indbakken, og regn tallene om."""
    from pipelines.run import RunResult
    from pipelines.run import run as run_stages
    from pipelines.terminal import progress_bars, show_run
    from pipelines.workspace import open_workspace

    opened = open_workspace(workspace)
    result = RunResult()
    try:
        with progress_bars(quiet=quiet) as progress:
            run_stages(opened, now=_now(), progress=progress, result=result)
    finally:
        show_run(result, opened, quiet=quiet)
    if result.refused:
        raise result.refused[0][1]


@app.command()
def status(workspace: WorkspaceOption = Path()) -> None:
    """Vis, hvad der er modtaget, godkendt og afvist, og hvad der venter."""
    from pipelines.status import read_status
    from pipelines.terminal import show_status
    from pipelines.workspace import open_workspace

    show_status(read_status(open_workspace(workspace)))


@app.command()
def publish(
    reports: Annotated[
        list[str] | None, typer.Argument(metavar="[REPORT]...", help="Rapporter; ellers alle.", show_default=False)
    ] = None,
    workspace: WorkspaceOption = Path(),
    quiet: QuietOption = False,
) -> None:
    """Skriv rapporterne som HTML og PDF."""
    from pipelines.run import publish as publish_reports
    from pipelines.terminal import progress_bars
    from pipelines.workspace import open_workspace

    opened = open_workspace(workspace)
    with progress_bars(quiet=quiet) as progress:
        published = publish_reports(opened, reports or None, now=_now(), progress=progress)
    for report in published:
        typer.echo(f"{report.html}\n{report.pdf}")


@app.command()
def demo(
    out: Annotated[
        Path | None, typer.Option(help="Mappe til demoen; ellers en midlertidig.", show_default=False)
    ] = None,
    children: Annotated[int, typer.Option(min=500, max=200_000, help="Antal børn i den opdigtede kommune.")] = 5000,
    seed: Annotated[int, typer.Option(help="Frø: samme frø giver samme kommune.")] = 1,
    quiet: QuietOption = False,
) -> None:
    """Vis hele vejen: en opdigtet kommune og de åbne tal for en rigtig, hver til sin rapport."""
    from pipelines.demo import run_demo
    from pipelines.terminal import progress_bars, show_demo

    with progress_bars(quiet=quiet) as progress:
        shown = run_demo(out, children_count=children, seed=seed, now=_now(), progress=progress)
    show_demo(shown, quiet=quiet)


def main() -> None:
    """Run the command; print a TrappenError as its sentence and end with its exit code."""
    try:
        app()
    except TrappenError as error:
        typer.echo(f"Fejl: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        typer.echo(_fault_of_ours(error), err=True)
        sys.exit(1)


def _fault_of_ours(error: Exception) -> str:
    # the message of an unforeseen error may hold a value from a delivery, so only its kind and place are printed
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return (
        f"Fejl i programmet ({type(error).__name__} ved {places}). Intet er udgivet. "
        "Meld fejlen til dem, der vedligeholder Indsatstrappen, med linjen ovenfor."
    )


def _now() -> datetime:
    return datetime.now().replace(microsecond=0)
