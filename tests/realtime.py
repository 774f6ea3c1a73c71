"""A real worker of slates on the test database, for tests of what only several processes show."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from recsys.models import Heartbeat
from tests.processes import ROOT, wait_until


@dataclass
class Worker:
    """A realtime worker on the test database, with a queue of its own."""

    queue: str
    process: subprocess.Popen[str]
    log: Path

    def children(self) -> list[int]:
        """The pool's children; beside them runs only the one that counts their semaphores."""
        pid = self.process.pid
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [
            int(each) for each in found if "spawn_main" in Path(f"/proc/{each}/cmdline").read_text()
        ]

    def beats(self) -> bool:
        return Heartbeat.objects.filter(role="realtime", pid__in=self.children()).exists()

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def database_url() -> str:
    """The test database, for a process."""
    place = connection.settings_dict
    port = f"&port={place['PORT']}" if place["PORT"] else ""
    return f"postgresql://{place['USER']}@/{place['NAME']}?host={place['HOST']}{port}"


def start_worker() -> Worker:
    """Start one, and return when it holds the models."""
    queue = f"realtime-{uuid.uuid4().hex}"
    log = Path(settings.VAR_DIR) / f"{queue}.log"
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "BROKER_URL": settings.CELERY_BROKER_URL,  # the command line of Celery reads it too
        "TANDEM_PROCESS": "realtime",
        "OMP_NUM_THREADS": "1",
        "DJANGO_SETTINGS_MODULE": "recsys.config.settings",
    }
    words = ["-m", "celery", "--quiet", "-A", "recsys.config", "worker", "--queues", queue]
    more = ["--concurrency", "1", "--without-gossip", "--without-mingle", "--hostname", queue]
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, *words, *more, "--pool", "prefork", "--loglevel", "INFO"],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    worker = Worker(queue, process, log)
    try:
        wait_until(worker.beats, "the realtime worker")
    except AssertionError:
        worker.stop()
        pytest.fail(log.read_text())
    return worker
