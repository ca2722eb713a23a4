"""The norm tables: do bands cover their scale, do they say what the sources say, and is what is doubtful kept out?"""

from dataclasses import replace

import pytest

from pipelines.assets import asset_root
from pipelines.codes import load_code_table
from pipelines.contracts import load_contracts
from pipelines.sdq_norms.bands import (
    band_titles,
    coverage_faults,
    highest_possible_points,
    is_to_be_pasted_in,
    norm_set_codes,
    scale_titles,
    shipped_bands,
    usable,
)
from pipelines.sdq_norms.vocabulary import DIFFICULTY_SCALES, SCALES, STATUS_TITLES, UNBANDED_TITLES, USABLE_STATUSES

BANDS = shipped_bands()


def spans(norm_set, informant, scale, sex=None):
    """The spans of points of one group, least worrying band first, as text: "0-13 14-16 17-40"."""
    found = [
        band
        for band in BANDS
        if (band.norm_set_code, band.informant_code, band.scale_code, band.sex_code)
        == (norm_set, informant, scale, sex)
    ]
    return " ".join(
        f"{band.lowest_points}-{band.highest_points}" for band in sorted(found, key=lambda band: band.band_number)
    )


# Written from the tables of the reference, not from the code table.
@pytest.mark.parametrize(
    ("norm_set", "informant", "scale", "sex", "expected"),
    [
        ("uk_3_bands", "parent", "total", None, "0-13 14-16 17-40"),
        ("uk_3_bands", "teacher", "total", None, "0-11 12-15 16-40"),
        ("uk_3_bands", "self", "total", None, "0-15 16-19 20-40"),
        ("uk_3_bands", "teacher", "emotional", None, "0-4 5-5 6-10"),
        ("uk_3_bands", "self", "peer", None, "0-3 4-5 6-10"),
        ("uk_3_bands", "parent", "prosocial", None, "6-10 5-5 0-4"),
        ("uk_3_bands", "teacher", "impact", None, "0-0 1-1 2-6"),
        ("uk_4_bands", "parent", "total", None, "0-13 14-16 17-19 20-40"),
        ("uk_4_bands", "teacher", "peer", None, "0-2 3-4 5-5 6-10"),
        ("uk_4_bands", "self", "total", None, "0-14 15-17 18-19 20-40"),
        ("uk_4_bands", "parent", "prosocial", None, "8-10 7-7 6-6 0-5"),
        ("uk_4_bands", "parent", "hyper", None, "0-5 6-7 8-8 9-10"),
        ("uk_2_4", "parent", "total", None, "0-12 13-15 16-18 19-40"),
        ("uk_2_4", "parent", "conduct", None, "0-3 4-4 5-5 6-10"),
        # the second-hand source has the two lower limits, 13 and 16 for the total, 6 and 5 for strengths
        ("uk_2_4_merged", "parent", "total", None, "0-12 13-15 16-40"),
        ("uk_2_4_merged", "parent", "prosocial", None, "7-10 6-6 0-5"),
        # boys 10 / 14 and girls 9 / 12; strengths at or below 6 / 5 and 7 / 6
        ("dk_5_7_parent", "parent", "total", "M", "0-9 10-13 14-40"),
        ("dk_5_7_parent", "parent", "total", "K", "0-8 9-11 12-40"),
        ("dk_5_7_parent", "parent", "hyper", "M", "0-4 5-6 7-10"),
        ("dk_5_7_parent", "parent", "hyper", "K", "0-3 4-5 6-10"),
        ("dk_5_7_parent", "parent", "prosocial", "M", "7-10 6-6 0-5"),
        ("dk_5_7_parent", "parent", "prosocial", "K", "8-10 7-7 0-6"),
    ],
)
def test_bands_are_those_of_the_source(norm_set, informant, scale, sex, expected):
    assert spans(norm_set, informant, scale, sex) == expected


def test_bands_cover_every_score_once_and_the_worst_band_is_at_the_right_end():
    assert coverage_faults(BANDS) == []
    covered = {}
    for band in BANDS:
        covered.setdefault(band.group, []).extend(range(band.lowest_points, band.highest_points + 1))
    assert len(covered) == 3 * 7 + 3 * 7 + 7 + 6 + 2 * 6
    for group, points in covered.items():
        assert sorted(points) == list(range(highest_possible_points(group[-1], group[1]) + 1))


def test_strengths_run_the_other_way():
    worst = [band for band in BANDS if band.is_beyond_limit]
    assert worst
    for band in worst:
        reaches_top = band.highest_points == highest_possible_points(band.scale_code, band.informant_code)
        highest_number = max(other.band_number for other in BANDS if other.group == band.group)
        if band.band_number == highest_number:
            assert reaches_top == (band.scale_code != "prosocial")
            assert (band.lowest_points == 0) == (band.scale_code == "prosocial")


def test_three_and_four_bands_agree_on_where_the_clinical_range_begins():
    """Both UK sets call the parent's 17 and the teacher's 16 high; only self-reports moved, from 20 to 18."""
    begins = {
        (norm_set, informant): min(
            band.lowest_points
            for band in BANDS
            if (band.norm_set_code, band.informant_code, band.scale_code) == (norm_set, informant, "total")
            and band.is_beyond_limit
        )
        for norm_set in ("uk_3_bands", "uk_4_bands")
        for informant in ("parent", "teacher", "self")
    }
    assert begins == {
        ("uk_3_bands", "parent"): 17, ("uk_4_bands", "parent"): 17,
        ("uk_3_bands", "teacher"): 16, ("uk_4_bands", "teacher"): 16,
        ("uk_3_bands", "self"): 20, ("uk_4_bands", "self"): 18,
    }  # fmt: skip


