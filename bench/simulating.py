"""A change set replayed over 1,000 logged requests, against fusing as many slates of the same inputs.

Run: python bench/simulating.py [requests]
Each request has a slate of its own, with 400 candidates of a catalogue of 2,000 and five scorers; 20 rules and
ten pins are live, two rules and a pin are drafted.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from bench._database import own_database

REQUESTS = 1_000


def main(requests: int) -> int:
    """Measure on a database of our own; what uses Django's models is imported once it stands."""
    with own_database():
        failed: int = import_module("bench._simulating").measure(requests)
        return failed


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS))
