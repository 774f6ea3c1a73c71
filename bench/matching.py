"""How long it takes to count the items that a query names, of 100,000: what a curator waits for while typing.

Run: python bench/matching.py [items]
Queries of each kind of field are counted as the desk counts them, and the eight best loved of them are read; beside
them stands the count of all active items, which compares nothing.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from bench._database import own_database

ITEMS = 100_000


def main(items: int) -> int:
    """Measure on a database of our own; what uses Django's models is imported once it stands."""
    with own_database():
        failed: int = import_module("bench._matching").measure(items)
        return failed


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS))
