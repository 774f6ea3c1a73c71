"""A slate over the API: the hot endpoint."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any, Final
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from curation.models import Item
from curation.problems import Denied, Invalid, Missing
from recsys.api.door import door
from recsys.api.parameters import Parameters, SlateParameters
from recsys.api.tokens import Caller
from recsys.screens import reasons
from recsys.slates import serving, why
from recsys.slates.serving import Ask, MemberKey, Served

PARAMETERS: Final = frozenset(
    {"member", "surface", "size", "item", "device", "exclude", "explain", "wait_ms"}
)
DECISIONS: Final = ("fired", "withheld", "lost")
EXPLAINED: Final = ("pinned", "curated", "sampled", "propensity")
SHOWN: Final = ("slot", "item", "title", "score", "parts", "boost", "rounding")


@door("GET", "client", "curator", "member")
def recommendations(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer with a slate for a member, whoever they are: an unknown member is a new one."""
    given = Parameters(request.GET)
    given.only(PARAMETERS, repeated={"exclude"})
    member, excluded, explain = given.text("member"), given.texts("exclude"), given.flag("explain")
    ask = ask_of(caller, member, SlateParameters.read(given, "surface"))
    if excluded:
        ask = replace(ask, exclude=_ids(caller.source, excluded))
    return HttpResponse(orjson.dumps(answer(slate(ask), explain=explain)), "application/json")


def ask_of(caller: Caller, member: str | None, wanted: SlateParameters) -> Ask:
    """What serving is asked for, in the language of the request."""
    return Ask(
        member=member_key(caller, member),
        surface=wanted.surface,
        size=wanted.size,
        wait_ms=wanted.wait_ms,
        device=wanted.device,
        language=get_language() or "",
        anchor=None if wanted.item is None else _anchor(caller.source, wanted.item),
    )


def slate(ask: Ask, *, feedback: int = 0) -> Served:
    """The slate asked for; a problem where serving finds that none can be."""
    try:
        return serving.slate(ask, feedback=feedback)
    except serving.Refused as error:
        raise Invalid(error.code, error.text) from error


def answer(served: Served, *, explain: bool = False) -> dict[str, Any]:
    """The JSON object of a served slate; `explain` adds what each placement owes to decisions and history."""
    language = get_language() or ""
    evidence = _evidence(served) if explain else None
    return {
        "impression": served.impression,
        "slate": served.slate,
        "mode": served.mode,
        "short": served.short,
        "versions": served.versions,
        "placements": [_placement(each, evidence, language) for each in served.placements],
    }


def _evidence(served: Served) -> why.Known:
    """What of the member's history spoke for the placements."""
    if served.slate is None:
        return {}
    return why.evidence(served.slate, [UUID(each["id"]) for each in served.placements])


def _placement(
    placement: Mapping[str, Any], evidence: why.Known | None, language: str
) -> dict[str, Any]:
    shown = {name: placement[name] for name in SHOWN}
    shown["reasons"] = [
        {"code": reason["code"], "text": reasons.text_of(reason, language)}
        for reason in placement["reasons"]
    ]
    if evidence is not None:
        decisions = {name: placement.get(name, []) for name in DECISIONS}
        told = evidence.get(UUID(placement["id"]))
        spoke = None if told is None else [asdict(each) for each in told]
        shown["explanation"] = (
            decisions | {name: placement[name] for name in EXPLAINED} | {"evidence": spoke}
        )
    return shown


def member_key(caller: Caller, outside_id: str | None) -> MemberKey:
    """The member that the caller means and may act for; callers who are members themselves may leave it out."""
    own = caller.member
    if caller.roles.isdisjoint({"client", "curator"}):
        if own is None or outside_id not in {None, own.outside_id}:
            raise Denied(_("You may act for yourself only."))
        return MemberKey(own.source, own.outside_id)
    if outside_id is not None:
        return MemberKey(caller.source, outside_id)
    if own is None:
        error = {"field": "member", "code": "required", "message": _("This field is required.")}
        raise Invalid("invalid_parameter", _("Say for which member."), [error])
    return MemberKey(own.source, own.outside_id)


def _anchor(source: str, outside_id: str) -> UUID:
    ids = _ids(source, (outside_id,))
    if not ids:
        raise Missing("unknown_item", _("There is no item %(item)s.") % {"item": outside_id})
    return next(iter(ids))


def _ids(source: str, outside_ids: Collection[str]) -> frozenset[UUID]:
    """The items of those outside ids; ids that no item has stand for nothing to leave out."""
    found = Item.objects.filter(source=source, outside_id__in=outside_ids)
    return frozenset(found.values_list("id", flat=True))
