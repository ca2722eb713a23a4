"""Choosing a norm set: what may be chosen, how a mistake is told, and each child's limit."""

import math

import numpy as np
import pytest

from pipelines.errors import SettingsError
from pipelines.measures.reliable_change import ReliableChangeRule, clinical_change
from pipelines.sdq_norms.chosen import chosen_norm_sets
from pipelines.sdq_norms.limits import band_codes, raised_limits
from pipelines.sdq_norms.reliability import reliability_inputs
from pipelines.sdq_norms.vocabulary import MISSING_POINTS, OUTSIDE_NORM_SET
from pipelines.settings import SdqReliableChange, Settings, settings_from
from tests.sql.drawn import empty_warehouse


def settings(**sdq):
    return settings_from({"municipality": {"name": "Prøveby", "profile": "demo"}, "sdq": sdq}, where="trappen.toml")


def norm_set(code):
    (found,) = chosen_norm_sets(empty_warehouse(sdq={"norm_set": code}))
    return found


def test_the_default_is_no_norm_set_and_the_warehouse_holds_no_bands():
    assert Settings.model_validate({"municipality": {"name": "Prøveby", "profile": "demo"}}).sdq.norm_sets == ()
    assert chosen_norm_sets(empty_warehouse()) == ()


@pytest.mark.parametrize(
    ("sdq", "said"),
    [
        ({"norm_set": "uk"}, "sdq.norm_set: normsættet 'uk' kendes ikke. Vælg et af disse, eller lad feltet være tomt: uk_3_bands, "
                             "uk_4_bands, uk_2_4_merged, dk_5_7_parent."),
        ({"norm_set": "uk_2_4"}, "normsættet 'uk_2_4' er for usikkert til en rapport: dets grænser er ikke efterset"),
        ({"norm_set": "dk_arnfred_2019"}, "følger ikke med systemet. Indsæt tabellen i sdq_normer.csv i arbejdsmappen"),
        ({"norm_set": "uk_3_bands", "norm_set_beside": "x"}, "sdq.norm_set_beside: normsættet 'x' kendes ikke"),
        ({"norm_set_beside": "uk_3_bands"}, "norm_set_beside kan kun vælges sammen med norm_set"),
        ({"norm_set": "uk_3_bands", "norm_set_beside": "uk_3_bands"}, "norm_set_beside er det samme som norm_set"),
        ({"reliable_change_reliability": "begge"}, "er 'begge', men skal være 'alpha' eller 'retest'"),
        ({"reliable_change_z": 0}, "sdq.reliable_change_z er 0, men skal være større end 0"),
        ({"own_bands": []}, "sdq.own_bands kendes ikke. Tilladt her: expectation, norm_set, norm_set_beside, reliable"),
    ],
)  # fmt: skip
def test_a_wrong_choice_is_told_with_what_can_be_chosen(sdq, said):
    with pytest.raises(SettingsError) as caught:
        settings(**sdq)
    assert said in str(caught.value)


def test_two_sets_come_back_in_the_order_chosen_with_their_doubts():
    connection = empty_warehouse(sdq={"norm_set": "uk_4_bands", "norm_set_beside": "dk_5_7_parent"})
    main, beside = chosen_norm_sets(connection)
    assert (main.code, beside.code) == ("uk_4_bands", "dk_5_7_parent")
    assert main.title == "britiske grænser med fire bånd, 4-17 år"
    assert "Grænserne er lagt efter britiske børn" in main.doubt
    assert len(beside.bands) == 2 * 6 * 3
    assert {band.version_codes for band in beside.bands} == {("4-10", "5-6")}


def test_unresolved_bands_do_not_reach_the_warehouse():
    bands = norm_set("uk_4_bands").bands
    groups = {(band.informant_code, band.scale_code) for band in bands}
    assert ("self", "conduct") not in groups
    assert ("teacher", "impact") not in groups
    assert len(groups) == 3 * 7 - 2


