"""What a worker does when it starts, before each task, and when it is told to stop.

What it needs is imported when that happens, as in `recsys.workers.tasks`.
"""

from __future__ import annotations

import gc
import logging
import os
from typing import Any

from billiard.process import active_children
from billiard.util import get_logger as get_multiprocessing_logger
from celery import Task
from celery.signals import (
    after_setup_logger,
    after_setup_task_logger,
    celeryd_after_setup,
    celeryd_init,
    task_postrun,
    task_prerun,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)
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


@task_postrun.connect
def task_ended(**_: Any) -> None:
    """What is logged between two tasks is not said of the one before."""
    clear_contextvars()


@after_setup_logger.connect
def logger_set_up(**_: Any) -> None:
    """What is said of the pool goes the way of all lines, not through a handler of its own with words for people."""
    _pass_on(get_multiprocessing_logger())


@after_setup_task_logger.connect
def task_logger_set_up(logger: logging.Logger, **_: Any) -> None:
    """The same of the loggers that tasks may ask of Celery."""
    _pass_on(logger)


def _pass_on(logger: logging.Logger) -> None:
    logger.handlers.clear()
    logger.propagate = True


@celeryd_after_setup.connect
def worker_set_up(**_: Any) -> None:
    """A child that is spawned says nothing before its log is set up as its parent's is."""
    os.environ.pop("_MP_FORK_LOGLEVEL_", None)


@celeryd_init.connect
def worker_begins(**_: Any) -> None:
    """What Python or a library warns of is a line of the log as well."""
    logging.captureWarnings(True)


@worker_process_init.connect
def child_started(**_: Any) -> None:
    """A child seldom looks for garbage; a realtime one holds the models, and does its arithmetic in one thread."""
    logging.captureWarnings(True)
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
