"""A thousand situations: what a preview of drafts shows in each is what is made there once they are published.

More than half are of the moment in which they are asked: there what the preview's worker, or the API, shows is held
against the slate that members then get. No one gets a slate of a moment to come: there what is fused with drafts is
held against what is fused without. A fifth of all is asked over the API, 140 of the moment and 60 of one to come.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.utils import timezone

from curation import actions
from curation.actions import Terms, open_change_set, publish
from curation.fusion import codec
from curation.fusion.columns import Kind
from curation.fusion.effects import Boost, Bury, Cap, Effect, Exclude, Quota
from curation.fusion.engine import fuse
from curation.fusion.query import Comparison, ItemList, Query
from curation.models import (
    ChangeSet,
    Member,
    MemberAttribute,
    Revision,
    Scorer,
    Segment,
    Surface,
    User,
)
from curation.people import memberships
from recsys.previews import asking, worker
from recsys.slates import fusing, gathering
from recsys.slates.places import Place
from tests.curation.test_api import Caller
from tests.factories import SOURCE, SegmentFactory
from tests.recsys.slates.asking import new_member, person, rate

PRESENT, MOMENTS, PLACES = 16, 16, 25
LATER, NOW, DEPTH = 60, 140, 10
# Clocks of Europe are put forward on the one day, and back on the other.
DAYS = (datetime(2150, 3, 29, tzinfo=UTC), datetime(2150, 10, 25, tzinfo=UTC))
EFFECTS: tuple[Effect, ...] = (
    Boost(1.5),
    Bury(1.0),
    Exclude(),
    Cap(3, 10),
    Quota(4, 10),
    Boost(0.3),
)
SITUATIONS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"devices": ["mobile"]},
    {"languages": ["en"], "devices": ["desktop", "mobile"]},
    {"members": {"field": "ratings", "op": "ge", "value": 2}},
    {"members": {"not": {"field": "country", "op": "eq", "value": "FR"}}},
    {"hours": {"zone": "Europe/Berlin", "from": "01:30", "until": "03:30"}},
    {
        "hours": {
            "zone": "Australia/Lord_Howe",
            "weekdays": [1, 7],
            "from": "12:00",
            "until": "06:00",
        }
    },
)
BEFORE = timedelta(days=3)
WAR, COMEDY = (Comparison("genres", Kind.TAGS, "has", name) for name in ("War", "Comedy"))


class Desk:
    """A curator who decides at random: for a segment, a member or everybody, in any window around now or the two days.

    Some decisions hold on one device, for members of one country or at some hours only.
    """

    def __init__(
        self, chance: Random, world: Any, segment: Segment, people: Sequence[Member]
    ) -> None:
        self.chance, self.items = chance, iter(chance.sample(world.items, len(world.items)))
        self.actor: User = person("administrator")
        self.people = people
        self.whom: list[dict[str, Any]] = [{}, {}, {"segment": segment}, {"member": people[0]}]
        self.home, self.slots = Surface.objects.get(pk="home"), count(1)
        now = timezone.now()
        self.situations = (*SITUATIONS, *hours_around(now))
        # Nothing opens or closes while the test looks.
        self.soon = now + timedelta(minutes=15)
        self.edges: Sequence[datetime] = (self.soon, self.soon, self.soon, *DAYS)

    def moment(self, *around: datetime) -> datetime:
        hours = self.chance.randint(-42, 54)
        return self.chance.choice(around or DAYS) + timedelta(
            hours=hours, minutes=self.chance.choice([0, 30])
        )

    def window(self) -> dict[str, datetime]:
        """Any that is not over at the time of deciding, which lint would refuse."""
        around = self.chance.choice(self.edges)
        start, end = sorted(self.moment(around) for _ in range(2))
        if end <= timezone.now() or start == end:
            return self.window()
        windows = [{}, {"starts_at": start}, {"until": end}, {"starts_at": start, "until": end}]
        return self.chance.choice(windows)

    def terms(self, home: ChangeSet, *, situations: bool = True) -> Terms:
        shares = self.chance.choice([{}, {}, {"holdback": 0.5}, {"traffic": 0.5}])
        where = {**self.chance.choice(self.whom), **self.window(), **shares}
        if situations:
            where["who"] = self.chance.choice(self.situations)
        priority = self.chance.choice([100, 100, 200])
        return Terms(reason="a test", change_set=home, priority=priority, **where)

    def decide(self, home: ChangeSet, rules: int, pins: int, others: int) -> list[Revision]:
        """Draft so many of each; no two want the same slot or item, which lint would refuse."""
        drafts = []
        for at in range(rules):
            listed = ItemList(tuple(next(self.items).id for _ in range(3)))
            asked: list[Query] = [WAR, COMEDY, listed]
            what = self.chance.choice(asked)
            effect, surface = EFFECTS[at % len(EFFECTS)], self.chance.choice([self.home, None])
            if isinstance(effect, Exclude):
                what = listed
            common: dict[str, Any] = {"actor": self.actor, "terms": self.terms(home)}
            drafts.append(actions.add_rule(surface=surface, effect=effect, what=what, **common))
        for _ in range(pins):
            told: dict[str, Any] = {"item": next(self.items), "slot": next(self.slots)}
            common = {"actor": self.actor, "terms": self.terms(home)}
            drafts.append(actions.pin_item(surface=self.home, **told, **common))
        for _ in range(others):
            blocking: dict[str, Any] = {
                "actor": self.actor,
                "terms": self.terms(home, situations=False),
            }
            actions.block_item(surface=None, item=next(self.items), **blocking)
            common = {"actor": self.actor, "terms": self.terms(home)}
            weights = {
                "ease": self.chance.uniform(0.1, 2),
                "popularity": self.chance.uniform(0.1, 2),
            }
            actions.set_blend(surface=self.home, weights=weights, scales={}, beta=None, **common)
        return [draft.revision for draft in drafts]

    def place(self, surface: str, items: Sequence[Any]) -> Place:
        choice = self.chance.choice
        anchor = str(choice(items).id) if surface == "similar" else ""
        member = choice([*self.people, None])
        whose = (SOURCE, member.outside_id) if member else ("", "")
        device, language = choice(["", "mobile", "desktop"]), choice(["", "en", "zh-hans"])
        return Place(surface, *whose, device=device, language=language, anchor=anchor)


def hours_around(now: datetime) -> list[dict[str, Any]]:
    """Hours that hold now, and hours that will later today, on clocks far apart."""
    named = {"Europe/Berlin": (-1, 1), "Australia/Lord_Howe": (2, 4)}
    return [
        {
            "hours": {
                "zone": zone,
                "from": f"{clock + timedelta(hours=since):%H:%M}",
                "until": f"{clock + timedelta(hours=until):%H:%M}",
            }
        }
        for zone, (since, until) in named.items()
        for clock in [now.astimezone(ZoneInfo(zone))]
    ]


def a_desk(world: Any) -> Desk:
    """Six people of two countries, two of them fans, and somebody who decides for them."""
    for name in ("popularity", "ease", "item_knn"):
        Scorer.objects.update_or_create(name=name, defaults={"live": True})
    Surface.objects.update(depth=DEPTH, reserve=3, explore_every=4)
    MemberAttribute.objects.create(key="country", kind="text", label="Country")
    people = [new_member(attributes={"country": each}) for each in ("FR", "DE") * 3]
    for at, film in enumerate(world.war[:6]):
        rate(people[at % 2], film, event=f"liked {at}")
    fans = SegmentFactory.create(query={"field": "ratings", "op": "ge", "value": 3})
    memberships.refresh(fans)
    return Desk(Random(11), world, fans, people)


def changed(desk: Desk) -> ChangeSet:
    """What is published and then drafted anew: more of each kind, one that ends, and one that is revised.

    The first was published days ago, so that some of it is over.
    """
    past = timezone.now() - BEFORE
    with patch.object(timezone, "now", lambda: past), patch.object(desk, "edges", [desk.soon]):
        published = desk.decide(open_change_set(actor=desk.actor, name="first"), 12, 3, 1)
        publish(actor=desk.actor, change_set=published[0].change_set)
    spring = open_change_set(actor=desk.actor, name="spring")
    desk.decide(spring, 12, 4, 2)
    ended, revised = published[0].decision, published[1].decision
    actions.end_decision(actor=desk.actor, decision=ended, reason="over", change_set=spring)
    terms = Terms(reason="earlier", change_set=spring, until=DAYS[0])
    actions.revise_decision(actor=desk.actor, decision=revised, base=1, terms=terms)
    return spring


def test_what_previews_show_in_hundreds_of_situations_is_what_is_made_after_the_publish(world):
    desk = a_desk(world)
    spring = changed(desk)
    assert set(map(standing_of, Revision.objects.all())) == {"over", "open", "not yet"}
    surfaces = ("home", "home", "home", "similar")
    present = [
        [desk.place(surfaces[at % 4], world.items) for _ in range(PLACES)] for at in range(PRESENT)
    ]
    later = [
        (desk.moment(), [desk.place(surfaces[at % 4], world.items) for _ in range(PLACES)])
        for at in range(MOMENTS)
    ]
    shown = [previewed(desk, place, spring) for places in present for place in places]
    shown_later = [one for at, places in later for one in made_at(places, at, spring)]
    with patch.object(worker, "_drafts", without_situations):
        at_fault = [previewed(desk, place, spring)["drafted"] for place in present[0]]
    publish(actor=desk.actor, change_set=spring)

    assert (len(shown), len(shown_later)) == (400, 400)
    assert [each["drafted"] for each in shown] == [
        one for places in present for one in made(places)
    ]
    assert shown_later == [one for at, places in later for one in made_at(places, at)]
    assert at_fault != made(present[0]), "a preview that forgets situations is found out"
    moved = sum(each["now"] != each["drafted"] for each in shown)
    assert moved > len(shown) / 2, "the drafts change what stands"


def test_what_the_api_previews_in_hundreds_of_situations_is_what_it_answers_after_the_publish(
    client, realtime, world, monkeypatch
):
    monkeypatch.setattr(asking, "BUDGET_S", 10.0)
    desk = a_desk(world)
    spring = changed(desk)
    shop = Shop(Caller(client, person("curator")), {str(film.pk): film for film in world.items})
    surfaces = ("home", "home", "similar")
    places = [desk.place(surfaces[at % 3], world.items) for at in range(LATER)]
    later = [(place, desk.moment().isoformat()) for place in places]
    # Who asks for a slate now is somebody, and has a language.
    asked = (desk.place(surfaces[at % 3], world.items) for at in range(NOW))
    now = [
        replace(
            place,
            source=SOURCE,
            outside_id=desk.chance.choice(desk.people).outside_id,
            language=place.language or "en",
        )
        for place in asked
    ]

    shown_later = [shop.previewed(*each, change_set="spring")["drafted"] for each in later]
    shown_now = [shop.previewed(place, None, change_set=str(spring.pk))["drafted"] for place in now]
    publish(actor=desk.actor, change_set=spring)
    assert len(later) + len(now) == 200
    for each, drafted in zip(later, shown_later, strict=True):
        assert standing(shop.previewed(*each)["now"]) == standing(drafted), each
    for place, drafted in zip(now, shown_now, strict=True):
        assert standing(shop.served(place)) == standing(drafted), place


def standing(told: dict[str, Any]) -> list[tuple[Any, ...]]:
    names = ("slot", "item", "score", "parts", "boost", "rounding")
    return [tuple(map(each.get, names)) for each in told["placements"]]


@dataclass
class Shop:
    """Whoever looks and asks over the API."""

    caller: Caller
    items: dict[str, Any]

    def named(self, place: Place) -> dict[str, str]:
        item = {"item": self.items[place.anchor].outside_id} if place.anchor else {}
        device = {"device": place.device} if place.device else {}
        member = {"member": place.outside_id} if place.outside_id else {}
        return {"surface": place.surface, **member, **device, **item}

    def previewed(self, place: Place, at: str | None, **more: str) -> dict[str, Any]:
        language = {"language": place.language} if place.language else {}
        body = {**self.named(place), **language, "at": at, **more}
        answer = self.caller.send("POST", "/api/v1/previews/", body)
        assert answer.status_code == 200, answer.content
        return dict(answer.json())

    def served(self, place: Place) -> dict[str, Any]:
        query = urlencode(self.named(place) | {"wait_ms": "5000"})
        self.caller.header["accept-language"] = place.language
        answer = self.caller.get(f"/api/v1/recommendations/?{query}")
        assert (answer.status_code, answer.json()["mode"]) == (200, "fresh"), answer.content
        return dict(answer.json())


Told = list[dict[str, Any]]


def standing_of(row: Revision) -> str:
    """Whether the window of a decision is over, open or to come."""
    now = timezone.now()
    if row.until and row.until <= now:
        return "over"
    return "not yet" if row.starts_at and row.starts_at > now else "open"


_drafts = worker._drafts


def without_situations(change_set: str | None, surface: str) -> dict[UUID, Revision]:
    """The drafts as a preview at fault would have them: holding in every situation."""
    found = _drafts(change_set, surface)
    for row in found.values():
        row.who = {}
    return found


def previewed(desk: Desk, place: Place, drafts: ChangeSet) -> dict[str, Told]:
    """What the worker of previews puts in each slot now, as it is and as drafted."""
    subjects = {each.outside_id: str(each.subject) for each in desk.people}
    told = worker.both(
        {
            "surface": place.surface,
            "subject": subjects.get(place.outside_id),
            "at": None,
            "situation": {
                "device": place.device,
                "language": place.language,
                "anchor": place.anchor,
            },
            "size": DEPTH,
            "change_set": str(drafts.pk),
        }
    )
    return {side: told[side]["placements"] for side in asking.SIDES}


def made(places: Sequence[Place]) -> list[Told]:
    """What stands in each of these places, as members get it: kept, with the body that serves it."""
    found = []
    for each in fusing.make_many(fusing.read_many(places)):
        told = orjson.loads(zlib.decompress(each.slate.trace))["placements"]
        assert [row["item"] for row in each.body["placements"]] == [row["item"] for row in told]
        found.append(told)
    return found


def made_at(places: Sequence[Place], at: datetime, drafts: ChangeSet | None = None) -> list[Told]:
    """What stands in each of these places at an instant, as it is or as drafted."""
    with gathering.snapshot():
        readings = gathering.read_many(places, gathering.look_at(places), at, drafts)
    scores: dict[Any, Any] = {}
    found = []
    for reading in readings:
        whose = (reading.check.subject, reading.anchor)
        if whose not in scores:
            scores[whose] = gathering.scores_of(reading)
        inputs = gathering.gather(reading, scores[whose])
        slate = fuse(inputs.candidates, inputs.policy, inputs.context, inputs.seed)
        found.append(codec.slate_data(slate)["placements"])
    return found
