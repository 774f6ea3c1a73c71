"""Shelves made: slates as a page shows them to whoever looks: signed in, a visitor, or nobody known yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from curation.models import Item, Member, User
from curation.people.access import roles_of
from recsys.accounts import visitors
from recsys.member.arrangement import arrange, moves
from recsys.member.shelf import MOST_SHOWN, NOWHERE, Place, Shelf
from recsys.screens.cards import Card, cards, what_was_said
from recsys.screens.shelf_kinds import HOME, ShelfKind
from recsys.slates import serving
from recsys.slates.handhelds import device_of
from recsys.slates.serving import Ask, MemberKey, Served

SIMILAR_SIZE: Final = 8
_PATIENCE_MS: Final = 1_500
"""How long the answer to feedback may wait for the slate that covers it, and a shelf that a page fetches later."""
_TRACE_READERS: Final = frozenset({"curator", "analyst", "operator", "administrator"})


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


def shelf(
    request: HttpRequest,
    kind: ShelfKind = HOME,
    *,
    anchor: Item | None = None,
    place: Place = NOWHERE,
    feedback: int = 0,
) -> Shelf:
    """A shelf, or what follows on it; covers at least that version of the member's feedback."""
    member = _key(request)
    if member is None:
        placements = _for_nobody(request, kind, anchor, kind.size, place.everything)
        return _strangers(kind, anchor, placements, place)
    ask = _ask(request, member, kind, kind.size, anchor, exclude=place.everything)
    served = _served(ask, feedback, patient=place.as_row)
    return Shelf(
        kind=kind,
        subject=served.member,
        cards=_cards(served, kind),
        sentence=_sentence(kind, served.mode),
        mode=served.mode,
        anchor=anchor,
        trace_url=_trace_url(request, served),
        before=place.shown,
        elsewhere=place.elsewhere,
        as_row=place.as_row,
    )


def laid_out_again(
    request: HttpRequest,
    kind: ShelfKind,
    *,
    anchor: Item | None = None,
    place: Place = NOWHERE,
    feedback: int = 0,
) -> Shelf:
    """The shelf that a page shows after an act: what the member spoke of stays, the rest follows the new slate."""
    member, shown = _key(request), place.shown
    if member is None or not shown:
        return shelf(request, kind, anchor=anchor, place=place, feedback=feedback)
    kept = what_was_said(subject_of(request), shown)
    size = min(len(shown), MOST_SHOWN)
    others = {*kept, *place.elsewhere}
    served = _served(_ask(request, member, kind, size, anchor, exclude=others), feedback)
    placed = {UUID(each["id"]): each for each in served.placements}
    order = arrange(shown, kept, placed)
    told = [placed.get(item, {"id": item}) for item in order]
    laid = cards(
        told,
        subject=served.member,
        impression=served.impression,
        slate=served.slate,
        shelf=kind.name,
    )
    fresh = served.mode == serving.FRESH
    return Shelf(
        kind=kind,
        cards=laid,
        sentence=_sentence(kind, served.mode),
        mode=served.mode,
        anchor=anchor,
        trace_url=_trace_url(request, served),
        elsewhere=place.elsewhere,
        as_row=place.as_row,
        moves=moves(shown, order, kept) if fresh else None,
    )


def similar(request: HttpRequest, anchor: Item) -> Sequence[Card]:
    """Items similar to one, as cards."""
    member, kind = _key(request), replace(HOME, name="similar", surface="similar")
    if member is None:
        return cards(
            _for_nobody(request, kind, anchor, SIMILAR_SIZE), subject=None, shelf=kind.name
        )
    return _cards(_served(_ask(request, member, kind, SIMILAR_SIZE, anchor), 0), kind)


def _served(ask: Ask, feedback: int, *, patient: bool = False) -> Served:
    """Serve a slate; patiently where it answers feedback, or is fetched behind a page that stands already."""
    wait = _PATIENCE_MS if feedback or patient else None
    return serving.slate(replace(ask, wait_ms=wait), feedback=feedback)


def _for_nobody(
    request: HttpRequest,
    kind: ShelfKind,
    anchor: Item | None,
    size: int,
    before: Collection[UUID] = (),
) -> list[dict[str, Any]]:
    return serving.for_nobody(
        kind.surface,
        size=size,
        device=device_of(request.headers),
        language=get_language() or "",
        anchor=anchor.id if anchor else None,
        exclude=frozenset(before),
    )


def _strangers(
    kind: ShelfKind, anchor: Item | None, placements: Sequence[Mapping[str, Any]], place: Place
) -> Shelf:
    return Shelf(
        kind=kind,
        cards=cards(placements, subject=None, shelf=kind.name),
        sentence=_sentence(kind, serving.FALLBACK),
        mode=serving.FALLBACK,
        anchor=anchor,
        elsewhere=place.elsewhere,
        as_row=place.as_row,
        of_stranger=True,
    )


def _cards(served: Served, kind: ShelfKind) -> Sequence[Card]:
    return cards(
        served.placements,
        subject=served.member,
        impression=served.impression,
        slate=served.slate,
        shelf=kind.name,
    )


def _key(request: HttpRequest) -> MemberKey | None:
    """Whose shelf it is; None for a browser that no cookie tells from others."""
    if isinstance(request.user, User):
        member = visitors.own_member(request.user)
        return MemberKey(member.source, member.outside_id)
    outside_id = visitors.outside_id_of(request)
    return MemberKey(settings.DEFAULT_SOURCE, outside_id) if outside_id else None


def _ask(
    request: HttpRequest,
    member: MemberKey,
    kind: ShelfKind,
    size: int,
    anchor: Item | None = None,
    exclude: Collection[UUID] = (),
) -> Ask:
    return Ask(
        member=member,
        surface=kind.surface,
        size=size,
        device=device_of(request.headers),
        language=get_language() or "",
        anchor=anchor.id if anchor else None,
        exclude=frozenset(exclude),
        shown=True,
    )


def _sentence(kind: ShelfKind, mode: str) -> str:
    if kind.sentence:
        return str(kind.sentence)
    if mode == serving.FALLBACK:
        return _("What people choose now. Rate a few, and it becomes your own.")
    return _("From your ratings, what people choose now, and what our curators decided.")


def _trace_url(request: HttpRequest, served: Served) -> str:
    if served.slate and roles_of(request.user) & _TRACE_READERS:
        return reverse("trace", args=[served.slate])
    return ""
