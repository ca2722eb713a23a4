"""Districts stand in Danish alphabetical order, the whole municipality last."""

from pipelines.committee.context import ReportContext


def test_danish_letters_come_last_and_aa_is_å() -> None:
    names = ["Åvang", "Hele kommunen", "Østerled", "Birkelund", "Ærø", "Zealand", "Aabenraa", "Aarhus"]
    ordered = sorted(names, key=ReportContext.danish_order)
    assert ordered == ["Birkelund", "Zealand", "Ærø", "Østerled", "Aabenraa", "Aarhus", "Åvang", "Hele kommunen"]
