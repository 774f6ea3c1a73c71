"""What people decide about accounts: who joins, and which tokens may call the API for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from curation.models import Scope, SignOut, Token, User
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
def revoke_token(*, actor: User, token: Token, reason: str = "") -> None:
    """End an API token of the actor's own, or as an administrator, for a reason, another's.

    Raises Denied for another's else, Invalid without the reason.
    """
    if token.user_id != actor.pk:
        _administers(actor, reason)
    with acting(actor, "revoke_token", reason or token.name):
        token.delete()


@transaction.atomic
def note_sign_out(*, actor: User, user: User, sessions: int, reason: str) -> SignOut:
    """Keep that an administrator ends sessions of a user. Raises Denied, and Invalid without a reason."""
    _administers(actor, reason)
    with acting(actor, "end_sessions", reason):
        return SignOut.objects.create(user=user, sessions=sessions)


def _administers(actor: User, reason: str) -> None:
    if "administrator" not in roles_of(actor):
        raise Denied(_("Only an administrator may do this for another user."))
    if not reason.strip():
        raise Invalid("reason_required", _("Say why."))
