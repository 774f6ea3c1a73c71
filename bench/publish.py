"""Publishing on a surface with 1,000 live decisions against the bare SQL that writes the same rows.

Run: python bench/publish.py [decisions]
A publish checks who may, lints the drafts beside all that is live, writes the new version with what it
carries over, and announces it; the bare SQL copies the version's rows and commits.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from bench._database import own_database

DECISIONS = 1_000


def main(decisions: int) -> int:
    """Measure on a database of our own; what uses Django's models is imported once it stands."""
    with own_database():
        failed: int = import_module("bench._publish").measure(decisions)
        return failed


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else DECISIONS))
