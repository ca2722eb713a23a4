"""What does a figure say to someone who does not see it: form, range and exceptions in at most 60 words, no colours.

Every number comes from the protected table the figure is drawn from; a hidden cell is counted, never told.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipelines.disclosure.table import Cell, CellStatus, ProtectedTable, TableColumn
from pipelines.publish.danish import NBSP, cell_text, number, small_number, word_count
from pipelines.publish.share_series import ShareSeries

MOST_WORDS: Final = 60


def share_panels(
    table: ProtectedTable, *, panel: str, period: str, share: str, panels: Sequence[Any], periods: Sequence[Any]
) -> str:
    """Small multiples: how many, over which period, from where to where each panel goes while words last."""
    column = table.column(share)
    opening = (
        f"{small_number(len(panels)).capitalize()} {_plural(len(panels), 'lille kurve', 'små kurver')}, "
        f"{periods[0]} til {periods[-1]}: {_lower_first(column.title)}."
    )
    pieces = []
    for name in panels:
        rows = [row for row in table.rows if row[table.column_index(panel)].value == name]
        shown = [row for row in rows if row[table.column_index(share)].status is CellStatus.SHOWN]
        if shown:
            pieces.append(f"{name}: {_from_to(shown, table, share=share, period=period, periods=periods)}.")
    return _within_limit([opening, *pieces], _missing(table, share))


def _from_to(rows: Sequence[Any], table: ProtectedTable, *, share: str, period: str, periods: Sequence[Any]) -> str:
    """First and last shown value; the years are named where they are not those of the whole figure."""
    column, when = table.column(share), table.column_index(period)
    told = [cell_text(row[table.column_index(share)], column).removesuffix(f"{NBSP}%") for row in (rows[0], rows[-1])]
    years = [rows[0][when].value, rows[-1][when].value]
    if len(rows) == 1:
        return f"{told[0]}{NBSP}procent i {years[0]}"
    if years == [periods[0], periods[-1]]:
        return f"{told[0]} til {told[1]}{NBSP}procent"
    return f"{told[0]} i {years[0]} til {told[1]}{NBSP}procent i {years[1]}"


def change_rows(
    table: ProtectedTable, *, label: str, change: str, low: str, high: str, expected: str | None, unit: str
) -> str:
    """Dots with intervals: the first row with its interval and what was expected, then how many rows there are."""
    first = table.rows[0]
    cells = {name: first[table.column_index(name)] for name in (label, change, low, high, expected) if name}
    told = {name: cell_text(cell, table.column(name)).replace("\u2212", "minus ") for name, cell in cells.items()}
    opening = f"Prikker med streger for usikkerhed, {_rows(table)}: {_lower_first(table.column(change).title)}."
    main = f"{told[label]}: {told[change]}"
    if cells[change].status is CellStatus.SHOWN:
        main += f"{NBSP}{unit}"
    if cells[low].status is CellStatus.SHOWN and cells[high].status is CellStatus.SHOWN:
        main += f", usikkerhed fra {told[low]} til {told[high]}"
    pieces = [f"{main}."]
    if expected and cells[expected].status is CellStatus.SHOWN:
        pieces.append(f"Ventet uden indsats: {told[expected]}.")
    return _within_limit([opening, *pieces], _missing(table, change))


def move_bars(table: ProtectedTable, *, label: str, down: str, up: str, noun: str) -> str:
    """Bars down and up per row, while words last."""
    columns = table.column(down), table.column(up)
    opening = f"Søjler med antal {noun} ned og op ad trappen, {_rows(table)}."
    pieces = [
        f"{row[table.column_index(label)].value}: {cell_text(row[table.column_index(down)], columns[0])} ned, "
        f"{cell_text(row[table.column_index(up)], columns[1])} op."
        for row in table.rows
    ]
    return _within_limit([opening, *pieces], _missing(table, down, up))


def before_and_after_bars(table: ProtectedTable, *, label: str, before: str, after: str, noun: str) -> str:
    """Two bars per span of points, first and second measurement, while words last."""
    columns = table.column(before), table.column(after)
    opening = f"Søjler med antal {noun} ved første og anden måling, {_rows(table)}."
    pieces = [
        f"{row[table.column_index(label)].value}: {cell_text(row[table.column_index(before)], columns[0])} og "
        f"{cell_text(row[table.column_index(after)], columns[1])}."
        for row in table.rows
    ]
    return _within_limit([opening, *pieces], _missing(table, before, after))


def flow_bars(table: ProtectedTable, *, label: str, count: str, noun: str) -> str:
    """How many reach each step and how many fall away, in the order of the rows."""
    column = table.column(count)
    opening = f"Søjler med antal {noun} fra trin til trin, {_rows(table)}."
    pieces = [
        f"{row[table.column_index(label)].value}: {cell_text(row[table.column_index(count)], column)}."
        for row in table.rows
    ]
    return _within_limit([opening, *pieces], _missing(table, count))


def rate_bars(table: ProtectedTable, *, label: str, rate: str) -> str:
    """One rate per row, while words last."""
    column = table.column(rate)
    opening = f"Søjler, {_rows(table)}: {_lower_first(column.title)}."
    pieces = [
        f"{row[table.column_index(label)].value}: {cell_text(row[table.column_index(rate)], column)}."
        for row in table.rows
    ]
    return _within_limit([opening, *pieces], _missing(table, rate))


def shares_against_expected(table: ProtectedTable, *, label: str, share: str, expected: str) -> str:
    """Each share beside the expected one."""
    columns = table.column(share), table.column(expected)
    opening = f"Søjler med andele af børn, {_rows(table)}, hver med et mærke for det ventede uden indsats."
    pieces = [
        f"{row[table.column_index(label)].value}: {_percent_words(row[table.column_index(share)], columns[0])}, ventet "
        f"{_percent_words(row[table.column_index(expected)], columns[1])}."
        for row in table.rows
    ]
    return _within_limit([opening, *pieces], _missing(table, share, expected))


def _percent_words(cell: Cell, column: TableColumn) -> str:
    return cell_text(cell, column).replace(f"{NBSP}%", f"{NBSP}procent")


def meeting_bars(table: ProtectedTable, *, label: str, planned: str, held: str) -> str:
    """Meetings held of planned per row, while words last."""
    columns = table.column(held), table.column(planned)
    opening = f"Søjler for planlagte og holdte møder, {_rows(table)}."
    pieces = [
        f"{row[table.column_index(label)].value}: {cell_text(row[table.column_index(held)], columns[0])} af "
        f"{cell_text(row[table.column_index(planned)], columns[1])}."
        for row in table.rows
    ]
    return _within_limit([opening, *pieces], _missing(table, held, planned))


def meeting_calendar(
    table: ProtectedTable, *, label: str, expected: str, held: Sequence[str], school_year: str, subject: str, shown: str
) -> str:
    """A calendar of meetings: those rows that lack meetings first, while words last.

    `subject` is the kind of meeting and `shown` says which rows are here, so that two calendars of one report never say the same.
    """
    names = [label, expected, *held]
    rows = [[row[table.column_index(name)].value for name in names] for row in table.rows]
    told = [(str(name), sum(float(part or 0) for part in parts), float(whole or 0)) for name, whole, *parts in rows]
    opening = f"{subject}, kalender for skoleåret {school_year}, {_rows(table)}: et mærke for hvert ventet møde."
    lacking = [f"{name}: {number(count)} af {number(whole)} holdt." for name, count, whole in told if count < whole]
    rest = "Alle andre møder blev holdt." if lacking else "Alle ventede møder blev holdt."
    return _within_limit([f"{opening} {shown}".strip(), *lacking, rest], _missing(table, expected, *held))


def answer_bars(table: ProtectedTable, *, label: str, whole: str, yes: str, noun: str, said: str) -> str:
    """How often it was so in each row, while words last."""
    columns = table.column(yes), table.column(whole)
    opening = f"Søjler over {noun}, {_rows(table)}: {said}."
    pieces = [
        f"{row[table.column_index(label)].value}: {cell_text(row[table.column_index(yes)], columns[0])} af "
        f"{cell_text(row[table.column_index(whole)], columns[1])}."
        for row in table.rows
    ]
    return _within_limit([opening, *pieces], _missing(table, yes, whole))


def distribution_strips(
    table: ProtectedTable, *, label: str, value: str, own: str, strip: str | None, noun: str
) -> str:
    """Where the own municipality lies in each strip; no ranks."""
    column = table.column(value)
    opening = f"En række af prikker, én for hver af de viste {noun}: {_lower_first(column.title)}. {own} er fremhævet."
    pieces = []
    for row in table.rows:
        if row[table.column_index(label)].value == own:
            told = cell_text(row[table.column_index(value)], column).replace(f"{NBSP}%", f"{NBSP}procent")
            where = f"{row[table.column_index(strip)].value}" if strip else own
            pieces.append(f"{where}: {told}.")
    return _within_limit([opening, *pieces], "")


def line_among_municipalities(table: ProtectedTable, *, period: str, own: str, median: str, own_name: str) -> str:
    """From where to where the own line and the middle of all municipalities go."""
    periods = table.values(period)
    opening = f"Kurver fra {periods[0]} til {periods[-1]}: {_lower_first(table.column(own).title)}."
    pieces = [
        f"{name}: {ends}."
        for name, column in ((own_name, own), ("Midten af kommunerne", median))
        if (ends := _ends(table, column))
    ]
    return _within_limit([opening, *pieces], _missing(table, own))


def beside_references(table: ProtectedTable, *, period: str, columns: Sequence[str]) -> str:
    """From where to where each line goes, and over which periods."""
    periods = table.values(period)
    opening = f"Kurver fra {periods[0]} til {periods[-1]}."
    pieces = [f"{table.column(name).title}: {ends}." for name in columns if (ends := _ends(table, name))]
    return _within_limit([opening, *pieces], _missing(table, *columns))


def district_map(table: ProtectedTable, cells: Mapping[str, Cell], *, column: str, period: str) -> str:
    """Each area's share on the map while words last, and that some are hidden."""
    told = table.column(column)
    opening = f"Kort over {small_number(len(cells))} distrikter, {period}: {_lower_first(told.title)}."
    pieces = [f"{name}: {cell_text(cell, told)}." for name, cell in cells.items() if cell.status is CellStatus.SHOWN]
    is_hidden = any(cell.status is not CellStatus.SHOWN for cell in cells.values())
    return _within_limit([opening, *pieces], "Nogle tal er skjult eller mangler." if is_hidden else "")


