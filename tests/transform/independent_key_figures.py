"""Indsatstrappens Nøgletal once more, in plain Python from the delivered tables, by the definitions in codes.key_figures.

The ladder is walked day by day (tests/sql/day_by_day_ladder.py); nothing is shared with the SQL but the code tables.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import mean, median
from typing import Any

from pipelines.codes import load_code_table
from tests.sql import day_by_day_ladder as ladder

PARAGRAPHS = {row["code"]: row for row in load_code_table("paragraphs").rows}
PLACES = {row["code"]: row for row in load_code_table("places").rows}
WHOLE = "ALL"
GRACE_DAYS = 30
Key = tuple[str, str | None]
"""Line code and area code."""


@dataclass(frozen=True)
class Walked:
    """One child: its birthday, residences (first, last or None, district, whether ours), measures, spells and moves as dates."""

    number: str
    birth: date
    homes: list[tuple[date, date | None, str | None, bool]]
    measures: list[dict[str, Any]]
    spells: list[tuple[int, date, date, bool]]
    moves: list[tuple[date, int, int | None, str]]

    def home(self, day: date) -> tuple[str | None, bool]:
        """District and whether it is ours, on a day."""
        for first, last, district, is_own in self.homes:
            if first <= day and (last is None or day <= last):
                return district, is_own
        return None, False

    def age(self, day: date) -> int:
        return day.year - self.birth.year - ((day.month, day.day) < (self.birth.month, self.birth.day))

    def rung(self, day: date) -> tuple[int, bool]:
        """The rung on a day (0 where there is none) and whether its rank is uncertain."""
        for rung, first, last, is_uncertain in self.spells:
            if first <= day <= last:
                return rung, is_uncertain and rung > 0
        return 0, False


def rung_of(measure: dict[str, Any]) -> tuple[int | None, bool]:
    paragraph = PARAGRAPHS[measure["paragraph_code"]]
    row = PLACES[measure["place_code"]] if paragraph["is_placement"] == "true" else paragraph
    return (int(row["social_rung"]) if row["social_rung"] else None), row["is_ordinal_uncertain"] == "true"


def walk_children(tables: dict[str, Any], *, data_end: date) -> list[Walked]:
    """Every child of the municipality, its ladder walked day by day; the walker's calendar is set for the time being."""
    homes, measures = _by_child(tables["children"].to_dicts()), _by_child(tables["measures"].to_dicts())
    with _calendar(min(row["resident_from_date"] for rows in homes.values() for row in rows), data_end):
        return [
            _walked(number, sorted(rows, key=lambda row: row["resident_from_date"]), measures.get(number, []))
            for number, rows in homes.items()
        ]


@contextmanager
def _calendar(first: date, last: date) -> Iterator[None]:
    usual = ladder.FIRST_DAY, ladder.DATA_END_DAY
    ladder.FIRST_DAY = first
    ladder.DATA_END_DAY = ladder.day_of(last)
    try:
        yield
    finally:
        ladder.FIRST_DAY, ladder.DATA_END_DAY = usual


def _by_child(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["child_id"]].append(row)
    return found


def _day(day: date | None) -> int | None:
    return None if day is None else ladder.day_of(day)


def _walked(number: str, rows: list[dict[str, Any]], given: list[dict[str, Any]]) -> Walked:
    birth = rows[-1]["birth_date"]
    residences = tuple(
        ladder.Residence(
            ladder.day_of(row["resident_from_date"]),
            _day(row["resident_to_date"]),
            row["home_municipality_code"] is None,
        )
        for row in rows
    )
    child = ladder.Child(
        adult=ladder.day_of(_birthday(birth, 18)),
        residences=residences,
        social=tuple(
            ladder.Row(
                rung, ladder.day_of(each["start_date"]), _day(each["end_date"]), is_uncertain,
                end_reason=each["end_reason_code"],
            )
            for each in given
            for rung, is_uncertain in [rung_of(each)]
            if rung is not None
        ),
    )  # fmt: skip
    found = ladder.walk(child, "social", grace=GRACE_DAYS) if given else ladder.Ladder()
    closed = ladder.closed_residences(child)
    return Walked(
        number,
        birth,
        [
            (
                ladder.date_of(home.first),
                None if home.last is None else ladder.date_of(home.last),
                row["home_district_code"],
                home.is_own,
            )
            for home, row in zip(closed, rows, strict=True)
        ],
        given,
        [
            (each.rung, ladder.date_of(each.first), ladder.date_of(each.last), each.is_uncertain)
            for each in found.spells
        ],
        [(ladder.date_of(day), come_from, to, cause) for day, come_from, to, cause in found.moves],
    )


