"""What does the plan say, in words; was it followed; and was it made before the numbers were seen?"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from pipelines.codes import load_code_table
from pipelines.disclosure.rule import DisclosureRule
from pipelines.evaluation.outcomes import OUTCOMES
from pipelines.evaluation.plan import AnalysisPlan
from pipelines.evaluation.plan_lock import PlanLock, Seen
from pipelines.publish.danish import head_date, joined, number, text_date

CHOSEN_BEFORE: Final = "Metoden blev valgt, før vi så tallene"
"""Said only of a plan that was locked while no follow-up form had come, and that the analysis followed."""

COVARIATES: Final = {
    "first_score": "første måling",
    "age": "alder",
    "sex": "køn",
    "informant": "hvem der udfylder",
    "months_between": "måneder mellem målingerne",
    "social_rung": "trin på indsatstrappen",
}
_COUNTED_BY: Final = {
    "institution": "institutionens egen model, hvor den har en, ellers distriktets",
    "district": "distriktets model",
}
_ORDERS: Final = {
    "by_lot": "ved lodtrækning",
    "by_need": "efter, hvor behovet var størst",
    "practical": "efter, hvad der var praktisk",
    "unknown": "på en måde, planen ikke kender",
}


def _strata(strata: Mapping[str, str]) -> str:
    """Every group with its clusters: "by (D1 og D2)"; nothing chosen apart where there are none."""
    groups = {
        name: sorted(code for code, own in strata.items() if own == name) for name in sorted(set(strata.values()))
    }
    return joined([f"{name} ({joined(codes)})" for name, codes in groups.items()]) or "alle distrikter under ét"


def _model(code: str) -> str:
    return load_code_table("models").titles()[code]


def _informants(codes: Sequence[str]) -> str:
    titles = load_code_table("informants").titles()
    return joined([titles[code] for code in codes])


def _outcomes(codes: Sequence[str]) -> str:
    return joined([OUTCOMES[code].title for code in codes]) or "ingen"


def _plain(decimals: int, unit: str = "") -> Callable[[float], str]:
    return lambda value: number(value, decimals) + (f" {unit}" if unit else "")


_LABELS: Final[Mapping[str, tuple[str, Callable[[Any], str]]]] = {
    "question": ("Spørgsmål", str),
    "arms.treated": ("Modellen, der spørges til", _model),
    "arms.comparison": ("Modellen, den holdes op imod", _model),
    "estimand.effect_on": ("Forskellen gælder", lambda _: "børnene under den første model"),
    "estimand.counted_by": ("Barnets model ved første skema", _COUNTED_BY.__getitem__),
    "window.first_from": ("Første skema fra", head_date),
    "window.first_to": ("Første skema til", head_date),
    "window.follow_up_months_minimum": ("Andet skema tidligst efter", _plain(0, "måneder")),
    "window.follow_up_months_maximum": ("Andet skema senest efter", _plain(0, "måneder")),
    "primary.outcome": ("Afgørende resultat", lambda code: OUTCOMES[code].title),
    "primary.informants": ("Udfyldt af", _informants),
    "secondaries": ("Andre resultater", _outcomes),
    "clusters": ("Usikkerheden regnes på", lambda _: "distrikter"),
    "covariates": ("Børnene gøres ens på", lambda names: joined([COVARIATES[name] for name in names])),
    "strata": ("Der blev valgt for sig inden for", lambda strata: _strata(strata)),
    "limits.smallest_relevant_points": ("Mindste forskel, der betyder noget", _plain(1, "point")),
    "limits.detection_tolerance": ("Så meget må andelen af målte børn højst være større", _plain(2)),
    "limits.baseline_g": ("Så langt må børnene højst ligge fra hinanden ved start", _plain(2, "standardafvigelser")),
    "limits.minimum_overlap": ("Så meget skal et distrikts børn mindst have til fælles med de andre", _plain(2)),
    "limits.minimum_follow_up_share": ("Så stor en andel skal mindst være målt igen", _plain(2)),
    "limits.minimum_same_informant_share": (
        "Så stor en andel skal mindst være målt af samme slags udfylder",
        _plain(2),
    ),
    "limits.whole_grade_share": ("En årgang tæller som målt i sin helhed fra en andel på", _plain(2)),
    "rollout.first_year_from": (
        "Distrikterne følges over årene fra",
        lambda day: head_date(day) if day else "følges ikke",
    ),
    "rollout.fewest_children_per_year": ("Et distrikts år tæller fra", _plain(0, "børn")),
    "rollout.order": ("Hvem der begyndte først, blev afgjort", _ORDERS.__getitem__),
    "spread.sd_points": ("Antaget spredning", _plain(1, "point")),
    "spread.district_icc": ("Antaget del mellem distrikter", _plain(2)),
    "spread.institution_icc": ("Antaget del mellem institutioner", _plain(2)),
    "spread.first_second_correlation": ("Antaget sammenhæng mellem første og anden måling", _plain(2)),
    "spread.source": ("Kilde til antagelserne", str),
}


def plan_lines(plan: AnalysisPlan) -> tuple[tuple[str, str], ...]:
    """(What is decided, how), one for each decision in the plan, in Danish."""
    return tuple((_LABELS[key][0], _LABELS[key][1](value)) for key, value in plan.values().items())


def plan_departures(locked: AnalysisPlan, used: AnalysisPlan) -> tuple[str, ...]:
    """One Danish sentence for each decision in which the plan used is not the locked one; none when it was followed."""
    planned = locked.values()
    sentences = []
    for key, value in used.values().items():
        if value != planned[key]:
            label, told = _LABELS[key]
            now, before = (told(each).rstrip(".") for each in (value, planned[key]))
            sentences.append(f"{label}: {_ended(now)} I den låste plan: {_ended(before)}")
    return tuple(sentences)


def _ended(text: str) -> str:
    """The text as a sentence: a question keeps its mark."""
    return text if text.endswith("?") else f"{text}."


def unknown_strata(plan: AnalysisPlan, known: Collection[str]) -> tuple[str, ...]:
    """One sentence for each unit that the plan puts into a group and that is no district or institution: a slip of the pen."""
    return tuple(
        f"Gruppen '{group}' i planen nævner '{code}', som hverken er et distrikt eller en institution."
        for code, group in plan.strata.items()
        if code not in known
    )


def locked_sentence(lock: PlanLock | None, *, rule: DisclosureRule | None = None) -> str:
    """When the plan was locked, and what there was to see of the outcomes on that day."""
    if lock is None:
        return "Planen er ikke låst. Lås den, før nogen ser på resultaterne: trappen plan --lock"
    locked = f"Planen blev låst {text_date(lock.locked_at.date())}"
    if lock.reason:
        locked += f" som version {lock.version} (fordi: {lock.reason})"
    if lock.seen is Seen.NOTHING:
        if lock.is_before_follow_up:
            return f"{locked}. Da var der ingen opfølgende målinger."
        return f"{locked}. Da var ingen opfølgende målinger leveret hertil, men de kan have ligget andre steder."
    if lock.seen is Seen.PUBLISHED:
        return f"{locked}. Da var der allerede skrevet en rapport med opfølgende målinger."
    few = (rule or DisclosureRule()).hides_count(lock.follow_up_form_count)
    count = "nogle få" if few else number(lock.follow_up_form_count)
    return f"{locked}. Da lå {count} opfølgende skemaer allerede i datavarehuset, og vi ved ikke, om nogen havde set på dem."


def timing_sentence(lock: PlanLock | None, departures: Sequence[str], *, rule: DisclosureRule | None = None) -> str:
    """Whether the method was chosen before the numbers were seen, as far as it can be known.

    departures: all of them, those of the analysis too.
    """
    if lock is None:
        return "Der er ingen låst analyseplan, så metoden kan være valgt, efter at tallene var kendt."
    locked = locked_sentence(lock, rule=rule)
    if departures:
        return f"{locked} Analysen følger ikke planen helt."
    return f"{CHOSEN_BEFORE}. {locked}" if lock.is_before_outcomes else locked
