"""Before and after the model: by least squares of another hand, from which school year on, and words that settle nothing."""

from datetime import date
from math import factorial

import numpy as np
import pytest

from pipelines.committee import mainstream_rollout
from pipelines.committee.context import ReportContext
from pipelines.committee.mainstream_rollout import AdviserStarts, adviser_starts, rollout_table
from pipelines.disclosure.table import CellStatus, ProtectedTable
from pipelines.measures.adoption_permutation import NoEffect
from pipelines.measures.interrupted_series import NoTest
from pipelines.publish.danish import claims_beyond_level, number, words_to_avoid
from tests.committee.conftest import settings_of
from tests.committee.mainstream_shares import DrawnContext, drawn_shares
from tests.sql.drawn import built

EIGHT_YEARS = """
A  30/400 33/400 29/400 36/400 28/400 25/400 27/400 22/400
B  12/200 15/200 13/200 16/200 18/200 12/200 11/200 13/200
C  41/500 39/500 44/500 46/500 42/500 47/500 43/500 49/500
D  20/300 22/300 19/300 24/300 21/300 26/300 23/300 18/300
E   9/150 11/150 10/150 12/150  9/150 13/150 11/150 12/150
"""
LASTING = date(9999, 12, 31)


def context_of(**starts: date | tuple[date, date]) -> DrawnContext:
    """District to the first day of the adviser model, or to its first and last."""
    return DrawnContext(
        [
            {"district_code": name, "start_date": dates[0], "end_date": dates[1]}
            if isinstance(dates, tuple)
            else {"district_code": name, "start_date": dates, "end_date": LASTING}
            for name, dates in starts.items()
        ]
    )


def table_of(drawn: str = EIGHT_YEARS, **starts: date | tuple[date, date]) -> ProtectedTable:
    table = rollout_table(context_of(**starts), drawn_shares(drawn, first_year=2019))
    assert table is not None
    return table


def test_a_school_year_is_under_the_model_when_it_was_there_on_the_day_that_pupils_are_counted() -> None:
    starts = adviser_starts(context_of(A=date(2023, 8, 1), B=date(2023, 9, 30), C=date(2023, 10, 1)))
    assert starts.first_years == {"A": 2023, "B": 2023, "C": 2024}
    stopped = adviser_starts(context_of(A=date(2023, 8, 1), B=(date(2022, 8, 1), date(2024, 7, 31))))
    assert (stopped.first_years, stopped.stopped) == ({"A": 2023}, {"B"})


def test_the_dates_are_read_from_the_organisation() -> None:
    """B's adviser came twice, C's came after the day of the report, D has none; an institution of its own is no district."""
    connection = built(
        {
            "organisation": """
            unit_kind_code unit_code model_code           from_date  to_date    unit_name
            district       A       district_adviser     2023-08-01 -          Ask
            district       B       district_adviser     2022-08-01 2023-07-31 -
            district       B       authority_caseworker 2023-08-01 2024-07-31 -
            district       B       district_adviser     2024-08-01 -          -
            district       C       district_adviser     2026-11-01 -          -
            district       D       authority_caseworker 2020-01-01 -          -
            institution    7       district_adviser     2021-08-01 -          -
            """
        }
    )
    context = ReportContext(connection, settings_of(), date(2026, 9, 30), {"A": "Ask"})
    assert adviser_starts(context) == AdviserStarts({"Ask": 2023, "B": 2022}, frozenset())