def funnel_points(shares: ShareSeries, *, size: str) -> str:
    """Each area's share, from the smallest area to the largest while words last."""
    table = shares.table
    area, share = table.column_index(shares.area), table.column_index(shares.share)
    shown = [row for row in table.rows if row[share].status is CellStatus.SHOWN]
    opening = f"Prikker efter {_lower_first(table.column(size).title)}, mellem grænser for tilfældige udsving. Fra mindst til størst:"
    by_size = sorted(shown, key=lambda row: float(row[table.column_index(size)].value or 0))
    pieces = [f"{row[area].value} {cell_text(row[share], table.column(shares.share))}." for row in by_size]
    return _within_limit([opening, *pieces], _missing(table, shares.share))


def flow_between_dates(
    flows: Sequence[tuple[str, str, float, str]],
    *,
    opening: str,
    widest: Mapping[str, str],
    sides: tuple[str, str],
    noun: str,
    is_partly_hidden: bool,
) -> str:
    """The widest shown band of each direction that `widest` has words for; flows: (from, to, count, direction)."""
    pieces = [f"{opening} fra {sides[0]} til {sides[1]}."]
    for direction, said in widest.items():
        own = [flow for flow in flows if flow[3] == direction]
        if own:
            start, end, count, _ = max(own, key=lambda flow: flow[2])
            way = start if direction == "same" else f"fra {_lower_first(start)} til {_lower_first(end)}"
            told = f"{said} {_lower_first(way)}" if direction == "same" else f"{said}: {way}"
            pieces.append(f"{told} ({number(count)}{NBSP}{noun}).")
    if len(pieces) == 1:
        pieces.append("Ingen af strømmene kan vises.")
    return _within_limit(pieces, "Nogle strømme er skjult." if is_partly_hidden else "")


