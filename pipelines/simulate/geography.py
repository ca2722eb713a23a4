"""Where are things in the made-up municipality: institutions per district, and which model runs what from when.

A few offers lie in a neighbouring municipality, also made up: its code is one of those that the code table marks so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import cycle

import numpy as np
import polars as pl

from pipelines.codes import load_code_table
from pipelines.municipalities.demo import DemoUnit
from pipelines.simulate.days import NEVER, Days, Flags, Indices, Numbers, day_number, day_numbers
from pipelines.simulate.parameters import SchoolParameters
from pipelines.simulate.profile import ADVISER, CASEWORKER, DemoProfile, District
from pipelines.typed.made_up import UNIT_PREFIX

OPENED_DATE = date(2012, 8, 1)
ORGANISED_DATE = date(2019, 1, 1)
DEFAULT_MUNICIPALITY_CODE = "K01"
NEIGHBOURS_COUNT = 3
_DAYCARE_NAMES = (
    "Myretuen", "Regnbuen", "Spiren", "Mælkevejen", "Solstrålen", "Humlebien", "Eghjørnet", "Lærkereden", "Bakkehuset",
    "Stjernekasteren", "Kløverbo", "Troldehøj", "Tusindfryd", "Pilebo", "Firkløveret", "Mariehønen", "Fyrtårnet",
    "Kastanjen", "Rønnebo", "Svalereden", "Tumlehøj", "Nordlyset", "Vandpytten", "Hasselbo", "Uglebo", "Gemmestedet",
    "Frøen", "Sommerfuglen", "Egernet", "Måneskinnet",
)  # fmt: skip


@dataclass(frozen=True)
class Geography:
    """Institutions (one row each, contract columns) and, as row numbers in that frame, who takes which children."""

    institutions: pl.DataFrame
    schools_of_district: tuple[Indices, ...]
    daycares_of_district: tuple[Indices, ...]
    daycare_shares: tuple[Numbers, ...]
    special_class_school: int
    special_group_daycare: int
    special_school: int
    special_daycare: int
    day_treatment: int
    private_school: int
    grade_ten_school: int
    special_school_outside: int
    day_treatment_outside: int
    clubs_of_district: tuple[Indices, ...]
    special_club: int
    municipality_code: str

    @property
    def school_and_daycare_count(self) -> int:
        """How many rows lie before the special club's: all places in daycare and school are among them."""
        return self.special_club

    @property
    def codes(self) -> list[str]:
        """Institution numbers in row order."""
        return self.institutions["institution_code"].to_list()

    @cached_property
    def first_days(self) -> Days:
        """The first day that each institution is open, in row order."""
        days: Days = day_numbers(self.institutions["open_from_date"])
        return days

    @cached_property
    def last_days(self) -> Days:
        """The last day that each institution is open, in row order; NEVER where none is set."""
        days: Days = day_numbers(self.institutions["open_to_date"])
        return days

    @cached_property
    def schools_open_always(self) -> Indices:
        """The districts' schools that are open all the time; all of them where none is."""
        schools = np.concatenate(self.schools_of_district)
        stays = (self.first_days[schools] <= day_number(OPENED_DATE)) & (self.last_days[schools] == NEVER)
        always_open: Indices = schools[stays]
        return always_open if len(always_open) else schools

    @cached_property
    def opens_or_closes(self) -> bool:
        """Whether any institution opens later than the others, or closes."""
        return bool((self.first_days > day_number(OPENED_DATE)).any() or (self.last_days < NEVER).any())

    @cached_property
    def kinds(self) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
        """Institution types in row order."""
        return self.institutions["institution_type_code"].to_numpy().astype(np.str_)

    @cached_property
    def is_inside(self) -> Flags:
        """Which institutions lie in the municipality, in row order."""
        return (self.institutions["municipality_code"] == self.municipality_code).to_numpy()


def made_up_municipality_codes() -> tuple[str, ...]:
    """The codes of all municipalities that do not exist."""
    return tuple(row["code"] for row in load_code_table("municipalities").rows if row["is_made_up"] == "true")


