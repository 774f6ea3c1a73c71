"""Roll-ups: whatever happens in whatever order, what was counted bit by bit is what counting anew gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.core.management import call_command

from curation.ids import new_id
from curation.models import ItemStats
from feedback import impressions
from feedback.actions import record
from feedback.models import (
    Arrival,
    Impression,
    Interaction,
    ItemShown,
    ItemTally,
    Kind,
    Rule,
    SlotTally,
    Tally,
)
from feedback.stats import roll_up
from tests.feedback.cast import NOON, told, undo

pytestmark = pytest.mark.django_db

KINDS = [Kind.RATING, Kind.LIKE, Kind.DISLIKE, Kind.CLICK, Kind.FAVOURITE, Kind.NOT_INTERESTED]


def figures():
    """Every figure of every roll-up."""
    found = {
        model.__name__: sorted(model.objects.values_list(*fields(model)))
        for model in (Tally, SlotTally, ItemTally, ItemShown)
    }
    stats = ItemStats.objects.values_list(
        "item", "ratings", "mean_rating", "likes", "dislikes", "clicks", "shown"
    )
    return found | {"ItemStats": sorted(stats)}


def fields(model):
    return [field.attname for field in model._meta.concrete_fields if field.name != "pk"]


class Life:
    """Things that happen at random, told in random bodies: late, taken back, marked, shown afterwards."""

    def __init__(self, seed, members, films):
        self.chance, self.members, self.films = Random(seed), members, films
        self.sent, self.unsent, self.served = [], [], []

    def instant(self):
        return NOON - timedelta(minutes=self.chance.choice([0, 20, 400, 3_000, 90_000, 800_000]))

    def happen(self):
        for thing in self.chance.choices(
            [self.tell, self.serve, self.take_back, self.mark, self.show],
            weights=[6, 3, 3, 1, 1],
            k=12,
        ):
            thing()

    def tell(self):
        events = [self.event() for _ in range(self.chance.randint(1, 4))]
        self.unsent += [event for event in events if self.chance.random() < 0.2]
        later = {event.event for event in self.unsent}
        body = [event for event in events if event.event not in later]
        if self.unsent and self.chance.random() < 0.4:
            body.append(self.unsent.pop())
        self.sent += events
        self.write(body)

    def event(self):
        member = self.chance.choice(self.members)
        kind = self.chance.choice(KINDS)
        served = self.chance.choice([None, *self.served[-3:]])
        minute = (self.instant() - NOON) // timedelta(minutes=1)
        value = {Kind.RATING: self.chance.choice([1.0, 2.5, 5.0]), Kind.FAVOURITE: 1.0}.get(kind)
        return told(
            served[1] if served else member,
            f"e{self.chance.getrandbits(60)}",
            kind,
            self.chance.choice(served[2] if served else self.films),
            value,
            minute=minute,
            impression=served[0] if served else None,
            simulated=self.chance.random() < 0.1,
        )

    def take_back(self):
        if self.sent:
            event = self.chance.choice(self.sent)
            owner = next(m for m in self.members if m.subject == event.subject)
            self.write([undo(owner, f"u{self.chance.getrandbits(60)}", event.event)])

    def serve(self):
        member, films = self.chance.choice(self.members), self.chance.sample(self.films, 3)
        served_at = self.instant()
        self.served.append((new_id(), member, films))
        made = Impression(
            id=self.served[-1][0],
            served_at=served_at,
            shown_at=served_at if self.chance.random() < 0.5 else None,
            subject=member.subject,
            surface=self.chance.choice(["home", "similar"]),
            mode="fresh",
            items=[film.pk for film in films],
            slots=[1, 2, 3],
            propensities=[1.0] * 3,
            curated=[self.chance.random() < 0.3 for _ in films],
        )
        impressions.write([made])

    def show(self):
        if self.served:
            found = Impression.objects.filter(pk=self.chance.choice(self.served)[0])
            found.update(shown_at=NOON)

    def mark(self):
        rows = list(Interaction.objects.exclude(kind=Kind.UNDO).order_by("event"))
        if rows:
            row = self.chance.choice(rows)
            found = Interaction.objects.filter(pk=row.pk)
            found.update(mark=None if row.mark else Rule.FLOOD)

    def write(self, events):
        record(events, source="test")


@pytest.mark.parametrize("seed", range(6))
def test_counting_what_changed_gives_what_counting_everything_gives(seed, ada, bob, films):
    life = Life(seed, [ada, bob], films)
    for _ in range(6):
        life.happen()
        roll_up()
    bit_by_bit = figures()
    assert any(bit_by_bit["Tally"])
    call_command("roll_up", "--rebuild")
    assert figures() == bit_by_bit


def test_an_answer_counts_for_the_surface_even_if_its_impression_is_written_last(ada, films, tell):
    served = new_id()
    tell(ada, ("e1", Kind.CLICK, films[0]), impression=served, minute=1)
    roll_up()
    assert list(Tally.objects.values_list("surface", "count")) == [("", 1)]
    impressions.write(
        [
            Impression(
                id=served,
                served_at=NOON,
                subject=ada.subject,
                surface="home",
                mode="fresh",
                items=[films[0].pk],
                slots=[1],
                propensities=[1.0],
                curated=[False],
            )
        ]
    )
    roll_up()
    assert list(Tally.objects.values_list("surface", "count")) == [("home", 1)]
    assert SlotTally.objects.get().clicked == 1


def test_only_what_changed_is_counted_again(ada, films, tell):
    tell(ada, ("e1", Kind.CLICK, films[0]), minute=1)
    roll_up()
    Tally.objects.update(count=77)
    tell(ada, ("e2", Kind.CLICK, films[0]), minute=60)
    roll_up()
    assert sorted(Tally.objects.values_list("count", flat=True)) == [1, 77]
    assert not Arrival.objects.exists()


def test_archived_figures_outlive_a_rebuild_and_are_added_up(ada, films, tell):
    old = datetime(2001, 5, 1, tzinfo=UTC)
    ItemTally.objects.create(
        item_id=films[0].pk, day=old.date(), kind=Kind.CLICK, archived=True, count=40
    )
    tell(ada, ("e1", Kind.CLICK, films[0]), minute=1)
    for rebuild in (False, True):
        roll_up(rebuild=rebuild)
        assert ItemStats.objects.get(item=films[0]).clicks == 41
