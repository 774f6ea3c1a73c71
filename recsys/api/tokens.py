"""Who sends an API token, remembered for a few seconds so that the hot endpoints need no SQL to know it.

A token, role or user that is taken away keeps working for at most ``LIFETIME_S`` in each web process.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from hashlib import sha512
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from curation.models import Member, Token, User
from curation.models.access import every_scope
from curation.people.access import roles_of

LIFETIME_S: Final = 5.0
CAPACITY: Final = 4096


@dataclass(frozen=True, slots=True)
class OwnMember:
    """The member that a user is, for callers who may act for themselves only."""

    subject: UUID
    source: str
    outside_id: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls the API, with the roles held and the source that the outside ids sent belong to.

    `token` is the digest of the token, empty in a session; `scopes` are what it may be used for.
    """

    user_id: UUID
    roles: frozenset[str]
    source: str
    member: OwnMember | None
    scopes: frozenset[str] = frozenset(every_scope())
    token: str = ""


@dataclass(frozen=True, slots=True)
class _Remembered:
    caller: Caller
    until: float


_remembered: dict[str, _Remembered] = {}
_writing = threading.Lock()


def caller_of(clear_token: str) -> Caller | None:
    """Who owns the token; None when it is unknown or expired, or its user is no longer active."""
    digest = sha512(clear_token.encode()).hexdigest()  # knox's, without its detour
    known = _remembered.get(digest)
    if known is not None and known.until > time.monotonic():
        return known.caller
    return _look_up(digest)


def caller_of_user(user: User) -> Caller:
    """The caller that a signed-in user is; outside ids belong to the source of the own member, if any."""
    member = _member_of(user)
    return _caller(user, member.source if member else settings.DEFAULT_SOURCE, member)


def forget() -> None:
    """Forget every remembered token."""
    with _writing:
        _remembered.clear()


def _look_up(digest: str) -> Caller | None:
    token = Token.objects.select_related("user").filter(digest=digest, user__is_active=True).first()
    if token is None:
        return None
    left_s = LIFETIME_S
    if token.expiry is not None:
        left_s = min(left_s, (token.expiry - timezone.now()).total_seconds())
    if left_s <= 0:
        return None
    told = _caller(token.user, token.source, _member_of(token.user))
    caller = replace(told, scopes=frozenset(token.scopes), token=digest)
    _remember(digest, _Remembered(caller, time.monotonic() + left_s))
    return caller


def _member_of(user: User) -> Member | None:
    return Member.objects.select_related("merged_into").filter(user=user).first()


def _caller(user: User, source: str, member: Member | None) -> Caller:
    own = None
    if member is not None and member.source == source:
        subject = (member.merged_into or member).subject
        own = OwnMember(subject, member.source, member.outside_id)
    return Caller(user.id, roles_of(user), source, own)


def _remember(digest: str, entry: _Remembered) -> None:
    with _writing:
        if len(_remembered) >= CAPACITY:
            del _remembered[next(iter(_remembered))]
        _remembered[digest] = entry
