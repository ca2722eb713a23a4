"""What happened after districts began, in words that the rollout carries, and what it lacks."""

from typing import Final

from pipelines.evaluation.design_words import CEILINGS
from pipelines.evaluation.plan import AnalysisPlan
from pipelines.evaluation.rollout import Followed, NoRollout, Rollout
from pipelines.evaluation.rollout_panel import Composition
from pipelines.measures.comparison_evidence import LARGEST_P_VALUE, Ceiling, ComparisonEvidence
from pipelines.measures.evidence import EvidenceLevel
from pipelines.publish.danish import number, small_number

NOT_FOLLOWED: Final = {
    NoRollout.NOT_PLANNED: "Planen følger ikke distrikterne før og efter hver sin start.",
    NoRollout.NOBODY_BEGAN: "Ingen distrikter med tal for alle årene er begyndt i de år, planen ser på.",
    NoRollout.ALL_AT_ONCE: "Modellen er ikke indført trinvist: Alle distrikter med tal for alle årene begyndte i samme skoleår.",
}
COMPOSITIONS: Final = {
    Composition.AGE: "Alder (år)",
    Composition.BOYS: "Drenge (af 100 børn)",
    Composition.FIRST_SCORE: "Første SDQ i alt (point)",
    Composition.MEASURED: "Målte (af 100 børn i distriktet)",
}

_SHORT: Final = {
    Ceiling.NO_STAGGERED_ROLLOUT: "distrikterne begyndte ikke trinvist",
    Ceiling.FEW_DISTRICTS: "der er for få distrikter",
    Ceiling.FEW_YEARS_BEFORE: "der er for få år med tal før starten",
    Ceiling.UNLIKE_BEFORE: "det er ikke vist, at distrikterne udviklede sig ens før starten",
    Ceiling.BEFORE_TOO_IMPRECISE: "årene før starten er målt for groft",
    Ceiling.COMPOSITION_CHANGED: "det er ikke vist, at de samme slags børn blev målt",
    Ceiling.CHOSEN_BY_NEED: "de første distrikter ligner ikke de andre",
}


def rollout_answer(rollout: Rollout, *, evidence: ComparisonEvidence, kept: tuple[Ceiling, ...]) -> str:
    """One sentence. A direction is said only from level 4, when chance would seldom give as much and the interval leaves out 0."""
    if rollout.followed is None:
        return NOT_FOLLOWED[rollout.missing] if rollout.missing else ""
    if kept:
        return f"Det kan ikke afgøres, for {_SHORT[kept[0]]}."
    is_lower = _direction(rollout.followed) if evidence.level >= EvidenceLevel.STEPWISE_ROLLOUT else None
    if is_lower is None:
        return "Det kan ikke afgøres, for forskellen er ikke større, end tilfældet kan gøre den."
    fewer = "færre" if is_lower else "flere"
    return f"Der er {fewer} vanskeligheder efter starten end i de distrikter, der ventede; andet kan være årsagen."


def _direction(followed: Followed) -> bool | None:
    """Whether it lies below 0; None where chance alone could have done it."""
    test, estimate = followed.study.test, followed.collapse
    if test is None or test.p_value > LARGEST_P_VALUE or estimate.low is None or estimate.high is None:
        return None
    return None if estimate.low <= 0 <= estimate.high else estimate.high < 0


def chance_sentence(followed: Followed) -> str:
    """What the most unusual way to hand the starts round could show at all: a fact of the design."""
    test = followed.study.test
    if test is None:
        return "Starten kan deles ud på for mange måder til at prøve dem alle."
    often = number(100 * test.smallest_p_value, 1)
    return (
        f"Startårene kan deles ud mellem distrikterne på {number(test.choice_count)} måder. "
        f"Det mest usædvanlige udfald kommer ved et tilfælde i {often} af 100 tilfælde."
    )


def before_sentence(followed: Followed, plan: AnalysisPlan) -> str:
    """How large an unseen trend could be, against what would matter."""
    detectable = followed.trend.detectable if followed.trend else None
    if detectable is None:
        return "Det vides ikke, hvor stor en skævhed før starten tallene kunne have vist."
    relevant = number(plan.limits.smallest_relevant_points, 1)
    return (
        f"Før starten kunne distrikterne være på vej hver sin vej, uden at det var set. "
        f"Det kan alene gøre {number(detectable, 1)} point; {relevant} point betyder noget."
    )


def kept_sentences(kept: tuple[Ceiling, ...]) -> tuple[str, ...]:
    """One sentence for each thing that keeps the rollout from level 4."""
    return tuple(CEILINGS[one] for one in kept)


def year_words(since: int) -> str:
    """The year counted from the start, as a short heading."""
    if since >= 0:
        return f"{since + 1}. år"
    return "året før" if since == -1 else f"{-since} år før"


def left_out_sentence(rollout: Rollout) -> str:
    """How many districts are not followed, and why; empty when all are."""
    told = []
    if rollout.left_out_count:
        told.append(
            f"{_districts(rollout.left_out_count)} mangler tal for et skoleår eller havde modellen fra begyndelsen."
        )
    if rollout.stopped_count:
        told.append(f"{_districts(rollout.stopped_count)} er holdt op med modellen igen.")
    return " ".join(told)


def _districts(count: int) -> str:
    return "Ét distrikt" if count == 1 else f"{small_number(count).capitalize()} distrikter"
