"""The districts' shares on the municipality's own map, where its workspace holds one: an appendix figure, or none."""

from pipelines.committee.context import ReportContext
from pipelines.publish.figures import FigureWords
from pipelines.publish.map_figure import district_share_map
from pipelines.publish.section import Figure
from pipelines.publish.share_series import ShareSeries


def map_figures(context: ReportContext, shares: ShareSeries, school_year: str, *, source: str) -> tuple[Figure, ...]:
    """The map of one school year, drawn from the section's own protected series; empty without a map."""
    if context.district_map is None:
        return ()
    return (
        district_share_map(
            shares,
            context.district_map,
            FigureWords(
                figure_id="mainstream_map",
                title="Andelen i almen klasse på kortet over distrikterne",
                subtitle=f"Andel af distriktets elever, der går i almen klasse, {school_year}. Procent, pr. 30. september. "
                "Mønstret viser, hvor andelen ligger. Usikkerheden står i tabellen.",
                source=source,
                constructed=context.is_constructed,
            ),
            period=school_year,
            codes={name: code for code, name in context.district_names.items()},
        ),
    )