def neighbours_of(municipality_code: str) -> tuple[str, ...]:
    """The made-up municipalities around a made-up one: the next in the code table, round from the last to the first."""
    codes = made_up_municipality_codes()
    place = codes.index(municipality_code)
    return tuple(codes[(place + step) % len(codes)] for step in range(1, NEIGHBOURS_COUNT + 1))


class _Register:
    """Institutions as they are added; codes are OPDIGTET-900101 and on, which no ordinary workspace takes.

    They lie in the municipality unless said otherwise.
    """

    def __init__(self, municipality_code: str) -> None:
        self.municipality_code = municipality_code
        self.rows: list[dict[str, object]] = []

    def add(
        self,
        name: str,
        kind: str,
        *,
        district: str | None,
        cluster: str | None = None,
        code: str | None = None,
        owner: str = "municipal",
        municipality_code: str | None = None,
        open_from: date = OPENED_DATE,
        open_to: date | None = None,
    ) -> int:
        """Add an institution; its row number comes back."""
        self.rows.append(
            {
                "institution_code": code or f"{UNIT_PREFIX}{900101 + len(self.rows)}",
                "institution_name": name,
                "institution_type_code": kind,
                "ownership_code": owner,
                "district_code": district,
                "cluster_code": cluster,
                "municipality_code": municipality_code or self.municipality_code,
                "open_from_date": open_from,
                "open_to_date": open_to,
            }
        )
        return len(self.rows) - 1


def draw_geography(
    rng: np.random.Generator,
    profile: DemoProfile,
    parameters: SchoolParameters,
    *,
    municipality_code: str = DEFAULT_MUNICIPALITY_CODE,
) -> Geography:
    """Institutions for every district and for the whole municipality.

    A district has a folkeskole, three to six daycares by its size, and a club; where the profile names its institutions, they
    are those, as many as there are, with the owners, clusters and days that it gives. The first district's school hosts the
    special classes and its first daycare the special groups; the second district has the special school, and so on round.
    One neighbour has a special school too, and another a day treatment. The special club comes last.
    """
    register = _Register(municipality_code)
    names = cycle(rng.permutation(_DAYCARE_NAMES).tolist())
    schools: list[Indices] = []
    clubs: list[Indices] = []
    daycares: list[Indices] = []
    shares: list[Numbers] = []
    least, most = parameters.daycares_per_district_least, parameters.daycares_per_district_most
    largest = max(district.share_of_children for district in profile.districts)
    for position, district in enumerate(profile.districts):
        named = {kind: profile.units_in(district.code, kind) for kind in ("folkeskole", "daycare", "club")}
        schools.append(
            _add_one_or_named(register, profile, named["folkeskole"], f"{district.name} Skole", "folkeskole", district)
        )
        count = len(named["daycare"]) or max(least, round(most * district.share_of_children / largest))
        daycares.append(
            _add_named(register, profile, named["daycare"])
            if named["daycare"]
            else _add_daycares(register, names, district, count=count, cluster=f"{UNIT_PREFIX}KLYNGE-{position + 1}")
        )
        clubs.append(_add_one_or_named(register, profile, named["club"], f"Klub {district.name}", "club", district))
        sizes = np.round(rng.lognormal(0.0, 0.4, size=count), 3)
        shares.append(sizes / sizes.sum())

    def of_whole(name: str, kind: str, position: int, owner: str = "municipal") -> int:
        return register.add(name, kind, district=profile.districts[position % len(profile.districts)].code, owner=owner)

    town = profile.municipality_name.removesuffix(" Kommune")
    special_school = of_whole(f"{town} Specialskole", "special_school", 1)
    special_daycare = of_whole("Specialbørnehaven Lunden", "special_daycare", 0)
    day_treatment = of_whole("Dagbehandlingen Åsen", "day_treatment", 2, owner="regional")
    private_school = of_whole(f"{town} Friskole", "private_school", 0, owner="private")
    own = {
        item.type: register.add(item.name, item.type, district=None, code=item.code) for item in profile.institutions
    }
    neighbours = neighbours_of(municipality_code)
    special_school_outside = register.add(
        "Specialskolen i nabokommunen", "special_school", district=None, municipality_code=neighbours[0]
    )
    day_treatment_outside = register.add(
        "Dagbehandlingen i nabokommunen", "day_treatment", district=None, municipality_code=neighbours[1]
    )
    # after everything else: numbers drawn one per institution before there was a special club stay the same
    special_club = of_whole("Specialklubben Broen", "special_club", 1)
    return Geography(
        institutions=pl.DataFrame(register.rows, schema_overrides=_INSTITUTION_TYPES),
        schools_of_district=tuple(schools),
        daycares_of_district=tuple(daycares),
        daycare_shares=tuple(shares),
        special_class_school=int(schools[0][0]),
        special_group_daycare=int(daycares[0][0]),
        special_school=special_school,
        special_daycare=special_daycare,
        day_treatment=day_treatment,
        private_school=private_school,
        grade_ten_school=own.get("youth_school", int(schools[0][0])),
        special_school_outside=special_school_outside,
        day_treatment_outside=day_treatment_outside,
        clubs_of_district=tuple(clubs),
        special_club=special_club,
        municipality_code=municipality_code,
    )


