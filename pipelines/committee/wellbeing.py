"""Are the children better off? SDQ before and after, always beside the change that was to be expected without any help."""

from collections.abc import Sequence
from typing import Any

from pipelines.codes import load_code_table
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import TotalColumn, TotalRow
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.clusters import cluster_mean_interval
from pipelines.measures.evidence import Evidence, Gate, GateLimits, level_of_change
from pipelines.publish.danish import LEVEL_NAMES, NBSP, counted, number
from pipelines.publish.figures import FigureWords, change_rows
from pipelines.publish.section import DeclaredNumber, HowSure, Section
from pipelines.publish.sentences import SDQ_EXPLAINED, UNCERTAINTY, before_and_after, follow_up

ALL_INFORMANTS = {"parent": "Forældre", "teacher": "Lærere og pædagoger", "self": "Børnene selv"}
_CHANGES = """
SELECT informant_code, area_kind, area_code, first_measured_count, children_count, institutions_count,
       first_mean_points, second_mean_points, change_mean_points, expected_change_points,
       first_prosocial_mean_points, second_prosocial_mean_points, unpaired_other_informant_count,
       unpaired_not_due_count AS not_due_count, first_measured_count - unpaired_not_due_count AS due_count
FROM marts.mart_sdq_change
ORDER BY informant_code, area_code
"""
_COUNTS = ("first_measured_count", "due_count", "not_due_count", "children_count")
_MEANS = (
    ("first_mean_points", "Første måling"),
    ("second_mean_points", "Anden måling"),
    ("change_mean_points", "Ændring"),
    ("expected_change_points", "Ventet uden indsats"),
    ("first_prosocial_mean_points", "Styrker, første måling"),
    ("second_prosocial_mean_points", "Styrker, anden måling"),
)


def wellbeing_section(context: ReportContext) -> Section:
    """The section *Har børnene det bedre?*: change per kind of informant with the expected change beside it, level 1 at most."""
    records = context.records(_CHANGES)
    everything = _protected_changes(context, records)
    changes = everything.excerpt(
        "sdq_change",
        title="SDQ-tal ved første og anden måling, efter hvem der har svaret",
        columns=[column.name for column in everything.columns if column.name != "area"],
        keep_row=lambda row: row["area"] == WHOLE_MUNICIPALITY,
    )
    by_district = everything.excerpt(
        "sdq_by_district",
        title="SDQ-tal pr. distrikt, efter hvem der har svaret",
        columns=("informant", "area", *_COUNTS, *(name for name, _ in _MEANS[:4])),
    )
    main = str(changes.rows[0][0].value)
    whole = {column.name: changes.cell(column.name, informant=main) for column in changes.columns}
    evidence = _evidence(context, records, main)
    figure = change_rows(
        changes,
        FigureWords(
            figure_id="sdq_change",
            title=_figure_title(whole),
            subtitle="Ændring i børnenes samlede SDQ-tal fra første til anden måling, efter hvem der har svaret. Point (skalaen går "
            f"fra 0 til 40). Prikken er det målte; stregen er usikkerheden (95{NBSP}%). Romben er den ændring, man kunne vente uden "
            "indsats.",
            source=f"{_source(context)} {_expectation_source()}",
            constructed=context.is_constructed,
        ),
        label="informant",
        change="change_mean_points",
        low="low",
        high="high",
        expected="expected_change_points",
        children="children_count",
        direction_note="← færre vanskeligheder end ved første måling",
    )
    return Section(
        section_id="wellbeing",
        question="Har børnene det bedre?",
        answer=before_and_after(
            whole["change_mean_points"], whole["low"], whole["high"], whole["expected_change_points"]
        ),
        support=follow_up(whole["children_count"], whole["due_count"]),
        level=int(evidence.level),
        level_reason=_level_reason(evidence),
        tables=(changes, by_district),
        figures=(figure,),
        how_sure=HowSure(
            number=f"{UNCERTAINTY} Den er regnet på distrikter, ikke på børn.",
            cause="Børn henvises, når det går dårligst. Derfor falder tallet ofte, også uden indsats. "
            "Vi har ingen børn uden indsats at holde op imod.",
            data=f"{follow_up(whole['children_count'], whole['due_count'])} {_not_due(whole['not_due_count'])}".strip(),
            needed="Skal årsagen findes, må børn med og uden indsatsen måles på samme tid.",
        ),
        not_shown=(
            "Figuren viser ikke, om indsatsen er årsagen.",
            "Den siger intet om det enkelte barn.",
        ),
        method=(
            f"{SDQ_EXPLAINED} Styrker går fra 0 til 10{NBSP}point; højere tal er bedre.",
            f"De to skemaer er udfyldt af samme slags person med {number(context.settings.sdq.window_days_minimum)}-"
            f"{number(context.settings.sdq.window_days_maximum)}{NBSP}dage imellem.",
            "Tallene er gennemsnit af distrikternes gennemsnit, så hvert distrikt tæller ens.",
        ),
        declared_numbers=(
            DeclaredNumber("0", "SDQ-skalaens laveste tal"),
            DeclaredNumber("40", "SDQ-skalaens højeste samlede tal"),
            DeclaredNumber("10", "højeste tal for styrker"),
            DeclaredNumber("95", "procent: usikkerhedens bredde"),
            DeclaredNumber("100", "tilfælde, som usikkerheden forklares med"),
            DeclaredNumber(str(context.settings.sdq.window_days_minimum), "mindste antal dage mellem målingerne"),
            DeclaredNumber(str(context.settings.sdq.window_days_maximum), "største antal dage mellem målingerne"),
            DeclaredNumber(number(context.settings.evidence.minimum_follow_up_pct), "procent: krav til opfølgning"),
        ),
    )


