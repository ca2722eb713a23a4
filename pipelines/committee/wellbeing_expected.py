"""How many of these children would lie in a band, a span of points or past a limit at the second form, without any help?

Beside every count before and after, as the expected change stands beside every mean. Each child's chances are taken from its
first form, by the line and spread that the expected shares of clear changes rest on, and summed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.committee.context import ReportContext
from pipelines.committee.wellbeing_changes import Reliable
from pipelines.committee.wellbeing_groups import INFORMANTS, Points, age_and_is_boy, span_title, spread_bins
from pipelines.disclosure.table import Cell, CellStatus, TableColumn
from pipelines.measures.expected_counts import HIGHEST_TOTAL_POINTS, expected_count, second_score_probabilities
from pipelines.publish.danish import rounded
from pipelines.publish.sentences import ROUNDED

SECOND_SCORES: Final = np.arange(HIGHEST_TOTAL_POINTS + 1)
EXPECTED_COLUMN: Final = TableColumn("expected", "Ventet uden indsats", "number")
"""Not a count of children: nobody is behind it but those whose counts stand beside it, where they do (`ExpectedCounts.cell`)."""

EXPECTED_NOTE: Final = (
    "Ventet uden indsats er regnet pr. barn ud fra første måling og lagt sammen. Det forudsætter, at tallene ved anden måling "
    f"spreder sig lige meget til begge sider af det ventede. {ROUNDED}"
)


def chances_of_second_points(own: pl.DataFrame, reliable: Reliable) -> Points:
    """Each child's chance of each of SECOND_SCORES without help, `(n, 41)`; own: pairs of one informant, that of `reliable`."""
    age_years, is_boy = age_and_is_boy(own)
    first = own["first_total_points"].cast(pl.Float64).to_numpy()
    return second_score_probabilities(first, reliable.line, age_years=age_years, is_boy=is_boy)


@dataclass(frozen=True)
class ExpectedCounts:
    """How many children one informant's pairs are expected to give without help, by band, span or outcome, unrounded.

    counts: None where nothing can be expected of anybody. is_shown: whether enough children have what the line needs.
    """

    counts: Mapping[str, float | None]
    is_shown: bool

    def cell(self, group: str, observed: Sequence[Cell]) -> Cell:
        """The expected number in whole children; hidden unless every observed count beside it is shown.

        It is made of the children's own first scores, so beside a hidden count it could tell of those.
        """
        if any(cell.status is not CellStatus.SHOWN for cell in observed):
            return Cell(None, CellStatus.HIDDEN)
        count = self.counts[group]
        if count is None:
            return Cell(None, CellStatus.NOT_COMPUTABLE)
        return Cell(int(rounded(count))) if self.is_shown else Cell(None, CellStatus.HIDDEN)


def expected_in_spans(
    context: ReportContext, pairs: pl.DataFrame, reliable: Sequence[Reliable], *, informant_code: str
) -> ExpectedCounts | None:
    """What is expected in each shown span of points, by its title; None where there are too few children for an expectation."""
    clear = next((each for each in reliable if each.informant == INFORMANTS[informant_code]), None)
    if clear is None:
        return None
    own = pairs.filter(pl.col("informant_code") == informant_code)
    chances = chances_of_second_points(own.filter(pl.col("is_paired")), clear)
    counts = {span_title(span): _expected_in_span(chances, span) for span in spread_bins(own, context.rule)}
    return ExpectedCounts(counts, clear.shows_expected)


def _expected_in_span(chances: Points, span: tuple[int, int]) -> float | None:
    inside: NDArray[np.bool_] = (span[0] <= SECOND_SCORES) & (span[1] >= SECOND_SCORES)
    return expected_count(chances, np.broadcast_to(inside, chances.shape))
