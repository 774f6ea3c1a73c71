"""What administrators decide about the access of others: sessions that end, tokens that no longer work."""

from __future__ import annotations

from collections.abc import Sequence

from allauth.usersessions.models import UserSession
from django.db import transaction

from curation import actions
from curation.models import Token, User


@transaction.atomic
def end_sessions(*, actor: User, user: User, sessions: Sequence[UserSession], reason: str) -> None:
    """Sign a user out of these sessions of theirs. Raises Denied, and Invalid without a reason."""
    actions.note_sign_out(actor=actor, user=user, sessions=len(sessions), reason=reason)
    for session in sessions:
        session.end()


@transaction.atomic
def revoke_tokens(*, actor: User, tokens: Sequence[Token], reason: str) -> None:
    """End API tokens of others. Raises Denied, and Invalid without a reason."""
    for token in tokens:
        actions.revoke_token(actor=actor, token=token, reason=reason)
