"""SDQ before and after, by every division the report shows: core.fct_sdq_pair -> one protected table, cut into the report's.

All divisions (district, model, rung, age, sex, first score, why there is no second form) count the same children. Protected apart,
one could show what another hides; so they are protected together, with every sum that ties them.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.codes import load_code_table
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import CellAt, SumRelation, Total, TotalColumn, TotalRow
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.clusters import cluster_mean_interval, code_clusters, pool_small_clusters
from pipelines.measures.intervals import Estimate, NoInterval
from pipelines.measures.sdq import ExpectationLine, expected_second_points
from pipelines.publish.danish import NBSP
from pipelines.publish.sentences import ROUNDED, SDQ_EXPLAINED
from pipelines.sdq_norms.expectation import Expectation, read_expectations

Points = NDArray[np.float64]

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

_FEWEST_FORMS: Final = 10
"""With fewer forms than so many times the smallest count shown, the number of all forms, which cannot be hidden, would leave the
counts it is the sum of too little room; then nothing is told of other forms."""

FEWEST_HIDDEN_DISTRICTS: Final = 3
"""With fewer, a mean and its interval give the districts' means back."""

STRENGTHS: Final = "Sociale styrkesider"
"""The prosocial scale, as the contract of delivered scores has it."""

MEANS: Final = (
    ("first_mean_points", "Første måling"),
    ("second_mean_points", "Anden måling"),
    ("change_mean_points", "Ændring"),
    ("expected_change_points", "Ventet uden indsats"),
    ("first_prosocial_mean_points", "Sociale styrker (0-10), første måling"),
    ("second_prosocial_mean_points", "Sociale styrker (0-10), anden måling"),
)
_COUNTS: Final = ("first_measured_count", "children_count", "unpaired_count")
_FORMS_OF_A_CHILD: Final = ("first_measured_count", "children_count")
"""Every child has a first form, and those measured twice a second."""

_FOLLOW_UP_COUNTS: Final = ("due_count", "lost_count", "not_due_count")
"""Counted in the divisions of the follow-up only: what no table shows need not be protected."""

_NAMES: Final = tuple(name for name, _ in MEANS)
_OF_STRENGTHS: Final = ("strengths_children_count", "strengths_institutions_count")
"""Behind the means of strengths: a form that came as a total alone has none, so they may be of a few of the children."""
_DISTRICT_AND_MODEL: Final = "Distrikt og model"
"""Shown in no table: a model is run in whole districts but for single institutions, so it and its districts give each other away."""