def _add_one_or_named(
    register: _Register, profile: DemoProfile, named: tuple[DemoUnit, ...], name: str, kind: str, district: District
) -> Indices:
    """Add a district's institutions of a kind as the profile names them, or one under the given name; their row numbers."""
    if named:
        return _add_named(register, profile, named)
    return np.array([register.add(name, kind, district=district.code)], dtype=np.int64)


def _add_named(register: _Register, profile: DemoProfile, named: tuple[DemoUnit, ...]) -> Indices:
    """Add institutions as the profile names them; their row numbers. One that opens or closes does so by a departure."""
    first = {code: each.from_date for each in profile.departures if each.kind == "opens" for code in each.units}
    last = {code: each.from_date for each in profile.departures if each.kind == "closes" for code in each.units}
    rows = [
        register.add(
            unit.name,
            unit.type,
            district=unit.district,
            cluster=unit.cluster,
            code=unit.code,
            owner=unit.ownership,
            open_from=first.get(unit.code, OPENED_DATE),
            open_to=last.get(unit.code),
        )
        for unit in named
    ]
    return np.array(rows, dtype=np.int64)


def _add_daycares(
    register: _Register, names: Iterator[str], district: District, *, count: int, cluster: str
) -> Indices:
    """Add a district's daycares, the last of them self-owning; their row numbers come back."""
    owners = ["municipal"] * (count - 1) + ["self_owning"]
    rows = [
        register.add(
            f"Børnehuset {next(names)}, {district.name}",
            "daycare",
            district=district.code,
            cluster=cluster,
            owner=owner,
        )
        for owner in owners
    ]
    return np.array(rows, dtype=np.int64)


_INSTITUTION_TYPES: dict[str, pl.DataType] = {
    "district_code": pl.String(),
    "cluster_code": pl.String(),
    "municipality_code": pl.String(),
    "open_from_date": pl.Date(),
    "open_to_date": pl.Date(),
}


def organisation_rows(profile: DemoProfile) -> pl.DataFrame:
    """One row per district or institution and model: all begin with a caseworker, the adviser districts change."""
    rows: list[dict[str, object]] = []
    units = [("district", item.code, item.name, item.model) for item in profile.districts]
    units += [("institution", item.code, item.name, item.model) for item in profile.institutions]
    for kind, code, name, model in units:
        changes = model == ADVISER
        first = profile.model_from(code)
        last = first - timedelta(days=1) if changes else None
        rows.append(_organised(kind, code, name, CASEWORKER, ORGANISED_DATE, last))
        if changes:
            rows.append(_organised(kind, code, name, ADVISER, first, None))
    return pl.DataFrame(rows, schema_overrides={"from_date": pl.Date(), "to_date": pl.Date()})


def _organised(kind: str, code: str, name: str, model: str, first: date, last: date | None) -> dict[str, object]:
    unit = {"unit_kind_code": kind, "unit_code": code, "unit_name": name}
    return {**unit, "model_code": model, "from_date": first, "to_date": last}
