"""Page 1 is one page though its warnings have more lines than words would tell."""

from dataclasses import replace

from pipelines.publish.first_page import on_one_page, pages_of_page_1
from pipelines.publish.gates import MOST_WORDS_ON_PAGE_1, page_1_words
from pipelines.publish.layout import REST_OF_ATTENTION, lay_out
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