def band_columns(table: ProtectedTable, *, period: str, part: str, share: str, periods: Sequence[Any]) -> str:
    """Columns of parts over time: from what share to what share each part goes."""
    opening = f"Søjler delt i lag, {periods[0]} til {periods[-1]}: {_lower_first(table.column(share).title)}."
    pieces = []
    for name in dict.fromkeys(table.values(part)):
        rows = [row for row in table.rows if row[table.column_index(part)].value == name]
        shown = [row for row in rows if row[table.column_index(share)].status is CellStatus.SHOWN]
        if shown:
            pieces.append(f"{name}: {_from_to(shown, table, share=share, period=period, periods=periods)}.")
    return _within_limit([opening, *pieces], _missing(table, share))


def cumulative_steps(
    table: ProtectedTable, *, group: str, month: str, share: str, low: str, high: str, noun: str
) -> str:
    """Step curves from 0: where each group stands at the last month that can be shown, with its interval."""
    opening = f"Trappekurver: {noun} over tid."
    pieces = []
    for name in dict.fromkeys(table.values(group)):
        rows = [row for row in table.rows if row[table.column_index(group)].value == name]
        shown = [row for row in rows if row[table.column_index(share)].status is CellStatus.SHOWN]
        if not shown:
            continue
        cells = {key: shown[-1][table.column_index(key)] for key in (month, share, low, high)}
        told = {key: cell_text(cell, table.column(key)).replace(f"{NBSP}%", "") for key, cell in cells.items()}
        spread = (
            f", usikkerhed fra {told[low]} til {told[high]}"
            if cells[low].status is CellStatus.SHOWN and cells[high].status is CellStatus.SHOWN
            else ""
        )
        pieces.append(f"{name}: {told[share]}{NBSP}procent efter {told[month]}{spread}.")
    return _within_limit([opening, *pieces], _missing(table, share))


