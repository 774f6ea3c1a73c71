"""Recording feedback against a bare COPY of the same rows into the same indexed partitions.

Run: python bench/ingest.py [rows]
Members, items and months as in the demo's data. Recording keeps event keys, the fold, versions and
segments besides; COPY keeps nothing but the rows. Importing reads, checks and looks up as well.
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
