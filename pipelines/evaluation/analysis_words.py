"""What the analysis answers, in words that its design carries, and what it could not do of what was planned."""

from typing import Final

from pipelines.codes import load_code_table
from pipelines.evaluation.analysis import Answer, Evaluation, Leading, Method, NotShown
from pipelines.evaluation.plan import AnalysisPlan
from pipelines.evaluation.plan_words import COVARIATES
from pipelines.evaluation.register_outcomes import NotTold
from pipelines.measures.comparison_evidence import LARGEST_P_VALUE, Ceiling, ComparisonEvidence, ComparisonGate
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
    NotTold.NO_COMPARISON: "modellerne ikke kan sammenlignes",
    NotTold.NOT_DELIVERED: "tallene mangler",
    NotTold.CHANGED_MODEL: "et af distrikterne ikke havde samme model i hele perioden",
    NotTold.TOO_LITTLE_TIME: "et af distrikterne har for få børn eller henvendelser",
    NotTold.TOO_FEW_EVENTS: "det er sket for få gange under en af modellerne",
    NotTold.NOT_FOLLOWED: "et af distrikterne ikke er fulgt længe nok",
    NotTold.NOT_COMPUTABLE: "det ikke kan regnes ud",
}
"""Why a planned outcome is not compared, as it stands after "fordi"."""


_NOT_RATEABLE: Final = {
    Ceiling.NO_CHILDREN: "ingen børn i perioden er målt to gange",
    Ceiling.NO_COMPARISON: "ingen børn under den ene model kan holdes op mod den andens",
    Ceiling.ONE_DISTRICT_IN_AN_ARM: "der kun er ét distrikt at sammenligne under den ene model",
}
_GATES: Final = {
    ComparisonGate.DETECTION: "modellerne ikke måler de samme børn",
    ComparisonGate.BASELINE: "modellerne ikke måler de samme børn",
    ComparisonGate.FOLLOW_UP_SHARE: "for mange børn ikke er målt igen",
    ComparisonGate.SAME_INFORMANT_SHARE: "for mange børn er målt af en anden slags udfylder anden gang",
}
"""Both as they stand after "fordi"."""


def answer_sentence(evaluation: Evaluation, plan: AnalysisPlan, evidence: ComparisonEvidence) -> str:
    """The plan's question answered in one sentence, with the difference that could have been seen where nothing is decided."""
    relevant = plan.limits.smallest_relevant_points
    models = load_code_table("models").titles()
    treated, comparison = models[plan.arms.treated], models[plan.arms.comparison]
    match evaluation.answer:
        case Answer.NOT_RATEABLE:
            return f"Det kan ikke vurderes, fordi {_NOT_RATEABLE[evidence.ceilings[0]]}."
        case Answer.UNDECIDED:
            return f"Det kan ikke afgøres{_undecided(evaluation.leading, evidence, relevant=relevant)}"
        case Answer.NO_RELEVANT_DIFFERENCE:
            return f"Forskellen er mindre end de {number(relevant, 1)} point, der betyder noget."
        case Answer.TREATED_BETTER:
            return f"Der er færre vanskeligheder med {treated} end med {comparison}; andet kan være årsagen."
        case Answer.COMPARISON_BETTER:
            return f"Der er flere vanskeligheder med {treated} end med {comparison}; andet kan være årsagen."


def _undecided(leading: Leading | None, evidence: ComparisonEvidence, *, relevant: float) -> str:
    """The rest of the sentence: what keeps it undecided, as the answer is made.

    Too few districts come first: no difference, however large, is told of them. A failed gate is the reason only where the numbers
    alone would have told something.
    """
    if leading is None or leading.detectable_by_plan is None:
        return ", for der er for få distrikter."
    detectable = number(leading.detectable_by_plan, 1)
    if leading.smallest_p_value > LARGEST_P_VALUE:
        return f": Distrikterne er for få, og en forskel på under {detectable} point kan de næppe vise."
    if evidence.failed_gates and _would_tell(leading, relevant=relevant):
        return f", fordi {_GATES[evidence.failed_gates[0]]}."
    return f": Distrikterne kan først ventes at vise en forskel, når den er på {detectable} point."


def _would_tell(leading: Leading, *, relevant: float) -> bool:
    """Whether the interval leaves out 0 or everything relevant."""
    low, high = leading.difference.difference.estimate.low, leading.difference.difference.estimate.high
    if low is None or high is None:
        return False
    return not low <= 0 <= high or (-relevant < low and high < relevant)


def analysis_departures(evaluation: Evaluation) -> tuple[str, ...]:
    """One sentence for each outcome that was planned and could not be compared, with the reason; one in all where none could."""
    if evaluation.answer is Answer.NOT_RATEABLE and evaluation.secondaries:
        return ("Ingen af planens andre resultater er sammenlignet, for modellerne kan ikke sammenlignes.",)
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
