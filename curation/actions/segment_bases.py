"""On top of what a segment is written: nobody overwrites what a colleague wrote meanwhile without having seen it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.apps import apps
from django.db.models import Max, Model, QuerySet
from django.utils.translation import gettext as _

from curation.decisions.differences import Clash, whose
from curation.models import Segment, User
from curation.problems import Conflict

NONE_YET: Final = 0
"""The base of a segment that does not exist yet."""


def segment_number(segment: Segment) -> int:
    """The number of a segment's last change: what `base` names whoever has seen it."""
    return segment_numbers([segment])[segment.pk]


def segment_numbers(segments: Iterable[Segment]) -> dict[Any, int]:
    """The same of several, by segment: one statement."""
    keys = [segment.pk for segment in segments]
    rows = _events().filter(pgh_obj__in=keys).order_by().values_list("pgh_obj")
    return dict.fromkeys(keys, NONE_YET) | dict(rows.annotate(Max("pgh_id")))


def insist(segment: Segment, base: int | None, content: Mapping[str, Any]) -> None:
    """Raise `Conflict` where a locked segment has changed since `base`, naming each field that differs.

    Whoever names no base takes what stands there for seen; whoever wants what stands there overwrites nothing.
    """
    if base is None or base == segment_number(segment):
        return
    if base == NONE_YET:
        text = _("There is a segment %(slug)s already.") % {"slug": segment.slug}
        raise Conflict("slug_taken", text)
    if told := _clashes(segment, base, content):
        text = _("Somebody else has changed it since: it is at change %(now)d.")
        raise Conflict("stale_segment", text % {"now": segment_number(segment)}, told)


def _clashes(segment: Segment, base: int, content: Mapping[str, Any]) -> list[dict[str, Any]]:
    seen: Any = _events().filter(pgh_obj=segment.pk, pgh_id=base).first()
    found = []
    for field, mine in content.items():
        was, theirs = getattr(seen, field, None), getattr(segment, field)
        if theirs != mine:
            by = _author(segment, base, field, was) if was != theirs else ""
            found.append(Clash(field, was, theirs, mine, whose(was, theirs, mine), by).as_json())
    return found


def _author(segment: Segment, base: int, field: str, was: object) -> str:
    """Who changed a field last, since a base."""
    by = ""
    for event in _events().filter(pgh_obj=segment.pk, pgh_id__gt=base).order_by("pgh_id"):
        value = getattr(event, field)
        if value != was:
            by, was = str((event.pgh_context or {}).get("actor", "")), value
    return User.objects.filter(pk=by).values_list("username", flat=True).first() or "" if by else ""


def _events() -> QuerySet[Any]:
    events: type[Model] = apps.get_model("curation", "SegmentEvent")
    return events._default_manager.all()
