"""SDQ before and after, by every division the report shows: core.fct_sdq_pair -> one protected table, cut into the report's.

All divisions (district, model, rung, age, sex, first score, why there is no second form) count the same children. Protected apart,
one could show what another hides; so they are protected together, with every sum that ties them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from pipelines.codes import load_code_table
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import CellAt, SumRelation, Total, TotalColumn, TotalRow
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.clusters import cluster_mean_interval
from pipelines.measures.sdq import expected_change_without_help
from pipelines.publish.danish import NBSP
from pipelines.publish.sentences import ROUNDED, SDQ_EXPLAINED

INFORMANTS: Final = {"parent": "Forældre", "teacher": "Lærere og pædagoger", "self": "Børnene selv"}
SCALES: Final = ("emotional", "conduct", "hyper", "peer", "prosocial", "internalising", "externalising", "impact")

EVERYBODY: Final = "Alle børn"
DISTRICT: Final = "Distrikt"
MODEL: Final = "Model"
SOCIAL: Final = "Trin i socialsporet"
EDUCATION: Final = "Trin i undervisningssporet"
AGE: Final = "Alder"
SEX: Final = "Køn"
FIRST_SCORE: Final = "Første måling"
REASON: Final = "Anden måling"
SPREAD: Final = {"first": "Fordeling ved første måling", "second": "Fordeling ved anden måling"}
CHANGE_DIVISIONS: Final = (MODEL, SOCIAL, EDUCATION, AGE, SEX)
FOLLOW_UP_DIVISIONS: Final = (DISTRICT, MODEL, FIRST_SCORE)

FEWEST_HIDDEN_DISTRICTS: Final = 3
"""With fewer, a mean and its interval give the districts' means back."""

MEANS: Final = (
    ("first_mean_points", "Første måling"),
    ("second_mean_points", "Anden måling"),
    ("change_mean_points", "Ændring"),
    ("expected_change_points", "Ventet uden indsats"),
    ("first_prosocial_mean_points", "Styrker (0-10), første måling"),
    ("second_prosocial_mean_points", "Styrker (0-10), anden måling"),
)
_COUNTS: Final = ("first_measured_count", "due_count", "children_count", "lost_count", "not_due_count")
_NAMES: Final = tuple(name for name, _ in MEANS)
_PAIRED_REASON: Final = "Målt to gange"
_NOT_DUE_REASON: Final = "Tiden til anden måling er ikke gået"
REASONS: Final = {
    None: _PAIRED_REASON,
    "not_due": _NOT_DUE_REASON,
    "no_second_form": "Ikke målt igen",
    "other_informant": "Målt igen af en anden slags person",
    "outside_window": "Målt igen for tidligt eller for sent",
    "total_missing": "Målt igen, men med for få svar",
}
_FIRST_SCORES: Final = ((0, 14), (15, 19), (20, 40))
"""Low, middle and high, of whole bins; round numbers, not the limits of a norm set."""
_BINS: Final = ((0, 4), (5, 9), (10, 14), (15, 19), (20, 24), (25, 40))
_AGES: Final = ((0, 5), (6, 9), (10, 13), (14, 17))
_PAIRS: Final = f"""
SELECT informant_code, version_code, institution_code, district_code, model_code, sex_code, age_years,
       social_rung, education_rung, days_between, is_paired, unpaired_reason_code,
       first_total_points, second_total_points,
       {", ".join(f"{occasion}_{scale}_points" for scale in SCALES for occasion in ("first", "second"))}
FROM core.fct_sdq_pair
ORDER BY informant_code, district_code, institution_code, first_date, child_id
"""


@dataclass(frozen=True)
class Part:
    """A count of some of an informant's children; the parts of one division sum to the `of` column of the whole, or of `within`.

    within: (division, group) of another part that these divide.
    """

    informant: str
    division: str
    group: str
    count: int
    of: str = "children_count"
    within: tuple[str, str] = (EVERYBODY, WHOLE_MUNICIPALITY)


def read_pairs(context: ReportContext) -> pl.DataFrame:
    """One row per first form that opened a pair, with its second form where there is one; no child is named.

    Points are null where a scale is missing.
    """
    return with_divisions(context.connection.execute(_PAIRS).pl(), context.district_names)


