"""What belongs to the evaluation and to no question of it: what came and what is missing of its sources, and what its words mean."""

from typing import Final

from pipelines.committee.data_quality import data_quality_notes
from pipelines.committee.evaluation.basis import Study
from pipelines.committee.wellbeing import DEFINITIONS as WELLBEING_DEFINITIONS
from pipelines.evaluation.outcomes import OUTCOMES, Family
from pipelines.publish.section import Definition, Notes

_SOURCES: Final = ("children", "institutions", "organisation", "school_placements", "sdq_answers", "sessions")
_OF_FAMILY: Final = {
    Family.SDQ: (),
    Family.LADDER: ("measures",),
    Family.PROCESS: ("notifications", "support_requests"),
}
_SDQ: Final = "SDQ"
DEFINITIONS: Final = (
    *(one for one in WELLBEING_DEFINITIONS if one.term == _SDQ),
    Definition(
        "Standardafvigelse (g)",
        "Den almindelige afstand mellem to børn. En forskel i standardafvigelser kan holdes op mod andre undersøgelser.",
    ),
    Definition(
        "Uden anden måling",
        "Et barn, hvis tid til anden måling er gået, uden at samme slags voksen har svaret igen.",
    ),
    Definition(
        "Sammenlignet område",
        "Et område, hvis børn ligner børn under den anden model i alder, trin og udfylder. Andre områder er kun beskrevet.",
    ),
    Definition(
        "Niveau",
        "Hvor meget en undersøgelse kan bære, fra 0 (en optælling) til 5 (lodtrækning). Det følger af, hvordan den er lavet, "
        "og aldrig af, hvad den viser.",
    ),
)


def evaluation_notes(study: Study) -> Notes:
    """What came, was rejected and is missing of the sources behind the plan's outcomes, and the definitions."""
    families = {OUTCOMES[code].family for code in study.plan.secondaries}
    of_plan = [source for family in Family if family in families for source in _OF_FAMILY[family]]
    return data_quality_notes(
        study.context,
        needed_sources=(*_SOURCES, *of_plan),
        marts=(),  # it stands on core tables alone
        definitions=DEFINITIONS,
    )
