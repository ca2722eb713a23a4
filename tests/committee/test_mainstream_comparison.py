"""Districts against chance, and the change in parts: the report's numbers by another road, and what it must not show."""

from dataclasses import replace
from itertools import product

import pytest
from scipy import stats

from pipelines.committee.context import ReportContext
from pipelines.committee.mainstream import mainstream_section
from pipelines.committee.mainstream_change import (
    decomposition_figure,
    decomposition_table,
    district_decomposition_table,
)
from pipelines.committee.mainstream_funnel import comparison_figure, comparison_series, comparison_tables
from pipelines.disclosure.table import ProtectedTable
from pipelines.measures.beta_binomial import fit_beta_binomial
from pipelines.measures.decomposition import split_product
from pipelines.publish import figures
from pipelines.publish.danish import claims_beyond_level, words_to_avoid
from pipelines.publish.section import Section
from tests.committee.conftest import scenario_municipality
from tests.committee.mainstream_shares import DrawnContext, drawn_shares

YEAR = "2026/27"


def section_of(*, children: int, seed: int) -> Section:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "render", lambda *_, **__: "<svg/>")
        return mainstream_section(scenario_municipality("small_effect", children=children, seed=seed))


@pytest.fixture(scope="module")
def section() -> Section:
    return section_of(children=5000, seed=5)


@pytest.fixture(scope="module")
def tables(section: Section) -> dict[str, ProtectedTable]:
    return {table.table_id: table for table in section.tables}


def test_the_comparison_comes_with_its_figures_and_tables(section: Section, tables: dict[str, ProtectedTable]) -> None:
    ids = [figure.figure_id for figure in section.appendix_figures]
    assert ids[:2] == ["mainstream_funnel", "mainstream_change_parts"]
    for name in (
        "comparison",
        "trend",
        "rollout",
        "forecast",
        "decomposition",
        "decomposition_districts",
        "same_children",
    ):
        assert f"mainstream_{name}" in tables


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


@pytest.mark.parametrize("name", ["mainstream_decomposition", "mainstream_decomposition_districts"])
def test_the_parts_of_the_change_are_the_whole_change(name: str, tables: dict[str, ProtectedTable]) -> None:
    whole, *parts = tables[name].values("value")
    shares = tables["mainstream_school"]
    last, first = (
        100 * (1 - float(shares.cell("share", area="Hele kommunen", school_year=year).value or 0))
        for year in (YEAR, shares.values("school_year")[0])
    )
    assert len(parts) == (2 if name == "mainstream_decomposition" else 3)
    assert sum(parts) == pytest.approx(whole, abs=0.05 * (1 + len(parts)) + 1e-9)  # each is rounded to one decimal
    assert whole == pytest.approx(last - first, abs=0.11)


@pytest.mark.parametrize("name", ["mainstream_decomposition", "mainstream_decomposition_districts"])
def test_a_change_has_the_same_uncertainty_wherever_it_is_told(name: str, tables: dict[str, ProtectedTable]) -> None:
    """The share outside falls as the share inside rises."""
    inside = tables["mainstream_change"].find(area="Hele kommunen")
    change, low, high = (
        inside[tables["mainstream_change"].column_index(part)].value for part in ("change", "low", "high")
    )
    assert [tables[name].values(part)[0] for part in ("value", "low", "high")] == pytest.approx(
        [-change, -high, -low], abs=0.05
    )


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


def test_intervals_of_shares_are_wilsons_from_forty_pupils_and_jeffreys_below(
    tables: dict[str, ProtectedTable],
) -> None:
    """Wilson's limits solve (share - p)^2 = z^2 p (1 - p) / n; Jeffreys' are quantiles of a beta distribution."""
    table, z, seen = tables["mainstream_school"], 1.959964, set()
    for size, inside, low, high in zip(
        *(table.values(name) for name in ("pupils_count", "mainstream_count", "low", "high")), strict=True
    ):
        if None in (size, inside, low, high):
            continue
        seen.add(size >= 40)
        limits = (
            sorted(solve_quadratic(1 + z**2 / size, -2 * inside / size - z**2 / size, (inside / size) ** 2))
            if size >= 40
            else list(stats.beta.ppf([0.025, 0.975], inside + 0.5, size - inside + 0.5))
        )
        assert [low, high] == pytest.approx(limits, abs=0.0005)  # a tenth of a per cent is shown
    assert True in seen


def solve_quadratic(a: float, b: float, c: float) -> list[float]:
    root = (b**2 - 4 * a * c) ** 0.5
    return [(-b - root) / (2 * a), (-b + root) / (2 * a)]