def _birthday(birth: date, years: int) -> date:
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return date(birth.year + years, 2, 28)


class Counts:
    """Numerators and denominators by line and area; what is added counts in its district and in the whole."""

    def __init__(self) -> None:
        self.above: dict[Key, float] = defaultdict(float)
        self.below: dict[Key, float] = defaultdict(float)

    def add(self, code: str, district: str | None, amount: float = 1) -> None:
        for area in (district, WHOLE):
            self.above[code, area] += amount

    def add_below(self, codes: Iterable[str], district: str | None) -> None:
        for code in codes:
            for area in (district, WHOLE):
                self.below[code, area] += 1


def counts_on(children: list[Walked], day: date) -> Counts:
    """Key figures 1 and 3 to 10 on one reference date."""
    counts, before = Counts(), _birthday(day, -1)
    for child in children:
        _count_residents(counts, child, day)
        _count_stock(counts, child, day, before)
        _count_leavers(counts, child, day, before)
        _count_moves(counts, child, day, before)
        _count_new(counts, child, day, before)
    return counts


PER_RESIDENT = (
    "1-children-all", "3-children-all", "3-children-uncertain_rank", "4-children-all", "5-children-all",
    "5-children-stay_away", "5-children-uncertain_rank", "6-children-all", "6-children-uncertain_rank",
    "10-new-all", "10-new-from_higher",
)  # fmt: skip
LEAVER_GROUPS = ("all", "rung_0", "rung_2", "rung_3", "rung_4", "rung_5", "rung_6", "aged_out", "moved_away")


def _count_residents(counts: Counts, child: Walked, day: date) -> None:
    district, is_own = child.home(day)
    if is_own and child.age(day) < 18:
        counts.add_below(PER_RESIDENT, district)


def _count_stock(counts: Counts, child: Walked, day: date, before: date) -> None:
    (rung, is_uncertain), (district, _) = child.rung(day), child.home(day)
    number = {6: 1, 5: 3, 4: 4, 3: 5, 2: 6}.get(rung)
    if number:
        counts.add(f"{number}-children-all", district)
        if is_uncertain and number in (3, 5, 6):
            counts.add(f"{number}-children-uncertain_rank", district)
        if rung == 3 and any(_takes_away(each, day) for each in child.measures):
            counts.add("5-children-stay_away", district)
    if rung == 2:
        counts.add("10-change-all", district)
    if child.rung(before)[0] == 2:
        counts.add_below(["10-change-all"], child.home(before)[0])


def _takes_away(measure: dict[str, Any], day: date) -> bool:
    is_open = measure["start_date"] <= day and (measure["end_date"] is None or day <= measure["end_date"])
    return is_open and PARAGRAPHS[measure["paragraph_code"]]["is_stay_away"] == "true"


def _moves_in_year(child: Walked, day: date, before: date) -> Iterator[tuple[date, int, int | None, str, str | None]]:
    for moved_on, come_from, to, cause in child.moves:
        if before < moved_on <= day and cause != "data_end":
            eve = moved_on - timedelta(days=1)
            is_somewhere = any(first <= eve and (last is None or eve <= last) for first, last, *_ in child.homes)
            yield moved_on, come_from, to, cause, child.home(eve if is_somewhere else moved_on)[0]


def _count_leavers(counts: Counts, child: Walked, day: date, before: date) -> None:
    left = [move for move in _moves_in_year(child, day, before) if move[1] == 6]
    if not left:
        return
    district = max(left, key=lambda move: move[0])[4]
    rung = child.rung(day)[0]
    if child.age(day) >= 18:
        group = "aged_out"
    elif rung > 0 or child.home(day)[1]:
        group = f"rung_{rung}"
    else:
        group = "moved_away"
    counts.add("7-children-all", district)
    counts.add(f"7-children-{group}", district)
    counts.add_below([f"7-children-{each}" for each in LEAVER_GROUPS], district)


def _count_moves(counts: Counts, child: Walked, day: date, before: date) -> None:
    for _, come_from, to, cause, district in _moves_in_year(child, day, before):
        if come_from == 3 and cause == "up":
            counts.add("8-moves-all", district)
            counts.add(f"8-moves-rung_{to}", district)
        if come_from == 3 and cause in ("down", "closed"):
            counts.add("9-moves-all", district)
            counts.add(f"9-moves-{cause}", district)
    stood = [last for rung, first, last, _ in child.spells if rung == 3 and first <= day and last >= before]
    if stood:
        codes = (
            "8-moves-all",
            "8-moves-rung_4",
            "8-moves-rung_5",
            "8-moves-rung_6",
            "9-moves-all",
            "9-moves-down",
            "9-moves-closed",
        )
        counts.add_below(codes, child.home(min(max(stood), day))[0])


