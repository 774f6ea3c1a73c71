"""Recording feedback against a bare COPY of the same rows into the same indexed partitions.

Run: python bench/ingest.py [rows]
Members, items and months as in the demo's data, with its two segments. What is compared writes into the same
partitions, with the same indexes, triggers and durability: COPY puts the rows of a body in and commits; recording
claims event keys, folds ratings, counts versions and renews segments in the same commit; the API reads, checks and
looks up besides, and answers for each event. One connection and one process do each, one body after the other, and
each writes as many rows; COPY and the API take turns, and the middle round counts. The ratios are to COPY in bodies,
its rows written by the driver; printed beside it are COPY of all rows in one transaction, which no body that has to be
answered can have, and COPY of lines that are made as recording makes them. Importing is measured by the file.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from bench._database import own_database

ROWS = 100_000


def main(rows: int) -> int:
    """Measure on a database of our own; what uses Django's models is imported once it stands."""
    with own_database():
        failed: int = import_module("bench._ingest").measure(rows)
        return failed


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
