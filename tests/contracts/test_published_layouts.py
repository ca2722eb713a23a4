"""Does every header of the layouts that senders have published mean something to us, or is it left out for a stated reason?

A header left out is not read (data minimisation). What a layout lacks is told too: such a file is refused until the column is
added. Names of a questionnaire's items are nowhere; SDQ columns are known by number or official short name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from pipelines.codes import load_code_table
from pipelines.contracts import source_contract
from pipelines.landing.headers import columns_by_alias, folded, match_header

RANDERS = "github.com/Randers-Kommune-Digitalisering/custom-data-connector, docs/Data_i_Custom_Data.md"
SURVEYXACT = "SurveyXact's own variables as three public clients declare them; labels and values as in readSX on CRAN"

EXTRACT = "the day of the extract, which the register of deliveries keeps"
MONEY = "money and its units belong to costs, a source of its own"
NOT_ASKED = "no report asks for it"
SYSTEM = "the sending system's own bookkeeping"
COMPUTED = "follows from columns that are there"
PERSON = "names or reaches a person"
FREE_TEXT = "free text"
OWN_NUMBER = "the system's own number of the child, not a CPR number: rows of two sources could not be joined"
TWO_PARAGRAPHS = (
    "stands beside the paragraph of the decision, which alone tells a placement with consent from one without"
)
OTHER_HALF = "the grade in the half-year before; the row keeps the latest"
ANY_ORDER = "numbered by the questionnaire's author: variable 5 need not be item 5"


@dataclass(frozen=True)
class Published:
    """A layout as published: header to our column; header to why it is not stored; required columns that it lacks."""

    name: str
    origin: str
    contract_id: str
    stored: Mapping[str, str]
    left_out: Mapping[str, str]
    lacks: frozenset[str] = field(default=frozenset())


_DUBU = Published(
    "DUBU, services",
    RANDERS + " (BSDUBU2)",
    "measures",
    {
        "CPR-nr.": "child_id", "Sagsnummer": "measure_id", "Afgørelsesparagraf": "paragraph_code", "Tilbud": "place_code",
        "Startdato": "start_date", "Slutdato": "end_date",
    },
    {
        "Dato": EXTRACT, "Ydelsesbeløb": MONEY, "Antal": MONEY, "Enheds angivelse": MONEY, "Beregningsfrekvens": MONEY,
        "Sagstype": NOT_ASKED, "Type": NOT_ASKED, "Ydelsestype": NOT_ASKED, "Leverandør": NOT_ASKED, "Afdeling": NOT_ASKED,
        "Status": COMPUTED, "Foranstaltningsparagraf": TWO_PARAGRAPHS,
    },
)  # fmt: skip
LAYOUTS = (
    _DUBU,
    Published(
        "DUBU, § 32",
        RANDERS + " (BSDUBUp32)",
        "measures",
        {header: column for header, column in _DUBU.stored.items() if column != "child_id"},
        _DUBU.left_out,
        frozenset({"child_id"}),
    ),
    Published(
        "DUBU, older",
        RANDERS + " (BSDUBU)",
        "measures",
        {
            "Sag rækkeID": "measure_id", "Lovhjemmel": "paragraph_code", "Tilbudstype": "place_code",
            "Ydelse startdato": "start_date", "Ydelse slutdato": "end_date",
        },
        {
            "Dato": EXTRACT, "Antal": MONEY, "Takst": MONEY, "Pris pr stk": MONEY, "Pris pr dag": MONEY, "Pris pr måned": MONEY,
            "Beregnet pris pr dag": MONEY, "Beregnet total": MONEY, "Frekvens": MONEY, "Funktion": MONEY, "M0": SYSTEM,
            "Status": COMPUTED, "Sag status": COMPUTED, "Tvang": COMPUTED, "Sagstype": NOT_ASKED, "Afdeling": NOT_ASKED,
            "Ydelsesvariant": NOT_ASKED, "Ydelsestype": NOT_ASKED, "Leverandør": NOT_ASKED,
            "Leverandør beliggenhedskommune": NOT_ASKED, "Tilbudsbeskrivelse": FREE_TEXT,
        },
        frozenset({"child_id"}),
    ),
    Published(
        "list of special offers",
        RANDERS + " (BSSpecialtilbud)",
        "school_placements",
        {
            "Cpr.nr.": "child_id", "Skole - specialundervisning": "institution_code", "Trin sidste halvår": "grade_number",
            "Betalings-kommune": "paying_municipality_code", "Tilgang dato": "start_date", "Afgang dato": "end_date",
        },
        {
            "Dato": EXTRACT, "Forkortelse": SYSTEM, "Betalingsskole": MONEY, "Takst-gruppe": MONEY,
            "grænsekrydser/anbragt": NOT_ASKED, "Startdato til visitation": NOT_ASKED, "Trin første halvår": OTHER_HALF,
            "Indskoling, mellem, udskoling skoleår 2024/25": COMPUTED, "Indskoling, mellem, udskoling skoleår 2025/26": COMPUTED,
            "Antal dage": COMPUTED, "Indskrevet i dag": COMPUTED, "Bemærkninger": FREE_TEXT,
        },
        frozenset({"class_type_code"}),
    ),
    Published(
        "Sofus",
        RANDERS + " (BSSofus)",
        "measures",
        {
            "Indsats ID": "measure_id", "Iværksættelsesdato": "start_date", "Stopdato": "end_date",
            "Årsag til ophør": "end_reason_code",
        },
        {
            "Dato": EXTRACT, "Barn/ung ID": OWN_NUMBER, "Barn/ung udførerområde": NOT_ASKED, "Barn/ung status": COMPUTED,
            "Indsatstype": NOT_ASKED, "Henvisningsdato": NOT_ASKED, "Dato for match": NOT_ASKED,
            "Sidst gældende antal ugentlige timer": NOT_ASKED, "Teamleder/Koordinator": PERSON,
            "Teamleder/Koordinator ID": PERSON, "Link": SYSTEM,
        },
        frozenset({"child_id", "paragraph_code"}),
    ),
    Published(
        "people who moved",
        RANDERS + " (BSFlyttet)",
        "children",
        {"Personnummer formateret": "child_id", "Kommune tilflytnings dato_": "resident_from_date"},
        {"Dato": EXTRACT, "Målgruppe.Målgruppe": NOT_ASKED, "Fraflyt kommunenavn_": NOT_ASKED},
        frozenset({"birth_date"}),
    ),
    Published(
        "MinUddannelse, special teaching",
        "MinUddannelse Elev API, SpecialundervisningDto",
        "school_placements",
        {
            "Startdato": "start_date", "Slutdato": "end_date", "UgeTimetal": "support_hours_per_week",
            "Institutionskode": "institution_code",
        },
        {
            "PersonGuid": OWN_NUMBER, "SamletTimetal": COMPUTED, "Henvist": NOT_ASKED, "ElevArtId": SYSTEM,
            "Bemaerkning": FREE_TEXT,
        },
        frozenset({"child_id", "class_type_code"}),
    ),
    Published(
        "SurveyXact",
        SURVEYXACT,
        "sdq_answers",
        {"closetime": "answered_date"},
        {
            "respondentid": SYSTEM, "organization": PERSON, "created": SYSTEM, "modified": SYSTEM, "starttime": SYSTEM,
            "difftime": SYSTEM, "responsecollectsessions": SYSTEM, "numberofreturnedmail": SYSTEM, "importgroup": SYSTEM,
            "distributionschedule": SYSTEM, "email": PERSON, "digitaldistributionstatus": SYSTEM,
            "digitaldistributionerrormessage": SYSTEM, "statinternal_1": SYSTEM, "statcompletion_1": SYSTEM,
            "statcreation_1": SYSTEM, "statdistribution_1": SYSTEM, "name": PERSON, "s_1": ANY_ORDER, "s_5": ANY_ORDER,
        },
        frozenset({"child_id", "informant_code"}),
    ),
)  # fmt: skip
every_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)

OFFICIAL_SCALES = {
    "emotion": "emotional_points", "conduct": "conduct_points", "hyper": "hyper_points", "peer": "peer_points",
    "prosoc": "prosocial_points", "impact": "impact_points", "ebdtot": "total_points",
}  # fmt: skip


@every_layout
def test_each_published_header_is_ours_or_left_out_for_a_reason(layout: Published) -> None:
    known = columns_by_alias(source_contract(layout.contract_id))
    assert {header: known.get(folded(header)) for header in layout.stored} == dict(layout.stored)
    assert {header: known[folded(header)] for header in layout.left_out if folded(header) in known} == {}
    assert all(reason.strip() for reason in layout.left_out.values())


@every_layout
def test_what_a_published_layout_lacks_is_known(layout: Published) -> None:
    required = {column.name for column in source_contract(layout.contract_id).required_columns}
    assert required - set(layout.stored.values()) == layout.lacks


@every_layout
def test_a_published_layout_can_be_read_once_what_it_lacks_is_added(layout: Published) -> None:
    """With every published header in the file: none of them makes another ambiguous."""
    contract = source_contract(layout.contract_id)
    header = [*layout.left_out, *layout.stored, *sorted(layout.lacks)]
    match = match_header([header], contract, where=layout.name)
    found = {header[place]: column for column, place in match.positions.items()}
    assert found == dict(layout.stored) | {name: name for name in layout.lacks}


@pytest.mark.parametrize("informant", ["p", "t", "s", ""])
def test_the_official_derived_names_are_read_for_every_informant(informant: str) -> None:
    known = columns_by_alias(source_contract("sdq_scores"))
    assert {name: known.get(informant + name) for name in OFFICIAL_SCALES} == OFFICIAL_SCALES
    assert {
        name for name in (f"{informant}external", f"{informant}internal") if name in known
    } == set()  # sums of scales


@pytest.mark.parametrize(
    ("column", "answers"),
    [
        ("consid", ("Passer ikke", "Passer delvist", "Passer godt")),
        ("ebddiff", ("Nej", "Ja, mindre vanskeligheder", "Ja, tydelige vanskeligheder", "Ja, alvorlige vanskeligheder")),
        *((name, ("Slet ikke", "Kun lidt", "Ret meget", "Virkelig meget"))
          for name in ("distres", "imphome", "impfrie", "impclas", "impleis")),
    ],
)  # fmt: skip
def test_answers_in_the_national_exchange_format_are_read(column: str, answers: tuple[str, ...]) -> None:
    """KL's exchange (hl7dk/kl-children 2.1.0) carries these words. It has no columns but a tree of answers, and its names of
    items hold words of the items; a table made from it must head its columns by number."""
    codes = load_code_table(str(source_contract("sdq_answers").column(column).code_table)).codes_by_alias()
    assert [codes[answer.casefold()] for answer in answers] == [str(points) for points in range(len(answers))]


def test_every_scored_item_of_the_form_has_its_number_as_header_and_the_two_unscored_none() -> None:
    known = columns_by_alias(source_contract("sdq_answers"))
    assert {number for number in range(1, 34) if str(number) not in known} == {27, 33}
    assert len({known[str(number)] for number in range(1, 34) if number not in {27, 33}}) == 31