def with_divisions(frame: pl.DataFrame, district_names: Mapping[str, str]) -> pl.DataFrame:
    """The frame with a column per division, named as the division, that holds the Danish group of each child."""
    models, sexes = _capitals(load_code_table("models").titles()), {"K": "Piger", "M": "Drenge"}
    reasons = {code: title for code, title in REASONS.items() if code}
    return frame.with_columns(
        _titled("district_code", district_names, missing="Uden distrikt").alias(DISTRICT),
        _titled("model_code", models, missing="Model ikke oplyst").alias(MODEL),
        _social_groups().alias(SOCIAL),
        _education_groups().alias(EDUCATION),
        _spans("age_years", _AGES, unit="år").alias(AGE),
        _titled("sex_code", sexes, missing="Køn ikke oplyst").alias(SEX),
        _spans("first_total_points", _FIRST_SCORES, unit="point").alias(FIRST_SCORE),
        _titled("unpaired_reason_code", reasons, missing=_PAIRED_REASON).alias(REASON),
    )


def protect_groups(
    context: ReportContext, pairs: pl.DataFrame, parts: Sequence[Part] = (), *, has_spans: bool = True
) -> ProtectedTable:
    """Every informant (most pairs first) by every division, counts and means, protected once; the report's tables are excerpts.

    Rows: (informant, division, group); the whole stands under EVERYBODY and again, equal, under each division. Means are means
    of the districts' means, intervals over districts with t(districts - 1). A mean and its interval are two equations in the
    districts' means: the interval stands only where that gives no district's mean back that may not be shown, and the
    districts' own means are shown for all districts of an informant or for none. `parts` are further counts of the same
    children (`part_count`), so that no table beside this one can be subtracted from it. has_spans: False leaves out what
    divides by spans of points, for a report that shows bands, which cut the points at other places.
    """
    rows: list[dict[str, Any]] = []
    totals: list[Total] = [
        TotalRow("group", WHOLE_MUNICIPALITY, columns=_COUNTS, within=("informant", "division")),
        TotalColumn("first_measured_count", ("due_count", "not_due_count")),
        TotalColumn("due_count", ("children_count", "lost_count")),
    ]
    divisions = (DISTRICT, *CHANGE_DIVISIONS, *((FIRST_SCORE,) if has_spans else ()))
    for code, informant in by_pairs(pairs):
        own = pairs.filter(pl.col("informant_code") == code)
        rows += _informant_rows(context, own, code, informant, divisions)
        counted = [*_reason_parts(own, informant), *(part for part in parts if part.informant == informant)]
        if has_spans:
            counted += _spread_parts(own, informant)
            totals += _spread_relations(own, informant)
        rows += [_part_row(part) for part in counted]
        totals += [*_equal_totals(informant, divisions), *_part_relations(counted, informant)]
    return protect(
        rows,
        table_id="sdq_all",
        title="SDQ-tal ved første og anden måling",
        columns=_columns(),
        source=f"{source_of(context)} {SDQ_EXPLAINED} {ROUNDED}",
        rule=context.rule,
        totals=totals,
    )


def by_pairs(pairs: pl.DataFrame) -> list[tuple[str, str]]:
    """(code, Danish name) of the informants who answered, those with most pairs first."""
    counted = {code: pairs.filter(pl.col("informant_code") == code) for code in INFORMANTS}
    known = [code for code, frame in counted.items() if frame.height]
    return [(code, INFORMANTS[code]) for code in sorted(known, key=lambda code: -int(counted[code]["is_paired"].sum()))]


def measured_twice(pairs: pl.DataFrame, informant_code: str) -> pl.DataFrame:
    """The pairs of one informant whose district is known: what intervals over districts can be made of."""
    return pairs.filter(
        (pl.col("informant_code") == informant_code) & pl.col("is_paired") & pl.col("district_code").is_not_null()
    )


def reference_values(informant_code: str) -> tuple[float, float]:
    """(population mean in points, retest correlation) behind the expected change; their source stands in the code table."""
    row = next(row for row in load_code_table("sdq_reference_values").rows if row["informant_code"] == informant_code)
    return float(row["population_mean_points"]), float(row["retest_correlation"])


def source_of(context: ReportContext) -> str:
    """Where the SDQ figures come from, as it stands under figures and tables."""
    return f"Kilde: {context.settings.municipality.name}s SDQ-målinger."


