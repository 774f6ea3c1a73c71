"""How people come in: allauth's flows with our roles, our limits and our session lengths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse

from curation import actions
from curation.models import User
from curation.people.access import RoleBackend, of_staff
from recsys.accounts import visitors
from recsys.accounts.forms import STAFF_SESSION_S
from recsys.transport import throttles


class SignInBackend(RoleBackend, AuthenticationBackend):  # type: ignore[misc]
    """Takes a name or an e-mail address with a password; permissions follow from roles alone."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Where the product's own rules enter allauth's flows."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether strangers may sign up, which the installation decides."""
        return bool(settings.SIGNUP_OPEN)

    @transaction.atomic
    def save_user(self, request: HttpRequest, user: User, form: Form, commit: bool = True) -> User:
        """Who signs up becomes a member, and nothing more."""
        saved: User = super().save_user(request, user, form, commit)
        if commit:
            actions.join(user=saved)
        return saved

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        """Staff sign in again each working day, with a second factor too; a visitor is the user now."""
        if of_staff(user):
            request.session.set_expiry(STAFF_SESSION_S)
        adopted = visitors.adopt(request, user)
        response: HttpResponse = super().post_login(request, user, **more)
        if adopted:
            visitors.forget(response)
        return response

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Let nobody guess on: one account may be tried in vain so often, from all addresses together."""
        if waiting_s := throttles.wait_s("sign-in", _name_in(credentials)):
            request.META[throttles.WAITS] = waiting_s
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """The user whose name and password these are, or nobody."""
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user:
            throttles.forgive("sign-in", _name_in(credentials))
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that the request came from, as the limits know it."""
        return throttles.address_of(request)


def _name_in(credentials: Mapping[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "").casefold()