_FOUND_EARLIER: Final = "Er børnene fundet tidligt eller på andres svar, kan man vente et mindre fald."
"""On known truth without effect the teachers' and the children's own numbers fell less than this line says: the children had been
chosen on the parents' form."""
DUE: Final = "Fristen for anden måling er udløbet"
_PAIRED_REASON: Final = "Målt to gange"
NOT_DUE: Final = "Fristen er ikke udløbet"
FORMS: Final = "Alle, der har svaret"
OTHER_FORMS: Final = "Skemaer, der ikke indgår i ændringen"
ALL_OTHER_FORMS: Final = "I alt"
_EVERY_FORM: Final = "Skemaer i alt"
_UNSCORED: Final = "Skemaer uden et samlet tal"
_LATE: Final = "Efter opgørelsesdagen"
REASONS: Final = {
    None: _PAIRED_REASON,
    "not_due": NOT_DUE,
    "no_second_form": "Ikke målt igen",
    "other_informant": "Målt igen af en anden end første gang",
    "outside_window": "Målt igen for tidligt eller for sent",
    "total_missing": "Målt igen, men med for få svar",
}
_FIRST_SCORES: Final = ((0, 14), (15, 19), (20, 40))
"""Low, middle and high, of whole bins; round numbers, not the limits of a norm set."""
FINE_SPANS: Final = ((0, 4), (5, 9), (10, 14), (15, 19), (20, 24), (25, 40))
_AGES: Final = ((0, 5), (6, 9), (10, 13), (14, 17))
_ADULTS: Final = f"18{NBSP}år og derover"
_UNKNOWN_RUNG: Final = "Socialt trin ikke oplyst"
_SOCIAL_GROUPS: Final = (
    "Socialt trin 0 (ingen)",
    "Socialt trin 1",
    "Socialt trin 2",
    "Socialt trin 3-6",
    _UNKNOWN_RUNG,
)
_EDUCATION_GROUPS: Final = (
    "Almen uden støtte (trin 0)",
    "Almen med støtte (trin 1-2)",
    "Uden for almen (trin 3-5)",
    "Plads ikke oplyst",
)
_PAIRS: Final = f"""
SELECT pairs.child_id, pairs.informant_code, pairs.version_code, pairs.institution_code, pairs.district_code, pairs.model_code,
       pairs.sex_code, pairs.age_years, pairs.social_rung, pairs.education_rung, pairs.days_between, pairs.is_paired,
       pairs.unpaired_reason_code, pairs.is_second_follow_up_form, seconds.version_code AS second_version_code,
       year(pairs.second_date) - year(children.birth_date) - (
           month(pairs.second_date) * 100 + day(pairs.second_date) < month(children.birth_date) * 100 + day(children.birth_date)
       )::INTEGER AS second_age_years,
       pairs.first_total_points, pairs.second_total_points,
       {", ".join(f"pairs.{occasion}_{scale}_points" for scale in SCALES for occasion in ("first", "second"))}
FROM core.fct_sdq_pair AS pairs
LEFT JOIN core.fct_sdq_score AS seconds
    ON pairs.child_id = seconds.child_id
    AND pairs.informant_code = seconds.informant_code
    AND pairs.second_date = seconds.answered_date
LEFT JOIN core.dim_child AS children ON pairs.child_id = children.child_id
ORDER BY pairs.informant_code, pairs.district_code, pairs.institution_code, pairs.first_date, pairs.child_id
"""


@dataclass(frozen=True)
class OtherForms:
    """The forms that are neither first nor second of a child, over all who answered, and what other tables tell of all forms.

    counts: forms by Danish name of the reason. unscored: the name of those without a total. forms_count: every form there is;
    unscored_count: every form without a total, those after the as-of date among them (`unscored` does not count these).
    """

    counts: Mapping[str, int]
    unscored: str
    forms_count: int
    unscored_count: int


@dataclass(frozen=True)
class Part:
    """A count of some of an informant's children; the parts of one division sum to the `of` column of the whole, or of `within`.

    within: (division, group) of another part that these divide. same_as: (division, group) of another part that counts the same
    children, so that one is never hidden where the other is shown.
    """

    informant: str
    division: str
    group: str
    count: int
    of: str = "children_count"
    within: tuple[str, str] = (EVERYBODY, WHOLE_MUNICIPALITY)
    same_as: tuple[str, str] | None = None