def _protected_changes(context: ReportContext, records: Sequence[dict[str, Any]]) -> ProtectedTable:
    """Every kind of informant (most pairs first) by district and whole, protected once: the report's tables are excerpts.

    The whole's means are means of the districts' means, its interval is from the districts.
    """
    rows: list[dict[str, Any]] = []
    for code, title in ALL_INFORMANTS.items():
        chosen = [record for record in records if record["informant_code"] == code]
        districts = [record for record in chosen if record["area_kind"] == "district"]
        for record in context.area_order(chosen):
            means = _means_over_districts(districts) if record["area_code"] == "ALL" else _own_means(record)
            area = context.area_name(record["area_code"])
            rows.append({**record, **means, "informant": title, "area": area})
    whole = {str(row["informant"]): int(row["children_count"]) for row in rows if row["area"] == WHOLE_MUNICIPALITY}
    rows.sort(key=lambda row: -whole.get(str(row["informant"]), 0))
    behind = {"children": "children_count", "institutions": "institutions_count"}
    means_columns = [TableColumn(name, title, "mean", decimals=1, unit="point", **behind) for name, title in _MEANS]
    return protect(
        rows,
        table_id="sdq_all",
        title="SDQ-tal ved første og anden måling",
        columns=(
            TableColumn("informant", "Hvem har svaret", "label"),
            TableColumn("area", "Distrikt", "label"),
            TableColumn("first_measured_count", "Børn målt første gang", "count"),
            TableColumn("not_due_count", "Tiden til anden måling er ikke gået", "count"),
            TableColumn("due_count", "Børn, der kan have to målinger", "count"),
            TableColumn("children_count", "Børn med to målinger", "count"),
            *means_columns[:3],
            TableColumn("low", "Usikkerhed fra", "mean", decimals=1, unit="point", limit_of="change_mean_points"),
            TableColumn("high", "Usikkerhed til", "mean", decimals=1, unit="point", limit_of="change_mean_points"),
            *means_columns[3:],
        ),
        source=_source(context),
        rule=context.rule,
        totals=(
            TotalRow("area", WHOLE_MUNICIPALITY, columns=_COUNTS, within=("informant",)),
            TotalColumn("first_measured_count", ("due_count", "not_due_count")),
        ),
    )


