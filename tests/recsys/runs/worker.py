"""A process that does one run and can be killed: `python -m tests.recsys.runs.worker RUN_ID`."""

from __future__ import annotations

import sys
from uuid import UUID

import django

if __name__ == "__main__":
    django.setup()
    from recsys import runs

    runs.execute(UUID(sys.argv[1]))
