"""Two generations of children as one: those of today first, then those who have grown up since the registers began."""

from collections.abc import Collection
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np

from pipelines.simulate.days import Flags
from pipelines.simulate.population import Children

Drawn = TypeVar("Drawn")
_OF_DISTRICTS = ("district_adviser_from", "district_level")


def joined(first: Drawn, second: Drawn, *, children_before: int = 0, shared: Collection[str] = _OF_DISTRICTS) -> Drawn:
    """The entries of `first`, then those of `second`, in every array of a dataclass and of those within it.

    A `child` of the second is a place among its own children, so it counts on from `children_before`. What is one entry per
    district, `shared`, is the first's.
    """
    assert is_dataclass(first)
    assert not isinstance(first, type)
    changes: dict[str, Any] = {}
    for item in fields(first):
        one, other = getattr(first, item.name), getattr(second, item.name)
        if item.name in shared:
            continue
        if is_dataclass(one):
            changes[item.name] = joined(one, other, children_before=children_before, shared=shared)
        elif isinstance(one, tuple):
            changes[item.name] = one + other
        else:
            changes[item.name] = np.concatenate([one, other + children_before if item.name == "child" else other])
    return replace(first, **changes)


def generation_of(children: Children, chosen: slice | Flags) -> Children:
    """The chosen ones of the children."""
    changes = {
        item.name: _chosen(getattr(children, item.name), chosen)
        for item in fields(children)
        if item.name not in _OF_DISTRICTS
    }
    return replace(children, **changes)


def _chosen(values: Any, chosen: slice | Flags) -> Any:
    return tuple(np.array(values)[chosen].tolist()) if isinstance(values, tuple) else values[chosen]
