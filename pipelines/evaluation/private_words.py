"""Do the plan's own words hold what no report may: something of the shape of a CPR number?

The question, the source of the assumptions, the groups of districts and the reason for a new version are printed as they stand. A name
cannot be told from other words; that is for the people who write the plan and read the report before it is published.
"""

import re
from typing import Final

from pipelines.errors import PlanError
from pipelines.evaluation.plan import PLAN_FILE, AnalysisPlan

_CPR_SHAPE: Final = re.compile(r"(?<!\d)\d{6}\s*[-–.]?\s*\d{4}(?!\d)")


def check_words(plan: AnalysisPlan, *, reason: str | None = None) -> None:
    """Raises: PlanError naming every text of the plan, or the reason for a version of it, that must not be printed; never the text."""
    texts = {
        "question": plan.question,
        "spread.source": plan.spread.source,
        "strata": " ; ".join([*plan.strata, *plan.strata.values()]),
        "new-version": reason or "",
    }
    wrong = [name for name, text in texts.items() if _CPR_SHAPE.search(text)]
    if wrong:
        raise PlanError(
            f"{PLAN_FILE}: {', '.join(wrong)} indeholder noget, der ligner et CPR-nummer. Fjern det, for ordene står i rapporten."
        )
