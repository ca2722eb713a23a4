"""Does the truth agree with what can be counted in the clean files, by another road: day by day, form by form?"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from pipelines.codes import load_code_table

Row = dict[str, Any]
DATA_END = date(2026, 9, 30)
GRACE_DAYS = 30
AREA = ("area_kind", "area_code")


def by(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], Row]:
    return {tuple(row[name] for name in names): row for row in rows}


def home_on(residences: list[Row], day: date) -> str | None:
    """The district on the day; None for who does not live in the municipality then."""
    for row in residences:
        lives_there = row["resident_from_date"] <= day <= (row["resident_to_date"] or date.max)
        if lives_there and row["home_municipality_code"] is None:
            return str(row["home_district_code"])
    return None


def grouped(rows: Iterable[Row], name: str) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[name]].append(row)
    return groups


def attribute(table: str, name: str) -> dict[str, str]:
    return {row["code"]: row[name] for row in load_code_table(table).rows}


def test_rows_and_children_are_as_many_as_said(made: Any) -> None:
    said: Counter[str] = Counter()
    for delivery in made.truth["deliveries"]:
        said[delivery["source"]] += delivery["right_row_count"]
        assert delivery["wrong_row_count"] == 0
    assert said == Counter({source: len(rows) for source, rows in made.rows.items()})
    own = {row["child_id"] for row in made.rows["children"] if row["home_municipality_code"] is None}
    assert made.truth["children_count"] == 1000
    assert made.truth["grown_up_count"] > 100
    assert len(own) == made.truth["children_count"] + made.truth["grown_up_count"]
    others = {row["child_id"] for row in made.rows["children"]} - own
    assert len(others) == made.truth["visitors_count"]


OWN_DEFINITIONS = {
    "daycare": "own_register_daycare",
    "special_daycare": "own_register_daycare",
    "club": "own_register_club",
    "special_club": "own_register_club",
}


def test_mainstream_shares(made: Any) -> None:
    """KOM-1, KOM-2 and KOM-3 counted from the placements on 30 September and the residences that day."""
    kinds = {row["institution_code"]: row["institution_type_code"] for row in made.rows["institutions"]}
    mainstream_classes = attribute("class_types", "is_mainstream_class")
    residences = grouped(made.rows["children"], "child_id")
    counts: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for year in (2023, 2024, 2025, 2026):
        day = date(year, 9, 30)
        for row in made.rows["school_placements"]:
            if not row["start_date"] <= day <= (row["end_date"] or date.max):
                continue
            kind, grade = kinds[row["institution_code"]], row["grade_number"]
            home = home_on(residences[row["child_id"]], day)
            if home is None or (grade or 0) > 9 or kind == "private_school":
                continue
            definition = OWN_DEFINITIONS.get(kind, "own_register_school")
            assert (definition == "own_register_school") == (grade is not None)
            is_mainstream = (
                kind in ("folkeskole", "daycare", "club") and mainstream_classes[row["class_type_code"]] == "true"
            )
            for area in (home, "ALL"):
                count = counts[definition, area, f"{year}/{(year + 1) % 100}"]
                count["pupils_count"] += 1
                count["mainstream_count"] += is_mainstream
                count["segregated_count"] += not is_mainstream
                count["support_nine_hours_count"] += is_mainstream and (row["support_hours_per_week"] or 0) >= 9
    said = by(made.truth["mainstream_shares"], "definition_id", "area_code", "school_year")
    assert set(counts) == {key for key, row in said.items() if row["pupils_count"]}
    for key, count in counts.items():
        assert {name: said[key][name] for name in count} == dict(count), key
        assert said[key]["mainstream_share"] == pytest.approx(
            count["mainstream_count"] / count["pupils_count"], abs=1e-6
        )
    assert sum(count["segregated_count"] for count in counts.values()) > 0


def test_ladder_moves_on_the_social_track(made: Any) -> None:
    """Day by day: the highest open measure, holes up to 30 days filled, then every change of rung."""
    counts = count_moves(made.rows, social_days, made.rows["measures"], first_year=2022)
    compare_moves(made.truth, counts, "social")
    assert sum(counts[key]["down_count"] for key in counts) > 0


def test_ladder_moves_on_the_education_track(made: Any) -> None:
    """Day by day: the rung of the place, then every change of rung; no place at all is unknown, not rung 0."""
    counts = count_moves(made.rows, education_days, made.rows["school_placements"], first_year=2024)
    compare_moves(made.truth, counts, "education")
    assert sum(counts[key]["closed_count"] for key in counts) > 0


def compare_moves(truth: dict[str, Any], counts: dict[tuple[int, str], Counter[str]], track: str) -> None:
    said = by((row for row in truth["ladder_moves"] if row["track_code"] == track), "calendar_year", "area_code")
    for key, row in said.items():
        expected = {name: count for name, count in row.items() if name.endswith("_count")}
        assert expected == {name: counts[key][name] for name in expected}, (track, key)
        days_in_year = 366 if key[0] % 4 == 0 else 365
        assert row["child_years"] == pytest.approx(counts[key]["days"] / days_in_year, abs=1e-5), (track, key)
    assert set(counts) <= set(said)


def count_moves(rows: dict[str, list[Row]], days_of: Any, spells: list[Row], *, first_year: int) -> Any:
    counts: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    residences = grouped(rows["children"], "child_id")
    kinds = {row["institution_code"]: row["institution_type_code"] for row in rows["institutions"]}
    for child, own in grouped(spells, "child_id").items():
        homes = [row for row in residences[child] if row["home_municipality_code"] is None]
        if not homes:
            continue
        left = max(row["resident_to_date"] or date.max for row in homes)
        turns_18 = date(homes[0]["birth_date"].year + 18, homes[0]["birth_date"].month, 1) + timedelta(
            days=homes[0]["birth_date"].day - 1
        )
        rungs = days_of(
            own, kinds, birth=homes[0]["birth_date"], last=min(left, DATA_END, turns_18 - timedelta(days=1))
        )
        for day, cause in changes(rungs, left=left, turns_18=turns_18):
            if day.year >= first_year:
                for area in (home_on(homes, day - timedelta(days=1)), "ALL"):
                    counts[day.year, str(area)][f"{cause}_count"] += 1
        followed = at_risk_days(rungs, homes, last=min(left, DATA_END, turns_18 - timedelta(days=1)))
        for (year, area), days in followed.items():
            if year >= first_year:
                counts[year, area]["days"] += days
                counts[year, area]["children_count"] += 1
    return counts


def at_risk_days(rungs: dict[date, int], homes: list[Row], *, last: date) -> Counter[tuple[int, str]]:
    """Days by year and area on which the child had rung 1 or higher that day or within the 24 months before, living here."""
    days: Counter[tuple[int, str]] = Counter()
    until = date.min
    first = min(rungs, default=last)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if rungs.get(day, 0) >= 1:
            until = max(until, two_years_after(day))
        home = next(
            (
                row["home_district_code"]
                for row in homes
                if row["resident_from_date"] <= day <= (row["resident_to_date"] or date.max)
            ),
            None,
        )
        if home is not None and day < until:
            days[day.year, home] += 1
            days[day.year, "ALL"] += 1
    return days


def two_years_after(day: date) -> date:
    """The same day two years later; 29 February becomes 28."""
    return day.replace(year=day.year + 2, day=28 if (day.month, day.day) == (2, 29) else day.day)


def social_days(own: list[Row], kinds: Any, *, birth: date, last: date) -> dict[date, int]:
    rung_of_paragraph, rung_of_place = attribute("paragraphs", "social_rung"), attribute("places", "social_rung")
    rungs = {birth + timedelta(days=number): 0 for number in range((last - birth).days + 1)}
    for row in own:
        rung = int(rung_of_place[row["place_code"]] if row["place_code"] else rung_of_paragraph[row["paragraph_code"]])
        for number in range((min(row["end_date"] or last, last) - row["start_date"]).days + 1):
            day = row["start_date"] + timedelta(days=number)
            rungs[day] = max(rungs[day], rung)
    filled, hole = 0, []
    for day in rungs:
        if rungs[day] == 0:
            hole.append(day)
        else:
            if filled and len(hole) <= GRACE_DAYS:
                rungs.update(dict.fromkeys(hole, filled))
            filled, hole = rungs[day], []
    return rungs


def education_days(own: list[Row], kinds: dict[str, str], *, birth: date, last: date) -> dict[date, int]:
    by_kind, by_class = attribute("institution_types", "education_rung"), attribute("class_types", "education_rung")
    """Day by day the rung of the one place in school or daycare; a club beside it never stands higher."""
    rungs: dict[date, int] = {}
    is_club = {code for code, kind in kinds.items() if kind in ("club", "special_club")}
    for row in sorted(own, key=lambda row: (row["institution_code"] in is_club, row["start_date"])):
        hours = row["support_hours_per_week"] or 0
        rung = max(
            int(by_kind[kinds[row["institution_code"]]]),
            int(by_class[row["class_type_code"]]),
            (hours > 0) + (hours >= 9),
        )
        for number in range((min(row["end_date"] or last, last) - row["start_date"]).days + 1):
            day = row["start_date"] + timedelta(days=number)
            if row["institution_code"] in is_club:
                assert rungs[day] >= rung, "a club above the school"
            else:
                assert day not in rungs, "two places on one day"
                rungs[day] = rung
    return rungs


def changes(rungs: dict[date, int], *, left: date, turns_18: date) -> Iterable[tuple[date, str]]:
    for day, rung in rungs.items():
        after = day + timedelta(days=1)
        following = rungs.get(after)
        if following == rung or (following is None and rung == 0) or after > DATA_END:
            continue
        if following is None:
            yield after, "aged_out" if after == turns_18 else "moved_away" if day == left else "left_school"
        elif rung == 0:
            yield after, "opened"
        elif following == 0:
            yield after, "closed"
        else:
            yield after, "down" if following < rung else "up"


def test_measures_go_on_unchanged_across_the_law(made: Any) -> None:
    """Serviceloven up to 31 December 2023, barnets lov from 1 January 2024, and a successor the next day for who went on."""
    law, successor = attribute("paragraphs", "law_title"), attribute("paragraphs", "successor_code")
    turn = date(2024, 1, 1)
    ended = [row for row in made.rows["measures"] if row["end_date"] == date(2023, 12, 31)]
    begun = {
        (row["child_id"], row["paragraph_code"], row["place_code"])
        for row in made.rows["measures"]
        if row["start_date"] == turn
    }
    assert {(row["child_id"], successor[row["paragraph_code"]], row["place_code"]) for row in ended} == begun
    assert len(ended) > 10
    for row in made.rows["measures"]:
        assert law[row["paragraph_code"]] == ("barnets lov" if row["start_date"] >= turn else "serviceloven")


def test_sdq_changes(made: Any) -> None:
    """Scored form by form with exact fractions, or as the sender did where no answers came; paired child by child."""
    forms = grouped(sdq_forms(made.rows), "child_id")
    homes = grouped(made.rows["children"], "child_id")
    pairs: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    firsts: Counter[tuple[str, str]] = Counter()
    due: Counter[tuple[str, str]] = Counter()
    for child, own in forms.items():
        for informant, answered in grouped(own, "informant_code").items():
            answered.sort(key=lambda row: row["answered_date"])
            first = next((row for row in answered if not row["is_follow_up_form"] and total(row) is not None), None)
            if first is None:
                continue
            is_due = (made.simulated.data_end_date - first["answered_date"]).days >= 270
            second = next((row for row in answered if is_due and is_pair(first, row)), None)
            for area in (str(home_on(homes[child], first["answered_date"])), "ALL"):
                firsts[informant, area] += 1
                due[informant, area] += is_due
                if second is not None:
                    pairs[informant, area].append((total(first) or 0, total(second) or 0))
    for key, row in by(made.truth["sdq_changes"], "informant_code", "area_code").items():
        assert row["first_measured_count"] == firsts[key], key
        assert row["due_count"] == due[key], key
        assert row["children_count"] == len(pairs[key]), key
        if pairs[key]:
            first_mean = statistics.fmean(pair[0] for pair in pairs[key])
            change = [pair[1] - pair[0] for pair in pairs[key]]
            assert row["first_mean_points"] == pytest.approx(first_mean, abs=1e-6)
            assert row["change_mean_points"] == pytest.approx(statistics.fmean(change), abs=1e-6)
            assert row["expected_change_points"] == pytest.approx((1 - 0.65) * (7.4 - first_mean), abs=1e-6)
        if len(pairs[key]) > 1:
            assert row["change_sd_points"] == pytest.approx(statistics.stdev(change), abs=1e-6)
    assert len(pairs["parent", "ALL"]) > 50


def sdq_forms(rows: dict[str, list[Row]]) -> Iterable[Row]:
    """Every form once: with its answers where they came, else with the sender's points."""
    key = ("child_id", "answered_date", "informant_code")
    return (by(rows["sdq_scores"], *key) | by(rows["sdq_answers"], *key)).values()


