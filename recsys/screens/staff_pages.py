"""What the pages of runs and versions share: who reads them, who acts, and the desk around them."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from curation.models import User

READERS: Final = ("operator", "curator", "analyst")
PAGE: Final = 50


def page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page inside the desk."""
    return render(request, template, {**admin.site.each_context(request), **context})


def actor(request: HttpRequest) -> User:
    """The user, where a role was asked for and so somebody is signed in."""
    assert isinstance(request.user, User)  # noqa: S101 - the role was checked
    return request.user
