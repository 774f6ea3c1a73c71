"""Short ways to ask for a slate and to decide about one."""

from __future__ import annotations

import uuid
from typing import Any, cast

from curation.actions import Terms, block_item, pin_item, publish_decision
from curation.models import Member, Surface, User
from feedback.actions import record
from feedback.models import Kind
from recsys.slates.serving import Ask, MemberKey, Served, slate
from tests.factories import SOURCE, UserFactory
from tests.feedback.cast import told

LONG_MS = 10_000
TERMS = Terms(reason="a test")


def serve(outside_id: str, surface: str = "home", **more) -> Served:
    """A slate for a member of the tests' source, who waits long for a fresh one."""
    return slate(Ask(MemberKey(SOURCE, outside_id), surface, **{"wait_ms": LONG_MS, **more}))


def new_member(outside_id: str = "", **more: Any) -> Member:
    """A member whom nobody has seen."""
    outside_id = outside_id or f"member-{uuid.uuid4()}"
    return Member.objects.create(source=SOURCE, outside_id=outside_id, **more)


def person(*roles: str) -> User:
    """Somebody with these roles."""
    return cast("User", UserFactory(roles=list(roles)))


def rate(member, item, stars=5, event="an event") -> None:
    """A member rates an item."""
    record([told(member, event, Kind.RATING, item, stars)], source=SOURCE)


def refuse(member, item, event="a refusal") -> None:
    """A member is not interested in an item."""
    record([told(member, event, Kind.NOT_INTERESTED, item)], source=SOURCE)


def block(item, **more) -> None:
    """An administrator blocks an item and publishes."""
    actor = person("administrator")
    publish_decision(actor=actor, draft=block_item(actor=actor, item=item, terms=TERMS, **more))


def pin(item, slot, surface="home") -> None:
    """A curator pins an item and publishes."""
    actor, place = person("curator"), Surface.objects.get(pk=surface)
    draft = pin_item(actor=actor, surface=place, item=item, slot=slot, terms=TERMS)
    publish_decision(actor=actor, draft=draft)


def ids(served: Served) -> list[str]:
    """The outside ids of a slate, by slot."""
    return [each["item"] for each in served.placements]
