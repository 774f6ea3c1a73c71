"""The audit at the desk: found by filters that live in the URL, and handed out as CSV."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from curation.desk.answering import page
from curation.desk.audit import reading as trail
from curation.desk.audit.forms import AuditForm
from curation.models import User
from curation.people.access import STAFF, role_required, roles_of

READERS: Final = ("curator", "operator", "analyst")


@role_required(*READERS)
@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    """Who did what, to which object, when and why; the newest first, as the filters in the URL ask."""
    form = _form(request)
    shown = trail.Page()
    if form.is_valid():
        shown = trail.page_of(form.wanted(), form.cleaned_data["below"])
    query = request.GET.copy()
    is_further = bool(query.pop("below", None))
    context = {
        "title": _("Audit"),
        "form": form,
        "page": shown,
        "actors": _actors(),
        "query": query.urlencode(),
        "is_further": is_further,
        "is_narrowed": any(query.values()),
    }
    return page(request, "audit", context)


@role_required(*READERS)
@require_GET
def download(request: HttpRequest) -> HttpResponseBase:
    """All rows under the same filters as the page, as CSV, sent as they are read."""
    form = _form(request)
    if not form.is_valid():
        told = [str(text) for errors in form.errors.values() for text in errors]
        return HttpResponse("\n".join(told), "text/plain; charset=utf-8", status=400)
    lines = trail.as_csv(form.wanted(), get_language() or "en", timezone.get_current_timezone())
    named = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=named)


def _form(request: HttpRequest) -> AuditForm:
    return AuditForm(request.GET, people="administrator" in roles_of(request.user))


def _actors() -> list[str]:
    """Whom the field offers: whoever works here now, and the product; others can be written."""
    staff = User.objects.filter(groups__name__in=STAFF).order_by("username").distinct()
    return [*staff.values_list("username", flat=True), _("the product")]
