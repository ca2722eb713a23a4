import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.measures.permutation import permute_two_groups


def difference_of_means(numbers):
    def statistic(chosen):
        ours = [numbers[district] for district in chosen]
        others = [number for district, number in numbers.items() if district not in chosen]
        return sum(ours) / len(ours) - sum(others) / len(others)

    return statistic


def test_three_against_three_cannot_go_below_one_in_ten():
    numbers = dict(zip("ABCDEF", [1, 2, 3, 4, 5, 6], strict=True))
    test = permute_two_groups("ABCDEF", "ABC", difference_of_means(numbers))
    # the most extreme of 20 choices, and its mirror
    assert (test.statistic, test.p_value, test.choice_count, test.smallest_p_value) == (-3, 2 / 20, 20, 2 / 20)
    # one step inwards: 1, 2, 4 and its mirror, besides the two
    assert permute_two_groups("ABCDEF", "ABD", difference_of_means(numbers)).p_value == 4 / 20


def test_two_of_eight_has_no_mirror():
    numbers = dict(zip("ABCDEFGH", [9, 8, 1, 1, 1, 1, 1, 1], strict=True))
    test = permute_two_groups("ABCDEFGH", "AB", difference_of_means(numbers))
    assert (test.p_value, test.smallest_p_value) == (1 / 28, 1 / 28)


def test_no_difference_anywhere_is_certain():
    assert permute_two_groups("ABCD", "AB", lambda chosen: 0.0).p_value == 1


def test_a_choice_as_extreme_but_for_rounding_counts():
    tenths = {"A": 0.1, "B": 0.2, "C": 0.3, "D": 0.6, "E": 0.0, "F": 0.0}
    assert 0.1 + 0.2 + 0.3 > 0.6, "the sum of A, B and C is a little above that of D, E and F"
    test = permute_two_groups("ABCDEF", "ABC", lambda chosen: sum(tenths[district] for district in chosen))
    assert test.p_value == (1 + 10) / 20  # ABC, and D with any two


@given(st.lists(st.integers(0, 9), min_size=3, max_size=7), st.data())
def test_p_is_never_below_the_smallest_possible_and_the_same_seen_from_the_other_group(values, data):
    numbers = dict(enumerate(values))
    chosen = data.draw(st.sets(st.sampled_from(range(len(values))), min_size=1, max_size=len(values) - 1))
    one, other = (
        permute_two_groups(list(numbers), group, difference_of_means(numbers))
        for group in (chosen, set(numbers) - chosen)
    )
    assert one.smallest_p_value <= one.p_value <= 1
    assert one.p_value == other.p_value
    assert one.statistic == pytest.approx(-other.statistic)


@pytest.mark.parametrize(
    ("districts", "chosen", "message"),
    [
        ("ABC", "", "some, not all"),
        ("ABC", "ABC", "some, not all"),
        ("ABC", "X", "some, not all"),
        ("AAB", "A", "named once"),
        (range(20), range(10), "184756 choices"),
    ],
)
def test_impossible_choices_are_refused(districts, chosen, message):
    with pytest.raises(ValueError, match=message):
        permute_two_groups(list(districts), list(chosen), lambda picked: 0.0)
