"""Reliable change beside what is expected anyway, scales, the British formula, and the children who were not measured again."""

import math
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.committee import wellbeing_changes as changes
from pipelines.committee.wellbeing_bands import Bands, Clinical, clinical_parts, clinical_table, is_too_near
from pipelines.committee.wellbeing_groups import SCALES, protect_groups
from pipelines.committee.wellbeing_worst_off import FEWEST_PUPILS, Window, worst_off_pairs
from pipelines.disclosure.table import CellStatus
from pipelines.measures.added_value import NoAddedValue
from pipelines.measures.reliable_change import ReliableChangeRule, expected_shares
from pipelines.sdq_norms.chosen import NormSet
from tests.committee.test_wellbeing_groups import context, many, pair, pairs_of

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
    assert "efter hukommelsen" in table.source  # what nobody has looked up is said


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
    rule = ReliableChangeRule(5.8, 0.82, "test")
    own = changes.with_own_spread(rule, first, second, 0.65)
    assert own.limit_points == pytest.approx(rule.limit_points)
    worsened = float((second - first >= rule.fewest_whole_points - 0.5).mean())
    expected = {
        name: expected_shares(first, each, population_mean=7.4, retest_correlation=0.65)[1]
        for name, each in (("own", own), ("population", rule))
    }
    assert expected["own"] == pytest.approx(worsened, abs=0.004)
    assert expected["population"] < worsened / 2


def test_too_few_children_keep_the_rule_as_it_is() -> None:
    rule = ReliableChangeRule(5.8, 0.82, "test")
    assert changes.with_own_spread(rule, np.array([14.0, 20.0]), np.array([10.0, 22.0]), 0.65) == rule


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
    assert "hvor meget, ved vi ikke" in table.source  # no expectation is made up for single scales


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
        (many("NORD", [-5] * 10, first=20, **scales(6, 5)), None, "kræver mindst 30 børn"),
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


def test_lost_children_begin_elsewhere_and_the_tipping_point_brings_the_fall_to_nothing() -> None:
    followed = many("NORD", [-4] * 15, first=14) + many("SYD", [-4] * 15, first=14)
    lost = [
        pair(f"{where}", 18, None, institution_code=f"{where}-{n % 2}") for where in ("NORD", "SYD") for n in range(5)
    ]
    rows = changes.lost_rows(context(), pairs_of(followed + lost))
    first = changes.lost_table(context(), rows)
    assert (first.values("followed"), first.values("lost")) == ([14], [18])
    table = changes.lost_change_table(context(), rows)
    # no spread among the followed, so the lost are expected to fall by 4 as well: 10 of 40 must do 4 x 40 / 10 points worse
    assert table.values("as_expected") == [-4]
    assert table.values("worse") == pytest.approx([-4 + 3 * 10 / 40], abs=0.051)
    assert table.values("tipping") == [16]


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
    crossed = [Clinical("Forældre", recovered_count=2, deteriorated_count=7)]
    parts = [*changes.reliable_parts(found), *clinical_parts(crossed, found)]
    table = clinical_table(context(), Bands(SETS, {}), crossed, protect_groups(context(), frame, parts))
    assert table is not None
    assert table.values("clear") == [24, 12]
    assert table.values("crossed") == [None, 7]


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
