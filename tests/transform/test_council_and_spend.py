"""Two roads to the Kreative Råd and to spend: the marts, and plain Python on the simulator's own clean tables."""

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.simulate import SimulatedMunicipality, simulate_municipality
from tests.sql.day_by_day_ladder import DATA_END_DAY, Child, Residence, Row, Spell, date_of, day_of, walk
from tests.sql.drawn import built_when_named, check_names, empty_warehouse, fill_simulated, found_by

PROFILE = Path(__file__).parents[2] / "pipelines" / "municipalities" / "vordingborg_next_step.toml"
DATA_END = date_of(DATA_END_DAY)
SOURCES = ("children", "institutions", "school_placements", "measures", "reviews", "costs", "cost_accounts")
DAY_TREATMENT = {"BL-32-1-1", "SEL-52-3-1"}
DAYS_PER_MONTH = 365.25 / 12
PARTS = ("never_reviewed", "return_possible", "return_not_possible", "return_not_judged")
OUTCOMES = ("returned", "other_end", "remained", "not_yet_due")
Key = tuple[str, date, str]


@pytest.fixture(scope="module", params=[4, 6])
def road(request: pytest.FixtureRequest) -> tuple[SimulatedMunicipality, duckdb.DuckDBPyConnection]:
    simulated = simulate_municipality(PROFILE, children_count=2500, seed=request.param, data_end_date=DATA_END)
    connection = empty_warehouse(as_of_date=DATA_END)
    for source in SOURCES:
        fill_simulated(connection, source, simulated.tables[source])
    connection = built_when_named(connection)
    for check in (*check_names("creative_council"), *check_names("key_figure")):
        assert not found_by(check, connection)
    return simulated, connection


def by_child(simulated: SimulatedMunicipality, source: str) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in simulated.tables[source].iter_rows(named=True):
        grouped[row["child_id"]].append(row)
    return grouped


def years_later(day: date, years: int) -> date:
    """The same day so many years later; the last of February where there is no such day."""
    return date(day.year + years, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)


class History:
    """One child's residences and stays in special settings; days are counted from the walk's first day."""

    def __init__(self, residences: list[dict[str, Any]], places: list[Row], measures: list[dict[str, Any]]) -> None:
        self.homes = sorted(residences, key=lambda row: row["resident_from_date"])
        born = self.homes[-1]["birth_date"]
        adult = years_later(born, 18)
        treated = [
            Row(5, day_of(row["start_date"]), None if row["end_date"] is None else day_of(row["end_date"]))
            for row in measures
            if row["paragraph_code"] in DAY_TREATMENT
        ]
        living = tuple(
            Residence(
                day_of(row["resident_from_date"]),
                None if row["resident_to_date"] is None else day_of(row["resident_to_date"]),
                row["home_municipality_code"] is None or row["home_district_code"] is not None,
            )
            for row in self.homes
        )
        self.spells = walk(Child(day_of(adult), living, education=(*places, *treated)), "education", grace=30).spells
        self.stays = list(stays_of(self.spells))

    def home_on(self, day: int) -> str | None:
        """The district where the child lives on the day; None while it lives elsewhere."""
        for row in self.homes:
            last = row["resident_to_date"]
            if row["resident_from_date"] <= date_of(day) and (last is None or date_of(day) <= last):
                return row["home_district_code"]
        return None

    def left_after(self, day: int) -> float:
        """The first day away for more than 30 days, after the day; infinity when the child stays."""
        for later in range(day + 1, DATA_END_DAY + 1):
            if self.home_on(later) is None and all(self.home_on(later + more) is None for more in range(31)):
                return later
        return math.inf

    def rung_on(self, day: int) -> int | None:
        return next((spell.rung for spell in self.spells if spell.first <= day <= spell.last), None)


def stays_of(spells: list[Spell]) -> Iterator[tuple[int, int]]:
    days = [day for spell in spells if spell.rung >= 3 for day in range(spell.first, spell.last + 1)]
    first = None
    for place, day in enumerate(days):
        first = day if first is None else first
        if place + 1 == len(days) or days[place + 1] != day + 1:
            yield first, day
            first = None


def histories(simulated: SimulatedMunicipality) -> dict[str, History]:
    """Children who were ever in a special setting; visitors from other municipalities are not ours to follow."""
    placements, numbers = simulated.placements, simulated.children.numbers
    places: dict[str, list[Row]] = defaultdict(list)
    epoch = (date(1970, 1, 1) - date_of(0)).days
    for child, rung, start, stop in zip(
        placements.child, placements.rung, placements.start, placements.stop, strict=True
    ):
        last = int(stop) + epoch
        places[numbers[child]].append(Row(int(rung), int(start) + epoch, None if last > DATA_END_DAY else last))
    measures, residences = by_child(simulated, "measures"), by_child(simulated, "children")
    special = {
        number
        for number in numbers
        if any(row.rung >= 3 for row in places[number])
        or any(row["paragraph_code"] in DAY_TREATMENT for row in measures.get(number, ()))
    }
    return {number: History(residences[number], places[number], measures.get(number, [])) for number in special}


