"""What would the What Works Clearinghouse make of the comparison: loss against its boundary, alikeness before, effect size, rating?

After the manner of its handbook, from the same children as the leading comparison. The effect size is given for three readings of who
shares a district, because the correction needs an assumption of how much of the spread lies between districts.
"""

from dataclasses import dataclass
from typing import Final

from pipelines.measures.cluster_robust import ArmDifference
from pipelines.measures.what_works_rating import (
    DEFAULT_ICC,
    correct_for_clusters,
    correct_for_clusters_in_one_arm,
    is_loss_low,
    loss_limit,
)

_FEWEST_CLUSTERS: Final = 3


@dataclass(frozen=True)
class Loss:
    """Children whose second form was due, and those of them it never came from: (comparison, treated)."""

    due: tuple[int, int]
    lost: tuple[int, int]

    @property
    def overall_share(self) -> float:
        """Lost of due (0-1), both arms together."""
        return sum(self.lost) / sum(self.due)

    @property
    def apart_points(self) -> float:
        """Percentage points between the arms' shares lost; 0 or more."""
        comparison, treated = (lost / due for lost, due in zip(self.lost, self.due, strict=True))
        return 100 * abs(treated - comparison)

    @property
    def limit_points(self) -> float | None:
        """How far apart they may be at this overall loss; None: so much is lost that nothing is close enough."""
        return loss_limit(self.overall_share)

    @property
    def is_low(self) -> bool:
        """Whether it stays within the cautious boundary: a municipality's own help may well drive who answers again."""
        comparison, treated = self.due
        return is_loss_low(
            treated=treated, treated_lost=self.lost[1], comparison=comparison, comparison_lost=self.lost[0]
        )


def loss_of(due: tuple[int, int], followed: tuple[int, int]) -> Loss | None:
    """The loss of (comparison, treated); None where nobody is due in an arm."""
    return Loss(due, (due[0] - followed[0], due[1] - followed[1])) if all(due) else None


@dataclass(frozen=True)
class EffectSizes:
    """Hedges' g of the adjusted difference, sign as its points. icc: the part of the spread between districts that was assumed.

    by_children: as if no child shared a district. both_arms: districts in both arms, by the plan's part and by the Clearinghouse's
    usual one. one_arm: as if only the treated shared an adviser, by the plan's part.
    """

    by_children: float
    icc: float
    both_arms: float
    both_arms_usual: float
    one_arm: float


USUAL_ICC: Final = DEFAULT_ICC


def effect_sizes(difference: ArmDifference, *, icc: float) -> EffectSizes | None:
    """None without a difference or a spread, or with fewer than three districts or hardly more children than districts."""
    (comparison, treated), clusters = difference.child_counts, difference.cluster_counts
    g = difference.g.value
    if g is None or sum(clusters) < _FEWEST_CLUSTERS or treated <= clusters[1] or comparison + treated <= sum(clusters):
        return None
    both, usual = (
        correct_for_clusters(g, treated=treated, comparison=comparison, clusters=sum(clusters), icc=one).g
        for one in (icc, USUAL_ICC)
    )
    alone = correct_for_clusters_in_one_arm(
        g, treated=treated, comparison=comparison, treated_clusters=clusters[1], icc=icc
    )
    return EffectSizes(g, icc, both, usual, alone.g)
