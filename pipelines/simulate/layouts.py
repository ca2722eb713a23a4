"""How do senders lay out their files: headers, separators, encodings, and in which form values are written.

Here are the usual layouts, one or more per source; `drawn_layouts` draws odd ones. A new source adds one entry to `layouts`
and one name to `deliveries.FILE_STEMS`. Headers and spellings are those that the contracts and code tables accept; a test
holds every one of them against these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipelines.contracts import source_contract

Spelling = Literal["code", "title", "alias"]
"""Codes are written as the code, as its Danish title, or as the first of its aliases (the title where it has none)."""
CprForm = Literal["plain", "hyphen", "space", "no_leading_zero", "number"]
"""0101995015, 010199-5015, 010199 5015; 101995015 where Excel ate the zero; or a number in a workbook's cell."""
DecimalCells = Literal["text", "numbers", "both"]
"""Decimals in a workbook: typed as text, as Excel's own numbers, or now one and now the other."""

REAL_DATES, SERIAL_DATES, UNPADDED_DATES = "real dates", "serial dates", "unpadded dates"
"""Forms that no format string can say: a workbook's own dates, its day numbers as plain numbers, and 3-5-2014."""
OWN_COLUMN = "+"
"""What the name of a sender's own column begins with in `Layout.headers`: a column that the contract does not know."""


@dataclass(frozen=True)
class FooterRow:
    """A row below the table: `kind` is what intake calls it, total or note."""

    kind: Literal["total", "note"]
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """One way of writing one source. `headers` gives the header per column in the order of the file: the contract's columns
    by name, and columns of the sender's own, whose cells are taken in turn from `own_values`.

    `encoding` is Python's name. `title_rows` stand above the header ('' is an empty row) and `footer_rows` below the table,
    followed by `trailing_blank_rows`. `empty_row_share` is how many empty rows lie between the rows, as a share of them;
    `has_bare_empty_rows` leaves the separators out of those. `padding` is white space after every text. `spellings` gives single
    codes another spelling than `spelling`. What concerns workbooks only: `sheet_name`, `first_row` and `first_column` (where
    the table begins, from 0), `guide_sheet_name` and `hidden_sheet_name` (sheets that hold no data), and the last three.
    """

    source: str
    headers: Mapping[str, str]
    suffix: Literal["csv", "txt", "xlsx"]
    encoding: str = "utf-8-sig"
    has_byte_order_mark: bool = False
    separator: str = ";"
    line_end: str = "\r\n"
    quotes_everything: bool = False
    spelling: Spelling = "title"
    spelling_by_column: Mapping[str, Spelling] = field(default_factory=dict)
    spellings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    date_format: str = "%d-%m-%Y"
    cpr_form: CprForm = "plain"
    yes_and_no: tuple[str, str] | tuple[bool, bool] = ("ja", "nej")
    decimal_sign: Literal[",", "."] = ","
    has_thousands_point: bool = False
    padding: str = ""
    own_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    title_rows: tuple[str, ...] = ()
    footer_rows: tuple[FooterRow, ...] = ()
    trailing_blank_rows: int = 0
    empty_row_share: float = 0.0
    has_bare_empty_rows: bool = False
    sheet_name: str = ""
    first_row: int = 0
    first_column: int = 0
    guide_sheet_name: str = ""
    hidden_sheet_name: str = ""
    writes_integers_as_numbers: bool = True
    decimals_in_workbook: DecimalCells = "text"
    writes_codes_as_numbers: bool = False

    @property
    def contract_columns(self) -> tuple[str, ...]:
        """The contract's columns in the order of the file."""
        return tuple(name for name in self.headers if not name.startswith(OWN_COLUMN))

    @property
    def is_workbook(self) -> bool:
        """Whether the file is a workbook and no text."""
        return self.suffix == "xlsx"

    def place_of(self, column_name: str) -> int:
        """The 0-based column of the file (on a sheet, of the sheet) in which a column stands."""
        return self.first_column + list(self.headers).index(column_name)

    @property
    def header_row_number(self) -> int:
        """The row of the headers as the sender sees it, from 1."""
        return self.first_row + len(self.title_rows) + 1


