"""The limits themselves, and their Danish sentence."""

import pytest

from pipelines.disclosure.rule import DisclosureRule


def test_default_hides_one_to_four_and_shows_none_and_five():
    assert [count for count in range(8) if DisclosureRule().hides_count(count)] == [1, 2, 3, 4]


def test_sentence_names_the_limits_in_danish():
    sentence = DisclosureRule(minimum_count=7, minimum_group_children=12).sentence
    assert "færre end 7 børn" in sentence
    assert "mindst 12 børn og 2 institutioner" in sentence
    assert sentence.count(".") == 1


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        ({"minimum_count": 4}, "minimum_count must be at least 5, not 4"),
        ({"minimum_group_children": 0}, "minimum_group_children must be at least 10"),
        ({"minimum_staff": 2.5}, "minimum_staff must be a whole number"),
        ({"minimum_institutions": True}, "minimum_institutions must be a whole number"),
    ],
)
def test_a_limit_that_protects_less_is_refused(limits, named):
    with pytest.raises(ValueError, match=named):
        DisclosureRule(**limits)


def test_all_faults_come_together():
    with pytest.raises(ValueError, match=r"minimum_count .*; minimum_staff"):
        DisclosureRule(minimum_count=1, minimum_staff=1)
