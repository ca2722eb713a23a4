"""The delivered tables of a made-up municipality, each made when it is first asked for.

Nine of the sources are drawn meeting by meeting, which takes longer than all the others together: who only asks for children
and their help need not wait for them.
"""

from collections.abc import Callable, Iterator, Mapping

import polars as pl


class SourceTables(Mapping[str, pl.DataFrame]):
    """One frame per source with the columns of its contract, codes as in the code tables, right and complete."""

    def __init__(self, makers: Mapping[str, Callable[[], pl.DataFrame]]) -> None:
        """makers: what makes the table of each source, called once at most."""
        self._makers = makers
        self._made: dict[str, pl.DataFrame] = {}

    def __getitem__(self, source: str) -> pl.DataFrame:
        """The table of a source. Raises: KeyError for a source that is not drawn."""
        if source not in self._made:
            self._made[source] = self._makers[source]()
        return self._made[source]

    def __iter__(self) -> Iterator[str]:
        """The sources, in the order in which they are delivered."""
        return iter(self._makers)

    def __len__(self) -> int:
        """How many sources there are."""
        return len(self._makers)
