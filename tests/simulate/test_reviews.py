"""Reviews: does the truth agree with what can be counted in the clean files, and does nobody review what is not there?"""

import dataclasses
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.codes import load_code_table
from pipelines.simulate import Parameters, SimulatedMunicipality, simulate_municipality
from pipelines.simulate.courses import courses_of, delivered_measures
from pipelines.simulate.days import NEVER
from pipelines.simulate.reviews import FIRST_DUE_MONTHS, first_follow_up_truth

PROFILE = Path(__file__).parents[2] / "pipelines" / "municipalities" / "vordingborg_next_step.toml"
DATA_END = date(2026, 9, 30)
REGISTER_START = date(2022, 1, 1)
ORDINARY_SETTINGS = ("folkeskole", "daycare", "private_school", "youth_school")
Row = dict[str, Any]


def drawn(*, children: int = 1500, **changes: Any) -> SimulatedMunicipality:
    chosen = dataclasses.replace(Parameters().reviews, **changes)
    return simulate_municipality(
        PROFILE, children_count=children, seed=6, parameters=dataclasses.replace(Parameters(), reviews=chosen)
    )


def three_months_after(day: date) -> date:
    years, month = divmod(day.month + FIRST_DUE_MONTHS - 1, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@pytest.mark.parametrize(
    ("start", "due"),
    [
        (date(2025, 1, 15), date(2025, 4, 15)),
        (date(2024, 11, 30), date(2025, 2, 28)),
        (date(2023, 11, 30), date(2024, 2, 29)),
        (date(2025, 12, 31), date(2026, 3, 31)),
    ],
)
def test_three_months_end_on_the_same_day_or_the_months_last(start: date, due: date) -> None:
    assert three_months_after(start) == due


def courses_by_hand(measures: Iterable[Row]) -> list[list[Row]]:
    """Measures of one child, paragraph (in barnets lov) and place, as groups in which each day from first to last has one."""
    successor = {row["code"]: row["successor_code"] or row["code"] for row in load_code_table("paragraphs").rows}
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in measures:
        groups.setdefault((row["child_id"], successor[row["paragraph_code"]], row["place_code"]), []).append(row)
    courses: list[list[Row]] = []
    for group in groups.values():
        covered = {
            row["start_date"] + timedelta(days=number)
            for row in group
            for number in range(((row["end_date"] or DATA_END) - row["start_date"]).days + 1)
        }
        begins = {day for day in covered if day - timedelta(days=1) not in covered}
        by_begin: dict[date, list[Row]] = {}
        for row in group:
            by_begin.setdefault(max(day for day in begins if day <= row["start_date"]), []).append(row)
        courses += by_begin.values()
    return courses


def rung_of(row: Row) -> int:
    paragraphs = {found["code"]: found["social_rung"] for found in load_code_table("paragraphs").rows}
    places = {found["code"]: found["social_rung"] for found in load_code_table("places").rows}
    return int(places[row["place_code"]] if row["place_code"] else paragraphs[row["paragraph_code"]])


def test_first_follow_ups_are_those_of_the_files(made: Any) -> None:
    """Day by day which measures are one course, then the first follow-up of any of them against three months."""
    days: dict[tuple[str, str], list[date]] = {}
    for row in made.rows["reviews"]:
        if row["measure_id"]:
            days.setdefault((row["child_id"], row["measure_id"]), []).append(row["review_date"])
    counts: Counter[tuple[int, int, str]] = Counter()
    for course in courses_by_hand(made.rows["measures"]):
        begun = min(row["start_date"] for row in course)
        last = max(row["end_date"] or date.max for row in course)
        reviews = [day for row in course for day in days.get((row["child_id"], row["measure_id"]), [])]
        due = three_months_after(begun)
        key = begun.year, rung_of(course[0])
        counts[*key, "courses_count"] += 1
        if due <= min(last, DATA_END):
            counts[*key, "due_count"] += 1
            counts[*key, "on_time_count"] += bool(reviews) and min(reviews) <= due
            counts[*key, "late_count"] += bool(reviews) and min(reviews) > due
    rows = made.truth["first_follow_ups"]
    assert {row["begun_year"] for row in rows} == set(range(2022, 2027))
    for row in rows:
        for name in ("courses_count", "due_count", "on_time_count", "late_count"):
            assert row[name] == counts[row["begun_year"], row["social_rung"], name], row
    assert sum(row["on_time_count"] for row in rows) > 20
    assert 0 < sum(row["late_count"] for row in rows) < sum(row["on_time_count"] for row in rows)


def test_reviews_are_those_of_the_files(made: Any) -> None:
    counts: Counter[tuple[str, int, str]] = Counter()
    children: set[tuple[str, int, str]] = set()
    for row in made.rows["reviews"]:
        key = row["review_kind_code"], row["review_date"].year
        counts[*key, "reviews_count"] += 1
        children.add((*key, row["child_id"]))
        counts[*key, "put_off_count"] += (row["planned_date"] or date.max) < row["review_date"]
        counts[*key, f"return_{row['return_judgement_code']}_count"] += 1
        counts[*key, "exhausted_count"] += row["has_exhausted_ordinary_options"] is True
        counts[*key, "recommended_count"] += row["is_recommended_to_visitation"] is True
    counts.update(Counter((kind, year, "children_count") for kind, year, _ in children))
    for row in made.truth["reviews"]:
        for name in (name for name in row if name.endswith("_count")):
            assert row[name] == counts[row["review_kind_code"], row["calendar_year"], name], (row, name)
    assert {row["review_kind_code"] for row in made.truth["reviews"] if row["reviews_count"]} == {
        row["code"] for row in load_code_table("review_kinds").rows
    }


def test_a_review_is_of_something_that_goes_on_that_day(made: Any) -> None:
    """A measure of the child that runs; a place where the child goes, of the kind the review is about; on a weekday."""
    measures = {(row["child_id"], row["measure_id"]): row for row in made.rows["measures"]}
    kinds = {row["institution_code"]: row["institution_type_code"] for row in made.rows["institutions"]}
    classes = {row["code"]: row["is_mainstream_class"] == "true" for row in load_code_table("class_types").rows}
    placed: dict[str, list[Row]] = {}
    for row in made.rows["school_placements"]:
        if kinds[row["institution_code"]] not in ("club", "special_club"):
            placed.setdefault(row["child_id"], []).append(row)
    before_count = 0
    for row in made.rows["reviews"]:
        day = row["review_date"]
        assert REGISTER_START <= day <= DATA_END
        assert day.weekday() < 5
        assert (row["planned_date"] or day) <= day
        assert (row["review_kind_code"] == "measure_follow_up") == (row["measure_id"] is not None)
        if row["measure_id"]:
            measure = measures[row["child_id"], row["measure_id"]]
            assert measure["start_date"] <= day <= (measure["end_date"] or DATA_END)
            assert row["return_judgement_code"] is None
            continue
        (place,) = (
            place for place in placed[row["child_id"]] if place["start_date"] <= day <= (place["end_date"] or date.max)
        )
        assert row["institution_code"] == place["institution_code"]
        is_ordinary_setting = kinds[place["institution_code"]] in ORDINARY_SETTINGS
        is_special = not (classes[place["class_type_code"]] and is_ordinary_setting)
        # judged is the way back of who is away; before that, only whether the ordinary setting has done what it could
        assert is_special == (row["return_judgement_code"] is not None)
        before_count += not is_special
        is_council = row["review_kind_code"] == "creative_council"
        assert (row["forum_code"] == "kreativt_raad") == is_council
        assert (row["has_exhausted_ordinary_options"] is not None) == is_council
        assert row["is_recommended_to_visitation"] is not True or row["has_exhausted_ordinary_options"] is True
    assert before_count > 0


def test_nobody_late_and_nobody_forgotten_can_be_drawn() -> None:
    rows = first_follow_up_truth(drawn(first_on_time_share=1.0, never_followed_share=0.0))
    assert sum(row["due_count"] for row in rows) == sum(row["on_time_count"] for row in rows) > 30
    rows = first_follow_up_truth(drawn(first_on_time_share=0.0, never_followed_share=1.0))
    assert sum(row["on_time_count"] + row["late_count"] for row in rows) == 0


def test_the_share_on_time_is_the_parameters() -> None:
    rows = first_follow_up_truth(drawn(children=12_000))
    due, on_time = (sum(row[name] for row in rows) for name in ("due_count", "on_time_count"))
    # binomial: 0.78 of due, three standard errors
    assert on_time / due == pytest.approx(0.78, abs=3 * (0.78 * 0.22 / due) ** 0.5)


def test_other_reviews_and_prices_change_no_other_source() -> None:
    plain = drawn(children=400)
    costs = dataclasses.replace(Parameters().costs, taken_back_share=0.9)
    reviews = dataclasses.replace(Parameters().reviews, council_share=1.0, follow_up_interval_days=90)
    changed = simulate_municipality(
        PROFILE, children_count=400, seed=6, parameters=dataclasses.replace(Parameters(), reviews=reviews, costs=costs)
    )
    differing = {name for name, frame in plain.tables.items() if not frame.equals(changed.tables[name])}
    assert differing == {"reviews", "costs", "cost_accounts"}


drawn_measures = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(["BL-30", "SEL-11-3", "BL-32-1-2"]), st.integers(0, 40), st.integers(0, 12)),
    min_size=1,
    max_size=9,
)  # fmt: skip


