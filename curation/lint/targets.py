"""A few items and the rules that name them: each query is asked of all of them once, whatever it is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from uuid import UUID

from django.db.models import QuerySet

from curation.catalogue.columns import columns
from curation.fusion.columns import Column, Kind
from curation.fusion.effects import Cap
from curation.fusion.fixed import Mask
from curation.fusion.matching import Table
from curation.fusion.policy import Rule
from curation.fusion.query import Comparison, leaves
from curation.models import Item
from curation.queries.items import schema


class Targets:
    """Some items with the fields that some rules read, in one query, or two where a cap alone names a field."""

    def __init__(self, items: QuerySet[Item], rules: Iterable[Rule]) -> None:
        kinds = _kinds(tuple(rules))
        ids, self._columns = columns(items, kinds.keys(), kinds)
        self._row: Mapping[UUID, int] = {item: at for at, item in enumerate(ids)}
        index = {item.bytes: at for item, at in self._row.items()}
        self._table = Table(len(ids), self._columns, index)
        self._masks: dict[UUID, Mask] = {}

    def of(self, rule: Rule) -> Mask:
        """True for the items that a rule names."""
        mask = self._masks.get(rule.lineage)
        if mask is None:
            mask = self._masks[rule.lineage] = self._table.matches(rule.what)
        return mask

    def names(self, rule: Rule, item: UUID) -> bool:
        """Whether a rule names an item."""
        row = self._row.get(item)
        return row is not None and bool(self.of(rule)[row])

    def values(self, item: UUID, field: str) -> frozenset[str]:
        """The values that a cap on a field counts an item by."""
        row, column = self._row.get(item), self._columns.get(field)
        if row is None or column is None:
            return frozenset()
        return frozenset(column.folded[code] for code in _codes(column, row))


def _kinds(rules: Sequence[Rule]) -> Mapping[str, Kind]:
    """The fields that rules read, with their kinds, which comparisons say; a cap only names its field."""
    compared = chain.from_iterable(leaves(rule.what) for rule in rules)
    kinds = {each.field: each.kind for each in compared if isinstance(each, Comparison)}
    caps = {rule.effect.field for rule in rules if isinstance(rule.effect, Cap)}
    if unsaid := {field for field in caps if field} - kinds.keys():
        known = schema()
        kinds |= {field: known[field] for field in unsaid & known.keys()}
    return kinds


def _codes(column: Column, row: int) -> Iterable[int]:
    codes: Iterable[int]
    if column.kind is Kind.TAGS:
        codes = column.data[column.starts[row] : column.starts[row + 1]].tolist()
    else:
        codes = column.data[row : row + 1].tolist() if column.kind is Kind.TEXT else ()
    return (code for code in codes if code >= 0)
