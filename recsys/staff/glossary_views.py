"""The page of words, for the staff."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from curation.people.access import role_required
from recsys.screens.staff_pages import READERS, page
from recsys.staff import glossary


@role_required(*READERS)
@require_GET
def words(request: HttpRequest) -> HttpResponse:
    """Every word that screens use, with its meaning and the same word in the other language."""
    found = glossary.entries(get_language() or "")
    return page(request, "recsys/glossary.html", {"title": _("Glossary"), "entries": found})
