"""Which reports are there, what do they need, and what stands in their head."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from pipelines.codes import load_code_table
from pipelines.committee.context import profile_source
from pipelines.errors import PublishError, SettingsError
from pipelines.evaluation.plan import PLAN_FILE, read_plan
from pipelines.expectations.lineage import sources_behind_marts
from pipelines.open_data import attribution_text
from pipelines.prove.citation import models_citation, study_sentence
from pipelines.publish.danish import text_date
from pipelines.publish.notebook import NotebookContent
from pipelines.publish.section import Report
from pipelines.publish.stamp import DeliveryStamp, Stamp
from pipelines.settings import Settings
from pipelines.workspace import Workspace


@dataclass(frozen=True)
class ReportKind:
    """One report: its id (also the notebook's and the file's name), what it answers, and the table it cannot do without.

    `title` may name {as_of_date} and, where there is a plan, its models {treated} and {comparison}.
    `needs_plan`: only in a workspace with an analysis plan. `definitions_heading` stands over the list on
    the last page: words that are explained, or promises that cannot be measured.
    """

    report_id: str
    title: str
    introduction: str
    needed_table: str
    is_on_open_figures: bool
    definitions_heading: str = "Hvad ordene betyder"
    needs_plan: bool = False


REPORTS: Mapping[str, ReportKind] = {
    kind.report_id: kind
    for kind in (
        ReportKind(
            "udvalgsrapport",
            "Indsatstrappen: status pr. {as_of_date}",
            "Notatet svarer på fire spørgsmål om børnene og den støtte, de får. "
            "Felterne til højre viser, hvor meget tallene kan bære.",
            "core.dim_child",
            is_on_open_figures=False,
        ),
        ReportKind(
            "moedestruktur",
            "Mødestruktur og samarbejde: status pr. {as_of_date}",
            "Notatet viser, om de aftalte møder bliver holdt, og hvad de bruges til. Det handler ikke om den enkelte.",
            "core.fct_session",
            is_on_open_figures=False,
            definitions_heading="Det lover dokumentet, men vi måler det ikke",
        ),
        ReportKind(
            "evaluering",
            "Evaluering: {treated} og {comparison}",
            "Notatet følger en analyseplan. Det viser først, hvem der er målt, og så, hvordan det gik dem.",
            "core.fct_sdq_pair",
            is_on_open_figures=False,
            needs_plan=True,
        ),
        ReportKind(
            "kommunen_i_landet",
            "Kommunen i landet: trivsel, fravær, normering og inklusion",
            "Notatet viser kommunens åbne tal ved siden af de andre kommuners. Det er en fordeling og ikke en rangliste.",
            "marts.mart_open_figure",
            is_on_open_figures=True,
        ),
    )
}


def chosen_reports(
    connection: duckdb.DuckDBPyConnection, settings: Settings, wanted: list[str] | None
) -> list[ReportKind]:
    """The reports asked for, each once, or all that this workspace holds data for.

    Raises:
        PublishError: an unknown report, or one whose data are missing; or nothing can be published.
    """
    unknown = [name for name in wanted or () if name not in REPORTS]
    if unknown:
        raise PublishError(f"Rapporten {', '.join(unknown)} findes ikke. Vælg blandt: {', '.join(REPORTS)}.")
    possible = [kind for kind in REPORTS.values() if _can_publish(connection, settings, kind)]
    lacking = [name for name in wanted or () if REPORTS[name] not in possible]
    if lacking or not possible:
        raise PublishError(
            f"Der er ikke data til {', '.join(lacking) or 'nogen rapport'}. Læg leverancerne i indbakken, og kør: trappen run. "
            "Rapporten kommunen_i_landet kræver også, at report.compared_municipality_code er udfyldt, og rapporten evaluering en "
            "analyseplan: trappen plan --example."
        )
    return [REPORTS[name] for name in dict.fromkeys(wanted)] if wanted else possible


def notebook_parameters(kind: ReportKind, workspace: Workspace) -> dict[str, Any]:
    """What the notebook of a report is told: where the workspace lies, and which municipality it compares."""
    parameters: dict[str, Any] = {"workspace_path": str(workspace.root)}
    if kind.is_on_open_figures:
        parameters["municipality_code"] = _compared_municipality(workspace.settings)
    return parameters


def _compared_municipality(settings: Settings) -> str:
    """The code of the real municipality in the report on open figures; it must be the one in the report's head.

    Raises:
        SettingsError: no municipality has the code, or the municipality's name is another's.
    """
    code, name = settings.report.compared_municipality_code, settings.municipality.name
    table = load_code_table("municipalities")
    if table.codes_by_alias().get(" ".join(name.casefold().split())) != code:
        known = table.titles().get(code, "ingen kommune")
        raise SettingsError(
            f"trappen.toml har 1 fejl:\n  - report.compared_municipality_code er '{code}' ({known}), men municipality.name er "
            f"'{name}'. Rapporten på åbne tal skal handle om kommunen selv: Ret den ene af de to."
        )
    return code


def assemble_report(
    kind: ReportKind,
    content: NotebookContent,
    *,
    settings: Settings,
    stamp: Stamp,
    as_of_date: date,
    published_on: date,
) -> Report:
    """The whole report: what its executed notebook says, and the settings' head.

    Raises:
        PublishError: a report on real open figures is asked for in a workspace of made-up data.
    """
    head, is_constructed = settings.report, settings.municipality.is_constructed
    if is_constructed and kind.is_on_open_figures:
        raise PublishError(
            f"{kind.report_id} viser rigtige åbne tal og kan ikke udgives fra en arbejdsmappe med konstruerede data. "
            "Lav en arbejdsmappe til de åbne tal med: trappen init"
        )
    return Report(
        report_id=kind.report_id,
        title=kind.title.format(as_of_date=text_date(as_of_date), **_arm_names(kind, settings)),
        municipality=settings.municipality.name,
        sections=content.sections,
        stamp=stamp,
        as_of_date=as_of_date,
        published_on=published_on,
        introduction=kind.introduction,
        definitions_heading=kind.definitions_heading,
        administration=head.administration_name,
        committee=head.committee_name,
        attachment=head.attachment,
        purpose=head.purpose,
        case_numbers=(
            (head.case_number_label, head.case_number),
            (head.document_number_label, head.document_number),
        ),
        attention=content.notes.attention,
        constructed_rules_source=profile_source(settings) if is_constructed else None,
        attribution=attribution_text() if kind.is_on_open_figures else None,
        data_quality=content.notes.data_quality,
        definitions=content.notes.definitions,
        declared_numbers=content.notes.declared_numbers,
        method_study=_study_behind(kind),
    )


def _study_behind(kind: ReportKind) -> str:
    """What is said of the study of the report's methods. The open figures are other people's: none stands behind them."""
    if kind.is_on_open_figures:
        return ""
    return models_citation() if kind.needs_plan else study_sentence()


def _arm_names(kind: ReportKind, settings: Settings) -> dict[str, str]:
    """The names of the plan's two models, for the title; none where the report has no plan."""
    if not kind.needs_plan or settings.folder is None:
        return {}
    arms, titles = read_plan(settings.folder).arms, load_code_table("models").titles()
    return {"treated": titles[arms.treated], "comparison": titles[arms.comparison]}


