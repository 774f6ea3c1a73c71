"""Training data out of PostgreSQL: what members say of items, as Arrow through ADBC, kept as Parquet.

One row for each member and item: the last word on it by a rating, a thumb, a favourite or "not
interested", by sharing or buying it, or, where nothing was said, the last click, or else the last view.
Simulated members, what was undone and what carries a cleaning mark are left out. Columns, ordered by
instant and then by interaction:

- `subject`, `item_id`: UUIDs (arrow.uuid).
- `value`: the reward, 0 to 1, by the table of `feedback.rewards.tables`.
- `kind`, `stars`: the interaction's kind as stored, and its stars if it is a rating.
- `occurred_at`: microseconds, UTC.
- `curated`: the interaction answers a placement that a curator decided.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi
from django.db import connection
from numpy.typing import NDArray

from feedback.folding.last_words import APART, DECIDED, PAGES, TOLD_APART, folded
from feedback.models import Kind
from feedback.rewards.tables import Rewards, in_force, rewards_of

_OPTIONS: Final = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}

_COLUMNS: Final = pa.schema(
    [
        ("subject", pa.uuid()),
        ("item_id", pa.uuid()),
        ("value", pa.float32()),
        ("kind", pa.int16()),
        ("stars", pa.float32()),
        ("occurred_at", pa.timestamp("us", "UTC")),
        ("curated", pa.bool_()),
    ]
)


_ONE_INSTANT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"

_PARTS: Final = max(2, min(4, os.cpu_count() or 1))
"""So many connections read at once: the server sends faster than one of them decodes."""

# Few members, items and labels come again and again; instants hardly ever do, but each is near the one before.
_PARQUET: Final[dict[str, Any]] = {
    "compression": "zstd",
    "use_dictionary": [name for name in _COLUMNS.names if name not in {"occurred_at", "curated"}],
    "column_encoding": {"occurred_at": "DELTA_BINARY_PACKED"},
    "write_statistics": False,
}


def snapshot(path: Path) -> dict[str, Any]:
    """Write the training data as of now to a Parquet file, whole or not at all, and say what it holds.

    `rows`, `members`, `items`, `first_at` and `last_at` (ISO 8601, None if empty), `watermark` (when
    the newest of it was received), `rewards` (version of the table), `sha256` of the file. The same
    data gives the same file.
    """
    words, rewards = _last_words(), in_force()
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with ThreadPoolExecutor(1) as beside:
        facts = beside.submit(_facts, words)
        try:
            _write(part, _rows(words, rewards))
            digest = _digest(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return {**facts.result(), "rewards": rewards.number, "sha256": digest}


def _write(path: Path, rows: pa.Table) -> None:
    with path.open("wb") as file:
        pq.write_table(rows, file, **_PARQUET)
        file.flush()
        os.fsync(file.fileno())


def _last_words() -> pa.Table:
    """The rows, all of one instant of the database, in no order."""
    with (
        closing(dbapi.connect(uri())) as database,
        _reading(database) as cursor,
        ThreadPoolExecutor(1 + _PARTS) as beside,
    ):
        at = _fetch(cursor, "SELECT pg_export_snapshot() AS snapshot")["snapshot"][0].as_py()
        pages = _fetch(cursor, PAGES)["pages"][0].as_py()
        parts = [beside.submit(_part, database, at, folded(*ends)) for ends in _ends(pages)]
        exceptions = beside.submit(_exceptions, database, at)
        words = pa.concat_tables([part.result() for part in parts]).combine_chunks()
        apart, told_apart, decided = exceptions.result()
    if len(apart):
        rest = words.filter(pc.invert(_among(words, apart)))
        words = pa.concat_tables([rest, told_apart]).combine_chunks()
    curated = pc.is_in(_storage(words["id"]), value_set=_storage(decided["id"]))
    return words.append_column("curated", curated)


def _ends(pages: int) -> Iterator[tuple[int, int | None]]:
    """Between which pages each part of a table lies; what was added since is of the last one."""
    step = pages // _PARTS + 1
    for part in range(_PARTS):
        yield part * step, (part + 1) * step if part < _PARTS - 1 else None


def _part(database: dbapi.Connection, at: str, statement: str) -> pa.Table:
    """What a statement answers as of a snapshot of another connection; one process of the server reads it."""
    with _beside(database, at) as cursor:
        # To gather rows from parallel workers takes longer than to send them over connections of their own.
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        return _fetch(cursor, statement)


def _exceptions(database: dbapi.Connection, at: str) -> tuple[pa.Table, pa.Table, pa.Table]:
    """What the fold alone does not say, as of a snapshot of another connection: all of it is little."""
    with _beside(database, at) as cursor:
        apart, decided = _fetch(cursor, APART), _fetch(cursor, DECIDED)
        return apart, _fetch(cursor, TOLD_APART) if len(apart) else apart, decided


@contextmanager
def _reading(database: dbapi.Connection) -> Iterator[Any]:
    """A cursor in a transaction that sees one instant."""
    with closing(database.cursor()) as cursor:
        cursor.execute(_ONE_INSTANT)
        yield cursor


@contextmanager
def _beside(database: dbapi.Connection, at: str) -> Iterator[Any]:
    """A cursor on a connection of its own, which sees the instant of a snapshot of another.

    A copy of a connection does not ask again for the columns of all tables there are: that takes most of connecting.
    """
    with closing(database.adbc_clone()) as copy, _reading(copy) as cursor:
        cursor.execute(f"SET TRANSACTION SNAPSHOT '{at}'")
        yield cursor


def _fetch(cursor: Any, statement: str) -> pa.Table:  # noqa: ANN401 - ADBC has no types
    cursor.execute(statement)
    return cursor.fetch_arrow_table().combine_chunks()


def _among(words: pa.Table, pairs: pa.Table) -> pa.Array:
    """Which rows are of one of these pairs of member and item; few members have any."""
    found = pc.is_in(_storage(words["subject"]), value_set=_storage(pairs["subject"])).to_numpy(
        zero_copy_only=False
    )
    wanted, rows = set(_pairs(pairs)), np.flatnonzero(found)
    found[rows] = [pair in wanted for pair in _pairs(words.take(pa.array(rows)))]
    return pa.array(found)


def _pairs(table: pa.Table) -> Iterator[tuple[bytes, bytes]]:
    columns = (_storage(table[name]).to_pylist() for name in ("subject", "item_id"))
    return zip(*columns, strict=True)


def _rows(words: pa.Table, rewards: Rewards) -> pa.Table:
    """The rows as they are kept: labelled, and in order. Column by column, so that every core has one."""
    with ThreadPoolExecutor(os.cpu_count()) as cores:
        order = cores.submit(_order, words)
        columns = _labelled(words, rewards)
        taken = cores.map(partial(_take, order=pa.array(order.result())), columns)
        return pa.Table.from_arrays(list(taken), schema=_COLUMNS)


def _take(column: pa.ChunkedArray, order: pa.Array) -> pa.ChunkedArray:
    return column.take(order)


def _order(words: pa.Table) -> NDArray[np.int64]:
    """The rows by instant, those of one instant by their interaction."""
    instants = words["occurred_at"].to_numpy()
    order = np.argsort(instants)
    steps = np.diff(instants[order]) == np.timedelta64(0)
    tied = np.flatnonzero(np.append(steps, False) | np.insert(steps, 0, False))
    if len(tied):
        ids = _halves(words["id"].take(pa.array(order[tied])))
        order[tied] = order[tied][np.lexsort((ids[:, 1], ids[:, 0], instants[order[tied]]))]
    return order


def _halves(ids: pa.ChunkedArray) -> NDArray[np.uint64]:
    """UUIDs as two numbers each, which compare as they do."""
    storage = _storage(ids)
    return np.frombuffer(storage.buffers()[1], ">u8").reshape(-1, 2)[storage.offset :][: len(ids)]


def _labelled(words: pa.Table, rewards: Rewards) -> list[pa.ChunkedArray]:
    kinds, values = words["kind"].to_numpy(), words["value"].to_numpy()
    given = {
        "value": pa.array(rewards_of(kinds, values, rewards), pa.float32()),
        "stars": pa.array(values, pa.float32(), mask=kinds != Kind.RATING),
    }
    return [given[name] if name in given else words[name] for name in _COLUMNS.names]


def _facts(words: pa.Table) -> dict[str, Any]:
    """What the rows hold; an interaction's id says when it was received."""
    members, items = (pc.count_distinct(_storage(words[name])) for name in ("subject", "item_id"))
    times: dict[str, Any] = dict.fromkeys(("first_at", "last_at", "watermark"))
    if len(words):
        received_ms = int(_halves(words["id"])[:, 0].max()) >> 16
        received = datetime.fromtimestamp(received_ms / 1000, UTC)
        first, last = pc.min_max(words["occurred_at"]).as_py().values()
        times = {"first_at": first, "last_at": last, "watermark": received}
    counts = {"rows": len(words), "members": members.as_py(), "items": items.as_py()}
    return counts | {name: at and at.isoformat() for name, at in times.items()}


def _storage(ids: pa.ChunkedArray) -> pa.Array:
    return ids.combine_chunks().storage


def uri(settings: Mapping[str, Any] | None = None) -> str:
    """The libpq URI of a database of Django's (by default the one in use), sockets included."""
    given = connection.settings_dict if settings is None else settings
    parts = {libpq: given[name] for name, libpq in _OPTIONS.items() if given.get(name)}
    # libpq reads percent escapes only: a plus is a plus to it.
    return f"postgresql:///{quote(given['NAME'], safe='')}?{urlencode(parts, quote_via=quote)}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
