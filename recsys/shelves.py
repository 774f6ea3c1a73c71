"""Shelves: slates as a page shows them to the person who is signed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from curation import members
from curation.access import roles_of
from curation.models import Item, Member, User
from recsys import serving
from recsys.cards import Card, cards
from recsys.serving import Ask, MemberKey, Served

_HOME_SIZE = 20
_SIMILAR_SIZE = 6
_PATIENCE_MS = 1_500
"""How long the answer to feedback may wait for the slate that covers it."""
_TRACE_READERS = frozenset({"curator", "analyst", "operator", "administrator"})


@dataclass(frozen=True)
class Shelf:
    """One row of cards with the sentence that explains it."""

    cards: Sequence[Card]
    sentence: str
    mode: str
    trace_url: str = ""


def viewer(request: HttpRequest) -> Member:
    """The member who is signed in; a user without one gets one."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("a shelf needs somebody who is signed in")
    known = Member.objects.select_related("merged_into").filter(user=user).first()
    if known:
        return known.merged_into or known
    return members.get_or_create(settings.DEFAULT_SOURCE, f"user-{user.get_username()}", user=user)


def home(request: HttpRequest, *, feedback: int = 0) -> Shelf:
    """The shelf of the home surface, covering at least that version of the member's feedback."""
    member = viewer(request)
    ask = _ask(request, member, "home", _HOME_SIZE)
    served = serving.slate(
        replace(ask, wait_ms=_PATIENCE_MS) if feedback else ask, feedback=feedback
    )
    return Shelf(
        cards=cards(served.placements, subject=member.subject, impression=served.impression),
        sentence=_sentence(served),
        mode=served.mode,
        trace_url=_trace_url(request, served),
    )


def similar(request: HttpRequest, anchor: Item) -> Sequence[Card]:
    """Items similar to one, as cards."""
    member = viewer(request)
    ask = _ask(request, member, "similar", _SIMILAR_SIZE, anchor)
    served = serving.slate(ask)
    return cards(served.placements, subject=member.subject, impression=served.impression)


def _ask(
    request: HttpRequest, member: Member, surface: str, size: int, anchor: Item | None = None
) -> Ask:
    return Ask(
        member=MemberKey(member.source, member.outside_id),
        surface=surface,
        size=size,
        language=get_language() or "",
        anchor=anchor.id if anchor else None,
        shown=True,
    )


def _sentence(served: Served) -> str:
    if served.mode == "fresh":
        return _(
            "Made just now from your ratings, what people watch now, and what our curators decided."
        )
    if served.mode == "stale":
        return _("From a moment ago: your newest feedback is kept and will count shortly.")
    return _("What people watch now. Your own shelf is being prepared; what you rate is kept.")


def _trace_url(request: HttpRequest, served: Served) -> str:
    if served.slate and roles_of(request.user) & _TRACE_READERS:
        return reverse("trace", args=[served.slate])
    return ""
