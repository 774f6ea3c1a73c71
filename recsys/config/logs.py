"""How every process writes its log: one JSON object a line, or plain words where a person watches.

That holds of Celery's own lines and of warnings, too. What is bound to the context (the request's id, the user, the
task, the job) stands in each line. Nothing that people wrote belongs into a log: no titles, no bodies, no tokens, no
query strings.
"""

from __future__ import annotations

from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor


def _without_request(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Django hands its request over to be shown, address and query string included."""
    event.pop("request", None)
    return event


def _of_celery(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Celery says which task it speaks of in a lump of its own, beside the arguments, which people may have written."""
    told = event.get("data")
    if str(event.get("logger", "")).startswith("celery.") and isinstance(told, dict):
        del event["data"]
        named = {"task": told.get("name"), "task_id": told.get("id")}
        event.update({key: value for key, value in named.items() if value})
        if isinstance(seconds := told.get("runtime"), float):
            event["ms"] = round(seconds * 1000, 1)
    return event


_SHARED: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    _without_request,
    _of_celery,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
QUIET: Final = {
    # The line of each request says as much, with its id and without its address.
    "django.request": "ERROR",
    "django.server": "ERROR",
}
# One slate, two lines: too many for a log that people read.
_OF_TASKS: Final = ("celery.worker.strategy", "celery.app.trace")


def logging_config(process: str, level: str, *, watched: bool) -> dict[str, Any]:
    """What `LOGGING` is for a process; watched: a terminal shows it."""
    form = structlog.dev.ConsoleRenderer(colors=False) if watched else _json()
    trace: list[Processor] = [] if watched else [structlog.processors.format_exc_info]
    loggers = {name: {"level": of} for name, of in QUIET.items()}
    if process == "realtime":
        loggers |= {name: {"level": "WARNING"} for name in _OF_TASKS}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *trace,
                    form,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": loggers,
    }


def _json() -> Processor:
    return structlog.processors.JSONRenderer(sort_keys=False, ensure_ascii=False)