def read_pairs(context: ReportContext) -> pl.DataFrame:
    """One row per first form that opened a pair, with its second form where there is one.

    child_id: by which another report finds its own children here; printed nowhere. Points are null where a scale is missing.
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
        _age_groups().alias(AGE),
        _titled("sex_code", sexes, missing="Køn ikke oplyst").alias(SEX),
        _spans("first_total_points", _FIRST_SCORES, unit="point", missing="Ikke oplyst").alias(FIRST_SCORE),
        _titled("unpaired_reason_code", reasons, missing=_PAIRED_REASON).alias(REASON),
    )


def protect_groups(
    context: ReportContext,
    pairs: pl.DataFrame,
    parts: Sequence[Part] = (),
    *,
    ties: Sequence[Total] = (),
    other_forms: OtherForms | None = None,
) -> ProtectedTable:
    """Every informant (most pairs first) by every division, counts and means, protected once; the report's tables are excerpts.

    Rows: (informant, division, group); the whole stands under EVERYBODY and again, equal, under each division. Means are means
    of the districts' means, intervals over districts with t(districts - 1). A mean and its interval are two equations in the
    districts' means: the interval stands only where that gives no district's mean back that may not be shown, and the
    districts' own means are shown for all districts of an informant or for none. `parts` are further counts of the same
    children (`part_count`), so that no table beside this one can be subtracted from it; `ties` are further sums among them.

    The number of all forms stands in other tables (data quality, rows received). So every hidden count of first or second forms
    would follow from the rest: `other_forms` are protected here too, as parts of that number, which cannot be hidden.
    """
    rows: list[dict[str, Any]] = []
    expectations = read_expectations(context.connection)
    totals: list[Total] = [
        TotalRow("group", WHOLE_MUNICIPALITY, columns=(*_COUNTS, *_FOLLOW_UP_COUNTS), within=("informant", "division")),
        TotalColumn("first_measured_count", ("children_count", "unpaired_count")),
        TotalColumn("unpaired_count", ("lost_count", "not_due_count")),
        TotalColumn("first_measured_count", ("due_count", "not_due_count")),
        TotalColumn("due_count", ("children_count", "lost_count")),
        *ties,
    ]
    divisions = (DISTRICT, *CHANGE_DIVISIONS, FIRST_SCORE)
    for code, informant in by_pairs(pairs):
        own = pairs.filter(pl.col("informant_code") == code)
        rows += _informant_rows(context, own, expectations[code].line, informant, divisions)
        crossed, sums = _districts_in_models(own, informant)
        rows += crossed
        totals += sums
        counted = [
            *_reason_parts(own, informant),
            *_spread_parts(own, informant, context.rule),
            *(part for part in parts if part.informant == informant),
        ]
        rows += [_part_row(part) for part in counted]
        totals += [
            *_equal_totals(informant, divisions),
            *_part_relations(counted, informant),
            *_spread_relations(own, informant, context.rule),
        ]
    published: list[CellAt] = []
    if other_forms is not None and other_forms.forms_count >= _FEWEST_FORMS * context.rule.minimum_count:
        rows += [_part_row(part) for part in _form_parts(other_forms)]
        totals += _form_relations(other_forms, [informant for _, informant in by_pairs(pairs)])
        published = _published_forms(context, other_forms)
    return protect(
        rows,
        table_id="sdq_all",
        title="SDQ-tal ved første og anden måling",
        columns=_columns(),
        source=" ".join(
            filter(
                None,
                (
                    source_of(context),
                    SDQ_EXPLAINED,
                    ROUNDED,
                    _unknown_districts_note(pairs),
                    own_expectation_note(expectations),
                ),
            )
        ),
        rule=context.rule,
        totals=totals,
        published=published,
    )


def _unknown_districts_note(pairs: pl.DataFrame) -> str:
    """That the means are not of all who were measured twice, where some have no known district."""
    unknown = pairs.filter(pl.col("is_paired") & pl.col("district_code").is_null())
    return "Børn, hvis distrikt vi ikke kender, er ikke med i gennemsnittene." if unknown.height else ""


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


def lacks_districts(context: ReportContext, pairs: pl.DataFrame) -> bool:
    """Whether enough of one informant's children were measured twice for a mean, but too few of them with a known district."""
    twice = pairs.filter(pl.col("is_paired"))
    known = twice.filter(pl.col("district_code").is_not_null())
    return _suffices(context, behind(twice)) and not _suffices(context, behind(known))


def due_of(pairs: pl.DataFrame) -> pl.DataFrame:
    """Those whose window for a second form has closed: only of them can it be told whether they were measured twice."""
    return pairs.filter(pl.col(REASON) != NOT_DUE)


def age_and_is_boy(pairs: pl.DataFrame) -> tuple[Points, Points]:
    """Age in years and whether a boy (1 or 0) at the first form, as a line of expectation takes them; NaN where not known."""
    is_boy = pairs["sex_code"].replace_strict({"M": 1.0, "K": 0.0}, default=None, return_dtype=pl.Float64)
    return _points(pairs, "age_years"), is_boy.fill_null(float("nan")).to_numpy()


