"""How a page of the desk answers: its shell, who acts, and an action's refusal as an error of the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from curation.actions import Publication
from curation.actions.gates import HOLD_UP
from curation.models import User
from curation.problems import Problem

Done = TypeVar("Done")


def page(request: HttpRequest, name: str, context: Mapping[str, Any]) -> HttpResponse:
    """A page inside the admin; `name` is its template's below curation/desk/."""
    shell = admin.site.each_context(request)
    return render(request, f"curation/desk/{name}.html", {**shell, **context})


def actor_of(request: HttpRequest) -> User:
    """Whoever asks, where a role check has let them in."""
    if not isinstance(request.user, User):
        raise TypeError("the role check lets nobody through who is not signed in")
    return request.user


def attempt(form: forms.Form, act: Callable[[], Done]) -> Done | None:
    """What an action answers; a refusal becomes an error of the form."""
    try:
        return act()
    except Problem as problem:
        form.add_error(None, forms.ValidationError(str(problem), code=problem.code))
        return None


def is_held_up(form: forms.Form) -> bool:
    """Whether a gate stopped what the form was to publish, so that a draft is the way."""
    return any(form.has_error(NON_FIELD_ERRORS, code) for code in HOLD_UP)


def tell_published(request: HttpRequest, done: Publication) -> None:
    """Say on the next page what a publish did, and what lint had to say."""
    versions = ", ".join(f"{slug} {number}" for slug, number in done.versions.items())
    messages.success(request, _("Published. Versions now: %(versions)s.") % {"versions": versions})
    tell_findings(request, done)


def tell_findings(request: HttpRequest, done: Publication) -> None:
    """Say on the next page what lint had to say of a publish, and what it does not meet."""
    for text in (*(finding.text for finding in done.findings), *done.unmet):
        messages.warning(request, text)


def tell_errors(request: HttpRequest, form: forms.Form) -> None:
    """Say on the next page what was wrong with a form that has no page of its own."""
    for errors in form.errors.values():
        messages.error(request, " ".join(map(str, errors)))
