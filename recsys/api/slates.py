"""The trace of a slate over the API, and its replay."""

from __future__ import annotations

from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from curation.problems import Missing
from recsys import traces
from recsys.api.door import door
from recsys.api.parameters import Parameters
from recsys.api.tokens import Caller
from recsys.models import Slate

READERS = frozenset({"client", "curator", "analyst", "operator"})


@door("GET", "member", *sorted(READERS))
def slate(request: HttpRequest, caller: Caller, slate_id: UUID) -> HttpResponse:
    """What stands behind a slate; with `replay`, whether its stored inputs give the same bytes again."""
    given = Parameters(request.GET)
    given.only({"replay"})
    replayed = given.flag("replay")
    given.refuse_faults()
    found = Slate.objects.filter(pk=slate_id).first()
    if found is None or not _may_read(caller, found):
        raise Missing("unknown_slate", _("There is no slate of this id."))
    body = traces.replay(found) if replayed else traces.trace_of(found)
    return HttpResponse(orjson.dumps(body, default=str), "application/json")


def _may_read(caller: Caller, found: Slate) -> bool:
    """Members read their own slates only; another's is, to them, not there."""
    if not caller.roles.isdisjoint(READERS):
        return True
    return caller.member is not None and caller.member.subject == found.subject