def expected_changes(pairs: pl.DataFrame, line: ExpectationLine) -> Points:
    """Each child's expected change without help in points; NaN where the line needs an age or sex that is not known."""
    first, (age_years, is_boy) = _points(pairs, "first_total_points"), age_and_is_boy(pairs)
    return expected_second_points(first, line, age_years=age_years, is_boy=is_boy) - first


def expectation_note(expectations: Mapping[str, Expectation]) -> str:
    """What the expected change of these informants (by code) rests on: a line of the municipality's, or the assumption."""
    own = {code: each for code, each in expectations.items() if each.is_own}
    assumed = list(dict.fromkeys(each.source for each in expectations.values() if not each.is_own))
    rests_on = f"bygger på en {' og en '.join(assumed)}. {_FOUND_EARLIER}"
    if not own:
        return f"Det ventede {rests_on}" if assumed else ""
    if not assumed and len({each.source for each in own.values()}) == 1:
        return f"Det ventede er regnet ud fra børn uden indsats: {_without_stop(next(iter(own.values())).source)}."
    said = [
        f"Det ventede for {INFORMANTS[code].lower()} er regnet ud fra børn uden indsats: {_without_stop(each.source)}."
        for code, each in own.items()
    ]
    return " ".join([*said, *([f"For de andre {rests_on.replace('bygger', 'bygger det', 1)}"] if assumed else [])])


def own_expectation_note(expectations: Mapping[str, Expectation]) -> str:
    """As `expectation_note`, for tables; empty where all rests on the assumption, which stands under the figure."""
    return expectation_note(expectations) if any(each.is_own for each in expectations.values()) else ""


def _without_stop(source: str) -> str:
    return source.removesuffix(".")


def source_of(context: ReportContext) -> str:
    """Where the SDQ figures come from, as it stands under figures and tables."""
    return f"Kilde: {context.settings.municipality.name}s SDQ-målinger."


def spread_bins(own: pl.DataFrame, rule: DisclosureRule) -> list[tuple[int, int]]:
    """Bins of the total so wide that none holds few children at either measurement; the whole scale when nothing else will do.

    Neighbours are joined from the ends inwards, where children are few. Fixed from whole points, so a reader sees the bins alone.
    """
    bins = list(FINE_SPANS)
    while len(bins) > 1:
        small = [place for place, span in enumerate(bins) if any(map(rule.hides_count, _in_span(own, span)))]
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
    rung = pl.col("social_rung")
    return (
        pl.when(rung.is_null())
        .then(pl.lit(_UNKNOWN_RUNG))
        .when(rung == 0)
        .then(pl.lit(_SOCIAL_GROUPS[0]))
        .when(rung >= 3)
        .then(pl.lit(_SOCIAL_GROUPS[3]))
        .otherwise(pl.format("Socialt trin {}", rung.cast(pl.Int64)))
    )


def _education_groups() -> pl.Expr:
    rung = pl.col("education_rung")
    return (
        pl.when(rung.is_null())
        .then(pl.lit(_EDUCATION_GROUPS[3]))
        .when(rung == 0)
        .then(pl.lit(_EDUCATION_GROUPS[0]))
        .when(rung <= 2)
        .then(pl.lit(_EDUCATION_GROUPS[1]))
        .otherwise(pl.lit(_EDUCATION_GROUPS[2]))
    )


def _age_groups() -> pl.Expr:
    is_adult = pl.col("age_years") > _AGES[-1][1]
    return (
        pl.when(is_adult)
        .then(pl.lit(_ADULTS))
        .otherwise(_spans("age_years", _AGES, unit="år", missing="Alder ikke oplyst"))
    )


def _spans(column: str, spans: Sequence[tuple[int, int]], *, unit: str, missing: str) -> pl.Expr:
    found: Any = pl
    for low, high in spans:
        found = found.when(pl.col(column).is_between(low, high)).then(pl.lit(f"{low}-{high}{NBSP}{unit}"))
    other: pl.Expr = found.otherwise(pl.lit(missing))
    return other


_ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    SOCIAL: _SOCIAL_GROUPS,
    EDUCATION: _EDUCATION_GROUPS,
    AGE: (*(f"{low}-{high}{NBSP}år" for low, high in _AGES), _ADULTS),
    FIRST_SCORE: tuple(span_title(span) for span in _FIRST_SCORES),
    SEX: ("Piger", "Drenge"),
    REASON: tuple(REASONS.values()),
}


def _groups(context: ReportContext, own: pl.DataFrame, division: str, order: Sequence[str]) -> list[str]:
    found = own[division].unique().to_list()
    return sorted(
        found, key=lambda group: (order.index(group) if group in order else len(order), context.danish_order(group))
    )


# ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _informant_rows(
    context: ReportContext,
    own: pl.DataFrame,
    line: ExpectationLine,
    informant: str,
    divisions: Sequence[str],
) -> list[dict[str, Any]]:
    whole = {"informant": informant, **_measured(context, own, line)}
    rows = [{**whole, "division": EVERYBODY, "group": WHOLE_MUNICIPALITY}]
    no_follow_up = dict.fromkeys(_FOLLOW_UP_COUNTS)
    for division in divisions:
        names = _groups(context, own, division, _ORDER.get(division, ()))
        groups = {group: own.filter(pl.col(division) == group) for group in names}
        measured = {group: _measured(context, frame, line) for group, frame in groups.items()}
        if division == DISTRICT and not all(
            _suffices(context, row) for row in measured.values() if int(row["children_count"]) > 0
        ):
            measured = {group: _without_means(row) for group, row in measured.items()}
        left_out = {} if division in FOLLOW_UP_DIVISIONS else no_follow_up
        rows += [
            {"informant": informant, "division": division, "group": group, **row, **left_out}
            for group, row in measured.items()
        ]
        rows.append({**whole, "division": division, "group": WHOLE_MUNICIPALITY, **left_out})
    return rows


def _districts_in_models(own: pl.DataFrame, informant: str) -> tuple[list[dict[str, Any]], list[Total]]:
    """The counts of each district under each model it has children under, and that districts and models are sums of them."""
    found = own.select(DISTRICT, MODEL).unique().sort(DISTRICT, MODEL).rows()
    names = {(district, model): f"{district}, {model}" for district, model in found}
    empty = dict.fromkeys((*_NAMES, *_OF_STRENGTHS, "low", "high", "institutions_count", "part_count"))
    rows = [
        {
            **empty,
            **_counts(own.filter((pl.col(DISTRICT) == district) & (pl.col(MODEL) == model))),
            "informant": informant,
            "division": _DISTRICT_AND_MODEL,
            "group": name,
        }
        for (district, model), name in names.items()
    ]
    sums: list[Total] = [
        SumRelation(
            _at(column, informant, division, group),
            tuple(
                _at(column, informant, _DISTRICT_AND_MODEL, name) for key, name in names.items() if key[place] == group
            ),
        )
        for place, division in enumerate((DISTRICT, MODEL))
        for group in dict.fromkeys(key[place] for key in names)
        for column in (*_COUNTS, *_FOLLOW_UP_COUNTS)
    ]
    return rows, sums


def _counts(frame: pl.DataFrame) -> dict[str, int]:
    """How many of these children were measured, twice, and not; of whom the window has closed, and not."""
    paired, due_count = int(frame["is_paired"].sum()), due_of(frame).height
    return {
        "first_measured_count": frame.height,
        "children_count": paired,
        "unpaired_count": frame.height - paired,
        "due_count": due_count,
        "lost_count": due_count - paired,
        "not_due_count": frame.height - due_count,
    }


def _measured(context: ReportContext, frame: pl.DataFrame, line: ExpectationLine) -> dict[str, Any]:
    """Counts of one group of an informant's children, and the means and the interval over districts of those with a pair."""
    paired = frame.filter(pl.col("is_paired"))
    counts = {
        **_counts(frame),
        "institutions_count": behind(paired)["institutions_count"],
        "part_count": None,
    }
    return {**counts, **_means(context, paired.filter(pl.col("district_code").is_not_null()), line)}


