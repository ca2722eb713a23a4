"""The whole behind a published count and percentage: worked by hand for the country's figures, and never without the true one."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.measures.implied_denominator import DenominatorRange, implied_denominator


@pytest.mark.parametrize(
    ("count", "percent", "lowest", "highest"),
    [
        # as counted: 26.994 / 4,85 % and 26.994 / 4,75 %
        (26994, "4.8", Fraction(26994 * 10000, 485), Fraction(26994 * 10000, 475)),
        # a zero at the end: 29.435 to 29.445, and 5,25 to 5,35 %
        (29440, "5.3", Fraction(29435 * 10000, 535), Fraction(29445 * 10000, 525)),
        # hundreds: 32.450 to 32.550, and 5,05 to 5,15 %
        (32500, "5.1", Fraction(32450 * 10000, 515), Fraction(32550 * 10000, 505)),
        # no decimals: 4,5 to 5,5 %
        (7, "5", Fraction(7 * 1000, 55), Fraction(7 * 1000, 45)),
    ],
)
def test_the_range_comes_from_both_roundings(count: int, percent: str, lowest: Fraction, highest: Fraction) -> None:
    assert implied_denominator(count, percent) == DenominatorRange(ceil(lowest), floor(highest))


def test_a_percentage_that_may_be_nothing_sets_no_upper_limit() -> None:
    # 0,0 % is anything below 0,05 %: three of at least 3 / 0,0005 = 6.000
    assert implied_denominator(3, "0.0") == DenominatorRange(6000, None)


def test_a_whole_is_never_smaller_than_its_part() -> None:
    assert implied_denominator(12, "100.0") == DenominatorRange(
        12, floor(Fraction(12 * 1000, 999) * Fraction(9990, 9995))
    )


@given(
    whole=st.integers(1, 900_000),
    part=st.floats(0, 1),
    decimals=st.integers(0, 2),
    step=st.sampled_from([1, 10, 100, 500]),
)
def test_the_true_whole_lies_in_the_range(whole: int, part: float, decimals: int, step: int) -> None:
    true_count = round(part * whole)
    percent = str((Decimal(100 * true_count) / whole).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))
    count = step * floor(Fraction(true_count, step) + Fraction(1, 2))
    for told in (step, None) if step in (1, 10, 100) else (step,):
        found = implied_denominator(count, percent, count_step=told)
        assert found.lowest <= whole
        assert found.highest is None or whole <= found.highest


@pytest.mark.parametrize(
    ("count", "percent", "step"), [(-1, "5.0", 1), (10, "100.1", 1), (10, "5.0", 0), (15, "5.0", 10)]
)
def test_what_no_whole_can_have_is_refused(count: int, percent: str, step: int) -> None:
    with pytest.raises(ValueError, match="no whole"):
        implied_denominator(count, percent, count_step=step)
