"""Change by group of children: right numbers, one whole everywhere, and no hidden count that the sums around it give away."""

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise, product
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipelines.committee import wellbeing_groups
from pipelines.committee.context import WHOLE_MUNICIPALITY, ReportContext
from pipelines.committee.wellbeing_groups import (
    AGE,
    CHANGE_DIVISIONS,
    DISTRICT,
    EDUCATION,
    EVERYBODY,
    FIRST_SCORE,
    MODEL,
    REASON,
    SCALES,
    SEX,
    SOCIAL,
    SPREAD,
    Part,
    district_labels,
    over_districts,
    protect_groups,
    spread_bins,
)
from pipelines.disclosure.attack import find_pinned
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import Total
from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.sdq_norms.expectation import load_expectations, read_expectations
from tests.committee.conftest import settings_of

ASSUMED = (
    "antagelse (gennemsnit 7,4 point, sammenhæng 0,65) og ikke på danske børn. Er børnene fundet tidligt eller på andres svar, kan "
    "man vente et mindre fald."
)
NAMES = {"NORD": "Nord", "SYD": "Syd", "VEST": "Vest"}


def context(*expectation: dict[str, Any]) -> ReportContext:
    """The context of a warehouse that holds nothing but what is expected without help."""
    chosen = settings_of(sdq={"expectation": expectation})
    connection = duckdb.connect()
    load_expectations(connection, chosen.sdq.expectation)
    return ReportContext(connection, chosen, date(2026, 9, 30), NAMES)


def own_line(**more: Any) -> dict[str, Any]:
    """A line of the municipality's: 2 + .5 x first."""
    plain = {"informant": "parent", "intercept_points": 2, "per_first_point": 0.5, "residual_sd_points": 4}
    return {**plain, "source": "612 børn på venteliste, 2025.", **more}


def pair(district: str, first: int, second: int | None, **more: Any) -> dict[str, Any]:
    """One first form of a girl of 8 in an ordinary class, followed up unless `second` is None."""
    plain = {
        "informant_code": "parent", "version_code": "4-10", "institution_code": f"{district}-{first % 2}",
        "district_code": district, "model_code": "district_adviser", "sex_code": "K", "age_years": 8, "social_rung": 0,
        "education_rung": 0, "days_between": None if second is None else 180, "is_paired": second is not None,
        "unpaired_reason_code": None if second is not None else "no_second_form",
        "second_version_code": None if second is None else "4-10", "second_age_years": None if second is None else 8,
        "is_second_follow_up_form": None if second is None else True,
        "first_total_points": first, "second_total_points": second,
    }  # fmt: skip
    scales = {f"{occasion}_{scale}_points": None for scale in SCALES for occasion in ("first", "second")}
    return plain | scales | more


