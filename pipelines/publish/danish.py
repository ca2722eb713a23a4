"""How do numbers, dates and words look in a Danish report, and how hard is the text to read?

Pure functions from plain values to text. Numbers are rounded half up (2,5 becomes 3, as a Danish reader expects; Python
and Babel round half to even). A no-break space keeps a number with its unit and a day with its month.
"""

import datetime
import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

from babel.dates import format_date
from babel.numbers import format_decimal

from pipelines.disclosure.table import EMPTY_CELL_TEXT, Cell, CellStatus, TableColumn
from pipelines.measures.evidence import EvidenceLevel

NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"

LEVEL_NAMES: Final[Mapping[int, str]] = {int(level): level.danish_name for level in EvidenceLevel}
HIGHEST_LEVEL: Final = max(LEVEL_NAMES)

# Percent is a poor word for fewer children than this: "6 af 21 børn" says more than 28,6 percent.
LEAST_CHILDREN_FOR_PERCENT: Final = 50
# One decimal of a percent is false precision below this many children.
LEAST_CHILDREN_FOR_DECIMALS: Final = 100

_NUMBER_WORDS: Final = ("nul", "én", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni", "ti", "elleve", "tolv")

Number = float | int | Decimal


def rounded(value: Number, decimals: int = 0) -> Decimal:
    """`value` rounded half up to `decimals`; never minus zero."""
    result = _exact(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return abs(result) if result == 0 else result


@lru_cache(maxsize=8192)  # a table's cells are formatted for the page, the PDF and the gates
def number(value: Number, decimals: int = 0) -> str:
    """Decimal comma, point between thousands, U+2212 as minus: `number(-1234.56, 1)` is "−1.234,6"."""
    result = rounded(value, decimals)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    text: str = format_decimal(abs(result), format=pattern, locale="da", decimal_quantization=False)
    return MINUS + text if result < 0 else text


def counted(count: Number, noun: str) -> str:
    """A count with its noun, kept on one line: "2.923 elever"."""
    return f"{number(count)}{NBSP}{noun}"


def percent_sign(share: Number, decimals: int = 1) -> str:
    """A share (0-1) for figures and tables: "94,6 %"."""
    return f"{_hundred_times(share, decimals)}{NBSP}%"


def percent_words(share: Number, decimals: int = 1) -> str:
    """A share (0-1) for running text: "94,6 procent"."""
    return f"{_hundred_times(share, decimals)}{NBSP}procent"


def percentage_points(difference: Number, decimals: int = 1) -> str:
    """A difference between two shares (0-1) without its sign, whose direction belongs in words: "1,2 procentpoint"."""
    return f"{_hundred_times(_exact(difference).copy_abs(), decimals)}{NBSP}procentpoint"


def count_and_share(part: int, whole: int, noun: str) -> str:
    """ "158 af 2.923 elever (5,4 procent)"; without percent below 50, without decimals below 100. `whole` must be > 0."""
    said = f"{number(part)} af {counted(whole, noun)}"
    if whole < LEAST_CHILDREN_FOR_PERCENT:
        return said
    decimals = 1 if whole >= LEAST_CHILDREN_FOR_DECIMALS else 0
    return f"{said} ({percent_words(Decimal(part) / Decimal(whole), decimals)})"


def interval(low: Number, high: Number, decimals: int = 0) -> str:
    """ "19-31" when both ends are positive, otherwise "−2,9 til 1,3"."""
    between = "-" if min(low, high) >= 0 else " til "
    return f"{number(low, decimals)}{between}{number(high, decimals)}"


def signed_words(value: Number, decimals: int = 0, *, less: str = "lavere", more: str = "højere") -> str:
    """A difference whose sign is a word: "2,9 lavere"; what rounds to nothing has no direction: "0,0"."""
    if rounded(value, decimals) == 0:
        return number(0, decimals)
    return f"{number(_exact(value).copy_abs(), decimals)}{NBSP}{less if value < 0 else more}"


def small_number(value: int) -> str:
    """Words for small plain numbers ("fem distrikter"), digits from 13; *én* carries its accent."""
    return _NUMBER_WORDS[value] if 0 <= value < len(_NUMBER_WORDS) else number(value)


def text_date(date: datetime.date) -> str:
    """ "9. november 2026", with the day kept to its month."""
    return format_date(date, "d. MMMM y", locale="da").replace(". ", f".{NBSP}", 1)


def head_date(date: datetime.date) -> str:
    """ "09-11-2026", for the head of a note."""
    return format_date(date, "dd-MM-y", locale="da")


def month_and_year(date: datetime.date) -> str:
    """ "november 2026"."""
    return format_date(date, "MMMM y", locale="da")


def stock_date(date: datetime.date) -> str:
    """ "pr. 30. september 2026", for a count on one day."""
    return f"pr.{NBSP}{text_date(date)}"


def school_year(first_year: int) -> str:
    """ "2026/27" for the school year that begins in `first_year`."""
    return f"{first_year}/{(first_year + 1) % 100:02d}"


def joined(words: Sequence[str]) -> str:
    """ "Birkelund, Fjordby og Åvang"; empty for no words."""
    return words[0] if len(words) == 1 else " og ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def cell_text(cell: Cell, column: TableColumn) -> str:
    """What a reader sees in a table cell: the rounded value, or in brackets why there is none."""
    if cell.status is not CellStatus.SHOWN or cell.value is None:
        return EMPTY_CELL_TEXT[cell.status]
    if isinstance(cell.value, str):
        return cell.value
    if column.kind == "label":
        return str(cell.value)
    if column.kind == "share":
        return percent_sign(cell.value, column.decimals)
    shown = number(cell.value, column.decimals)
    return f"{shown}{NBSP}%" if column.unit == "%" else shown


def lix(text: str) -> float:
    """Readability: words per sentence + percent of words over six letters. 35-44 is newspaper; 0 for no words.

    Source: Björnsson (1968), *Läsbarhet*. A number counts as a word; a decimal comma or an ordinal's point ends no sentence.
    """
    words = re.findall(r"[^\W_]+(?:[.,/-][^\W_]+)*", text)
    if not words:
        return 0.0
    long_words = sum(1 for word in words if len(re.sub(r"[^a-zæøåéA-ZÆØÅÉ]", "", word)) > 6)
    return len(words) / len(sentences(text)) + 100 * long_words / len(words)


def sentences(text: str) -> list[str]:
    """The sentences of `text`: parted at . ! ? : before a space and a capital (or the end), and at line breaks."""
    parts = re.split(r"(?<=[.!?:])\s+(?=[A-ZÆØÅ])|\n+", text.strip())
    return [part for part in parts if re.search(r"\w", part)]


def word_count(text: str) -> int:
    """Words of running text, numbers included."""
    return len(re.findall(r"[^\W_]+(?:[.,/-][^\W_]+)*", text))


# What to avoid, and what to write instead; searched without regard to case.
_AVOID: Final[Mapping[str, str]] = {
    r"signifikan\w*": "usikkerheden i parentes",
    r"p-værdi\w*": "usikkerheden i parentes",
    r"evidens\w*": "det ved vi / det ved vi ikke",
    r"konfidensinterval\w*": "usikkerhed",
    r"baseline": "første måling",
    r"follow-?up": "anden måling",
    r"(?:[a-zæøå]+-)?score[ns]?": "tal",
    r"segregerede? elev\w*": "elev uden for almen klasse",
    r"tunge børn": "børn",
    r"sager": "børn",
    r"observationer": "af 214 børn",
    r"n\s?=\s?\d+": "af 214 børn",
    r"informant\w*": "den, der har svaret",
    r"frafald\w*": "børn uden anden måling",
    r"outlier\w*": "skiller sig ud",
    r"population\w*": "alle børn i ...",
    r"positiv udvikling": "retningen og tallet",
    r"desværre": "retningen og tallet",
    r"markant\w*": "retningen og tallet",
    r"i forhold til": "om, end",
    r"med henblik på": "for at",
    r"vedrørende": "om",
    r"foretage[rst]?": "selve verbet",
    r"afholdelse\w*": "blev holdt",
    r"pct\.?": "procent",
    r"under 5": "[skjult] eller færre end 5",
    # A difference in kroner is what was spent here and there, never what would have been spent otherwise.
    r"bespar\w*": "hvad der blev brugt",
    r"spar(?:e[rt]?|ede)": "hvad der blev brugt",
    r"gevinst\w*": "hvad der blev brugt",
}

# Words that claim a cause. *Effekt* waits for a drawn lot (level 5); a fixed name such as effektmål may stand.
_CAUSAL: Final[Mapping[str, str]] = {
    r"effekt(?:en|er|erne)?": "hænger sammen med",
    r"virker": "hænger sammen med",
    r"fører til": "hænger sammen med",
    r"(?<!kan )(?<!kan derfor )(?<!kan også )skyldes": "kan skyldes",
    r"takket være": "hænger sammen med",
    r"beviser": "har sandsynligvis bidraget",
    r"modellen giver": "ligger lavere",
}

_NEVER_AT_LEVEL: Final[Mapping[int, Mapping[str, str]]] = {
    0: {r"bedre": "tallet", r"dårligere": "tallet", r"klarer sig": "tallet", r"placering": "tallet"},
    1: {r"sænkede": "lavere ved anden måling"},
    2: {},
    3: {r"(?<!eller )ingen forskel": "det kan ikke afgøres"},
    4: {r"gælder i andre kommuner": "her i kommunen"},
    5: {r"gælder andre modeller": "her i kommunen"},
}


def words_to_avoid(text: str) -> list[str]:
    """Each word in `text` that no report may hold, with what to write instead: `"signifikant" (skriv: …)`."""
    return _found(text, _AVOID)


def claims_beyond_level(text: str, level: int) -> list[str]:
    """Each word in `text` that claims more than evidence `level` (0-5) allows. For answers and titles, not questions."""
    forbidden = dict(_NEVER_AT_LEVEL[level])
    if level < HIGHEST_LEVEL:
        forbidden |= _CAUSAL
    return _found(text, forbidden)


def _found(text: str, patterns: Mapping[str, str]) -> list[str]:
    plain = text.replace(NBSP, " ")
    return [
        f"»{match.group(0)}« (skriv: {better})"
        for pattern, better in patterns.items()
        for match in re.finditer(rf"(?<![\w-]){pattern}(?![\w])", plain, flags=re.IGNORECASE)
    ]


def _exact(value: Number) -> Decimal:
    """The decimal a reader would write for `value`: through repr, so that 0.945 is 0.945 and not a hair less."""
    return value if isinstance(value, Decimal) else Decimal(repr(float(value)))


def _hundred_times(share: Number, decimals: int) -> str:
    return number(100 * _exact(share), decimals)