def test_the_jump_and_the_slope_are_those_of_least_squares() -> None:
    """A and B begin in 2023/24: their pupils together, a line before and one after; t with 8 - 4 degrees is 2.776445."""
    table = table_of(A=date(2023, 8, 1), B=date(2023, 8, 1))
    outside = np.array([42, 48, 42, 52, 46, 37, 38, 35])  # A + B
    years = np.arange(8) - 4
    design = np.column_stack([np.ones(8), years, years >= 0, years * (years >= 0)])
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ (100 * outside / 600)
    spread = ((100 * outside / 600 - design @ coefficients) ** 2).sum() / 4
    for row, place in ((0, 2), (1, 3)):
        half = 2.776445 * np.sqrt(spread * inverse[place, place])
        wanted = [coefficients[place], coefficients[place] - half, coefficients[place] + half]
        assert [table.values(name)[row] for name in ("value", "low", "high")] == pytest.approx(wanted, abs=0.05)
    assert [table.values(name)[0] for name in ("began", "districts", "before", "after")] == ["2023/24", 2, 4, 4]
    assert "færre end 12 skoleår" in table.source.replace("tolv", "12")


def test_too_few_years_give_no_number_and_say_how_many_it_takes() -> None:
    table = table_of(A=date(2025, 8, 1), B=date(2016, 8, 1))
    assert table.values("began") == ["2016/17", "2025/26"]
    assert list(zip(table.values("before"), table.values("after"), strict=True)) == [(0, 8), (6, 2)]
    assert {cell.status for row in table.rows for cell in row[5:]} == {CellStatus.NOT_COMPUTABLE}
    assert "mindst tre før og tre efter" in table.source


def test_different_dates_settle_nothing_and_the_words_tell_what_they_could_at_best() -> None:
    """Two dates and three districts without: 5! / 3! ways to hand them round, of which one is the most extreme."""
    table = table_of(A=date(2022, 8, 1), B=date(2024, 8, 1))
    ways = factorial(5) // factorial(3)
    assert "intet er afgjort" in table.source
    assert f"på {ways} måder" in table.source
    assert f"mindst {number(100 / ways, 1)} af 100 tilfælde" in table.source


def test_the_words_do_not_hang_on_what_came_out() -> None:
    """Level 0: how likely the real result is by chance is never told, so other shares give the same words."""
    starts = {"A": date(2022, 8, 1), "B": date(2024, 8, 1)}
    other = EIGHT_YEARS.replace("25/400 27/400 22/400", "99/400 98/400 97/400")
    assert table_of(**starts).source == table_of(other, **starts).source
    assert table_of(**starts).rows != table_of(other, **starts).rows


@pytest.mark.parametrize(
    ("starts", "words"),
    [
        ({"A": date(2015, 8, 1)}, "Ingen begyndte efter det første talte skoleår."),
        (dict.fromkeys("ABCDE", date(2023, 8, 1)), "Alle begyndte samtidig."),
        ({"A": date(2022, 8, 1), "B": (date(2021, 8, 1), date(2022, 7, 31))}, "holdt op med rådgiver igen"),
    ],
)
def test_districts_that_cannot_be_held_against_each_other(starts: dict[str, date], words: str) -> None:
    assert words in table_of(**starts).source


def test_a_district_that_stopped_takes_no_date() -> None:
    """Of four districts left, one date: 4 ways."""
    table = table_of(A=date(2022, 8, 1), B=(date(2021, 8, 1), date(2022, 7, 31)))
    assert "på 4 måder" in table.source


def test_a_hidden_district_hides_all_of_it() -> None:
    table = table_of(EIGHT_YEARS.replace("13/150", " 3/150"), A=date(2023, 8, 1))
    assert {cell.status for row in table.rows for cell in row[5:]} == {CellStatus.HIDDEN}
    assert "Ikke alle distrikters tal" in table.source


def test_without_an_adviser_there_is_no_table() -> None:
    assert rollout_table(context_of(), drawn_shares(EIGHT_YEARS, first_year=2019)) is None


def test_every_reason_has_words_that_the_level_allows() -> None:
    assert set(mainstream_rollout._NO_TEST) == set(NoTest)
    assert set(mainstream_rollout._NO_EFFECT) == set(NoEffect)
    sources = [table_of(A=date(2022, 8, 1), B=date(2024, 8, 1)).source, *mainstream_rollout._NO_TEST.values()]
    for words in (*sources, *mainstream_rollout._NO_EFFECT.values()):
        assert words_to_avoid(words) == []
        assert claims_beyond_level(words, 0) == []
