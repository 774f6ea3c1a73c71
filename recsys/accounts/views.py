"""A user's own pages: an overview, the sessions that are open, the API tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from curation import actions
from curation.installation import ROLES
from curation.models import Token, User
from curation.people.access import require, roles_of
from recsys.accounts import tours
from recsys.accounts.forms import TokenForm, TourForm

ROLE_WORDS: Final[Mapping[str, str | Promise]] = {
    "member": gettext_lazy("member"),
    "curator": gettext_lazy("curator"),
    "operator": gettext_lazy("operator"),
    "analyst": gettext_lazy("analyst"),
    "client": gettext_lazy("client of the API"),
    "administrator": gettext_lazy("administrator"),
}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """What belongs to the account, with its present state."""
    user = _user(request)
    told = {
        "address": EmailAddress.objects.filter(user=user, primary=True).first(),
        "second_factor": is_mfa_enabled(user),
        "session_count": UserSession.objects.filter(user=user).count(),
        "roles_held": [word for role, word in ROLE_WORDS.items() if role in roles_of(user)],
        "token_count": Token.objects.filter(user=user).count(),
    }
    return render(request, "recsys/account/index.html", told)


@never_cache
@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    """Where the user is signed in."""
    rows = sorted(
        UserSession.objects.purge_and_list(_user(request)),
        key=lambda session: session.created_at,
        reverse=True,
    )
    return render(request, "recsys/account/sessions.html", {"sessions": rows})


@require_POST
def tour(request: HttpRequest) -> HttpResponse:
    """Put the tour of a role away, or bring all tours back."""
    form = TourForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    told = form.cleaned_data
    user = _user(request)
    if told["act"] == "restart":
        tours.bring_back(actor=user)
        messages.success(request, _("The tours are back on the first pages."))
        return redirect("account")
    tours.put_away(actor=user, tour=told["tour"])
    return redirect(told["next"])


@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Sign out somewhere; here, too, if it is this session."""
    session = get_object_or_404(UserSession, pk=session_id, user=_user(request))
    session.end()
    messages.success(request, _("That session is signed out."))
    return redirect("usersessions_list")


@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The user's API tokens, and a form for another one, which is shown this once."""
    user = require(_user(request), *ROLES)
    form = TokenForm(request.POST or None)
    clear = _make(user, form) if request.method == "POST" and form.is_valid() else ""
    rows = Token.objects.filter(user=user).order_by("-created")
    told = {"tokens": rows, "clear": clear, "form": TokenForm() if clear else form}
    return render(request, "recsys/account/tokens.html", told | {"now": timezone.now()})


def _make(user: User, form: TokenForm) -> str:
    _token, clear = actions.make_token(
        actor=user,
        name=form.cleaned_data["name"],
        source=settings.DEFAULT_SOURCE,
        scopes=form.cleaned_data["scopes"],
        expires_in=form.expires_in(),
    )
    return clear


@require_POST
def revoke_token(request: HttpRequest, token_key: str) -> HttpResponse:
    """End one of the user's API tokens."""
    user = _user(request)
    token = get_object_or_404(Token, token_key=token_key, user=user)
    actions.revoke_token(actor=user, token=token)
    messages.success(request, _("The token no longer works."))
    return redirect("tokens")


def _user(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise TypeError("pages of an account need somebody who is signed in")
    return user
