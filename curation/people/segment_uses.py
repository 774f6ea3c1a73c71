"""Which decisions and expectations are for a segment."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet

from curation.models import Block, Decision, Expectation, PolicyEntry, Revision, Segment


def uses(segment: Segment) -> QuerySet[Decision]:
    """The decisions for a segment that are in force, in their window or not, or drafted."""
    entries = PolicyEntry.objects.filter(
        version__number=F("version__surface__policy_version"), revision__segment=segment
    )
    blocks = Block.objects.filter(segment=segment, ended_at=None)
    drafts = Revision.objects.filter(
        segment=segment,
        ends=False,
        change_set__published_at=None,
        change_set__discarded_at=None,
    )
    found = Decision.objects.filter(
        Q(pk__in=entries.values("revision__decision"))
        | Q(pk__in=blocks.values("decision"))
        | Q(pk__in=drafts.values("decision"))
    )
    return found.select_related("surface").order_by("pk")


def expectations_on(segment: Segment) -> QuerySet[Expectation]:
    """What is expected of the slates of its members: nobody to look at, and it holds whatever happens."""
    found = Expectation.objects.filter(segment=segment, retired_at=None)
    return found.select_related("surface").order_by("name")
