"""What the desk shows of segments: all of them, and one with its members, versions and users."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from curation.decisions.sentences import describe
from curation.desk.shown import newest_lines
from curation.field_words import MEMBER_WORDS
from curation.fusion.parsing import QueryError
from curation.models import Member, MemberStats, Segment, SegmentVersion
from curation.people.segment_uses import expectations_on, uses
from curation.queries import members as member_queries
from curation.queries.faults import in_words

SHOWN: Final = 20
_VERSIONS: Final = 50


def overview() -> QuerySet[Segment]:
    """All segments, those in use first."""
    return Segment.objects.select_related("state").order_by("archived_at", "name")


def of_segment(segment: Segment) -> dict[str, Any]:
    """A segment's definition, a sample of its members, its versions and what is decided and expected for it."""
    versions = SegmentVersion.objects.filter(segment=segment).select_related("by")
    return {
        "segment": segment,
        "state": getattr(segment, "state", None),
        "definition": definition(segment),
        "rows": sample(segment),
        "versions": versions.order_by("-number")[:_VERSIONS],
        "uses": newest_lines(uses(segment)),
        "expected": expectations_on(segment),
    }


def definition(segment: Segment) -> str:
    """What makes a member one of the segment, in words."""
    if segment.kind == Segment.Kind.MANUAL:
        return _("Listed by hand.")
    if segment.kind == Segment.Kind.LEARNED:
        return _("Learned from what members do.")
    try:
        return describe(member_queries.read(segment.query), MEMBER_WORDS)
    except QueryError as error:
        return in_words(error)


def sample(segment: Segment) -> list[dict[str, Any]]:
    """Some members of a segment, with what is known of them."""
    subjects = list(segment.memberships.order_by("pk").values_list("subject", flat=True)[:SHOWN])
    return with_figures(list(Member.objects.filter(subject__in=subjects).order_by("pk")))


def with_figures(members: Sequence[Member]) -> list[dict[str, Any]]:
    """Members with their statistics."""
    stats = MemberStats.objects.in_bulk([member.subject for member in members])
    return [
        {"member": member, "stats": stats.get(member.subject) or MemberStats(features={})}
        for member in members
    ]
