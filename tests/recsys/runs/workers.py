"""Runs in processes of their own, and the tables that hold such a process up until it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import psycopg
from django.conf import settings
from django.db import connection
from django.utils import timezone

from recsys.jobs.leases import Lease, claim
from recsys.models import Run, RunProgress
from recsys.runs.words import Told, failure_of
from tests.processes import ROOT, wait_until

START_S = 120.0
HUNG_DISK = Path(__file__).with_name("hung_disk")


def start(run: Run, *words: str, hangs_at: str = "", full_at: str = "") -> subprocess.Popen[bytes]:
    """Do a run in a process of its own; the disk hangs, or is full, as soon as a file of such a name is to last."""
    environment = os.environ | {
        "PYTHONPATH": f"{HUNG_DISK}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        "HANGS_AT": hangs_at,
        "FULL_AT": full_at,
        "DATABASE_URL": url(),
        "DJANGO_SETTINGS_MODULE": "recsys.config.settings",
        "TANDEM_VAR": str(settings.VAR_DIR),
    }
    command = [sys.executable, "-m", "tests.recsys.runs.worker", str(run.id), *words]
    return subprocess.Popen(command, cwd=ROOT, env=environment)


def ended_when(
    run: Run, condition: Callable[[], bool], by: signal.Signals, hangs_at: str = ""
) -> None:
    """Do the run in a process of its own and send that a signal once it has come so far."""
    worker = start(run, hangs_at=hangs_at)
    try:
        wait_until(
            lambda: worker.poll() is not None or condition(), "the run has come so far", START_S
        )
        assert worker.poll() is None, "the worker ended before"
    finally:
        worker.send_signal(by)
        worker.wait(timeout=60)
    wait_until(lambda: not fits(), "the fit died with its worker")


def killed_when(run: Run, condition: Callable[[], bool]) -> None:
    """The same with kill -9, and its lease runs out."""
    ended_when(run, condition, signal.SIGKILL)
    expire(run)


def expire(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


@contextmanager
def held(table: str, mode: str) -> Iterator[None]:
    """Nobody gets past a table while the context lasts."""
    with psycopg.connect(url()) as holder:
        holder.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        holder.execute(f"LOCK TABLE {table} IN {mode} MODE")
        yield


def waits_for(table: str) -> bool:
    """Whether somebody stands before a held table."""
    # The databases of other test workers are copies of one as well: a table has the same number in each.
    query = """
        SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
         WHERE NOT granted AND relation = %s::regclass AND datname = current_database()
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [table])
        return bool(cursor.fetchone()[0])


def fits() -> list[psutil.Process]:
    """The fits that this test run has started and that still run."""
    mine = str(settings.VAR_DIR)
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if any(mine in word for word in process.info["cmdline"] or ())
        and "recsys.runs.fitting" in process.info["cmdline"]
    ]


def stage(run: Run) -> str:
    return RunProgress.objects.get(run=run).stage


def said(run: Run) -> list[str]:
    """The codes of the log."""
    return [line["code"] for line in RunProgress.objects.get(run=run).log]


def claimed(run: Run) -> Lease:
    """The lease of a run."""
    lease = claim(Run, run.pk)
    assert lease is not None
    return lease


def words_of(run: Run) -> Told:
    """Why a run failed."""
    told = failure_of(run)
    assert told is not None
    return told


def url() -> str:
    base = connection.settings_dict
    return f"postgresql://{base['USER']}@/{base['NAME']}?host={base['HOST']}"
