"""What a caller of the API may still do: the scopes of its token, and how often it may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from curation.models import Scope, Token
from curation.problems import Denied
from recsys.api.tokens import Caller
from recsys.transport import throttles

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which reads these classes when it is imported

API: Final = "/api/v1/"
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
WRITING: Final = {
    "interactions": Scope.INGEST,
    "items": Scope.INGEST,
    "members": Scope.INGEST,
    "runs": Scope.TRAIN,
    "models": Scope.TRAIN,
    "proposals": Scope.TRAIN,
    "schedules": Scope.TRAIN,
}
"""The scope that writing takes, by what stands after /api/v1/; curating is all the rest."""


def scope_of(method: str, path: str) -> Scope:
    """The scope that a request takes."""
    if method in READING:
        return Scope.READ
    return WRITING.get(path.removeprefix(API).partition("/")[0], Scope.CURATE)


def admit(request: HttpRequest, caller: Caller) -> None:
    """Count a request of a hot endpoint; raises Denied or TooMany."""
    _require(scope_of(request.method or "", request.path), caller.scopes)
    _count(caller.token, str(caller.user_id))


def count_stranger(request: HttpRequest) -> None:
    """Count a call that nobody may make, so that no address guesses tokens for long; raises TooMany."""
    _refuse(throttles.wait_s("stranger", throttles.address_of(request)))


class Scoped(BasePermission):
    """Holds a token of the management endpoints to its scopes."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True, or raises Denied with the scope that is missing."""
        if isinstance(request.auth, Token):
            _require(scope_of(request.method or "", request.path), frozenset(request.auth.scopes))
        return True


class Counted(BaseThrottle):
    """Counts the requests of the management endpoints under the same rates as the hot ones."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """True, or raises TooMany."""
        token = request.auth.digest if isinstance(request.auth, Token) else ""
        _count(token, str(request.user.pk))
        return True


def _require(scope: Scope, held: frozenset[str]) -> None:
    if scope not in held:
        raise Denied(_("This takes a token with the scope %(scope)s.") % {"scope": scope.value})


def _count(token: str, user: str) -> None:
    name, caller = ("token", token) if token else ("member", user)
    _refuse(throttles.wait_s(name, caller))


def _refuse(waiting_s: float) -> None:
    if waiting_s:
        raise throttles.TooMany(waiting_s)