def outcome(history: History, stay: tuple[int, int], judged: int) -> str:
    due = years_later(date_of(judged), 1)
    if due > DATA_END:
        return "not_yet_due"
    after, left = stay[1] + 1, history.left_after(judged)
    if left <= day_of(due) and left <= after:
        return "other_end"
    if after > day_of(due):
        return "remained"
    return "returned" if history.rung_on(after) is not None else "other_end"


def council_counts(simulated: SimulatedMunicipality, kind: str) -> tuple[dict[Key, int], dict[tuple[date, str], float]]:
    """(counts by figure, reference date and district or ALL; median days since the last review)."""
    of_child = histories(simulated)
    reviews = [row for row in simulated.tables["reviews"].iter_rows(named=True) if row["review_kind_code"] == kind]
    first = min(row["review_date"] for row in reviews)
    dates = [date(year, 9, 30) for year in range(first.year, DATA_END.year + 1) if first <= date(year, 9, 30)]
    counts: Counter[Key] = Counter()
    waits: dict[tuple[date, str], list[int]] = defaultdict(list)
    for number, history in of_child.items():
        own = [(day_of(row["review_date"]), row) for row in reviews if row["child_id"] == number]
        own = [(day, row) for day, row in own if history.home_on(day) is not None]
        for reference in dates:
            for figure, district, wait in standing(history, own, day_of(reference)):
                counts[figure, reference, district] += 1
                if wait is not None:
                    waits[reference, district].append(wait)
        for stay in history.stays:
            during = [(day, row) for day, row in own if stay[0] <= day <= stay[1]]
            possible = [day for day, row in during if row["return_judgement_code"] == "possible"]
            if possible:
                year = next((each for each in dates if date_of(min(possible)) <= each), None)
                in_period = year is not None and date_of(min(possible)) > year.replace(year=year.year - 1)
                if in_period and year is not None:
                    district = history.home_on(min(possible))
                    assert district is not None
                    counts[outcome(history, stay, min(possible)), year, district] += 1
    everywhere: Counter[Key] = Counter()
    for (figure, reference, _), count in counts.items():
        everywhere[figure, reference, "ALL"] += count
    medians: dict[tuple[date, str], list[int]] = defaultdict(list)
    for (reference, district), each in waits.items():
        medians[reference, district] += each
        medians[reference, "ALL"] += each
    return {**counts, **everywhere}, {key: statistics.median(each) for key, each in medians.items()}


def standing(
    history: History, own: list[tuple[int, dict[str, Any]]], reference: int
) -> Iterator[tuple[str, str, int | None]]:
    """The child's place in the stock on the reference day, if it stands there."""
    district = history.home_on(reference)
    for stay in history.stays:
        if district is None or not stay[0] <= reference <= stay[1]:
            continue
        seen = [(day, row["review_id"], row) for day, row in own if stay[0] <= day <= reference]
        if not seen:
            yield "never_reviewed", district, None
            continue
        day, _, last = max(seen, key=lambda each: each[:2])
        yield f"return_{last['return_judgement_code'] or 'not_judged'}", district, reference - day


@pytest.mark.parametrize("kind", ["creative_council", "special_revisitation"])
def test_the_council_is_found_again_by_a_walk_through_the_clean_tables(
    road: tuple[SimulatedMunicipality, duckdb.DuckDBPyConnection], kind: str
) -> None:
    simulated, connection = road
    counts, medians = council_counts(simulated, kind)
    names = [f"{figure}_count" for figure in (*PARTS, *OUTCOMES)]
    rows = connection.execute(
        f"SELECT reference_date, area_code, {', '.join(names)}, months_since_review_median "
        "FROM marts.mart_creative_council WHERE review_kind_code = ? AND area_code IS NOT NULL",
        [kind],
    ).fetchall()
    found = {
        (figure, row[0], row[1]): row[2 + place] for row in rows for place, figure in enumerate((*PARTS, *OUTCOMES))
    }
    assert {key: count for key, count in found.items() if count} == counts
    assert {(row[0], row[1]): row[-1] for row in rows if row[-1] is not None} == pytest.approx(
        {key: days / DAYS_PER_MONTH for key, days in medians.items()}
    )
    figures = {figure for figure, _, _ in counts}
    assert {"never_reviewed", "return_possible", "return_not_possible", "remained"} <= figures


def test_children_reviewed_exhausted_and_recommended_are_those_of_the_reviews(
    road: tuple[SimulatedMunicipality, duckdb.DuckDBPyConnection],
) -> None:
    simulated, connection = road
    residents: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for row in simulated.tables["children"].iter_rows(named=True):
        if row["home_district_code"] is not None:
            residents[row["child_id"]].append((row["resident_from_date"], row["resident_to_date"] or date.max))
    found = connection.execute(
        "SELECT reference_date, reviewed_count, exhausted_count, recommended_count FROM marts.mart_creative_council "
        "WHERE review_kind_code = 'creative_council' AND area_code = 'ALL' ORDER BY 1"
    ).fetchall()
    assert len(found) >= 3
    for reference, *counted in found:
        since = reference.replace(year=reference.year - 1) + timedelta(days=1)
        seen = [
            row
            for row in simulated.tables["reviews"].iter_rows(named=True)
            if row["review_kind_code"] == "creative_council"
            and since <= row["review_date"] <= reference
            and any(first <= row["review_date"] <= last for first, last in residents[row["child_id"]])
        ]
        assert counted == [
            len({row["child_id"] for row in seen if condition(row)})
            for condition in (
                lambda row: True,
                lambda row: row["has_exhausted_ordinary_options"],
                lambda row: row["is_recommended_to_visitation"],
            )
        ], reference


