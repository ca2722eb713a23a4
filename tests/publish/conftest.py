"""A made-up report of three questions with hidden cells, small enough to read: what every publish test starts from."""

from datetime import date

import pytest

from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.publish import figures, sentences
from pipelines.publish.section import DeclaredNumber, Definition, HowSure, Report, Section
from pipelines.publish.share_series import DefinedChange, ShareSeries
from pipelines.publish.stamp import DeliveryStamp, Stamp

HIDDEN = CellStatus.HIDDEN
DISTRICTS = ("Birkelund", "Fjordby", "Højmark", "Skovsted", "Østerled", "Åvang")


def protected(table_id: str, title: str, columns: list[TableColumn], rows: list[tuple[object, ...]]) -> ProtectedTable:
    """A table drawn by hand: a `CellStatus` stands for a cell without a value."""
    cells = tuple(
        tuple(Cell(None, value) if isinstance(value, CellStatus) else Cell(value) for value in row)  # type: ignore[arg-type]
        for row in rows
    )
    return ProtectedTable(table_id, title, tuple(columns), cells, source="Kilde: konstruerede tal.", rule="1-4 skjult")


@pytest.fixture(scope="session")
def share_table() -> ProtectedTable:
    """Share of pupils in ordinary classes, six districts and the whole, seven years; one year of Højmark is hidden."""
    columns = [
        TableColumn("district", "Distrikt", "label"),
        TableColumn("school_year", "Skoleår", "label"),
        TableColumn("pupils", "Elever", "count"),
        TableColumn("share", "Andel i almen klasse", "share", decimals=1),
        TableColumn("low", "Fra", "share", decimals=1),
        TableColumn("high", "Til", "share", decimals=1),
        TableColumn("change", "Ændring over seks år, procentpoint", "mean", decimals=1),
    ]
    rows: list[tuple[object, ...]] = []
    for place, district in enumerate((*DISTRICTS, "Hele kommunen")):
        for year in range(7):
            share = 0.917 + 0.0073 * year if district == "Åvang" else 0.944 + 0.004 * ((place * 5 + year * 3) % 4 - 1.5)
            pupils = 400 + 30 * place if district != "Hele kommunen" else 2923
            period = f"{2020 + year}/{21 + year}"
            if district == "Højmark" and year == 3:
                rows.append((district, period, pupils, HIDDEN, HIDDEN, HIDDEN, CellStatus.NOT_COMPUTABLE))
                continue
            change: object = 4.4 if (district, year) == ("Åvang", 6) else CellStatus.NOT_COMPUTABLE
            rows.append((district, period, pupils, share, share - 0.02, min(1.0, share + 0.018), change))
    return protected("share_by_district", "Andel i almen klasse efter distrikt og skoleår", columns, rows)


@pytest.fixture(scope="session")
def share_series(share_table: ProtectedTable) -> ShareSeries:
    """The same under one definition."""
    return ShareSeries("own_register_school", share_table, "district", "school_year", "share")


@pytest.fixture(scope="session")
def funnel_series() -> ShareSeries:
    """Six districts' shares outside ordinary classes by their size; one is hidden."""
    names = ("target", "far_low", "low", "high", "far_high")
    columns = [
        TableColumn("district", "Distrikt", "label"),
        TableColumn("school_year", "Skoleår", "label"),
        TableColumn("pupils", "Elever", "count"),
        TableColumn("share", "Andel uden for", "share", decimals=1),
        *(TableColumn(name, name, "share", decimals=1) for name in names),
    ]
    rows = [
        (
            district,
            "2026/27",
            300 + 90 * place,
            HIDDEN if place == 2 else 0.03 + 0.008 * place,
            0.05,
            0.01,
            0.02,
            0.08,
            0.1,
        )
        for place, district in enumerate(DISTRICTS)
    ]
    table = protected("funnel", "Andel uden for almen klasse", columns, rows)
    return ShareSeries("own_register_school", table, "district", "school_year", "share")


@pytest.fixture(scope="session")
def moves_table() -> ProtectedTable:
    """Moves down and up the ladder per district; one district's moves up are few and hidden, another's with it."""
    columns = [
        TableColumn("district", "Distrikt", "label"),
        TableColumn("down", "Ned", "count"),
        TableColumn("up", "Op", "count"),
        TableColumn("children", "Børn i alt", "count"),
    ]
    rows: list[tuple[object, ...]] = [
        ("Birkelund", 14, 6, 52),
        ("Fjordby", 11, HIDDEN, 41),
        ("Højmark", 9, 5, 38),
        ("Skovsted", 12, HIDDEN, 44),
        ("Østerled", 13, 0, 40),
        ("Åvang", 10, 7, 37),
        ("Hele kommunen", 69, 28, 252),
    ]
    return protected("moves", "Bevægelser på trappen 30. september 2025 til 2026", columns, rows)


