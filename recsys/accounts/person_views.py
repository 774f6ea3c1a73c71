"""Another user's open sessions and API tokens: an administrator sees them and ends them, for a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from curation.models import Token, User
from curation.people.access import role_required
from recsys.accounts import person_actions
from recsys.accounts.forms import ReasonForm
from recsys.screens.staff_pages import actor, page


@dataclass(frozen=True, slots=True)
class Ending:
    """What is about to end: some sessions or some tokens of one user."""

    sessions: Sequence[UserSession] = ()
    tokens: Sequence[Token] = ()

    @property
    def words(self) -> str:
        """The act with its size, as a button says it."""
        if self.sessions:
            text = ngettext("End %(n)d session", "End %(n)d sessions", len(self.sessions))
            return text % {"n": len(self.sessions)}
        text = ngettext("Revoke %(n)d token", "Revoke %(n)d tokens", len(self.tokens))
        return text % {"n": len(self.tokens)}


@never_cache
@role_required("administrator")
@require_GET
def access(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Where a user is signed in, and which API tokens act for them."""
    user = get_object_or_404(User, pk=user_id)
    context = {
        "title": _("Sessions and tokens of %(name)s") % {"name": user.username},
        "person": user,
        "sessions": _sessions(user),
        "tokens": _tokens(user),
        "now": timezone.now(),
    }
    return page(request, "recsys/people/access.html", context)


@never_cache
@role_required("administrator")
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Say what ends, take the reason, end it; without a choice in the URL every session is meant."""
    user = get_object_or_404(User, pk=user_id)
    ending = _chosen(request, user)
    if not ending.sessions and not ending.tokens:
        messages.info(request, _("There is nothing to end any more."))
        return redirect("people:access", user.pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        _end(actor(request), user, ending, form.cleaned_data["reason"])
        messages.success(request, _told(ending, user))
        return redirect("people:access", user.pk)
    context = {"title": ending.words, "person": user, "ending": ending, "form": form}
    return page(request, "recsys/people/end.html", context)


def _chosen(request: HttpRequest, user: User) -> Ending:
    """One session or token that the URL names, or all of the user's."""
    token, session = request.GET.get("token", ""), request.GET.get("session", "")
    if token:
        found = [each for each in _tokens(user) if token in ("all", each.token_key)]
        return Ending(tokens=found)
    if session and session != "all" and not session.isdecimal():
        raise Http404
    sessions = [each for each in _sessions(user) if session in ("", "all", str(each.pk))]
    return Ending(sessions=sessions)


def _end(who: User, user: User, ending: Ending, reason: str) -> None:
    if ending.sessions:
        person_actions.end_sessions(actor=who, user=user, sessions=ending.sessions, reason=reason)
    else:
        person_actions.revoke_tokens(actor=who, tokens=ending.tokens, reason=reason)


def _told(ending: Ending, user: User) -> str:
    n = len(ending.sessions) or len(ending.tokens)
    if ending.sessions:
        text = ngettext(
            "%(name)s is signed out of %(n)d session.",
            "%(name)s is signed out of %(n)d sessions.",
            n,
        )
    else:
        text = ngettext(
            "%(n)d token of %(name)s works no longer, within five seconds everywhere.",
            "%(n)d tokens of %(name)s work no longer, within five seconds everywhere.",
            n,
        )
    return text % {"n": n, "name": user.username}


def _sessions(user: User) -> list[UserSession]:
    """Those that are open, the latest first; what is over is dropped from the list."""
    return sorted(
        UserSession.objects.purge_and_list(user), key=lambda each: each.created_at, reverse=True
    )


def _tokens(user: User) -> list[Token]:
    return list(Token.objects.filter(user=user).order_by("-created"))
