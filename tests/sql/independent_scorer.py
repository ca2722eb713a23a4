"""A second road to every SDQ score, written from the published rules and not from our SQL: exact fractions, one form at a time.

Rules: "Scoring the SDQ for age 4-17" (2014) and the syntaxes of sdqinfo.org (c1 SPSS, c2 SAS, c3 Stata); items by number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

SHORT_NAMES = {
    1: "consid", 2: "restles", 3: "somatic", 4: "shares", 5: "tantrum",
    6: "loner", 7: "obeys", 8: "worries", 9: "caring", 10: "fidgety",
    11: "friend", 12: "fights", 13: "unhappy", 14: "popular", 15: "distrac",
    16: "clingy", 17: "kind", 18: "lies", 19: "bullied", 20: "helpout",
    21: "reflect", 22: "steals", 23: "oldbest", 24: "afraid", 25: "attends",
    26: "ebddiff", 28: "distres", 29: "imphome", 30: "impfrie", 31: "impclas", 32: "impleis",
}  # fmt: skip
"""The official short names; 27 (duration) and 33 (burden) are asked but not scored."""

NUMBERS_OF_SCALE = {
    "emotional": (3, 8, 13, 16, 24),
    "conduct": (5, 7, 12, 18, 22),
    "hyper": (2, 10, 15, 21, 25),
    "peer": (6, 11, 14, 19, 23),
    "prosocial": (1, 4, 9, 17, 20),
}
TURNED_NUMBERS = (7, 11, 14, 21, 25)
DIFFICULTIES, DISTRESS, HOME, FRIENDSHIPS, CLASSROOM, LEISURE = 26, 28, 29, 30, 31, 32
IMPACT_NUMBERS = {
    "parent": (DISTRESS, HOME, FRIENDSHIPS, CLASSROOM, LEISURE),
    "self": (DISTRESS, HOME, FRIENDSHIPS, CLASSROOM, LEISURE),
    "teacher": (DISTRESS, FRIENDSHIPS, CLASSROOM),
}
IMPACT_POINTS = {0: 0, 1: 0, 2: 1, 3: 2}
FEWEST_ANSWERS = 3

Answers = Mapping[int, int | None]


@dataclass(frozen=True)
class Score:
    """What one form gives; names are those of core.fct_sdq_scored_form, None is a score that cannot be made."""

    emotional_points: int | None
    conduct_points: int | None
    hyper_points: int | None
    peer_points: int | None
    prosocial_points: int | None
    total_points: int | None
    internalising_points: int | None
    externalising_points: int | None
    impact_points: int | None
    missing_items_count: int
    emotional_missing_count: int
    conduct_missing_count: int
    hyper_missing_count: int
    peer_missing_count: int
    prosocial_missing_count: int
    impact_missing_count: int
    has_impact_after_no: bool


def score(answers: Answers, *, informant: str) -> Score:
    """The scores of one form: item number to answer, 0-2 for items 1-25 and 0-3 for 26-32, None or absent = not answered."""
    scales = {name: scale_points(answers, name) for name in NUMBERS_OF_SCALE}
    missing = {
        f"{name}_missing_count": len(numbers) - len(answered(answers, numbers))
        for name, numbers in NUMBERS_OF_SCALE.items()
    }
    asked = IMPACT_NUMBERS[informant]
    says_no = answers.get(DIFFICULTIES) == 0
    return Score(
        **{f"{name}_points": points for name, points in scales.items()},
        total_points=added(scales[name] for name in ("emotional", "conduct", "hyper", "peer")),
        internalising_points=added(scales[name] for name in ("emotional", "peer")),
        externalising_points=added(scales[name] for name in ("conduct", "hyper")),
        impact_points=impact_points(answers, informant=informant),
        missing_items_count=sum(missing.values()),
        **missing,
        impact_missing_count=0 if says_no else len(asked) - len(answered(answers, asked)),
        has_impact_after_no=says_no and bool(answered(answers, asked)),
    )


def scale_points(answers: Answers, scale: str) -> int | None:
    """0-10: the mean of the answered items times five, half up; None with fewer than three answers."""
    given = [
        2 - answer if number in TURNED_NUMBERS else answer
        for number, answer in answered(answers, NUMBERS_OF_SCALE[scale]).items()
    ]
    if len(given) < FEWEST_ANSWERS:
        return None
    whole, rest = divmod(Fraction(5 * sum(given), len(given)), 1)
    return int(whole) + (1 if rest >= Fraction(1, 2) else 0)


def impact_points(answers: Answers, *, informant: str) -> int | None:
    """0-10, teacher 0-6: 0 after a "no"; else the recoded answers, unanswered ones 0; None without any."""
    if answers.get(DIFFICULTIES) == 0:
        return 0
    given = answered(answers, IMPACT_NUMBERS[informant])
    return sum(IMPACT_POINTS[answer] for answer in given.values()) if given else None


def answered(answers: Answers, numbers: tuple[int, ...]) -> dict[int, int]:
    """Those of the items that have an answer."""
    return {number: answer for number in numbers if (answer := answers.get(number)) is not None}


def added(parts: Iterable[int | None]) -> int | None:
    """The sum, None when a part is."""
    total = 0
    for part in parts:
        if part is None:
            return None
        total += part
    return total