def test_spend_per_rung_year_and_basis_is_that_of_the_clean_tables(
    road: tuple[SimulatedMunicipality, duckdb.DuckDBPyConnection],
) -> None:
    simulated, connection = road
    rung_of = dict(zip(simulated.measures["measure_id"], simulated.delivered_measures.rung, strict=True))
    spent: Counter[tuple[Any, ...]] = Counter()
    taken_back: Counter[tuple[Any, ...]] = Counter()
    for row in simulated.tables["costs"].iter_rows(named=True):
        key = ("measures", row["cost_kind_code"], row["period_start_date"].year, rung_of[row["measure_id"]])
        spent[key] += row["amount_dkk"]
        taken_back[key] += min(row["amount_dkk"], 0)
    kinds, years = (
        ("actual", "budget"),
        [date.fromordinal(719163 + int(day)).year for day in simulated.accounts.period_start],
    )
    for kind, year, rung, amount in zip(
        simulated.accounts.kind, years, simulated.accounts.rung, simulated.accounts.amount_ore, strict=True
    ):
        key = ("accounts", kinds[kind], year, rung)
        spent[key] += amount / 100
        taken_back[key] += min(amount, 0) / 100
    rows = connection.execute(
        "SELECT basis_code, cost_kind_code, calendar_year, social_rung, amount_dkk, reversal_dkk FROM marts.mart_spend"
    ).fetchall()
    assert {row[:4]: row[4] for row in rows} == pytest.approx(spent)
    assert {row[:4]: row[5] for row in rows} == pytest.approx(taken_back)
    assert min(taken_back.values()) < 0
    assert len({key[:2] for key in spent}) == 4


def test_denominator_prices_and_lengths_are_those_of_the_clean_tables(
    road: tuple[SimulatedMunicipality, duckdb.DuckDBPyConnection],
) -> None:
    """Every day of a year is looked at: who lives here under 18, which measures run, and which courses end in it."""
    simulated, connection = road
    year, first, last = 2025, day_of(date(2025, 1, 1)), day_of(date(2025, 12, 31))
    own = [row for row in simulated.tables["children"].iter_rows(named=True) if row["home_district_code"] is not None]
    lived = 0
    for row in own:
        adult = years_later(row["birth_date"], 18)
        until = min(day_of(row["resident_to_date"] or date(9999, 1, 1)), day_of(adult) - 1, last)
        lived += len(range(max(day_of(row["resident_from_date"]), first), until + 1))
    rung_of = dict(zip(simulated.measures["measure_id"], simulated.delivered_measures.rung, strict=True))
    paid: Counter[str] = Counter()
    for row in simulated.tables["costs"].iter_rows(named=True):
        if row["cost_kind_code"] == "actual" and row["period_start_date"].year == year:
            paid[row["measure_id"]] += row["amount_dkk"]
    days: Counter[tuple[bool, int]] = Counter()
    money: Counter[tuple[bool, int]] = Counter()
    children: dict[int, set[str]] = defaultdict(set)
    for row in simulated.measures.iter_rows(named=True):
        is_ended = row["end_date"] is not None and row["end_date"] <= DATA_END
        until = min(day_of(row["end_date"]) if is_ended else last, last)
        ran = len(range(max(day_of(row["start_date"]), first), until + 1))
        if ran:
            key = (is_ended, int(rung_of[row["measure_id"]]))
            days[key] += ran
            money[key] += paid[row["measure_id"]]
            children[key[1]].add(row["child_id"])
    rows = connection.execute(
        "SELECT social_rung, is_whole_year, resident_child_years, ended_dkk_per_month, running_dkk_per_month, "
        "children_count, dkk_per_child_year, amount_dkk FROM marts.mart_spend "
        "WHERE basis_code = 'measures' AND cost_kind_code = 'actual' AND calendar_year = ?",
        [year],
    ).fetchall()
    assert len(rows) >= 4
    for rung, is_whole, child_years, ended, running, count, per_child, amount in rows:
        assert is_whole
        assert child_years == pytest.approx(lived / 365)
        assert per_child == pytest.approx(amount / (lived / 365))
        assert count == len(children[rung])
        for is_ended, price in ((True, ended), (False, running)):
            key = (is_ended, rung)
            assert (price is None) == (days[key] == 0)
            assert price is None or price == pytest.approx(money[key] / (days[key] / DAYS_PER_MONTH))
