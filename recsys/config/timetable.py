"""What is done by the clock: each task, when, and in which queue; who rings is `recsys.config.beat`."""

from __future__ import annotations

from typing import Any, Final

from celery.schedules import crontab

HOUR_S: Final = 3600


def _every(seconds: int, task: str, queue: str) -> dict[str, Any]:
    """A task at an interval; one that no worker took before the next is forgotten."""
    options = {"queue": queue, "expires": seconds}
    return {"task": f"recsys.{task}", "schedule": float(seconds), "options": options}


def _nightly(at: str, task: str) -> dict[str, Any]:
    """A task once a night, at an hour and minute of UTC."""
    hour, minute = at.split(":")
    options = {"queue": "bulk", "expires": HOUR_S}
    return {
        "task": f"recsys.{task}",
        "schedule": crontab(hour=hour, minute=minute),
        "options": options,
    }


# What must not wait behind an hour of bulk work has the queue "upkeep" to itself.
TASKS: Final[dict[str, dict[str, Any]]] = {
    "sweep": _every(30, "sweep", "upkeep"),
    "launch due runs": _every(15, "launch_due", "upkeep"),
    "publish change sets": _every(5, "publish_due", "upkeep"),
    "roll up": _every(60, "roll_up", "bulk"),
    "refresh segments": _every(15, "refresh_segments", "bulk"),
    "mark interactions": _every(600, "mark_interactions", "bulk"),
    "check expectations": _every(600, "follow_expectations", "bulk"),
    "profile items": _every(HOUR_S, "profile_items", "bulk"),
    "inspect decisions": _nightly("3:17", "inspect_decisions"),
    "appraise decisions": _nightly("3:37", "appraise_all"),
    "propose decisions": _nightly("4:31", "propose_decisions"),
    "forget reports": _nightly("3:53", "forget_reports"),
    "prune artifacts": _nightly("3:41", "prune_artifacts"),
    "archive feedback": _nightly("4:11", "archive_feedback"),
    "learn preferences": _nightly("2:47", "learn_preferences"),
}
