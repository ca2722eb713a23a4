"""Are the children better off? SDQ before and after, always beside the change that was to be expected without any help."""

from collections.abc import Sequence
from typing import Any

from pipelines.codes import load_code_table
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.missing import missing_section
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import TotalColumn, TotalRow
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.clusters import cluster_mean_interval
from pipelines.measures.evidence import Evidence, EvidenceLevel, Gate, GateLimits, level_of_change
from pipelines.publish.danish import LEVEL_NAMES, NBSP, counted, number, signed_words
from pipelines.publish.figures import FigureWords, change_rows
from pipelines.publish.section import DeclaredNumber, HowSure, Section
from pipelines.publish.sentences import ROUNDED, SDQ_EXPLAINED, UNCERTAINTY, before_and_after, follow_up

ALL_INFORMANTS = {"parent": "Forældre", "teacher": "Lærere og pædagoger", "self": "Børnene selv"}
QUESTION = "Har børnene det bedre?"
_CHANGES = """
SELECT informant_code, area_kind, area_code, first_measured_count, children_count, institutions_count,
       first_mean_points, second_mean_points, change_mean_points, expected_change_points,
       first_prosocial_mean_points, second_prosocial_mean_points, unpaired_other_informant_count,
       unpaired_not_due_count AS not_due_count, first_measured_count - unpaired_not_due_count AS due_count
FROM marts.mart_sdq_change
ORDER BY informant_code, area_code
"""
_COUNTS = ("first_measured_count", "children_count")
SDQ_RANGE = f"SDQ går fra 0 til 40{NBSP}point. Et lavere tal er færre vanskeligheder."
FEWEST_HIDDEN_DISTRICTS = 3
"""With fewer, a mean and its interval give the hidden districts' means back."""
_SUBJECTS = {
    "Forældre": "Forældrenes SDQ-tal",
    "Lærere og pædagoger": "Lærernes og pædagogernes SDQ-tal",
    "Børnene selv": "Børnenes egne SDQ-tal",
}
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
    if not any(record["area_code"] == "ALL" for record in records):
        return missing_section("wellbeing", QUESTION, ("sdq_answers",))
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
    followed = _follow_up_table(context, records)
    whole |= {name: followed.cell(name, informant=main) for name in ("due_count", "not_due_count")}
    evidence = _evidence(context, records, main)
    figure = change_rows(
        changes,
        FigureWords(
            figure_id="sdq_change",
            title=f"{main}: {_figure_title(whole)}",
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
        question=QUESTION,
        answer=_answer(whole, main, evidence),
        support=_support(changes, main, evidence),
        level=int(evidence.level),
        level_reason=_level_reason(evidence, whole, context),
        tables=(changes, by_district, followed),
        figures=(figure,),
        how_sure=HowSure(
            number=f"{UNCERTAINTY} Den er regnet på distrikter, ikke på børn.",
            cause="Børn henvises, når det går dårligst. Derfor falder tallet ofte, også uden indsats. "
            "Vi har ingen børn uden indsats at holde op imod. Det ventede er en antagelse og ikke en dansk norm.",
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
            "Tallene er gennemsnit af distrikternes gennemsnit, så hvert distrikt tæller lige meget.",
        ),
        declared_numbers=(
            DeclaredNumber("0", "SDQ-skalaens laveste tal; niveau 0"),
            DeclaredNumber("1", "niveau 1"),
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

    The whole's means are means of the districts' means, its interval is from the districts. Mean and interval together are
    two equations in the districts' means, so these are shown for all districts of an informant or for none, and the interval
    only where it could not be solved for the hidden ones.
    """
    rows: list[dict[str, Any]] = []
    for code, title in ALL_INFORMANTS.items():
        chosen = [record for record in records if record["informant_code"] == code]
        districts = [record for record in chosen if record["area_kind"] == "district"]
        is_shown = all(_may_show(context, record) for record in districts if int(record["children_count"]) > 0)
        for record in context.area_order(chosen):
            if record["area_code"] == "ALL":
                means = _means_over_districts(districts)
                if not is_shown and _measured_twice(districts) < FEWEST_HIDDEN_DISTRICTS:
                    means |= dict.fromkeys(("low", "high"), Cell(None, CellStatus.HIDDEN))
            else:
                means = _own_means(record, is_shown=is_shown)
            rows.append({**record, **means, "informant": title, "area": context.area_name(record["area_code"])})
    whole = {str(row["informant"]): int(row["children_count"]) for row in rows if row["area"] == WHOLE_MUNICIPALITY}
    rows.sort(key=lambda row: -whole.get(str(row["informant"]), 0))
    behind = {"children": "children_count", "institutions": "institutions_count"}
    means_columns = [TableColumn(name, title, "mean", decimals=1, unit="point", **behind) for name, title in _MEANS]
    return protect(
        rows,
        table_id="sdq_all",
        title="SDQ-tal ved første og anden måling",
        columns=(
            TableColumn("informant", "Svar fra", "label"),
            TableColumn("area", "Distrikt", "label"),
            TableColumn("first_measured_count", "Målt første gang", "count"),
            TableColumn("children_count", "Målt to gange", "count"),
            *means_columns[:3],
            TableColumn("low", "Usikkerhed fra", "mean", decimals=1, unit="point", limit_of="change_mean_points"),
            TableColumn("high", "Usikkerhed til", "mean", decimals=1, unit="point", limit_of="change_mean_points"),
            *means_columns[3:],
        ),
        source=f"{_source(context)} {ROUNDED}",
        rule=context.rule,
        totals=(TotalRow("area", WHOLE_MUNICIPALITY, columns=_COUNTS, within=("informant",)),),
    )


def _follow_up_table(context: ReportContext, records: Sequence[dict[str, Any]]) -> ProtectedTable:
    """How many could have been measured twice by now, for the whole municipality only: by district it would tell of few."""
    rows = [
        {**record, "informant": title}
        for code, title in ALL_INFORMANTS.items()
        for record in records
        if record["informant_code"] == code and record["area_code"] == "ALL"
    ]
    return protect(
        sorted(rows, key=lambda row: -int(row["children_count"])),
        table_id="sdq_follow_up",
        title="Børn, der kan have to SDQ-målinger",
        columns=(
            TableColumn("informant", "Svar fra", "label"),
            TableColumn("first_measured_count", "Målt første gang", "count"),
            TableColumn("not_due_count", "Tiden til anden måling er ikke gået", "count"),
            TableColumn("due_count", "Kan have to målinger", "count"),
        ),
        source=_source(context),
        rule=context.rule,
        totals=(TotalColumn("first_measured_count", ("due_count", "not_due_count")),),
    )


def _may_show(context: ReportContext, record: dict[str, Any]) -> bool:
    rule = context.rule
    return (
        int(record["children_count"]) >= rule.minimum_group_children
        and int(record["institutions_count"]) >= rule.minimum_institutions
    )


def _measured_twice(districts: Sequence[dict[str, Any]]) -> int:
    return sum(record["area_code"] is not None and int(record["children_count"]) > 0 for record in districts)


def _own_means(record: dict[str, Any], *, is_shown: bool) -> dict[str, Any]:
    """A district's own means, hidden unless every district's may be shown; it has no interval of its own."""
    missing = Cell(None, CellStatus.NOT_COMPUTABLE)
    hidden = Cell(None, CellStatus.HIDDEN)
    means = {name: missing if record.get(name) is None else record[name] if is_shown else hidden for name, _ in _MEANS}
    return {**means, "low": missing, "high": missing}


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
    return f"{counted(float(children.value), 'andre børn')} er målt så sent, at tiden til anden måling ikke er gået."


def _answer(whole: dict[str, Cell], main: str, evidence: Evidence) -> str:
    """The change beside the expected one at level 1; below it, only how many were measured twice."""
    if evidence.level == EvidenceLevel.COUNTED:
        counted_words = follow_up(whole["children_count"], whole["due_count"])
        return f"{counted_words} Det er for lidt til at sige, om tallet har ændret sig."
    return before_and_after(
        whole["change_mean_points"],
        whole["low"],
        whole["high"],
        whole["expected_change_points"],
        subject=_SUBJECTS[main],
    )


def _support(changes: ProtectedTable, main: str, evidence: Evidence) -> str:
    """What SDQ is, and from level 1 what the others who answered say."""
    if evidence.level == EvidenceLevel.COUNTED:
        return SDQ_RANGE
    return f"{SDQ_RANGE} {_other_informants(changes, main)}".strip()


def _other_informants(changes: ProtectedTable, main: str) -> str:
    """The change by the others who answered, in a few words each: the three need not agree."""
    said = []
    for informant in changes.values("informant"):
        change = changes.cell("change_mean_points", informant=informant).value
        if informant != main and change is not None:
            said.append(f"{informant}: {signed_words(float(change), 1).replace(NBSP, f'{NBSP}point ')}.")
    return " ".join(said)


def _level_reason(evidence: Evidence, whole: dict[str, Cell], context: ReportContext) -> str:
    if not evidence.failed_gates:
        return f"Niveauet er {LEVEL_NAMES[int(evidence.level)]}, fordi der ikke er nogen gruppe at holde op imod."
    reasons = " og ".join(_GATES[gate] for gate in evidence.failed_gates)
    said = f"Niveauet er sat ned fra {int(evidence.designed_level)} til {int(evidence.level)}, fordi {reasons}."
    if Gate.FOLLOW_UP_SHARE in evidence.failed_gates:
        said += f" Kravet er {number(context.settings.evidence.minimum_follow_up_pct)}{NBSP}procent med to målinger."
    return said


def _figure_title(whole: dict[str, Cell]) -> str:
    change, expected = whole["change_mean_points"].value, whole["expected_change_points"].value
    if change is None or expected is None:
        return "ændringen i SDQ kan ikke vises"
    low, high = whole["low"].value, whole["high"].value
    if low is not None and high is not None and float(low) <= float(expected) <= float(high):
        return "ændringen er ikke til at skelne fra den, man kunne vente uden indsats"
    return "ændringen er en anden end den, man kunne vente uden indsats"


def _expectation_source() -> str:
    status = load_code_table("sdq_reference_values").rows[0]["status"]
    return f"Det ventede er regnet ud fra en {status}."


def _source(context: ReportContext) -> str:
    return f"Kilde: {context.settings.municipality.name}s SDQ-målinger."
