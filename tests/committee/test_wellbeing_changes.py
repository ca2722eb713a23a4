"""Reliable change beside what is expected anyway, scales, the British formula, and the children who were not measured again."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.committee import wellbeing_changes as changes
from pipelines.committee import wellbeing_groups
from pipelines.committee.context import ReportContext
from pipelines.committee.wellbeing_bands import (
    Bands,
    Clinical,
    band_parts,
    bands_table,
    clinical_changes,
    clinical_parts,
    clinical_table,
    is_too_near,
    spans_in_bands,
)
from pipelines.committee.wellbeing_expected import ExpectedCounts
from pipelines.committee.wellbeing_groups import SCALES, SPREAD, STRENGTHS, protect_groups
from pipelines.committee.wellbeing_tables import follow_up_table, spread_table
from pipelines.committee.wellbeing_worst_off import (
    FEWEST_PUPILS,
    Group,
    Window,
    worst_off_group,
    worst_off_pairs,
    worst_off_table,
)
from pipelines.disclosure.attack import find_pinned
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import Total
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.measures.added_value import NoAddedValue
from pipelines.measures.reliable_change import ReliableChangeRule, expected_shares
from pipelines.measures.sdq import line_from_retest
from pipelines.sdq_norms.bands import scale_titles, shipped_bands
from pipelines.sdq_norms.chosen import NormSet
from tests.committee.test_wellbeing_groups import context, many, own_line, pair, pairs_of

LINE = line_from_retest(population_mean=7.4, population_sd_points=5.8, retest_correlation=0.65)
RULE = ReliableChangeRule(5.8, 0.82, "test")
WINDOW = Window(90, 270)


def scales(first: int, second: int) -> dict[str, int]:
    return {
        f"{when}_{scale}_points": value for scale in SCALES for when, value in (("first", first), ("second", second))
    }


def test_clear_changes_are_counted_beside_expectation_and_error_and_sum_to_the_pairs() -> None:
    # parents, alpha: clear from 7 points on
    nord = many("NORD", [-7] * 8 + [-6] * 10 + [7] * 6)
    syd = many("SYD", [-7] * 8 + [-6] * 10 + [7] * 6)
    frame = pairs_of(nord + syd)
    found = changes.reliable_changes(context(), frame)
    table = changes.reliable_table(context(), found, protect_groups(context(), frame, changes.reliable_parts(found)))
    assert table is not None
    assert dict(zip(table.values("outcome"), table.values("children_count"), strict=True)) == {
        changes.FEWER: 8 + 8,
        changes.SAME: 10 + 10,
        changes.MORE: 6 + 6,
    }
    assert table.cell("share_pct", informant="Forældre", outcome=changes.FEWER).value == pytest.approx(100 * 16 / 48)
    assert sum(table.values("expected_pct")) == pytest.approx(100)
    error = 100 * 0.5 * math.erfc(1.96 / math.sqrt(2))
    assert table.values("error_pct") == pytest.approx([error, 100 - 2 * error, error])
    assert "mindst 7 point" in table.source
    assert "ikke efterset i kilden" in table.source  # what nobody has looked up is said


def test_each_informants_limit_has_its_own_grounds_under_the_table() -> None:
    rows = many("NORD", [-7] * 20) + many("SYD", [-6] * 20)
    frame = pairs_of(rows + [row | {"informant_code": code} for row in rows for code in ("teacher", "self")])
    found = changes.reliable_changes(context(), frame)
    table = changes.reliable_table(context(), found, protect_groups(context(), frame, changes.reliable_parts(found)))
    assert table is not None
    sources = {each.informant: each.inputs.rule.source for each in found}
    assert len(set(sources.values())) > 1, "or there is nothing to tell apart"
    for informant, source in sources.items():
        (said,) = (part for part in table.source.split("Grundlag for ")[1:] if informant.lower() in part.split(":")[0])
        assert f": {source}." in said


def test_a_few_with_a_clear_change_are_hidden_with_their_share_and_interval() -> None:
    frame = pairs_of(many("NORD", [-7] * 2 + [0] * 20) + many("SYD", [0] * 22))
    found = changes.reliable_changes(context(), frame)
    table = changes.reliable_table(context(), found, protect_groups(context(), frame, changes.reliable_parts(found)))
    assert table is not None
    row = table.find(informant="Forældre", outcome=changes.FEWER)
    assert {row[table.column_index(name)].status for name in ("children_count", "share_pct", "low_pct")} == {
        CellStatus.HIDDEN
    }


def test_where_scores_spread_more_than_the_population_the_expected_shares_follow_and_the_limit_stays() -> None:
    """Regression to the mean alone, but with a wider spread at high scores: nothing may look like harm."""
    rng = np.random.default_rng(7)
    first = rng.normal(16.5, 3, 40_000)
    second = 7.4 + 0.65 * (first - 7.4) + rng.normal(0, 5.3, first.size)
    own = changes.line_with_own_spread(LINE, first, second, RULE)
    assert replace(own, residual_sd_points=LINE.residual_sd_points) == LINE
    worsened = float((second - first >= RULE.fewest_whole_points - 0.5).mean())
    expected = {name: expected_shares(first, RULE, each)[1] for name, each in (("own", own), ("population", LINE))}
    assert expected["own"] == pytest.approx(worsened, abs=0.004)
    assert expected["population"] < worsened / 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.array([14.0, 20.0]), np.array([10.0, 22.0])),  # too few
        (np.full(40, 16.0), np.arange(40.0)),  # no line can be drawn
        (np.arange(40.0), np.arange(40.0) - 3),  # less spread than the questionnaire's own error
    ],
)
def test_where_no_spread_can_be_told_the_line_stays_as_it_is(first: np.ndarray, second: np.ndarray) -> None:
    assert changes.line_with_own_spread(LINE, first, second, RULE) == LINE


def test_the_expected_shares_are_those_of_the_municipalitys_line_and_say_when_they_cannot_be_computed() -> None:
    rows = many("NORD", [-7] * 10 + [0] * 10) + many("SYD", [0] * 20)
    frame = pairs_of(rows)

    def table(frame: pl.DataFrame, **more: Any) -> ProtectedTable:
        opened = context(own_line(**more))
        found = changes.reliable_changes(opened, frame)
        made = changes.reliable_table(opened, found, protect_groups(opened, frame, changes.reliable_parts(found)))
        assert made is not None
        return made

    # at 16 one expects 10: clear from 7 points down, so at 9 or less; (9.5 - 10) / 4
    fewer = table(frame).cell("expected_pct", informant="Forældre", outcome=changes.FEWER).value
    assert fewer == pytest.approx(100 * 0.5 * math.erfc(0.5 / 4 / math.sqrt(2)), abs=0.5)
    assert "612 børn på venteliste, 2025." in table(frame).source
    for known, status in ((0, CellStatus.NOT_COMPUTABLE), (4, CellStatus.HIDDEN), (12, CellStatus.SHOWN)):
        partly = pairs_of([row | {"sex_code": "M" if n < known else None} for n, row in enumerate(rows)])
        shown = table(partly, boy_points=1)
        column = shown.column_index("expected_pct")
        assert {row[column].status for row in shown.rows} == {status}


def test_scales_are_shown_for_pairs_with_every_scale_and_their_number_is_hidden_when_few_are_left_out() -> None:
    complete = many("NORD", [-4] * 20, **scales(4, 3)) + many("SYD", [-4] * 20, **scales(6, 3))
    for left_out, status in ((3, CellStatus.HIDDEN), (6, CellStatus.SHOWN)):
        frame = pairs_of(complete + many("SYD", [-4] * left_out))
        everything = protect_groups(context(), frame, changes.scale_parts(frame))
        table = changes.scales_table(context(), frame, everything)
        assert table is not None
        row = table.find(informant="Forældre", scale="Emotionelle vanskeligheder")
        assert row[table.column_index("first")].value == (4 + 6) / 2
        assert row[table.column_index("change")].value == (-1 + -3) / 2
        assert row[table.column_index("shown_count")].status is status
    assert len(table.rows) == len(SCALES)
    # no expectation is made up for single scales; that there is none stands over the numbers
    assert "hvad man kunne vente uden indsats, ved vi ikke" in table.title


def test_the_scale_of_strengths_has_the_name_of_the_contract_everywhere() -> None:
    assert scale_titles()["prosocial"] == STRENGTHS
    # a column of numbers is too narrow for the whole word
    assert [title for _, title in wellbeing_groups.MEANS if title.startswith(STRENGTHS[: len("Sociale styrke")])] == [
        "Sociale styrker (0-10), første måling",
        "Sociale styrker (0-10), anden måling",
    ]


def test_totals_that_came_alone_make_no_scale_table() -> None:
    frame = pairs_of(many("NORD", [-4] * 20))
    assert changes.scales_table(context(), frame, protect_groups(context(), frame, changes.scale_parts(frame))) is None


def test_every_reason_for_no_british_number_is_said_in_danish_short_enough_for_a_table() -> None:
    assert set(changes.REASONS) == set(NoAddedValue)
    assert all(0 < len(words) <= 60 for words in changes.REASONS.values())


@pytest.mark.parametrize(
    ("rows", "value", "said"),
    [
        # 2.3 + .8 x 20 + .2 x 4 - .3 x 6 - 15 = 2.3
        (many("NORD", [-5] * 20, first=20, **scales(6, 5) | {"first_impact_points": 4}), 2.3, "–"),
        (many("NORD", [-5] * 20, first=10, **scales(6, 5)), None, "gælder kun børn med mange vanskeligheder"),
        (
            many("NORD", [-5] * 20, first=20, **scales(6, 5), days_between=100),
            None,
            "gælder kun 4-8 måneder mellem målingerne",
        ),
        (many("NORD", [-5] * 10, first=20, **scales(6, 5)), None, "kræver mindst 30 børn, som formlen gælder for"),
        (
            many("NORD", [-5] * 20, first=20, **scales(6, 5), is_second_follow_up_form=False),
            None,
            "kræver opfølgningsskemaet ved anden måling",
        ),
        (many("NORD", [-5] * 20, first=20, **scales(6, 5), age_years=17), None, "gælder kun børn på 5-16 år"),
        (
            many("NORD", [-5] * 20, first=20, informant_code="teacher", **scales(6, 5)),
            None,
            "gælder kun forældres svar",
        ),
    ],
)
def test_the_british_formula_gives_a_number_or_the_reason(
    rows: list[dict[str, Any]], value: float | None, said: str
) -> None:
    syd = [
        row | {"district_code": "SYD", "institution_code": row["institution_code"].replace("NORD", "SYD")}
        for row in rows
    ]
    frame = pairs_of(rows + syd)
    values = changes.added_values(frame)
    everything = protect_groups(context(), frame, changes.added_value_parts(frame, values))
    table = changes.added_value_table(context(), frame, values, everything)
    assert table is not None
    assert table.values("value") == [value]
    assert table.values("reason") == [said]


def test_lost_children_begin_elsewhere_and_the_tipping_point_brings_the_fall_to_the_expected_one() -> None:
    followed = many("NORD", [-4] * 15, first=14) + many("SYD", [-4] * 15, first=14)
    lost = [
        pair(f"{where}", 18, None, institution_code=f"{where}-{n % 2}") for where in ("NORD", "SYD") for n in range(5)
    ]
    waiting = [pair("SYD", 30, None, unpaired_reason_code="not_due") for _ in range(6)]  # of them nothing is known yet
    frame = pairs_of(followed + lost + waiting)
    everything = protect_groups(context(), frame)
    rows = changes.lost_rows(context(), frame, everything)
    first = changes.lost_table(context(), rows, everything)
    assert (first.values("lost_children"), first.values("followed"), first.values("lost")) == ([10], [14], [18])
    table = changes.lost_change_table(context(), rows)
    # no spread among the followed, so the lost are expected to fall by 4 as well
    assert table.values("as_expected") == [-4]
    # without help: all 40, the lost ones too, come .35 of the way from their first score to 7.4
    assert table.values("expected") == pytest.approx([0.35 * (7.4 - (30 * 14 + 10 * 18) / 40)], abs=0.051)
    assert table.values("worse") == pytest.approx([-4 + 3 * 10 / 40], abs=0.051)
    # for the fall of all to be the one to be expected, not for there to be none
    assert table.values("tipping") == pytest.approx([(0.35 * (7.4 - 15) + 4) * 40 / 10], abs=0.051)
    assert "hjælper ikke" in table.source
    assert "pr. barn" in first.source


def test_the_change_in_standard_deviations_has_the_sign_of_the_change_in_points() -> None:
    """30 of Nord rise by 1, 10 of Syd and of Vest fall by 1: by child (30 - 20) / 50 up, by district (1 - 1 - 1) / 3 down."""
    rows = [
        pair(district, first, first + change, institution_code=f"{district}-{n % 2}")
        for district, count, change in (("NORD", 30, 1), ("SYD", 10, -1), ("VEST", 10, -1))
        for n, first in enumerate([12, 14, 16, 18, 20, 13, 15, 17, 19, 21] * (count // 10))
    ]
    table = changes.standardised_table(context(), pairs_of(rows))
    assert table is not None
    spread = np.std([row["second_total_points"] for row in rows], ddof=1)
    assert table.values("g_av") == [pytest.approx(-1 / 3 / spread, abs=0.01)]


def test_the_interval_of_a_share_of_children_holds_the_printed_share_where_districts_differ_in_size() -> None:
    """Half of Nord's 60 changed clearly, none of the 20 in Syd and in Vest: 30 of 100, where the districts' mean is 17 %."""
    rows = many("NORD", [-12] * 30 + [0] * 30, first=24) + many("SYD", [0] * 20, first=24) + many("VEST", [0] * 20)
    frame = pairs_of(rows)
    found = changes.reliable_changes(context(), frame)
    interval = found[0].intervals[changes.FEWER]
    assert interval.value == 30 / 100
    assert interval.low is not None
    assert interval.high is not None
    assert interval.low < 0.3 < interval.high
    table = changes.reliable_table(context(), found, protect_groups(context(), frame, changes.reliable_parts(found)))
    assert table is not None
    assert "pr. barn" in table.source


def test_a_fall_no_larger_than_expected_has_no_tipping_point() -> None:
    rows = many("NORD", [-1] * 15, first=14) + many("SYD", [-1] * 15, first=14)
    rows += [pair("NORD", 18, None, institution_code=f"NORD-{n % 2}") for n in range(12)]
    frame = pairs_of(rows)
    table = changes.lost_change_table(context(), changes.lost_rows(context(), frame, protect_groups(context(), frame)))
    row = table.find(informant="Forældre")
    assert row[table.column_index("tipping")].status is CellStatus.NOT_COMPUTABLE
    assert "Det kan ikke beregnes, hvor faldet ikke er større end ventet" in table.source


def test_a_change_in_standard_deviations_stands_beside_the_expected_one() -> None:
    rng = np.random.default_rng(3)
    firsts = rng.integers(12, 22, size=60)
    rows = [
        pair(district, int(first), int(first) - 3 + int(noise), institution_code=f"{district}-{n % 2}")
        for n, (first, noise, district) in enumerate(
            zip(firsts, rng.integers(-4, 5, size=60), ["NORD", "SYD", "VEST"] * 20, strict=True)
        )
    ]
    table = changes.standardised_table(context(), pairs_of(rows))
    assert table is not None
    (g,), (expected,) = table.values("g_av"), table.values("expected")
    first, second = (np.array([row[name] for row in rows]) for name in ("first_total_points", "second_total_points"))
    spread = math.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2)
    shrink = 1 - 3 / (4 * 59 - 1)  # the usual short form of the exact correction
    assert g == pytest.approx(shrink * (second.mean() - first.mean()) / spread, abs=0.006)
    assert expected == pytest.approx(shrink * 0.35 * (7.4 - first.mean()) / spread, abs=0.006)
    own = changes.standardised_table(context(own_line()), pairs_of(rows))
    assert own is not None
    assert own.values("expected") == [pytest.approx(shrink * (2 - 0.5 * first.mean()) / spread, abs=0.006)]
    assert "612 børn" in own.source
    assert "612 børn" not in table.source


# ── bands ───────────────────────────────────────────────────────────────────────────────────────────────────────────

SETS = tuple(NormSet(code, f"sæt {code}", "tvivl", "kilde", ()) for code in ("et", "to"))


@pytest.mark.parametrize(
    ("other", "is_near"),
    [
        ([40, 30, 30], False),  # the same limits: nobody lies between
        ([43, 27, 30], True),  # three children between the two first limits
        ([50, 20, 30], False),
        ([40, 28, 32], True),  # two between the second limits
    ],
)
def test_a_second_set_is_hidden_where_few_children_lie_between_its_limits_and_the_first_sets(
    other: list[int], is_near: bool
) -> None:
    counts = {
        (code, "Forældre", "first"): dict(zip("abc", own, strict=True))
        for code, own in (("et", [40, 30, 30]), ("to", other))
    }
    assert is_too_near(context(), Bands(SETS, counts), "to", "Forældre", "first") is is_near
    assert not is_too_near(context(), Bands(SETS, counts), "et", "Forældre", "first")


def test_few_who_crossed_the_limit_are_hidden_with_those_who_did_not() -> None:
    frame = pairs_of(many("NORD", [-7] * 12 + [0] * 12) + many("SYD", [-7] * 12 + [8] * 12))
    found = changes.reliable_changes(context(), frame)
    without_help = ExpectedCounts({changes.FEWER: 3.2, changes.MORE: 1.5}, is_shown=True)
    crossed = [Clinical("Forældre", recovered_count=2, deteriorated_count=7, expected=without_help)]
    parts = [*changes.reliable_parts(found), *clinical_parts(crossed, found)]
    table = clinical_table(context(), Bands(SETS, {}), crossed, protect_groups(context(), frame, parts))
    assert table is not None
    assert table.values("clear") == [24, 12]
    assert table.values("crossed") == [None, 7]
    assert table.values("expected") == [None, 2]  # 1.5, half up; beside a hidden number it could tell of that


SET = NormSet(
    "sæt", "sæt et", "tvivl", "kilde", tuple(band for band in shipped_bands() if band.norm_set_code == "uk_3_bands")
)


def bands_of(frame: pl.DataFrame) -> Bands:
    """The bands as the mart counts them, in the British set of three bands: only children with a band both times."""
    titles = {"normal": (0, 13), "borderline": (14, 16), "abnormal": (17, 40)}
    forms = ["4-10", "11-17"]
    in_set = frame.filter(
        pl.col("is_paired") & pl.col("version_code").is_in(forms) & pl.col("second_version_code").is_in(forms)
    )
    outside = int(frame["is_paired"].sum()) - in_set.height
    counts = {
        occasion: {
            band: int(in_set[f"{occasion}_total_points"].is_between(*span).sum()) for band, span in titles.items()
        }
        | {"outside_norm_set": outside}
        for occasion in ("first", "second")
    }
    return Bands((SET,), {("sæt", "Forældre", occasion): own for occasion, own in counts.items()})


def test_a_second_form_outside_the_norm_set_crosses_no_limit() -> None:
    """20 -> 12 points: 12 children within the set both times recover; 8 answered an adults' form, or were adults, the second time."""
    inside = many("NORD", [-8] * 12, first=20)
    older = many("NORD", [-8] * 4, first=20, second_age_years=18) + many(
        "SYD", [-8] * 4, first=20, second_version_code="18+"
    )
    frame = pairs_of([*inside, *older, *many("SYD", [0] * 20)])
    (found,) = clinical_changes(frame, bands_of(frame), changes.reliable_changes(context(), frame))
    assert (found.recovered_count, found.deteriorated_count) == (12, 0)