def is_pair(first: Row, second: Row) -> bool:
    return 90 <= (second["answered_date"] - first["answered_date"]).days <= 270 and total(second) is not None


def total(form: Row) -> int | None:
    if "total_points" in form:
        return None if form["total_points"] is None else int(form["total_points"])
    scales = grouped(load_code_table("sdq_items").rows, "scale_code")
    points = 0
    for scale in ("emotional", "conduct", "hyper", "peer"):
        given = [
            2 - int(form[item["code"]]) if item["is_reversed"] == "true" else int(form[item["code"]])
            for item in scales[scale]
            if form[item["code"]] is not None
        ]
        if len(given) < 3:
            return None
        points += int(Fraction(5 * sum(given), len(given)) + Fraction(1, 2))
    return points


def test_sessions(made: Any) -> None:
    counts: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for row in made.rows["sessions"]:
        planned, held = row["planned_date"], row["held_date"]
        day = planned or held
        year = day.year - (day.month < 8)
        count = counts[row["forum_code"], row["district_code"], f"{year}/{(year + 1) % 100}"]
        count["planned_count"] += planned is not None
        count[f"{row['session_status_code']}_count"] += 1
        count["held_unplanned_count"] += planned is None
        count["late_count"] += planned is not None and held is not None and (held - planned).days > 14
    said = by(made.truth["sessions"], "forum_code", "district_code", "school_year")
    assert set(said) == set(counts)
    for key, row in said.items():
        assert {name: row[name] for name in row if name.endswith("_count")} == {
            name: counts[key][name] for name in row if name.endswith("_count")
        }


def test_one_district_misses_meetings(made: Any) -> None:
    """The planted district holds clearly fewer of its planned meetings than any other."""
    held, planned = Counter[str](), Counter[str]()
    for row in made.truth["sessions"]:
        held[row["district_code"]] += row["held_count"] - row["held_unplanned_count"]
        planned[row["district_code"]] += row["planned_count"]
    shares = {district: held[district] / planned[district] for district in planned}
    fewest = min(shares, key=lambda district: shares[district])
    assert fewest == made.simulated.profile.districts[3].code
    assert sorted(shares.values())[1] - shares[fewest] > 0.1