def pairs_of(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """The frame `read_pairs` gives, from drawn rows."""
    columns: dict[str, Any] = {
        name: pl.Int64 for name in rows[0] if name.endswith(("_points", "_rung", "_years", "_between"))
    }
    columns |= {name: pl.String for name in rows[0] if name.endswith("_code")}
    return wellbeing_groups.with_divisions(pl.DataFrame(list(rows), schema_overrides=columns), NAMES)


def many(district: str, changes: Sequence[int], *, first: int = 16, **more: Any) -> list[dict[str, Any]]:
    """Children of one district with these changes, in two institutions."""
    return [
        pair(district, first, first + change, **({"institution_code": f"{district}-{number % 2}"} | more))
        for number, change in enumerate(changes)
    ]


def cell(table: ProtectedTable, column: str, division: str, group: str, informant: str = "Forældre") -> Any:
    return table.cell(column, informant=informant, division=division, group=group)


def test_means_are_of_districts_means_and_the_interval_is_over_districts() -> None:
    nord, syd, vest = [-4] * 10, [-2] * 30, [0] * 10
    everything = protect_groups(context(), pairs_of(many("NORD", nord) + many("SYD", syd) + many("VEST", vest)))
    whole = {
        name: cell(everything, name, EVERYBODY, WHOLE_MUNICIPALITY).value
        for name in ("change_mean_points", "low", "high")
    }
    error = stats.tstd([-4, -2, 0]) / math.sqrt(3)
    half = stats.t.ppf(0.975, 2) * error
    assert whole == {
        "change_mean_points": (-4 + -2 + 0) / 3,
        "low": pytest.approx(-2 - half, abs=0.05),
        "high": pytest.approx(-2 + half, abs=0.05),
    }
    # 16 points; population 7.4, retest .65
    assert cell(everything, "expected_change_points", EVERYBODY, WHOLE_MUNICIPALITY).value == pytest.approx(
        (1 - 0.65) * (7.4 - 16), abs=0.05
    )
    assert cell(everything, "change_mean_points", DISTRICT, "Nord").value == -4


def test_a_line_of_ones_own_takes_the_place_of_the_assumption_for_its_informant_and_the_table_says_so() -> None:
    children = many("NORD", [-4] * 10, first=20) + many("SYD", [-2] * 30)
    rows = children + [row | {"informant_code": "teacher"} for row in children]
    everything = protect_groups(context(own_line()), pairs_of(rows))

    def expected(informant: str) -> Any:
        return cell(everything, "expected_change_points", EVERYBODY, WHOLE_MUNICIPALITY, informant).value

    # districts' means: 2 + 20 / 2 - 20 and 2 + 16 / 2 - 16
    assert expected("Forældre") == (-8 + -6) / 2
    assert expected("Lærere og pædagoger") == pytest.approx((1 - 0.65) * (7.4 - (20 + 16) / 2), abs=0.05)
    assert everything.source.endswith(
        "Det ventede for forældre er regnet ud fra børn uden indsats: 612 børn på venteliste, 2025. "
        f"For de andre bygger det på en {ASSUMED}"
    )
    assert "antagelse" not in protect_groups(context(), pairs_of(rows)).source


def test_the_expectation_by_sex_is_each_childs_and_those_of_unknown_sex_are_not_in_it() -> None:
    girls, boys, unknown = (
        many("NORD", [-2] * 12, first=first, sex_code=sex) for first, sex in ((16, "K"), (16, "M"), (30, None))
    )
    everything = protect_groups(context(own_line(boy_points=3)), pairs_of(girls + boys + unknown))

    def expected(group: str) -> Any:
        return cell(everything, "expected_change_points", EVERYBODY if group == WHOLE_MUNICIPALITY else SEX, group)

    assert (expected("Piger").value, expected("Drenge").value) == (-6, -6 + 3)
    assert expected(WHOLE_MUNICIPALITY).value == (-6 + -3) / 2
    assert cell(everything, "first_mean_points", EVERYBODY, WHOLE_MUNICIPALITY).value == pytest.approx(62 / 3, abs=0.05)
    assert expected("Køn ikke oplyst").status is CellStatus.NOT_COMPUTABLE


@pytest.mark.parametrize(("known", "status"), [(0, CellStatus.NOT_COMPUTABLE), (4, CellStatus.HIDDEN)])
def test_an_expectation_of_a_few_children_is_hidden_though_the_group_is_shown(known: int, status: CellStatus) -> None:
    rows = many("NORD", [-2] * (20 - known), age_years=None) + many("NORD", [-2] * known)
    everything = protect_groups(context(own_line(per_year_of_age=0.1)), pairs_of(rows))
    assert cell(everything, "change_mean_points", DISTRICT, "Nord").value == -2
    assert cell(everything, "expected_change_points", DISTRICT, "Nord").status is status


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ([], f"Det ventede bygger på en {ASSUMED}"),
        (
            [own_line(informant=code) for code in ("parent", "teacher", "self")],
            "Det ventede er regnet ud fra børn uden indsats: 612 børn på venteliste, 2025.",
        ),
        (
            [own_line(informant="teacher"), own_line(informant="self", source="Elever i Prøveby")],
            "Det ventede for børnene selv er regnet ud fra børn uden indsats: Elever i Prøveby. "
            "Det ventede for lærere og pædagoger er regnet ud fra børn uden indsats: 612 børn på venteliste, 2025. "
            f"For de andre bygger det på en {ASSUMED}",
        ),
    ],
)
def test_what_the_expected_change_rests_on_is_said_in_words(own: list[dict[str, Any]], said: str) -> None:
    assert wellbeing_groups.expectation_note(read_expectations(context(*own).connection)) == said