def _count_new(counts: Counts, child: Walked, day: date, before: date) -> None:
    began = [first for rung, first, *_ in child.spells if rung == 2 and before < first <= day]
    if began:
        first = min(began)
        counts.add("10-new-all", child.home(first)[0])
        if any(moved_on == first and cause == "down" for moved_on, _, _, cause in child.moves):
            counts.add("10-new-from_higher", child.home(first)[0])


def months_of_stays(children: list[Walked], day: date) -> dict[str, tuple[float, float, int]]:
    """Key figure 2 of the municipality: (mean, median, stays) of those that ended in the year, and of those running on the day."""
    before = _birthday(day, -1)
    stays = [(first, last) for child in children for rung, first, last, _ in child.spells if rung == 6]
    ended = [_months(first, last) for first, last in stays if before <= last < day]
    running = [_months(first, day) for first, last in stays if first <= day <= last]
    return {
        name: (mean(months), median(months), len(months))
        for name, months in (("ended", ended), ("running", running))
        if months
    }


def _months(first: date, last: date) -> float:
    return ((last - first).days + 1) / (365.25 / 12)


def follow_ups_of(
    children: list[Walked], reviews: Iterable[dict[str, Any]], day: date, *, data_end: date
) -> dict[str, tuple[int, int]]:
    """Key figure 12 of the municipality: (held, due) per line."""
    held = _by_child(each for each in reviews if each["review_kind_code"] == "measure_follow_up" and each["measure_id"])
    known_from = min(each["review_date"] for rows in held.values() for each in rows)
    before = _birthday(day, -1)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for child in children:
        for rung, first, last, numbers in _courses(child):
            if rung < 3:
                continue
            days = [each["review_date"] for each in held.get(child.number, []) if each["measure_id"] in numbers]
            due = _three_months_later(first)
            if before < due <= min(day, data_end) and due <= last and first >= known_from:
                _tally(counts, "first", rung, is_held=any(each <= due for each in days))
            if due <= before and last >= day:
                _tally(counts, "later", rung, is_held=any(before < each <= day for each in days))
    return {code: (above, below) for code, (above, below) in counts.items()}


def _tally(counts: dict[str, list[int]], measure: str, rung: int, *, is_held: bool) -> None:
    for group in ("all", f"rung_{rung}"):
        counts[f"12-{measure}-{group}"][0] += is_held
        counts[f"12-{measure}-{group}"][1] += 1


def _three_months_later(first: date) -> date:
    month = first.month + 3
    year, month = first.year + (month > 12), (month - 1) % 12 + 1
    last_of_month = (date(year + (month == 12), month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(first.day, last_of_month))


def _courses(child: Walked) -> Iterator[tuple[int, date, date, set[str]]]:
    """(rung, first, last, measures) of unbroken help of one kind: same paragraph in barnets lov's numbering, same place."""
    kinds: dict[tuple[str, str | None], list[dict[str, Any]]] = defaultdict(list)
    for each in child.measures:
        code = PARAGRAPHS[each["paragraph_code"]]["successor_code"] or each["paragraph_code"]
        kinds[code, each["place_code"]].append(each)
    for measures in kinds.values():
        course: list[dict[str, Any]] = []
        for each in sorted(measures, key=lambda measure: (measure["start_date"], measure["measure_id"])):
            if course and each["start_date"] > _last(course) + timedelta(days=1):
                yield from _course(course)
                course = []
            course.append(each)
        yield from _course(course)


def _last(course: list[dict[str, Any]]) -> date:
    return max(each["end_date"] or date(9999, 12, 30) for each in course)


def _course(course: list[dict[str, Any]]) -> Iterator[tuple[int, date, date, set[str]]]:
    rung = rung_of(course[0])[0]
    if rung is not None:
        yield rung, min(each["start_date"] for each in course), _last(course), {each["measure_id"] for each in course}


def spend_of(accounts: Iterable[dict[str, Any]], year: int) -> dict[Key, float]:
    """Key figure 11's kroner by group and district, from the accounts."""
    spend: dict[Key, float] = defaultdict(float)
    for row in accounts:
        if row["cost_kind_code"] != "actual" or row["period_start_date"].year != year:
            continue
        rung = rung_of(row)[0]
        for group in ("no_rung",) if rung is None else ("all", f"rung_{rung}"):
            for area in (row["district_code"], WHOLE):
                spend[group, area] += float(row["amount_dkk"])
    return spend
