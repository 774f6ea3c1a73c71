"""API tokens for the management endpoints, which DRF serves."""

from __future__ import annotations

from django.utils.translation import gettext as _
from knox import auth
from rest_framework.exceptions import AuthenticationFailed

from curation.models import Token, User


class TokenAuthentication(auth.TokenAuthentication):  # type: ignore[misc] # knox has no types
    """Knox's, except that a token of other letters than a token has is refused like any unknown one."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, Token]:
        """The user and the token row; raises AuthenticationFailed."""
        if not token.isascii():
            raise AuthenticationFailed(_("Invalid token."))
        found: tuple[User, Token] = super().authenticate_credentials(token)
        return found