def spread_bins(own: pl.DataFrame) -> list[tuple[int, int]]:
    """Bins of the total so wide that none holds 1-4 children at either measurement; the whole scale when nothing else will do.

    Neighbours are joined from the ends inwards, where children are few. Fixed from whole points, so a reader sees the bins alone.
    """
    bins = list(_BINS)
    while len(bins) > 1:
        small = [place for place, span in enumerate(bins) if any(0 < count < 5 for count in _in_span(own, span))]
        if not small:
            break
        place = small[0] if small[0] < len(bins) / 2 else small[-1]
        other = place + 1 if place < len(bins) / 2 and place + 1 < len(bins) else place - 1
        low, high = sorted((place, other))
        bins[low : high + 1] = [(bins[low][0], bins[high][1])]
    return bins


def span_title(span: tuple[int, int]) -> str:
    """ "10-14 point"."""
    return f"{span[0]}-{span[1]}{NBSP}point"


# ── groups of children ──────────────────────────────────────────────────────────────────────────────────────────────


def _titled(column: str, titles: Mapping[str, str], *, missing: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).replace(dict(titles)).fill_null(missing)


def _capitals(titles: Mapping[str, str]) -> dict[str, str]:
    return {code: title[:1].upper() + title[1:] for code, title in titles.items()}


def _social_groups() -> pl.Expr:
    rung = pl.col("social_rung").fill_null(0)
    return (
        pl.when(rung == 0)
        .then(pl.lit("Ingen social indsats"))
        .when(rung >= 3)
        .then(pl.lit("Socialt trin 3-6"))
        .otherwise(pl.format("Socialt trin {}", rung.cast(pl.Int64)))
    )


def _education_groups() -> pl.Expr:
    rung = pl.col("education_rung")
    return (
        pl.when(rung.is_null())
        .then(pl.lit("Plads ikke oplyst"))
        .when(rung == 0)
        .then(pl.lit("Almen uden støtte"))
        .when(rung <= 2)
        .then(pl.lit("Almen med støtte"))
        .otherwise(pl.lit("Uden for almen"))
    )


def _spans(column: str, spans: Sequence[tuple[int, int]], *, unit: str) -> pl.Expr:
    found: Any = pl
    for low, high in spans:
        found = found.when(pl.col(column).is_between(low, high)).then(pl.lit(f"{low}-{high}{NBSP}{unit}"))
    other: pl.Expr = found.otherwise(pl.lit("Ikke oplyst"))
    return other


_ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    SOCIAL: ("Ingen social indsats", "Socialt trin 1", "Socialt trin 2", "Socialt trin 3-6"),
    EDUCATION: ("Almen uden støtte", "Almen med støtte", "Uden for almen", "Plads ikke oplyst"),
    AGE: tuple(f"{low}-{high}{NBSP}år" for low, high in _AGES),
    FIRST_SCORE: tuple(span_title(span) for span in _FIRST_SCORES),
    SEX: ("Piger", "Drenge"),
    REASON: tuple(REASONS.values()),
}


def _groups(context: ReportContext, own: pl.DataFrame, division: str) -> list[str]:
    found = own[division].unique().to_list()
    order = _ORDER.get(division, ())
    return sorted(
        found, key=lambda group: (order.index(group) if group in order else len(order), context.danish_order(group))
    )


# ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _informant_rows(
    context: ReportContext, own: pl.DataFrame, code: str, informant: str, divisions: Sequence[str]
) -> list[dict[str, Any]]:
    whole = {"informant": informant, **_measured(context, own, code)}
    rows = [{**whole, "division": EVERYBODY, "group": WHOLE_MUNICIPALITY}]
    for division in divisions:
        groups = {group: own.filter(pl.col(division) == group) for group in _groups(context, own, division)}
        measured = {group: _measured(context, frame, code) for group, frame in groups.items()}
        if division == DISTRICT and not all(
            _suffices(context, row) for row in measured.values() if int(row["children_count"]) > 0
        ):
            measured = {group: _without_means(row) for group, row in measured.items()}
        rows += [
            {"informant": informant, "division": division, "group": group, **row} for group, row in measured.items()
        ]
        rows.append({**whole, "division": division, "group": WHOLE_MUNICIPALITY})
    return rows


