"""What becomes of a request for which nobody is signed in, where somebody has to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _


class SignInFirst(LoginRequiredMiddleware):
    """Django's, which leads strangers to the sign-in, for pages that are already open when a session ends.

    A part of a page is answered by 401, which its script puts into words: the sign-in is no part of it. After a form,
    the sign-in leads back to the page that held it, since its own address may answer to nothing but a form.
    """

    def handle_no_permission(  # type: ignore[override]  # Django promises a redirect, and needs a response
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponse:
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=401)
        if request.method in {"GET", "HEAD"}:
            return super().handle_no_permission(request, view_func)
        messages.warning(
            request, _("You were signed out meanwhile, and the last step was not taken: repeat it.")
        )
        return redirect_to_login(_page_of(request), settings.LOGIN_URL)


def _page_of(request: HttpRequest) -> str:
    """The page of ours that a form was sent from; where it does not say, the one that a sign-in leads to."""
    said = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(said, {request.get_host()}):
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    page = urlsplit(said)
    return page._replace(scheme="", netloc="", fragment="").geturl()
