"""The command `trappen`: parse, call one stage, one sentence and one exit code per error.

Heavy imports are made inside the commands, so that `trappen --help` answers at once.
"""

import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pipelines.errors import ProveError, RejectedRowsError, TrappenError

app = typer.Typer(
    help="Indsatstrappen: fra kommunens leverancer til udvalgsrapporter med tal, der holder.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", help="Arbejdsmappen; ellers mappen, du står i.", show_default=False)
]
_INTERRUPTED = 130
"""Exit code of a command that was stopped with Ctrl-C, as shells have it."""
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Vis kun fejl og stier.")]


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Den nye arbejdsmappe.", show_default=False)],
    profile: Annotated[str, typer.Option(help="Profilen med kommunens regler.", show_default=False)],
    name: Annotated[str, typer.Option(help="Kommunens navn.")] = "Eksempel Kommune",
    constructed: Annotated[
        bool, typer.Option("--constructed", help="Til konstruerede data: Hver side siger, at tallene er opdigtede.")
    ] = False,
) -> None:
    """Lav en arbejdsmappe: indbakke for hver kilde, krypteret arkiv, indstillinger og nøgle."""
    from pipelines.workspace import KEY_FILE, SETTINGS_FILE, create_workspace

    workspace = create_workspace(folder, profile=profile, municipality_name=name, is_constructed=constructed)
    typer.echo(f"Arbejdsmappen er klar: {workspace.root}")
    typer.echo(f"Læg filer i {workspace.inboxes}, og kør: trappen run --workspace {workspace.root}")
    typer.echo(
        f"Gem en kopi af {KEY_FILE} et sikkert sted: Uden den kan data ikke åbnes. Ret navn mv. i {SETTINGS_FILE}."
    )


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Filen, der skal efterses.", show_default=False)],
    source: Annotated[str, typer.Option(help="Kilden, fx sdq_answers.", show_default=False)],
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", "-w", help="En arbejdsmappe, hvis egne mødeformer gælder.", show_default=False),
    ] = None,
) -> None:
    """Efterse en fil uden at indlæse den: Alle fejl med ark, række og celle."""
    from pipelines.landing.delivery import check_delivery
    from pipelines.terminal import show_checked
    from pipelines.workspace import open_workspace

    result = check_delivery(file, source=source, workspace=open_workspace(workspace) if workspace else None)
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
def explain(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="Hvad der skal forklares: noegletal.", show_default=False)
    ],
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Nøgletallets nummer, 1-12.", show_default=False)],
    period: Annotated[int, typer.Option(help="Året, opgørelsesdagen ligger i, fx 2025.", show_default=False)],
    workspace: WorkspaceOption = Path(),
) -> None:
    """Forklar et af Indsatstrappens Nøgletal: definition, skridt, antal og de leverancer, det hviler på."""
    from pipelines.explain import explain_key_figure
    from pipelines.terminal import show_key_figure
    from pipelines.workspace import open_workspace

    show_key_figure(explain_key_figure(open_workspace(workspace), kind, number, period=period))


@app.command()
def publish(
    reports: Annotated[
        list[str] | None, typer.Argument(metavar="[REPORT]...", help="Rapporter; ellers alle.", show_default=False)
    ] = None,
    workspace: WorkspaceOption = Path(),
    quiet: QuietOption = False,
) -> None:
    """Skriv rapporterne som HTML, PDF og regneark."""
    from pipelines.run import publish as publish_reports
    from pipelines.second_process import second_process
    from pipelines.terminal import progress_bars
    from pipelines.workspace import open_workspace

    opened = open_workspace(workspace)
    with progress_bars(quiet=quiet) as progress, second_process() as second:
        published = publish_reports(opened, reports or None, now=_now(), progress=progress, second=second)
    for report in published:
        typer.echo(f"{report.html}\n{report.pdf}\n{report.workbook}")
        if report.caution:
            typer.echo(report.caution, err=True)