def _measured(context: ReportContext, frame: pl.DataFrame, code: str) -> dict[str, Any]:
    """Counts of one group of an informant's children, and the means and the interval over districts of those with a pair."""
    paired = frame.filter(pl.col("is_paired"))
    not_due = int((frame["unpaired_reason_code"] == "not_due").fill_null(False).sum())
    due = frame.height - not_due
    counts = {
        "first_measured_count": frame.height,
        "due_count": due,
        "children_count": paired.height,
        "lost_count": due - paired.height,
        "not_due_count": not_due,
        "institutions_count": _behind(paired)["institutions_count"],
        "part_count": None,
    }
    return {**counts, **_means(context, paired.filter(pl.col("district_code").is_not_null()), code)}


def _means(context: ReportContext, pairs: pl.DataFrame, code: str) -> dict[str, Cell | float | None]:
    if not pairs.height:
        # hidden, not "cannot be computed": that would tell that a hidden count is 0
        return dict.fromkeys((*_NAMES, "low", "high"), Cell(None, CellStatus.HIDDEN))
    labels = pairs["district_code"].to_list()
    values = {name: _points(pairs, name) for name in ("first_total_points", "second_total_points")}
    strengths = {name: _points(pairs, name) for name in ("first_prosocial_points", "second_prosocial_points")}
    is_known = ~np.isnan(sum(strengths.values()))
    strengths = {name: np.where(is_known, points, np.nan) for name, points in strengths.items()}
    means = {
        name: cluster_mean_interval(points, labels).by_cluster.value for name, points in (values | strengths).items()
    }
    change = cluster_mean_interval(values["second_total_points"] - values["first_total_points"], labels).by_cluster
    population_mean, correlation = reference_values(code)
    first = means["first_total_points"]
    hides = _interval_gives_back(context, pairs) or not _suffices(context, _behind(pairs))
    return {
        "first_mean_points": first,
        "second_mean_points": means["second_total_points"],
        "change_mean_points": change.value,
        "expected_change_points": None
        if first is None
        else expected_change_without_help(first, population_mean=population_mean, retest_correlation=correlation),
        "first_prosocial_mean_points": means["first_prosocial_points"],
        "second_prosocial_mean_points": means["second_prosocial_points"],
        "low": Cell(None, CellStatus.HIDDEN) if hides else change.low,
        "high": Cell(None, CellStatus.HIDDEN) if hides else change.high,
    }