def limits(code, rows, scale="total"):
    informants, versions, ages, sexes = zip(*rows, strict=True)
    found = raised_limits(norm_set(code), informants=informants, versions=versions, ages=ages, sexes=sexes, scale=scale)
    return [None if math.isnan(limit) else limit for limit in found]


def test_each_child_has_the_limit_of_its_informant_form_age_and_sex():
    assert limits(
        "dk_5_7_parent",
        [
            ("parent", "5-6", 6, "M"),
            ("parent", "5-6", 6, "K"),
            ("parent", "4-10", 7, "K"),
            ("parent", "4-10", 8, "K"),  # too old for the set
            ("parent", "4-10", 4, "K"),  # too young
            ("parent", "11-17", 7, "K"),  # a form for others
            ("parent", None, 7, "K"),
            ("parent", "4-10", 7, None),  # the set needs the sex
            ("parent", "4-10", math.nan, "K"),
            ("teacher", "4-10", 7, "K"),
        ],
    ) == [14, 12, 12, None, None, None, None, None, None, None]
    assert limits(
        "uk_4_bands", [("parent", "4-10", 8, None), ("teacher", "11-17", 17, "K"), ("self", "11-17", 11, "M")]
    ) == [17, 16, 18]


def test_each_child_has_the_band_of_its_informant_form_age_and_sex_or_none():
    children = [
        ("parent", "5-6", 6, "M", 13),
        ("parent", "5-6", 6, "M", 14),
        ("parent", "5-6", 6, "K", 13),  # girls' limit is 12
        ("parent", "4-10", 8, "K", 13),  # too old for the set
        ("parent", None, 7, "K", 13),
        ("parent", "4-10", math.nan, "K", 13),
        ("parent", "4-10", 7, None, 13),  # the set needs the sex
        ("parent", "4-10", 7, "K", math.nan),
    ]
    informants, versions, ages, sexes, points = zip(*children, strict=True)
    chosen = norm_set("dk_5_7_parent")
    found = band_codes(chosen, points, informants=informants, versions=versions, ages=ages, sexes=sexes)
    is_beyond = {band.band_code: band.is_beyond_limit for band in chosen.bands if band.scale_code == "total"}
    assert [is_beyond.get(code, code) for code in found] == [
        False, True, True, *[OUTSIDE_NORM_SET] * 4, MISSING_POINTS,
    ]  # fmt: skip
    # one limit, two ways to it: beyond it by the bands is at or past it by the limits
    limit = raised_limits(chosen, informants=informants, versions=versions, ages=ages, sexes=sexes)
    assert [code in is_beyond and is_beyond[code] for code in found] == (np.array(points) >= limit).tolist()


def test_points_and_children_must_be_as_many():
    with pytest.raises(ValueError, match="lengths differ: 2 scores, 1 children"):
        band_codes(norm_set("uk_3_bands"), [1, 2], informants=["parent"], versions=["4-10"], ages=[8], sexes=["K"])


def test_an_unresolved_limit_is_no_limit():
    assert limits("uk_4_bands", [("self", "11-17", 12, "K"), ("parent", "11-17", 12, "K")], "conduct") == [None, 4]


def test_strengths_have_no_limit_of_this_kind():
    with pytest.raises(ValueError, match="not 'prosocial'"):
        limits("uk_3_bands", [("parent", "4-10", 8, "K")], "prosocial")


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="lengths differ: 1, 1, 2, 1"):
        raised_limits(norm_set("uk_3_bands"), informants=["parent"], versions=["4-10"], ages=[8, 9], sexes=["K"])


def test_nobody_has_no_limits():
    assert raised_limits(norm_set("uk_3_bands"), informants=[], versions=[], ages=[], sexes=[]).shape == (0,)


