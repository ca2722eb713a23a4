"""A section goes through JSON unharmed, shows itself in Jupyter, and refuses to be nonsense."""

import json
from dataclasses import replace
from datetime import date

import pytest

from pipelines.disclosure.table import ProtectedTable
from pipelines.publish.layout import lay_out
from pipelines.publish.section import NOTES_MIME, SECTION_MIME, Definition, Notes, Report, Section
from pipelines.publish.stamp import DeliveryStamp, Stamp


def test_a_section_comes_back_the_same_from_json(share_section: Section) -> None:
    data = share_section._repr_mimebundle_()[SECTION_MIME]

    assert Section.from_dict(json.loads(json.dumps(data))) == share_section


def test_a_section_shows_itself_as_html_with_hidden_cells_named(share_section: Section) -> None:
    shown = share_section._repr_mimebundle_()["text/html"]

    assert share_section.answer in shown
    assert shown.count("[skjult]") == 3
    assert "Niveau 0 af 5: optalt" in shown


def test_notes_come_back_the_same_from_json(meetings_table: ProtectedTable) -> None:
    notes = Notes(("Se her.",), (Definition("SDQ", "Et tal."),), (meetings_table,))

    assert Notes.from_dict(json.loads(json.dumps(notes._repr_mimebundle_()[NOTES_MIME]))) == notes


def test_text_in_a_section_is_escaped_in_jupyter(share_section: Section) -> None:
    shown = replace(share_section, answer="<script>")._repr_mimebundle_()["text/html"]

    assert "<script>" not in shown


def test_a_section_refuses_an_unknown_level(share_section: Section) -> None:
    with pytest.raises(ValueError, match="level 6 is not 0-5"):
        replace(share_section, level=6)


def test_a_section_refuses_a_figure_without_its_table(share_section: Section) -> None:
    with pytest.raises(ValueError, match="drawn from table share_by_district, which is not among"):
        replace(share_section, tables=())


def test_a_section_refuses_an_appendix_figure_without_its_table(moves_section: Section, share_section: Section) -> None:
    with pytest.raises(ValueError, match="drawn from table moves, which is not among"):
        replace(share_section, appendix_figures=moves_section.appendix_figures)


def test_appendix_figures_are_numbered_after_those_of_the_pages_and_stand_before_their_table(report: Report) -> None:
    assert [figure.figure_id for figure in report.figures()][-1] == "moves_children"
    layout = lay_out(report)
    assert layout.figures()[-1].title.startswith("Figur\u00a04. ")
    appendix = [figure for section in layout.sections for figure in section.appendix_figures]
    assert [figure.table_anchor for figure in appendix] == ["tabel-2"]


def test_a_report_never_mixes_real_and_made_up(report: Report) -> None:
    with pytest.raises(ValueError, match="never mixed"):
        replace(report, attribution="Kilde: STIL.")


def test_a_report_refuses_ids_that_come_twice(report: Report) -> None:
    with pytest.raises(ValueError, match="section ids that come twice: mainstream_share"):
        replace(report, sections=(report.sections[0], report.sections[0]))


def test_a_stamp_refuses_a_vanished_row() -> None:
    with pytest.raises(ValueError, match="10 rows received, but 8 typed"):
        DeliveryStamp("children", date(2026, 1, 1), "ab" * 32, 10, 8, 1)


def test_a_stamp_goes_through_json_and_names_its_deliveries(stamp: Stamp) -> None:
    assert Stamp.from_dict(json.loads(json.dumps(stamp.to_dict()))) == stamp
    assert stamp.footer_line().startswith(
        "Indsatstrappen 0.1.0 · kontrakter 3fa1…09bc · 2\u00a0leverancer, kontrolsum "
    )
    assert stamp.delivery_table().cell("typed_rows", source="children").value == 2938


def test_the_checksum_follows_the_deliveries_and_not_their_order(stamp: Stamp) -> None:
    turned = replace(stamp, deliveries=stamp.deliveries[::-1])
    fewer = replace(stamp, deliveries=stamp.deliveries[:1])

    assert turned.deliveries_checksum() == stamp.deliveries_checksum() != fewer.deliveries_checksum()
