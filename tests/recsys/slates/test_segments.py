"""Whatever its kind, a segment is whom pins, blocks, rules and blends are for."""

from __future__ import annotations

import pytest

from curation import actions
from curation.actions import Terms, add_rule, block_item, pin_item, publish_decision, set_blend
from curation.fusion.effects import Exclude
from curation.fusion.query import ItemList
from curation.models import Member, Scorer, Segment, Surface
from curation.people import memberships
from curation.people.members import refresh_segments
from recsys.slates import fusing
from recsys.slates.places import Place
from tests.factories import SOURCE, SegmentFactory
from tests.recsys.slates.asking import new_member, person

MANY = {"field": "ratings", "op": "ge", "value": 20}


@pytest.fixture
def inside(world, newcomer) -> Member:
    return new_member(outside_id=newcomer)


@pytest.fixture
def outside(world) -> Member:
    return new_member()


def by_hand(curator, inside):
    segment = actions.make_list(actor=curator, slug="guests", name="Guests")
    actions.edit_list(actor=curator, segment=segment, source=SOURCE, add=[inside.outside_id])
    return segment


def by_query(curator, inside):
    segment = actions.set_segment(
        actor=curator, slug="keen", name="Keen", query=MANY, confirmed=True
    )
    refresh_segments(inside.subject, 20)
    return segment


def learned(curator, inside):
    segment = SegmentFactory.create(kind=Segment.Kind.LEARNED, query=None)
    memberships.keep_only(segment, [inside.subject])
    return segment


@pytest.fixture(params=[by_hand, by_query, learned])
def segment(request, world, inside):
    return request.param(person("curator"), inside)


@pytest.fixture
def home(world):
    return Surface.objects.get(pk="home")


def decide(action, segment, **content):
    actor = person("curator")
    draft = action(actor=actor, terms=Terms(reason="a test", segment=segment), **content)
    publish_decision(actor=actor, draft=draft)


def made(member):
    return fusing.make(fusing.read(Place("home", SOURCE, member.outside_id)))


def items(member):
    placements = made(member).body["placements"]
    return [each["shown"]["item"] for each in placements]


def test_a_pin_is_for_its_members(home, world, segment, inside, outside):
    film = world.items[77]
    decide(pin_item, segment, surface=home, item=film, slot=1)
    assert items(inside)[0] == film.outside_id
    assert items(outside)[0] != film.outside_id


def test_a_block_is_for_its_members(home, world, segment, inside, outside):
    film = next(each for each in world.items if each.outside_id == items(outside)[0])
    decide(block_item, segment, surface=home, item=film)
    assert film.outside_id not in items(inside)
    assert film.outside_id in items(outside)


def test_a_rule_is_for_its_members(home, world, segment, inside, outside):
    film = next(each for each in world.items if each.outside_id == items(outside)[0])
    decide(add_rule, segment, surface=home, effect=Exclude(), what=ItemList((film.pk,)))
    assert film.outside_id not in items(inside)
    assert film.outside_id in items(outside)


def test_a_blend_is_for_its_members(home, world, segment, inside, outside):
    Scorer.objects.update_or_create(name="popularity", defaults={"live": True})
    decide(set_blend, segment, surface=home, weights={"popularity": 3.0})
    decide(set_blend, None, surface=home, weights={"popularity": 1.0})
    parts = [made(each).body["placements"][0]["parts"]["popularity"] for each in (inside, outside)]
    assert parts[0] == pytest.approx(3 * parts[1])


def test_a_decision_lets_go_of_a_member_who_left(home, world, segment, inside):
    film = world.items[77]
    decide(pin_item, segment, surface=home, item=film, slot=1)
    memberships.put(segment, gone=[inside.subject])
    assert items(inside)[0] != film.outside_id
