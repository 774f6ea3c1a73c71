"""Where people look after their account: allauth's pages, and our own of sessions and API tokens."""

from __future__ import annotations

from typing import Final

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.contrib.auth.decorators import login_not_required
from django.urls import path, register_converter
from django.urls.converters import StringConverter
from django.views.decorators.http import require_http_methods

from recsys.accounts import views as ours


class WordConverter(StringConverter):
    """Letters and digits: what stands before the dash of a link that resets a password."""

    regex = "[0-9A-Za-z]+"


register_converter(WordConverter, "word")

PAGES: Final = (
    ("signup/", account.signup, "account_signup"),
    ("inactive/", login_not_required(account.account_inactive), "account_inactive"),
    ("reauthenticate/", account.reauthenticate, "account_reauthenticate"),
    ("email/", account.email, "account_email"),
    ("confirm-email/", account.email_verification_sent, "account_email_verification_sent"),
    ("confirm-email/<str:key>/", account.confirm_email, "account_confirm_email"),
    ("password/", account.password_change, "account_change_password"),
    ("password/set/", account.password_set, "account_set_password"),
    ("password/reset/", account.password_reset, "account_reset_password"),
    ("password/reset/sent/", account.password_reset_done, "account_reset_password_done"),
    (
        "password/reset/<word:uidb36>-<str:key>/",
        account.password_reset_from_key,
        "account_reset_password_from_key",
    ),
    (
        "password/reset/done/",
        account.password_reset_from_key_done,
        "account_reset_password_from_key_done",
    ),
    ("second-factor/", factor.index, "mfa_index"),
    ("second-factor/ask/", factor.authenticate, "mfa_authenticate"),
    ("second-factor/ask-again/", factor.reauthenticate, "mfa_reauthenticate"),
    ("second-factor/app/", totp.activate_totp, "mfa_activate_totp"),
    ("second-factor/app/remove/", totp.deactivate_totp, "mfa_deactivate_totp"),
    ("second-factor/codes/", recovery.view_recovery_codes, "mfa_view_recovery_codes"),
    ("second-factor/codes/new/", recovery.generate_recovery_codes, "mfa_generate_recovery_codes"),
    ("second-factor/codes/file/", recovery.download_recovery_codes, "mfa_download_recovery_codes"),
)

urlpatterns = [
    path("", ours.index, name="account"),
    path("sessions/", ours.sessions, name="usersessions_list"),
    path("sessions/<int:session_id>/end/", ours.end_session, name="end-session"),
    path("tour/", ours.tour, name="tour"),
    path("tokens/", ours.tokens, name="tokens"),
    path("tokens/<str:token_key>/revoke/", ours.revoke_token, name="revoke-token"),
    *(
        path(route, require_http_methods(["GET", "HEAD", "POST"])(view), name=name)
        for route, view, name in PAGES
    ),
]
