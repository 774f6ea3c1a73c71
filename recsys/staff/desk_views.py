"""The first page of the staff, and the numbers of their rail."""

from __future__ import annotations

from typing import Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from curation.people.access import role_required, roles_of
from recsys.screens.staff_pages import READERS, actor, page
from recsys.staff import desk_home

TABLES: Final = "administrator"


def home(request: HttpRequest) -> TemplateResponse:
    """What waits for whoever asks, room by room; the admin site lets only staff come here."""
    context = {"title": _("To do"), "rooms": desk_home.rooms(actor(request))}
    shell = admin.site.each_context(request)
    return TemplateResponse(request, "admin/index.html", {**shell, **context})


def tables(request: HttpRequest) -> HttpResponse:
    """Django's own list of all tables, for administrators."""
    if TABLES not in roles_of(request.user):
        raise PermissionDenied
    return page(request, "admin/tables.html", {"title": _("All tables")})


@role_required(*READERS)
@require_GET
def counts(request: HttpRequest) -> HttpResponse:
    """The numbers of the rail, each to be put in its place."""
    found = desk_home.counts(actor(request))
    return render(request, "staff/_counts.html", {"counts": found})
