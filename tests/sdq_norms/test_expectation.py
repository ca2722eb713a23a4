"""What is expected without help, into the warehouse and back: the municipality's lines, and the assumption for the others."""

import math

import pytest

from pipelines.codes import load_code_table
from pipelines.measures.sdq import ExpectationLine
from pipelines.sdq_norms.expectation import Expectation, read_expectations
from tests.sql.drawn import empty_warehouse

OWN = {
    "informant": "teacher", "intercept_points": 3, "per_first_point": 0.7, "residual_sd_points": 4.4,
    "per_year_of_age": -0.1, "boy_points": 0.5, "source": "  612 børn på venteliste, 2025 ",
}  # fmt: skip


def test_without_a_line_of_its_own_a_municipality_has_the_assumption_for_every_informant():
    found = read_expectations(empty_warehouse())
    assert set(found) == {"parent", "teacher", "self"}
    for each in found.values():
        # population mean 7.4, SD 5.4, retest .65
        assert vars(each.line) == pytest.approx(
            vars(ExpectationLine((1 - 0.65) * 7.4, 0.65, 5.4 * math.sqrt(1 - 0.65**2)))
        )
        said = "antagelse (gennemsnit 7,4 point, sammenhæng 0,65) og ikke på danske børn"
        assert (each.source, each.is_own) == (said, False)
    assert {row["status"] for row in load_code_table("sdq_reference_values").rows} == {"antagelse; ikke en dansk norm"}


def test_an_own_line_takes_its_informants_place_and_leaves_the_others():
    assumed = read_expectations(empty_warehouse())
    found = read_expectations(empty_warehouse(sdq={"expectation": [OWN]}))
    line = ExpectationLine(3, 0.7, 4.4, per_year_of_age=-0.1, boy_points=0.5)
    assert found == {**assumed, "teacher": Expectation(line, "612 børn på venteliste, 2025", is_own=True)}
    assert read_expectations(empty_warehouse()) == assumed, "and is gone when the setting is"