def test_the_section_tells_the_trend_and_what_the_dates_do_not_carry(tables: dict[str, ProtectedTable]) -> None:
    """Five districts and four years: a trend. Three began in the first of the years: nothing before it."""
    assert tables["mainstream_trend"].values("districts") == [5]
    assert None not in tables["mainstream_trend"].values("value")
    rollout = tables["mainstream_rollout"]
    assert [rollout.values(name)[0] for name in ("began", "districts", "before", "after")] == ["2023/24", 3, 0, 4]
    assert "mindst tre før" in rollout.source
    assert "mindst fem" in tables["mainstream_forecast"].source


def test_no_cell_holds_more_digits_than_it_shows(tables: dict[str, ProtectedTable]) -> None:
    """The further digits of a number made of counts by grade tell which counts; workbooks and editions hold the cells as they are."""
    for name in ("trend", "rollout", "forecast", "decomposition", "decomposition_districts", "same_children"):
        table = tables.get(f"mainstream_{name}")
        assert table is not None
        for column in [column for column in table.columns if column.kind == "number"]:
            for value in filter(None, table.values(column.name)):
                assert value == round(value, column.decimals), (name, column.name)


def test_the_words_of_the_comparison_claim_no_more_than_the_count(section: Section) -> None:
    for table in section.tables:
        if (
            table.table_id in ("mainstream_trend", "mainstream_rollout", "mainstream_forecast")
            or "decomp" in table.table_id
        ):
            assert words_to_avoid(f"{table.title} {table.source}") == []
            assert claims_beyond_level(f"{table.title} {table.source}", section.level) == []


def funnel_of(drawn: str) -> tuple[tuple[ProtectedTable, ...], str]:
    """The funnel's tables and title; one line is a district, one school year."""
    shares = drawn_shares(drawn, first_year=2026)
    records = [
        {
            "definition_id": "own_register_school",
            "school_year": YEAR,
            "area_kind": "municipality" if area == "Hele kommunen" else "district",
            "area_code": area,
            "segregated_count": outside,
            "pupils_count": pupils,
        }
        for area, outside, pupils in zip(
            *(shares.table.values(name) for name in ("area", "segregated_count", "pupils_count")), strict=True
        )
    ]
    series = comparison_series(DrawnContext(), shares, records, YEAR)
    assert series is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "render", lambda *_, **__: "<svg/>")
        title = comparison_figure(DrawnContext(), series, YEAR).title
    return comparison_tables(series, YEAR), title


def test_six_districts_have_a_careful_guess_in_a_table_of_its_own() -> None:
    """Beta-binomial over six districts: each guess lies between its own share and that of all, the small one's farther in."""
    counts = {"A": (12, 300), "B": (31, 410), "C": (5, 40), "D": (22, 280), "E": (40, 640), "F": (18, 500)}
    (limits, guesses), _ = funnel_of("\n".join(f"{name} {out}/{of}" for name, (out, of) in counts.items()))
    assert len(limits.columns) <= 8
    shares, shrunk = guesses.values("share"), guesses.values("shrunk")
    fit = fit_beta_binomial([out for out, _ in counts.values()], [of for _, of in counts.values()])
    assert fit.alpha is not None
    assert fit.beta is not None
    wanted = [(out + fit.alpha) / (of + fit.alpha + fit.beta) for out, of in counts.values()]
    assert shrunk == pytest.approx(wanted, abs=0.0005)
    assert abs(shrunk[2] - shares[2]) == max(abs(one - other) for one, other in zip(shrunk, shares, strict=True))
    assert "rangordner ingen" in guesses.source


@pytest.mark.parametrize(
    ("drawn", "title"),
    [
        ("A 20/200\nB 21/210\nC 30/300", "Distrikterne ligger ikke længere fra hinanden, end det kan være tilfældigt"),
        ("A 60/1000\nB 20/180\nC 60/900", "Ingen distrikter ligger langt fra hele kommunen"),
        ("A 20/1000\nB 60/180\nC 60/900", "Flere distrikter ligger længere fra hele kommunen, end tilfældigheder kan forklare"),
        ("A 600/10000\nB 30/180\nC 600/10000", "Ét distrikt ligger længere fra hele kommunen, end tilfældigheder kan forklare"),
    ],
)  # fmt: skip
def test_the_title_of_the_funnel_tells_of_those_far_outside_alone(drawn: str, title: str) -> None:
    """One of twenty districts lies a little outside by chance, so that is no finding."""
    tables, found = funnel_of(drawn)
    assert found == title
    assert "mindst seks distrikter" in tables[0].source


SHARES = drawn_shares("A 30/200 20/150\nB 10/100 30/250", first_year=2025)
GRADES = DrawnContext(
    [
        {
            "school_year": year,
            "district_code": district,
            "grade_number": grade,
            "segregated_count": out,
            "pupils_count": of,
        }
        for year, district, grade, out, of in (
            ("2025/26", "A", 1, 10, 120),
            ("2025/26", "A", None, 20, 80),
            ("2025/26", "B", 1, 10, 100),
            ("2026/27", "A", 1, 5, 100),
            ("2026/27", "A", None, 15, 50),
            ("2026/27", "B", 1, 30, 250),
        )
    ]
)


