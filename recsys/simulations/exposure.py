"""Exposure given and taken: what a change makes of the slots of many slates. Dims: n items of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from curation.fusion.columns import Column, Kind
from curation.fusion.fixed import Floats, Rows
from recsys.slates.catalogue import Catalogue

MOST_ITEMS: Final = 20
MOST_VALUES: Final = 12
COUNTED: Final = (Kind.TEXT, Kind.TAGS)
"""The kinds of fields whose values are told."""
NOT_TOLD: Final = ("title", "source")
Told = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Exposure:
    """How many slots each item of a catalogue stood in, as now and as drafted: [n] each."""

    items: Catalogue
    before: Floats
    after: Floats

    @classmethod
    def of(cls, items: Catalogue) -> Exposure:
        """Nothing yet."""
        return cls(items, np.zeros(len(items)), np.zeros(len(items)))

    def add(self, before: Rows, after: Rows, times: int) -> None:
        """Count the rows of the items of a slate, as now and as drafted, that was served so many times."""
        self.before[before] += times
        self.after[after] += times

    def told(self, statistics: int) -> Told:
        """The items that win and lose most, and per field the values of which most changes."""
        fields = [
            name
            for name, kind in self.items.schema.items()
            if kind in COUNTED and name not in NOT_TOLD
        ]
        columns = self.items.columns(fields, statistics)
        found = ((name, self._values(columns[name])) for name in sorted(columns))
        return {
            "placements": int(self.before.sum()),
            "winners": self._items(1),
            "losers": self._items(-1),
            "fields": [{"field": name, "values": values} for name, values in found if values],
        }

    def _items(self, sign: int) -> list[Told]:
        """The items whose exposure rose (1) or fell (-1) most, by how much; among equals by id."""
        change = sign * (self.after - self.before)
        order = np.argsort(-change, kind="stable")[:MOST_ITEMS]
        return [
            {
                "item": str(self.items.items.ids[row]),
                "outside_id": self.items.shown[row]["item"],
                "title": self.items.shown[row]["title"],
                "before": int(self.before[row]),
                "after": int(self.after[row]),
            }
            for row in order.tolist()
            if change[row] > 0
        ]

    def _values(self, column: Column) -> list[Told]:
        """The values of a field whose exposure changes, most first; an item counts for each of its tags."""
        before, after = (_by_value(column, counts) for counts in (self.before, self.after))
        order = np.argsort(-np.abs(after - before), kind="stable")[:MOST_VALUES]
        return [
            {
                "value": column.vocabulary[at],
                "before": int(before[at]),
                "after": int(after[at]),
            }
            for at in order.tolist()
            if after[at] != before[at]
        ]


def _by_value(column: Column, counts: Floats) -> Floats:
    if column.kind is Kind.TAGS:
        codes, worth = column.data, counts[column.tag_rows]
    else:
        known = column.data >= 0
        codes, worth = column.data[known], counts[known]
    counted = np.bincount(codes, worth, minlength=len(column.vocabulary))
    return counted.astype(np.float64)
