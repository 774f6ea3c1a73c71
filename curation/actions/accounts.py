"""What people decide about accounts: who joins, and which tokens may call the API for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from curation.models import Scope, Token, User
from curation.people.access import acting, roles_of
from curation.problems import Denied, Invalid


def join(*, user: User) -> None:
    """Make who signed up a member."""
    with acting(user, "join", ""):
        user.groups.add(Group.objects.get(name="member"))


@transaction.atomic
def make_token(
    *, actor: User, name: str, source: str, scopes: Iterable[str], expires_in: timedelta | None
) -> tuple[Token, str]:
    """An API token of the actor's own, and its clear text, which can be read this once.

    Raises Invalid for no or unknown scopes; Denied where the actor has no role, which is what a token lends.
    """
    wanted = sorted(set(scopes))
    if not wanted or set(wanted) - set(Scope.values):
        raise Invalid(
            "bad_scopes", _("Name at least one scope of these: read, ingest, curate, train.")
        )
    if not roles_of(actor):
        raise Denied(_("Somebody without a role has nothing that a token could do."))
    with acting(actor, "make_token", name):
        token, clear = Token.objects.create(
            user=actor, expiry=expires_in, source=source, name=name, scopes=wanted
        )
    return token, str(clear)


@transaction.atomic
def revoke_token(*, actor: User, token: Token) -> None:
    """End an API token of the actor's own; raises Denied for another's."""
    if token.user_id != actor.pk:
        raise Denied(_("You may revoke your own tokens only."))
    with acting(actor, "revoke_token", token.name):
        token.delete()