def delivery_stamps(connection: duckdb.DuckDBPyConnection) -> tuple[DeliveryStamp, ...]:
    """One stamp per registered delivery that a figure can come from, in the order they came."""
    rows = connection.execute(
        "SELECT source, CAST(landed_at AS DATE), sha256, rows_received, rows_typed, rows_rejected "
        "FROM landed.deliveries ORDER BY landed_at, source, delivery_id"
    ).fetchall()
    return tuple(DeliveryStamp(*row) for row in rows if row[0] in sources_behind_marts())


def _has_plan(settings: Settings) -> bool:
    """Whether the workspace has an analysis plan. Raises PlanError for a wrong one here, and not inside a notebook."""
    if settings.folder is None or not (settings.folder / PLAN_FILE).is_file():
        return False
    read_plan(settings.folder)
    return True


def _can_publish(connection: duckdb.DuckDBPyConnection, settings: Settings, kind: ReportKind) -> bool:
    if kind.is_on_open_figures and not settings.report.compared_municipality_code:
        return False
    if kind.needs_plan and not _has_plan(settings):
        return False
    schema, table = kind.needed_table.split(".")
    found = connection.execute(
        "SELECT count(*) FROM information_schema.tables "
        "WHERE table_catalog = 'wh' AND table_schema = ? AND table_name = ?",
        [schema, table],
    ).fetchone()
    if not found or not found[0]:
        return False
    row = connection.execute(f"SELECT count(*) FROM {kind.needed_table}").fetchone()
    return bool(row and row[0])