def _sdq_headers(item: str, first: Mapping[str, str]) -> dict[str, str]:
    """The head columns as given, then items by number: 1-25, then 26 and 28-32 for the impact questions."""
    columns = [column.name for column in source_contract("sdq_answers").columns if column.code_table]
    names = [name for name in columns if name not in first]
    numbers = [*range(1, 26), 26, 28, 29, 30, 31, 32]
    return {**first, **{name: item.format(number) for name, number in zip(names, numbers, strict=True)}}


def layouts() -> dict[str, tuple[Layout, ...]]:
    """The layouts per source; a source with several changes from file to file."""
    return {
        "children": (
            Layout(
                "children",
                {
                    "child_id": "CPR-nr.",
                    "birth_date": "Fødselsdato",
                    "sex_code": "Køn",
                    "home_district_code": "Skoledistrikt",
                    "home_municipality_code": "Bopælskommune",
                    "resident_from_date": "Tilflytningsdato",
                    "resident_to_date": "Fraflytningsdato",
                },
                "csv",
                encoding="cp1252",
                cpr_form="hyphen",
            ),
        ),
        "institutions": (
            Layout(
                "institutions",
                {
                    "institution_code": "Institutionsnummer",
                    "institution_name": "Institutionsnavn",
                    "institution_type_code": "Institutionstype",
                    "ownership_code": "Ejerform",
                    "district_code": "Skoledistrikt",
                    "cluster_code": "Klynge/netværk",
                    "municipality_code": "Beliggenhedskommune",
                    "open_from_date": "Oprettet",
                    "open_to_date": "Nedlagt",
                },
                "xlsx",
                sheet_name="Institutioner",
                title_rows=("Oversigt over institutioner og skoler",),
            ),
        ),
        "organisation": (
            Layout(
                "organisation",
                {
                    "unit_kind_code": "Enhedstype",
                    "unit_code": "Enhedskode",
                    "unit_name": "Navn",
                    "model_code": "Ordning",
                    "from_date": "Gyldig fra",
                    "to_date": "Gyldig til",
                },
                "csv",
                separator=",",
                encoding="utf-8",
                date_format="%Y-%m-%d",
            ),
        ),
        "school_placements": (
            Layout(
                "school_placements",
                {
                    "child_id": "Cpr.nr.",
                    "institution_code": "Skolekode",
                    "grade_number": "Klassetrin",
                    "class_type_code": "Klassetype",
                    "support_hours_per_week": "Ugentlige timer",
                    "paying_municipality_code": "Betalingskommune",
                    "start_date": "Tilgang dato",
                    "end_date": "Afgang dato",
                },
                "csv",
                encoding="cp1252",
                title_rows=("Elever og børn i dagtilbud og klub med støttetimer pr. uge",),
                date_format="%d/%m/%Y",
            ),
        ),
        "segregation_figures": (
            Layout(
                "segregation_figures",
                {
                    "school_year": "Skoleår",
                    "area_code": "Kommune",
                    "definition_id": "Definition",
                    "measure_code": "Nøgletal",
                    "pupil_group_code": "Elevgruppe",
                    "figure_value": "Værdi",
                    "value_status_code": "Status",
                    "source_url": "Kilde",
                },
                "csv",
                encoding="utf-8-sig",
                spelling="alias",
                spelling_by_column={"area_code": "title", "pupil_group_code": "title"},
            ),
        ),
        "measures": (
            Layout(
                "measures",
                {
                    "child_id": "CPR-nr.",
                    "measure_id": "Ydelses-id",
                    "paragraph_code": "Afgørelsesparagraf",
                    "place_code": "Tilbudstype",
                    "start_date": "Startdato",
                    "end_date": "Slutdato",
                    "end_reason_code": "Årsag til ophør",
                    "+status": "Status i systemet",
                },
                "txt",
                encoding="utf-8-sig",
                separator="\t",
                cpr_form="hyphen",
                spelling="alias",
                own_values={"+status": ("Aktiv",)},
            ),
        ),
        "sdq_answers": (
            Layout(
                "sdq_answers",
                _sdq_headers(
                    "sdq_{}",
                    {
                        "child_id": "cpr_nr",
                        "answered_date": "Svardato",
                        "informant_code": "Respondent",
                        "version_code": "Skemaversion",
                        "is_follow_up_form": "Opfølgning",
                        "institution_code": "Institution",
                    },
                ),
                "csv",
                spelling="code",
                spelling_by_column={"informant_code": "title", "version_code": "title"},
            ),
            Layout(
                "sdq_answers",
                _sdq_headers(
                    "Spm{}",
                    {
                        "informant_code": "Besvaret af",
                        "answered_date": "Udfyldt dato",
                        "child_id": "CPR-nummer",
                        "institution_code": "Institutionskode",
                        "version_code": "Aldersversion",
                        "is_follow_up_form": "Opfølgningsskema",
                    },
                ),
                "csv",
                encoding="cp1252",
                separator="\t",
                date_format="%d.%m.%Y",
                spelling="code",
                spelling_by_column={"informant_code": "alias", "version_code": "code"},
            ),
        ),
        "sdq_scores": (
            Layout(
                "sdq_scores",
                {
                    "child_id": "CPR-nr.",
                    "answered_date": "Udfyldelsesdato",
                    "informant_code": "Informant",
                    "version_code": "Version",
                    "is_follow_up_form": "Followup",
                    "institution_code": "Institutionskode",
                    "emotional_points": "Emotion",
                    "conduct_points": "Conduct",
                    "hyper_points": "Hyper",
                    "peer_points": "Peer",
                    "prosocial_points": "Prosoc",
                    "total_points": "Ebdtot",
                    "impact_points": "Impact",
                },
                "csv",
                date_format="%Y-%m-%d",
                spelling="code",
            ),
            Layout(
                "sdq_scores",
                {
                    "child_id": "CPR-nummer",
                    "answered_date": "Dato",
                    "informant_code": "Udfylder",
                    "is_follow_up_form": "Opfølgning",
                    "institution_code": "Skole",
                    "total_points": "SDQ i alt",
                },
                "xlsx",
                sheet_name="SDQ",
            ),
        ),
        "sessions": (
            Layout(
                "sessions",
                {
                    "session_id": "Møde-id",
                    "forum_code": "Mødeform",
                    "institution_code": "Institutionsnummer",
                    "district_code": "Skoledistrikt",
                    "cluster_code": "Klynge",
                    "planned_date": "Planlagt dato",
                    "held_date": "Afholdt dato",
                    "session_status_code": "Mødestatus",
                    "duration_minutes": "Varighed (min)",
                    "level_code": "Rettet mod",
                    "prevention_kind_code": "Forebyggelse",
                    "is_from_joint_observation": "Fælles observation",
                    "session_activity_code": "Aktivitetstype",
                    "is_agreed_extra": "Ekstra møde",
                    "is_prepared_by_leader": "Forberedt",
                    "is_last_time_followed_up": "Opsamling fra sidst",
                    "has_second_part": "Anden del",
                },
                "xlsx",
                sheet_name="Møder",
                date_format=REAL_DATES,
            ),
        ),
        "session_roles": (
            Layout(
                "session_roles",
                {
                    "session_id": "Møde-id",
                    "participant_id": "Deltager-id",
                    "profession_code": "Faggruppe",
                    "staff_id": "Medarbejdernummer",
                    "is_invited": "Indkaldt",
                    "is_present": "Til stede",
                    "recorded_date": "Registreret",
                },
                "csv",
            ),
        ),
        "session_cases": (
            Layout(
                "session_cases",
                {
                    "session_id": "Møde-id",
                    "case_id": "Sagsnummer",
                    "child_id": "CPR-nr.",
                    "is_anonymous": "Anonym drøftelse",
                    "level_code": "Niveau",
                    "consent_status_code": "Samtykke",
                    "consent_date": "Samtykke givet",
                    "agenda_date": "Dagsorden",
                    "knowledge_date": "Viden delt",
                    "discussion_date": "Flerfaglig drøftelse",
                    "agreements_date": "Aftaler",
                    "intervention_date": "Indsats begyndt",
                    "has_goal": "Mål for indsatsen",
                    "evaluation_date": "Evalueret",
                    "new_agreements_date": "Nye aftaler",
                    "support_need_code": "Behov for support",
                    "concern_from_date": "Bekymring siden",
                    "is_described_with_learning_analysis": "Beskrevet med BAL",
                    "has_family_taken_part": "Forældre inddraget",
                    "family_areas_covered_count": "Områder belyst",
                    "case_date": "Sagsdato",
                },
                "csv",
                encoding="cp1252",
                cpr_form="hyphen",
            ),
        ),
        "agreements": (
            Layout(
                "agreements",
                {
                    "agreement_id": "Aftalenummer",
                    "session_id": "Møde-id",
                    "case_id": "Sagsnr.",
                    "cross_action_code": "Type handling",
                    "responsible_profession_code": "Tovholder",
                    "agreed_date": "Aftalt dato",
                    "due_date": "Frist",
                    "followed_up_date": "Fulgt op dato",
                },
                "csv",
                encoding="utf-8",
                date_format="%Y-%m-%d",
                spelling_by_column={"cross_action_code": "alias", "responsible_profession_code": "alias"},
            ),
        ),
        "institution_years": (
            Layout(
                "institution_years",
                {
                    "institution_code": "Institutionsnummer",
                    "school_year": "Skoleår",
                    "child_count": "Antal børn",
                    "social_normering_percent": "Social normering pct.",
                    "ownership_code": "Ejerform",
                    "cadence_weeks": "Frekvens i uger",
                    "cadence_from_date": "Frekvens fra",
                },
                "xlsx",
                sheet_name="Institutioner",
                title_rows=("Børnetal, social normering og frekvens",),
                date_format=REAL_DATES,
                decimals_in_workbook="numbers",
            ),
        ),
        "staffing": (
            Layout(
                "staffing",
                {
                    "staff_id": "Tjenestenummer",
                    "profession_code": "Stilling",
                    "unit_kind_code": "Enhedstype",
                    "unit_code": "Tilknyttet",
                    "from_date": "Tilknyttet fra",
                    "to_date": "Tilknyttet til",
                    "hours_per_week": "Ugentlige timer",
                },
                "csv",
                separator="\t",
            ),
        ),
        "training": (
            Layout(
                "training",
                {
                    "staff_id": "Tjenestenummer",
                    "profession_code": "Stilling",
                    "training_kind_code": "Kursus",
                    "completed_date": "Gennemført dato",
                    "valid_to_date": "Gælder til",
                },
                "csv",
                encoding="cp1252",
                spelling_by_column={"training_kind_code": "alias"},
            ),
        ),
        "support_requests": (
            Layout(
                "support_requests",
                {
                    "request_id": "Ansøgningsnummer",
                    "institution_code": "Institution",
                    "child_id": "CPR-nr.",
                    "support_road_code": "Vej til support",
                    "level_code": "Rettet mod",
                    "support_need_code": "Problemtype",
                    "request_date": "Ansøgt",
                    "first_contact_date": "Første kontakt",
                    "start_date": "Iværksat",
                    "end_date": "Ophørt",
                    "is_in_practice": "Praksisnær",
                    "has_diagnosis": "Diagnose",
                    "has_waited_for_diagnosis": "Afventet diagnose",
                    "assessment_start_date": "PPV begyndt",
                    "assessment_end_date": "PPV afsluttet",
                    "granted_hours_per_week": "Bevilgede timer",
                    "has_family_taken_part": "Forældre inddraget",
                },
                "csv",
                cpr_form="hyphen",
                date_format="%d/%m/%Y",
            ),
        ),
        "handovers": (
            Layout(
                "handovers",
                {
                    "child_id": "CPR-nr.",
                    "from_institution_code": "Afgivende institution",
                    "to_institution_code": "Modtagende institution",
                    "handover_date": "Overgangsdato",
                    "is_written": "Overgangsskema",
                    "is_oral": "Brobygningsmøde",
                    "known_professionals_count": "Kendte fagpersoner",
                    "invited_professionals_count": "Inviterede fagpersoner",
                },
                "csv",
                encoding="cp1252",
                cpr_form="hyphen",
            ),
        ),
        "reviews": (
            Layout(
                "reviews",
                {
                    "review_id": "Opfølgnings-id",
                    "child_id": "CPR-nr.",
                    "review_kind_code": "Opfølgningstype",
                    "planned_date": "Planlagt dato",
                    "review_date": "Afholdt dato",
                    "measure_id": "Ydelses-id",
                    "institution_code": "Institutionsnummer",
                    "forum_code": "Mødeform",
                    "return_judgement_code": "Kan vende tilbage",
                    "has_exhausted_ordinary_options": "Muligheder udtømt",
                    "is_recommended_to_visitation": "Indstillet til visitation",
                    "+caseworker": "Behandlet af",
                },
                "csv",
                encoding="cp1252",
                cpr_form="hyphen",
                spelling_by_column={"return_judgement_code": "alias"},
                own_values={"+caseworker": ("NN", "")},
            ),
        ),
        "notifications": (
            Layout(
                "notifications",
                {
                    "notification_id": "Underretnings-id",
                    "child_id": "CPR-nr.",
                    "received_date": "Modtagelsesdato",
                    "sender_code": "Underretter",
                    "assessed_date": "Vurderingsdato",
                    "is_assessed_in_24_hours": "24-timers vurdering",
                    "+status": "Status",
                },
                "csv",
                encoding="cp1252",
                cpr_form="hyphen",
                spelling_by_column={"sender_code": "alias"},
                own_values={"+status": ("Afsluttet",)},
            ),
        ),
        "caseload": (
            Layout(
                "caseload",
                {
                    "counted_date": "Opgørelsesdato",
                    "unit_kind_code": "Enhedstype",
                    "unit_code": "Enhed",
                    "profession_code": "Faggruppe",
                    "case_count": "Antal sager",
                    "full_time_positions": "Besatte fuldtidsstillinger",
                    "worker_count": "Antal medarbejdere",
                },
                "xlsx",
                sheet_name="Sagstal",
                title_rows=("Åbne sager ultimo måneden",),
                date_format=REAL_DATES,
                decimals_in_workbook="numbers",
            ),
        ),
        "costs": (
            Layout(
                "costs",
                {
                    "child_id": "CPR-nr.",
                    "measure_id": "Ydelses-id",
                    "cost_kind_code": "Udgiftsart",
                    "period_start_date": "Periode fra",
                    "period_end_date": "Periode til",
                    "amount_dkk": "Nettobeløb",
                },
                "csv",
                encoding="utf-8-sig",
                cpr_form="hyphen",
            ),
        ),
        "cost_accounts": (
            Layout(
                "cost_accounts",
                {
                    "account_code": "Konto",
                    "paragraph_code": "Paragraf",
                    "place_code": "Anbringelsestype",
                    "district_code": "Distrikt",
                    "cost_kind_code": "Regnskab/budget",
                    "period_start_date": "Fra dato",
                    "period_end_date": "Til dato",
                    "amount_dkk": "Beløb i kr",
                },
                "xlsx",
                sheet_name="Konti",
                title_rows=("Udtræk fra økonomisystemet",),
                date_format=REAL_DATES,
                spelling="alias",
                spelling_by_column={"cost_kind_code": "title"},
                decimals_in_workbook="numbers",
            ),
        ),
    }
