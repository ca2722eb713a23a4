"""How did the 15-20 per cent who do worst get on? Only where a whole year group was measured, and never on the same numbers.

Who does worst cannot be known from referred children alone. And children chosen for high scores come down at the next form by
themselves: so they are chosen on one form, and their change is taken from two others, filled in later or by somebody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from pipelines.committee.context import ReportContext
from pipelines.committee.wellbeing_groups import INFORMANTS, behind, interval_limits, over_districts, source_of
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn

WHOLE_GRADE_SHARE: Final = 0.8
"""So many of a grade's pupils must be measured in one school year before it counts as measured whole."""

FEWEST_PUPILS: Final = 30
WORST_SHARE: Final = 0.2
"""The upper end of *the 15-20 per cent*: the cut is the lowest score that at most so many reach. Where many share a score, or a
child is found by two informants, the group is another share than that, so the real one stands in the table."""

NOT_POSSIBLE: Final = "»De 15-20 procent, der klarer sig dårligst« kan ikke opgøres: Kun henviste børn er målt."

_PUPILS: Final = """
SELECT placements.child_id, days.school_year, placements.grade_number
FROM core.fct_school_placement AS placements
INNER JOIN core.dim_day AS days
    ON days.is_school_reference_date
    AND days.day_date >= placements.start_date
    AND days.day_date <= coalesce(placements.end_date, DATE '9999-12-31')
WHERE placements.grade_number IS NOT NULL
"""
_FORMS: Final = """
SELECT scores.child_id, scores.informant_code, scores.answered_date, scores.total_points, scores.district_code,
       scores.institution_code, days.school_year
FROM core.fct_sdq_score AS scores
INNER JOIN core.dim_day AS days ON scores.answered_date = days.day_date
WHERE scores.total_points IS NOT NULL AND scores.answered_date <= ?
"""


@dataclass(frozen=True)
class Window:
    """How many days may lie between two forms of a pair."""

    minimum_days: int
    maximum_days: int


def worst_off_table(context: ReportContext) -> ProtectedTable | None:
    """The change of the worst-off fifth of every grade measured whole, per informant of the change; None where none was."""
    pupils = context.connection.execute(_PUPILS).pl()
    forms = context.connection.execute(_FORMS, [context.as_of_date]).pl()
    settings = context.settings.sdq
    pairs = worst_off_pairs(pupils, forms, Window(settings.window_days_minimum, settings.window_days_maximum))
    rows = [_row(context, pairs, code, title) for code, title in INFORMANTS.items() if code in pairs["informant_code"]]
    if not rows:
        return None
    rows = _with_share(context, rows, worst_off_group(pupils, forms))
    behind = {"children": "children_count", "institutions": "institutions_count"}
    return protect(
        rows,
        table_id="sdq_worst_off",
        title="»De 15-20 procent, der klarer sig dårligst«, fra årgange, hvor alle blev målt",
        columns=(
            TableColumn("informant", "Svar fra", "label"),
            TableColumn(
                "group_share",
                "Gruppens andel af de målte",
                "share",
                numerator="chosen_count",
                denominator="measured_count",
            ),
            TableColumn("children_count", "Børn", "count"),
            TableColumn("first", "Første måling", "mean", decimals=1, unit="point", **behind),
            TableColumn("second", "Anden måling", "mean", decimals=1, unit="point", **behind),
            TableColumn("change", "Ændring", "mean", decimals=1, unit="point", **behind),
            TableColumn("low", "Spænd fra", "mean", decimals=1, unit="point", limit_of="change"),
            TableColumn("high", "Spænd til", "mean", decimals=1, unit="point", limit_of="change"),
        ),
        source=f"{source_of(context)} Børnene er valgt på ét skema; ændringen er fra to andre, og dem har ikke alle i gruppen. Flere "
        "børn kan have samme tal, så gruppen er ikke altid 15-20 procent; dens andel står i tabellen. Et lille fald kan man "
        "stadig vente. Hvor stort, står her ikke: Vi ved det kun om børn, der er valgt på den første af de to målinger.",
        rule=context.rule,
    )


