"""Previews over the API: both slates with reasons, and every way in which a body can be wrong."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from curation import actions
from curation.actions import Terms, discard, open_change_set, pin_item
from curation.fusion.effects import Boost
from curation.fusion.query import ItemList
from curation.models import Member, Surface
from recsys.models import Slate
from recsys.previews import asking as previews
from recsys.slates import doorbell
from tests.curation.test_api import Caller, problem
from tests.factories import UserFactory
from tests.recsys.slates.asking import new_member, person, rate

PREVIEWS = "/api/v1/previews/"


@pytest.fixture
def desk(client):
    return Caller(client, UserFactory(username="curator", roles=["curator"]))


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    monkeypatch.setattr(previews, "BUDGET_S", 10.0)


def test_both_slates_are_told_with_reasons_and_moves(desk, realtime, world):
    ada, actor = new_member(), person("administrator")
    for at, film in enumerate(world.war[:3]):
        rate(ada, film, event=f"liked {at}")
    spring = open_change_set(actor=actor, name="Spring")
    terms = Terms(reason="a test", change_set=spring)
    home, odd = Surface.objects.get(pk="home"), world.comedy[50]
    pinned = pin_item(actor=actor, surface=home, item=odd, slot=2, terms=terms)
    raised = actions.add_rule(
        actor=actor, surface=home, effect=Boost(2.0), what=ItemList((odd.id,)), terms=terms
    )
    slates, members = Slate.objects.count(), Member.objects.count()
    answer = desk.send("POST", PREVIEWS, {"member": ada.outside_id, "change_set": "Spring"})
    assert answer.status_code == 200, answer.content
    told = answer.json()
    now, drafted = told["now"]["placements"], told["drafted"]["placements"]
    assert (len(now), len(drafted)) == (10, 10)
    second = drafted[1]
    assert (second["item"], second["title"]) == (odd.outside_id, odd.title)
    assert second["pin"] == str(pinned.decision.pk)
    assert set(second["fired"]) == {str(pinned.decision.pk), str(raised.decision.pk)}
    pin_said = {"code": "pinned", "text": "Chosen by our curators"}
    assert second["reasons"][0] == pin_said | {"decision": str(pinned.decision.pk)}
    assert second["move"] == {"code": "new", "by": 0}
    assert told["gone"] == [now[-1]["item"]]
    assert now[-1]["move"] == {"code": "gone", "by": 0}
    assert drafted[0]["move"] == {"code": "same", "by": 0}
    assert "1 are new, 1 are gone" in told["changes"]
    parts = [*second["parts"].values(), second["boost"], second["rounding"]]
    assert sum(parts) == pytest.approx(second["score"], abs=1e-8)
    assert (Slate.objects.count(), Member.objects.count()) == (slates, members)


def test_an_instant_to_come_holds_what_is_planned_by_then(desk, realtime, world):
    actor = person("administrator")
    spring = open_change_set(actor=actor, name="Spring")
    terms = Terms(reason="a test", change_set=spring)
    home = Surface.objects.get(pk="home")
    pin_item(actor=actor, surface=home, item=world.comedy[50], slot=1, terms=terms)
    soon = timezone.now() + timedelta(hours=1)
    actions.schedule(actor=actor, change_set=spring, at=soon, reason="then")
    body = {"at": (soon + timedelta(hours=1)).isoformat(), "device": "mobile", "language": "en"}
    told = desk.send("POST", PREVIEWS, body).json()
    assert told["now"]["placements"][0]["item"] == world.comedy[50].outside_id
    assert told["planned"] == [{"id": str(spring.pk), "name": "Spring"}]
    assert (told["drafted"], told["changes"]) == (None, "")
    first = desk.send("POST", PREVIEWS, {}).json()["now"]["placements"][0]
    assert first["item"] != world.comedy[50].outside_id


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"surface": "nowhere"}, "surface", "unknown_surface"),
        ({"surface": None}, "surface", "invalid"),
        ({"member": "nobody"}, "member", "unknown_member"),
        ({"member": 7}, "member", "invalid"),
        ({"device": "toaster"}, "device", "invalid"),
        ({"language": "xx"}, "language", "invalid"),
        ({"at": "soon"}, "at", "bad_instant"),
        ({"at": "2150-01-01T09:00"}, "zone", "no_zone"),
        ({"item": "film-1"}, "item", "item_refused"),
        ({"surface": "similar"}, "item", "item_required"),
        ({"surface": "similar", "item": "gone"}, "item", "unknown_item"),
        ({"change_set": "no such"}, "change_set", "unknown_change_set"),
        ({"change_set": "Closed"}, "change_set", "unknown_change_set"),
        ({"size": 0}, "size", "invalid"),
        ({"size": "10"}, "size", "invalid"),
        ({"size": 100_000}, "size", "invalid"),
        ({"drafts": "Spring"}, "drafts", "unknown_field"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_the_field_at_fault(desk, world, body, field, code):
    actor = person("curator")
    closed = open_change_set(actor=actor, name="Closed")
    discard(actor=actor, change_set=closed, reason="over")
    told = desk.send("POST", PREVIEWS, body).json()
    assert told["status"] == 400, told
    assert [each["field"] for each in told["errors"]] == [field]
    assert told["errors"][0]["code"] == code or code == "invalid"
    by_id = desk.send("POST", PREVIEWS, {"change_set": str(closed.pk)}).json()
    assert by_id["code"] == "closed"


def test_without_a_worker_it_is_said_and_when_to_ask_again(desk, world, monkeypatch):
    monkeypatch.setattr(doorbell, "QUEUE", f"nobody-{uuid4().hex}")
    monkeypatch.setattr(previews, "BUDGET_S", 0.1)
    answer = desk.send("POST", PREVIEWS, {})
    problem(answer, 503, "no_worker")
    assert answer["Retry-After"] == "1"
