"""What members did with hostile films lately and a month ago, so that reports have something to draw; and vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import cycle
from typing import Final
from uuid import UUID

from django.utils import timezone

from curation.ids import new_id
from curation.models import Embedding, Item, Member
from feedback.actions import record
from feedback.models import Impression, Interaction, Kind, Rule
from feedback.recording import impressions
from feedback.recording.events import NewInteraction
from feedback.rollups import behaviour
from feedback.rollups.stats import roll_up
from recsys.embeddings import encoders
from tests.authorization_world import SOURCE

KINDS: Final[dict[Kind, float | None]] = {
    Kind.RATING: 4.0,
    Kind.CLICK: None,
    Kind.PURCHASE: 9.5,
    Kind.LIKE: None,
    Kind.VIEW: 30.0,
    Kind.DISLIKE: None,
    Kind.FAVOURITE: 1.0,
    Kind.SHARE: None,
    Kind.NOT_INTERESTED: None,
}
DAYS: Final = (1, 2, 30)
VECTOR: Final = [1.0, *[0.0] * 383]
"""What every item means, and every query with it."""


def live(slate: UUID) -> None:
    """Have all members shown all films on some days, and all kinds of things done; count it all."""
    films, members = _films(), list(Member.objects.filter(source=SOURCE).order_by("pk"))
    served = [_served(member, films, day, slate) for member in members for day in DAYS]
    impressions.write(served)
    record([event for each in served for event in _done(each, films)], source=SOURCE)
    Interaction.objects.filter(subject=members[-1].subject).update(mark=Rule.FLOOD)
    roll_up()
    behaviour.roll_up()
    _mean(films)


def _films() -> list[Item]:
    return list(Item.objects.filter(active=True).order_by("-pk")[:12])


def _served(member: Member, films: Sequence[Item], day: int, slate: UUID) -> Impression:
    at = timezone.now() - timedelta(days=day)
    many = len(films)
    return Impression(
        id=new_id(),
        served_at=at,
        shown_at=at,
        slate=slate,
        subject=member.subject,
        surface="home",
        mode="fresh",
        items=[film.pk for film in films],
        slots=list(range(1, many + 1)),
        propensities=[1.0] * many,
        curated=[place < 2 for place in range(many)],
    )


def _done(served: Impression, films: Sequence[Item]) -> Iterator[NewInteraction]:
    """One thing of each kind in turn, film by film."""
    for film, (kind, value) in zip(films, cycle(KINDS.items()), strict=False):
        yield _event(served, film, kind, value, served.served_at)


def _event(
    served: Impression, film: Item, kind: Kind, value: float | None, at: datetime
) -> NewInteraction:
    return NewInteraction(
        event=f"{served.pk}-{film.pk}",
        subject=served.subject,
        kind=kind,
        item_id=film.pk,
        value=value,
        occurred_at=at + timedelta(minutes=1),
        impression=served.pk,
    )


def _mean(films: Sequence[Item]) -> None:
    """Give each film a vector of the encoder in use."""
    told = {"encoder": encoders.current().name, "vector": VECTOR, "dimension": len(VECTOR)}
    Embedding.objects.bulk_create(Embedding(item=film, text_hash="", **told) for film in films)