def worst_off_pairs(pupils: pl.DataFrame, forms: pl.DataFrame, window: Window) -> pl.DataFrame:
    """One row per worst-off child and informant with two forms after the one it was chosen on.

    pupils: child_id, school_year, grade_number. forms: one per child, informant and day, scored. A grade counts as measured whole
    when forms by one informant in its school year cover WHOLE_GRADE_SHARE of at least FEWEST_PUPILS pupils; the child's first
    such form chooses. Its change is from the first two later forms by one informant (on the same day or later, if by another
    informant than the chooser's) that lie within the window. Columns: informant_code, first_points, second_points, district_code,
    institution_code.
    """
    chosen = _worst_of(_screened_whole(pupils, forms))
    after = chosen.join(
        forms.select(
            "child_id", "informant_code", "answered_date", "total_points", "district_code", "institution_code"
        ),
        on="child_id",
    ).filter(
        (pl.col("answered_date") > pl.col("chosen_date"))
        | ((pl.col("answered_date") == pl.col("chosen_date")) & (pl.col("informant_code") != pl.col("chosen_by")))
    )
    key = ["child_id", "informant_code"]
    firsts = after.sort("answered_date").unique(key, keep="first", maintain_order=True)
    seconds = (
        firsts.select(*key, pl.col("answered_date").alias("first_date"))
        .join(after.select(*key, "answered_date", pl.col("total_points").alias("second_points")), on=key)
        .with_columns((pl.col("answered_date") - pl.col("first_date")).dt.total_days().alias("days"))
        .filter(pl.col("days").is_between(window.minimum_days, window.maximum_days))
        .sort("days")
        .unique(key, keep="first", maintain_order=True)
    )
    return (
        firsts.join(seconds.select(*key, "second_points"), on=key)
        .select(
            "informant_code",
            pl.col("total_points").alias("first_points"),
            "second_points",
            "district_code",
            "institution_code",
        )
        .sort("informant_code", "district_code", "institution_code", "first_points", "second_points")
    )


@dataclass(frozen=True)
class Group:
    """How many children were chosen as worst off, of how many in the grades measured whole."""

    chosen_count: int
    measured_count: int


def worst_off_group(pupils: pl.DataFrame, forms: pl.DataFrame) -> Group:
    """The size of the group that `worst_off_pairs` chooses, whether its children have later forms or not; arguments as there."""
    screened = _screened_whole(pupils, forms)
    return Group(_worst_of(screened).height, screened["child_id"].n_unique())


def _worst_of(screened: pl.DataFrame) -> pl.DataFrame:
    """One row per worst-off child (first choice only): child_id, chosen_by (informant), chosen_date."""
    return (
        screened.filter(pl.col("share_reaching") <= WORST_SHARE)
        .sort("answered_date", "informant_code")
        .unique("child_id", keep="first", maintain_order=True)
        .select("child_id", pl.col("informant_code").alias("chosen_by"), pl.col("answered_date").alias("chosen_date"))
    )


def _screened_whole(pupils: pl.DataFrame, forms: pl.DataFrame) -> pl.DataFrame:
    """Each child's form in each grade measured whole, with `share_reaching`: the part of those measured with as many points."""
    grade = ["school_year", "grade_number"]
    sizes = pupils.unique(["child_id", *grade]).group_by(grade).agg(pl.col("child_id").n_unique().alias("pupils_count"))
    screened = (
        forms.sort("answered_date")
        .unique(["child_id", "informant_code", "school_year"], keep="first", maintain_order=True)
        .join(
            pupils.sort("grade_number").unique(["child_id", "school_year"], keep="first"),
            on=["child_id", "school_year"],
        )
    )
    by_screen = [*grade, "informant_code"]
    whole = (
        screened.group_by(by_screen)
        .agg(pl.len().alias("measured_count"))
        .join(sizes, on=grade)
        .filter(
            (pl.col("pupils_count") >= FEWEST_PUPILS)
            & (pl.col("measured_count") >= WHOLE_GRADE_SHARE * pl.col("pupils_count"))
        )
    )
    return screened.join(whole.select(by_screen), on=by_screen).with_columns(
        (pl.col("total_points").rank("max", descending=True) / pl.len()).over(by_screen).alias("share_reaching")
    )


def _with_share(context: ReportContext, rows: Sequence[dict[str, Any]], group: Group) -> list[dict[str, Any]]:
    """The rows with the group's share of those measured, where it tells of no few children that are in the group but in no row."""
    tells = any(context.rule.hides_count(group.chosen_count - int(row["children_count"])) for row in rows)
    share = Cell(None, CellStatus.HIDDEN) if tells else group.chosen_count / group.measured_count
    return [{**row, **vars(group), "group_share": share} for row in rows]


def _row(context: ReportContext, pairs: pl.DataFrame, code: str, title: str) -> dict[str, Any]:
    own = pairs.filter((pl.col("informant_code") == code) & pl.col("district_code").is_not_null())
    first, second = (own[name].cast(pl.Float64).to_numpy() for name in ("first_points", "second_points"))
    change = over_districts(second - first, own)
    return {
        "informant": title,
        **behind(own),
        "first": over_districts(first, own).value,
        "second": over_districts(second, own).value,
        "change": change.value,
        **interval_limits(context, own, change),
    }
