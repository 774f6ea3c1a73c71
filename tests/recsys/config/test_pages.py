"""Who knows the pages: whoever serves them, and no worker."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module

from django.conf import settings
from django.core import checks

from tests.processes import ROOT

WORKER = """
import sys
from recsys.config.celery import app
app.loader.import_default_modules()
assert "recsys.refuse_surface" in app.tasks
print(*(name for name in ("recsys.config.urls", "curation.admin", "numpy") if name in sys.modules))
"""


def test_a_worker_starts_without_the_pages() -> None:
    """They would double what each process takes, in time and in memory."""
    environment = os.environ | {"TANDEM_PROCESS": "upkeep"}
    words = [sys.executable, "-c", WORKER]
    done = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.returncode) == ("", 0), done.stderr


def test_the_pages_of_the_admin_are_sound() -> None:
    import_module(settings.ROOT_URLCONF)
    assert checks.run_checks(tags=[checks.Tags.admin]) == []
