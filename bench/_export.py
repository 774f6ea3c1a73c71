"""What `bench/export.py` measures, once Django stands on a database."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Final

from adbc_driver_postgresql import dbapi

from bench import _history
from bench._database import settle
from bench._product import busy
from feedback.export import snapshot, uri

LEAST: Final = 0.5
TIMES: Final = 3

_BARE: Final = "SELECT subject, item_id, kind, value, occurred_at FROM feedback_interaction"


def measure(rows: int) -> int:
    """Print rows per second and their ratio; fails below half of bare ADBC."""
    _history.make(rows)
    settle()
    print(f"{rows:,} interactions; {busy()}")
    # Turn by turn, so that a busy minute falls on both.
    pairs = [(_bare(), _snapshot()) for _ in range(TIMES)]
    bare, ours = (min(times) for times in zip(*pairs, strict=True))
    print(f"{'bare ADBC to Arrow':24} {rows / bare:12,.0f} rows/s")
    print(f"{'snapshot':24} {rows / ours:12,.0f} rows/s   {bare / ours:.2f} of bare ADBC")
    print(f"{'least':24} {LEAST:38.2f}")
    return int(bare / ours < LEAST)


def _bare() -> float:
    started = perf_counter()
    with closing(dbapi.connect(uri())) as database, closing(database.cursor()) as cursor:
        cursor.execute(_BARE)
        with closing(cursor.fetch_record_batch()) as reader:
            read = sum(batch.num_rows for batch in reader)
    assert read > 0
    return perf_counter() - started


def _snapshot() -> float:
    with tempfile.TemporaryDirectory() as folder:
        started = perf_counter()
        snapshot(Path(folder) / "training.parquet")
        return perf_counter() - started
