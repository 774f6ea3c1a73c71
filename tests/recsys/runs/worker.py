"""A process that does one run and can be killed: `python -m tests.recsys.runs.worker RUN_ID [LARGEST_FILE]`."""

from __future__ import annotations

import resource
import sys
from uuid import UUID

import django

if __name__ == "__main__":
    django.setup()
    from recsys.runs import worker as runs

    if len(sys.argv) > 2:  # as a disk that takes no more: what grows beyond it fails to be written
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    runs.execute(UUID(sys.argv[1]))
