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
from feedback.folding.last_words import folded
from feedback.learning.export import snapshot, uri

LEAST: Final = 0.5
TIMES: Final = 5

_INTERACTIONS: Final = "SELECT subject, item_id, kind, value, occurred_at FROM feedback_interaction"


def measure(rows: int) -> int:
    """Print rows per second and their ratios; fails below half of bare ADBC on the rows of the snapshot."""
    _history.make(rows)
    settle()
    print(f"{rows:,} interactions; {busy()}")
    # Turn by turn, so that a busy minute falls on all.
    rounds = [(_bare(folded()), _bare(_INTERACTIONS), _snapshot()) for _ in range(TIMES)]
    (bare_s, told), (past_s, _), (ours_s, kept) = (
        min(times) for times in zip(*rounds, strict=True)
    )
    assert told == kept, "the snapshot holds other rows"
    _tell("bare ADBC, the same rows", told, bare_s, bare_s)
    _tell("bare ADBC, every interaction", rows, past_s, bare_s)
    _tell("snapshot", kept, ours_s, bare_s)
    print(f"{'least':30} {LEAST:38.2f}   ({past_s / ours_s:.2f} of reading every interaction)")
    return int(bare_s / ours_s < LEAST)


def _tell(what: str, rows: int, seconds: float, bare_s: float) -> None:
    print(f"{what:30} {rows / seconds:12,.0f} rows/s {seconds:7.2f} s   {bare_s / seconds:8.2f}")


def _bare(statement: str) -> tuple[float, int]:
    started = perf_counter()
    with closing(dbapi.connect(uri())) as database, closing(database.cursor()) as cursor:
        cursor.execute(statement)
        with closing(cursor.fetch_record_batch()) as reader:
            read = sum(batch.num_rows for batch in reader)
    return perf_counter() - started, read


def _snapshot() -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as folder:
        started = perf_counter()
        facts = snapshot(Path(folder) / "training.parquet")
        return perf_counter() - started, int(facts["rows"])
