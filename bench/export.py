"""Training data out of PostgreSQL, against bare ADBC on the same rows: at least half its speed.

Run: python bench/export.py [interactions]
Bare ADBC reads the rows that the snapshot holds, folded by the database, into Arrow batches and drops them. The
snapshot also leaves out what training must not see, labels, orders, writes Parquet, and hashes the file. Beside
them stands what it takes to read every interaction (member, item, kind, value, instant) and fold nothing.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from bench._database import own_database

ROWS = 1_000_000


def main(rows: int) -> int:
    """Measure on a database of our own; what uses Django's models is imported once it stands."""
    with own_database():
        failed: int = import_module("bench._export").measure(rows)
        return failed


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
