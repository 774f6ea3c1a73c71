"""Who may do what: roles are groups, permissions follow from roles, members are loaded and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from fnmatch import fnmatchcase
from functools import wraps
from typing import Concatenate, Final, ParamSpec

import pghistory
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from curation.installation import ROLES
from curation.models import Member, Token, User
from curation.people.members import resolve
from curation.problems import Denied

Anyone = User | AnonymousUser
Given = ParamSpec("Given")
PageView = Callable[Concatenate[HttpRequest, Given], HttpResponseBase]

PERMITS: Final[Mapping[str, tuple[str, ...]]] = {
    "curator": (
        "curation.view_*",
        "curation.add_decision",
        "curation.change_decision",
        "curation.*_changeset",
        "curation.*_segment",
        "feedback.view_*",
        "recsys.view_*",
    ),
    "operator": ("curation.view_*", "feedback.view_*", "recsys.*", "django_celery_beat.view_*"),
    "analyst": ("curation.view_*", "feedback.view_*", "recsys.view_*"),
    "administrator": ("*",),
}
"""Role to the Django permissions that it holds, as patterns."""

STAFF: Final = frozenset({"curator", "operator", "analyst", "administrator"})
"""The roles that see or change more than what is one's own: all but members and clients of the API."""


class RoleBackend(ModelBackend):
    """Signs users in as Django does, and derives their permissions from their roles alone."""

    def has_perm(self, user_obj: Anyone, perm: str, obj: Model | None = None) -> bool:
        """Tell whether a role of the user holds the permission."""
        patterns = (each for role in roles_of(user_obj) for each in PERMITS.get(role, ()))
        return any(fnmatchcase(perm, pattern) for pattern in patterns)

    def has_module_perms(self, user_obj: Anyone, app_label: str) -> bool:
        """Tell whether the user may see anything of an app."""
        patterns = (each for role in roles_of(user_obj) for each in PERMITS.get(role, ()))
        return any(fnmatchcase(app_label, pattern.partition(".")[0]) for pattern in patterns)


def roles_of(user: Anyone) -> frozenset[str]:
    """The roles of a user: none of a stranger, all of a superuser or an administrator."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    if user.is_superuser or "administrator" in user.roles:
        return frozenset(ROLES)
    return user.roles


def of_staff(user: Anyone) -> bool:
    """Whether a user works here: by a role, or by Django's own marks, whichever were set."""
    if not isinstance(user, User):
        return False
    return user.is_staff or not roles_of(user).isdisjoint(STAFF)


def require(user: Anyone, *roles: str) -> User:
    """The user, who has one of the roles; raises `Denied` otherwise."""
    if isinstance(user, User) and not roles_of(user).isdisjoint(roles):
        return user
    raise Denied(_("This takes the role %(roles)s.") % {"roles": _(" or ").join(roles)})


def role_required(*roles: str) -> Callable[[PageView[Given]], PageView[Given]]:
    """Guard a page: strangers go to the login, users without one of the roles get 403."""

    def guard(view: PageView[Given]) -> PageView[Given]:
        @wraps(view)
        def guarded(
            request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs
        ) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_login(request)
            if roles_of(request.user).isdisjoint(roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return guard


def _to_login(request: HttpRequest) -> HttpResponse:
    return redirect_to_login(request.get_full_path())


def member_for(user: Anyone, source: str, outside_id: str) -> Member | None:
    """The member whom the user may act for; None where that member is not known yet.

    A client or administrator acts for any member of the source, a member only for themselves;
    everything else is `Denied`.
    """
    roles = roles_of(user)
    member = resolve(source, outside_id)
    if roles.isdisjoint({"client", "administrator"}):
        own = member is not None and member.user_id is not None and member.user_id == user.pk
        if "member" not in roles or not own:
            raise Denied(_("You may act for yourself only."))
    return member


def source_of(request: HttpRequest) -> str:
    """The source of the outside ids in a request: its token's, else the installation's own."""
    token = getattr(request, "auth", None)
    return token.source if isinstance(token, Token) else str(settings.DEFAULT_SOURCE)


def issue_token(user: User, source: str) -> str:
    """Make an API token; the answer is the only time that it can be read."""
    _row, token = Token.objects.create(user=user, source=source)
    return str(token)


def acting(actor: User, action: str, reason: str) -> AbstractContextManager[object]:
    """Name who acts and why, for the events that the database writes inside this context."""
    context: AbstractContextManager[object] = pghistory.context(
        actor=str(actor.pk), action=action, reason=reason
    )
    return context
