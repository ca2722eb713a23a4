"""From which schools, daycares and grades do pupils come outside the mainstream? Several years together, so that numbers can be told.

Who came is counted from one 30 September to the next, as in the tables of ways in: schools, districts and grades each add up to the
same children. A school is the last one in the mainstream, where the pupil was on the day before it came outside. All of it is one
protected table, begun from the totals that the table of ways shows; where that hides one, nothing of its parts is shown.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.mainstream_flow import pooled_years, years_of
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import CellAt, SumRelation, Total
from pipelines.disclosure.table import ProtectedTable, TableColumn

_ENTRIES: Final = """
SELECT entries.state_before_code, entries.grade_number, institutions.institution_code, institutions.institution_name,
       institutions.district_code, sum(entries.pupils_count) AS pupils_count, sum(entries.entered_count) AS entered_count
FROM marts.mart_mainstream_entry AS entries
LEFT JOIN core.dim_institution AS institutions ON entries.institution_code = institutions.institution_code
WHERE entries.school_year BETWEEN ? AND ?
GROUP BY ALL
ORDER BY ALL
"""
_COUNTS: Final = ("pupils_count", "entered_count")
_SCHOOL, _DAYCARE, _GRADE, _START = "school", "daycare", "grade", "start"
_ALL: Final = "I alt"
_UNKNOWN: Final = "Ikke oplyst"
_ALL_GRADES: Final = "Fra almen klasse i alt"
_ORDINARY_START: Final = "Skolestart fra alment dagtilbud"
_SPECIAL_START: Final = "Skolestart fra særligt dagtilbud"
_ALL_STARTS: Final = "Skolestart i alt"
_COLUMNS: Final = (
    TableColumn("part", "Del", "label"),
    TableColumn("area", "Distrikt", "label"),
    TableColumn("place", "Sted", "label"),
    TableColumn("pupils_count", "Elever", "count"),
    TableColumn("entered_count", "Kom uden for", "count"),
    TableColumn("share", "Andel", "share", decimals=1, numerator="entered_count", denominator="pupils_count"),
)
_Rows = tuple[list[dict[str, Any]], list[SumRelation], dict[str, Any]]
"""Rows, what adds up among them, and the row of all."""
_SUMMED: Final = "Årene er lagt sammen: et barn tæller med i hvert år, det gik der."


def entry_tables(context: ReportContext, flow: ProtectedTable | None) -> tuple[ProtectedTable, ...]:
    """New pupils outside the mainstream by grade, by school and by daycare; each where `flow` (`flow_table`) shows their total."""
    table = entries_table(context, flow)
    pooled = pooled_years(flow) if flow is not None else None
    if table is None or pooled is None:
        return ()
    first, last = years_of(pooled)
    span = f"{first} til {last}"
    made = (
        _by_grade(table, span),
        _printed(
            table,
            (_SCHOOL, _ALL_GRADES),
            table_id="mainstream_entry_schools",
            title=f"Hvilken skole kom de nye elever uden for almen klasse fra? {span}",
            names={"place": "Skole", "pupils_count": "Elever året før"},
            source="Skolen er den, eleven gik på dagen før. Distriktet er skolens. Skoler med mange elever har som regel flere.",
        ),
        _printed(
            table,
            (_DAYCARE, _ORDINARY_START),
            table_id="mainstream_entry_daycares",
            title=f"Hvilket dagtilbud kom børn fra, der begyndte i skole uden for almen klasse? {span}",
            names={"place": "Dagtilbud", "pupils_count": "Begyndte i skole"},
            source="Dagtilbuddet er det, barnet gik i dagen før. Distriktet er dagtilbuddets. Særlige dagtilbud er ikke med her.",
        ),
    )
    return tuple(each for each in made if each is not None)


def entries_table(context: ReportContext, flow: ProtectedTable | None) -> ProtectedTable | None:
    """The one protected table that `entry_tables` are cut from: one row per grade, start of school, school, daycare and district."""
    made = entry_rows(context, flow)
    if made is None:
        return None
    rows, totals, published = made
    try:
        return protect(
            rows,
            table_id="mainstream_entries",
            title="Nye elever uden for almen klasse",
            columns=_COLUMNS,
            source=f"Kilde: {context.settings.municipality.name}s elevregister. Definition: KOM-1.",
            rule=context.rule,
            totals=totals,
            published=published,
        )
    except ValueError:
        # The totals stand in the table of ways already: where their parts cannot be hidden beside them, there are no parts.
        return None


def entry_rows(
    context: ReportContext, flow: ProtectedTable | None
) -> tuple[list[dict[str, Any]], list[Total], list[CellAt]] | None:
    """(Rows, what adds up, what the table of ways shows already); None where that shows no total of several years."""
    pooled = pooled_years(flow) if flow is not None else None
    if flow is None or pooled is None:
        return None
    records = context.records(_ENTRIES, list(years_of(pooled)))
    rows: list[dict[str, Any]] = []
    totals: list[Total] = []
    published: list[CellAt] = []
    for column, make_rows in (("from_mainstream", _mainstream_rows), ("at_school_start", _start_rows)):
        if flow.cell(column, school_year=pooled).value is not None:
            own_rows, own_sums, whole = make_rows(context, records)
            rows, totals = [*rows, *own_rows], [*totals, *own_sums]
            published.append(_at("entered_count", whole))
    return (rows, totals, published) if rows else None


def _mainstream_rows(context: ReportContext, records: Sequence[Mapping[str, Any]]) -> _Rows:
    """Grades and schools of those who came from the mainstream."""
    own = [record for record in records if record["state_before_code"] == "mainstream"]
    whole = _row(_GRADE, WHOLE_MUNICIPALITY, _ALL_GRADES, own)
    grades = _rows_by(own, _GRADE, lambda record: (WHOLE_MUNICIPALITY, f"{record['grade_number']}. klasse"))
    places, sums = _place_rows(context, own, _SCHOOL, whole)
    return [*grades, *places, whole], [*_sums(whole, grades), *sums], whole


def _start_rows(context: ReportContext, records: Sequence[Mapping[str, Any]]) -> _Rows:
    """The two kinds of daycare, and the ordinary ones, of those who began in school."""
    own = [record for record in records if record["state_before_code"] == "daycare"]
    special = [record for record in records if record["state_before_code"] == "special_daycare"]
    whole = _row(_START, WHOLE_MUNICIPALITY, _ALL_STARTS, [*own, *special])
    kinds = [
        _row(_START, WHOLE_MUNICIPALITY, name, part)
        for name, part in ((_ORDINARY_START, own), (_SPECIAL_START, special))
    ]
    places, sums = _place_rows(context, own, _DAYCARE, kinds[0])
    return [kinds[1], *places, kinds[0], whole], [*_sums(whole, kinds), *sums], whole


def _place_rows(
    context: ReportContext, records: Sequence[Mapping[str, Any]], part: str, whole: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], list[SumRelation]]:
    """The rows of schools or daycares under their district, those of districts, and that each adds up to the next."""

    def district(record: Mapping[str, Any]) -> str:
        return context.area_name(record["district_code"])

    names = _place_names(records)
    rows: list[dict[str, Any]] = []
    sums: list[SumRelation] = []
    districts: list[dict[str, Any]] = []
    for area in sorted({district(record) for record in records}, key=context.danish_order):
        own = [record for record in records if district(record) == area]
        places = _rows_by(own, part, lambda record: (district(record), names[record["institution_code"]]))
        places.sort(key=lambda row: context.danish_order(row["place"]))
        # the only school of a district is the district
        all_of_it = [_row(part, area, _ALL, own)] if len(places) > 1 else []
        rows += [*places, *all_of_it]
        districts += all_of_it or places
        sums += [relation for row in all_of_it for relation in _sums(row, places)]
    return rows, sums + _sums(whole, districts)


def _place_names(records: Iterable[Mapping[str, Any]]) -> dict[str | None, str]:
    """Institution code to the name that is printed; with its code where another of that name is there too."""
    named = {record["institution_code"]: record["institution_name"] for record in records}
    titles = list(named.values())
    return {
        code: _UNKNOWN if code is None else f"{name} ({code})" if titles.count(name) > 1 else str(name or code)
        for code, name in named.items()
    }


def _rows_by(
    records: Sequence[Mapping[str, Any]], part: str, labels: Callable[[Mapping[str, Any]], tuple[str, str]]
) -> list[dict[str, Any]]:
    """One row per pair of labels (area, place), in the order they come."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for record in records:
        found.setdefault(labels(record), []).append(record)
    return [_row(part, area, place, own) for (area, place), own in found.items()]


