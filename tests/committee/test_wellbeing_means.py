"""What means over children, beside means over districts, tell of one district: nothing that its own row may not show."""

from collections.abc import Sequence

import pytest

from pipelines.committee import wellbeing_changes as changes
from pipelines.committee.context import WHOLE_MUNICIPALITY
from pipelines.committee.wellbeing_groups import EVERYBODY, protect_groups
from pipelines.disclosure.table import CellStatus, ProtectedTable
from tests.committee.test_wellbeing_groups import cell, context, pair, pairs_of

OF_CHILDREN = ("expected", "as_expected", "worse", "tipping")


def followed(district: str, firsts: Sequence[int]) -> list[dict[str, object]]:
    return [
        pair(district, first, first - 4 - n % 2, institution_code=f"{district}-{n % 2}")
        for n, first in enumerate(firsts)
    ]


def lost(count: int) -> list[dict[str, object]]:
    return [pair("NORD", 16, None, institution_code=f"NORD-{n % 2}") for n in range(count)]


def tables(rows: Sequence[dict[str, object]]) -> tuple[ProtectedTable, ProtectedTable, ProtectedTable]:
    opened, frame = context(), pairs_of(rows)
    everything = protect_groups(opened, frame)
    found = changes.lost_rows(opened, frame, everything)
    return everything, changes.lost_table(opened, found, everything), changes.lost_change_table(opened, found)


def test_two_districts_means_do_not_follow_from_the_mean_over_districts_and_the_mean_over_children() -> None:
    """Nord has 40 pairs, Syd 7: (40 a + 7 b) / 47 and (a + b) / 2 would give the first mean of the 7."""
    everything, first, change = tables(followed("NORD", [14, 16] * 20) + followed("SYD", [26] * 7) + lost(12))
    assert cell(everything, "first_mean_points", EVERYBODY, WHOLE_MUNICIPALITY).value == (15 + 26) / 2
    assert {first.cell(name, informant="Forældre").status for name in ("followed", "difference")} == {CellStatus.HIDDEN}
    # of the lost no mean over districts stands anywhere
    assert first.cell("lost", informant="Forældre").value == 16
    assert {change.cell(name, informant="Forældre").status for name in OF_CHILDREN} == {CellStatus.HIDDEN}


@pytest.mark.parametrize("vest", [[18, 20] * 10, [18, 20] * 3])
def test_with_three_districts_the_change_of_all_children_stands(vest: list[int]) -> None:
    _, _, change = tables(
        followed("NORD", [14, 16] * 20) + followed("SYD", [26] * 7) + followed("VEST", vest) + lost(12)
    )
    assert change.cell("as_expected", informant="Forældre").status is CellStatus.SHOWN


@pytest.mark.parametrize(("syd", "status"), [(20, CellStatus.HIDDEN), (15, CellStatus.SHOWN)])
def test_two_hidden_counts_do_not_follow_from_the_districts_means_and_the_mean_over_children(
    syd: int, status: CellStatus
) -> None:
    """3 of Nord's 17 were lost: 14 x 14 + 16 x 20 = 30 x 17.2 leaves no other 14, but with 15 for 20 12 to 18 would do."""
    rows = [*followed("NORD", [14] * 14), *followed("SYD", [syd] * 16), *lost(3)]
    rows += [pair("SYD", 16, None, institution_code=f"SYD-{n % 2}") for n in range(9)]
    everything, first, _ = tables(rows)
    counts = {cell(everything, "children_count", "Distrikt", group).status for group in ("Nord", "Syd")}
    assert counts == {CellStatus.HIDDEN}
    assert cell(everything, "first_mean_points", "Distrikt", "Nord").value == 14
    assert first.cell("followed", informant="Forældre").status is status


@pytest.mark.parametrize(("known", "status"), [(1, CellStatus.HIDDEN), (9, CellStatus.HIDDEN), (12, CellStatus.SHOWN)])
def test_strengths_known_of_a_few_children_are_hidden_though_the_group_is_shown(known: int, status: CellStatus) -> None:
    """The other forms came as a total alone: the mean of strengths would be that of the few, down to one child's own score."""
    rows = followed("NORD", [14, 16] * 20)
    for row in rows[:known]:
        row |= {"first_prosocial_points": 7, "second_prosocial_points": 9}
    everything = protect_groups(context(), pairs_of(rows))
    assert cell(everything, "change_mean_points", EVERYBODY, WHOLE_MUNICIPALITY).status is CellStatus.SHOWN
    for name in ("first_prosocial_mean_points", "second_prosocial_mean_points"):
        assert cell(everything, name, EVERYBODY, WHOLE_MUNICIPALITY).status is status


def test_a_weighted_change_of_a_few_children_is_hidden_though_many_were_measured_twice() -> None:
    """Only three have a known model, which the weights are made of."""
    rows = [row for district in ("NORD", "SYD", "VEST") for row in followed(district, [14, 16] * 20)] + lost(12)
    for place, row in enumerate(rows):
        if place >= 3 and row["is_paired"]:
            row["model_code"] = None
    _, _, change = tables(rows)
    row = {name: change.cell(name, informant="Forældre").status for name in ("weighted", "low", "high")}
    assert set(row.values()) == {CellStatus.HIDDEN}