def test_a_child_without_known_district_counts_but_is_in_no_mean() -> None:
    rows = many("NORD", [-4] * 12) + many("SYD", [-2] * 12) + many("VEST", [0] * 12)
    lost_track = [pair("NORD", 16, 36, district_code=None) for _ in range(6)]
    everything = protect_groups(context(), pairs_of(rows + lost_track))
    assert cell(everything, "children_count", EVERYBODY, WHOLE_MUNICIPALITY).value == 12 + 12 + 12 + 6
    assert cell(everything, "change_mean_points", EVERYBODY, WHOLE_MUNICIPALITY).value == (-4 + -2 + 0) / 3


def test_groups_are_named_in_words_and_unknown_ones_are_a_group() -> None:
    rows = (
        many("NORD", [-4] * 10, social_rung=None, education_rung=None, sex_code=None, model_code=None, age_years=None)
        + many("SYD", [-2] * 10, social_rung=2, education_rung=4, sex_code="M", age_years=17)
        + many("VEST", [-2] * 10, social_rung=6, education_rung=1, model_code="authority_caseworker", age_years=0)
        + many("VEST", [-2] * 10, social_rung=0, age_years=18)
        + many("VEST", [-2] * 10, social_rung=0, age_years=22)
    )
    everything = protect_groups(context(), pairs_of(rows))
    found = {
        division: [
            row[2].value for row in everything.rows if row[1].value == division and row[2].value != WHOLE_MUNICIPALITY
        ]
        for division in CHANGE_DIVISIONS
    }
    assert found == {
        MODEL: ["Distriktsrådgiver", "Model ikke oplyst", "Myndighedssagsbehandler"],
        # a child in no register is not a child without measures
        SOCIAL: ["Socialt trin 0 (ingen)", "Socialt trin 2", "Socialt trin 3-6", "Socialt trin ikke oplyst"],
        EDUCATION: [
            "Almen uden støtte (trin 0)",
            "Almen med støtte (trin 1-2)",
            "Uden for almen (trin 3-5)",
            "Plads ikke oplyst",
        ],
        AGE: ["0-5\u00a0år", "14-17\u00a0år", "18\u00a0år og derover", "Alder ikke oplyst"],
        SEX: ["Piger", "Drenge", "Køn ikke oplyst"],
    }


def test_an_unknown_institution_is_not_an_institution() -> None:
    """One known institution and children of unknown ones: too few institutions for a mean, whoever counts them."""
    rows = many("NORD", [-4, -2] * 10, institution_code="NORD-1") + many("NORD", [-3] * 10, institution_code=None)
    everything = protect_groups(context(), pairs_of(rows))
    assert cell(everything, "change_mean_points", DISTRICT, "Nord").status is CellStatus.HIDDEN
    assert wellbeing_groups.distinct_count(pairs_of(rows), "institution_code") == 1
    assert wellbeing_groups.distinct_count(pairs_of(rows).clear(), "institution_code") == 0


def test_the_unknown_institution_of_a_small_district_does_not_let_its_interval_through() -> None:
    """Syd has 12 children in one known institution and unknown ones: mean and interval would give its mean back."""
    rows = many("NORD", [-4, -3] * 10) + many("SYD", [-2] * 6, institution_code="SYD-1")
    rows += many("SYD", [-2] * 6, institution_code=None)
    everything = protect_groups(context(), pairs_of(rows))
    assert cell(everything, "change_mean_points", EVERYBODY, WHOLE_MUNICIPALITY).status is CellStatus.SHOWN
    assert cell(everything, "low", EVERYBODY, WHOLE_MUNICIPALITY).status is CellStatus.HIDDEN


