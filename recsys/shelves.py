"""Shelves: slates as a page shows them to whoever looks: signed in, a visitor, or nobody known yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from curation.access import roles_of
from curation.models import Item, Member, User
from recsys import serving, visitors
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
    """The member who looks: the user's, or the visitor's, made if need be."""
    if isinstance(request.user, User):
        return visitors.own_member(request.user)
    return visitors.member_of(request)


def subject_of(request: HttpRequest) -> UUID | None:
    """The subject of whoever looks, None before there is any; nothing is made for a visitor."""
    if isinstance(request.user, User):
        return visitors.own_member(request.user).subject
    visitor = visitors.member_if_any(request)
    return visitor.subject if visitor else None


def home(request: HttpRequest, *, feedback: int = 0) -> Shelf:
    """The shelf of the home surface, covering at least that version of the member's feedback."""
    member = _key(request)
    if member is None:
        placements = serving.for_nobody("home", size=_HOME_SIZE, language=get_language() or "")
        return Shelf(cards(placements, subject=None), _for_strangers(), serving.FALLBACK)
    ask = _ask(member, "home", _HOME_SIZE)
    served = serving.slate(
        replace(ask, wait_ms=_PATIENCE_MS) if feedback else ask, feedback=feedback
    )
    return Shelf(
        cards=_cards(served),
        sentence=_sentence(served),
        mode=served.mode,
        trace_url=_trace_url(request, served),
    )


def similar(request: HttpRequest, anchor: Item) -> Sequence[Card]:
    """Items similar to one, as cards."""
    member = _key(request)
    if member is None:
        language = get_language() or ""
        placements = serving.for_nobody(
            "similar", size=_SIMILAR_SIZE, language=language, anchor=anchor.id
        )
        return cards(placements, subject=None)
    served = serving.slate(_ask(member, "similar", _SIMILAR_SIZE, anchor))
    return _cards(served)


def _cards(served: Served) -> Sequence[Card]:
    return cards(
        served.placements,
        subject=served.member,
        impression=served.impression,
        slate=served.slate,
    )


def _key(request: HttpRequest) -> MemberKey | None:
    """Whose shelf it is; None for a browser that no cookie tells from others."""
    if isinstance(request.user, User):
        member = visitors.own_member(request.user)
        return MemberKey(member.source, member.outside_id)
    outside_id = visitors.outside_id_of(request)
    return MemberKey(settings.DEFAULT_SOURCE, outside_id) if outside_id else None


def _ask(member: MemberKey, surface: str, size: int, anchor: Item | None = None) -> Ask:
    return Ask(
        member=member,
        surface=surface,
        size=size,
        language=get_language() or "",
        anchor=anchor.id if anchor else None,
        shown=True,
    )


def _for_strangers() -> str:
    return _("What people watch now. Rate a few, and the next page is yours.")


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
