"""Two members who turn out to be one, told over the API."""

from __future__ import annotations

from typing import Any, Final

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from curation.models import Member, User
from curation.problems import Invalid, Missing
from feedback.merging import merge_members
from recsys.api.door import door
from recsys.api.parsers import json_body
from recsys.api.tokens import Caller

FIELDS: Final = ("member", "into", "reason")
MOST_WORDS: Final = 500


@door("POST", "client")
def merge(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Merge a member of the caller's source into another of it; asked again, it changes nothing."""
    told = _told(json_body(request))
    member, into = (_member(caller.source, told[name]) for name in ("member", "into"))
    merged = merge_members(
        actor=User.objects.get(pk=caller.user_id), member=member, into=into, reason=told["reason"]
    )
    body = {
        "member": told["member"],
        "into": merged.member.outside_id,
        "status": "merged" if merged.interactions is not None else "unchanged",
        "interactions": merged.interactions or 0,
    }
    return HttpResponse(orjson.dumps(body), "application/json")


def _told(body: Any) -> dict[str, str]:  # noqa: ANN401 - whatever JSON was sent
    if not isinstance(body, dict) or body.keys() - set(FIELDS):
        raise Invalid("invalid_body", _('Send {"member": …, "into": …, "reason": …}.'))
    told = {"reason": "", **body}
    for name in FIELDS:
        value = told.get(name)
        if not isinstance(value, str) or "\x00" in value or len(value) > MOST_WORDS:
            error = {"field": name, "code": "invalid", "message": _("This must be a text.")}
            raise Invalid("invalid_body", _("A field is missing or no text."), [error])
    return told


def _member(source: str, outside_id: str) -> Member:
    """The very row of that outside id: whether it was merged already is the merge's to know."""
    member = Member.objects.filter(source=source, outside_id=outside_id).first()
    if member is None:
        text = _("There is no member %(member)s.") % {"member": outside_id}
        raise Missing("unknown_member", text)
    return member
