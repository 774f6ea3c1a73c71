"""Members who vote: a segment and the others, what they say of a film, and how often it is served to them."""

from __future__ import annotations

from itertools import count

from django.utils import timezone

from curation.models import SegmentMembership
from feedback.actions import record
from feedback.models import Impression, Kind
from feedback.partitions import ensure_months
from recsys.models import DecisionProposal, ProposalRound
from recsys.proposals import actions as proposal_actions
from recsys.proposals import rounds as proposal_rounds
from tests.factories import ItemFactory, MemberFactory, SegmentFactory
from tests.feedback.cast import told

_events = count()


def crowd(size, *segments):
    """So many members, all of these segments."""
    found = [MemberFactory.create() for _ in range(size)]
    for segment in segments:
        SegmentMembership.objects.bulk_create(
            SegmentMembership(segment=segment, subject=member.subject) for member in found
        )
    return found


def say(members, item, kind, value=None, **more):
    """All of them say the same of an item, now."""
    events = [
        told(member, f"v{next(_events)}", kind, item, value, **{"minute": None, **more})
        for member in members
    ]
    if events:
        record(events, source="test")


def vote(members, item, against, kind=Kind.DISLIKE, otherwise=Kind.LIKE, **more):
    """The first so many of them are against an item, the others for it."""
    say(members[:against], item, kind, **more)
    say(members[against:], item, otherwise, **more)


def serve(members, item, times, surface="home", slates=None, **more):
    """Slates served to these members in turn, so many of which hold the item (of so many slates, or of as many)."""
    now = timezone.now()
    ensure_months("feedback_impression", [now])
    other = ItemFactory.create()
    Impression.objects.bulk_create(
        Impression(
            subject=members[at % len(members)].subject,
            surface=surface,
            mode="fresh",
            served_at=now,
            items=[item.pk if at < times else other.pk],
            slots=[1],
            propensities=[1.0],
            curated=[False],
            **more,
        )
        for at in range(times if slates is None else slates)
    )


def looked():
    """What waits after one more look at the evidence."""
    made = proposal_actions.request_round(actor=None)
    proposal_rounds.execute(made.pk)
    made = ProposalRound.objects.get(pk=made.pk)
    assert (made.state, made.error) == ("succeeded", "")
    return made.report


def disliked(against=14, votes=18, elsewhere=(11, 90), served=10):
    """A film that night owls vote down and others do not: the segment, its members and the film."""
    film = ItemFactory.create(title="Dull film")
    owls = SegmentFactory.create(slug=f"owls-{next(_events)}", name="Night owls", kind="manual")
    inside, outside = crowd(votes, owls), crowd(elsewhere[1])
    vote(inside, film, against)
    vote(outside, film, elsewhere[0])
    serve(inside, film, served)
    return owls, inside, film


def loved(pleased=28, votes=30, silent=30, served=1, slates=100, surface="home"):
    """A film that night owls love and hardly see: the segment, its members and the film."""
    film = ItemFactory.create(title="Hidden film")
    owls = SegmentFactory.create(slug=f"owls-{next(_events)}", name="Night owls", kind="manual")
    inside = crowd(votes, owls)
    vote(inside, film, votes - pleased)
    serve(inside + crowd(silent, owls), film, served, surface, slates)
    return owls, inside, film


def proposal():
    """The one proposed decision there is."""
    return DecisionProposal.objects.get()