def _row(part: str, area: str, place: str, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    pupils, entered = (sum(int(record[name]) for record in records) for name in _COUNTS)
    return {
        "part": part, "area": area, "place": place, "pupils_count": pupils, "entered_count": entered,
        "share": entered / pupils if pupils else None,
    }  # fmt: skip


def _sums(whole: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> list[SumRelation]:
    return [SumRelation(_at(name, whole), tuple(_at(name, part) for part in parts)) for name in _COUNTS if parts]


def _at(column: str, row: Mapping[str, Any]) -> CellAt:
    return CellAt(column, tuple((name, row[name]) for name in ("part", "area", "place")))


def _by_grade(table: ProtectedTable, span: str) -> ProtectedTable | None:
    """Grades, then the start of school."""
    return _printed(
        table,
        (_GRADE, _START),
        table_id="mainstream_entry_grades",
        title=f"På hvilke klassetrin kommer eleverne uden for almen klasse? {span}",
        names={"place": "Klassetrin nu", "pupils_count": "Elever året før"},
        source="Andelen er ud af dem, der gik i almen klasse året før. Ved skolestart er den ud af dem, der kom fra dagtilbud og "
        "begyndte i skole.",
    )


def _printed(
    table: ProtectedTable, kept: Sequence[str], *, table_id: str, title: str, names: Mapping[str, str], source: str
) -> ProtectedTable | None:
    """The rows whose part or place is among `kept`, under the headings that fit them; None where nobody who came may be told."""
    columns = ("place", *_COUNTS, "share") if _GRADE in kept else ("area", "place", *_COUNTS, "share")
    own = table.excerpt(
        table_id, title=title, columns=columns, keep_row=lambda row: row["part"] in kept or row["place"] in kept
    )
    if not any(own.values("entered_count")):
        return None
    return replace(
        own,
        columns=tuple(replace(column, title=names.get(column.name, column.title)) for column in own.columns),
        source=f"{own.source} {source} {_SUMMED}",
    )
