"""How many children lie in each band of a chosen norm set, before and after? Nothing unless the municipality chose one.

From marts.mart_sdq_band_counts. Bands cut the same points as the report's own spans of points, at other places: a reader could
subtract one from the other. So where bands stand, they take the spans' place, also in the follow-up by first score; and of two
sets side by side the second is hidden where its limits lie so near the first's that the children between could be counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, product
from typing import Any, Final

import polars as pl

from pipelines.committee.context import ReportContext
from pipelines.committee.wellbeing_changes import FEWER, MORE, OUTCOME, Reliable
from pipelines.committee.wellbeing_groups import FIRST_SCORE, Part, by_pairs, source_of
from pipelines.disclosure.protect import protect
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.measures.reliable_change import clinical_change
from pipelines.sdq_norms.bands import band_titles
from pipelines.sdq_norms.chosen import NormSet, chosen_norm_sets
from pipelines.sdq_norms.limits import band_codes, raised_limits
from pipelines.sdq_norms.vocabulary import UNBANDED_TITLES

_COUNTS: Final = """
SELECT norm_set_code, informant_code, occasion, band_code, children_count
FROM marts.mart_sdq_band_counts
WHERE scale_code = 'total' AND area_kind = 'municipality'
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

    An informant that a set has no limits for has no counts in it.
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
        own = {band: found.get((norm_set.code, code, occasion, band), 0) for band in (*order, *UNBANDED_TITLES)}
        if order:
            counts[norm_set.code, informant, occasion] = own
    return Bands(norm_sets, counts)


def band_parts(bands: Bands) -> list[Part]:
    """The counts per band, which sum to the children measured twice."""
    return [
        Part(informant, _division(norm_set, occasion), band, count)
        for (norm_set, informant, occasion), own in bands.counts.items()
        for band, count in own.items()
    ]


def with_first_bands(pairs: pl.DataFrame, bands: Bands) -> pl.DataFrame:
    """The pairs with the band of the first form in the place of its span of points, for every informant that has bands."""
    dividing = _dividing_sets(bands)
    for code, informant in by_pairs(pairs):
        if informant in dividing:
            is_own = pl.col("informant_code") == code
            own, norm_set = pairs.filter(is_own), dividing[informant]
            found = band_codes(norm_set, own["first_total_points"].cast(pl.Float64).to_numpy(), **_first_forms(own))
            titles = {band: _first_band_title(band) for band in dict.fromkeys(found)}
            banded = own.with_columns(pl.Series(FIRST_SCORE, [titles[band] for band in found], dtype=pl.String))
            pairs = pl.concat([pairs.filter(~is_own), banded])
    return pairs


def first_band_groups(bands: Bands) -> dict[str, dict[str, tuple[str, str]]]:
    """Per informant with bands: the groups by band at the first form, each with the part that counts its pairs."""
    return {
        informant: {
            _first_band_title(band): (_division(norm_set.code, "first"), band)
            for band in bands.counts[norm_set.code, informant, "first"]
        }
        for informant, norm_set in _dividing_sets(bands).items()
    }


def first_bands_note(bands: Bands | None) -> str:
    """Which set the bands at the first form are from, for the table divided by them; empty without bands."""
    titles = dict.fromkeys(each.title for each in _dividing_sets(bands).values()) if bands else {}
    return f"Første måling er delt efter bånd: {' og '.join(titles)}." if titles else ""


def _dividing_sets(bands: Bands) -> dict[str, NormSet]:
    """Per informant the set that divides its children by their first form: the main one, or the second where only that has bands."""
    informants = dict.fromkeys(informant for _, informant, _ in bands.counts)
    return {
        informant: next(each for each in bands.norm_sets if (each.code, informant, "first") in bands.counts)
        for informant in informants
    }


def _first_band_title(band: str) -> str:
    return f"{FIRST_SCORE}: {band_titles()[band]}"


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


def bands_table(context: ReportContext, bands: Bands, everything: ProtectedTable) -> ProtectedTable:
    """Children per band before and after, per set and informant; the set's source and doubts under it."""
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
            TableColumn("first", "Første måling", "number"),
            TableColumn("second", "Anden måling", "number"),
        ),
        source=f"{source_of(context)} {_LOWER_BY_THEMSELVES} {' '.join(notes)}",
        rule=context.rule,
    )


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
    """Children of one informant who changed clearly *and* crossed the main set's limit, each way."""

    informant: str
    recovered_count: int
    deteriorated_count: int


def clinical_changes(pairs: pl.DataFrame, bands: Bands, reliable: Sequence[Reliable]) -> list[Clinical]:
    """Clinically significant change per informant by the main norm set; informants without limits are left out.

    Each form is held against its own limit, by the child's age and form then. A child for whom the set has no limit at one of
    the forms crosses none.
    """
    found = []
    rules = {each.informant: each.inputs.rule for each in reliable}
    for code, informant in by_pairs(pairs):
        own = pairs.filter((pl.col("informant_code") == code) & pl.col("is_paired"))
        if informant not in rules or not _band_order(bands.norm_sets[0], code):
            continue
        change = clinical_change(
            own["first_total_points"].cast(pl.Float64).to_numpy(),
            own["second_total_points"].cast(pl.Float64).to_numpy(),
            rules[informant],
            first_raised_from_points=raised_limits(bands.norm_sets[0], **_first_forms(own)),
            second_raised_from_points=raised_limits(bands.norm_sets[0], **_second_forms(own)),
        )
        found.append(Clinical(informant, change.recovered_count, change.deteriorated_count))
    return found


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
    """Children with a clear change, and those of them who also crossed the limit, each way."""
    rows: list[dict[str, Any]] = []
    for each, outcome in product(changes, (FEWER, MORE)):
        clear, crossed = (
            everything.cell("part_count", informant=each.informant, division=division, group=group)
            for division, group in ((OUTCOME, outcome), (f"{outcome}, grænsen", _CROSSED))
        )
        # of a hidden few, even a 0 says something about every one of them
        crossed = crossed if clear.status is CellStatus.SHOWN else _HIDDEN
        rows.append({"informant": each.informant, "outcome": outcome, "clear": clear, "crossed": crossed})
    if not rows:
        return None
    return protect(
        rows,
        table_id="sdq_clinical",
        title="Børn med en klar ændring, der også krydsede normsættets grænse",
        columns=(
            TableColumn("informant", "Svar fra", "label"),
            TableColumn("outcome", "Anden måling", "label"),
            TableColumn("clear", "Børn", "number"),
            TableColumn("crossed", "Krydsede også grænsen", "number"),
        ),
        source=f"{source_of(context)} {_LOWER_BY_THEMSELVES} Grænsen er fra {bands.norm_sets[0].title}, ved hver måling efter "
        "barnets alder og skema. Børn, der er uden for sættet ved en af målingerne, krydser ingen grænse.",
        rule=context.rule,
    )


_HIDDEN: Final = Cell(None, CellStatus.HIDDEN)


def _division(norm_set: str, occasion: str) -> str:
    return f"bånd i {norm_set}, {occasion}"


def _band_order(norm_set: NormSet, informant_code: str) -> list[str]:
    """The set's bands of the total for one informant, the least worrying first; empty when it has none."""
    own = [band for band in norm_set.bands if band.scale_code == "total" and band.informant_code == informant_code]
    return list(dict.fromkeys(band.band_code for band in sorted(own, key=lambda band: band.band_number)))
