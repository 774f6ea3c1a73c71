"""Training data out of PostgreSQL: what members say of items, as Arrow through ADBC, kept as Parquet.

One row for each member and item: the last word on it by a rating, a thumb, a favourite or "not
interested", by sharing or buying it, or, where nothing was said, the last click, or else the last view.
Simulated members, what was undone and what carries a cleaning mark are left out. Columns, ordered by
instant and then by interaction:

- `subject`, `item_id`: UUIDs (arrow.uuid).
- `value`: the reward, 0 to 1, by the table of `feedback.rewards`.
- `kind`, `stars`: the interaction's kind as stored, and its stars if it is a rating.
- `occurred_at`: microseconds, UTC.
- `curated`: the interaction answers a placement that a curator decided.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi
from django.db import connection

from feedback.models import Kind
from feedback.rewards import Rewards, in_force, rewards_of

_OPTIONS: Final = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}

# An impression may be written after its answer came: then the placement itself is asked.
_LAST_WORDS: Final = f"""
WITH told AS (
    SELECT told.*, CASE kind WHEN {Kind.VIEW:d} THEN 2 WHEN {Kind.CLICK:d} THEN 1 ELSE 0 END AS rank
    FROM feedback_interaction AS told
    WHERE NOT simulated AND mark IS NULL AND kind NOT IN ({Kind.UNDO:d}, {Kind.COMMENT:d}) AND NOT EXISTS (
        SELECT FROM feedback_undo AS undo
        WHERE (undo.source, undo.event, undo.subject) = (told.source, told.event, told.subject)
    )
), aspect AS (
    SELECT DISTINCT ON (
        subject, item_id, CASE kind WHEN {Kind.DISLIKE:d} THEN {Kind.LIKE:d} ELSE kind END
    ) *
    FROM told
    ORDER BY subject, item_id, CASE kind WHEN {Kind.DISLIKE:d} THEN {Kind.LIKE:d} ELSE kind END,
        occurred_at DESC, id DESC
), word AS (
    SELECT DISTINCT ON (subject, item_id) * FROM aspect
    WHERE NOT (kind = {Kind.FAVOURITE:d} AND value = 0)
    ORDER BY subject, item_id, rank, occurred_at DESC, id DESC
)
SELECT word.subject, word.item_id, word.kind,
    word.value, word.occurred_at, word.received_at, word.curated OR coalesce(
        served.curated[array_position(served.items, word.item_id)], false
    ) AS curated
FROM word LEFT JOIN feedback_impression AS served
    ON served.id = word.impression AND served.subject = word.subject
ORDER BY word.occurred_at, word.id
"""  # noqa: S608 - made of constants alone

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


def snapshot(path: Path) -> dict[str, Any]:
    """Write the training data as of now to a Parquet file, whole or not at all, and say what it holds.

    `rows`, `members`, `items`, `first_at` and `last_at` (ISO 8601, None if empty), `watermark` (when
    the newest of it was received), `rewards` (version of the table), `sha256` of the file. The same
    data gives the same file.
    """
    facts, rewards = _Facts(), in_force()
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            with pq.ParquetWriter(file, _COLUMNS, compression="zstd") as writer:
                for batch in _last_words():
                    facts.note(batch)
                    writer.write_batch(_rewarded(batch, rewards))
            file.flush()
            os.fsync(file.fileno())
        digest = _digest(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return {**facts.told(), "rewards": rewards.number, "sha256": digest}


class _Facts:
    """What the batches hold, gathered as they pass."""

    def __init__(self) -> None:
        self.rows = 0
        self.members: set[bytes] = set()
        self.items: set[bytes] = set()
        self.times: dict[str, Any] = {"first_at": None, "last_at": None, "watermark": None}

    def note(self, batch: pa.RecordBatch) -> None:
        if not batch.num_rows:
            return
        self.rows += batch.num_rows
        self.members.update(pc.unique(batch["subject"].storage).to_pylist())
        self.items.update(pc.unique(batch["item_id"].storage).to_pylist())
        self._latest("watermark", pc.max(batch["received_at"]).as_py())
        self._latest("last_at", batch["occurred_at"][-1].as_py())
        self.times["first_at"] = self.times["first_at"] or batch["occurred_at"][0].as_py()

    def _latest(self, name: str, instant: Any) -> None:  # noqa: ANN401 - pyarrow has no types
        self.times[name] = max(self.times[name] or instant, instant)

    def told(self) -> dict[str, Any]:
        counts = {"rows": self.rows, "members": len(self.members), "items": len(self.items)}
        return counts | {name: at and at.isoformat() for name, at in self.times.items()}


def _last_words() -> Iterator[pa.RecordBatch]:
    """The rows in batches, all of one instant of the database."""
    with (
        closing(dbapi.connect(uri())) as database,
        closing(database.cursor()) as cursor,
    ):
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(_LAST_WORDS)
        with closing(cursor.fetch_record_batch()) as reader:
            yield from reader


def _rewarded(batch: pa.RecordBatch, rewards: Rewards) -> pa.RecordBatch:
    kinds, values = (batch[name].to_numpy(zero_copy_only=False) for name in ("kind", "value"))
    given = {
        "value": pa.array(rewards_of(kinds, values, rewards), pa.float32()),
        "stars": pa.array(values, pa.float32(), mask=kinds != Kind.RATING),
    }
    columns = [given[name] if name in given else batch[name] for name in _COLUMNS.names]
    return pa.RecordBatch.from_arrays(columns, schema=_COLUMNS)


def uri(settings: Mapping[str, Any] | None = None) -> str:
    """The libpq URI of a database of Django's (by default the one in use), sockets included."""
    given = connection.settings_dict if settings is None else settings
    parts = {libpq: given[name] for name, libpq in _OPTIONS.items() if given.get(name)}
    # libpq reads percent escapes only: a plus is a plus to it.
    return f"postgresql:///{quote(given['NAME'], safe='')}?{urlencode(parts, quote_via=quote)}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