def _points(frame: pl.DataFrame, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def interval_may_be_shown(context: ReportContext, pairs: pl.DataFrame) -> bool:
    """Whether mean and interval over districts give no district's mean back that may not be shown."""
    return not _interval_gives_back(context, pairs)


def _interval_gives_back(context: ReportContext, pairs: pl.DataFrame) -> bool:
    districts = pairs.group_by("district_code").agg(
        pl.len().alias("children_count"), pl.col("institution_code").n_unique().alias("institutions_count")
    )
    return districts.height < FEWEST_HIDDEN_DISTRICTS and not all(
        _suffices(context, row) for row in districts.iter_rows(named=True)
    )


def _behind(pairs: pl.DataFrame) -> dict[str, int]:
    institutions = pairs["institution_code"].n_unique() if pairs.height else 0
    return {"children_count": pairs.height, "institutions_count": institutions}


def _suffices(context: ReportContext, row: Mapping[str, Any]) -> bool:
    rule = context.rule
    return (
        int(row["children_count"]) >= rule.minimum_group_children
        and int(row["institutions_count"]) >= rule.minimum_institutions
    )


def _without_means(row: Mapping[str, Any]) -> dict[str, Any]:
    hidden = Cell(None, CellStatus.HIDDEN)
    return {
        name: hidden if name in (*_NAMES, "low", "high") and value is not None else value for name, value in row.items()
    }


# ── further counts of the same children, and the sums that tie them ─────────────────────────────────────────────────


def _reason_parts(own: pl.DataFrame, informant: str) -> list[Part]:
    """Why there is a pair or none."""
    return [
        Part(informant, REASON, group, int((own[REASON] == group).sum()), of="first_measured_count")
        for group in dict.fromkeys(REASONS.values())
    ]


def _spread_parts(own: pl.DataFrame, informant: str) -> list[Part]:
    """How the totals lie at both measurements: in the bins shown, and in the fine bins that these are sums of."""
    divisions = [(division, spread_bins(own)) for division in SPREAD.values()]
    divisions += [(f"{division}, fint delt", list(_BINS)) for division in SPREAD.values()]
    return [
        Part(informant, division, span_title(span), _in_span(own, span)[position % len(SPREAD)])
        for position, (division, spans) in enumerate(divisions)
        for span in spans
    ]


def _in_span(own: pl.DataFrame, span: tuple[int, int]) -> tuple[int, int]:
    """Children with a pair whose first, and whose second, total lies in the span."""
    paired = own.filter(pl.col("is_paired"))
    first, second = (
        int(paired[name].is_between(*span).sum()) for name in ("first_total_points", "second_total_points")
    )
    return first, second


def _part_row(part: Part) -> dict[str, Any]:
    empty = dict.fromkeys((*_COUNTS, *_NAMES, "low", "high", "institutions_count"), None)
    return {
        **empty,
        "informant": part.informant,
        "division": part.division,
        "group": part.group,
        "part_count": part.count,
    }


def _at(column: str, informant: str, division: str, group: str) -> CellAt:
    return CellAt(column, (("informant", informant), ("division", division), ("group", group)))


def _equal_totals(informant: str, divisions: Sequence[str]) -> list[Total]:
    """The whole is one number, wherever it stands."""
    return [
        SumRelation(
            _at(column, informant, EVERYBODY, WHOLE_MUNICIPALITY),
            (_at(column, informant, division, WHOLE_MUNICIPALITY),),
        )
        for division in divisions
        for column in _COUNTS
    ]


def _part_relations(parts: Sequence[Part], informant: str) -> list[Total]:
    relations: list[Total] = []
    for division, of, within in dict.fromkeys((part.division, part.of, part.within) for part in parts):
        groups = tuple(
            _at("part_count", informant, division, part.group) for part in parts if part.division == division
        )
        relations.append(SumRelation(_at(of, informant, *within), groups))
    for column, group in (("children_count", _PAIRED_REASON), ("not_due_count", _NOT_DUE_REASON)):
        whole = _at(column, informant, EVERYBODY, WHOLE_MUNICIPALITY)
        relations.append(SumRelation(whole, (_at("part_count", informant, REASON, group),)))
    return relations


def _spread_relations(own: pl.DataFrame, informant: str) -> list[Total]:
    """The shown bins, and the groups by first score, are sums of the same fine bins."""

    def fine(division: str, span: tuple[int, int]) -> tuple[CellAt, ...]:
        inside = [part for part in _BINS if span[0] <= part[0] and part[1] <= span[1]]
        return tuple(_at("part_count", informant, f"{division}, fint delt", span_title(part)) for part in inside)

    relations: list[Total] = [
        SumRelation(_at("part_count", informant, division, span_title(span)), fine(division, span))
        for division in SPREAD.values()
        for span in spread_bins(own)
    ]
    found = set(own[FIRST_SCORE].unique().to_list())
    relations += [
        SumRelation(_at("children_count", informant, FIRST_SCORE, span_title(span)), fine(SPREAD["first"], span))
        for span in _FIRST_SCORES
        if span_title(span) in found
    ]
    return relations


def _columns() -> tuple[TableColumn, ...]:
    behind = {"children": "children_count", "institutions": "institutions_count"}
    means = [TableColumn(name, title, "mean", decimals=1, unit="point", **behind) for name, title in MEANS]
    return (
        TableColumn("informant", "Svar fra", "label"),
        TableColumn("division", "Delt efter", "label"),
        TableColumn("group", "Gruppe", "label"),
        TableColumn("first_measured_count", "Målt første gang", "count"),
        TableColumn("due_count", "Kan have to målinger", "count"),
        TableColumn("children_count", "Målt to gange", "count"),
        TableColumn("lost_count", "Uden anden måling", "count"),
        TableColumn("not_due_count", _NOT_DUE_REASON, "count"),
        TableColumn("part_count", "Børn", "count"),
        *means[:3],
        TableColumn("low", "Spænd fra", "mean", decimals=1, unit="point", limit_of="change_mean_points"),
        TableColumn("high", "Spænd til", "mean", decimals=1, unit="point", limit_of="change_mean_points"),
        *means[3:],
    )