@pytest.mark.parametrize(("vest", "status"), [(20, CellStatus.NOT_COMPUTABLE), (6, CellStatus.HIDDEN)])
def test_districts_that_agree_exactly_have_no_interval_and_are_not_told_when_one_of_them_is_small(
    vest: int, status: CellStatus
) -> None:
    """That there is no interval because all districts changed by -3 tells each district's mean."""
    rows = many("NORD", [-4, -2] * 10) + many("SYD", [-3] * 20) + many("VEST", [-4, -2] * (vest // 2))
    everything = protect_groups(context(), pairs_of(rows))
    assert cell(everything, "change_mean_points", EVERYBODY, WHOLE_MUNICIPALITY).value == -3
    assert cell(everything, "low", EVERYBODY, WHOLE_MUNICIPALITY).status is status


def test_an_interval_over_two_small_districts_is_hidden_since_it_gives_their_means_back() -> None:
    # twelve boys: six in either district, each too few to show; mean and interval would solve for both
    boys = many("NORD", [-4] * 6, sex_code="M") + many("SYD", [-2] * 6, sex_code="M")
    girls = many("NORD", [-3] * 20) + many("SYD", [-2] * 20) + many("VEST", [-3] * 20)
    everything = protect_groups(context(), pairs_of(boys + girls))
    assert cell(everything, "change_mean_points", SEX, "Drenge").value == -3
    assert cell(everything, "low", SEX, "Drenge").status is CellStatus.HIDDEN
    assert cell(everything, "low", SEX, "Piger").status is CellStatus.SHOWN


def test_a_group_without_pairs_says_hidden_and_not_that_it_is_empty() -> None:
    girls = many("NORD", [-3] * 20) + many("SYD", [-3] * 20) + many("VEST", [-3] * 20)
    boys = [pair("NORD", 16, None, sex_code="M") for _ in range(3)]
    everything = protect_groups(context(), pairs_of(girls + boys))
    assert cell(everything, "children_count", SEX, "Drenge").status is CellStatus.HIDDEN
    statuses = {
        cell(everything, name, SEX, "Drenge").status for name in ("first_mean_points", "change_mean_points", "low")
    }
    assert statuses == {CellStatus.HIDDEN}


def test_a_few_children_of_one_group_take_another_count_with_them_in_every_division() -> None:
    """Three of one model were lost: neither the other model's lost nor any division may tell how many that was."""
    followed = (
        many("NORD", [-3] * 20)
        + many("SYD", [-3] * 20)
        + many("VEST", [-3] * 20)
        + many("VEST", [-3] * 20, model_code="authority_caseworker")
    )
    lost = [pair("NORD", 16, None) for _ in range(9)] + [
        pair("VEST", 16, None, model_code="authority_caseworker") for _ in range(3)
    ]
    everything = protect_groups(context(), pairs_of(followed + lost))
    assert cell(everything, "lost_count", MODEL, "Myndighedssagsbehandler").status is CellStatus.HIDDEN
    assert cell(everything, "lost_count", MODEL, "Distriktsrådgiver").status is CellStatus.HIDDEN
    assert cell(everything, "lost_count", DISTRICT, "Vest").status is CellStatus.HIDDEN


def test_one_child_of_a_district_weighs_no_more_in_a_group_than_the_others() -> None:
    """Boys: 12 of Nord fell by 2, 12 of Syd by 4, one of Vest by 20: -2 and (-48 - 20) / 13, not a third from the one."""
    rows = many("NORD", [-2] * 12, sex_code="M") + many("SYD", [-4] * 12, sex_code="M")
    rows += many("VEST", [-20], first=30, sex_code="M") + many("VEST", [-2] * 20)
    everything = protect_groups(context(), pairs_of(rows))
    boys = (-2 * 12 - 20) / 13  # Nord and Syd are as large: the first by name takes the one
    assert cell(everything, "change_mean_points", SEX, "Drenge").value == pytest.approx((boys - 4) / 2, abs=0.05)
    whole = cell(everything, "change_mean_points", EVERYBODY, WHOLE_MUNICIPALITY).value
    assert whole == pytest.approx((-2 - 4 - (20 + 2 * 20) / 21) / 3, abs=0.05)
    # two districts left of three: their means would follow from an interval, but each could be shown
    assert cell(everything, "low", SEX, "Drenge").status is CellStatus.SHOWN


def test_a_label_is_pooled_among_the_pairs_that_a_mean_is_of() -> None:
    pairs = pairs_of(many("NORD", [-2] * 6) + many("SYD", [-4] * 6) + many("VEST", [-9] * 3))
    counted = np.array([True] * 6 + [True] * 2 + [False] * 4 + [True] * 3)
    assert [str(label) for label in district_labels(pairs, counted)[:8]] == ["NORD"] * 6 + ["('SYD', 'VEST')"] * 2
    values = np.where(counted, [-2.0] * 6 + [-4.0] * 6 + [-9.0] * 3, np.nan)
    assert over_districts(values, pairs).value == pytest.approx((-2 + (2 * -4 + 3 * -9) / 5) / 2)


def test_the_workspaces_own_limit_decides_how_wide_the_spans_are() -> None:
    own = pairs_of([pair("NORD", first, first) for first in (2, 7, 12, 17, 22, 30) for _ in range(6)])
    assert len(spread_bins(own, DisclosureRule())) == 6
    assert len(spread_bins(own, DisclosureRule(minimum_count=7))) == 3


def test_further_counts_of_the_same_children_sum_to_the_whole_or_are_refused() -> None:
    rows = many("NORD", [-3] * 20) + many("SYD", [-3] * 20)
    parts = [Part("Forældre", "Ny deling", "ja", 25), Part("Forældre", "Ny deling", "nej", 15)]
    everything = protect_groups(context(), pairs_of(rows), parts)
    assert cell(everything, "part_count", "Ny deling", "ja").value == 25
    with pytest.raises(ValueError, match="not the sum"):
        protect_groups(context(), pairs_of(rows), [parts[0]])


informants = st.sampled_from(["parent", "teacher"])
districts = st.sampled_from(["NORD", "SYD", "VEST", None])
children = st.builds(
    lambda first, change, followed, due, **more: pair(
        more["district_code"] or "NORD",
        first,
        min(40, max(0, first + change)) if followed else None,
        unpaired_reason_code=None if followed else "no_second_form" if due else "not_due",
        **more,
    ),
    first=st.integers(0, 40),
    change=st.integers(-12, 12),
    followed=st.sampled_from([True, True, True, False]),
    due=st.booleans(),
    informant_code=informants,
    district_code=districts,
    sex_code=st.sampled_from(["K", "M"]),
    social_rung=st.sampled_from([None, 0, 2, 5]),
    age_years=st.integers(2, 17),
)


@settings(max_examples=3, deadline=None)
@given(st.lists(children, min_size=15, max_size=50))
def test_no_hidden_count_follows_from_the_sums_around_it(rows: list[dict[str, Any]]) -> None:
    seen: list[Sequence[Total]] = []

    def watched(*arguments: Any, totals: Sequence[Total] = (), **named: Any) -> ProtectedTable:
        seen.append(totals)
        return protect(*arguments, totals=totals, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wellbeing_groups, "protect", watched)
        everything = protect_groups(context(), pairs_of(rows))
    assert find_pinned(everything, totals=seen[0], rule=context().rule) == []
    for informant, division in product(dict.fromkeys(everything.values("informant")), (EVERYBODY, *CHANGE_DIVISIONS)):
        names = ["first_measured_count", "children_count", *(("lost_count",) if division == MODEL else ())]
        one, other = (
            [cell(everything, name, where, WHOLE_MUNICIPALITY, informant) for name in names]
            for where in (EVERYBODY, division)
        )
        assert one == other


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=60))
def test_spans_of_points_cover_the_scale_and_hold_no_few_children_unless_there_are_only_few(
    totals: list[tuple[int, int]],
) -> None:
    own = pairs_of([pair("NORD", first, second) for first, second in totals])
    spans = spread_bins(own, context().rule)
    assert spans[0][0] == 0
    assert spans[-1][1] == 40
    assert all(below[1] + 1 == above[0] for below, above in pairwise(spans))
    if len(spans) > 1:
        points = np.array(totals)
        counts = [
            int(((points[:, when] >= low) & (points[:, when] <= high)).sum()) for low, high in spans for when in (0, 1)
        ]
        assert not [count for count in counts if 0 < count < 5]


def test_reasons_and_spans_are_counted_with_the_pairs_they_belong_to() -> None:
    rows = many("NORD", [-6] * 20, first=12) + many("SYD", [-6] * 20, first=22)
    rows += [pair("NORD", 16, None, unpaired_reason_code="other_informant") for _ in range(7)]
    everything = protect_groups(context(), pairs_of(rows))
    assert cell(everything, "part_count", REASON, "Målt to gange").value == 40
    assert cell(everything, "part_count", REASON, "Målt igen af en anden end første gang").value == 7
    assert cell(everything, "part_count", SPREAD["first"], "20-24\u00a0point").value == 20
    assert cell(everything, "part_count", SPREAD["second"], "5-9\u00a0point").value == 20
    assert cell(everything, "first_measured_count", FIRST_SCORE, "15-19\u00a0point").value == 7