def with_bands_protected(rows: list[dict[str, Any]]) -> tuple[ProtectedTable, list[Total], Bands]:
    """The one protected table of these children, spans of points and bands in it, and every sum it was protected with."""
    frame, seen = pairs_of(rows), []
    bands = bands_of(frame)

    def watched(*arguments: Any, totals: Sequence[Total] = (), **named: Any) -> ProtectedTable:
        seen.extend(totals)
        return protect(*arguments, totals=totals, **named)

    crossed, ties = spans_in_bands(frame, bands)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wellbeing_groups, "protect", watched)
        everything = protect_groups(context(), frame, [*band_parts(bands), *crossed], ties=ties)
    return everything, seen, bands


def test_with_bands_the_spans_of_points_stay_in_the_distribution_and_the_follow_up() -> None:
    """Points 12, 15 and 20 are three bands and three spans; 16 children at 20 are followed up and 6 are lost."""
    rows = [
        *(row for place in ("NORD", "SYD") for first in (12, 15) for row in many(place, [-2] * 10, first=first)),
        *many("NORD", [-2] * 16, first=20),
        *(pair("SYD", 20, None, institution_code=f"SYD-{n % 2}") for n in range(6)),
    ]
    everything, _, bands = with_bands_protected(rows)
    spread = spread_table(context(), everything, "Forældre", expected=None)
    assert spread is not None
    assert dict(zip(spread.values("span"), spread.values("first"), strict=True))["20-24\u00a0point"] == 16
    table = bands_table(context(), bands, everything, expected={})
    assert table.values("first")[:3] == [20, 20, 16]
    assert "også uden indsats" in table.source
    follow = follow_up_table(context(), everything)
    by_span = {
        group: follow.cell("due_count", informant="Forældre", group=group).value for group in follow.values("group")
    }
    assert by_span["20-40\u00a0point"] == 22


