"""How many children lie in each band of a chosen norm set, before and after? Nothing unless the municipality chose one.

From marts.mart_sdq_band_counts. Bands cut the same points as the report's own spans of points, at other places: a reader could
subtract one from the other, so the two are protected together. Of two sets the second is hidden where its limits lie so near the
first's that the children between could be counted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, product
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.committee.context import ReportContext
from pipelines.committee.wellbeing_changes import FEWER, MORE, OUTCOME, Reliable, with_expectation
from pipelines.committee.wellbeing_expected import (
    EXPECTED_COLUMN,
    EXPECTED_NOTE,
    SECOND_SCORES,
    ExpectedCounts,
    chances_of_second_points,
)
from pipelines.committee.wellbeing_groups import (
    FINE_SPANS,
    SPREAD,
    Part,
    Points,
    by_pairs,
    fine,
    part_at,
    source_of,
    span_title,
)
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import SumRelation, Total
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.expected_counts import expected_count
from pipelines.measures.reliable_change import clinical_change
from pipelines.sdq_norms.bands import band_titles
from pipelines.sdq_norms.chosen import NormSet, chosen_norm_sets
from pipelines.sdq_norms.limits import band_codes, raised_limits
from pipelines.sdq_norms.vocabulary import OUTSIDE_NORM_SET, UNBANDED_TITLES

_COUNTS: Final = """
SELECT norm_set_code, informant_code, occasion, band_code, children_count
FROM marts.mart_sdq_band_counts
WHERE scale_code = 'total' AND area_kind = 'municipality'
ORDER BY norm_set_code, informant_code, occasion, band_code
"""
_OCCASIONS: Final = ("first", "second")
_LOWER_BY_THEMSELVES: Final = "Mange børn ville ligge i et lavere bånd anden gang, også uden indsats."
_CROSSED: Final = "Krydsede grænsen"
_STAYED: Final = "Krydsede ikke grænsen"


@dataclass(frozen=True)
class Bands:
    """The chosen sets (main one first), and the counts per (set, informant's Danish name, occasion): band -> children, best first."""

    norm_sets: tuple[NormSet, ...]
    counts: Mapping[tuple[str, str, str], Mapping[str, int]]


def read_bands(context: ReportContext, pairs: pl.DataFrame) -> Bands | None:
    """The bands of the total in the chosen norm sets; None when no set is chosen.

    An informant that a set has no limits for has no counts in it. The counts are of the same children before and after: those
    with a band both times; the others are OUTSIDE_NORM_SET at both.
    """
    norm_sets = chosen_norm_sets(context.connection)
    if not norm_sets:
        return None
    found = {
        (row["norm_set_code"], row["informant_code"], row["occasion"], row["band_code"]): int(row["children_count"])
        for row in context.records(_COUNTS)
    }
    counts: dict[tuple[str, str, str], dict[str, int]] = {}
    for norm_set, (code, informant), occasion in product(norm_sets, by_pairs(pairs), _OCCASIONS):
        order = _band_order(norm_set, code)
        every = {band: found.get((norm_set.code, code, occasion, band), 0) for band in (*order, *UNBANDED_TITLES)}
        if order:
            unbanded = sum(every[band] for band in UNBANDED_TITLES)
            counts[norm_set.code, informant, occasion] = {band: every[band] for band in order} | {
                OUTSIDE_NORM_SET: unbanded
            }
    return Bands(norm_sets, counts)


def band_parts(bands: Bands) -> list[Part]:
    """The counts per band, which sum to the children measured twice; those that the set is not for are the same at both."""

    def same_as(norm_set: str, occasion: str, band: str) -> tuple[str, str] | None:
        is_again = band == OUTSIDE_NORM_SET and occasion == "second"
        return (_division(norm_set, "first"), band) if is_again else None

    return [
        Part(informant, _division(norm_set, occasion), band, count, same_as=same_as(norm_set, occasion, band))
        for (norm_set, informant, occasion), own in bands.counts.items()
        for band, count in own.items()
    ]


def spans_in_bands(pairs: pl.DataFrame, bands: Bands) -> tuple[list[Part], list[Total]]:
    """The children of each fine span of points by band, at both measurements, and that they sum to the bands' own counts.

    Spans and bands cut the same points at different places: protected as two divisions of these cells, neither can be subtracted
    from the other.
    """
    parts: list[Part] = []
    ties: list[Total] = []
    names = dict(by_pairs(pairs))
    for norm_set, (code, informant) in product(bands.norm_sets, names.items()):
        if (norm_set.code, informant, "first") not in bands.counts:
            continue
        own = pairs.filter((pl.col("informant_code") == code) & pl.col("is_paired"))
        for occasion, found in zip(_OCCASIONS, _bands_both_times(norm_set, own), strict=True):
            cells = _cells_by_span(own[f"{occasion}_total_points"].to_list(), found)
            own_parts = [
                Part(
                    informant,
                    f"{_division(norm_set.code, occasion)}, {span_title(span)}",
                    band,
                    count,
                    of="part_count",
                    within=(fine(SPREAD[occasion]), span_title(span)),
                )
                for (span, band), count in cells.items()
            ]
            parts += own_parts
            ties += [
                SumRelation(
                    part_at(informant, _division(norm_set.code, occasion), band),
                    tuple(part_at(informant, each.division, band) for each in own_parts if each.group == band),
                )
                for band in dict.fromkeys(found)
            ]
    return parts, ties


def _bands_both_times(norm_set: NormSet, own: pl.DataFrame) -> tuple[list[str], list[str]]:
    """Each child's band at the first and at the second form, by the mart's rule: one that has none at either has none at both."""
    first, second = (
        band_codes(norm_set, own[f"{occasion}_total_points"].cast(pl.Float64).to_numpy(), **forms(own))
        for occasion, forms in zip(_OCCASIONS, (_first_forms, _second_forms), strict=True)
    )
    for place, both in enumerate(zip(first, second, strict=True)):
        if not UNBANDED_TITLES.keys().isdisjoint(both):
            first[place] = second[place] = OUTSIDE_NORM_SET
    return first, second


def _cells_by_span(points: Sequence[int], found: Sequence[str]) -> dict[tuple[tuple[int, int], str], int]:
    spans = [next(span for span in FINE_SPANS if span[0] <= total <= span[1]) for total in points]
    return dict(Counter(zip(spans, found, strict=True)))


def _first_forms(own: pl.DataFrame) -> dict[str, Any]:
    """What a norm set asks of each child at the first form."""
    return _forms(own, "version_code", "age_years")


def _second_forms(own: pl.DataFrame) -> dict[str, Any]:
    """As `_first_forms`: the second form may be another, and the child is older."""
    return _forms(own, "second_version_code", "second_age_years")


def _forms(own: pl.DataFrame, version: str, age: str) -> dict[str, Any]:
    return {
        "informants": own["informant_code"].to_list(),
        "versions": own[version].to_list(),
        "ages": own[age].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
        "sexes": own["sex_code"].to_list(),
    }


def expected_in_bands(
    pairs: pl.DataFrame, bands: Bands, reliable: Sequence[Reliable]
) -> dict[tuple[str, str], ExpectedCounts]:
    """What is expected per (set, informant's Danish name); informants with too few children for an expectation are left out.

    Of the children with a band both times, each by the bands of its own second form, age and sex. Those that the set is not for
    stay so, whatever their points.
    """
    found = {}
    names = {informant: code for code, informant in by_pairs(pairs)}
    for norm_set, each in product(bands.norm_sets, reliable):
        if (norm_set.code, each.informant, "second") not in bands.counts:
            continue
        own = pairs.filter((pl.col("informant_code") == names[each.informant]) & pl.col("is_paired"))
        is_in_set = np.array([band != OUTSIDE_NORM_SET for band in _bands_both_times(norm_set, own)[1]])
        own = own.filter(is_in_set)
        chances, band_of = chances_of_second_points(own, each), _bands_of_second_scores(norm_set, own)
        found[norm_set.code, each.informant] = ExpectedCounts(
            {
                band: expected_count(chances, band_of == band)
                for band in bands.counts[norm_set.code, each.informant, "second"]
                if band != OUTSIDE_NORM_SET
            },
            each.shows_expected,
        )
    return found


def _bands_of_second_scores(norm_set: NormSet, own: pl.DataFrame) -> NDArray[np.object_]:
    """The band that each of SECOND_SCORES would be in for each child, `(n, 41)`; found once for children of the same kind."""
    kinds = own.select("informant_code", "second_version_code", "second_age_years", "sex_code")
    each_kind = kinds.unique(maintain_order=True)
    scored = each_kind.join(pl.DataFrame({"points": SECOND_SCORES}), how="cross", maintain_order="left_right")
    codes = band_codes(norm_set, scored["points"].to_numpy(), **_second_forms(scored))
    by_kind = np.array(codes, dtype=object).reshape(each_kind.height, SECOND_SCORES.size)
    place = {kind: number for number, kind in enumerate(each_kind.iter_rows())}
    return by_kind[[place[kind] for kind in kinds.iter_rows()]]


def bands_table(
    context: ReportContext,
    bands: Bands,
    everything: ProtectedTable,
    *,
    expected: Mapping[tuple[str, str], ExpectedCounts],
) -> ProtectedTable:
    """Children per band before and after, and how many were to be expected after without help; the set's source and doubts under it.

    Two sets stand one under the other, not side by side: their bands differ in number and name, and not every set has bands for
    everybody who answered, so a row could not be one band of both.
    """
    titles = band_titles()
    rows = []
    for norm_set, informant in dict.fromkeys((code, informant) for code, informant, _ in bands.counts):
        title = next(each.title for each in bands.norm_sets if each.code == norm_set)
        cells = {
            occasion: _shown_bands(context, bands, everything, norm_set, informant, occasion) for occasion in _OCCASIONS
        }
        rows += [
            {
                "norm_set": title,
                "informant": informant,
                "band": titles[band],
                **{occasion: of_band[band] for occasion, of_band in cells.items()},
                "expected": _expected_band(
                    expected.get((norm_set, informant)), band, [of_band[band] for of_band in cells.values()]
                ),
            }
            for band in bands.counts[norm_set, informant, "first"]
        ]
    notes = [
        f"{each.title[:1].upper()}{each.title[1:]}: {each.doubt}. Kilde til grænserne: {each.source}."
        for each in bands.norm_sets
    ]
    return protect(
        rows,
        table_id="sdq_bands",
        title="Børn efter bånd ved første og anden måling",
        columns=(
            TableColumn("norm_set", "Normsæt", "label"),
            TableColumn("informant", "Svar fra", "label"),
            TableColumn("band", "Bånd", "label"),
            TableColumn("first", "Første måling", "count"),
            TableColumn("second", "Anden måling", "count"),
            EXPECTED_COLUMN,
        ),
        source=with_expectation(
            context, f"{source_of(context)} {_LOWER_BY_THEMSELVES} {EXPECTED_NOTE} {' '.join(notes)}"
        ),
        rule=context.rule,
    )


def _expected_band(expected: ExpectedCounts | None, band: str, observed: Sequence[Cell]) -> Cell:
    """What was to be expected in a band; of those that the set is not for it is the same children."""
    if band == OUTSIDE_NORM_SET:
        return next((cell for cell in observed if cell.status is not CellStatus.SHOWN), observed[-1])
    return _HIDDEN if expected is None else expected.cell(band, observed)


def is_too_near(context: ReportContext, bands: Bands, norm_set: str, informant: str, occasion: str) -> bool:
    """Whether a second set's counts, beside the main set's, would tell of a few children between two limits."""
    main = bands.norm_sets[0].code
    if norm_set == main or (main, informant, occasion) not in bands.counts:
        return False
    one, other = (list(accumulate(bands.counts[code, informant, occasion].values())) for code in (main, norm_set))
    return any(context.rule.hides_count(abs(first - second)) for first, second in product(one, other))


def _shown_bands(
    context: ReportContext, bands: Bands, everything: ProtectedTable, norm_set: str, informant: str, occasion: str
) -> dict[str, Cell]:
    """The protected count per band; a second set shows nothing beside a main set that it could tell more of."""
    main = bands.norm_sets[0].code
    own = _protected(bands, everything, norm_set, informant, occasion)
    if norm_set == main or (main, informant, occasion) not in bands.counts:
        return own
    both = [*own.values(), *_protected(bands, everything, main, informant, occasion).values()]
    hides = any(cell.status is CellStatus.HIDDEN for cell in both) or is_too_near(
        context, bands, norm_set, informant, occasion
    )
    return dict.fromkeys(own, _HIDDEN) if hides else own


def _protected(
    bands: Bands, everything: ProtectedTable, norm_set: str, informant: str, occasion: str
) -> dict[str, Cell]:
    return {
        band: everything.cell("part_count", informant=informant, division=_division(norm_set, occasion), group=band)
        for band in bands.counts[norm_set, informant, occasion]
    }


# ── clinical change ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Clinical:
    """Children of one informant who changed clearly *and* crossed the main set's limit, and how many would without help."""

    informant: str
    recovered_count: int
    deteriorated_count: int
    expected: ExpectedCounts


def clinical_changes(pairs: pl.DataFrame, bands: Bands, reliable: Sequence[Reliable]) -> list[Clinical]:
    """Clinically significant change per informant by the main norm set; informants without limits are left out.

    Each form is held against its own limit, by the child's age and form then. A child for whom the set has no limit at one of
    the forms crosses none.
    """
    found = []
    clear = {each.informant: each for each in reliable}
    for code, informant in by_pairs(pairs):
        own = pairs.filter((pl.col("informant_code") == code) & pl.col("is_paired"))
        if informant not in clear or not _band_order(bands.norm_sets[0], code):
            continue
        before = raised_limits(bands.norm_sets[0], **_first_forms(own))
        after = raised_limits(bands.norm_sets[0], **_second_forms(own))
        change = clinical_change(
            own["first_total_points"].cast(pl.Float64).to_numpy(),
            own["second_total_points"].cast(pl.Float64).to_numpy(),
            clear[informant].inputs.rule,
            first_raised_from_points=before,
            second_raised_from_points=after,
        )
        expected = _expected_to_cross(own, clear[informant], before=before, after=after)
        found.append(Clinical(informant, change.recovered_count, change.deteriorated_count, expected))
    return found


def _expected_to_cross(own: pl.DataFrame, clear: Reliable, *, before: Points, after: Points) -> ExpectedCounts:
    """How many are to be expected each way without help, by the rule of `clinical_change` for each possible second score."""
    first = own["first_total_points"].cast(pl.Float64).to_numpy()
    rule, chances = clear.inputs.rule, chances_of_second_points(own, clear)
    change = SECOND_SCORES - first[:, np.newaxis]
    has_limits = ~(np.isnan(before) | np.isnan(after))[:, np.newaxis]
    started, ended = (first >= before)[:, np.newaxis], after[:, np.newaxis] <= SECOND_SCORES
    recovers = has_limits & started & ~ended & rule.is_fall(change)
    deteriorates = has_limits & ~started & ended & rule.is_rise(change)
    counts = {FEWER: expected_count(chances, recovers), MORE: expected_count(chances, deteriorates)}
    return ExpectedCounts(counts, clear.shows_expected)


def clinical_parts(changes: Sequence[Clinical], reliable: Sequence[Reliable]) -> list[Part]:
    """Those who crossed the limit and those who did not, of the children with a clear change each way."""
    clear = {each.informant: each.counts for each in reliable}
    parts = []
    for each in changes:
        for outcome, crossed in ((FEWER, each.recovered_count), (MORE, each.deteriorated_count)):
            division, whole = f"{outcome}, grænsen", clear[each.informant][outcome]
            parts += [
                Part(each.informant, division, _CROSSED, crossed, of="part_count", within=(OUTCOME, outcome)),
                Part(each.informant, division, _STAYED, whole - crossed, of="part_count", within=(OUTCOME, outcome)),
            ]
    return parts


def clinical_table(
    context: ReportContext, bands: Bands, changes: Sequence[Clinical], everything: ProtectedTable
) -> ProtectedTable | None:
    """Children with a clear change, those of them who also crossed the limit, and how many would without help, each way."""
    rows: list[dict[str, Any]] = []
    for each, outcome in product(changes, (FEWER, MORE)):
        clear, crossed = (
            everything.cell("part_count", informant=each.informant, division=division, group=group)
            for division, group in ((OUTCOME, outcome), (f"{outcome}, grænsen", _CROSSED))
        )
        # of a hidden few, even a 0 says something about every one of them
        crossed = crossed if clear.status is CellStatus.SHOWN else _HIDDEN
        expected = each.expected.cell(outcome, (clear, crossed))
        rows.append(
            {
                "informant": each.informant,
                "outcome": outcome,
                "clear": clear,
                "crossed": crossed,
                "expected": expected,
            }
        )
    if not rows:
        return None
    return protect(
        rows,
        table_id="sdq_clinical",
        title="Børn med en klar ændring, der også krydsede normsættets grænse",
        columns=(
            TableColumn("informant", "Svar fra", "label"),
            TableColumn("outcome", "Anden måling", "label"),
            TableColumn("clear", "Børn", "count"),
            TableColumn("crossed", "Krydsede også grænsen", "count"),
            replace(EXPECTED_COLUMN, title="Ventet at krydse uden indsats"),
        ),
        source=with_expectation(
            context,
            f"{source_of(context)} {_LOWER_BY_THEMSELVES} {EXPECTED_NOTE} Grænsen er fra {bands.norm_sets[0].title}, ved hver "
            "måling efter barnets alder og skema. Gælder sættet ikke for et barn ved en af målingerne, krydser det ingen grænse.",
        ),
        rule=context.rule,
    )


_HIDDEN: Final = Cell(None, CellStatus.HIDDEN)


def _division(norm_set: str, occasion: str) -> str:
    return f"bånd i {norm_set}, {occasion}"


def _band_order(norm_set: NormSet, informant_code: str) -> list[str]:
    """The set's bands of the total for one informant, the least worrying first; empty when it has none."""
    own = [band for band in norm_set.bands if band.scale_code == "total" and band.informant_code == informant_code]
    return list(dict.fromkeys(band.band_code for band in sorted(own, key=lambda band: band.band_number)))