@app.command()
def plan(
    example: Annotated[
        bool, typer.Option("--example", help="Læg et eksempel med forklaringer i arbejdsmappen.")
    ] = False,
    lock: Annotated[bool, typer.Option("--lock", help="Lås planen, før nogen ser på resultaterne.")] = False,
    new_version: Annotated[
        str | None, typer.Option(help="Grunden til en ny version, når en plan er låst i forvejen.", show_default=False)
    ] = None,
    workspace: WorkspaceOption = Path(),
) -> None:
    """Vis, hvad evalueringens analyseplan siger, og lås den, før nogen ser på resultaterne."""
    from pipelines.errors import PlanError
    from pipelines.evaluation.commands import example_plan, lock_workspace_plan, shown_plan
    from pipelines.terminal import show_plan
    from pipelines.workspace import open_workspace

    opened = open_workspace(workspace)
    if new_version is not None and not lock:
        raise PlanError('En ny version skal låses: trappen plan --lock --new-version "grunden"')
    if example:
        typer.echo(f"Ret i planen, og se den i ord med trappen plan: {example_plan(opened)}")
        return
    if lock:
        typer.echo(lock_workspace_plan(opened, now=_now(), new_version=new_version))
    show_plan(shown_plan(opened))


@app.command()
def power(
    as_json: Annotated[bool, typer.Option("--json", help="Skriv tallene som JSON.")] = False,
    workspace: WorkspaceOption = Path(),
) -> None:
    """Vis, hvor stor en forskel kommunens egne distrikter kan vise, og hvad der skal til for at afgøre planens spørgsmål."""
    from pipelines.committee.evaluation.told_power import told_power
    from pipelines.workspace import open_workspace

    typer.echo(told_power(open_workspace(workspace), as_json=as_json))


@app.command()
def export(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Hvad der skal med: som.", show_default=False)],
    workspace: WorkspaceOption = Path(),
    out: Annotated[
        Path | None, typer.Option(help="Mappen til filerne; ellers reports/som i arbejdsmappen.", show_default=False)
    ] = None,
) -> None:
    """Skriv tal til den socialøkonomiske investeringsmodel SØM: succesrate, effekt og pris, med usikkerhed og forbehold."""
    from pipelines.errors import PublishError
    from pipelines.run import export_som
    from pipelines.workspace import open_workspace

    if kind != "som":
        raise PublishError(f"Der er ingen eksport, der hedder {kind}. Vælg: som")
    opened = open_workspace(workspace)
    for path in export_som(opened, out or opened.reports / "som", now=_now()):
        typer.echo(str(path))


@app.command()
def demo(
    out: Annotated[
        Path | None, typer.Option(help="Mappe til demoen; ellers en midlertidig.", show_default=False)
    ] = None,
    profile: Annotated[
        str, typer.Option(help="Profilen med de regler, den opdigtede kommune følger.")
    ] = "vordingborg_next_step",
    children: Annotated[int, typer.Option(min=500, max=200_000, help="Antal børn i den opdigtede kommune.")] = 5000,
    seed: Annotated[int, typer.Option(help="Frø: samme frø giver samme kommune.")] = 1,
    quiet: QuietOption = False,
) -> None:
    """Vis hele vejen: en opdigtet kommune og de åbne tal for en rigtig, hver til sin rapport."""
    from pipelines.demo import run_demo
    from pipelines.terminal import progress_bars, show_demo

    with progress_bars(quiet=quiet) as progress:
        shown = run_demo(out, profile=profile, children_count=children, seed=seed, now=_now(), progress=progress)
    show_demo(shown, quiet=quiet)


