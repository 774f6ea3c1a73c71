"""A few items and the rules that name them: each query is asked of all of them once, whatever it is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import QuerySet

from curation.catalogue.columns import columns
from curation.fusion.columns import Column, Kind
from curation.fusion.effects import Cap
from curation.fusion.fixed import Mask
from curation.fusion.matching import Table
from curation.fusion.policy import Rule
from curation.fusion.query import fields_of
from curation.models import Item
from curation.queries.items import schema


class Targets:
    """Some items with the fields that some rules read, in two queries."""

    def __init__(self, items: QuerySet[Item], rules: Iterable[Rule]) -> None:
        kinds = schema()
        rules = tuple(rules)
        caps = {rule.effect.field for rule in rules if isinstance(rule.effect, Cap)}
        fields = frozenset().union(caps, *(fields_of(rule.what) for rule in rules))
        ids, self._columns = columns(items, fields & kinds.keys(), kinds)
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


def _codes(column: Column, row: int) -> Iterable[int]:
    codes: Iterable[int]
    if column.kind is Kind.TAGS:
        codes = column.data[column.starts[row] : column.starts[row + 1]].tolist()
    else:
        codes = column.data[row : row + 1].tolist() if column.kind is Kind.TEXT else ()
    return (code for code in codes if code >= 0)
