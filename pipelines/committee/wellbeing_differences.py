"""Do the senders' own SDQ points agree with the answers? Only of forms that came both as answers and as ready-made points.

From marts.mart_sdq_score_differences. The answers are used for every one of these forms; the table is for whoever is to ask the
sender how the points were added up.
"""

from typing import Any, Final

from pipelines.committee.context import ReportContext
from pipelines.committee.wellbeing_groups import source_of
from pipelines.disclosure.protect import protect
from pipelines.disclosure.relations import TotalRow
from pipelines.disclosure.table import ProtectedTable, TableColumn
from pipelines.sdq_norms.bands import scale_titles

CAUSES: Final = {
    "too_few_answers": "regnet af for få svar",
    "reversed_items_not_turned": "de omvendte spørgsmål er ikke vendt",
    "half_not_rounded_up": "et halvt point er ikke rundet op",
    "fraction_cut_off": "decimaler er skåret af",
    "not_scaled_up": "et manglende svar er talt som 0",
    "impact_after_no": "belastning er talt, selv om der er svaret nej",
    "impact_not_recoded": "belastning er talt uden omregning",
    "unknown": "ukendt",
}
"""The causes of the contract, as the report says them."""

_ALL_CAUSES: Final = "I alt"
_DIFFERENCES: Final = """
SELECT scale_code, cause_code, sum(forms_count) AS forms_count
FROM marts.mart_sdq_score_differences
GROUP BY scale_code, cause_code
ORDER BY scale_code, cause_code
"""


def differences_table(context: ReportContext) -> ProtectedTable | None:
    """Forms per scale and likely cause where the sender's points are not those of the answers; None where all agree.

    Protected with the sum over the causes of a scale, which is not shown: it is near the number of forms that differ at all,
    and that number stands among the gaps in the data.
    """
    titles = scale_titles()
    found = {(row["scale_code"], row["cause_code"]): int(row["forms_count"]) for row in context.records(_DIFFERENCES)}
    if not found:
        return None
    rows: list[dict[str, Any]] = []
    for scale, title in titles.items():
        own = {cause: found[scale, cause] for cause in CAUSES if (scale, cause) in found}
        rows += [{"scale": title, "cause": CAUSES[cause], "forms_count": count} for cause, count in own.items()]
        rows += [{"scale": title, "cause": _ALL_CAUSES, "forms_count": sum(own.values())}] if own else []
    protected = protect(
        rows,
        table_id="sdq_differences_all",
        title="",
        columns=(
            TableColumn("scale", "Skala", "label"),
            TableColumn("cause", "Sandsynlig årsag", "label"),
            TableColumn("forms_count", "Skemaer", "count"),
        ),
        source=f"{source_of(context)} Skemaer, der er leveret både som svar og som færdige tal. Svarene er brugt. Et skema kan stå "
        "ved flere skalaer.",
        rule=context.rule,
        totals=(TotalRow("cause", _ALL_CAUSES, within=("scale",)),),
    )
    return protected.excerpt(
        "sdq_differences",
        title="Færdige SDQ-tal, der ikke passer med svarene",
        columns=("scale", "cause", "forms_count"),
        keep_row=lambda row: row["cause"] != _ALL_CAUSES,
    )