@app.command()
def simulate(
    profile: Annotated[str, typer.Option(help="Profilen med de regler, kommunen følger.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Tom mappe til leverancerne, eller en tom indbakke.", show_default=False)],
    children: Annotated[
        int | None,
        typer.Option(min=50, max=1_500_000, help="Antal børn; ellers scenariets.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Frø: samme frø giver de samme filer.")] = 1,
    dirty: Annotated[int, typer.Option(min=0, max=3, help="Hvor fejlfyldte filerne er: 0 rene, 3 værst.")] = 0,
    truth: Annotated[
        Path | None, typer.Option(help="Fil til facit (en mappe, når det er flere kommuner).", show_default=False)
    ] = None,
    scenario: Annotated[str | None, typer.Option(help="Scenariets navn eller fil.", show_default=False)] = None,
    municipalities: Annotated[
        int | None,
        typer.Option(min=1, max=98, help="Et helt land med så mange kommuner, som Parquet.", show_default=False),
    ] = None,
    years: Annotated[
        int | None, typer.Option(min=2, max=20, help="Så mange skoleår går registrene tilbage.", show_default=False)
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Digt en kommune med kendt facit: leverancer, som afsenderne skriver dem."""
    from pipelines.simulate.produce import Request, produce
    from pipelines.terminal import progress_bars, show_made

    request = Request(profile, out, seed, children, scenario, dirty, truth, municipalities, years)
    try:
        with progress_bars(quiet=quiet) as progress:
            made = produce(request, progress=progress)
    except KeyboardInterrupt:
        typer.echo("Afbrudt. Intet er skrevet.", err=True)
        raise typer.Exit(_INTERRUPTED) from None
    show_made(made, quiet=quiet)


@app.command()
def prove(
    reps: Annotated[int, typer.Option(min=10, help="Gentagelser pr. celle.")] = 60,
    scenario: Annotated[
        list[str] | None, typer.Option(help="Scenariets navn eller fil; ellers alle.", show_default=False)
    ] = None,
    districts: Annotated[
        list[int] | None, typer.Option(min=2, help="Antal distrikter; ellers 8.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Frø: samme frø giver samme tal.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="Mappe til CSV, JSON og figur; en afbrudt kørsel går videre her.", show_default=False),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Antal processer. Ændrer ikke tallene.")] = 2,
    rerun: Annotated[
        int | None,
        typer.Option(min=10, help="Gentagelser af en celle, der faldt; ellers ti gange --reps.", show_default=False),
    ] = None,
    truth_reps: Annotated[
        int | None,
        typer.Option(
            min=10, help="Kommuner, som det sande tal er fra; ellers så mange, der skal til.", show_default=False
        ),
    ] = None,
    confirm: Annotated[
        Path | None,
        typer.Option(
            help="En gemt study.json: giver dagens kode de samme tal, får den dagens mærke.", show_default=False
        ),
    ] = None,
    study: Annotated[
        str, typer.Option(help="Hvad der afprøves: study (metoderne) eller models (de to modeller mod hinanden).")
    ] = "study",
    quiet: QuietOption = False,
) -> None:
    """Afprøv metoderne på opdigtede kommuner, hvor svaret er kendt: skævhed, dækning og falsk alarm."""
    from pipelines.prove.kinds import kind_of
    from pipelines.prove.study import plan_of, run_study, write_study
    from pipelines.prove.words import show_study
    from pipelines.terminal import progress_bars

    if confirm is not None:
        _confirm(confirm)
        return
    kind = kind_of(study)
    plan = plan_of(
        scenario or [], districts or [], kind=kind, reps=reps, rerun_reps=rerun, truth_reps=truth_reps, seed=seed
    )
    try:
        with progress_bars(quiet=quiet) as progress:
            run = run_study(
                plan, kind.estimators, today=_now().date(), worker_count=workers, progress=progress, out=out
            )
    except KeyboardInterrupt:
        kept = " Færdige dele ligger i --out og bruges næste gang." if out is not None else ""
        typer.echo(f"Afbrudt.{kept}", err=True)
        raise typer.Exit(_INTERRUPTED) from None
    show_study(run, quiet=quiet)
    if out is not None:
        for path in write_study(run, out).values():
            typer.echo(str(path))
    if run.unexpected:
        raise ProveError(
            f"{len(run.unexpected)} af {len(run.with_expectation)} afprøvninger gik ikke, som de skulle. Se dem i tabellen."
        )


def _confirm(path: Path) -> None:
    from pipelines.prove.redraw import confirmed
    from pipelines.prove.study import read_study

    study = confirmed(read_study(path))
    path.write_text(study.to_json(), encoding="utf-8")
    if (table := path.with_suffix(".csv")).exists():
        table.write_text(study.to_csv(), encoding="utf-8")
    typer.echo(f"Dagens kode giver de samme tal i {len(study.witness)} scenarier. {path} har fået dagens mærke.")


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
