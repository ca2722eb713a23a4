"""What else does the document say: who is responsible for what, numbers and phases it names, and the weekday it promises?

The report shows them so that a reader need not know the document; of a weekday it counts how many meetings kept it.
"""

from collections.abc import Sequence
from typing import Any

from babel.dates import get_day_names

from pipelines.codes import load_code_table
from pipelines.committee.context import ReportContext, profile_source
from pipelines.committee.cooperation.basis import capital, has_come, report_year
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.publish.danish import text_date

NOT_SHOWN_BY_A_NUMBER = "ikke i et tal"
_HELD = """
SELECT count(*) AS held_count, count(*) FILTER (WHERE isodow(sessions.held_date) = ?) AS kept_count
FROM core.fct_session AS sessions
WHERE sessions.forum_code = ? AND sessions.school_year = ? AND sessions.is_held AND sessions.held_date <= ?
"""


def document_tables(context: ReportContext) -> tuple[ProtectedTable, ...]:
    """The tables that have rows, in the order responsibilities, weekday, phases, numbers."""
    own = (_responsibilities(context), _weekdays(context), _phases(context), _facts(context))
    return tuple(table for table in own if table is not None)


def _responsibilities(context: ReportContext) -> ProtectedTable | None:
    profile = context.settings.profile
    who, shown_by = load_code_table("professions").titles(), {each.id: each.title for each in profile.indicators}
    rows = [
        {
            "who": capital(who[each.profession]),
            "task": each.title,
            "shown_by": shown_by.get(each.indicator, NOT_SHOWN_BY_A_NUMBER),
        }
        for each in profile.responsibilities
    ]
    columns = (
        TableColumn("who", "Hvem", "label"),
        TableColumn("task", "Opgave i dokumentet", "label"),
        TableColumn("shown_by", "Mål", "label"),
    )
    return _table(context, rows, "responsibilities", "Hvem har hvilken opgave", columns)


def _weekdays(context: ReportContext) -> ProtectedTable | None:
    """Held meetings of the last whole school year, and those of them on the day of the week that the document names."""
    year, names = report_year(context), get_day_names("wide", locale="da")
    promised = dict.fromkeys(
        (forum.code, rule.weekday_number)
        for forum in context.settings.profile.forums
        for rule in forum.rules
        if rule.weekday_number
    )
    if not has_come(context, "sessions"):
        return None
    titles, rows = context.settings.profile.forum_titles, []
    for forum, weekday in promised:
        (counts,) = context.records(_HELD, [weekday, forum, year, context.as_of_date])
        rows.append({"forum": capital(titles[forum]), "weekday": names[weekday - 1], **counts})
    columns = (
        TableColumn("forum", "Mødeform", "label"),
        TableColumn("weekday", "Ugedag", "label"),
        TableColumn("held_count", "Holdte møder", "number"),
        TableColumn("kept_count", "På ugedagen", "number"),
    )
    return _table(context, rows, "weekdays", f"Møder på den ugedag, dokumentet nævner, skoleåret {year}", columns)


def _phases(context: ReportContext) -> ProtectedTable | None:
    rows = [
        {
            "title": each.title,
            "from_date": text_date(each.from_date),
            "to_date": text_date(each.to_date) if each.to_date else "-",
        }
        for each in context.settings.profile.phases
    ]
    columns = (
        TableColumn("title", "Fase", "label"),
        TableColumn("from_date", "Fra", "label"),
        TableColumn("to_date", "Til", "label"),
    )
    return _table(context, rows, "phases", "Faser i dokumentet", columns)


def _facts(context: ReportContext) -> ProtectedTable | None:
    rows = [{"title": capital(each.title), "value": each.value} for each in context.settings.profile.facts]
    columns = (TableColumn("title", "Dokumentet nævner", "label"), TableColumn("value", "Antal", "number"))
    return _table(context, rows, "facts", "Tal, som dokumentet nævner", columns)


def _table(
    context: ReportContext, rows: Sequence[dict[str, Any]], table_id: str, title: str, columns: Sequence[TableColumn]
) -> ProtectedTable | None:
    if not rows:
        return None
    return protect(
        rows,
        table_id=table_id,
        title=title,
        columns=columns,
        source=f"Kilde: {profile_source(context.settings)}.",
        rule=context.rule,
    )
