"""What people decide about members: the segments that they are put in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from curation import counters, members
from curation.access import acting, require
from curation.fusion.parsing import QueryError, parse
from curation.models import Member, Segment, User
from curation.problems import Invalid

_AT_ONCE: Final = 10_000


def set_segment(
    *, actor: User, slug: str, name: str, query: Mapping[str, Any], reason: str = ""
) -> Segment:
    """Make or redefine a segment, and find out at once who is in it."""
    require(actor, "curator")
    check_segment(query)
    with acting(actor, "set_segment", reason), transaction.atomic():
        content = {"name": name, "query": dict(query)}
        segment, _made = Segment.objects.update_or_create(slug=slug, defaults=content)
        subjects = list(Member.objects.values_list("subject", flat=True))
        for start in range(0, len(subjects), _AT_ONCE):
            members.renew(subjects[start : start + _AT_ONCE], [segment])
        counters.bump("segments")
    return segment


def check_segment(query: object) -> None:
    """Raise `Invalid` where a query over members cannot be read."""
    try:
        parse(query, members.SCHEMA)
    except QueryError as error:
        place = f"query.{error.path}" if error.path else "query"
        errors = [{"field": place, "code": error.code, "message": error.message}]
        raise Invalid("bad_query", _("The query cannot be read."), errors) from error
