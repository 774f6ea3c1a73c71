"""The catalogue as a worker process holds it: rows by ascending id, columns read when a policy first asks for them.

Held under the version that the reading snapshot saw; a newer version is read anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from curation.catalogue.columns import columns as read_columns
from curation.fusion.candidates import Ids, Similarities, pack_ids
from curation.fusion.columns import Column, Kind, Schema
from curation.fusion.fixed import Floats, Mask, Rows
from curation.models import Item
from curation.queries.items import schema as read_schema
from recsys.ml.data.interactions import Vocabulary

STATISTICS: Final = "stats."


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All items, active or not, at one version; n of them, ordered by id."""

    version: int
    items: Vocabulary
    ids: Ids
    index: Mapping[bytes, int]
    active: Mask
    shown: tuple[Mapping[str, Any], ...]
    schema: Schema
    _columns: dict[tuple[str, int], Column] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.shown)

    def columns(self, fields: Collection[str], statistics: int) -> dict[str, Column]:
        """The columns of these fields; those of statistics as of the version given."""
        wanted = {name: (name, statistics if _is_statistic(name) else 0) for name in fields}
        missing = [name for name, key in wanted.items() if key not in self._columns]
        known = [name for name in missing if name in self.schema]
        if known:
            self._read(known, wanted)
        return {name: self._columns[wanted[name]] for name in fields if name in self.schema}

    def rows(self, items: Collection[UUID]) -> Rows:
        """The rows of those items that it holds."""
        found = (self.index.get(item.bytes, -1) for item in items)
        return np.fromiter((row for row in found if row >= 0), np.intp)

    def mask(self, items: Collection[UUID]) -> Mask:
        """True for these items, bool [n]."""
        mask = np.zeros(len(self), np.bool_)
        mask[self.rows(items)] = True
        return mask

    def counts(self, times: Mapping[UUID, int]) -> NDArray[np.int32]:
        """How often, by item; 0 for the others, int32 [n]."""
        counts = np.zeros(len(self), np.int32)
        for item, number in times.items():
            counts[self.rows([item])] = number
        return counts

    def likeness(self, rows: Rows, among: int) -> Similarities:
        """Cosine over all tags between the first `among` of these rows; the others are like nothing."""
        tags = [name for name, kind in self.schema.items() if kind is Kind.TAGS]
        columns = self.columns(tags, 0).values()
        vectors = np.hstack(
            [_vectors(column.take(rows[:among])) for column in columns]
            or [np.zeros((len(rows[:among]), 0))]
        )
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
        matrix = np.zeros((len(rows), len(rows)))
        matrix[: len(unit), : len(unit)] = unit @ unit.T
        return Similarities.of(matrix)

    def _read(self, fields: list[str], keys: Mapping[str, tuple[str, int]]) -> None:
        ids, read = read_columns(Item.objects.all(), fields, self.schema)
        order = np.argsort(self.items.indexes(ids))
        for name, column in read.items():
            for old in [key for key in self._columns if key[0] == name]:
                del self._columns[old]
            self._columns[keys[name]] = column.take(order)


def at(version: int) -> Catalogue:
    """The catalogue at a version that the caller's snapshot saw."""
    if not _held or _held[0].version != version:
        _held[:] = [_load(version)]
    return _held[0]


_held: list[Catalogue] = []


def _load(version: int) -> Catalogue:
    fields = ("id", "active", "outside_id", "title", "image_url")
    rows = list(Item.objects.order_by("id").values_list(*fields))
    ids = pack_ids(row[0] for row in rows)
    return Catalogue(
        version=version,
        items=Vocabulary.of(row[0] for row in rows),
        ids=ids,
        index={row[0].bytes: at for at, row in enumerate(rows)},
        active=np.array([row[1] for row in rows], np.bool_),
        shown=tuple(
            {"item": outside_id, "title": title} | ({"image_url": image} if image else {})
            for _, _, outside_id, title, image in rows
        ),
        schema=read_schema(),
    )


def _is_statistic(name: str) -> bool:
    return name.startswith(STATISTICS)


def _vectors(column: Column) -> Floats:
    vectors = np.zeros((len(column), len(column.vocabulary)))
    vectors[column.tag_rows, column.data] = 1.0
    return vectors
