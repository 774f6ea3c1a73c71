"""Decisions for some devices, members and hours: what is live, and until when it counts as fresh."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from django.urls import reverse
from django.utils import timezone

from curation import actions
from curation.actions import Terms, add_rule, pin_item, publish_decision
from curation.counters import bump
from curation.fusion.effects import Exclude
from curation.fusion.query import ItemList
from curation.models import MemberAttribute, Surface
from curation.people import memberships
from curation.people.access import issue_token
from curation.policies.loading import drafts_of
from recsys.models import Fallback
from recsys.slates import checks, fallbacks, fusing, refusing
from recsys.slates.bodies import pack, unpack
from recsys.slates.places import Place
from recsys.traces.supposing import suppose
from tests.factories import SOURCE, SegmentFactory
from tests.recsys.slates.asking import new_member, person

FRENCH = {"members": {"field": "country", "op": "eq", "value": "FR"}}
AT_NIGHT = {"hours": {"zone": "Europe/Berlin", "from": "22:00", "until": "06:00"}}


@pytest.fixture
def home(world):
    MemberAttribute.objects.create(key="country", kind="text", label="Country")
    return Surface.objects.get(pk="home")


@pytest.fixture
def pin(home):
    def pin(item, **who):
        actor = person("curator")
        terms = Terms(reason="a test", who=who)
        draft = pin_item(actor=actor, surface=home, item=item, slot=1, terms=terms)
        publish_decision(actor=actor, draft=draft)
        return draft.decision

    return pin


def place(member=None, **situation):
    whose = (SOURCE, member.outside_id) if member else ("", "")
    return Place("home", *whose, **situation)


def made(where):
    return fusing.make(fusing.read(where))


def first(where):
    return made(where).body["placements"][0]["shown"]["item"]


def shown_at(item, member, at):
    fused = fusing.preview("home", member.subject, at)
    return fused.placements[0].item == item.pk


def test_a_pin_for_a_device_stands_on_that_device_alone(world, pin):
    film, member = world.items[77], new_member()
    pin(film, devices=["mobile"])
    assert first(place(member, device="mobile")) == film.outside_id
    assert first(place(member, device="desktop")) != film.outside_id
    assert first(place(member)) != film.outside_id


def test_a_pin_for_members_of_a_country_stands_for_them_alone(world, pin):
    film = world.items[77]
    pin(film, **FRENCH)
    assert first(place(new_member(attributes={"country": "FR"}))) == film.outside_id
    assert first(place(new_member(attributes={"country": "DE"}))) != film.outside_id
    assert first(place(new_member())) != film.outside_id


def test_nobody_in_particular_meets_no_condition_on_members(world, pin):
    film = world.items[77]
    pin(film, members={"not": FRENCH["members"]})
    assert first(place()) != film.outside_id
    assert first(place(new_member())) == film.outside_id


def test_hours_go_by_the_clock_of_their_zone_whatever_the_season(world, pin):
    film, member = world.items[77], new_member()
    pin(film, **AT_NIGHT)
    assert shown_at(film, member, datetime(2150, 1, 5, 21, 30, tzinfo=UTC))
    assert not shown_at(film, member, datetime(2150, 1, 5, 20, 30, tzinfo=UTC))
    assert shown_at(film, member, datetime(2150, 7, 5, 20, 30, tzinfo=UTC))
    assert not shown_at(film, member, datetime(2150, 7, 5, 4, 30, tzinfo=UTC))


def test_a_slate_is_fresh_until_the_hours_of_a_decision_begin_or_end(world, pin):
    member = new_member()
    pin(world.items[77], **AT_NIGHT)
    fused = fusing.preview("home", member.subject, datetime(2150, 1, 5, 20, 30, tzinfo=UTC))
    assert fused.valid_until == datetime(2150, 1, 5, 21, tzinfo=UTC)
    fused = fusing.preview("home", member.subject, datetime(2150, 1, 5, 21, tzinfo=UTC))
    assert fused.valid_until == datetime(2150, 1, 6, 5, tzinfo=UTC)


def is_fresh(where, body):
    kept = unpack(pack(body))
    now = checks.check(where, kept)
    assert kept
    assert now
    return now.is_fresh(kept)


def test_a_slate_is_not_fresh_once_its_member_is_another_kind_of_person(world, pin):
    member = new_member(attributes={"country": "DE"})
    pin(world.items[77], **FRENCH)
    here = place(member)
    body = made(here).body
    assert is_fresh(here, body)
    row = {"member": member.outside_id, "attributes": {"country": "FR"}}
    actions.put_members([row], source=SOURCE)
    assert not is_fresh(here, body)
    assert first(here) == world.items[77].outside_id


@pytest.mark.parametrize("who", [{}, {"members": {"field": "ratings", "op": "lt", "value": 5}}])
def test_a_slate_stays_fresh_when_its_member_is_written_and_nothing_asks_for_that(world, pin, who):
    member = new_member(attributes={"country": "DE"})
    pin(world.items[77], **who)
    here = place(member)
    body = made(here).body
    row = {"member": member.outside_id, "attributes": {"country": "FR"}, "language": "en"}
    actions.put_members([row], source=SOURCE)
    assert is_fresh(here, body)
    segment = SegmentFactory.create(query={"field": "country", "op": "eq", "value": "FR"})
    memberships.refresh(segment)
    assert not is_fresh(here, body), "a segment that the member came into counts"


def test_a_slate_that_was_kept_before_members_counted_apart_is_made_anew(world):
    here = place(new_member())
    whole = made(here).body
    old = {name: value for name, value in whole.items() if name != "reads_profile"}
    versions = {name: value for name, value in whole["versions"].items() if name != "profile"}
    assert not is_fresh(here, {**old, "versions": versions})


def test_a_slate_is_not_fresh_once_an_attribute_of_members_is_gone(world, pin, admin_client):
    here = place(new_member(attributes={"country": "FR"}))
    pin(world.items[77], **FRENCH)
    body = made(here).body
    assert first(here) == world.items[77].outside_id
    path = reverse("admin:curation_memberattribute_delete", args=["country"])
    assert admin_client.post(path, {"post": "yes"}).status_code == 302
    assert not is_fresh(here, body)
    assert first(here) != world.items[77].outside_id


def side_by_side(member, at, drafts):
    return fusing.side_by_side("home", member.subject, at, {}, drafts)


def test_a_preview_of_the_past_has_a_draft_published_after_what_is_live(world, home, pin):
    member, (live, drafted) = new_member(), world.items[77:79]
    pin(live, languages=["en"])
    actor, yesterday = person("curator"), timezone.now() - timedelta(days=1)
    drafts = actions.open_change_set(actor=actor, name="later")
    terms = Terms(reason="a test", change_set=drafts, who={"devices": ["mobile"]})
    pin_item(actor=actor, surface=home, item=drafted, slot=1, terms=terms)
    situation = {"device": "mobile", "language": "en"}
    seen = fusing.preview("home", member.subject, yesterday, drafts, situation)
    actions.publish(actor=actor, change_set=drafts)
    made_then = fusing.preview("home", member.subject, yesterday, None, situation)
    assert seen.placements[0].item == made_then.placements[0].item == drafted.pk


def test_a_future_slate_holds_what_is_planned_until_then(world, home):
    member, actor, item = new_member(), person("curator"), world.items[77]
    planned = actions.open_change_set(actor=actor, name="spring")
    terms = Terms(reason="a test", change_set=planned)
    draft = pin_item(actor=actor, surface=home, item=item, slot=1, terms=terms)
    soon = timezone.now() + timedelta(days=2)
    actions.schedule(actor=actor, change_set=planned, at=soon)
    early, _none = side_by_side(member, soon - timedelta(days=1), {})
    late, _none = side_by_side(member, soon + timedelta(days=1), {})
    assert early.placements[0].item != item.pk
    assert late.placements[0].item == item.pk
    assert late.placements[0].pin == draft.decision.pk


def test_a_slate_follows_the_roll_up_where_a_decision_asks_for_what_members_did(world, pin):
    here = place(new_member())
    plain = made(here).body
    bump("statistics")
    assert is_fresh(here, plain)
    pin(world.items[77], members={"field": "clicks", "op": "eq", "value": 0})
    body = made(here).body
    assert is_fresh(here, body)
    bump("statistics")
    assert not is_fresh(here, body)


def test_a_fallback_is_renewed_once_it_is_out_of_its_time(world, pin):
    Surface.objects.exclude(pk="home").delete()
    pin(world.items[77], **AT_NIGHT)
    nobodys = made(place())
    fallbacks.store(place(), nobodys.body, nobodys.slate)
    kept = Fallback.objects.get()
    assert kept.valid_until
    assert kept.valid_until.timestamp() == nobodys.body["valid_until"]
    assert refusing.announce_outdated() == 0
    Fallback.objects.update(valid_until=timezone.now() - timedelta(seconds=1))
    assert refusing.announce_outdated() == 1


def test_a_draft_for_a_country_is_supposed_on_a_slate_that_asked_for_none(world, home):
    Surface.objects.update(replay_share=1.0)
    member = new_member(attributes={"country": "FR"})
    reading = fusing.read(place(member))
    slate = fusing.make(reading).slate
    actor = person("curator")
    drafts = actions.open_change_set(actor=actor, name="for the French")
    for who in (FRENCH, {"members": {"field": "country", "op": "eq", "value": "DE"}}):
        item = world.items[77 if who == FRENCH else 78]
        terms = Terms(reason="a test", who=who, change_set=drafts)
        add_rule(
            actor=actor, surface=home, effect=Exclude(), what=ItemList((item.pk,)), terms=terms
        )
    found = sorted(each.outcome for each in suppose(slate, drafts) or [])
    assert found == ["apart", "fired"]


def test_the_api_refuses_a_device_that_it_does_not_know(client, world):
    member = new_member()
    header = {"authorization": f"Token {issue_token(person('client'), SOURCE)}"}
    asked = {"member": member.outside_id, "device": "watch"}
    answer = client.get("/api/v1/recommendations/", asked, headers=header)
    assert answer.status_code == 400
    (error,) = orjson.loads(answer.content)["errors"]
    assert (error["field"], error["message"]) == ("device", "One of mobile, tablet, desktop, tv.")


def test_a_draft_for_members_like_that_is_seen_beside_the_slate_as_it_is(world, home):
    member, actor, item = (
        new_member(attributes={"country": "FR"}),
        person("curator"),
        world.items[77],
    )
    drafts = actions.open_change_set(actor=actor, name="for the French")
    terms = Terms(reason="a test", change_set=drafts, who=FRENCH)
    pin_item(actor=actor, surface=home, item=item, slot=1, terms=terms)
    now, drafted = side_by_side(member, None, drafts_of(drafts, home))
    assert now.placements[0].item != item.pk
    assert drafted.placements[0].item == item.pk