def test_few_children_between_a_limit_and_the_edge_of_a_span_cannot_be_had_from_the_two() -> None:
    """Span 10-14 and the band up to 13: the 2 children of 14 points would be their difference."""
    rows = [row for place in ("NORD", "SYD") for first in (12, 16, 22) for row in many(place, [0] * 10, first=first)]
    rows += many("NORD", [0] * 2, first=14)
    everything, totals, bands = with_bands_protected(rows)
    assert find_pinned(everything, totals=totals, rule=context().rule) == []
    below_15 = everything.cell("part_count", informant="Forældre", division=SPREAD["first"], group="10-14\u00a0point")
    low_band = bands_table(context(), bands, everything, expected={}).cell(
        "first", informant="Forældre", band="inden for det almindelige"
    )
    assert CellStatus.HIDDEN in {below_15.status, low_band.status}


def test_bands_that_do_not_count_the_same_children_as_the_mart_are_refused() -> None:
    frame = pairs_of(many("NORD", [-2] * 20, first=20))
    bands = bands_of(frame)
    crossed, ties = spans_in_bands(frame.with_columns(version_code=pl.lit("2-4")), bands)
    with pytest.raises(ValueError, match="not the sum"):
        protect_groups(context(), frame, [*band_parts(bands), *crossed], ties=ties)


