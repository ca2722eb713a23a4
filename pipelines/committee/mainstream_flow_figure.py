"""How did pupils go into and out of settings outside the mainstream in the latest year? One drawing from the table of ways."""

from collections.abc import Mapping
from typing import Final

from pipelines.committee.context import ReportContext
from pipelines.committee.mainstream_flow import WAY_IN, pooled_years
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, ProtectedTable, TableColumn
from pipelines.publish.danish import NBSP, number
from pipelines.publish.figures import FigureWords
from pipelines.publish.flow_figure import FlowNode, FlowTerms, flow_between_dates
from pipelines.publish.section import Figure

_OUTSIDE, _ORDINARY, _DAYCARE, _ELSEWHERE = "Uden for almen", "Almen klasse", "Dagtilbud", "Et andet sted"
_ALL: Final = "I alt"
_NODES: Final = (
    FlowNode(_OUTSIDE, 2, _OUTSIDE, "to_outside", "special"),
    FlowNode(_ORDINARY, 1, _ORDINARY, "to_ordinary", "almen"),
    FlowNode(_DAYCARE, 0, _DAYCARE, None),
    FlowNode("Færdig med 9. klasse", -1, None, "to_finished"),
    FlowNode(_ELSEWHERE, -2, _ELSEWHERE, "to_elsewhere"),
)
_WAYS: Final[Mapping[str, Mapping[str, str]]] = {
    _OUTSIDE: {
        "to_outside": "stayed",
        "to_ordinary": "returned",
        "to_finished": "finished",
        "to_elsewhere": "left",
        "whole": "before",
    },
    _ORDINARY: {"to_outside": "from_mainstream", "whole": "from_mainstream"},
    _DAYCARE: {"to_outside": "at_school_start", "whole": "at_school_start"},
    _ELSEWHERE: {"to_outside": "arrived", "whole": "arrived"},
    _ALL: {"to_outside": "now"},
}
"""From where (row) to where (column): the column of the table of ways. The other pairs are no way that this section follows."""
_TERMS: Final = FlowTerms(
    opening="Veje ind i og ud af tilbud uden for almen klasse",
    widest={"down": "Tilbage", "up": "Nye", "same": "Flest bliver"},
    key={
        "down": "↓ tilbage i almen klasse",
        "up": "↑ fra almen klasse",
        "same": "blev",
        "other": "skolestart, færdig, andet sted",
    },
)


def way_figures(context: ReportContext, flow: ProtectedTable | None) -> tuple[Figure, ...]:
    """The latest year of `flow` (`flow_table`), to stand by the table of the way in; none where nothing of that year is shown."""
    year = _latest_year(flow) if flow is not None else None
    if flow is None or year is None:
        return ()
    return (_way_figure(context, flow, year),)


def _way_figure(context: ReportContext, flow: ProtectedTable, year: str) -> Figure:
    entered, returned = (flow.cell(name, school_year=year).value for name in ("from_mainstream", "returned"))
    first = int(year.split("/")[0])
    return flow_between_dates(
        _places(context, flow, year),
        FigureWords(
            figure_id="mainstream_ways",
            title=f"{number(float(entered))} elever kom fra almen klasse, og {number(float(returned))} kom tilbage i {year}"
            if entered is not None and returned is not None
            else f"Ind i og ud af tilbud uden for almen klasse, {year}",
            subtitle="Børn, der gik uden for almen klasse på mindst én af de to datoer. Båndenes bredde er antallet af børn. "
            "Et andet sted er privatskole, en anden kommune, eller at vi ikke kender en plads.",
            source=f"Kilde: {context.settings.municipality.name}s elevregister. Definition: KOM-1.",
            constructed=context.is_constructed,
        ),
        label="place",
        nodes=_NODES,
        whole="whole",
        sides=_dates_of(first),
        terms=_TERMS,
        ends_row=_ALL,
    )


def _dates_of(first: int) -> tuple[str, str]:
    """The two reference dates of the school year that begins in `first`, the earlier one first."""
    return f"30. september{NBSP}{first - 1}", f"30. september{NBSP}{first}"


def _latest_year(flow: ProtectedTable) -> str | None:
    """The latest school year where anything is told."""
    years = [str(year) for year in flow.values("school_year") if year != pooled_years(flow)]
    names = {name for ways in _WAYS.values() for name in ways.values()}
    told = [year for year in years[-1:] if any(flow.cell(name, school_year=year).value for name in names)]
    return told[0] if told else None


def _places(context: ReportContext, flow: ProtectedTable, year: str) -> ProtectedTable:
    """The year's cells as a row per place at the start and a column per place at the end, as protected as they came."""
    columns = ("to_outside", "to_ordinary", "to_finished", "to_elsewhere", "whole")
    rows: list[dict[str, str | Cell]] = [
        {
            "place": place,
            **{name: flow.cell(ways[name], school_year=year) if name in ways else Cell(0) for name in columns},
        }
        for place, ways in _WAYS.items()
    ]
    return protect(
        rows,
        table_id=WAY_IN,
        title=flow.title,
        columns=(TableColumn("place", "Fra", "label"), *(TableColumn(name, name, "count") for name in columns)),
        source=flow.source,
        rule=context.rule,
    )
