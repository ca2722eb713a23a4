"""Two definitions of the mainstream share never meet: not in a series, a difference, a curve, a sentence or a query."""

import pytest

from pipelines.disclosure.rule import DisclosureRule
from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.errors import TransformError
from pipelines.publish import figures, sentences
from pipelines.publish.reference_figure import draw_beside_references
from pipelines.publish.share_series import (
    DefinedChange,
    DefinedShare,
    MixedDefinitionsError,
    ReferencedShares,
    ReferenceLine,
    ShareSeries,
    one_definition,
    protect_beside_references,
    protect_series,
)
from pipelines.transform import refuse_mixed_definitions

COLUMNS = (
    TableColumn("area", "Distrikt", "label"),
    TableColumn("year", "Skoleår", "label"),
    TableColumn("pupils", "Elever", "count"),
    TableColumn("inside", "I almen", "count"),
    TableColumn("share", "Andel", "share", decimals=1, numerator="inside", denominator="pupils"),
)


def series(
    *definitions: str | None, year: str = "2025/26", columns: tuple[TableColumn, ...] = COLUMNS, share: str = "share"
) -> ShareSeries:
    """90 of 100 pupils in ordinary classes, one area per definition named."""
    records = [
        {
            "definition_id": definition,
            "area": f"Distrikt {number}",
            "year": year,
            "pupils": 100,
            "inside": 90,
            "share": 0.9,
        }
        for number, definition in enumerate(definitions)
    ]
    return protect_series(
        records,
        area="area",
        period="year",
        share=share,
        table_id="t",
        title="Andel",
        columns=columns,
        source="Kilde: opdigtet.",
        rule=DisclosureRule(),
    )


@pytest.mark.parametrize("mixed", [("kl", "flis"), ("kl", None), (None,), ()], ids=str)
def test_a_series_is_made_of_rows_under_one_named_definition(mixed: tuple[str | None, ...]) -> None:
    with pytest.raises(MixedDefinitionsError):
        series(*mixed)


def test_series_of_one_definition_are_put_end_to_end_and_side_by_side() -> None:
    earlier, later = series("kl", year="2024/25"), series("kl", "kl")
    both = earlier.concat(later)
    assert (both.definition_id, len(both.table.rows)) == ("kl", 3)
    assert both.at(area="Distrikt 0", period="2025/26") == DefinedShare("kl", Cell(0.9))
    assert set(later.join(both)) == {("Distrikt 0", "2025/26"), ("Distrikt 1", "2025/26")}


@pytest.mark.parametrize("put_together", [ShareSeries.concat, ShareSeries.join], ids=["concat", "join"])
def test_series_of_two_definitions_are_not_put_together(put_together) -> None:
    with pytest.raises(MixedDefinitionsError, match="found flis, kl"):
        put_together(series("kl"), series("flis"))


def test_series_with_other_columns_are_not_put_end_to_end() -> None:
    with pytest.raises(ValueError, match="other columns"):
        series("kl").concat(series("kl", columns=COLUMNS[:-1], share="inside"))


def test_a_sentence_on_a_change_between_two_definitions_cannot_be_made() -> None:
    ours, theirs = (series(definition).at(area="Distrikt 0", period="2025/26") for definition in ("kl", "flis"))
    with pytest.raises(MixedDefinitionsError):
        sentences.change_in_share(
            DefinedChange(ours, theirs, Cell(0.0), Cell(-0.1), Cell(0.1)), subject="Andelen", smallest_relevant=0.01
        )


def test_a_curve_is_drawn_of_a_series_only_and_a_series_has_one_definition() -> None:
    words = figures.FigureWords("f", "Titel", "Undertitel.", "Kilde: x.")
    drawn = figures.share_panels(series("kl", "kl"), words)
    assert "<svg" in drawn.svg
    table: ProtectedTable = series("kl").table
    with pytest.raises(AttributeError):
        figures.share_panels(table, words)  # type: ignore[arg-type]
    with pytest.raises(MixedDefinitionsError):
        figures.share_panels(series("kl").concat(series("stil_kommunal")), words)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT school_year, mainstream_count FROM marts.mart_mainstream_share WHERE definition_id = 'kl' UNION ALL "
        "SELECT school_year, mainstream_count FROM marts.mart_mainstream_share WHERE definition_id = 'flis'",
        "SELECT school_year, sum(mainstream_count) FROM marts.mart_mainstream_share GROUP BY school_year",
    ],
    ids=["union", "sum"],
)
def test_a_query_that_stacks_or_sums_two_definitions_is_refused(query: str) -> None:
    with pytest.raises(TransformError, match="To definitioner"):
        refuse_mixed_definitions(query)


def test_one_definition_is_given_back() -> None:
    assert one_definition(["kl", "kl"]) == "kl"


def referenced(*definitions: str, own: str = "kl") -> ReferencedShares:
    """One year of our own count beside a reference per definition named."""
    return protect_beside_references(
        [{"definition_id": own, "year": "2025/26", "own": 5.4}],
        [
            ReferenceLine(definition, f"reference_{number}", "Hele landet", {"2025/26": Cell(5.1)})
            for number, definition in enumerate(definitions)
        ],
        period=TableColumn("year", "Skoleår", "label"),
        share=TableColumn("own", "Vores register", "number", unit="%", decimals=1),
        table_id="t",
        title="Andel",
        source="Kilde: opdigtet.",
        rule=DisclosureRule(),
    )


def test_a_reference_of_the_same_definition_stands_in_its_own_column() -> None:
    shares = referenced("kl", "kl")
    assert (shares.definition_id, shares.references) == ("kl", ("reference_0", "reference_1"))
    assert shares.table.cell("reference_0", year="2025/26") == Cell(5.1)


@pytest.mark.parametrize("definitions", [("flis",), ("kl", "flis"), ("",)], ids=str)
def test_a_reference_of_another_definition_is_refused(definitions: tuple[str, ...]) -> None:
    with pytest.raises(MixedDefinitionsError):
        referenced(*definitions)


def test_a_year_without_a_reference_is_empty_as_the_reference_says_and_never_nought() -> None:
    line = ReferenceLine("kl", "country", "Hele landet", {}, missing=CellStatus.LEFT_OUT_BY_SOURCE)
    assert line.at("2025/26") == Cell(None, CellStatus.LEFT_OUT_BY_SOURCE)


def test_the_figure_beside_references_takes_nothing_but_such_a_table() -> None:
    words = figures.FigureWords("f", "Titel", "Undertitel", "Kilde.")
    figure = draw_beside_references(referenced("kl"), words)
    assert (
        figure.alt_text
        == "Kurver fra 2025/26 til 2025/26. Vores register: 5,4 til 5,4\u00a0procent. Hele landet: 5,1 til 5,1\u00a0procent."
    )
    with pytest.raises(AttributeError):
        draw_beside_references(series("kl"), words)  # type: ignore[arg-type]