def part_bars(table: ProtectedTable, *, label: str, value: str, whole: str, unit: str) -> str:
    """The whole change, then each part while words last."""
    column = table.column(value)
    told = [
        (str(row[table.column_index(label)].value), cell_text(row[table.column_index(value)], column))
        for row in table.rows
    ]
    opening = f"Søjler til begge sider af nul, {_rows(table)}, hver med en streg for usikkerheden. Tal i {unit}."
    pieces = [f"{name}: {number}." for name, number in sorted(told, key=lambda one: one[0] != whole)]
    return _within_limit([opening, *pieces], _missing(table, value))


def event_points(table: ProtectedTable, *, label: str, value: str, low: str, high: str, unit: str) -> str:
    """Dots by year around a start: the last shown year with its number and what chance could do there."""
    column = table.column(value)
    opening = f"En prik for hvert år før og efter starten: {_lower_first(column.title)}. Bag hver prik, hvad tilfældet kan gøre."
    shown = [row for row in table.rows if row[table.column_index(value)].status is CellStatus.SHOWN]
    pieces = [opening]
    if shown:
        told = {
            name: cell_text(shown[-1][table.column_index(name)], table.column(name)).replace("\u2212", "minus ")
            for name in (label, value, low, high)
        }
        pieces.append(f"{told[label]}: {told[value]}{NBSP}{unit}.")
        if shown[-1][table.column_index(low)].status is CellStatus.SHOWN:
            pieces.append(f"Tilfældet kan give fra {told[low]} til {told[high]}.")
    return _within_limit(pieces, _missing(table, value))


def _ends(table: ProtectedTable, name: str) -> str:
    column = table.column(name)
    shown: list[Cell] = [
        row[table.column_index(name)] for row in table.rows if row[table.column_index(name)].status is CellStatus.SHOWN
    ]
    if not shown:
        return ""
    first, last = (cell_text(cell, column).replace(f"{NBSP}%", "") for cell in (shown[0], shown[-1]))
    unit = "procent" if column.kind == "share" or column.unit == "%" else column.unit
    return f"{first} til {last}{NBSP}{unit}".strip()


def _missing(table: ProtectedTable, *names: str) -> str:
    empty = sum(
        1 for row in table.rows for name in names if row[table.column_index(name)].status is not CellStatus.SHOWN
    )
    return "Nogle tal er skjult eller mangler." if empty else ""


def _within_limit(pieces: Sequence[str], ending: str) -> str:
    """Whole pieces up to 60 words, the opening always; `ending` is kept."""
    said = [pieces[0]]
    for piece in pieces[1:]:
        if word_count(" ".join([*said, piece, ending])) > MOST_WORDS - 4:
            said.append("Resten står i tabellen.")
            break
        said.append(piece)
    return " ".join(filter(None, [*said, ending]))


def _rows(table: ProtectedTable) -> str:
    count = len(table.rows)
    return f"{small_number(count)} {_plural(count, 'række', 'rækker')}" if count <= 12 else "mange rækker"


def _plural(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


def _lower_first(words: str) -> str:
    """ "Andel i almen klasse" as it goes inside a sentence; a name in capitals stays."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]
