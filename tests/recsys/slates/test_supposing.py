"""What had no part in a slate, and what would have become of it: on the slate's own inputs, which stay as they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from curation.actions import (
    Terms,
    add_rule,
    end_decision,
    open_change_set,
    pin_item,
    publish_decision,
)
from curation.fusion.effects import Boost
from curation.fusion.parsing import parse
from curation.models import Attribute, Surface
from curation.people.access import issue_token
from curation.queries.items import schema
from recsys.models import Slate
from recsys.slates import fusing, gathering
from recsys.slates.places import Place
from recsys.traces import reading as traces
from recsys.traces.supposing import suppose
from tests.factories import SOURCE, AttributeFactory
from tests.recsys.slates.asking import new_member, person

pytestmark = pytest.mark.usefixtures("demo")


@pytest.fixture
def demo(world):
    """Every slate keeps its inputs."""
    with override_settings(DEMO=True):
        yield


@pytest.fixture
def curator(world):
    return person("curator")


@pytest.fixture
def ada(world, newcomer):
    return new_member(outside_id=newcomer)


@pytest.fixture
def decide(curator):
    """Pin an item at home; live unless a change set is named."""

    def decide(item, slot, **terms):
        home = Surface.objects.get(pk="home")
        draft = pin_item(
            actor=curator, surface=home, item=item, slot=slot, terms=Terms(reason="so", **terms)
        )
        if "change_set" not in terms:
            publish_decision(actor=curator, draft=draft)
        return str(draft.decision.pk)

    return decide


@pytest.fixture
def slate(ada):
    """A slate for Ada as things stand."""

    def slate():
        made = fusing.make(fusing.read(Place("home", SOURCE, ada.outside_id)))
        return Slate.objects.get(pk=made.slate.pk)

    return slate


def told(slate, change_set=None):
    return {row.decision: (row.state, row.outcome) for row in suppose(slate, change_set) or ()}


def test_nothing_is_supposed_where_all_had_their_part(decide, slate, world):
    decide(world.comedy[0], 2)
    assert told(slate()) == {}


def test_what_was_spared_the_member_would_have_fired(decide, slate, world):
    pin = decide(world.comedy[0], 2, holdback=0.999999)
    assert told(slate()) == {pin: ("withheld", "fired")}


def test_what_had_not_begun_and_what_was_over_are_told_apart(decide, slate, world, monkeypatch):
    now = timezone.now()
    later = decide(world.comedy[0], 2, starts_at=now + timedelta(days=1))
    soon_over = decide(world.comedy[1], 3, until=now + timedelta(days=1))
    assert told(slate()) == {later: ("scheduled", "fired")}
    made = slate()
    place = Place("home", SOURCE, "")
    reading = gathering.read(place, gathering.look(place), now + timedelta(days=2))
    stored = Slate.objects.get(pk=fusing.make(reading).slate.pk)
    assert told(stored) == {soon_over: ("over", "fired")}
    assert traces.replay(made).identical


def test_drafts_are_let_in_together_and_tell_what_they_would_lose_to(curator, decide, slate, world):
    live = decide(world.comedy[0], 2)
    spring = open_change_set(actor=curator, name="Spring")
    wins = decide(world.comedy[1], 1, change_set=spring)
    loses = decide(world.comedy[2], 1, change_set=spring, priority=50)
    ended = end_decision(
        actor=curator,
        decision=Surface.objects.get(pk="home").decisions.get(pk=live),
        reason="over",
        change_set=spring,
    )
    made = slate()
    found = told(made, spring)
    assert found[wins] == ("draft", "fired")
    assert found[loses][0] == "draft"
    assert found[str(ended.decision.pk)] == ("draft", "ended")
    assert told(made) == {}


def test_a_draft_that_reads_a_field_which_the_slate_did_not_is_tried_all_the_same(
    curator, slate, world
):
    AttributeFactory.create(key="length", kind="number")
    spring = open_change_set(actor=curator, name="Spring")
    made = slate()
    world.items[0].attributes = {**world.items[0].attributes, "length": 90}
    world.items[0].save()
    assert Attribute.objects.filter(key="length").exists()
    rules = {}
    for value in (90, 91):
        what = parse({"field": "length", "op": "eq", "value": value}, schema())
        draft = add_rule(
            actor=curator,
            surface=Surface.objects.get(pk="home"),
            effect=Boost(1),
            what=what,
            terms=Terms(change_set=spring),
        )
        rules[value] = str(draft.decision.pk)
    found = told(made, spring)
    assert found[rules[90]] == ("draft", "fired")
    assert found[rules[91]] == ("draft", "idle")


def test_supposing_leaves_the_slate_and_its_replay_as_they_were(curator, decide, slate, world):
    made = slate()
    before = bytes(made.trace), bytes(made.inputs or b"")
    spring = open_change_set(actor=curator, name="Spring")
    decide(world.comedy[1], 1, change_set=spring)
    suppose(made, spring)
    again = Slate.objects.get(pk=made.pk)
    assert (bytes(again.trace), bytes(again.inputs or b"")) == before
    assert traces.replay(again).identical


def test_without_stored_inputs_nothing_can_be_supposed(slate):
    made = slate()
    made.inputs = None
    assert suppose(made) is None


def test_the_page_and_the_api_tell_staff_and_nobody_else(curator, decide, slate, world, ada):
    spring = open_change_set(actor=curator, name="Spring")
    wins = decide(world.comedy[1], 1, change_set=spring)
    made = slate()
    browser = Client()
    browser.force_login(curator)
    page = browser.get(reverse("trace", args=[made.pk]), {"change_set": str(spring.pk)})
    assert "would have taken effect" in page.content.decode()

    def ask(user, **query):
        header = {"authorization": f"Token {issue_token(user, SOURCE)}"}
        return Client().get(f"/api/v1/slates/{made.pk}/", query, headers=header)

    (row,) = ask(curator, change_set="Spring").json()["would_have"]
    assert (row["decision"], row["state"], row["outcome"]) == (wins, "draft", "fired")
    assert "would_have" not in ask(curator).json()
    assert ask(curator, suppose="1").json()["would_have"] == []
    assert ask(person("client"), change_set="Spring").status_code == 403
    assert ask(curator, change_set="No such").status_code == 400