def test_pupils_of_no_known_grade_are_a_group_so_that_the_sums_are_those_of_the_shares() -> None:
    """Grade 1: 20 of 220, then 35 of 350; unknown: 20 of 80, then 15 of 50."""
    table = decomposition_table(GRADES, SHARES, "2025/26", "2026/27")
    assert table is not None
    sizes = [[220 / 300, 80 / 300], [350 / 400, 50 / 400]]
    rates = [[20 / 220, 20 / 80], [35 / 350, 15 / 50]]
    parts = 100 * split_product([sizes[0], rates[0]], [sizes[1], rates[1]]).sum(axis=1)
    assert table.values("value") == pytest.approx([100 * (50 / 400 - 40 / 300), *parts], abs=0.05)


def test_three_parts_by_district_and_grade() -> None:
    """Districts' parts of all 2/3 and 1/3, then 3/8 and 5/8; each formula once more, cell by cell."""
    table = district_decomposition_table(GRADES, SHARES, "2025/26", "2026/27")
    assert table is not None
    district = [(2 / 3, 3 / 8), (2 / 3, 3 / 8), (1 / 3, 5 / 8)]
    grade = [(120 / 200, 100 / 150), (80 / 200, 50 / 150), (1, 1)]
    rate = [(10 / 120, 5 / 100), (20 / 80, 15 / 50), (10 / 100, 30 / 250)]

    def part(moving: list[tuple[float, float]], b: list[tuple[float, float]], c: list[tuple[float, float]]) -> float:
        """(a2 - a1) [(b1 c1 + b2 c2) / 3 + (b1 c2 + b2 c1) / 6], over cells."""
        total = 0.0
        for a, (b1, b2), (c1, c2) in zip(moving, b, c, strict=True):
            total += (a[1] - a[0]) * ((b1 * c1 + b2 * c2) / 3 + (b1 * c2 + b2 * c1) / 6)
        return 100 * total

    wanted = [part(district, grade, rate), part(grade, district, rate), part(rate, district, grade)]
    assert table.values("value")[1:] == pytest.approx(wanted, abs=0.05)


@pytest.mark.parametrize(
    ("drawn", "by_grade"),
    [("A 30/200 20/150\nB 3/100 30/250\nC 22/90 22/90", True), ("A 30/200 3/150", False)],
)
def test_what_the_shares_hide_is_not_split(drawn: str, by_grade: bool) -> None:
    """A hidden district hides the parts by district; a hidden municipality all of them."""
    shares = drawn_shares(drawn, first_year=2025)
    assert (decomposition_table(GRADES, shares, "2025/26", "2026/27") is not None) == by_grade
    assert district_decomposition_table(GRADES, shares, "2025/26", "2026/27") is None


@pytest.mark.parametrize(
    ("low", "value", "parts", "title"),
    [
        (-0.4, 1.0, (0.2, 0.8), "Hele ændringen kan være tilfældig"),
        (0.4, 1.0, (0.2, 0.8), "Det meste af ændringen er sket på de enkelte klassetrin"),
        (0.4, 1.0, (0.8, 0.2), "Det meste af ændringen ligger i klassetrinnenes størrelse"),
        (0.4, 1.0, (0.5, 0.5), "Ændringen ligger både i klassetrinnenes størrelse og på de enkelte klassetrin"),
    ],
)
def test_the_title_of_the_bars_says_where_most_of_the_change_lies(
    low: float, value: float, parts: tuple[float, float], title: str
) -> None:
    table = decomposition_table(GRADES, SHARES, "2025/26", "2026/27")
    assert table is not None
    numbers = [(value, low, 2.0), *((part, -3.0, 3.0) for part in parts)]
    rows = [
        (row[0], *(replace(row[1], value=one) for one in own)) for row, own in zip(table.rows, numbers, strict=True)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "render", lambda *_, **__: "<svg/>")
        figure = decomposition_figure(GRADES, replace(table, rows=tuple(rows)), "2025/26", "2026/27")
    assert figure.title == title


def test_with_a_hidden_district_there_is_no_comparison_of_districts() -> None:
    section = section_of(children=500, seed=2)
    tables = {table.table_id: table for table in section.tables}
    assert None in tables["mainstream_school"].values("segregated_count")
    assert "mainstream_comparison" not in tables
    assert "mainstream_decomposition_districts" not in tables
    for name, column in product(("mainstream_trend", "mainstream_rollout"), ("value", "low", "high")):
        assert set(tables[name].values(column)) == {None}
    assert "mainstream_funnel" not in [figure.figure_id for figure in section.appendix_figures]