# ── the worst off ───────────────────────────────────────────────────────────────────────────────────────────────────


def grade(count: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"child_id": [f"c{n}" for n in range(count)], "school_year": ["2025/26"] * count, "grade_number": [3] * count}
    )


def form(child: int, informant: str, day: date, total: int) -> dict[str, Any]:
    return {
        "child_id": f"c{child}", "informant_code": informant, "answered_date": day, "total_points": total,
        "district_code": "NORD", "institution_code": "s", "school_year": "2025/26",
    }  # fmt: skip


def test_the_worst_fifth_is_chosen_on_one_form_and_its_change_taken_from_two_others() -> None:
    screens = [form(n, "teacher", date(2025, 9, 1), n) for n in range(FEWEST_PUPILS)]
    forms = [
        *screens,
        # the child with most points: two parents' forms half a year apart, and two later teachers' forms
        form(29, "parent", date(2025, 9, 1), 20),
        form(29, "parent", date(2026, 3, 1), 15),
        form(29, "teacher", date(2025, 10, 1), 18),
        form(29, "teacher", date(2026, 4, 1), 17),
        # a child in the middle is not among the worst; one of the worst has no second form in the window
        form(10, "parent", date(2025, 9, 1), 30),
        form(10, "parent", date(2026, 3, 1), 3),
        form(28, "parent", date(2025, 9, 1), 20),
        form(28, "parent", date(2025, 9, 20), 2),
    ]
    found = worst_off_pairs(grade(FEWEST_PUPILS), pl.DataFrame(forms), WINDOW)
    assert found.select("informant_code", "first_points", "second_points").rows() == [
        ("parent", 20, 15),
        ("teacher", 18, 17),
    ]