def _means(context: ReportContext, pairs: pl.DataFrame, line: ExpectationLine) -> dict[str, Cell | float | None]:
    """Means and interval of these pairs, all with a known district; nothing where they are too few.

    Those without a district are counted beside the means, so the counts in the table would let a mean of a few children pass.
    """
    if not _suffices(context, behind(pairs)):
        # hidden, not "cannot be computed": that would tell that a hidden count is 0
        return {
            **dict.fromkeys((*_NAMES, "low", "high"), Cell(None, CellStatus.HIDDEN)),
            **dict.fromkeys(_OF_STRENGTHS, 0),
        }
    values = {name: _points(pairs, name) for name in ("first_total_points", "second_total_points")}
    strengths = {name: _points(pairs, name) for name in ("first_prosocial_points", "second_prosocial_points")}
    is_known = ~np.isnan(sum(strengths.values()))
    strengths = {name: np.where(is_known, points, np.nan) for name, points in strengths.items()}
    of_strengths = behind(pairs.filter(is_known))
    means = {name: over_districts(points, pairs).value for name, points in (values | strengths).items()}
    change = over_districts(values["second_total_points"] - values["first_total_points"], pairs)
    return {
        "first_mean_points": means["first_total_points"],
        "second_mean_points": means["second_total_points"],
        "change_mean_points": change.value,
        "expected_change_points": _expected_mean(context, pairs, line),
        "first_prosocial_mean_points": means["first_prosocial_points"],
        "second_prosocial_mean_points": means["second_prosocial_points"],
        **{f"strengths_{name}": count for name, count in of_strengths.items()},
        **interval_limits(context, pairs, change),
    }


def _expected_mean(context: ReportContext, pairs: pl.DataFrame, line: ExpectationLine) -> Cell | float | None:
    """The mean of the districts' expected changes, over the children with the age and sex that the line needs.

    Hidden where those are too few; None only where the group could be shown and none of its children has them.
    """
    expected = expected_changes(pairs, line)
    known = pairs.filter(~np.isnan(expected))
    if known.height < pairs.height and not _suffices(context, behind(known)):
        is_unknown = not known.height and _suffices(context, behind(pairs))
        return None if is_unknown else Cell(None, CellStatus.HIDDEN)
    return over_districts(expected, pairs).value


def _points(frame: pl.DataFrame, name: str) -> Points:
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def district_labels(pairs: pl.DataFrame, is_counted: NDArray[np.bool_] | None = None) -> list[Hashable]:
    """The district of each pair, as every mean and interval over districts in this section takes it: small districts pooled.

    Without that a lone child of a district would weigh as much as 66 of another. is_counted: the pairs that the mean is of, all
    when not given; the label of another decides nothing. All must have a district.
    """
    codes = pairs["district_code"].to_list()
    counted = np.ones(len(codes), dtype=bool) if is_counted is None else is_counted
    pooled = iter(pool_small_clusters([code for code, is_in in zip(codes, counted, strict=True) if is_in]))
    return [next(pooled) if is_in else code for code, is_in in zip(codes, counted, strict=True)]


def over_districts(values: Points, pairs: pl.DataFrame) -> Estimate:
    """The mean of the districts' means of these pairs' values, small districts pooled; missing values (NaN) are left out."""
    return cluster_mean_interval(values, district_labels(pairs, ~np.isnan(values))).by_cluster


def interval_limits(context: ReportContext, pairs: pl.DataFrame, estimate: Estimate) -> dict[str, Cell | float | None]:
    """Low and high of an interval over the districts of these pairs; hidden where it would tell more than may be shown."""
    if interval_may_be_shown(context, pairs, estimate):
        return {"low": estimate.low, "high": estimate.high}
    return dict.fromkeys(("low", "high"), Cell(None, CellStatus.HIDDEN))


