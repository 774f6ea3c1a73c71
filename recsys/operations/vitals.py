"""How the installation is, in sentences: each part is good, to be watched or bad, and says what mends it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from recsys.models import Job
from recsys.operations import standing as operations
from recsys.operations.standing import Standing
from recsys.screens import durations

GOOD: Final = "good"
WATCH: Final = "watch"
BAD: Final = "bad"
STATES: Final[Mapping[str, str | Promise]] = {
    GOOD: gettext_lazy("good"),
    WATCH: gettext_lazy("watch"),
    BAD: gettext_lazy("bad"),
}
ROLES: Final[Mapping[str, str | Promise]] = {
    "realtime": gettext_lazy("Slates"),
    "upkeep": gettext_lazy("Upkeep"),
    "bulk": gettext_lazy("Bulk work"),
    "training": gettext_lazy("Training"),
}
LONG_QUEUE: Final = 1_000
FULL: Final = (0.8, 0.95)
"""Shares of the connections in use from which they are to be watched, and bad."""
FREE: Final = (0.2, 0.1)
"""Shares of the disk that are free, below which it is to be watched, and bad."""
LONG_STATEMENT: Final = (timedelta(minutes=1), timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Vital:
    """One part of the installation: what it is called, its state, a sentence on it, and what to do."""

    subject: str
    state: str
    text: str
    remedy: str = ""

    @property
    def word(self) -> str:
        """Its state in a word."""
        return str(STATES[self.state])


def vitals(standing: Standing) -> list[Vital]:
    """Every part, the worst first; parts of one state in the order in which work passes them."""
    found = [
        _broker(standing),
        *(_worker(standing, role) for role in operations.QUEUES),
        _outbox(standing),
        _beat(standing),
        _jobs(standing),
        _database(standing),
        _disk(),
        *_troubles(standing),
    ]
    return sorted(found, key=lambda vital: (BAD, WATCH, GOOD).index(vital.state))


def worst(found: list[Vital]) -> Vital | None:
    """The first that is not good."""
    return next((vital for vital in found if vital.state != GOOD), None)


def _broker(standing: Standing) -> Vital:
    if standing.trouble:
        text = _(
            "The broker does not answer (%(why)s). What has to happen waits in the outbox and is "
            "published when it is back; slates are served stale meanwhile."
        )
        remedy = _("Start the Valkey of the queues again. Nothing is lost.")
        return Vital(_("Broker"), BAD, text % {"why": standing.trouble}, remedy)
    waiting = sum(standing.queues.values())
    text = ngettext(
        "The broker answers; %(n)s message waits.",
        "The broker answers; %(n)s messages wait.",
        waiting,
    )
    return Vital(_("Broker"), GOOD, text % {"n": waiting})


def _worker(standing: Standing, role: str) -> Vital:
    alive, waiting = len(standing.alive(role)), standing.queues.get(role)
    subject = str(ROLES[role])
    if not alive:
        text = _("No worker of the queue %(role)s was seen lately: what it does waits.")
        remedy = _("Look into var/log/%(role)s.log, then start the worker again.")
        return Vital(subject, BAD, text % {"role": role}, remedy % {"role": role})
    lives = ngettext("%(n)s worker lives", "%(n)s workers live", alive) % {"n": alive}
    if waiting is None:
        unknown = _("%(lives)s; how much waits is not known.")
        return Vital(subject, WATCH, unknown % {"lives": lives})
    waits = ngettext("%(n)s message waits", "%(n)s messages wait", waiting) % {"n": waiting}
    text = _("%(lives)s; %(waits)s.") % {"lives": lives, "waits": waits}
    if waiting < LONG_QUEUE:
        return Vital(subject, GOOD, text)
    return Vital(
        subject, WATCH, text, _("If it keeps growing, start another worker of this queue.")
    )


def _outbox(standing: Standing) -> Vital:
    lag = standing.outbox
    if not standing.alive("relay"):
        text = _("The relay was not seen lately: nothing leaves the outbox.")
        remedy = _("Look into var/log/%(role)s.log, then start the worker again.")
        return Vital(_("Outbox"), BAD, text, remedy % {"role": "relay"})
    if lag.oldest is None:
        return Vital(_("Outbox"), GOOD, _("Empty: everything is announced."))
    told = {"n": lag.waiting, "age": durations.say(lag.oldest.total_seconds())}
    text = _("%(n)s announcements wait, the oldest for %(age)s.") % told
    if lag.oldest > operations.LONGEST_LAG:
        return Vital(_("Outbox"), BAD, text, _look("relay"))
    return Vital(_("Outbox"), GOOD, text)


def _beat(standing: Standing) -> Vital:
    if not standing.ticks:
        return Vital(_("Clockwork"), GOOD, _("Every periodic task was sent in time."))
    text = _("Tasks that were not sent in time: %(names)s.") % {
        "names": _(", ").join(standing.ticks)
    }
    return Vital(_("Clockwork"), BAD, text, _("Look whether beat runs: var/log/beat.log."))


def _jobs(standing: Standing) -> Vital:
    lost = [jobs.kind for jobs in standing.jobs if jobs.expired]
    late = [jobs.kind for jobs in standing.jobs if _is_late(jobs)]
    if late:
        text = _("Jobs have waited for long while none of their kind runs: %(kinds)s.")
        remedy = _("Look into the log of the worker that should do them.")
        return Vital(_("Jobs"), BAD, text % {"kinds": _(", ").join(late)}, remedy)
    if lost:
        text = _("Jobs have lost their worker: %(kinds)s.") % {"kinds": _(", ").join(lost)}
        return Vital(_("Jobs"), WATCH, text, _("Wait half a minute: the sweep frees them."))
    return Vital(_("Jobs"), GOOD, _("No job waits for long, and none has lost its worker."))


def _is_late(jobs: operations.Jobs) -> bool:
    waits = jobs.oldest is not None and jobs.oldest > operations.LONGEST_WAIT
    return waits and not jobs.by_state.get(Job.State.RUNNING)


def _database(standing: Standing) -> Vital:
    told = standing.database
    text = _(
        "PostgreSQL %(release)s holds %(size)s; %(connections)s of %(most)s connections are open, the longest "
        "statement has run for %(longest)s. One server is all that is needed: no replica is expected."
    ) % {
        "release": told.release,
        "size": filesizeformat(told.size),
        "connections": told.connections,
        "most": told.most,
        "longest": durations.say(told.longest.total_seconds()),
    }
    crowded = sum(told.connections / told.most >= limit for limit in FULL)
    slow = sum(told.longest >= limit for limit in LONG_STATEMENT)
    if crowded and crowded >= slow:
        remedy = _("Raise max_connections, or start fewer processes.")
        return Vital(_("Database"), (WATCH, BAD)[crowded - 1], text, remedy)
    if slow:
        remedy = _("See which it is with manage.py doctor; end it with pg_terminate_backend.")
        return Vital(_("Database"), (WATCH, BAD)[slow - 1], text, remedy)
    return Vital(_("Database"), GOOD, text)


def _disk() -> Vital:
    usage = shutil.disk_usage(settings.VAR_DIR)
    share = usage.free / usage.total
    told = {"free": filesizeformat(usage.free), "share": round(100 * share)}
    text = _("%(free)s are free where the data folder lies, %(share)s %% of the disk.") % told
    short = sum(share < limit for limit in FREE)
    if short:
        remedy = _("Free some space: manage.py prune_artifacts, old logs, old backups.")
        return Vital(_("Disk"), (WATCH, BAD)[short - 1], text, remedy)
    return Vital(_("Disk"), GOOD, text)


def _troubles(standing: Standing) -> Iterator[Vital]:
    """What living processes complain of."""
    for beat in standing.beats:
        if beat.problem and not standing.is_late(beat):
            yield Vital(beat.name, WATCH, beat.problem, _look(beat.role))


def _look(role: str) -> str:
    return _("Look into var/log/%(role)s.log.") % {"role": role}