@pytest.fixture(scope="session")
def change_table() -> ProtectedTable:
    """Change in SDQ per group with interval and expected change; the youngest group is too small."""
    columns = [
        TableColumn("group", "Gruppe", "label"),
        TableColumn("children", "Børn med to målinger", "count"),
        TableColumn("all_children", "Børn i alt", "count"),
        TableColumn("change", "Ændring i SDQ-tal", "mean", unit="point", decimals=1),
        TableColumn("low", "Fra", "mean", unit="point", decimals=1),
        TableColumn("high", "Til", "mean", unit="point", decimals=1),
        TableColumn("expected", "Ventet uden indsats", "mean", unit="point", decimals=1),
    ]
    rows: list[tuple[object, ...]] = [
        ("Alle børn", 214, 291, -3.2, -4.0, -2.4, -3.0),
        ("0.-3. klasse", 68, 90, -3.9, -5.3, -2.5, -3.1),
        ("4.-6. klasse", 52, 71, -3.1, -4.7, -1.5, -3.2),
        ("7.-9. klasse", 33, 60, -2.9, -5.0, -0.8, -3.1),
        ("Dagtilbud", HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
    ]
    return protected("sdq_change", "Ændring i SDQ-tal fra første til anden måling", columns, rows)


@pytest.fixture(scope="session")
def outcomes_table() -> ProtectedTable:
    """Children by how much they changed, in percent, beside what one could expect; one share is hidden."""
    columns = [
        TableColumn("outcome", "Anden måling", "label"),
        TableColumn("children", "Børn i alt", "number"),
        TableColumn("share", "Andel", "number", unit="%"),
        TableColumn("expected", "Ventet uden indsats", "number", unit="%"),
        TableColumn("error", "Ved målefejl alene", "number", unit="%", decimals=1),
    ]
    rows: list[tuple[object, ...]] = [
        ("Klart færre vanskeligheder", 214, 22, 24, 2.5),
        ("Omtrent som før", 214, HIDDEN, 72, 95.0),
        ("Klart flere vanskeligheder", 214, 6, 4, 2.5),
    ]
    return protected("outcomes", "Børn med en klar ændring", columns, rows)


@pytest.fixture(scope="session")
def meetings_table() -> ProtectedTable:
    """Meetings planned, held and unknown per district."""
    columns = [
        TableColumn("district", "Distrikt", "label"),
        TableColumn("planned", "Planlagt", "number"),
        TableColumn("held", "Holdt", "number"),
        TableColumn("unknown", "Ukendt", "number"),
    ]
    rows: list[tuple[object, ...]] = [
        ("Birkelund", 6, 6, 0),
        ("Fjordby", 6, 2, 0),
        ("Højmark", 6, 6, 0),
        ("Skovsted", 6, 4, 2),
        ("Østerled", 6, 5, 0),
        ("Åvang", CellStatus.NOT_RECEIVED, CellStatus.NOT_RECEIVED, CellStatus.NOT_RECEIVED),
        ("I alt", 30, 23, 2),
    ]
    return protected("meetings", "Møder i ressourceteam, skoleåret 2025/26", columns, rows)


@pytest.fixture(scope="session")
def municipalities_table() -> ProtectedTable:
    """A wellbeing number of 30 made-up municipalities, of which one did not report, at two class levels."""
    columns = [
        TableColumn("municipality", "Kommune", "label"),
        TableColumn("level", "Klassetrin", "label"),
        TableColumn("wellbeing", "Trivsel, egen beregning efter STIL", "number", unit="point", decimals=2),
    ]
    rows: list[tuple[object, ...]] = []
    for level, middle in (("4.-6. klasse", 3.8), ("7.-9. klasse", 3.6)):
        for place in range(30):
            value = middle + 0.004 * ((place * 7) % 30 - 15) + 0.002 * (place % 3)
            rows.append((f"Kommune {place}", level, CellStatus.NOT_RECEIVED if place == 4 else value))
    return protected("wellbeing", "Trivsel i kommunerne", columns, rows)


@pytest.fixture(scope="session")
def years_table() -> ProtectedTable:
    """One municipality's absence per year against the middle half of all; one year was not received."""
    columns = [
        TableColumn("school_year", "Skoleår", "label"),
        TableColumn("own", "Fravær", "share", decimals=1),
        TableColumn("median", "Midten af kommunerne", "share", decimals=1),
        TableColumn("lower", "Nedre kvartil", "share", decimals=1),
        TableColumn("upper", "Øvre kvartil", "share", decimals=1),
    ]
    rows: list[tuple[object, ...]] = [
        ("2021/22", 0.071, 0.066, 0.061, 0.070),
        ("2022/23", CellStatus.NOT_RECEIVED, 0.068, 0.062, 0.072),
        ("2023/24", 0.069, 0.067, 0.061, 0.071),
        ("2024/25", 0.073, 0.065, 0.060, 0.069),
    ]
    return protected("absence", "Fravær over tid", columns, rows)


@pytest.fixture(scope="session")
def share_section(share_series: ShareSeries, share_table: ProtectedTable) -> Section:
    """Level 0: counted, nothing compared."""
    figure = figures.share_panels(
        share_series,
        figures.FigureWords(
            "share_by_district",
            "Andelen i almen klasse er steget i Åvang",
            "Andel af distriktets elever, der går i almen klasse. Procent, pr. 30. september hvert skoleår. Båndet viser, "
            f"hvor meget andelen kan svinge ved tilfældigheder. Grå linje: hele kommunen. "
            f"{figures.axis_note(share_table, 'share', 'low', 'high')}",
            "Kilde: kommunens elevregister, udtræk 5. oktober 2026. Definition: KOM-1.",
            constructed=True,
        ),
        low="low",
        high="high",
        size="pupils",
        reference_panel="Hele kommunen",
    )
    first, last = (share_series.at(area="Åvang", period=year) for year in ("2020/21", "2026/27"))
    answer = sentences.change_in_share(
        DefinedChange(first, last, Cell(0.044), Cell(0.011), Cell(0.077)),
        subject="Andelen i almen klasse i Åvang",
        smallest_relevant=0.01,
    )
    return Section(
        section_id="mainstream_share",
        question="Bliver flere børn i almenområdet?",
        answer=answer,
        support="I de fem andre distrikter svinger tallene ikke mere, end de kan gøre tilfældigt.",
        level=0,
        level_reason="Alle elever er talt. Der er ingen sammenligning med andre, så niveauet er 0.",
        tables=(share_table,),
        figures=(figure,),
        how_sure=HowSure(
            number=sentences.ALL_COUNTED,
            cause="Tallet siger ikke, hvorfor andelen er steget.",
            data="Alle skoler har sendt tal.",
            needed="Flere år vil vise, om stigningen holder.",
        ),
        not_shown=("Figuren viser ikke, hvordan børnene trives.", "Den siger intet om det enkelte barn."),
        method=(
            "KOM-1: elever i folkeskolen, talt efter bopæl.",
            "Elever med støtte i mindst 9 timer om ugen er talt med.",
        ),
        declared_numbers=(DeclaredNumber("9", "timers støtte om ugen, loven"),),
    )


@pytest.fixture(scope="session")
def moves_section(moves_table: ProtectedTable) -> Section:
    """Level 1, with a hidden district."""
    figure = figures.move_bars(
        moves_table,
        figures.FigureWords(
            "moves",
            "Flere børn er rykket ned ad trappen end op",
            "Børn, der er rykket mindst ét trin, 30. september 2025 til 30. september 2026. Antal børn.",
            "Kilde: kommunens elevregister og visitationsliste.",
            constructed=True,
        ),
        label="district",
        down="down",
        up="up",
        total="Hele kommunen",
    )
    in_appendix = figures.flow_bars(
        moves_table,
        figures.FigureWords(
            "moves_children",
            "Så mange børn har været på trappen",
            "Antal børn pr. distrikt.",
            "Kilde: x.",
            constructed=True,
        ),
        label="district",
        count="children",
        steps=("Hele kommunen",),
    )
    whole = moves_table.find(district="Hele kommunen")
    return Section(
        section_id="moves",
        question="Rykker børnene ned ad indsatstrappen?",
        answer="Ja. " + sentences.moves(whole[1], whole[2]),
        support="Tallene viser ikke, hvorfor børnene er rykket.",
        level=1,
        level_reason="Vi ser på de samme børn før og efter. Der er ingen at sammenligne med.",
        tables=(moves_table,),
        figures=(figure,),
        how_sure=HowSure(
            number="Alle 252 børn er talt med.",
            cause="Vi ved ikke, hvad der var sket uden støtten.",
            data="Børn, der flyttede, er holdt ude.",
            needed="En gruppe at sammenligne med.",
        ),
        not_shown=("Figuren viser ikke, hvor længe børnene blev på trinnet.",),
        method=("Et ryk tæller, når det varer mindst 30 dage.",),
        declared_numbers=(DeclaredNumber("30", "dage før et ryk tæller, kommunens indstilling"),),
        appendix_figures=(in_appendix,),
    )


@pytest.fixture(scope="session")
def change_section(change_table: ProtectedTable) -> Section:
    """Level 1, with the warning about what one could expect anyway."""
    figure = figures.change_rows(
        change_table,
        figures.FigureWords(
            "sdq_change",
            "Børnene har færre vanskeligheder end ved første måling",
            "Ændring i børnenes samlede SDQ-tal, forældrenes svar. Point. Prikken er det målte; stregen er usikkerheden "
            "(95\u00a0%). Romben er den ændring, man kunne vente uden indsats.",
            "Kilde: SDQ-målinger 1. august 2025-30. juni 2026.",
            constructed=True,
        ),
        label="group",
        change="change",
        low="low",
        high="high",
        expected="expected",
        children="children",
        directions=("← færre vanskeligheder", "flere vanskeligheder →"),
    )
    row = dict(zip([column.name for column in change_table.columns], change_table.rows[0], strict=True))
    return Section(
        section_id="sdq_change",
        question="Har børnene det bedre?",
        answer=sentences.before_and_after(row["change"], row["low"], row["high"]),
        support=sentences.expected_change(row["expected"]),
        level=1,
        level_reason="Der er kun målt før og efter, så niveauet er 1.",
        tables=(change_table,),
        figures=(figure,),
        how_sure=HowSure(
            number=sentences.UNCERTAINTY,
            cause="Børn henvises, når det går dårligst. Derfor falder tallet ofte også uden hjælp.",
            data=sentences.follow_up(row["children"], row["all_children"]),
            needed="En gruppe at sammenligne med.",
        ),
        not_shown=("Den siger intet om det enkelte barn.",),
        method=(sentences.SDQ_EXPLAINED, "Hvert barn har samme slags svar begge gange."),
    )


@pytest.fixture(scope="session")
def stamp() -> Stamp:
    """Two deliveries; 3 of 2,941 rows were rejected."""
    return Stamp(
        system_version="0.1.0",
        contracts_checksum="3fa1" + "0" * 56 + "09bc",
        code_version="a1b2c3d",
        disclosure_rule="Antal på 1-4 børn er skjult, og det, der ville røbe dem.",
        deliveries=(
            DeliveryStamp("children", date(2026, 10, 5), "ab" * 32, 2941, 2938, 3),
            DeliveryStamp("sdq_answers", date(2026, 10, 1), "cd" * 32, 505, 505, 0),
        ),
    )


@pytest.fixture(scope="session")
def report(
    share_section: Section,
    moves_section: Section,
    change_section: Section,
    meetings_table: ProtectedTable,
    stamp: Stamp,
) -> Report:
    """The made-up report that passes every gate."""
    return Report(
        report_id="udvalgsrapport",
        title="Indsatstrappen: status for 3. kvartal 2026",
        municipality="Eksempel Kommune",
        administration="Børne- og Ungeforvaltningen",
        attachment="1 af 2",
        case_numbers=(("Sagsnummer", "2026-0412345"), ("Dokumentnummer", "7104482"), ("eDoc", "")),
        sections=(share_section, moves_section, change_section),
        stamp=stamp,
        as_of_date=date(2026, 10, 5),
        published_on=date(2026, 11, 9),
        introduction="Notatet svarer på tre spørgsmål om børnene og den støtte, de får. Felterne til højre viser, hvor meget "
        "tallene kan bære.",
        attention=("I Skovsted mangler 2 referater.", "Tal for fravær er ikke modtaget og er ikke med."),
        constructed_rules_source="Eksempelnotat om indsatstrappen, 2025",
        data_quality=(meetings_table,),
        definitions=(
            Definition("KOM-1", "Elever i folkeskolen, talt efter bopæl."),
            Definition("SDQ", "Et spørgeskema med 25 udsagn. Tallet går fra 0 til 40 point; lavere tal er bedre."),
        ),
    )
