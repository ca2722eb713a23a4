"""The figures of the ladder section: their words around the recipes, each drawn from one protected table."""

from collections.abc import Collection

from pipelines.committee.context import ReportContext
from pipelines.committee.ladder_counts import ENDED, GONE, NEW
from pipelines.committee.ladder_oldest import oldest_missing_words
from pipelines.committee.ladder_return import EVERYBODY, RETURN_MONTHS, model_names
from pipelines.committee.ladder_standing import TRACKS, Standing, source_of
from pipelines.committee.stay_months import month_label
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.publish.band_figure import band_columns
from pipelines.publish.curve_figure import Curve, cumulative_steps
from pipelines.publish.danish import cell_text, text_date
from pipelines.publish.figures import FigureWords
from pipelines.publish.flow_figure import FlowNode, flow_between_dates
from pipelines.publish.section import Figure

_HOW_TO_READ = "Båndenes bredde er antallet af børn. Et bånd, der stiger, er et ryk op ad trappen."
_ONLY_TWO_DATES = "Et barn, der er rykket frem og tilbage mellem de to datoer, ser ud til at være blevet."


def flow_figure(context: ReportContext, standing: Standing, transitions: ProtectedTable) -> Figure:
    """From rung to rung between the last two dates, for one track."""
    first, second = (text_date(day) for day in standing.dates[-2:])
    nodes = [
        *(
            FlowNode(f"Trin {rung.number}", rung.number, rung.label, f"to_{rung.number}", rung.band)
            for rung in standing.rungs
        ),
        FlowNode("Ny på trappen", -1, NEW, None),
        FlowNode(ENDED, -1, None, "ended"),
        FlowNode(GONE, -2, None, "gone"),
    ]
    rungs = "; ".join(f"{rung.number} {rung.title}" for rung in standing.rungs)
    return flow_between_dates(
        transitions,
        FigureWords(
            figure_id=transitions.table_id,
            title=f"{TRACKS[standing.track].capitalize()}: {_stayed_words(standing, transitions)}",
            subtitle=f"Børn på trin 1 eller højere på mindst én af de to datoer. {_HOW_TO_READ} Trin: {rungs}.",
            source=f"{source_of(context)} {_ONLY_TWO_DATES}",
            constructed=context.is_constructed,
        ),
        label="from_rung",
        nodes=nodes,
        whole="whole",
        sides=(first, second),
    )


def group_figure(
    context: ReportContext, standing: Standing, groups: ProtectedTable, *, without_oldest: Collection[int] = ()
) -> Figure:
    """How the children on one track's ladder divide on every 30 September; without_oldest: years not to compare with later ones."""
    return band_columns(
        groups,
        FigureWords(
            figure_id=groups.table_id,
            title=f"{TRACKS[standing.track].capitalize()}: {_whole_words(groups, without_oldest)}",
            subtitle="Andel af børn på trin 1 eller højere, der får hver slags støtte. Procent, pr. 30. september. "
            "Antallet af børn står over søjlen.",
            source=f"{source_of(context)} {oldest_missing_words(sorted(without_oldest))}".strip(),
            constructed=context.is_constructed,
        ),
        period="day",
        part="part",
        share="share_pct",
        whole="whole_count",
        band="special" if standing.track == "education" else "social",
    )


def return_figure(context: ReportContext, returns: ProtectedTable) -> Figure | None:
    """The cumulative return by model; None when nothing of it may be shown."""
    seen = set(returns.values("group"))
    advised, compared = model_names()["district_adviser"], model_names()["authority_caseworker"]
    every = (
        Curve(EVERYBODY, None, "D"),
        Curve(advised, "distriktsraadgiver", "o"),
        Curve(compared, "myndighedssagsbehandler", "s"),
    )
    last = month_label(RETURN_MONTHS[-1])
    whole = returns.cell("share_pct", group=EVERYBODY, month=last)
    if not any(value is not None for value in returns.values("share_pct")):
        return None
    column = returns.column("share_pct")
    return cumulative_steps(
        returns,
        FigureWords(
            figure_id=returns.table_id,
            title=f"{cell_text(whole, column)} af opholdene er endt i almen klasse eller stue efter {last}"
            if whole.status is CellStatus.SHOWN
            else "Tilbage i almen klasse eller stue efter et ophold uden for almen",
            subtitle="Andel af ophold i specialklasse, specialskole eller dagbehandling, der er endt i almen klasse eller stue. "
            "Procent, efter måneder fra første dag. De lodrette streger er usikkerheden (95\u00a0%), regnet på distrikter.",
            source=f"{source_of(context)} Går et barn ud af skolen, eller flytter det, tæller opholdet som ikke tilbage.",
            constructed=context.is_constructed,
        ),
        curves=[curve for curve in every if curve.group in seen],
        group="group",
        month="month",
        months={month_label(months): months for months in RETURN_MONTHS},
        share="share_pct",
        low="low",
        high="high",
        followed="followed_count",
        noun="andel tilbage i almen",
    )


def _stayed_words(standing: Standing, transitions: ProtectedTable) -> str:
    """Whether most stand on the same rung; said only where the shown counts make it sure."""
    stayed = whole = 0.0
    for rung in standing.rungs:
        same = transitions.cell(f"to_{rung.number}", from_rung=rung.label).value
        all_of_rung = transitions.cell("whole", from_rung=rung.label).value
        if all_of_rung is None:
            return "her stod børnene et år senere"
        stayed += float(str(same or 0))
        whole += float(str(all_of_rung))
    return "de fleste står på samme trin et år senere" if 2 * stayed > whole else "her stod børnene et år senere"


def _whole_words(groups: ProtectedTable, without_oldest: Collection[int]) -> str:
    """The number of children on the first date that can be compared and the last, where both are shown."""
    names = {str(year) for year in without_oldest}
    comparable = [row for row in groups.rows if row[groups.column_index("day")].value not in names]
    rows = [*comparable[:1], groups.rows[-1]]
    day, whole = groups.column_index("day"), groups.column_index("whole_count")
    column = groups.column("whole_count")
    told = [(cell_text(row[whole], column), row[day].value) for row in rows if row[whole].status is CellStatus.SHOWN]
    if not told:
        return "sådan fordeler børnene på trappen sig"
    words = [f"{told[0][0]} børn på trappen i {told[0][1]}"]
    return " og ".join([*words, *(f"{count} i {year}" for count, year in told[1:] if year != told[0][1])])