@pytest.mark.parametrize(("measured", "pupils"), [(20, 30), (25, 25)])
def test_without_a_whole_grade_of_some_size_nobody_is_called_worst_off(measured: int, pupils: int) -> None:
    forms = [form(n, "teacher", date(2025, 9, 1), n) for n in range(measured)]
    forms += [form(n, "parent", day, 20) for n in range(measured) for day in (date(2025, 9, 1), date(2026, 3, 1))]
    parents_only = pl.DataFrame(forms)
    assert worst_off_pairs(grade(pupils), parents_only, WINDOW).height == 0


def test_a_child_whose_score_many_share_is_not_among_the_worst() -> None:
    forms = [form(n, "teacher", date(2025, 9, 1), 12) for n in range(FEWEST_PUPILS)]
    forms += [form(n, "parent", day, 20) for n in range(3) for day in (date(2025, 9, 1), date(2026, 3, 1))]
    assert worst_off_pairs(grade(FEWEST_PUPILS), pl.DataFrame(forms), WINDOW).height == 0


def test_the_group_is_as_large_as_ties_and_two_screens_make_it() -> None:
    """Ties at the cut leave 4 of 40 (10 per cent); another 8 found by the parents make it 12 (30 per cent)."""
    teachers = [form(n, "teacher", date(2025, 9, 1), 30 if n >= 36 else 12) for n in range(40)]
    parents = [form(n, "parent", date(2025, 9, 2), 30 if n < 8 else 12) for n in range(40)]
    assert worst_off_group(grade(40), pl.DataFrame(teachers)) == Group(chosen_count=4, measured_count=40)
    assert worst_off_group(grade(40), pl.DataFrame(teachers + parents)) == Group(chosen_count=12, measured_count=40)


