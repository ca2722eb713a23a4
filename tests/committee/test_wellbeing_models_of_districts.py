"""A model is run in whole districts: few children of one district must not follow from its model and the other districts."""

from typing import Any

import pytest

from pipelines.committee.wellbeing_groups import DISTRICT, MODEL, protect_groups
from pipelines.disclosure.table import CellStatus
from tests.committee.test_wellbeing_groups import cell, context, many, pair, pairs_of

ADVISER, CASEWORKER = "Distriktsrådgiver", "Myndighedssagsbehandler"
COLUMNS = ("first_measured_count", "children_count", "due_count", "lost_count", "not_due_count")


def lost(district: str, count: int, **more: Any) -> list[dict[str, Any]]:
    return [pair(district, 16, None, institution_code=f"{district}-{n % 2}", **more) for n in range(count)]


def test_few_children_of_a_district_do_not_follow_from_its_model() -> None:
    """The caseworkers' 21 children measured twice less Syd's 20 would leave 1 of Vest."""
    here = {"model_code": "authority_caseworker"}
    nord = many("NORD", [-4] * 25) + lost("NORD", 15)
    syd = many("SYD", [-4] * 20, **here) + lost("SYD", 10, **here)
    vest = many("VEST", [-4], **here) + lost("VEST", 9, **here)
    everything = protect_groups(context(), pairs_of(nord + syd + vest))
    twice = {
        group: cell(everything, "children_count", division, group).status
        for division, group in ((DISTRICT, "Vest"), (DISTRICT, "Syd"), (MODEL, CASEWORKER))
    }
    assert twice["Vest"] is CellStatus.HIDDEN
    assert CellStatus.HIDDEN in {twice["Syd"], twice[CASEWORKER]}


def test_few_children_of_an_institution_under_another_model_do_not_follow_either() -> None:
    """2 of Nord's 40 went to an institution run by the caseworkers: Nord less the advisers would tell it."""
    rows = many("NORD", [-4] * 38) + many("NORD", [-4] * 2, model_code="authority_caseworker")
    rows += many("SYD", [-4] * 40, model_code="authority_caseworker")
    everything = protect_groups(context(), pairs_of(rows))
    shown = [
        cell(everything, "children_count", division, group).status is CellStatus.SHOWN
        for division, group in ((DISTRICT, "Nord"), (DISTRICT, "Syd"), (MODEL, ADVISER), (MODEL, CASEWORKER))
    ]
    assert not (shown[0] and shown[2])
    assert not (shown[1] and shown[3])


@pytest.mark.parametrize("column", COLUMNS)
def test_large_districts_and_models_are_all_shown(column: str) -> None:
    waiting = {"unpaired_reason_code": "not_due"}
    rows = [
        row
        for district, model in (("NORD", "district_adviser"), ("SYD", "authority_caseworker"), ("VEST", "caseworker"))
        for row in (
            *many(district, [-4] * 20, model_code=model),
            *lost(district, 10, model_code=model),
            *lost(district, 8, model_code=model, **waiting),
        )
    ]
    everything = protect_groups(context(), pairs_of(rows))
    cells = [cell(everything, column, DISTRICT, group) for group in ("Nord", "Syd", "Vest")]
    cells += [cell(everything, column, MODEL, group) for group in (ADVISER, CASEWORKER)]
    assert {found.status for found in cells} == {CellStatus.SHOWN}
