"""What does a report say of a question whose source never came: that, in plain words, and nothing else."""

from collections.abc import Sequence

from pipelines.contracts import load_contracts
from pipelines.publish.danish import joined
from pipelines.publish.section import HowSure, Section


def missing_section(section_id: str, question: str, sources: Sequence[str]) -> Section:
    """A section that answers "Vi har ikke fået tal for …" and holds no figure and no table; `sources` are contract ids.

    One short line, since page 1 has as many of them as there are questions without a source.
    """
    return Section(
        section_id=section_id,
        question=question,
        answer=f"Vi har ikke fået tal for {_names(sources)}.",
        support="",
        level=0,
        level_reason="",
        tables=(),
        figures=(),
        how_sure=HowSure(
            number="", cause="", data="", needed=f"Tallene kan regnes, når vi har fået {_names(sources)}."
        ),
        not_shown=(),
        method=(),
    )


def missing_words(sources: Sequence[str]) -> str:
    """ "Vi har ikke fået tal for møder og SDQ-besvarelser. De er derfor ikke med."; `sources` are contract ids."""
    return f"Vi har ikke fået tal for {_names(sources)}. De er derfor ikke med."


def _names(sources: Sequence[str]) -> str:
    contracts = load_contracts("source")
    return joined([_inside_sentence(contracts[source].title) for source in sources])


def _inside_sentence(title: str) -> str:
    """ "Møder" as it goes inside a sentence: "møder"; an abbreviation keeps its capitals."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]
