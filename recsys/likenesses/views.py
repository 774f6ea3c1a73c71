"""Texts that queries ask the like of: written beside a query with a live sample, listed, and let go.

With script the pane stands within the conditions and answers as one writes. Without, its button leads to a page that
carries the form of the query along, and leads back to it with one condition more.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from curation.desk.decisions import form_views
from curation.fusion.parsing import QueryError
from curation.models import Likeness
from curation.people.access import role_required
from curation.problems import Missing, Problem
from curation.queries.faults import in_words
from curation.queries.likeness_keys import plain
from curation.queries.likeness_uses import uses
from recsys.embeddings import encoders, meaning
from recsys.likenesses import actions as likeness_actions
from recsys.likenesses import reading as likenesses
from recsys.likenesses.forms import (
    LikenessForm,
    Wanted,
    back_to,
    carried,
    key_for,
    wanted,
    with_likeness,
)
from recsys.screens.staff_pages import actor, page

PATIENCE_S = 5.0
"""Whoever has no script waits for the language model itself; it is asked again where it starts."""
FOUND = 8


@role_required("curator")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """All texts, who asks the like of them, and the form to try another."""
    asking, encoder = uses(), encoders.current().name
    rows = [
        {"row": row, "uses": asking.get(row.key), "is_current": row.encoder == encoder}
        for row in Likeness.objects.filter(retired_at=None).select_related("author")
    ]
    context = {"title": _("Texts that rules ask the like of"), "rows": rows}
    return page(
        request,
        "recsys/likenesses/list.html",
        {**context, **_parts(request, Wanted("", likenesses.START))},
    )


@role_required("curator")
@require_POST
def attempt(request: HttpRequest) -> HttpResponse:
    """What is like the text that is being written: the pane, its answer alone, or the page for those without script."""
    asked = wanted(request.POST)
    if request.headers.get("HX-Target") == "likeness-found":
        return render(request, "recsys/likenesses/_found.html", _parts(request, asked))
    if request.headers.get("HX-Request"):
        if not asked.text:
            meaning.wake()
        return render(request, "recsys/likenesses/_pane.html", _parts(request, asked))
    return _page(request, asked)


@role_required("curator")
@require_POST
def use(request: HttpRequest) -> HttpResponseBase:
    """Write the text, unless it is there, and have it asked by one condition more of the query that is written."""
    asked, form = wanted(request.POST), carried(request.POST)
    try:
        key = _chosen(request) or _written(request)
        told = with_likeness(form, key, asked.at)
    except (Problem, QueryError) as trouble:
        return _refused(request, asked, trouble)
    if request.headers.get("HX-Request"):
        request.POST = told  # type: ignore[assignment]  # what it reads is a form, whoever filled it
        answer = form_views.conditions(request, "items")
        answer.headers["HX-Trigger-After-Settle"] = "picked"
        return answer
    back = back_to(request.POST)
    if not back:
        messages.success(
            request, _("Written. Rules, expectations and counts can ask the like of it.")
        )
        return redirect("likenesses:list")
    # The page has put the condition into what it sends; the same body goes on to the form.
    return HttpResponse(status=307, headers={"Location": back})


@role_required("curator")
@require_POST
def remove(request: HttpRequest, likeness_key: str) -> HttpResponse:
    """Let go of a text that nobody asks the like of."""
    try:
        likeness_actions.remove_likeness(actor=actor(request), key=likeness_key)
    except Problem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("Removed. Write it again, and it is there again."))
    return redirect("likenesses:list")


def _chosen(request: HttpRequest) -> str:
    """The key of a text that was written before, where one is chosen."""
    key = request.POST.get("like_key", "")
    if key and not Likeness.objects.filter(pk=key).exists():
        raise Missing("unknown_likeness", _("There is no such text."))
    return key


def _written(request: HttpRequest) -> str:
    said = plain(request.POST.get("like_text", ""))
    vector = meaning.vector_of(said)
    row = likeness_actions.write_likeness(actor=actor(request), text=said, vector=vector)
    return row.key


def _refused(request: HttpRequest, asked: Wanted, trouble: Problem | QueryError) -> HttpResponse:
    told = in_words(trouble) if isinstance(trouble, QueryError) else str(trouble)
    if request.headers.get("HX-Request"):
        answer = render(
            request, "recsys/likenesses/_pane.html", {**_parts(request, asked), "fault": told}
        )
        answer.headers["HX-Retarget"] = "#likeness"
        return answer
    return _page(request, asked, fault=told)


def _page(request: HttpRequest, asked: Wanted, fault: str = "") -> HttpResponse:
    parts, form, back = _parts(request, asked), carried(request.POST), back_to(request.POST)
    keys = [key_for(asked.text), *(row.key for row in parts["others"])] if back else []
    try:
        own, *more = [carried(with_likeness(form, key, asked.at)) for key in keys] or [[]]
    except QueryError as error:
        own, more, fault = [], [], fault or in_words(error)
    context: dict[str, Any] = {
        "title": _("Items like a text"),
        "carried": form,
        "told": own,
        "back": back,
    }
    context |= {"offers": list(zip(parts["others"], more, strict=False)), "fault": fault}
    return page(request, "recsys/likenesses/try.html", {**parts, **context})


def _parts(request: HttpRequest, asked: Wanted) -> dict[str, Any]:
    """What the pane shows: the form, what is like the text, and texts that were written before."""
    form = LikenessForm(
        request.POST if "like_text" in request.POST and asked.text else None,
        initial={"like_text": asked.text, "like_at": asked.at},
    )
    is_offered = meaning.is_offered()
    patience = meaning.BUDGET_S if request.headers.get("HX-Request") else PATIENCE_S
    vector = meaning.vector_of(asked.text, patience) if is_offered and asked.text else None
    return {
        "form": form,
        "asked": asked,
        "is_offered": is_offered,
        "late": bool(asked.text) and is_offered and vector is None,
        "sample": likenesses.sample(vector, asked.at) if vector else None,
        "others": _others(asked.text),
    }


def _others(words: str) -> list[Any]:
    """Texts by the encoder in use that hold what is written, or the newest."""
    own = Likeness.objects.filter(encoder=encoders.current().name, retired_at=None)
    rows = own.exclude(text=words)
    holding = rows.filter(text__icontains=words) if words else rows
    return list((holding if holding.exists() else rows)[:FOUND])
