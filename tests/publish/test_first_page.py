"""Page 1 is one page though its warnings have more lines than words would tell."""

from dataclasses import replace
from datetime import date

from pipelines.publish.edition import CUT_SHORT
from pipelines.publish.first_page import _with_fewer_warnings, on_one_page, pages_of_page_1
from pipelines.publish.gates import MOST_WORDS_ON_PAGE_1, page_1_words
from pipelines.publish.layout import ALL_OF_ATTENTION, REST_OF_ATTENTION, lay_out
from pipelines.publish.section import Report

LONG_WORDS = " ".join(["dagtilbudsplaceringsoplysningerne"] * 9)
"""One to a line of the box's column."""


def test_warnings_that_page_1_has_no_lines_for_stand_last(report: Report) -> None:
    lines = tuple(f"{letter} {LONG_WORDS}" for letter in "abcdef")
    warned = replace(report, attention=lines)
    assert page_1_words(lay_out(warned)) <= MOST_WORDS_ON_PAGE_1
    assert pages_of_page_1(warned) == 2

    fitting = on_one_page(warned)

    assert pages_of_page_1(fitting) == 1
    *told, last = fitting.attention
    assert last == REST_OF_ATTENTION
    assert 0 < len(told) < len(lines)
    assert (*told, *fitting.attention_rest) == lines
    one_more = (*told, fitting.attention_rest[0], REST_OF_ATTENTION)
    assert pages_of_page_1(replace(warned, attention=one_more)) == 2


def test_a_page_that_is_one_page_is_left_as_it_is(report: Report) -> None:
    assert on_one_page(report) == report


def test_what_no_warning_causes_is_left_to_the_gate(report: Report) -> None:
    long = replace(report, introduction=" ".join([LONG_WORDS] * 20), attention=("Kort.",))
    assert on_one_page(long) == long


def test_long_news_beside_many_answers_is_cut_to_a_word_of_it(report: Report) -> None:
    """No warning stands there that could be moved away."""
    news = tuple(f"{letter} {LONG_WORDS}" for letter in "abcd")
    second = replace(report, attention=(), news=news, previous_edition_on=date(2026, 3, 1))
    assert pages_of_page_1(second) == 2
    fitting = on_one_page(second)
    assert (fitting.news, pages_of_page_1(fitting)) == ((CUT_SHORT,), 1)


def test_one_line_stands_for_all_warnings_where_not_even_two_have_room(report: Report) -> None:
    """An evaluation that follows a rollout has six questions: a single warning of two lines does not fit under them."""
    *_, last = _with_fewer_warnings(replace(report, attention=("a", "b"), attention_rest=("c",)))
    assert (last.attention, last.attention_rest) == ((ALL_OF_ATTENTION,), ("a", "b", "c"))
