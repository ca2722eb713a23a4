"""Districts against chance, and the change split by grade: the report's numbers by another road, and what it must not show."""

from collections.abc import Callable

import pytest
from scipy import stats

from pipelines.committee.context import ReportContext
from pipelines.committee.mainstream import mainstream_section
from pipelines.disclosure.table import ProtectedTable
from pipelines.publish import figures

YEAR = "2026/27"


@pytest.fixture
def tables(
    scenario_context: Callable[..., ReportContext], monkeypatch: pytest.MonkeyPatch
) -> dict[str, ProtectedTable]:
    monkeypatch.setattr(figures, "render", lambda *_, **__: "<svg/>")
    section = mainstream_section(scenario_context("small_effect", children=5000, seed=5))
    assert [figure.figure_id for figure in section.all_figures()] == ["mainstream_by_district", "mainstream_funnel"]
    return {table.table_id: table for table in section.tables}


def test_a_district_is_within_chance_when_the_exact_binomial_says_so(tables: dict[str, ProtectedTable]) -> None:
    table = tables["mainstream_comparison"]
    whole = tables["mainstream_school"].cell("segregated_count", area="Hele kommunen", school_year=YEAR).value
    pupils = tables["mainstream_school"].cell("pupils_count", area="Hele kommunen", school_year=YEAR).value
    assert isinstance(whole, int)
    assert isinstance(pupils, int)
    found = zip(*(table.values(name) for name in ("pupils_count", "segregated_count", "place")), strict=True)
    seen = set()
    for size, outside, place in found:
        tail = min(stats.binom.cdf(outside, size, whole / pupils), stats.binom.sf(outside - 1, size, whole / pupils))
        if tail > 0.03:
            assert place == "inden for"
        if tail < 0.0005:
            assert place == "langt uden for"
        seen.add(place)
    assert len(seen) >= 2


def test_districts_are_in_alphabetical_order_and_never_by_share(tables: dict[str, ProtectedTable]) -> None:
    names = tables["mainstream_comparison"].values("area")
    assert names == sorted(names, key=ReportContext.danish_order)


def test_the_parts_of_the_change_are_the_whole_change(tables: dict[str, ProtectedTable]) -> None:
    whole, composition, rate = tables["mainstream_decomposition"].values("value")
    shares = tables["mainstream_school"]
    last, first = (
        100 * (1 - float(shares.cell("share", area="Hele kommunen", school_year=year).value or 0))
        for year in (YEAR, shares.values("school_year")[0])
    )
    assert composition + rate == pytest.approx(whole, abs=0.11)  # each is rounded to one decimal
    assert whole == pytest.approx(last - first, abs=0.11)


def test_stayers_comers_and_leavers_make_the_whole_change(tables: dict[str, ProtectedTable]) -> None:
    whole, *parts = tables["mainstream_same_children"].values("value")
    shares = tables["mainstream_school"]
    before, now = (
        100 * int(shares.cell("segregated_count", area="Hele kommunen", school_year=year).value or 0)
        / int(shares.cell("pupils_count", area="Hele kommunen", school_year=year).value or 1)
        for year in ("2025/26", YEAR)
    )  # fmt: skip
    assert whole == pytest.approx(now - before, abs=0.005)
    assert sum(parts) == pytest.approx(whole, abs=0.02)


def test_with_a_hidden_district_there_is_no_comparison(
    scenario_context: Callable[..., ReportContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "render", lambda *_, **__: "<svg/>")
    section = mainstream_section(scenario_context("small_effect", children=500, seed=2))
    tables = {table.table_id: table for table in section.tables}
    assert None in tables["mainstream_school"].values("segregated_count")
    assert "mainstream_comparison" not in tables
    assert len(section.all_figures()) == 1
