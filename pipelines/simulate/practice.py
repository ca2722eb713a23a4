"""What do all children of a district share on one track of the ladder: its practice, drawn once and kept.

The municipality's children are drawn in two generations, each with random numbers of its own: those of today, and those who have
grown up since the registers began. A district treats both alike, so what the first one drew holds for the second.
"""

from dataclasses import dataclass

from pipelines.simulate.days import Numbers


@dataclass
class Practice:
    """One track's, filled when the first generation is drawn. One entry per district in both arrays.

    `logits` are what districts' odds of being at risk differ by, `away_factors` their hazards' factors away from ordinary;
    `middle_birth_day` and `intercept` bring the first generation's share of children at risk to what it should be.
    """

    logits: Numbers | None = None
    away_factors: Numbers | None = None
    middle_birth_day: float | None = None
    intercept: float | None = None
