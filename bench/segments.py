"""How long segments take to follow a million interactions: behaviour, a query, clusters; against one aggregate.

Run: python bench/segments.py [rows]
Members, items and months as in the demo's data. The aggregate counts rows by member and kind and writes nothing.
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
        failed: int = import_module("bench._segments").measure(rows)
        return failed


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
