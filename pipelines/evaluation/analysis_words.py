"""What the analysis answers, in words that its design carries, and what it could not do of what was planned."""

from typing import Final

from pipelines.evaluation.analysis import Answer, Evaluation, Method, NotShown
from pipelines.evaluation.plan import AnalysisPlan
from pipelines.evaluation.plan_words import COVARIATES
from pipelines.evaluation.register_outcomes import NotTold
from pipelines.publish.danish import number

METHODS: Final = {
    Method.ADJUSTED: "Børn gjort ens på det, der er målt",
    Method.PERMUTATION: "Alle måder at vælge distrikter på",
    Method.DISTRICT_MEANS: "Hvert distrikt som ét tal",
    Method.LOSS_WEIGHTED: "Vejet for børn, der ikke er målt igen",
    Method.IMPUTED: "Manglende målinger gættet mange gange",
    Method.WILD_BOOTSTRAP: "Distrikternes udsving vendt på alle måder",
    Method.OVERLAP_WEIGHTED: "Kun børn, der findes under begge modeller",
    Method.DOUBLY_ROBUST: "Sikret på to måder",
}
NOT_SHOWN: Final = {
    NotShown.FEW_DISTRICTS: "Kræver mindst otte distrikter.",
    NotShown.FEW_IN_AN_ARM: "Kræver mindst tre distrikter under hver model.",
    NotShown.NOBODY_LOST: "Alle børn er målt igen.",
    NotShown.ARMS_DO_NOT_OVERLAP: "Ingen børn kunne være under begge modeller.",
    NotShown.NOT_COMPUTABLE: "Kan ikke regnes ud.",
}
NOT_TOLD: Final = {
    NotTold.NO_COMPARISON: "modellerne ikke kan skilles fra distrikterne",
    NotTold.NOT_DELIVERED: "tallene mangler",
    NotTold.CHANGED_MODEL: "et af distrikterne ikke havde samme model i hele perioden",
    NotTold.TOO_LITTLE_TIME: "et af distrikterne har for få børn eller henvendelser",
    NotTold.TOO_FEW_EVENTS: "det er sket for få gange under en af modellerne",
    NotTold.NOT_FOLLOWED: "et af distrikterne ikke er fulgt længe nok",
    NotTold.NOT_COMPUTABLE: "det ikke kan regnes ud",
}
"""Why a planned outcome is not compared, as it stands after "fordi"."""


def answer_sentence(evaluation: Evaluation, plan: AnalysisPlan) -> str:
    """The plan's question answered in one sentence, with the difference that could have been seen where nothing is decided."""
    relevant = number(plan.limits.smallest_relevant_points, 1)
    detectable = evaluation.leading.detectable_by_plan if evaluation.leading else None
    match evaluation.answer:
        case Answer.NOT_RATEABLE:
            return "Det kan ikke vurderes, for modellerne kan ikke skilles fra distrikterne."
        case Answer.UNDECIDED if detectable is None:
            return "Det kan ikke afgøres, for der er for få distrikter."
        case Answer.UNDECIDED:
            return f"Det kan ikke afgøres: Distrikterne kan først vise en forskel, når den er på {number(detectable, 1)} point."
        case Answer.NO_RELEVANT_DIFFERENCE:
            return f"Forskellen er mindre end de {relevant} point, der betyder noget."
        case Answer.TREATED_BETTER:
            return "Der er færre vanskeligheder, hvor modellen er, end hvor den ikke er; andet kan være årsagen."
        case Answer.COMPARISON_BETTER:
            return "Der er flere vanskeligheder, hvor modellen er, end hvor den ikke er; andet kan være årsagen."


def analysis_departures(evaluation: Evaluation) -> tuple[str, ...]:
    """One sentence for each outcome that was planned and could not be compared, with the reason."""
    return tuple(
        f"Planlagt, men ikke sammenlignet, fordi {NOT_TOLD[one.not_told]}: {one.outcome.title}."
        for one in evaluation.secondaries
        if one.not_told
    )


def covariate_notes(evaluation: Evaluation) -> tuple[str, ...]:
    """One sentence for each thing that the children were to be made alike in and that told nothing; no choice of anybody's."""
    return tuple(
        f"Børnene skulle gøres ens på {COVARIATES[name]}, men det er ens for alle eller følger af det andet."
        for name in evaluation.dropped_covariates
    )
