"""The trace of a slate over the API, and its replay."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from curation.bodies.references import change_set_named
from curation.fusion.codec import CodecError
from curation.problems import Conflict, Denied, Missing
from recsys.api.door import door
from recsys.api.parameters import Parameters
from recsys.api.tokens import Caller
from recsys.models import Slate
from recsys.screens.reasons import text_of
from recsys.traces import reading as traces
from recsys.traces import supposing

STAFF = frozenset({"curator", "analyst", "operator"})
READERS = STAFF | {"client"}


@door("GET", "member", *sorted(READERS))
def slate(request: HttpRequest, caller: Caller, slate_id: UUID) -> HttpResponse:
    """What stands behind a slate; with `replay`, whether its stored inputs give the same bytes again."""
    given = Parameters(request.GET)
    given.only({"replay", "suppose", "change_set"})
    replayed, supposed = given.flag("replay"), given.flag("suppose")
    drafts = given.text("change_set")
    given.refuse_faults()
    found = Slate.objects.filter(pk=slate_id).first()
    if found is None or not _may_read(caller, found):
        raise Missing("unknown_slate", _("There is no slate of this id."))
    body = _replay(found) if replayed else _trace(found)
    if (supposed or drafts) and not replayed:
        body["would_have"] = _supposed(caller, found, drafts)
    return HttpResponse(orjson.dumps(body), "application/json")


def _supposed(caller: Caller, found: Slate, drafts: str | None) -> list[dict[str, Any]]:
    """The decisions that had no part in a slate, which is the staff's to know."""
    if caller.roles.isdisjoint(STAFF):
        raise Denied(_("What was not decided for a slate is for staff."))
    try:
        told = supposing.suppose(found, change_set_named(drafts) if drafts else None)
    except CodecError as error:
        raise Conflict("inputs_damaged", str(error)) from error
    if told is None:
        raise Missing("inputs_not_kept", _("The inputs of this slate were not kept."))
    return [each.as_json() for each in told]


def _replay(found: Slate) -> dict[str, Any]:
    try:
        result = traces.replay(found)
    except CodecError as error:
        raise Conflict("inputs_damaged", str(error)) from error
    if result.identical is None:
        raise Missing("inputs_not_kept", _("The inputs of this slate were not kept."))
    return asdict(result)


def _trace(found: Slate) -> dict[str, Any]:
    """The trace with outside ids for items, as everywhere in the API, and words for reasons."""
    trace = traces.trace_of(found)
    items = trace.pop("items")
    for placement in [*trace["placements"], *trace["reserve"]]:
        outside = items[placement["item"]]
        placement |= {"item": outside["item"], "title": outside["title"]}
        placement["reasons"] = [
            {"text": text_of(reason), **reason} for reason in placement["reasons"]
        ]
    for denial in trace["denials"]:
        denial["items"] = [items[item]["item"] for item in denial["items"]]
    return trace


def _may_read(caller: Caller, found: Slate) -> bool:
    """Members read their own slates only; another's is, to them, not there."""
    if not caller.roles.isdisjoint(READERS):
        return True
    return caller.member is not None and caller.member.subject == found.subject
