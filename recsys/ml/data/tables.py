"""Interactions from an Arrow table: the shape in which a snapshot arrives."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.ml.data.interactions import Flags, Id, Indexes, Interactions, Times, Values, Vocabulary
from recsys.ml.data.vectors import Texts, Vectors

MICROSECONDS = 1e6


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns that hold what; ``curated`` and ``stars`` may be absent from the table."""

    member: str = "subject"
    item: str = "item_id"
    value: str = "value"
    time: str = "occurred_at"
    curated: str = "curated"
    stars: str = "stars"


def read_table(table: pa.Table, columns: Columns | None = None) -> Interactions:
    """Read interactions of a pyarrow Table.

    Ids may be UUIDs (arrow.uuid or 16 bytes, read as ``uuid.UUID``), text or whole numbers; times are
    timestamps or epoch seconds. Raises ValueError naming a column that is missing or has nulls.
    """
    names = columns or Columns()
    for name in (names.member, names.item, names.value, names.time):
        _check(table, name)
    members, member_ids = _indexed(table.column(names.member))
    items, item_ids = _indexed(table.column(names.item))
    return Interactions.in_order(
        members,
        items,
        np.asarray(table.column(names.value), np.float32),
        _seconds(table.column(names.time)),
        _flags(table, names.curated),
        (member_ids, item_ids),
        stars=_stars(table, names.stars),
    )


def read_vectors(table: pa.Table) -> Vectors:
    """Read vectors of items: columns ``item_id`` (UUID as text) and ``vector`` (a list of floats each).

    Raises ValueError where they differ in length or one is not finite.
    """
    items = Vocabulary.of(map(uuid.UUID, table.column("item_id").to_pylist()))
    if not len(items):
        return Vectors(items, np.empty((0, 0), np.float32))
    lists = table.column("vector").combine_chunks()
    if len(pc.unique(pc.list_value_length(lists))) != 1:
        raise ValueError("the vectors of items differ in length")
    numbers = np.asarray(lists.flatten(), np.float32)
    return Vectors(items, numbers.reshape(len(items), -1))


def read_texts(table: pa.Table) -> Texts:
    """Read texts of items: columns ``item_id`` (UUID as text) and ``text``."""
    items = Vocabulary.of(map(uuid.UUID, table.column("item_id").to_pylist()))
    return Texts(items, tuple(table.column("text").to_pylist()))


def _check(table: pa.Table, name: str) -> None:
    if name not in table.column_names:
        raise ValueError(f"column {name} is missing; there are {', '.join(table.column_names)}")
    if table.column(name).null_count:
        raise ValueError(f"column {name} has {table.column(name).null_count} nulls")


def _indexed(column: pa.ChunkedArray) -> tuple[Indexes, Vocabulary]:
    """Indexes of a column's ids in a vocabulary sorted by text, so row order does not matter."""
    plain = column.combine_chunks()
    if isinstance(plain.type, pa.BaseExtensionType):
        plain = plain.storage
    encoded = plain.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    ids = [outside_id(value) for value in encoded.dictionary.to_pylist()]
    order = sorted(range(len(ids)), key=lambda at: str(ids[at]))
    rank = np.empty(len(ids), np.int32)
    rank[order] = np.arange(len(ids), dtype=np.int32)
    return rank[np.asarray(encoded.indices)], Vocabulary.of(ids[at] for at in order)


def outside_id(value: object) -> Id:
    """An id as it is known outside: 16 bytes are a UUID."""
    return uuid.UUID(bytes=value) if isinstance(value, bytes) else value


def _seconds(column: pa.ChunkedArray) -> Times:
    if not pa.types.is_timestamp(column.type):
        return np.asarray(column, np.float64)
    stamps = pc.cast(column, pa.timestamp("us", tz=column.type.tz))
    return np.asarray(pc.cast(stamps, pa.int64()), np.float64) / MICROSECONDS


def _stars(table: pa.Table, name: str) -> Values | None:
    if name not in table.column_names:
        return None
    return np.asarray(pc.cast(table.column(name), pa.float32()).to_numpy(), np.float32)


def _flags(table: pa.Table, name: str) -> Flags:
    if name not in table.column_names:
        return np.zeros(table.num_rows, bool)
    return np.asarray(pc.fill_null(table.column(name), fill_value=False), bool)
