"""Re-fusing a surface after a publish, a promotion or a change of the catalogue: fallbacks, then active members.

Whom it does not reach is fused at their next visit; this only saves them the wait.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from curation import counters
from curation.models import Surface
from curation.outbox import announce
from recsys.jobs import leases
from recsys.jobs.leases import Lease
from recsys.models import Fallback, Job, Refusing
from recsys.slates import bodies, fallbacks, fusing
from recsys.slates.places import Place
from recsys.transport import cache

log = logging.getLogger(__name__)

MOST_CONTEXTS: Final = 100
MOST_MEMBERS: Final = 10_000
AT_ONCE: Final = 50
"""How many members' slates are read, fused and kept together: half a second's work, then it looks up again."""
TASK: Final = "recsys.refuse_surface"

# Contexts in which slates were served lately, most often first: those whose fallback is kept.
_CONTEXTS: Final = """
SELECT context ->> 'device', context ->> 'language', context ->> 'anchor'
  FROM feedback_impression
 WHERE surface = %s AND served_at > now() - interval '1 day' AND NOT simulated
 GROUP BY 1, 2, 3 ORDER BY count(*) DESC, 1, 2, 3 LIMIT %s
"""
# Members who were served lately, the latest first, with the contexts they were in.
_ACTIVE: Final = """
SELECT m.source, m.outside_id, i.context ->> 'device', i.context ->> 'language', i.context ->> 'anchor'
  FROM feedback_impression i JOIN curation_member m ON m.subject = i.subject
 WHERE i.surface = %s AND i.served_at > now() - interval '1 day' AND NOT i.simulated
 GROUP BY 1, 2, 3, 4, 5 ORDER BY max(i.served_at) DESC LIMIT %s
"""


def refuse(slug: str, cause: str = "change") -> None:
    """Do what waits for a surface; returns at once where another worker is at it, or all of it is done.

    Each publish rings: of many in a row, what is done for the last is done for all.
    """
    surface = Surface.objects.filter(pk=slug).first()
    if surface is None:
        return
    if _is_done(surface):
        _skip_overtaken(surface)
        return
    job = _waiting(slug, cause)
    lease = leases.claim(Refusing, job.pk)
    if lease is None:
        return
    try:
        perform(slug, lease)
    except leases.Fenced:
        log.warning("re-fusing %s: the lease is lost", slug)
    except Exception as error:
        lease.finish(Job.State.FAILED, error=str(error))
        raise


def announce_outdated() -> int:
    """Announce surfaces whose fallback is missing, of other versions than now, or out of its time; counts them."""
    now, surfaces = counters.read(), Surface.objects.order_by("pk")
    outdated = [row for row in surfaces if not _is_current(row, now)]
    for surface in outdated:
        announce(TASK, surface.pk)
    return len(outdated)


def _is_done(surface: Surface) -> bool:
    """Whether the last re-fusing reached everybody and nothing has changed since it began, with the fallback."""
    last = Refusing.objects.filter(surface=surface).order_by("-requested_at").first()
    if last is None or last.state != Job.State.SUCCEEDED or last.done < last.total:
        return False
    return _is_current(surface, counters.read())


def _skip_overtaken(surface: Surface) -> None:
    """End what waits from before the last re-fusing: its worker died, and it was queued again when all was done."""
    last = Refusing.objects.filter(surface=surface).latest("requested_at")
    waiting = Refusing.objects.filter(surface=surface, state=Job.State.QUEUED)
    for job in waiting.filter(requested_at__lt=last.requested_at):
        if lease := leases.claim(Refusing, job.pk):
            lease.finish(Job.State.SKIPPED)


def _is_current(surface: Surface, now: dict[str, int]) -> bool:
    """Whether the fallback is made from what holds now, and no decision has started or ended since."""
    wanted = {
        "policy": surface.policy_version,
        "blocks": surface.blocks_version,
        "catalogue": now["catalogue"],
        "models": now["models"],
    }
    in_time = Q(valid_until=None) | Q(valid_until__gt=timezone.now())
    kept = Fallback.objects.filter(in_time, key=Place(surface.pk).key)
    made_from = kept.values_list("versions", flat=True).first()
    return made_from is not None and wanted.items() <= made_from.items()


def _waiting(slug: str, cause: str) -> Refusing:
    """The queued job of a surface; one is enough, since it reads the versions when it starts."""
    queued = Refusing.objects.filter(surface=slug, state=Job.State.QUEUED)
    try:
        with transaction.atomic():
            return queued.first() or Refusing.objects.create(surface_id=slug, cause=cause)
    except IntegrityError:
        return queued.get()


def perform(slug: str, lease: Lease) -> None:
    """Renew the fallbacks, then the slates of active members, until done, cancelled or superseded."""
    contexts = list(dict.fromkeys([Place(slug), *_places(_CONTEXTS, slug, MOST_CONTEXTS)]))
    members = list(_places(_ACTIVE, slug, MOST_MEMBERS))
    beaten = time.monotonic()
    cancelled = lease.beat(done=0, total=len(contexts) + len(members))
    done = 0
    for work in _portions(contexts, members):
        if cancelled or (work[0].outside_id and _superseded(slug)):
            break
        _renew(work)
        done += len(work)
        if time.monotonic() - beaten >= 1:
            cancelled = lease.beat(done=done)
            beaten = time.monotonic()
    lease.finish(Job.State.CANCELLED if cancelled else Job.State.SUCCEEDED, done=done)


def _superseded(slug: str) -> bool:
    """Whether something changed since the fallback was renewed: its own ring is on the way, and does all again."""
    return not _is_current(Surface.objects.get(pk=slug), counters.read())


def _portions(contexts: list[Place], members: list[Place]) -> Iterator[list[Place]]:
    """Contexts one by one, since somebody may wait for the first of them; members many at a time."""
    yield from ([context] for context in contexts)
    yield from (members[at : at + AT_ONCE] for at in range(0, len(members), AT_ONCE))


def _renew(places: list[Place]) -> None:
    if not places[0].outside_id:
        _renew_fallback(places[0])
        return
    made = fusing.make_many(fusing.read_many(places))
    wholes = {place: each.body for place, each in zip(places, made, strict=True)}
    try:
        cache.ask(lambda client: bodies.store_many(client, wholes), cache.PATIENT_TIMEOUT_S)
    except cache.Unavailable:
        log.warning("the cache took no slates of %s", places[0].surface)


def _renew_fallback(place: Place) -> None:
    made = fusing.make(fusing.read(place))
    fallbacks.store(place, made.body, made.slate)


def _places(query: str, slug: str, most: int) -> Iterator[Place]:
    with connection.cursor() as cursor:
        cursor.execute(query, [slug, most])
        rows = cursor.fetchall()
    for *member, device, language, anchor in rows:
        source, outside_id = member or ("", "")
        yield Place(slug, source, outside_id, device or "", language or "", anchor or "")
