"""How well are the rules of a published definition known? The definitions of the last page, and a warning where nobody read the rules.

A rule that is told by others than its owner, or that nobody has checked, may be another one than the owner counts by; then our number
and theirs differ for a reason that is not in the children.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from pipelines.codes import load_code_table
from pipelines.publish.danish import joined
from pipelines.publish.section import Definition

NATIONAL: Final = "national"
_RULES: Final[Mapping[str, str]] = {
    "second_hand": "Reglerne er gengivet efter andre; vi har ikke læst dem hos kilden selv.",
    "not_verified": "Reglerne er ikke efterprøvet; vi har ikke kunnet læse dem hos kilden.",
}
_NATIONAL_WORDS: Final = "Tallet findes kun for hele landet og kan aldrig vises for en kommune eller et distrikt."


def owner_names() -> dict[str, str]:
    """Who stands behind each definition, in a word or two."""
    return {row["code"]: row["aliases"].split("|")[0] for row in load_code_table("segregation_definitions").rows}


def described_definition(row: Mapping[str, str], *, with_day: bool) -> Definition:
    """One definition of the code table for the last page; `with_day` also tells by which municipality and day it counts."""
    title = row["title"].split(":")[0] if with_day else row["title"]
    counted = f"{row['numerator_text'].capitalize()} ud af {row['denominator_text']}"
    counted += f", {row['grades_text']}. Opgjort efter {row['area_rule']}, {row['reference_day']}." if with_day else "."
    source = "" if with_day else f"Kilde: {row['source']}."
    national = _NATIONAL_WORDS if row["area_rule_code"] == NATIONAL else ""
    text = " ".join(filter(None, (counted, source, national, _RULES.get(row["rule_status"], ""))))
    return Definition(f"{title[:1].upper()}{title[1:]}", text)


def unread_rules_words(definition_ids: Iterable[str]) -> str:
    """ "Reglerne hos STIL er gengivet efter andre. Reglerne hos KL er ikke efterprøvet."; empty where all are read at the source."""
    wanted, owners = set(definition_ids), owner_names()
    rows = [row for row in load_code_table("segregation_definitions").rows if row["code"] in wanted]
    said = []
    for status in _RULES:
        whose = [owners[row["code"]] for row in rows if row["rule_status"] == status]
        if whose:
            said.append(f"Reglerne hos {joined(whose)} er {load_code_table('rule_statuses').titles()[status]}.")
    return " ".join(said)
