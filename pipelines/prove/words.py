"""What does a person at the terminal see of a study: one table per estimator, and a sentence about what went wrong. In Danish."""

from rich.console import Console
from rich.table import Table

from pipelines.prove.acceptance import Check, Criterion, Kind, Tolerance
from pipelines.prove.blocks import structure_words
from pipelines.prove.citation import outcome_words
from pipelines.prove.estimator import Estimator
from pipelines.prove.kinds import kind_of
from pipelines.prove.results import CellResult
from pipelines.prove.study import Study
from pipelines.publish.danish import interval, number

CRITERION_NAMES = {
    Criterion.COVERAGE: "dækning",
    Criterion.TYPE_ONE_ERROR: "falsk alarm",
    Criterion.BIAS: "skævhed",
    Criterion.STANDARD_ERROR_RATIO: "usikkerhed mod spredning",
}
_NONE = "–"


def show_study(study: Study, *, quiet: bool = False) -> None:
    """Print every cell with its intervals and verdict, how to read them, and how many were not as they must be.

    `quiet` leaves the last sentence alone.
    """
    console = Console(markup=False)
    if not quiet:
        console.print(_how_to_read(study), highlight=False)
    for estimator in () if quiet else kind_of(study.study).estimators:
        cells = [cell for cell in study.cells if cell.estimator == estimator.name]
        if cells:
            console.print(f"\n{estimator.title}. {estimator.estimand} ({estimator.unit}).", highlight=False)
            console.print((_event_table if estimator.is_event else _table)(study, estimator, cells))
    console.print(f"\n{verdict_sentence(study)}", highlight=False)


def verdict_sentence(study: Study) -> str:
    """How many cells did what they must, did not, are not decided or only shown; and which did not."""
    judged = study.with_expectation
    said = outcome_words([cell.as_expected for cell in judged], shown=len(study.cells) - len(judged))
    if any(cell.is_undecided for cell in judged):
        said += " Det uafgjorte kræver flere gentagelser (--reps)."
    if not study.unexpected:
        return said
    titles = {estimator.name: estimator.title for estimator in kind_of(study.study).estimators}
    named = "; ".join(
        f"{titles[cell.estimator]} ({study.scenario_titles[cell.scenario]}, "
        f"{structure_words(cell.district_count, cell.adviser_count)})"
        for cell in study.unexpected
    )
    return f"{said} Ikke, som de skulle: {named}."


def verdict(cell: CellResult) -> str:
    """What came of a cell, and by which criteria."""
    failed = ", ".join(CRITERION_NAMES[criterion] for criterion in cell.failed)
    rerun = f" (gentaget {number(cell.repetitions)} gange)" if cell.is_rerun else ""
    if cell.as_expected is None:
        return "ikke afgjort: for få gentagelser" if cell.is_undecided else "vises"
    if cell.expectation.kind is Kind.MUST_HOLD:
        return f"holder{rerun}" if cell.as_expected else f"HOLDER IKKE: {failed}{rerun}"
    if cell.as_expected:
        return f"falder, som den skal: {failed}"
    return f"FALDER IKKE: kontrollen skal falde på {_names(cell)}"


def _names(cell: CellResult) -> str:
    return ", ".join(CRITERION_NAMES[criterion] for criterion in Criterion if criterion in cell.expectation.criteria)


def _how_to_read(study: Study) -> str:
    limits = study.limits
    return (
        f"{number(study.repetitions)} opdigtede kommuner pr. celle, frø {study.seed}; det sande tal er fra "
        f"{number(study.truth_repetitions)} andre. Dækning er, hvor ofte usikkerheden rummer det sande tal "
        f"({_percent_band(limits.coverage)} %). Falsk alarm er, hvor ofte en virkning ses, som ikke er der "
        f"({_percent_band(limits.type_one_error)} %). Skævhed er gennemsnittet minus det sande tal. En celle falder kun, når "
        f"hele dens interval i parentes ({number(100 * limits.confidence, 1)} %) ligger uden for grænsen, og for skævhed, når "
        f"afvigelsen er over {number(limits.bias_errors, 2)} standardfejl. En kontrol falder ikke, når hele intervallet ligger inden "
        f"for grænsen; for skævhed inden for {number(limits.seen_bias_deviations, 1)} spredning til hver side. Ellers er den ikke "
        f"afgjort.{_on_tolerance(study)}"
    )


def _on_tolerance(study: Study) -> str:
    """How other tolerances are read, where a cell has them."""
    tolerances = {cell.expectation.tolerance for cell in study.with_expectation}
    said = ""
    if Tolerance.CAUTIOUS in tolerances:
        said += " En forsigtig metode må gerne ramme oftere og slå falsk alarm sjældnere."
    if Tolerance.NEVER in tolerances:
        said += " Det, der aldrig må ske, må ikke ske en eneste gang."
    return said


def _percent_band(band: tuple[float, float]) -> str:
    return interval(100 * band[0], 100 * band[1])


def _table(study: Study, estimator: Estimator, cells: list[CellResult]) -> Table:
    table = Table(
        "Verden", "Distrikter", "Sandt tal (± fejl)", "Skævhed", "Dækning, %", "Falsk alarm, %", "Usikkerhed mod spredning",
        "Dom",
    )  # fmt: skip
    for cell in cells:
        table.add_row(
            study.scenario_titles[cell.scenario],
            _structure(cell),
            f"{_scaled(cell.truth.value, estimator)} (± {_scaled(cell.truth.standard_error, estimator)})",
            _bias(cell, estimator),
            _checked(cell.checks.get(Criterion.COVERAGE), factor=100, decimals=1),
            _checked(cell.checks.get(Criterion.TYPE_ONE_ERROR), factor=100, decimals=1),
            _checked(cell.checks.get(Criterion.STANDARD_ERROR_RATIO), factor=1, decimals=2),
            _with_missing(verdict(cell), cell),
        )
    return table


def _event_table(study: Study, estimator: Estimator, cells: list[CellResult]) -> Table:
    """How often it happened."""
    table = Table("Verden", "Distrikter", "Hvor tit, %", "Dom")
    for cell in cells:
        table.add_row(
            study.scenario_titles[cell.scenario],
            _structure(cell),
            _checked(cell.checks.get(Criterion.TYPE_ONE_ERROR), factor=100, decimals=1),
            _with_missing(verdict(cell), cell),
        )
    return table


def _structure(cell: CellResult) -> str:
    return (
        str(cell.district_count) if cell.adviser_count is None else f"{cell.district_count}, {cell.adviser_count} med"
    )


def _scaled(value: float, estimator: Estimator) -> str:
    return number(estimator.scale * value, estimator.decimals)


def _bias(cell: CellResult, estimator: Estimator) -> str:
    """The bias; beside it what was to be expected without help, and whether it is nothing else."""
    said = _checked(cell.checks.get(Criterion.BIAS), factor=estimator.scale, decimals=estimator.decimals)
    if cell.benchmark_mean is None:
        return said
    flag = ", altså regression mod gennemsnittet" if cell.is_benchmark else ""
    return f"{said}; ventet uden indsats {_scaled(cell.benchmark_mean, estimator)}{flag}"


def _checked(check: Check | None, *, factor: float, decimals: int) -> str:
    if check is None:
        return _NONE
    between = interval(factor * check.low, factor * check.high, decimals)
    return f"{number(factor * check.value, decimals)} ({between})"


def _with_missing(said: str, cell: CellResult) -> str:
    missing = cell.repetitions - cell.interval_count
    return f"{said}; {number(missing)} uden usikkerhed" if missing else said