DOUBTFUL = {
    ("uk_4_bands", "self", "conduct"): {"unresolved"},
    ("uk_4_bands", "teacher", "impact"): {"from_memory"},
    **{("uk_2_4", "parent", scale): {"second_hand", "from_memory"} for scale in SCALES if scale != "impact"},
    ("uk_2_4", "parent", "impact"): {"from_memory"},
}


def test_what_is_unresolved_or_from_memory_is_carried_and_never_used():
    statuses = {}
    for band in BANDS:
        statuses.setdefault((band.norm_set_code, band.informant_code, band.scale_code), set()).add(band.status)
    doubtful = {key: found for key, found in statuses.items() if found & {"from_memory", "unresolved"}}
    assert doubtful == DOUBTFUL
    used = {(band.norm_set_code, band.informant_code, band.scale_code) for band in usable(BANDS)}
    assert used == set(statuses) - set(DOUBTFUL)
    assert {band.status for band in usable(BANDS)} <= USABLE_STATUSES


def test_one_doubtful_band_keeps_its_whole_group_out():
    group = [band for band in BANDS if band.norm_set_code == "uk_3_bands" and band.scale_code == "total"]
    doubted = [replace(band, status="unresolved") if band.lowest_points == 17 else band for band in group]
    assert {band.informant_code for band in usable(doubted)} == {"teacher", "self"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({17: {"lowest_points": 18}}, "hul eller overlap mellem 16 og 18 point"),
        ({17: {"lowest_points": 16}}, "hul eller overlap mellem 16 og 16 point"),
        ({17: {"highest_points": 39}}, "skal dække 0 til 40 point, men går fra 0 til 39"),
        ({0: {"lowest_points": 1}}, "skal dække 0 til 40 point, men går fra 1 til 40"),
        ({0: {"band_number": 3}, 17: {"band_number": 1}}, "de mest bekymrende bånd skal have flest point"),
        ({14: {"band_number": 1}}, "hvert bånd må kun stå én gang"),
        ({17: {"is_beyond_limit": False}}, "på begge sider af grænsen"),
    ],
)
def test_a_wrong_table_is_told(change, said):
    group = [
        band
        for band in BANDS
        if (band.norm_set_code, band.informant_code, band.scale_code) == ("uk_3_bands", "parent", "total")
    ]
    faults = coverage_faults([replace(band, **change.get(band.lowest_points, {})) for band in group])
    assert any(said in fault for fault in faults)
    assert all(fault.startswith("uk_3_bands, forælder, SDQ i alt, 4-17 år, begge køn") for fault in faults)


@pytest.mark.parametrize(
    ("difference", "meets"),
    [
        ({"sex_code": "K"}, True),  # a girl would belong to both
        ({"from_age_years": 17, "to_age_years": 18}, True),
        ({"from_age_years": 18, "to_age_years": 19}, False),
        ({"version_codes": ("5-6",)}, False),
        ({"version_codes": ("5-6", "4-10")}, True),
        ({"norm_set_code": "dk_arnfred_2019"}, False),
    ],
)
def test_a_child_in_two_groups_is_told(difference, meets):
    group = [
        band
        for band in BANDS
        if (band.norm_set_code, band.informant_code, band.scale_code) == ("uk_3_bands", "parent", "total")
    ]
    faults = coverage_faults([*group, *(replace(band, **difference) for band in group)])
    assert bool(faults) == meets
    assert all("gælder de samme børn" in fault for fault in faults)


def test_every_set_and_code_in_the_tables_is_known():
    for name in ("sdq_bands", "sdq_norms", "sdq_reliabilities"):
        for row in load_code_table(name).rows:
            assert row["informant_code"] in load_code_table("informants").codes
            assert row["status"] in STATUS_TITLES
            assert row["source"].strip()
    assert {band.norm_set_code for band in BANDS} == {code for code in norm_set_codes() if not is_to_be_pasted_in(code)}
    for band in BANDS:
        assert set(band.version_codes) <= set(load_code_table("sdq_versions").codes)
        assert band.scale_code in (*DIFFICULTY_SCALES, "prosocial")
        assert band.sex_code in {None, *load_code_table("sexes").codes}
    for row in load_code_table("sdq_norm_sets").rows:
        assert row["source"].strip()
        assert row["doubt_text"].strip(), "no norm set is beyond doubt in Denmark"


def test_a_place_is_kept_for_the_danish_table_that_does_not_come_along():
    assert [code for code in norm_set_codes() if is_to_be_pasted_in(code)] == ["dk_arnfred_2019"]


def test_a_band_has_one_name_number_and_side_in_every_set():
    places = {}
    for band in BANDS:
        places.setdefault(band.band_code, set()).add((band.band_title, band.band_number, band.is_beyond_limit))
    assert [code for code, found in places.items() if len(found) > 1] == []


def test_the_contract_of_the_mart_knows_every_band_and_scale():
    contract = load_contracts("table")["mart_sdq_band_counts"]
    allowed = {
        expectation.name: expectation.arguments.get("value_set") for expectation in contract.expectations
    }  # fmt: skip
    assert set(allowed["band_is_known"]) == set(band_titles())
    assert set(allowed["scale_is_known"]) == set(scale_titles())
    sql = (asset_root("sql") / "marts" / "mart_sdq_band_counts.sql").read_text(encoding="utf-8")
    assert all(f"'{code}'" in sql for code in (*UNBANDED_TITLES, *SCALES))
