"""Which numbers are too small to show: the limits, and the sentence that tells a reader so."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class DisclosureRule:
    """The limits under which a number is hidden; a municipality may raise them, never lower them.

    minimum_count: counts from 1 up to one less are hidden; a hidden count must also stay uncertain by this
    much. minimum_group_children, minimum_institutions: what a mean, an SD or an effect must rest on.
    minimum_staff: a figure that names how many employees stand behind it needs this many.

    Raises: ValueError when a limit is not a whole number or lies below its default.
    """

    minimum_count: int = 5
    minimum_group_children: int = 10
    minimum_institutions: int = 2
    minimum_staff: int = 3

    def __post_init__(self) -> None:
        """Checks the limits, all at once."""
        faults = []
        for field in fields(self):
            limit, lowest = getattr(self, field.name), field.default
            if isinstance(limit, bool) or not isinstance(limit, int):
                faults.append(f"{field.name} must be a whole number, not {limit!r}")
            elif isinstance(lowest, int) and limit < lowest:
                faults.append(f"{field.name} must be at least {lowest}, not {limit}")
        if faults:
            raise ValueError("; ".join(faults))

    def hides_count(self, count: int) -> bool:
        """True when `count` is small but not none: 1 up to one less than `minimum_count`."""
        return 0 < count < self.minimum_count

    @property
    def sentence(self) -> str:
        """The rule in one Danish sentence, for the foot of a table and the last page of a report."""
        return (
            f"Vi viser ikke tal, der bygger på færre end {self.minimum_count} børn, eller som færre end "
            f"{self.minimum_staff} medarbejdere står bag, og gennemsnit vises kun, "
            f"når de bygger på mindst {self.minimum_group_children} børn og {self.minimum_institutions} "
            "institutioner; enkelte andre tal er også skjult, så ingen kan regne dem ud."
        )
