"""What the section says where no interval can be made or a number is hidden: no verdict, no number in a title, and why."""

import pytest

from pipelines.committee import wellbeing, wellbeing_figures
from pipelines.committee import wellbeing_changes as changes
from pipelines.committee.wellbeing import NO_INTERVAL, SEND_DISTRICTS, answer_before_and_after, evidence_of, verdict
from pipelines.committee.wellbeing_groups import REASONS, by_pairs, protect_groups
from pipelines.committee.wellbeing_tables import change_table, flow_excerpt, group_table, pairing_table
from pipelines.disclosure.table import Cell, ProtectedTable
from pipelines.measures.evidence import EvidenceLevel
from pipelines.publish import figures
from pipelines.publish.danish import NBSP
from tests.committee.test_wellbeing_groups import context, many, pair, pairs_of

ONE_DISTRICT = many("NORD", [-4, -2] * 10)


@pytest.fixture(autouse=True)
def _without_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "render", lambda *_, **__: "<svg/>")


def whole(table: ProtectedTable) -> dict[str, Cell]:
    return {column.name: table.cell(column.name, informant="Forældre") for column in table.columns}


def test_one_district_has_its_change_beside_the_expected_one_and_no_verdict() -> None:
    """20 of one district from 16 to 13 points: -3, where .35 x (7.4 - 16) = -3.0 was to be expected."""
    everything = protect_groups(context(), pairs_of(ONE_DISTRICT))
    table = change_table(everything)
    said = answer_before_and_after(whole(table), "Forældre")
    assert said.startswith(
        f"Forældrenes SDQ-tal var i gennemsnit 3,0{NBSP}point lavere ved anden måling. {NO_INTERVAL}"
    )
    assert said.endswith("kunne man vente uden indsats, fordi børn henvises, når det går dårligst.")
    assert verdict(whole(table)) == ""
    title = wellbeing_figures.change_figure(context(), table, "Forældre").title
    assert title == "Forældre: om ændringen er en anden end den, man kunne vente uden indsats, kan ikke afgøres"
    assert wellbeing_figures.group_figure(context(), group_table(everything, "Forældre"), "Forældre").title == (
        "Forældre, efter grupper: usikkerheden kan ikke vises for nogen gruppe"
    )


def test_no_title_holds_a_hidden_number() -> None:
    """2 of 20 fell clearly and 3 were lost: neither number can stand in a title."""
    frame = pairs_of(many("NORD", [-8] * 2 + [-2] * 18) + [pair("NORD", 16, None) for _ in range(3)])
    found = changes.reliable_changes(context(), frame)
    everything = protect_groups(context(), frame, changes.reliable_parts(found))
    clear = changes.reliable_table(context(), found, everything)
    assert clear is not None
    assert wellbeing_figures.reliable_figure(context(), clear, "Forældre").title == (
        "Forældre: klare ændringer hos de børn, der er målt to gange"
    )
    steps = pairing_table(context(), everything, REASONS, dict(by_pairs(frame)))
    assert wellbeing_figures.flow_figure(context(), flow_excerpt(steps, "parent"), "parent", "Forældre").title == (
        "Forældre: fra første til anden måling"
    )


@pytest.mark.parametrize("known", [0, 4])
def test_where_districts_are_missing_that_is_said_and_not_that_the_children_are_few(known: int) -> None:
    """73 children fell by 4 points; the district of 0, or of 4, is known: a mean of the 4 must not pass for one of the 73."""
    rows = many("NORD", [-4] * 73)
    frame = pairs_of([row | {"district_code": "NORD" if n < known else None} for n, row in enumerate(rows)])
    table = change_table(protect_groups(context(), frame))
    cells = whole(table)
    assert (cells["children_count"].value, cells["change_mean_points"].value) == (73, None)
    assert "Børn, hvis distrikt vi ikke kender, er ikke med i gennemsnittene." in table.source

    evidence = evidence_of(context(), frame)
    assert evidence.level is EvidenceLevel.COUNTED
    said = wellbeing.answer_of(cells | {"due_count": Cell(73)}, "Forældre", evidence, context()).replace(NBSP, " ")
    assert said.startswith("73 af 73 børn (100 procent) har to målinger. Vi kender for få af børnenes distrikter")
    assert said.endswith(SEND_DISTRICTS)


def test_enough_known_districts_are_as_good_as_all() -> None:
    rows = many("NORD", [-4] * 12) + many("SYD", [-2] * 12)
    frame = pairs_of([*rows, *(row | {"district_code": None} for row in many("VEST", [0] * 9))])
    assert evidence_of(context(), frame).level is EvidenceLevel.BEFORE_AND_AFTER
    assert whole(change_table(protect_groups(context(), frame)))["change_mean_points"].value == (-4 + -2) / 2