def worst_off_context(institutions: list[str | None], *, followed_from: int = 80) -> ReportContext:
    """A warehouse with 100 pupils of one grade, all screened by teachers; the last 19 are worst off.

    Those from `followed_from` on have two parents' forms each.
    """
    opened, pupils = context(), grade(100)
    forms = [form(n, "teacher", date(2025, 9, 1), min(40, n // 3)) for n in range(100)]
    forms += [
        form(n, "parent", day, total - n % 3) | {"institution_code": institutions[n % len(institutions)]}
        for n in range(followed_from, 100)
        for day, total in ((date(2025, 9, 2), 22), (date(2026, 3, 1), 18))
    ]
    pupils = pupils.with_columns(start_date=pl.lit(date(2025, 8, 1)), end_date=pl.lit(None, dtype=pl.Date))
    days = pl.DataFrame({"day_date": sorted({each["answered_date"] for each in forms})})
    days = days.with_columns(
        school_year=pl.lit("2025/26"), is_school_reference_date=pl.col("day_date") == date(2025, 9, 1)
    )
    columns = {"institution_code": pl.String}
    scores = pl.DataFrame(forms, schema_overrides=columns).drop("school_year")
    opened.connection.execute("CREATE SCHEMA core")
    for name, frame in (("fct_school_placement", pupils), ("dim_day", days), ("fct_sdq_score", scores)):
        opened.connection.register("drawn_rows", frame)
        opened.connection.execute(f"CREATE TABLE core.{name} AS SELECT * FROM drawn_rows")
        opened.connection.unregister("drawn_rows")
    return opened


@pytest.mark.parametrize(("institutions", "status"), [(["s", "t"], CellStatus.SHOWN), (["s", None], CellStatus.HIDDEN)])
def test_the_worst_offs_change_needs_two_known_institutions_and_says_why_nothing_is_expected(
    institutions: list[str | None], status: CellStatus
) -> None:
    table = worst_off_table(worst_off_context(institutions))
    assert table is not None
    row = table.find(informant="Forældre")
    assert row[table.column_index("children_count")].value in range(15, 21)
    assert row[table.column_index("change")].status is status
    assert "expected" not in [column.name for column in table.columns]
    assert "Hvor stort, står her ikke" in table.source


@pytest.mark.parametrize(
    ("followed_from", "share"),
    [
        (80, 0.19),  # scores n // 3: 19 children have 27 points or more, 22 have 26
        (86, 0.19),  # 5 of the 19 have no later forms
        (83, None),  # 2 have none: the share and the number shown would tell of them
    ],
)
def test_the_real_share_of_the_worst_off_stands_where_they_are_shown(followed_from: int, share: float | None) -> None:
    table = worst_off_table(worst_off_context(["s", "t"], followed_from=followed_from))
    assert table is not None
    assert table.cell("group_share", informant="Forældre").value == share
    assert "ikke altid 15-20 procent" in table.source


def test_lost_children_of_one_known_institution_and_unknown_ones_have_no_mean_of_their_own() -> None:
    rows = many("NORD", [-4, -2] * 10) + many("SYD", [-4, -2] * 10)
    lost = [pair("NORD", 18, None, institution_code="NORD-1" if n % 2 else None) for n in range(12)]
    opened, frame = context(), pairs_of(rows + lost)
    everything = protect_groups(opened, frame)
    table = changes.lost_table(opened, changes.lost_rows(opened, frame, everything), everything)
    assert table.cell("lost", informant="Forældre").status is CellStatus.HIDDEN
