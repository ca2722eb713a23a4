"""Which municipality pays for a place, where the register tells it: not always the one in which the child lives.

A child may live here because another municipality placed it here, and that one pays for its school too; children whom we placed
with a neighbour live there, and we pay. FLIS counts a child where the payer is.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.simulate.borders import Visitors
from pipelines.simulate.days import Flags, Indices
from pipelines.simulate.geography import Geography, neighbours_of
from pipelines.simulate.parameters import BorderParameters
from pipelines.simulate.population import Children
from pipelines.simulate.schooling import LOWEST_SEGREGATED_RUNG, Placements

_NOT_TOLD = -1


@dataclass(frozen=True)
class Payers:
    """Who pays for whom, as long as they are in the register; `codes` are our own municipality's and then the neighbours'.

    `of_child` and `of_visitor`, one entry per child, are places in `codes`, or -1 where the register does not tell.
    """

    codes: tuple[str, ...]
    of_child: Indices
    of_visitor: Indices

    @property
    def visitor_is_ours(self) -> Flags:
        """For which visitors we pay."""
        is_ours: Flags = self.of_visitor == 0
        return is_ours

    def pays_here(self, children: Indices, lives_here: Flags) -> Flags:
        """Whether we pay for `children` of our own: the payer where it is told, else the home decides."""
        payer = self.of_child[children]
        pays: Flags = (payer == 0) | ((payer == _NOT_TOLD) & lives_here)
        return pays

    def codes_of(self, payers: Indices) -> pl.Series:
        """The code of each payer, empty where it is not told."""
        names = [None, *self.codes]
        return pl.Series([names[payer + 1] for payer in payers.tolist()], dtype=pl.String)


def draw_payers(
    rng: np.random.Generator,
    children: Children,
    placements: Placements,
    visitors: Visitors,
    geography: Geography,
    parameters: BorderParameters,
) -> Payers:
    """Payers of our own children (a neighbour, or not told) and of the visitors (ourselves, or where they live)."""
    codes = (geography.municipality_code, *neighbours_of(geography.municipality_code))
    has_been_outside = np.zeros(children.count, dtype=bool)
    has_been_outside[placements.child[placements.rung >= LOWEST_SEGREGATED_RUNG]] = True
    share = np.where(
        has_been_outside, parameters.paid_by_others_in_special_share, parameters.paid_by_others_in_ordinary_share
    )
    is_paid_by_others = rng.random(children.count) < share
    neighbour = rng.integers(1, len(codes), size=children.count)
    is_ours = rng.random(visitors.count) < parameters.visitors_paid_by_us_share
    return Payers(
        codes=codes,
        of_child=np.where(is_paid_by_others, neighbour, _NOT_TOLD),
        of_visitor=np.where(is_ours, 0, visitors.municipality + 1),
    )
