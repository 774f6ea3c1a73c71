"""API tokens and sessions for the management endpoints, which DRF serves."""

from __future__ import annotations

from django.utils.translation import gettext as _
from knox import auth
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from curation.models import Token, User
from recsys.accounts import second_factor


class TokenAuthentication(auth.TokenAuthentication):  # type: ignore[misc] # knox has no types
    """Knox's, except that a token of other letters than a token has is refused like any unknown one."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, Token]:
        """The user and the token row; raises AuthenticationFailed."""
        if not token.isascii():
            raise AuthenticationFailed(_("Invalid token."))
        found: tuple[User, Token] = super().authenticate_credentials(token)
        return found


class SessionAuthentication(authentication.SessionAuthentication):
    """Django's session, which the second factor of staff guards here as on every page."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """The user who is signed in, nobody, or FactorMissing raised."""
        found: tuple[User, None] | None = super().authenticate(request)
        if found:
            second_factor.require(found[0])
        return found