def interval_may_be_shown(context: ReportContext, pairs: pl.DataFrame, estimate: Estimate) -> bool:
    """Whether mean and interval over districts give no district's mean back that may not be shown.

    With few districts they are as many equations as unknowns; and that there is none, because all districts agree, tells each
    district's mean, however many there are. Districts are those that the mean is of, small ones pooled.
    """
    numbers = pl.Series("district_number", code_clusters(district_labels(pairs))[0])
    districts = (
        pairs.with_columns(numbers)
        .group_by("district_number")
        .agg(pl.len().alias("children_count"), _distinct("institution_code").alias("institutions_count"))
    )
    gives_back = districts.height < FEWEST_HIDDEN_DISTRICTS or estimate.reason is NoInterval.NO_SPREAD
    return not gives_back or all(_suffices(context, row) for row in districts.iter_rows(named=True))


def behind(pairs: pl.DataFrame) -> dict[str, int]:
    """How many children and institutions stand behind a mean."""
    return {"children_count": pairs.height, "institutions_count": distinct_count(pairs, "institution_code")}


def distinct_count(frame: pl.DataFrame, column: str) -> int:
    """How many different values the column has; what is unknown is none of them."""
    return int(frame.select(_distinct(column)).item())


def _distinct(column: str) -> pl.Expr:
    return pl.col(column).drop_nulls().n_unique()


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


def _spread_parts(own: pl.DataFrame, informant: str, rule: DisclosureRule) -> list[Part]:
    """How the totals lie at both measurements: in the bins shown, and in the fine bins that these are sums of."""
    divisions = [(division, spread_bins(own, rule)) for division in SPREAD.values()]
    divisions += [(fine(division), list(FINE_SPANS)) for division in SPREAD.values()]
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
    empty = dict.fromkeys(
        (*_COUNTS, *_FOLLOW_UP_COUNTS, *_NAMES, *_OF_STRENGTHS, "low", "high", "institutions_count"), None
    )
    return {
        **empty,
        "informant": part.informant,
        "division": part.division,
        "group": part.group,
        "part_count": part.count,
    }


def _at(column: str, informant: str, division: str, group: str) -> CellAt:
    return CellAt(column, (("informant", informant), ("division", division), ("group", group)))


def part_at(informant: str, division: str, group: str) -> CellAt:
    """Where the count of a `Part` stands in the table of all groups."""
    return _at("part_count", informant, division, group)


def fine(division: str) -> str:
    """The division by FINE_SPANS behind one of SPREAD, which no table shows."""
    return f"{division}, fint delt"


def _equal_totals(informant: str, divisions: Sequence[str]) -> list[Total]:
    """The whole is one number, wherever it stands."""
    return [
        SumRelation(
            _at(column, informant, EVERYBODY, WHOLE_MUNICIPALITY),
            (_at(column, informant, division, WHOLE_MUNICIPALITY),),
        )
        for division in divisions
        for column in (*_COUNTS, *(_FOLLOW_UP_COUNTS if division in FOLLOW_UP_DIVISIONS else ()))
    ]


def _part_relations(parts: Sequence[Part], informant: str) -> list[Total]:
    relations: list[Total] = []
    for division, of, within in dict.fromkeys((part.division, part.of, part.within) for part in parts):
        groups = tuple(
            _at("part_count", informant, division, part.group) for part in parts if part.division == division
        )
        relations.append(SumRelation(_at(of, informant, *within), groups))
    relations += [
        SumRelation(
            _at("part_count", informant, part.division, part.group), (_at("part_count", informant, *part.same_as),)
        )
        for part in parts
        if part.same_as is not None
    ]
    for column, group in (("children_count", _PAIRED_REASON), ("not_due_count", NOT_DUE)):
        whole = _at(column, informant, EVERYBODY, WHOLE_MUNICIPALITY)
        relations.append(SumRelation(whole, (_at("part_count", informant, REASON, group),)))
    return relations


