"""Receipts: what a page's feedback did, in a sentence, and how to take it back."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from curation.models import Item, Member
from feedback import actions
from feedback.folding.said import Aspect, event_behind, was_undone
from feedback.folding.states import note_robot
from feedback.models import Kind, Rating
from feedback.recording.events import NewInteraction, Outcome, Status
from recsys.accounts import visitors
from recsys.member import shelves
from recsys.member.feedback_forms import CommentForm, FeedbackForm, ViewForm

_KEPT = "receipt"


@dataclass(frozen=True)
class Receipt:
    """What happened; `event` names what an undo takes back, `version` the feedback that the next slate must cover.

    `signed_out` says that it is kept for a visitor, though the page was made for somebody who had signed in.
    """

    text: str
    event: str = ""
    item: str = ""
    version: int = 0
    signed_out: bool = False

    @property
    def undoable(self) -> bool:
        """Whether there is something to take back."""
        return bool(self.event)


def record(request: HttpRequest, target: Item, form: FeedbackForm) -> Receipt:
    """Record one act of whoever looks, or take one back."""
    if form.takes_back:
        return take_back(request, target, form.takes_back)
    act, stars = form.act, form.cleaned_data["stars"]
    event, outcome = _acted(request, target, form)
    if outcome.status == Status.REJECTED:
        return Receipt(text=outcome.text or _("That could not be recorded."))
    said = _shared(request, target) if act is Kind.SHARE else _said(act, stars, target.title)
    return Receipt(
        text=said,
        event=event,
        item=str(target.id),
        version=outcome.version or 0,
        signed_out=bool(form.cleaned_data["signed"]) and not request.user.is_authenticated,
    )


def _acted(request: HttpRequest, target: Item, form: FeedbackForm) -> tuple[str, Outcome]:
    """Record an act under the key of its card; under a fresh one where an old page says again what was taken back."""
    member, act, stars = shelves.viewer(request), form.act, form.cleaned_data["stars"]
    words = {
        "value": 1.0 if act == Kind.FAVOURITE else stars,
        "impression": form.cleaned_data["impression"],
    }
    event = f"page.{form.cleaned_data['nonce']}.{act.name.lower()}.{stars or ''}"
    outcome = _record(request, member, event, act, target, **words)
    if outcome.status == Status.DUPLICATE and was_undone(
        member.subject, settings.DEFAULT_SOURCE, event
    ):
        event = f"{event}.{secrets.token_urlsafe(6)}"
        outcome = _record(request, member, event, act, target, **words)
    return event, outcome


def take_back(request: HttpRequest, target: Item, aspect: Aspect) -> Receipt:
    """Take back what whoever looks now says of an item; what they had said before holds again."""
    member = shelves.viewer(request)
    row = Rating.objects.filter(subject=member.subject, item_id=target.id).first()
    behind = event_behind(row, aspect) if row else None
    if behind is None:
        return Receipt(text=_("There is nothing of this to take back any more."))
    source, event = behind
    key = f"{event}.undo"
    outcome = _record(request, member, key, Kind.UNDO, target, source=source, undoes=event)
    return _taken_back(outcome, target)


def comment(request: HttpRequest, target: Item, form: CommentForm) -> Receipt:
    """Record what whoever looks wrote of an item."""
    told, member = form.cleaned_data, shelves.viewer(request)
    event = f"page.{told['nonce']}.comment"
    words = {"text": told["text"], "public": told["public"]}
    outcome = _record(request, member, event, Kind.COMMENT, target, **words)
    if outcome.status == Status.REJECTED:
        return Receipt(text=outcome.text or _("That could not be recorded."))
    said = _("Your comment is kept.")
    return Receipt(text=said, event=event, item=str(target.id), version=outcome.version or 0)


def view(request: HttpRequest, target: Item, form: ViewForm) -> None:
    """Record how long whoever looks looked at an item."""
    told = form.cleaned_data
    event = f"page.{told['nonce']}.view"
    words = {"value": told["seconds"], "impression": told["impression"]}
    _record(request, shelves.viewer(request), event, Kind.VIEW, target, **words)


def undo(request: HttpRequest, target: Item, event: str) -> Receipt:
    """Take back an act that a receipt named."""
    member = shelves.viewer(request)
    outcome = _record(request, member, f"{event}.undo", Kind.UNDO, target, undoes=event)
    return _taken_back(outcome, target)


def _taken_back(outcome: Outcome, target: Item) -> Receipt:
    if outcome.status == Status.REJECTED:
        return Receipt(text=outcome.text or _("That could not be taken back."))
    text = _("Taken back: %(title)s.") % {"title": target.title}
    return Receipt(text=text, version=outcome.version or 0)


def click(request: HttpRequest, shown: Item) -> None:
    """Opening an item from a slate is a click; opening it again from the same slate is the same event."""
    try:
        impression = UUID(request.GET.get("impression", ""))
    except ValueError:
        return
    if visitors.is_robot(request):  # which follows every link
        return
    event = f"page.click.{impression.hex}.{shown.id.hex}"
    _record(request, shelves.viewer(request), event, Kind.CLICK, shown, impression=impression)


def refusal(form: forms.Form) -> Receipt:
    """The receipt of an act that was not understood: its first error."""
    return Receipt(text=str(next(iter(form.errors.values()))[0]))


def keep(request: HttpRequest, receipt: Receipt) -> None:
    """Carry a receipt over a redirect, for a browser without scripts."""
    request.session[_KEPT] = asdict(receipt)


def kept(request: HttpRequest) -> Receipt | None:
    """The receipt that was carried over, once."""
    found = request.session.pop(_KEPT, None)
    return Receipt(**found) if found else None


def _record(
    request: HttpRequest,
    member: Member,
    event: str,
    kind: Kind,
    target: Item,
    *,
    source: str = "",
    **more: Any,
) -> Outcome:
    told = NewInteraction(
        event=event,
        subject=member.subject,
        kind=kind,
        item_id=target.id,
        simulated=member.simulated,
        **more,
    )
    # A page's events are this installation's own, wherever its member comes from; an undo stands beside its event.
    (outcome,) = actions.record([told], source=source or settings.DEFAULT_SOURCE)
    if visitors.is_robot(request):
        note_robot(member.subject)
    return outcome


def _shared(request: HttpRequest, target: Item) -> str:
    address = request.build_absolute_uri(reverse("item", args=[target.id]))
    words = {"title": target.title, "address": address}
    return _("To pass %(title)s on, copy this address: %(address)s") % words


def _said(act: Kind, stars: int | None, title: str) -> str:
    if act == Kind.RATING and stars:
        rated = ngettext(
            "Rated %(title)s: %(stars)s star.", "Rated %(title)s: %(stars)s stars.", stars
        )
        return rated % {"title": title, "stars": stars}
    sentences = {
        Kind.LIKE: _("You like %(title)s."),
        Kind.DISLIKE: _("You do not like %(title)s."),
        Kind.FAVOURITE: _("%(title)s is among your favourites."),
        Kind.NOT_INTERESTED: _("%(title)s will not come back."),
    }
    return sentences[act] % {"title": title}
