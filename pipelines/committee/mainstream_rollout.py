"""Did the share move where the adviser model began, and when it began? As far as the years and the dates can tell.

The districts that began in the same school year are one series, with a line before and one after. Districts that began at
different times can be held against each other. The section counts, and compares nothing (level 0), so no probability of chance is
told: only whether the dates could ever settle anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from scipy import special

from pipelines.committee.context import ReportContext
from pipelines.committee.mainstream_panel import (
    MainstreamPanel,
    computed_cell,
    district_panel,
    first_year,
    school_years_of,
)
from pipelines.disclosure.protect import HIDDEN, protect
from pipelines.disclosure.table import Cell, ProtectedTable, TableColumn
from pipelines.measures.adoption_permutation import FEWEST_YEARS, AdoptionEffect, NoEffect, adoption_permutation
from pipelines.measures.interrupted_series import (
    FEWEST_FOR_TEST,
    FEWEST_ON_EACH_SIDE,
    InterruptedSeries,
    NoTest,
    interrupted_series,
)
from pipelines.measures.intervals import Estimate
from pipelines.publish.danish import number, school_year, small_number
from pipelines.publish.share_series import ShareSeries

_STARTS: Final = """
SELECT district_code, min(start_date) AS start_date, max(coalesce(end_date, DATE '9999-12-31')) AS end_date
FROM core.fct_organisation
WHERE unit_kind_code = 'district' AND is_adviser_model AND start_date <= ?
GROUP BY district_code
ORDER BY district_code
"""
_REFERENCE_DAY: Final = (9, 30)
"""Month and day on which pupils are counted."""
_ON_EACH_SIDE: Final = small_number(FEWEST_ON_EACH_SIDE)
_NO_TEST: Final[Mapping[NoTest, str]] = {
    NoTest.TOO_FEW_ON_ONE_SIDE: f"For få skoleår: Der skal være mindst {_ON_EACH_SIDE} før og {_ON_EACH_SIDE} efter starten.",
    NoTest.TOO_FEW_POINTS: f"Med færre end {small_number(FEWEST_FOR_TEST)} skoleår er usikkerheden sat for smalt. "
    "Tallene afgør intet.",
    NoTest.NO_SPREAD: "Årene ligger præcis på linjerne. Så vides usikkerheden ikke.",
}
_LONG_SERIES: Final = "Også med mange skoleår er usikkerheden sat for smalt. Andet kan være sket samtidig."
_NOT_HELD: Final = "Distrikterne kan ikke holdes op mod hinanden:"
_NO_EFFECT: Final[Mapping[NoEffect, str]] = {
    NoEffect.TOO_FEW_YEARS: f"{_NOT_HELD} Det kræver mindst {small_number(FEWEST_YEARS)} skoleår.",
    NoEffect.NOT_IDENTIFIED: f"{_NOT_HELD} Alle begyndte samtidig.",
    NoEffect.TOO_MANY_CHOICES: f"{_NOT_HELD} Datoerne kan deles ud på for mange måder til at prøve dem alle.",
}
_NOBODY_BEGAN: Final = f"{_NOT_HELD} Ingen begyndte efter det første talte skoleår."
_JUMP, _SLOPE, _BOTH = "spring ved starten", "ændret hældning pr. år", "spring og hældning"
_HIDDEN_DISTRICT: Final = "Ikke alle distrikters tal kan vises. Derfor er der ikke regnet på dem."
_STOPPED: Final = "Distrikter, der er holdt op med rådgiver igen, er ikke med."


@dataclass(frozen=True)
class AdviserStarts:
    """The first year (that in which the school year begins) with an adviser on the day that pupils are counted, by district.

    stopped: the districts that have given the model up again; they are in none of the comparisons.
    """

    first_years: Mapping[str, int]
    stopped: frozenset[str]


def rollout_table(context: ReportContext, shares: ShareSeries) -> ProtectedTable | None:
    """For each school year in which districts began: the jump and the change of slope of their common share.

    Percentage points. Not computable with too few years on a side, and the source says so; None where no district has begun.
    """
    starts, panel = adviser_starts(context), district_panel(context, shares)
    years = [first_year(name) for name in school_years_of(shares)]
    if not starts.first_years:
        return None
    waves = {year: _wave(panel, starts, year) for year in sorted(set(starts.first_years.values()))}
    rows = [
        {
            "began": school_year(start),
            "districts": sum(year == start for year in starts.first_years.values()),
            "before": sum(year < start for year in years),
            "after": sum(year >= start for year in years),
            "part": part,
            **cells,
        }
        for start, found in waves.items()
        for part, cells in _parts(found).items()
    ]
    return protect(
        rows,
        table_id="mainstream_rollout",
        title="Andel uden for almen klasse før og efter, at distrikterne fik distriktsrådgiver (procentpoint)",
        columns=(
            TableColumn("began", "Første skoleår", "label"),
            TableColumn("districts", "Distrikter", "number"),
            TableColumn("before", "Skoleår før", "number"),
            TableColumn("after", "Skoleår efter", "number"),
            TableColumn("part", "Ændring", "label"),
            TableColumn("value", "Procentpoint", "number", decimals=1),
            TableColumn("low", "Usikkerhed fra", "number", decimals=1),
            TableColumn("high", "Usikkerhed til", "number", decimals=1),
        ),
        source=" ".join(
            [
                f"Kilde: {context.settings.municipality.name}s elevregister og organisering. Definition: KOM-1.",
                *_words(panel, starts, list(waves.values())),
            ]
        ),
        rule=context.rule,
    )


def adviser_starts(context: ReportContext) -> AdviserStarts:
    """When the adviser model began in each district, from `organisation`."""
    found = context.records(_STARTS, [context.as_of_date])
    years = {context.area_name(record["district_code"]): _year_under(record["start_date"]) for record in found}
    stopped = frozenset(
        context.area_name(record["district_code"]) for record in found if record["end_date"] < context.as_of_date
    )
    return AdviserStarts({name: year for name, year in years.items() if name not in stopped}, stopped)


def adoption_words(found: AdoptionEffect) -> str:
    """What districts that began at different times can tell: at level 0 never how likely chance is, only what it could be at least."""
    if found.reason is NoEffect.NOT_IDENTIFIED and found.adopter_count == 0:
        return _NOBODY_BEGAN
    if found.reason:
        return _NO_EFFECT[found.reason]
    assert found.test is not None, "an effect without a test has a reason"
    return (
        "Ikke alle distrikter begyndte samtidig, men intet er afgjort. De samme datoer kunne være delt ud på "
        f"{number(found.test.choice_count)} måder. Selv det mest usædvanlige udfald ville komme ved et tilfælde i mindst "
        f"{number(100 * found.test.smallest_p_value, 1)} af 100 tilfælde."
    )


def _year_under(start: date) -> int:
    """The year whose 30 September is the first with the model."""
    return start.year + ((start.month, start.day) > _REFERENCE_DAY)


def _wave(panel: MainstreamPanel | None, starts: AdviserStarts, start: int) -> InterruptedSeries | None:
    """The common share of the districts that began in the year, in percent; None where counts are hidden."""
    if panel is None:
        return None
    began = [starts.first_years.get(name) == start for name in panel.districts]
    outside, pupils = (counts[began].sum(axis=0).astype(float) for counts in (panel.outside, panel.pupils))
    shares = np.divide(100 * outside, pupils, out=np.full(pupils.shape, np.nan), where=pupils > 0)
    return interrupted_series(shares, panel.years, start=start)


def _parts(found: InterruptedSeries | None) -> dict[str, dict[str, Cell]]:
    """A row for the jump and one for the slope; one for both where there is neither."""
    if found is None:
        return {_BOTH: dict.fromkeys(("value", "low", "high"), HIDDEN)}
    if found.method is None:
        return {_BOTH: _cells(found.level_change.estimate)}
    return {_JUMP: _cells(found.level_change.estimate), _SLOPE: _cells(found.slope_change.estimate)}


def _cells(estimate: Estimate) -> dict[str, Cell]:
    numbers = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {name: computed_cell(value, decimals=1) for name, value in numbers.items()}


def _words(
    panel: MainstreamPanel | None, starts: AdviserStarts, waves: Sequence[InterruptedSeries | None]
) -> list[str]:
    stopped = [_STOPPED] if starts.stopped else []
    if panel is None:
        return [_HIDDEN_DISTRICT, *stopped]
    told = [_NO_TEST[found.no_test] if found.no_test else _LONG_SERIES for found in waves if found is not None]
    return [*dict.fromkeys(told), adoption_words(_adoption(panel, starts)), *stopped]


def _adoption(panel: MainstreamPanel, starts: AdviserStarts) -> AdoptionEffect:
    """Of the logits, with half a pupil on both sides so that none is infinite."""
    kept = [name not in starts.stopped for name in panel.districts]
    outside, pupils = panel.outside[kept], panel.pupils[kept]
    logits = np.where(pupils > 0, special.logit((outside + 0.5) / (pupils + 1)), np.nan)
    first_years = [starts.first_years.get(name) for name in panel.districts if name not in starts.stopped]
    return adoption_permutation(
        logits, [None if first is None else sum(year < first for year in panel.years) for first in first_years]
    )