def test_the_limits_feed_clinical_change_and_children_without_one_count_in_nothing():
    inputs = reliability_inputs(informant="parent", scale="total", kind="alpha")
    assert inputs is not None
    found = raised_limits(
        norm_set("uk_3_bands"),
        informants=["parent"] * 4,
        versions=["4-10"] * 3 + ["2-4"],
        ages=[8, 8, 8, 8],
        sexes=["K"] * 4,
    )
    # 20 -> 12 crosses 17 and is more than 7 points; 18 -> 14 crosses, but is not; 10 -> 18 the other way; the last has no limit
    change = clinical_change(
        [20, 18, 10, 20], [12, 14, 18, 12], inputs.rule, first_raised_from_points=found, second_raised_from_points=found
    )
    assert (change.recovered_count, change.deteriorated_count) == (1, 1)
    assert (change.started_raised_count, change.started_below_count) == (2, 1)


# Whole points needed for a reliable change, as the reference prints them: scale, then parent, teacher, self as alpha / retest.
NEEDED = """
total     7 9  6 8  7 9
emotional 4 4  3 4  4 4
conduct   3 3  3 3  3 4
hyper     4 4  3 4  4 4
peer      4 3  3 3  3 3
"""


@pytest.mark.parametrize("line", NEEDED.strip().splitlines())
def test_the_points_needed_are_those_of_the_reference(line):
    scale, *cells = line.split()
    expected = iter(int(cell) for cell in cells)
    for informant in ("parent", "teacher", "self"):
        for kind in ("alpha", "retest"):
            inputs = reliability_inputs(informant=informant, scale=scale, kind=kind)
            assert inputs is not None
            assert inputs.rule.fewest_whole_points == next(expected), (informant, kind)


def test_the_inputs_name_their_source_and_that_they_were_not_checked():
    inputs = reliability_inputs(informant="parent", scale="total", kind="retest", z=1.5)
    assert inputs is not None
    # 1.5 x sqrt(2) x 5.8 x sqrt(1 - .72)
    assert inputs.rule.limit_points == pytest.approx(1.5 * np.sqrt(2) * 5.8 * np.sqrt(1 - 0.72))
    assert not inputs.is_checked
    assert "Goodman 2001 (ikke efterset i kilden)" in inputs.rule.source
    assert "gentagelse efter 4-6 måneder" in inputs.rule.source


def test_another_source_of_reliability_can_be_named():
    inputs = reliability_inputs(informant="parent", scale="total", kind="retest", reliability_code="hagihara_2022")
    assert inputs is not None
    assert inputs.reliability_status == "verified"
    # 1.96 x sqrt(2) x 5.53 x sqrt(1 - .62) = 9.4 in its own spread; in the British 5.8 it is 9.9
    assert inputs.rule.limit_points == pytest.approx(9.91, abs=0.01)
    own = ReliableChangeRule(population_sd_points=5.53, reliability=inputs.rule.reliability, source="")
    assert own.limit_points == pytest.approx(9.4, abs=0.1)


@pytest.mark.parametrize("scale", ["prosocial", "impact", "internalising", "unknown"])
def test_a_scale_without_reliability_has_no_rule(scale):
    assert reliability_inputs(informant="parent", scale=scale, kind="alpha") is None


def test_a_municipalitys_own_spread_and_reliability_come_before_the_tables_and_are_named():
    own = [
        SdqReliableChange(
            informant="parent", population_sd_points=5, reliability=0.84, source="912 børn i 8 skoler, 2025."
        )
    ]
    inputs = reliability_inputs(informant="parent", scale="total", kind="retest", own=own)
    assert inputs is not None
    # 1.96 x sqrt(2) x 5 x sqrt(1 - .84) = 1.96 x sqrt(2) x 2
    assert inputs.rule.limit_points == pytest.approx(1.96 * np.sqrt(2) * 2)
    assert inputs.rule.source == (
        "spredning og gentagelse efter 4-6 måneder: 912 børn i 8 skoler, 2025 (indsat af kommunen)"
    )
    assert inputs.is_checked
    for informant, scale in (("teacher", "total"), ("parent", "hyper")):
        assert reliability_inputs(informant=informant, scale=scale, kind="alpha", own=own) == reliability_inputs(
            informant=informant, scale=scale, kind="alpha"
        )