@given(drawn_measures)
@settings(max_examples=150, deadline=None)
def test_courses_are_those_found_day_by_day(measures: list[tuple[int, str, int, int]]) -> None:
    first = date(2023, 12, 20)
    numbers = ("0101995015", "0202985023")
    rows = [
        {
            "child_id": numbers[child],
            "measure_id": f"Y{number}",
            "paragraph_code": paragraph,
            "place_code": None,
            "start_date": first + timedelta(days=start),
            "end_date": first + timedelta(days=start + length),
        }
        for number, (child, paragraph, start, length) in enumerate(measures)
    ]
    schema = {"place_code": pl.String, "end_date": pl.Date}
    found = delivered_measures(pl.DataFrame(rows, schema_overrides=schema), numbers)
    together = {
        frozenset(name for name, of in zip(found.number, found.course, strict=True) if of == course)
        for course in range(found.course_count)
    }
    assert together == {frozenset(row["measure_id"] for row in course) for course in courses_by_hand(rows)}
    courses = courses_of(found)
    assert (courses.start <= courses.stop).all()
    assert (courses.stop < NEVER).all()
    assert sum(courses.stop - courses.start + 1) == sum(
        len(
            {
                row["start_date"] + timedelta(days=day)
                for row in course
                for day in range((row["end_date"] - row["start_date"]).days + 1)
            }
        )
        for course in courses_by_hand(rows)
    )
