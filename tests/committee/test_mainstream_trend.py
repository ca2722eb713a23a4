"""The yearly trend and what may come: the numbers by another road, and when there are none, the words that say why."""

import math

import numpy as np
import pytest
from scipy import special

from pipelines.committee import mainstream_trend
from pipelines.committee.mainstream_trend import forecast_table, trend_table
from pipelines.disclosure.table import CellStatus
from pipelines.measures.beta_binomial_regression import NoTrend, share_trend
from pipelines.measures.forecast_band import Assumption, NoForecast
from pipelines.publish.danish import NBSP, words_to_avoid
from tests.committee.mainstream_shares import DrawnContext, drawn_shares

FOUR = """
A  12/300 25/290 16/310 30/320
B  31/410 20/400 44/395 52/420
C   9/350 22/342  8/330 15/360
D  22/280 12/300 38/290 27/310
"""
SIX_YEARS = "A 41/1000 44/1000 43/1000 47/1000 51/1000 49/1000"


def test_the_trend_is_that_of_the_districts_in_percentage_points() -> None:
    table = trend_table(DrawnContext(), drawn_shares(FOUR, first_year=2023))
    cells = [[tuple(map(int, cell.split("/"))) for cell in line.split()[1:]] for line in FOUR.strip().splitlines()]
    outside, pupils = np.moveaxis(np.array(cells), 2, 0)
    slope = share_trend(outside, pupils, range(4)).logit_slope
    assert slope.value is not None
    share = outside.sum() / pupils.sum()
    assert table.values("value")[0] == pytest.approx(100 * slope.value * share * (1 - share), abs=0.005)
    assert table.values("low")[0] < table.values("value")[0] < table.values("high")[0]
    assert (table.values("districts"), table.values("years")) == ([4], [4])
    assert "hvor forskelligt distrikterne har udviklet sig" in table.source


def test_pupils_without_a_district_are_in_no_districts_trend() -> None:
    with_others = f"{FOUR}{DrawnContext().area_name(None).replace(' ', '_')} 9/90 9/90 30/90 40/90"
    series = drawn_shares(with_others, first_year=2023)
    assert trend_table(DrawnContext(), series).values("districts") == [5], "a name that is a district's counts as one"
    context = DrawnContext()
    object.__setattr__(context, "area_name", lambda code: "Uden_distrikt" if code is None else code)
    found, alone = trend_table(context, series), trend_table(context, drawn_shares(FOUR, first_year=2023))
    assert found.rows == alone.rows


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (FOUR.strip().rsplit("\n", 1)[0], "mindst fire"),
        ("\n".join(" ".join(line.split()[:3]) for line in FOUR.strip().splitlines()), "mindst tre"),
        ("\n".join(f"{name} 0/90 0/90 30/90" for name in "ABCD"), "mellem ingen og alle"),
        ("\n".join(f"{name} 10/90 12/90 14/90" for name in "ABCD"), "præcis lige meget"),
    ],
)
def test_a_trend_that_cannot_be_told_says_what_it_would_take(drawn: str, words: str) -> None:
    table = trend_table(DrawnContext(), drawn_shares(drawn, first_year=2023))
    assert words in table.source
    assert table.cell("low").status is CellStatus.NOT_COMPUTABLE


def test_a_hidden_district_hides_the_trend_and_not_the_forecast() -> None:
    """C's 3 are hidden, and others with them; the whole municipality's counts are not."""
    series = drawn_shares(FOUR.replace("15/360", "3/360"), first_year=2023)
    trend, forecast = trend_table(DrawnContext(), series), forecast_table(DrawnContext(), series)
    assert {cell.status for cell in trend.rows[0][2:]} == {CellStatus.HIDDEN}
    assert "Ikke alle distrikters tal" in trend.source
    assert "For få skoleår" in forecast.source
    assert forecast.cell("middle").status is CellStatus.NOT_COMPUTABLE


def test_a_hidden_municipality_hides_the_forecast() -> None:
    table = forecast_table(DrawnContext(), drawn_shares("A 3/90 2/90 9/90 9/90 9/90 9/90", first_year=2021))
    assert table.cell("middle").status is CellStatus.HIDDEN
    assert "Ikke alle års tal" in table.source


def test_four_years_carry_no_forecast_and_the_table_says_how_many_would() -> None:
    table = forecast_table(DrawnContext(), drawn_shares(FOUR, first_year=2023))
    assert table.values("year") == ["2027/28"]
    assert "mindst fem. Vi har 4 skoleår." in table.source.replace(NBSP, " ")


def test_the_forecast_is_the_line_of_the_logits_and_its_band() -> None:
    """Prediction limits by numpy's polynomial, t with 6 - 2 degrees: 2.776445."""
    table = forecast_table(DrawnContext(), drawn_shares(SIX_YEARS, first_year=2021))
    years, logits = np.arange(2021, 2027) - 2021, special.logit(np.array([41, 44, 43, 47, 51, 49]) / 1000)
    slope, start = np.polyfit(years, logits, 1)
    spread = math.sqrt(((logits - start - slope * years) ** 2).sum() / 4)
    assert table.values("year") == ["2027/28", "2028/29"]
    for place, year in enumerate((6, 7)):
        half = 2.776445 * spread * math.sqrt(1 + 1 / 6 + (year - 2.5) ** 2 / ((years - 2.5) ** 2).sum())
        wanted = [100 * special.expit(start + slope * year + side * half) for side in (0, -1, 1)]
        found = [table.values(name)[place] for name in ("middle", "low", "high")]
        assert found == [round(number, 1) for number in wanted], "no digit more than is shown"


def test_the_forecast_says_all_that_it_takes_for_granted() -> None:
    source = forecast_table(DrawnContext(), drawn_shares(SIX_YEARS, first_year=2021)).source
    for assumption in Assumption:
        assert mainstream_trend._TAKEN_FOR_GRANTED[assumption] in source
    assert words_to_avoid(source) == []


def test_every_reason_has_words_that_a_report_may_hold() -> None:
    assert set(mainstream_trend._NO_TREND) == set(NoTrend)
    assert set(mainstream_trend._NO_FORECAST) == set(NoForecast)
    for words in (*mainstream_trend._NO_TREND.values(), *mainstream_trend._NO_FORECAST.values()):
        assert words_to_avoid(words) == []
