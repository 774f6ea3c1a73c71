"""What a worker does when it starts, before each task, and when it is told to stop.

What it needs is imported when that happens, as in `recsys.workers.tasks`.
"""

from __future__ import annotations

import gc
from typing import Any

from billiard.process import active_children
from celery import Task
from celery.signals import task_prerun, worker_process_init, worker_ready, worker_shutting_down
from django.conf import settings
from django.db import close_old_connections
from structlog.contextvars import bind_contextvars, clear_contextvars

REALTIME = "realtime"
TRAINING = "training"
UPKEEP = "upkeep"


@task_prerun.connect
def task_begins(task: Task[..., None], **_: Any) -> None:
    """A connection that was lost since the last task is made anew; every line that is logged names the task."""
    # Celery does so in its parent process alone: a child that was not forked never hears of it.
    close_old_connections()
    clear_contextvars()
    bind_contextvars(task=task.name, task_id=task.request.id)
    if request := (task.request.headers or {}).get("request_id"):
        bind_contextvars(request_id=request)


@worker_process_init.connect
def child_started(**_: Any) -> None:
    """A child seldom looks for garbage; a realtime one holds the models, and does its arithmetic in one thread."""
    gc.set_threshold(settings.COLLECTED_AFTER)
    if settings.PROCESS == REALTIME:
        from threadpoolctl import threadpool_limits

        from recsys.workers import attendance

        threadpool_limits(1)
        attendance.start(REALTIME)


@worker_ready.connect
def worker_started(**_: Any) -> None:
    """The other workers show that they live by their parent process; each watches over its pool."""
    if settings.PROCESS != UPKEEP:
        from recsys.workers import pool_guard

        pool_guard.start()
    if settings.PROCESS != REALTIME:
        from recsys.workers import attendance

        attendance.start(settings.PROCESS)


@worker_shutting_down.connect
def worker_stopping(**_: Any) -> None:
    """A training worker does not wait for a run of hours: the child hands it back, with its checkpoint."""
    if settings.PROCESS == TRAINING:
        for child in active_children():
            child.terminate()
