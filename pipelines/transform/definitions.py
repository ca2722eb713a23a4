"""Would a query mix two definitions of inclusion? Then it is refused before it runs.

The published shares of pupils in mainstream settings follow definitions that do not agree (codes.segregation_definitions),
and every row says which one it follows in `definition_id`. A query may read such rows when each figure that comes out
belongs to one definition: it carries `definition_id` on (and groups and partitions by it), or it filters on one value.

The query is followed from the inside out. Each part of it either knows nothing of definitions, carries the column, or is
fixed on one definition; two parts meet only when both are the same.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from pipelines.errors import TransformError

DEFINITION = "definition_id"
GUARDED_TABLES = frozenset(
    {
        "typed.segregation_figures",
        "marts.mart_published_inclusion",
        "marts.mart_mainstream_share",
        "marts.mart_definition_step",
        "marts.mart_support_hours",
    }
)
"""Tables with a row per definition; tables built from them are added as they are found."""

_CARRIED = "*"


@dataclass
class _Parts:
    """What one SELECT reads: per alias the definition it is fixed on, or `*` when it carries the column."""

    labels: dict[str, str]
    same: dict[str, str] = field(default_factory=dict)

    def root(self, alias: str) -> str:
        while self.same.get(alias, alias) != alias:
            alias = self.same[alias]
        return alias

    def join(self, left: str, right: str) -> None:
        self.same[self.root(left)] = self.root(right)

    def groups(self) -> list[set[str]]:
        """Per set of aliases joined on the definition: the labels in it."""
        groups: dict[str, set[str]] = {}
        for alias, label in self.labels.items():
            groups.setdefault(self.root(alias), set()).add(label)
        return list(groups.values())


def refuse_mixed_definitions(
    sql: str, *, guarded: Collection[str] = GUARDED_TABLES, where: str = "Forespørgslen"
) -> None:
    """Nothing, when every figure that `sql` (DuckDB) gives belongs to one definition of inclusion.

    Raises:
        TransformError: it would mix two; the message says how to mend it.
    """
    expression = sqlglot.parse_one(sql, read="duckdb")
    if isinstance(expression, exp.Query):
        carries_definition(expression, guarded=guarded, where=where)


def carries_definition(expression: exp.Query, *, guarded: Collection[str], where: str) -> bool:
    """Whether the query's rows each say which definition they follow.

    Raises:
        TransformError: a figure in it would be made from rows of two definitions.
    """
    labels: dict[int, str | None] = {}
    last: str | None = None
    for scope in traverse_scope(expression):
        last = labels[id(scope)] = _label(scope, labels, guarded, where)
    return last == _CARRIED


def _label(scope: Scope, labels: dict[int, str | None], guarded: Collection[str], where: str) -> str | None:
    if isinstance(scope.expression, exp.SetOperation):
        stacked = _known(labels, scope.set_operation_scopes)
        if len(stacked) > 1:
            raise _refusal(where, scope, "stabler rækker med hver sin definition oven på hinanden")
        return next(iter(stacked), None)
    if not isinstance(scope.expression, exp.Select):
        return None
    parts = _Parts(_source_labels(scope, labels, guarded))
    _apply_conditions(scope.expression, parts)
    found = set().union(*parts.groups()) | _known(labels, scope.subquery_scopes)
    return _outcome(scope, scope.expression, parts, found, where)


def _known(labels: Mapping[int, str | None], scopes: Iterable[Scope]) -> set[str]:
    return {label for scope in scopes if (label := labels[id(scope)]) is not None}


def _outcome(scope: Scope, select: exp.Select, parts: _Parts, found: set[str], where: str) -> str | None:
    open_groups = [labels for labels in parts.groups() if labels == {_CARRIED}]
    fixed = found - {_CARRIED}
    if len(open_groups) > 1 or len(fixed) > 1 or (open_groups and fixed):
        raise _refusal(where, scope, f"sætter tal sammen uden at kræve, at {DEFINITION} er den samme")
    if not open_groups:
        return next(iter(fixed), _CARRIED if _names_definition(select) else None)
    if _aggregates(select) and not _has_definition(select.args.get("group")):
        raise _refusal(where, scope, f"lægger tal sammen på tværs af {DEFINITION}")
    if any(not _has_definition(exp.Tuple(expressions=window.args.get("partition_by"))) for window in _windows(select)):
        raise _refusal(where, scope, f"regner på tværs af {DEFINITION} (partition by mangler den)")
    if not (_hands_definition_on(select) or select.is_star):
        raise _refusal(where, scope, f"taber {DEFINITION}, så tallene ikke kan holdes adskilt")
    return _CARRIED


def _source_labels(scope: Scope, labels: dict[int, str | None], guarded: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for alias, (_, source) in scope.selected_sources.items():
        if isinstance(source, exp.Table):
            label = _CARRIED if f"{source.db}.{source.name}".lower() in guarded else None
        else:
            label = labels.get(id(source))
        if label:
            found[alias] = label
    return found


def _apply_conditions(select: exp.Select, parts: _Parts) -> None:
    for condition in _conditions(select):
        if not isinstance(condition, exp.EQ | exp.NullSafeEQ):
            continue
        left, right = condition.this, condition.expression
        if isinstance(left, exp.Literal):
            left, right = right, left
        alias = _definition_alias(left, parts)
        if alias and isinstance(right, exp.Literal) and parts.labels[alias] == _CARRIED:
            parts.labels[alias] = right.name
        elif alias and (other := _definition_alias(right, parts)):
            parts.join(alias, other)
    for joined in select.args.get("joins") or ():
        if any(column.name == DEFINITION for column in joined.args.get("using") or ()):
            for alias in parts.labels:
                parts.join(alias, next(iter(parts.labels)))
    _spread_fixed(parts)


def _spread_fixed(parts: _Parts) -> None:
    # what is joined on the definition with a fixed part is fixed with it
    fixed = {parts.root(alias): label for alias, label in parts.labels.items() if label != _CARRIED}
    for alias, label in parts.labels.items():
        if label == _CARRIED and parts.root(alias) in fixed:
            parts.labels[alias] = fixed[parts.root(alias)]


def _conditions(select: exp.Select) -> Iterator[exp.Expr]:
    places = [select.args.get("where"), *(joined.args.get("on") for joined in select.args.get("joins") or ())]
    for place in places:
        if place is not None:
            condition = place.this if isinstance(place, exp.Where) else place
            yield from (part.unnest() for part in condition.flatten() if isinstance(condition, exp.And))
            if not isinstance(condition, exp.And):
                yield condition.unnest()


def _definition_alias(node: exp.Expr | None, parts: _Parts) -> str | None:
    if not isinstance(node, exp.Column) or node.name.lower() != DEFINITION:
        return None
    if node.table:
        return node.table if node.table in parts.labels else None
    return next(iter(parts.labels)) if len(parts.labels) == 1 else None


def _own_nodes(select: exp.Select, kind: type[exp.Expr]) -> Iterator[exp.Expr]:
    """Nodes of one kind in the SELECT itself, not in the queries inside it."""
    for node in select.find_all(kind):
        if node.find_ancestor(exp.Select) is select:
            yield node


def _aggregates(select: exp.Select) -> bool:
    if select.args.get("group") is not None:
        return True
    return any(node.find_ancestor(exp.Window, exp.Select) is select for node in _own_nodes(select, exp.AggFunc))


def _windows(select: exp.Select) -> list[exp.Expr]:
    return list(_own_nodes(select, exp.Window))


def _has_definition(node: exp.Expr | None) -> bool:
    if node is None:
        return False
    return bool(node.args.get("all")) or any(column.name.lower() == DEFINITION for column in node.find_all(exp.Column))


def _names_definition(select: exp.Select) -> bool:
    return any(projection.alias_or_name.lower() == DEFINITION for projection in select.expressions)


def _hands_definition_on(select: exp.Select) -> bool:
    """Whether the column comes out as it went in; one made of it (coalesce, case) may name another definition."""
    return any(
        projection.alias_or_name.lower() == DEFINITION
        and isinstance(column := projection.unalias(), exp.Column)
        and column.name.lower() == DEFINITION
        for projection in select.expressions
    )


def _refusal(where: str, scope: Scope, what: str) -> TransformError:
    lines = [int(node.meta["line"]) for node in scope.expression.find_all(exp.Identifier) if "line" in node.meta]
    line = f", linje {min(lines)}" if lines else ""
    return TransformError(
        f"{where}{line}: forespørgslen {what}. To definitioner af inklusion må ikke blandes. "
        f"Tag {DEFINITION} med i select, group by og join, eller vælg én definition med where {DEFINITION} = '…'."
    )
