"""Are SDQ files with the official short names understood, also those of the form for children of 2 to 4 years?"""

import duckdb
import pytest

from pipelines.assets import asset_root
from pipelines.codes import load_code_table
from pipelines.contracts import source_contract
from pipelines.landing.headers import columns_by_alias, folded
from tests.landing.conftest import Land

NAMES = [row["code"] for row in load_code_table("sdq_items").rows]
IMPACT_NAMES = ("ebddiff", "distres", "imphome", "impfrie", "impclas", "impleis")
NAMES_OF_2_TO_4 = {"lies": "argues", "steals": "spite"}
DERIVED_NAMES = {
    "emotion": "emotional_points", "conduct": "conduct_points", "hyper": "hyper_points", "peer": "peer_points",
    "prosoc": "prosocial_points", "ebdtot": "total_points", "impact": "impact_points",
}  # fmt: skip
PREFIXES = ("p", "t", "s")
ANNA = "0301995015"


@pytest.mark.parametrize("prefix", ["", *PREFIXES])
def test_every_official_name_of_an_answer_is_known(prefix: str) -> None:
    """sdqinfo.org, c1: parent, teacher and self have a letter each before the name; items 18 and 22 are others at 2 to 4 years."""
    known = columns_by_alias(source_contract("sdq_answers"))
    official = {name: name for name in (*NAMES, *IMPACT_NAMES)} | {own: name for name, own in NAMES_OF_2_TO_4.items()}
    assert {name: known.get(folded(prefix + name)) for name in official} == official


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_official_name_of_a_score_is_known(prefix: str) -> None:
    known = columns_by_alias(source_contract("sdq_scores"))
    assert {name: known.get(folded(prefix + name)) for name in DERIVED_NAMES} == DERIVED_NAMES


def test_the_copies_that_the_official_syntax_has_turned_are_not_taken_for_answers() -> None:
    """qobeys, robeys and uobeys are obeys turned for parent, self and teacher: read as answers they would be turned back."""
    known = columns_by_alias(source_contract("sdq_answers"))
    turned = [row["code"] for row in load_code_table("sdq_items").rows if row["is_reversed"] == "true"]
    assert [letter + name for letter in "qru" for name in turned if folded(letter + name) in known] == []


@pytest.mark.parametrize("prefix", ["p", "t"])
def test_a_form_for_2_to_4_years_under_its_own_names_gives_the_whole_conduct_scale(
    prefix: str, land: Land, connection: duckdb.DuckDBPyConnection
) -> None:
    header = [prefix + NAMES_OF_2_TO_4.get(name, name) for name in NAMES]
    informant = {"p": "forælder", "t": "pædagog"}[prefix]
    rows = [
        ["CPR", "Dato", "Udfylder", "Version", *header],
        [ANNA, "01-02-2026", informant, "2-4 år", *["2"] * len(NAMES)],
    ]
    land("".join(";".join(row) + "\r\n" for row in rows), source="sdq_answers")
    scored = connection.execute(
        (asset_root("sql") / "core" / "fct_sdq_scored_form.sql").read_text(encoding="utf-8")
    ).fetchall()
    names = [column[0] for column in connection.description or ()]
    form = dict(zip(names, scored[0], strict=True))
    # items 5, 12, 18 and 22 count as they stand, item 7 is turned; without 18 and 22 it would be (2 + 0 + 2) * 5 / 3 = 7
    assert form["conduct_points"] == 2 + (2 - 2) + 2 + 2 + 2
    assert (form["version_code"], form["missing_items_count"]) == ("2-4", 0)