def _form_parts(forms: OtherForms) -> list[Part]:
    """The forms that open and close no pair, by reason and together; and what other tables tell of all forms."""
    unscored = forms.counts[forms.unscored]
    late = forms.unscored_count - unscored
    return [
        *(Part(FORMS, OTHER_FORMS, reason, count) for reason, count in forms.counts.items()),
        Part(FORMS, OTHER_FORMS, ALL_OTHER_FORMS, sum(forms.counts.values())),
        Part(FORMS, _EVERY_FORM, _EVERY_FORM, forms.forms_count),
        Part(FORMS, _UNSCORED, _UNSCORED, forms.unscored_count),
        Part(FORMS, _UNSCORED, _LATE, late),
    ]


def _form_relations(forms: OtherForms, informants: Sequence[str]) -> list[Total]:
    """Every form is the first of a child, the second, or another; those without a total are so by name, or came too late."""
    others = _at("part_count", FORMS, OTHER_FORMS, ALL_OTHER_FORMS)
    first_and_second = tuple(
        _at(column, informant, EVERYBODY, WHOLE_MUNICIPALITY)
        for informant in informants
        for column in _FORMS_OF_A_CHILD
    )
    return [
        SumRelation(others, tuple(_at("part_count", FORMS, OTHER_FORMS, reason) for reason in forms.counts)),
        SumRelation(_at("part_count", FORMS, _EVERY_FORM, _EVERY_FORM), (others, *first_and_second)),
        SumRelation(
            _at("part_count", FORMS, _UNSCORED, _UNSCORED),
            (
                _at("part_count", FORMS, OTHER_FORMS, forms.unscored),
                _at("part_count", FORMS, _UNSCORED, _LATE),
            ),
        ),
    ]


def _published_forms(context: ReportContext, forms: OtherForms) -> list[CellAt]:
    """What the tables on data quality and rows received show as well: all forms, and those without a total unless they are few."""
    names = [_EVERY_FORM, *([] if context.rule.hides_count(forms.unscored_count) else [_UNSCORED])]
    return [_at("part_count", FORMS, name, name) for name in names]


def _spread_relations(own: pl.DataFrame, informant: str, rule: DisclosureRule) -> list[Total]:
    """The shown bins, and the groups by first score, are sums of the same fine bins."""

    def inside(division: str, span: tuple[int, int]) -> tuple[CellAt, ...]:
        spans = [part for part in FINE_SPANS if span[0] <= part[0] and part[1] <= span[1]]
        return tuple(part_at(informant, fine(division), span_title(part)) for part in spans)

    relations: list[Total] = [
        SumRelation(part_at(informant, division, span_title(span)), inside(division, span))
        for division in SPREAD.values()
        for span in spread_bins(own, rule)
    ]
    found = set(own[FIRST_SCORE].unique().to_list())
    relations += [
        SumRelation(_at("children_count", informant, FIRST_SCORE, span_title(span)), inside(SPREAD["first"], span))
        for span in _FIRST_SCORES
        if span_title(span) in found
    ]
    return relations


def _columns() -> tuple[TableColumn, ...]:
    behind = {"children": "children_count", "institutions": "institutions_count"}
    of_strengths = dict(zip(("children", "institutions"), _OF_STRENGTHS, strict=True))
    means = [
        TableColumn(name, title, "mean", decimals=1, unit="point", **(of_strengths if "prosocial" in name else behind))
        for name, title in MEANS
    ]
    return (
        TableColumn("informant", "Svar fra", "label"),
        TableColumn("division", "Delt efter", "label"),
        TableColumn("group", "Gruppe", "label"),
        TableColumn("first_measured_count", "Målt første gang", "count"),
        TableColumn("children_count", "Målt to gange", "count"),
        TableColumn("unpaired_count", "Ikke målt to gange", "count"),
        TableColumn("due_count", DUE, "count"),
        TableColumn("lost_count", "Uden anden måling", "count"),
        TableColumn("not_due_count", NOT_DUE, "count"),
        TableColumn("part_count", "Børn", "count"),
        *means[:3],
        TableColumn("low", "Spænd fra", "mean", decimals=1, unit="point", limit_of="change_mean_points"),
        TableColumn("high", "Spænd til", "mean", decimals=1, unit="point", limit_of="change_mean_points"),
        *means[3:],
    )
