"""Previews at the desk: a worker fuses both slates, and what it shows is what live serves after the publish."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from curation import actions
from curation.actions import Terms, add_rule, block_item, open_change_set, pin_item, publish
from curation.desk.viewpoints import VIEW, picks
from curation.fusion.effects import Boost, Bury, Effect, Exclude
from curation.fusion.query import ItemList
from curation.models import ChangeSet, MemberStats, Scorer, Surface
from curation.people import memberships
from recsys.models import Slate
from recsys.previews import asking as previews
from recsys.previews.cards import columns
from recsys.slates import doorbell, fusing
from recsys.traces.reading import trace_of
from tests.factories import SegmentFactory, UserFactory
from tests.recsys.slates.asking import new_member, person, rate, serve

PATIENT_S = 10.0


@pytest.fixture
def curator(client):
    found = UserFactory(username="curator", roles=["curator"], is_staff=True)
    client.force_login(found)
    return found


@pytest.fixture
def ada(world):
    """Somebody who likes three war films."""
    found = new_member()
    for at, film in enumerate(world.war[:3]):
        rate(found, film, event=f"liked {at}")
    return found


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    monkeypatch.setattr(previews, "BUDGET_S", PATIENT_S)


def asked(member=None, **more):
    """What a page asks a worker for."""
    situation = {"device": "", "language": "", "anchor": ""} | more.pop("situation", {})
    plain = {"surface": "home", "at": None, "change_set": None, "size": 50}
    subject = str(member.subject) if member else None
    return {**plain, "subject": subject, "situation": situation, **more}


def told(trace):
    return [(each["item"], each["score"], each["propensity"]) for each in trace["placements"]]


def body(served):
    """A served slate in the same terms."""
    return told(trace_of(Slate.objects.get(pk=served.slate)))


def draft_something(chance: random.Random, world, segments) -> ChangeSet:
    """A change set with two or three decisions of any kind, for anybody, in any window."""
    actor = person("administrator")
    home, name = Surface.objects.get(pk="home"), f"drafts {uuid4()}"
    spring = open_change_set(actor=actor, name=name)
    now = timezone.now()
    windows: list[dict[str, Any]] = [
        {},
        {"until": now + timedelta(hours=1)},
        {"starts_at": now - timedelta(hours=1)},
    ]
    windows += [{"starts_at": now + timedelta(hours=1)}]
    slots = chance.sample(range(1, 8), 3)
    for at in range(chance.choice([2, 3])):
        whom: dict[str, Any] = {"segment": chance.choice([None, *segments])}
        window = chance.choice(windows)
        terms = Terms(reason="a test", change_set=spring, **whom, **window)
        item = chance.choice(world.items)
        kind = chance.choice(["pin", "rule", "block", "blend"])
        common: dict[str, Any] = {"actor": actor, "terms": terms}
        if kind == "pin":
            pin_item(surface=home, item=item, slot=slots[at], **common)
        elif kind == "block":
            block_item(surface=home, item=item, **common)
        elif kind == "blend":
            weights = {"ease": chance.uniform(0.1, 2), "popularity": chance.uniform(0.1, 2)}
            actions.set_blend(surface=home, weights=weights, scales={}, beta=None, **common)
        else:
            effects: list[Effect] = [Boost(1.5), Bury(1.0), Exclude()]
            effect = chance.choice(effects)
            what = ItemList((item.id, chance.choice(world.items).id))
            add_rule(surface=home, effect=effect, what=what, **common)
    return spring


@pytest.mark.parametrize("seed", range(3))
def test_what_a_preview_shows_is_what_live_serves_after_the_publish(realtime, world, ada, seed):
    for name in ("popularity", "ease", "item_knn"):
        Scorer.objects.update_or_create(name=name, defaults={"live": True})
    chance = random.Random(seed)
    fans = SegmentFactory.create(query={"field": "ratings", "op": "ge", "value": 3})
    memberships.refresh(fans)
    # Another member's chances are drawn from another seed: explored slots are compared, too.
    Surface.objects.filter(pk="home").update(explore_every=chance.choice([0, 5]))
    whose = chance.choice([ada, new_member()])
    place = {"device": chance.choice(["", "mobile"]), "language": chance.choice(["", "en"])}
    spring = draft_something(chance, world, [fans])
    seen = previews.ask(asked(whose, change_set=str(spring.pk), situation=place))
    assert told(seen.now) == body(serve(whose.outside_id, size=50, **place))
    publish(actor=person("administrator"), change_set=spring)
    assert told(seen.drafted) == body(serve(whose.outside_id, size=50, **place))


def test_a_blend_that_is_tried_is_what_live_serves_once_it_is_published(realtime, world, ada):
    for name in ("popularity", "ease", "item_knn"):
        Scorer.objects.update_or_create(name=name, defaults={"live": True})
    spec: dict[str, Any] = {
        "weights": {"popularity": 2.0, "ease": 0.3},
        "scales": {"ease": "z"},
        "beta": 1.5,
    }
    shares = {"holdback": 0.0, "traffic": 1.0}
    terms: dict[str, Any] = {"segment": None, "member": None, "who": {}, "priority": 100, **shares}
    blend = {"decision": str(uuid4()), "surface": "home", "spec": spec, **terms}
    tried = previews.ask(asked(ada, blend={**blend, "starts_at": None, "until": None}))
    assert told(tried.drafted) != told(tried.now)
    actor, home = person("curator"), Surface.objects.get(pk="home")
    made = actions.set_blend(actor=actor, surface=home, terms=Terms(reason="a test"), **spec)
    actions.publish_decision(actor=actor, draft=made)
    assert told(tried.drafted) == body(serve(ada.outside_id, size=50))


def test_a_preview_keeps_no_slate(realtime, world, ada):
    before = Slate.objects.count()
    previews.ask(asked(ada))
    previews.ask(asked())
    assert Slate.objects.count() == before


def page_of(client, **query):
    url = reverse("previews:slates", args=["home"])
    return client.get(url, query, headers={"HX-Request": "true"})


def test_the_pane_shows_both_slates_with_what_moved(client, realtime, curator, world, ada):
    home = Surface.objects.get(pk="home")
    spring = open_change_set(actor=curator, name="Spring")
    terms = Terms(reason="a test", change_set=spring)
    pin_item(actor=curator, surface=home, item=world.comedy[50], slot=2, terms=terms)
    answer = page_of(client, member=ada.outside_id, change_set=str(spring.pk), size="10")
    page = answer.content.decode()
    assert "<html" not in page
    assert page.count('class="diff__row"') == 20
    assert world.comedy[50].title in page
    assert "new, 1 are gone" in page
    assert "down 1 slot" in page
    assert answer["HX-Replace-Url"].startswith(reverse("desk:surface", args=["home"]))
    whole = client.get(reverse("previews:slates", args=["home"])).content.decode()
    assert "<html" in whole


def test_each_placement_of_a_preview_opens_its_sum(client, realtime, curator, ada):
    seen = previews.ask(asked(ada, size=10))
    url = reverse("previews:placement", args=[seen.id, "now", 3])
    assert "Slot 3: Film" in client.get(url).content.decode()
    part = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "<rect" in part
    for side, slot in (("drafted", 3), ("now", 11), ("elsewhere", 1)):
        other = reverse("previews:placement", args=[seen.id, side, slot])
        assert client.get(other).status_code == 404
    gone = reverse("previews:placement", args=[uuid4(), "now", 1])
    assert "no longer kept" in client.get(gone).content.decode()


def test_the_pane_says_that_no_worker_answered(client, curator, world, monkeypatch):
    monkeypatch.setattr(doorbell, "QUEUE", f"nobody-{uuid4().hex}")
    monkeypatch.setattr(previews, "BUDGET_S", 0.1)
    assert "No worker answered in time" in page_of(client).content.decode()


def test_the_pane_says_that_a_worker_could_not(client, realtime, curator, world, monkeypatch):
    with pytest.raises(previews.Failed):
        previews.ask(asked(surface="nowhere"))


def test_the_pane_says_what_was_not_understood(client, curator, world):
    page = page_of(client, member="nobody", at="soon").content.decode()
    assert "No member has this id" in page
    assert "Enter a valid date/time" in page


def test_the_members_who_are_picked_differ(world, ada):
    newcomer, active = new_member(), new_member()
    for member, ratings in ((newcomer, 0), (active, 200), (ada, 30)):
        MemberStats.objects.update_or_create(subject=member.subject, defaults={"ratings": ratings})
    SegmentFactory(name="Fans", query={"field": "ratings", "op": "ge", "value": 100})
    memberships.refresh(SegmentFactory.create(slug="many", name="Many", query=None, kind="manual"))
    found = {pick.words: pick.member for pick in picks()}
    assert found["a newcomer"] == newcomer
    assert found["a regular"] == ada
    assert found["the most active"] == active


def test_only_placements_within_the_size_are_told(realtime, ada):
    seen = previews.ask(asked(ada, size=10))
    assert len(columns(seen, 10)["now"]) == 10
    assert len(seen.now["placements"]) == 10
    assert seen.now["placements"][0]["score"] == _score(ada)


def _score(member):
    return fusing.preview("home", member.subject).placements[0].score / 10**9


def test_a_blend_that_is_tried_tells_what_it_does_to_others_as_well(client, realtime, world, ada):
    client.force_login(person("curator"))
    for name in ("popularity", "ease", "item_knn"):
        Scorer.objects.update_or_create(name=name, defaults={"live": True})
    other = new_member()
    MemberStats.objects.update_or_create(pk=other.subject, defaults={"ratings": 30})
    sent = {f"weight-{name}": "1" for name in ("popularity", "ease", "item_knn")}
    sent |= {"surface": "home", f"{VIEW}-member": ada.outside_id}
    page = client.post(reverse("previews:panel"), sent, headers={"HX-Request": "true"})
    told = page.content.decode()
    assert other.outside_id in told
    assert ada.outside_id not in told
    assert told.count("<li><span") >= 5
    assert (
        "cannot be tried"
        in client.post(reverse("previews:panel"), {"surface": "home"}).content.decode()
    )
