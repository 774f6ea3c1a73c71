"""What members did, told over the API: recorded exactly once, a new slate in the same answer if asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from curation.ids import outside_id
from curation.people.members import persons
from curation.problems import Denied, Invalid
from feedback.intake.receiving import take_in
from feedback.recording.events import Outcome
from recsys.api.door import door
from recsys.api.parameters import Parameters, SlateParameters
from recsys.api.parsers import json_body
from recsys.api.recommendations import answer, ask_of, slate
from recsys.api.tokens import Caller

PARAMETERS: Final = frozenset({"refresh", "size", "device", "wait_ms"})
MOST_ROWS: Final = 1000
Row = Any
"""Whatever JSON stands where an interaction is expected."""


@door("POST", "client", "member")
def interactions(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Record the interactions of the body; with `refresh`, serve their member a slate that knows of them."""
    given = Parameters(request.GET)
    given.only(PARAMETERS)
    wanted = _wanted(given)
    rows = _own(caller, _rows(json_body(request)))
    member = _only_member(rows) if wanted else None
    outcomes = take_in(rows, source=caller.source, members=partial(persons, caller.source))
    body: dict[str, Any] = {"results": [_result(outcome) for outcome in outcomes]}
    if wanted:
        covered = max((outcome.version or 0 for outcome in outcomes), default=0)
        served = slate(ask_of(caller, member, wanted), feedback=covered)
        body["recommendations"] = answer(served)
    return HttpResponse(orjson.dumps(body), "application/json")


def _wanted(given: Parameters) -> SlateParameters | None:
    """The slate to answer with; checked before anything is recorded, so that a refusal leaves nothing behind."""
    wanted = SlateParameters.read(given, "refresh")
    return wanted if "refresh" in given.query else None


def _rows(body: Row) -> list[Row]:
    if not isinstance(body, dict):
        raise Invalid("invalid_body", _('Send one interaction, or {"interactions": […]}.'))
    if "interactions" not in body:
        return [body]
    rows = body["interactions"]
    if not isinstance(rows, list) or len(body) > 1:
        raise Invalid("invalid_body", _('Send {"interactions": […]} and nothing beside it.'))
    if len(rows) > MOST_ROWS:
        raise Invalid(
            "too_many", _("Send at most %(limit)d interactions at once.") % {"limit": MOST_ROWS}
        )
    return rows


def _own(caller: Caller, rows: list[Row]) -> list[Row]:
    """The rows as they are for a client; for a member only their own ones, in which the member may be left out."""
    if "client" in caller.roles:
        return rows
    own = caller.member.outside_id if caller.member else None
    if own is None or any(_member_of(row) not in {None, own} for row in rows):
        raise Denied(_("You may act for yourself only."))
    return [{"member": own, **row} if isinstance(row, Mapping) else row for row in rows]


def _only_member(rows: Sequence[Row]) -> str:
    """Whose slate answers the body; a malformed id is refused, as it must neither make a member nor be looked up."""
    named = [row["member"] for row in rows if _member_of(row) is not None]
    members = {outside_id(value) for value in named}
    if None in members:
        text = _("%(field)s must be a text of 1 to 255 characters, without control characters.")
        raise Invalid("invalid_member", text % {"field": "member"})
    if len(members) != 1:
        raise Invalid("one_member", _("A body that asks for `refresh` names exactly one member."))
    return members.pop() or ""


def _member_of(row: Row) -> str | None:
    member = row.get("member") if isinstance(row, Mapping) else None
    return None if member is None else str(member)


def _result(outcome: Outcome) -> dict[str, Any]:
    result: dict[str, Any] = {"event": outcome.event, "status": outcome.status}
    if outcome.reason is not None:
        result |= {"reason": outcome.reason, "detail": outcome.text}
    return result
