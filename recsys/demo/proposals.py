"""The demo's first proposals: the evidence is looked through once simulated members have been there.

What is proposed rests on the ratings of the data set and on the labelled visits; both count in the demo alone.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_noop

from curation import actions
from curation.given import pgettext_noop
from curation.models import Segment, User
from curation.people import memberships
from feedback.rollups import behaviour
from recsys.proposals import actions as proposal_actions

ACTIVE: Final = "active"
DAYS: Final = 30


def define_segment(curator: User) -> None:
    """Those who said something lately, unless that is defined: members of the data set and simulated ones alike."""
    if not Segment.objects.filter(slug=ACTIVE).exists():
        actions.set_segment(
            actor=curator,
            slug=ACTIVE,
            name=pgettext_noop("given name", "Active: feedback within 30 days"),
            query={"field": "idle_days", "op": "lt", "value": DAYS},
            reason=gettext_noop("For the demo"),
            confirmed=True,
        )


def ask() -> None:
    """Settle who is in which segment by now, and have a worker look for decisions."""
    behaviour.roll_up()
    for segment in Segment.objects.filter(kind=Segment.Kind.QUERY, archived_at=None):
        memberships.refresh(segment)
    proposal_actions.request_round(actor=None)
