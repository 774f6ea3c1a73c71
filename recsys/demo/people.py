"""The demo's cast: a user for each role with a known login, two segments, and API tokens made at each start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext_noop

from curation import actions
from curation.given import pgettext_noop
from curation.installation import ROLES
from curation.models import Segment, Token, User
from curation.people import members
from curation.people.access import issue_token
from recsys.demo.loading import SOURCE

STAFF: Final = frozenset({"curator", "operator", "analyst", "administrator"})
MEMBER: Final = "demo-member"
SEGMENTS: Final = {
    "newcomers": (
        pgettext_noop("given name", "Newcomers: fewer than 5 ratings"),
        {"field": "ratings", "op": "lt", "value": 5},
    ),
    "regulars": (
        pgettext_noop("given name", "Regulars: 20 ratings or more"),
        {"field": "ratings", "op": "ge", "value": 20},
    ),
}


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password that everybody may know."""

    username: str
    password: str


def login_of(role: str) -> Login:
    """The known login of a role."""
    return Login(role, f"demo-{role}")


def cast() -> dict[str, User]:
    """The user of each role, made if missing; the member among them is a member of the demo's source."""
    users = {role: _user(role) for role in ROLES}
    member = members.get_or_create(SOURCE, MEMBER, user=users["member"])
    if member.user_id is None:
        member.user = users["member"]
        member.save(update_fields=["user"])
    return users


def define_segments(curator: User) -> None:
    """Two segments by number of ratings, unless they were defined before."""
    known = set(Segment.objects.values_list("slug", flat=True))
    for slug, (name, query) in SEGMENTS.items():
        if slug not in known:
            actions.set_segment(
                actor=curator,
                slug=slug,
                name=name,
                query=query,
                reason=gettext_noop("For the demo"),
                confirmed=True,
            )


@transaction.atomic
def renew_tokens(users: dict[str, User]) -> dict[str, str]:
    """A new token for each role; those of the start before are gone."""
    Token.objects.filter(user__in=users.values(), source=SOURCE).delete()
    return {role: issue_token(user, SOURCE) for role, user in users.items()}


def _user(role: str) -> User:
    login = login_of(role)
    user, made = User.objects.get_or_create(
        username=login.username, defaults={"is_staff": role in STAFF}
    )
    if made:
        user.set_password(login.password)
        user.save(update_fields=["password"])
        user.groups.add(Group.objects.get(name=role))
    return user
