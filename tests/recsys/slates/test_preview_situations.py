"""A thousand situations: what a preview of drafts shows in each is what is made there once they are published.

Half of them are asked over the API.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from curation import actions
from curation.actions import Terms, open_change_set, publish
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
from recsys.previews import asking
from recsys.slates import gathering
from recsys.slates.places import Place
from tests.curation.test_api import Caller
from tests.factories import SOURCE, SegmentFactory
from tests.recsys.slates.asking import new_member, person, rate

MOMENTS, PLACES, COMPARED = 32, 25, 8
LATER, NOW = 120, 80
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
WAR, COMEDY = (Comparison("genres", Kind.TAGS, "has", name) for name in ("War", "Comedy"))


class Desk:
    """A curator who decides at random: for a segment, a member or everybody, in any window around the two days.

    Some decisions hold on one device, for members of one country or at some hours only.
    """

    def __init__(
        self, chance: Random, world: Any, segment: Segment, people: Sequence[Member]
    ) -> None:
        self.chance, self.items = chance, iter(chance.sample(world.items, len(world.items)))
        self.actor: User = person("administrator")
        self.whom: list[dict[str, Any]] = [{}, {}, {"segment": segment}, {"member": people[0]}]
        self.home, self.slots = Surface.objects.get(pk="home"), count(1)

    def moment(self) -> datetime:
        hours = self.chance.randint(-30, 54)
        return self.chance.choice(DAYS) + timedelta(
            hours=hours, minutes=self.chance.choice([0, 30])
        )

    def terms(self, home: ChangeSet, *, situations: bool = True) -> Terms:
        start, end = sorted((self.moment(), self.moment() + timedelta(minutes=1)))
        windows = [{}, {"starts_at": start}, {"until": end}, {"starts_at": start, "until": end}]
        shares = self.chance.choice([{}, {}, {"holdback": 0.5}, {"traffic": 0.5}])
        where = {**self.chance.choice(self.whom), **self.chance.choice(windows), **shares}
        if situations:
            where["who"] = self.chance.choice(SITUATIONS)
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

    def place(self, surface: str, items: Sequence[Any], people: Sequence[Member]) -> Place:
        choice = self.chance.choice
        anchor = str(choice(items).id) if surface == "similar" else ""
        member = choice([*people, None])
        whose = (SOURCE, member.outside_id) if member else ("", "")
        device, language = choice(["", "mobile", "desktop"]), choice(["", "en", "zh-hans"])
        return Place(surface, *whose, device=device, language=language, anchor=anchor)


def a_desk(world: Any) -> tuple[Desk, list[Member]]:
    """Six people of two countries, two of them fans, and somebody who decides for them."""
    for name in ("popularity", "ease", "item_knn"):
        Scorer.objects.update_or_create(name=name, defaults={"live": True})
    Surface.objects.update(depth=10, reserve=3, explore_every=4)
    MemberAttribute.objects.create(key="country", kind="text", label="Country")
    people = [new_member(attributes={"country": each}) for each in ("FR", "DE") * 3]
    for at, film in enumerate(world.war[:6]):
        rate(people[at % 2], film, event=f"liked {at}")
    fans = SegmentFactory.create(query={"field": "ratings", "op": "ge", "value": 3})
    memberships.refresh(fans)
    return Desk(Random(11), world, fans, people), people


def changed(desk: Desk) -> ChangeSet:
    """What is published and then drafted anew: more of each kind, one that ends, and one that is revised."""
    published = desk.decide(open_change_set(actor=desk.actor, name="first"), 6, 2, 1)
    publish(actor=desk.actor, change_set=published[0].change_set)
    spring = open_change_set(actor=desk.actor, name="spring")
    desk.decide(spring, 12, 4, 2)
    ended, revised = published[0].decision, published[1].decision
    actions.end_decision(actor=desk.actor, decision=ended, reason="over", change_set=spring)
    terms = Terms(reason="earlier", change_set=spring, until=DAYS[0])
    actions.revise_decision(actor=desk.actor, decision=revised, base=1, terms=terms)
    return spring


def test_what_previews_show_in_hundreds_of_situations_is_what_is_made_after_the_publish(world):
    desk, people = a_desk(world)
    spring = changed(desk)
    situations = [
        (desk.moment(), [desk.place(surface, world.items, people) for _ in range(PLACES)])
        for surface in ("home", "home", "home", "similar") * (MOMENTS // 4)
    ]
    before = [slates(places, at) for at, places in situations[:COMPARED]]
    shown = [slates(places, at, spring) for at, places in situations]
    publish(actor=desk.actor, change_set=spring)
    made = [slates(places, at) for at, places in situations]

    assert sum(map(len, made)) == MOMENTS * PLACES == 800
    assert made == shown
    pairs = [
        pair for old, new in zip(before, made, strict=False) for pair in zip(old, new, strict=True)
    ]
    assert sum(old != new for old, new in pairs) > len(pairs) / 2, "the drafts change what stands"


def test_what_the_api_previews_in_hundreds_of_situations_is_what_it_answers_after_the_publish(
    client, realtime, world, monkeypatch
):
    monkeypatch.setattr(asking, "BUDGET_S", 10.0)
    desk, people = a_desk(world)
    spring = changed(desk)
    shop = Shop(Caller(client, person("curator")), {str(film.pk): film for film in world.items})
    surfaces = ("home", "home", "similar")
    places = [desk.place(surfaces[at % 3], world.items, people) for at in range(LATER)]
    later = [(place, desk.moment().isoformat()) for place in places]
    # Who asks for a slate now is somebody, and has a language.
    asked = (desk.place(surfaces[at % 3], world.items, people) for at in range(NOW))
    now = [
        replace(
            place,
            source=SOURCE,
            outside_id=desk.chance.choice(people).outside_id,
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


Told = list[tuple[int, UUID, int, int, UUID | None]]


def slates(places: Sequence[Place], at: datetime, drafts: ChangeSet | None = None) -> list[Told]:
    """What stands in each of these places at an instant, as it is or as drafted."""
    with gathering.snapshot():
        readings = gathering.read_many(places, gathering.look_at(places), at, drafts)
    scores: dict[Any, Any] = {}
    told = []
    for reading in readings:
        whose = (reading.check.subject, reading.anchor)
        if whose not in scores:
            scores[whose] = gathering.scores_of(reading)
        inputs = gathering.gather(reading, scores[whose])
        slate = fuse(inputs.candidates, inputs.policy, inputs.context, inputs.seed)
        rows = (*slate.placements, *slate.reserve)
        told.append([(row.slot, row.item, row.score, row.propensity, row.pin) for row in rows])
    return told
