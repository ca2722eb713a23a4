"""What the What Works Clearinghouse's rules give the comparison, in Danish words."""

from typing import Final

from pipelines.measures.what_works_rating import Alikeness, Rating, RatingReason

RATINGS: Final = {
    Rating.NOT_RATEABLE: "Kan ikke vurderes.",
    Rating.DOES_NOT_MEET: "Lever ikke op til kravene.",
    Rating.WITH_RESERVATIONS: "Lever op til kravene med forbehold.",
    Rating.WITHOUT_RESERVATIONS: "Lever op til kravene uden forbehold.",
}
RATING_REASONS: Final = {
    RatingReason.NO_COMPARISON: "Der er kun børn under den ene model.",
    RatingReason.ONE_UNIT_IN_AN_ARM: "Under den ene model er der kun ét distrikt at sammenligne.",
    RatingReason.NO_LOTTERY: "Der er ikke trukket lod om modellerne.",
    RatingReason.HIGH_LOSS: "Der mangler for mange anden gang, eller de mangler for ulige.",
    RatingReason.LOSS_UNKNOWN: "Det vides ikke, hvor mange der mangler anden gang.",
    RatingReason.NOT_ALIKE: "Børnene lå for langt fra hinanden ved første måling.",
    RatingReason.NOT_ADJUSTED: "Børnene er ikke gjort ens på første måling.",
    RatingReason.ALIKENESS_UNKNOWN: "Det vides ikke, om børnene var ens ved første måling.",
}
ALIKENESS: Final = {
    Alikeness.ALIKE: "Børnene lå tæt på hinanden.",
    Alikeness.ALIKE_IF_ADJUSTED: "Børnene lå så tæt, at det går, når de gøres ens på første måling.",
    Alikeness.NOT_ALIKE: "Børnene lå for langt fra hinanden. Det kan ikke rettes bagefter.",
}
LOSS_IS_LOW: Final = "Få nok mangler anden gang, og de er fordelt lige nok."
LOSS_IS_HIGH: Final = "For mange mangler anden gang, eller de er fordelt for ulige."
LOSS_UNKNOWN: Final = "Det kan ikke siges: Ingen skulle være målt igen under den ene model."