def _own_means(record: dict[str, Any]) -> dict[str, Any]:
    """A district's own means; it has no interval, since that comes from the differences between districts."""
    missing = Cell(None, CellStatus.NOT_COMPUTABLE)
    known = {name: record.get(name) for name, _ in _MEANS}
    return {
        **{name: missing if value is None else value for name, value in known.items()},
        "low": missing,
        "high": missing,
    }


def _means_over_districts(districts: Sequence[dict[str, Any]]) -> dict[str, Cell | float | None]:
    known = [record for record in districts if record["area_code"] is not None and int(record["children_count"]) > 0]
    if not known:
        return dict.fromkeys([name for name, _ in _MEANS] + ["low", "high"], Cell(None, CellStatus.NOT_COMPUTABLE))
    labels = [str(record["area_code"]) for record in known]
    means: dict[str, Cell | float | None] = {
        name: cluster_mean_interval(
            [float(r[name]) if r[name] is not None else float("nan") for r in known], labels
        ).by_cluster.value
        for name, _ in _MEANS
    }
    change = cluster_mean_interval([float(r["change_mean_points"]) for r in known], labels).by_cluster
    return {**means, "low": change.low, "high": change.high}


def _evidence(context: ReportContext, records: Sequence[dict[str, Any]], informant: str) -> Evidence:
    code = next(code for code, title in ALL_INFORMANTS.items() if title == informant)
    whole = next(r for r in records if r["informant_code"] == code and r["area_kind"] == "municipality")
    pairs, other = int(whole["children_count"]), int(whole["unpaired_other_informant_count"])
    due = int(whole["due_count"])
    limits = context.settings.evidence
    return level_of_change(
        pair_count=pairs,
        follow_up_share=pairs / due if due else None,
        # a child followed up by somebody else is a pair by another informant, and is never subtracted
        same_informant_share=pairs / (pairs + other) if pairs + other else None,
        district_count=sum(1 for r in records if r["informant_code"] == code and r["area_kind"] == "district"),
        limits=GateLimits(
            minimum_follow_up_share=limits.minimum_follow_up_pct / 100,
            minimum_same_informant_share=limits.minimum_same_informant_pct / 100,
        ),
    )


_GATES = {
    Gate.FOLLOW_UP_SHARE: "for få børn har to målinger",
    Gate.SAME_INFORMANT_SHARE: "for mange børn er målt af en anden slags person anden gang",
    Gate.GROUP_SIZE: "gruppen er for lille",
    Gate.INTERVAL: "der er for få distrikter",
}


def _not_due(children: Cell) -> str:
    if children.value is None or not float(children.value):
        return ""
    return f"{counted(float(children.value), 'børn')} mere er målt så sent, at tiden til anden måling ikke er gået."


def _level_reason(evidence: Evidence) -> str:
    if not evidence.failed_gates:
        return f"Niveauet er {LEVEL_NAMES[int(evidence.level)]}, fordi der ikke er nogen gruppe at holde op imod."
    reasons = " og ".join(_GATES[gate] for gate in evidence.failed_gates)
    return f"Niveauet er sat ned, fordi {reasons}."


def _figure_title(whole: dict[str, Cell]) -> str:
    change, expected = whole["change_mean_points"].value, whole["expected_change_points"].value
    if change is None or expected is None:
        return "Ændringen i SDQ kan ikke vises"
    low, high = whole["low"].value, whole["high"].value
    if low is not None and high is not None and float(low) <= float(expected) <= float(high):
        return "Ændringen er ikke til at skelne fra den, man kunne vente uden indsats"
    return "Ændringen er en anden end den, man kunne vente uden indsats"


def _expectation_source() -> str:
    status = load_code_table("sdq_reference_values").rows[0]["status"]
    return f"Det ventede er regnet ud fra en {status}."


def _source(context: ReportContext) -> str:
    return f"Kilde: {context.settings.municipality.name}s SDQ-målinger."
