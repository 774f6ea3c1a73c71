"""The web side of a slate: find it, check it, have it fused where it is not fresh, and log what was served.

Needs neither torch nor a model. Whatever fails beside PostgreSQL costs freshness, not the answer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from curation.ids import new_id
from curation.models import Surface
from curation.people import members
from feedback.models import Impression
from feedback.recording import impressions
from recsys.slates import bodies, doorbell, fallbacks
from recsys.slates.bodies import Body
from recsys.slates.checks import Check, check
from recsys.slates.places import Place
from recsys.transport import cache, telemetry

log = logging.getLogger(__name__)

FRESH, STALE, FALLBACK = "fresh", "stale", "fallback"
DEFAULT_SIZE: Final = 10


class Refused(ValueError):
    """A slate that cannot be asked for like this: a code for programs, a text for people."""

    code = "refused"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class UnknownSurface(Refused):
    """There is no such surface."""

    code = "unknown_surface"


class UnknownItem(Refused):
    """There is no such item to start from."""

    code = "unknown_item"


class AnchorRequired(Refused):
    """A similar-items surface needs the item to start from."""

    code = "item_required"


class AnchorRefused(Refused):
    """A personal surface starts from no item."""

    code = "item_refused"


@dataclass(frozen=True, slots=True)
class MemberKey:
    """A member as they are known outside."""

    source: str
    outside_id: str


@dataclass(frozen=True, slots=True)
class Ask:
    """What a caller wants: whose slate, where, how long, in what situation, without which items.

    `wait_ms` bounds the wait for a fresh slate; None is the installation's budget. `shown` says that the
    caller puts the slate before the member's eyes, so that its impression is shown when it is served.
    """

    member: MemberKey
    surface: str
    size: int = DEFAULT_SIZE
    device: str = ""
    language: str = ""
    anchor: UUID | None = None
    exclude: frozenset[UUID] = frozenset()
    wait_ms: int | None = None
    shown: bool = False

    @property
    def place(self) -> Place:
        """Where the body of this slate lies."""
        anchor = str(self.anchor) if self.anchor else ""
        member = self.member
        return Place(
            self.surface, member.source, member.outside_id, self.device, self.language, anchor
        )

    @property
    def budget_s(self) -> float:
        """How long to wait for a fresh slate."""
        asked = settings.DOORBELL_BUDGET_MS if self.wait_ms is None else self.wait_ms
        return min(asked, settings.DOORBELL_BUDGET_MAX_MS) / 1000


@dataclass(frozen=True, slots=True)
class Served:
    """A slate as one member got it. `placements` are ready for JSON, their reasons still codes."""

    impression: UUID
    slate: UUID | None
    mode: str
    short: bool
    versions: Mapping[str, int]
    placements: list[dict[str, Any]]
    member: UUID


@dataclass(frozen=True, slots=True)
class _Found:
    """A body, how good it is, and what holds now of its items."""

    body: Body
    mode: str
    check: Check


def slate(ask: Ask, *, feedback: int = 0) -> Served:
    """Serve a slate and log its impression; `feedback` is the least version of it that must count.

    An unknown member is a new one. Raises Refused.
    """
    deadline = time.monotonic() + ask.budget_s
    place = ask.place
    body = _cached(place)
    now = _checked(ask, place, body)
    if now.subject is None:
        now = replace(now, subject=members.get_or_create(place.source, place.outside_id).subject)
    if body is None or not now.is_fresh(body) or body.versions["feedback"] < feedback:
        found = _renewed(place, body, now, feedback, deadline)
    else:
        found = _Found(body, FRESH, now)
    return _serve(ask, found)


def for_nobody(
    surface: str,
    *,
    size: int,
    device: str = "",
    language: str = "",
    anchor: UUID | None = None,
    exclude: frozenset[UUID] = frozenset(),
) -> list[dict[str, Any]]:
    """The placements for whoever is no member yet: the fallback, checked; nothing is made or logged.

    Raises UnknownSurface.
    """
    place = Place(surface, device=device, language=language, anchor=str(anchor) if anchor else "")
    body = fallbacks.read(place) or bodies.NOTHING
    now = check(place, body)
    if now is None:
        raise UnknownSurface(_("There is no surface %(slug)s.") % {"slug": surface})
    unwanted = {str(item) for item in exclude} | ({str(anchor)} if anchor else set())
    placements, _short = body.serve(now.gone | unwanted, size)
    return [_shown(each) for each in placements]


def _cached(place: Place) -> Body | None:
    try:
        return cache.ask(lambda client: bodies.read(client, place))
    except cache.Unavailable:
        return None


def _checked(ask: Ask, place: Place, body: Body | None) -> Check:
    now = check(place, body)
    if now is None:
        raise UnknownSurface(_("There is no surface %(slug)s.") % {"slug": ask.surface})
    if now.kind == Surface.Kind.SIMILAR and ask.anchor is None:
        raise AnchorRequired(_("This surface needs an item to start from."))
    if now.kind != Surface.Kind.SIMILAR and ask.anchor is not None:
        raise AnchorRefused(_("This surface starts from no item."))
    if not now.has_anchor:
        raise UnknownItem(_("There is no item %(item)s.") % {"item": ask.anchor})
    return now


def _renewed(place: Place, body: Body | None, now: Check, feedback: int, deadline: float) -> _Found:
    """Have the slate fused within the budget; else the last body, else the fallback, checked alike."""
    while (budget_s := deadline - time.monotonic()) > 0:
        needs = {**now.versions, "feedback": max(now.versions["feedback"], feedback)}
        answer = _rung(place, needs, budget_s)
        if answer is None:
            break
        # What moved while it was made shows here, as in any body that is read.
        body, now = answer, _again(place, answer, now)
        if now.is_fresh(body) and body.versions["feedback"] >= feedback:
            return _Found(body, FRESH, now)
    if body is not None and now.may_serve_stale(body):
        return _Found(body, STALE, now)
    body = fallbacks.read(place) or bodies.NOTHING
    return _Found(body, FALLBACK, _again(place, body, now))


def _rung(place: Place, needs: Mapping[str, int], budget_s: float) -> Body | None:
    try:
        return doorbell.ring(place, needs, budget_s)
    except cache.Unavailable as trouble:
        log.warning("no fresh slate of %s: %s", place.surface, trouble)
        return None


def _again(place: Place, body: Body, before: Check) -> Check:
    now = check(place, body)
    return before if now is None else replace(now, subject=now.subject or before.subject)


def _serve(ask: Ask, found: _Found) -> Served:
    body, subject = found.body, found.check.subject
    if subject is None:
        raise RuntimeError("a slate is served to a member, and every member has a subject")
    unwanted = {str(item) for item in ask.exclude} | ({str(ask.anchor)} if ask.anchor else set())
    gone = found.check.gone | unwanted
    placements, short = body.serve(gone, ask.size)
    served = Served(
        impression=new_id(),
        slate=UUID(body.slate) if body.slate else None,
        mode=found.mode,
        short=short,
        versions=body.versions,
        placements=[_shown(each) for each in placements],
        member=subject,
    )
    telemetry.SLATES.labels(ask.surface, found.mode).inc()
    _log(ask, served, body.removed(gone), simulated=found.check.simulated)
    return served


def _shown(placement: Mapping[str, Any]) -> dict[str, Any]:
    """A placement with the item as it is known outside, and how to show it."""
    shown = {**placement, "id": placement["item"], **placement["shown"]}
    del shown["shown"]
    return shown


def _log(ask: Ask, served: Served, removed: list[str], *, simulated: bool) -> None:
    placements, now = served.placements, datetime.now(UTC)
    impressions.log(
        Impression(
            id=served.impression,
            served_at=now,
            shown_at=now if ask.shown else None,
            slate=served.slate,
            subject=served.member,
            surface=ask.surface,
            mode=served.mode,
            short=served.short,
            context={
                "device": ask.device,
                "language": ask.language,
                "anchor": str(ask.anchor) if ask.anchor else None,
            },
            versions=served.versions,
            items=[each["id"] for each in placements],
            slots=[each["slot"] for each in placements],
            propensities=[each["propensity"] for each in placements],
            curated=[each["curated"] for each in placements],
            removed=removed,
            simulated=simulated,
        )
    )
