"""What the design can carry, in words: each failed gate, each reason a district is not compared, and what keeps the level down."""

from typing import Final

from pipelines.evaluation.design import ClusterFacts, Dimension, NotCompared
from pipelines.measures.comparison_evidence import (
    FEWEST_DISTRICTS_FOR_ROLLOUT,
    FEWEST_YEARS_BEFORE,
    Ceiling,
    ComparisonEvidence,
    ComparisonGate,
)
from pipelines.publish.danish import joined, small_number

OTHER_CHILDREN: Final = "Modellerne måler ikke de samme børn"

GATES: Final = {
    ComparisonGate.DETECTION: "Andelen af målte børn er for forskellig.",
    ComparisonGate.BASELINE: "Børnene lå for langt fra hinanden ved første måling.",
    ComparisonGate.FOLLOW_UP_SHARE: "For mange børn er ikke målt igen.",
    ComparisonGate.SAME_INFORMANT_SHARE: "For mange børn er målt af en anden slags udfylder anden gang.",
}
CEILINGS: Final = {
    Ceiling.NO_CHILDREN: "Ingen børn i perioden er målt to gange.",
    Ceiling.NO_COMPARISON: "Der er ingen børn under den ene model, som kan sammenlignes med børnene under den anden.",
    Ceiling.ONE_DISTRICT_IN_AN_ARM: (
        "Under den ene model er der kun ét distrikt at sammenligne. Modellen kan ikke skilles fra distriktet."
    ),
    Ceiling.NO_STAGGERED_ROLLOUT: "Distrikterne følges ikke før og efter hver sin start.",
    Ceiling.FEW_DISTRICTS: f"Der er færre end {small_number(FEWEST_DISTRICTS_FOR_ROLLOUT)} distrikter.",
    Ceiling.FEW_YEARS_BEFORE: f"Der er færre end {small_number(FEWEST_YEARS_BEFORE)} år med tal før starten.",
    Ceiling.UNLIKE_BEFORE: "Det er ikke vist, at distrikterne udviklede sig ens før starten.",
    Ceiling.BEFORE_TOO_IMPRECISE: "Årene før starten er målt for groft til at vise, om distrikterne allerede var på vej hver sin vej.",
    Ceiling.COMPOSITION_CHANGED: "Det er ikke vist, at de samme slags børn blev målt før og efter starten.",
    Ceiling.CHOSEN_BY_NEED: "De første distrikter er valgt efter behov, eller deres børn lå anderledes allerede før starten.",
    Ceiling.NO_LOTTERY: "Der er ikke trukket lod om, hvilke distrikter der begyndte.",
}
DIMENSIONS: Final = {
    Dimension.AGE: "alder",
    Dimension.INFORMANT: "hvem der udfylder",
    Dimension.RUNG: "trin på indsatstrappen",
}


_OF_OTHER_CHILDREN: Final = (ComparisonGate.DETECTION, ComparisonGate.BASELINE)


def gate_sentences(evidence: ComparisonEvidence) -> tuple[str, ...]:
    """One sentence for each failed gate; before the first that tells of other children, that they are."""
    of_others = next((gate for gate in evidence.failed_gates if gate in _OF_OTHER_CHILDREN), None)
    return tuple(
        f"{OTHER_CHILDREN}: {GATES[gate]}" if gate is of_others else GATES[gate] for gate in evidence.failed_gates
    )


def ceiling_sentences(evidence: ComparisonEvidence) -> tuple[str, ...]:
    """One sentence for each thing that keeps the design from a higher level."""
    return tuple(CEILINGS[ceiling] for ceiling in evidence.ceilings)


def level_reason(evidence: ComparisonEvidence) -> str:
    """Why the level is not higher, in one or two sentences: from where it was lowered and by what, else what the design lacks."""
    if not evidence.failed_gates:
        return ceiling_sentences(evidence)[0] if evidence.ceilings else ""
    lowered = f"Niveauet er sat ned fra {int(evidence.designed_level)} til {int(evidence.level)}."
    return f"{lowered} {gate_sentences(evidence)[0]}"


def level_name(evidence: ComparisonEvidence) -> str:
    """What stands beside the level scale; empty for the level's own name.

    A lowered comparison is not named after its level: it has not become a change before and after.
    """
    if not evidence.is_rateable:
        return "kan ikke vurderes"
    if evidence.level < evidence.designed_level:
        return f"sat ned fra {int(evidence.designed_level)}"
    return ""


def level_words(evidence: ComparisonEvidence) -> str:
    """The level by name, or from where it was lowered, or that it cannot be rated."""
    name = level_name(evidence)
    if not evidence.is_rateable:
        return name
    level = f"niveau {int(evidence.level)} af 5"
    return f"{level}, {name}" if name else f"{level}: {evidence.level.danish_name}"


MOST_WITHOUT_A_REASON: Final = 5
"""Children measured twice: of a district with so many or fewer, the words leave open whether they are too few or unlike others.

"Too few" alone would tell that they are 0-4; so it is 0-5, and a count of few children stays one of six values.
"""


def has_few(cluster: ClusterFacts) -> bool:
    """Whether `not_compared_words` says of a district that few children, or none like them, are there."""
    by_children = (NotCompared.TOO_FEW_CHILDREN, NotCompared.NO_COUNTERPART)
    return cluster.not_compared in by_children and cluster.followed <= MOST_WITHOUT_A_REASON


def not_compared_words(cluster: ClusterFacts) -> str:
    """Why a district is described, not compared; empty for one that is compared."""
    if has_few(cluster):
        return "For få børn er målt to gange, eller de har for få lignende under den anden model."
    match cluster.not_compared:
        case NotCompared.NO_COUNTERPART:
            unlike = joined([DIMENSIONS[one] for one in cluster.unlike])
            return f"Børnene har for få lignende under den anden model ({unlike})."
        case NotCompared.CHANGED_MODEL:
            return "Distriktet skiftede model i perioden."
        case _:
            return ""
