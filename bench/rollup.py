"""Rolling up a million interactions, against one plain aggregate over the same rows: the physical limit.

Run: python bench/rollup.py [rows]
Members, items and months as in the demo's data, a slate served for every ten interactions. The roll-up
writes the figures of reports by the quarter of an hour, of items by the day, and every item's
statistics; the aggregate only counts rows by item, day and kind and writes nothing. Then ten minutes
of traffic come in, in tens of thousands of statements, and are counted in one roll-up.
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
        failed: int = import_module("bench._rollup").measure(rows)
        return failed


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
