"""What kind of support is needed, and what kind of action is agreed? The document's own kinds, and how often none was written.

Cases by the need that is noted at the first meeting; agreements by the form of cross-professional action.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.codes import load_code_table
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.cooperation.basis import capital, in_forums, report_year
from pipelines.committee.cooperation.division import division_table
from pipelines.disclosure.relations import CellAt, SumRelation
from pipelines.disclosure.table import Cell, ProtectedTable, TableColumn

NOT_NOTED = "Ikke oplyst"

_NEEDS = """
SELECT forum_code, support_need_code AS code, count(*) AS kind_count
FROM core.fct_case
WHERE school_year = ? AND first_date <= ?
GROUP BY forum_code, support_need_code
ORDER BY forum_code, support_need_code NULLS LAST
"""
_ACTIONS = """
SELECT forum_code, cross_action_code AS code, count(*) AS kind_count
FROM core.fct_agreement
WHERE school_year = ? AND agreed_date <= ?
GROUP BY forum_code, cross_action_code
ORDER BY forum_code, cross_action_code NULLS LAST
"""


def asks(context: ReportContext, measure_id: str) -> bool:
    """Whether any indicator of the profile is this measure."""
    return any(each.measure_id == measure_id for each in context.settings.profile.indicators)


def need_table(
    context: ReportContext, *, measures: Sequence[str] = ("support_need_share",), known: Cell | None = None
) -> ProtectedTable | None:
    """Cases by kind of need, those without one beside them, and all; None where the profile asks for no needs.

    measures: whose forums are counted. known: how many cases there are, as another table of the section tells it.
    """
    if not asks(context, "support_need_share"):
        return None
    return _kind_table(
        context,
        in_forums(context, context.records(_NEEDS, _period(context)), measures),
        titles=load_code_table("support_needs").titles(),
        table_id="needs",
        title=f"Drøftelser efter behov for support, skoleåret {report_year(context)}",
        columns=("Behov", "Drøftelser"),
        known=known,
        source=f"Kilde: {context.settings.municipality.name}s mødelog.",
    )


def action_table(
    context: ReportContext, *, measures: Sequence[str] = ("cross_action_share",), known: Cell | None = None
) -> ProtectedTable | None:
    """Agreements by form of action, those without one beside them, and all; None where the profile asks for no forms.

    measures: whose forums are counted. known: how many agreements there are, as the table of agreements tells it.
    """
    if not asks(context, "cross_action_share"):
        return None
    return _kind_table(
        context,
        in_forums(context, context.records(_ACTIONS, _period(context)), measures),
        titles=load_code_table("cross_actions").titles(),
        table_id="actions",
        title=f"Aftaler efter form for tværfaglig handling, skoleåret {report_year(context)}",
        columns=("Handling", "Aftaler"),
        known=known,
        source=f"Kilde: {context.settings.municipality.name}s aftaler fra møder.",
    )


def told_kinds(table: ProtectedTable | None, *codes: str, code_table: str) -> tuple[int, int] | None:
    """How many have one of these kinds, and how many have any; None where that is hidden."""
    if table is None:
        return None
    titles = load_code_table(code_table).titles()
    if capital(next(iter(titles.values()))) not in table.values("kind"):
        return None
    counts = {code: table.cell("kind_count", kind=capital(title)).value for code, title in titles.items()}
    if None in counts.values():
        return None
    every = sum(int(str(value)) for value in counts.values())
    return sum(int(str(counts[code])) for code in codes), every


def _period(context: ReportContext) -> list[Any]:
    return [report_year(context), context.as_of_date]


def _kind_table(
    context: ReportContext,
    records: Sequence[dict[str, Any]],
    *,
    titles: Mapping[str, str],
    table_id: str,
    title: str,
    columns: tuple[str, str],
    known: Cell | None,
    source: str,
) -> ProtectedTable | None:
    """Every kind of the code table, also one that never came, and the share that each is of all."""
    every = sum(int(row["kind_count"]) for row in records)
    if not every:
        return None
    names = [*((code, capital(words)) for code, words in titles.items()), (None, NOT_NOTED)]
    counts = [(name, sum(int(row["kind_count"]) for row in records if row["code"] == code)) for code, name in names]
    rows = [
        {"kind": name, "kind_count": count, "kind_share": count / every, "all_count": every}
        for name, count in [*counts, (WHOLE_MUNICIPALITY, every)]
    ]
    whole = CellAt("kind_count", (("kind", WHOLE_MUNICIPALITY),))
    return division_table(
        context,
        rows,
        table_id=table_id,
        title=title,
        columns=(
            TableColumn("kind", columns[0], "label"),
            TableColumn("kind_count", columns[1], "count"),
            TableColumn("kind_share", "Andel", "share", unit="%", numerator="kind_count", denominator="all_count"),
        ),
        relations=[SumRelation(CellAt("all_count", (("kind", str(row["kind"])),)), (whole,)) for row in rows],
        known={} if known is None else {"kind_count": known},
        source=source,
    )
