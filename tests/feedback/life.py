"""Some life: members do this and that at random, as it may come in."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from curation.ids import new_id
from feedback.actions import record
from feedback.models import Impression, Interaction, Kind, Rule
from feedback.recording import impressions
from tests.feedback.cast import NOON, set_mark, told, undo

KINDS = [kind for kind in Kind if kind not in {Kind.UNDO, Kind.COMMENT}]
VALUES: dict[Kind, list[float | None]] = {
    Kind.RATING: [1.0, 2.5, 5.0],
    Kind.FAVOURITE: [0.0, 1.0],
    Kind.VIEW: [None, 0.0, 12.0],
    Kind.PURCHASE: [None, 9.9],
}


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
        value = self.chance.choice(VALUES.get(kind, [None]))
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
            set_mark(row, None if row.mark else Rule.FLOOD)

    def write(self, events):
        record(events, source="test")
