"""Slates made many at a time: the bytes that they would have one by one, for a fixed number of statements."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from curation import actions
from curation.actions import Terms, pin_item, publish_decision
from curation.models import Member, Surface
from recsys.jobs import leases
from recsys.models import Job, Refusing, Slate
from recsys.slates import bodies, fusing, refusing
from recsys.slates.places import Place
from recsys.transport import cache
from tests.factories import SOURCE
from tests.recsys.slates.asking import new_member, person, rate, refuse, serve
from tests.recsys.slates.conftest import World, bump


@pytest.fixture
def members(world: World) -> list[Member]:
    """Members of whom something else is known each, two of them merged into others, one after the other."""
    warrior, joker, newcomer, *merged = (new_member() for _ in range(5))
    for number, film in enumerate(world.war[:5]):
        rate(warrior, film, stars=5 - number, event=f"war {number}")
    rate(joker, world.comedy[0], event="laughs")
    refuse(joker, world.comedy[1], event="does not")
    for earlier, later in zip(merged, [merged[1], warrior], strict=True):
        Member.objects.filter(pk=earlier.pk).update(merged_into=later)
    return [warrior, joker, newcomer, *merged]


@pytest.fixture
def decided(world: World, members: list[Member]) -> None:
    """Decisions for everybody, for a segment and for one member alone."""
    curator, home = person("curator"), Surface.objects.get(pk="home")
    guests = actions.make_list(actor=curator, slug=f"guests-{uuid.uuid4().hex[:8]}", name="Guests")
    invited = [members[1].outside_id]
    actions.edit_list(actor=curator, segment=guests, source=SOURCE, add=invited)
    scopes: list[dict[str, Any]] = [{}, {"segment": guests}, {"member": members[0]}]
    for slot, scope in enumerate(scopes, start=1):
        terms = Terms(reason="a test", **scope)
        item = world.comedy[-slot]
        draft = pin_item(actor=curator, surface=home, item=item, slot=2 * slot, terms=terms)
        publish_decision(actor=curator, draft=draft)


def places_of(members: list[Member], surface: str = "home", **context: str) -> list[Place]:
    return [Place(surface, SOURCE, each.outside_id, **context) for each in members]


def body_at(place: Place) -> bodies.Body | None:
    return cache.ask(lambda client: bodies.read(client, place))


def everything_of(made: fusing.Made) -> tuple[object, ...]:
    """What is kept and served of a slate, as bytes where it is bytes, without its own id."""
    row = Slate.objects.get(pk=made.slate.pk)
    kept = [bytes(row.trace), bytes(row.inputs or b""), row.subject, row.context, row.versions]
    return *kept, row.engine, row.fused_at, bodies.pack({**made.body, "slate": ""})


@override_settings(DEMO=True)
def test_slates_made_together_are_byte_for_byte_those_made_one_by_one(decided, members, world):
    unknown = Place("home", SOURCE, "nobody knows them")
    places = [*places_of(members), *places_of(members[:2], device="phone", language="zh"), unknown]
    with transaction.atomic():  # at one instant, by the database's clock
        one_by_one = [fusing.make(fusing.read(place)) for place in places]
        together = fusing.make_many(fusing.read_many(places))
    for one, other in zip(one_by_one, together, strict=True):
        assert everything_of(other) == everything_of(one)
    assert len({each.slate.trace for each in together}) > len(members) - 2


@override_settings(DEMO=True)
def test_slates_of_different_anchors_made_together_are_those_made_one_by_one(members, world):
    anchors = [str(film.id) for film in world.items[:3]]
    places = [places_of(members[:1], "similar", anchor=anchor)[0] for anchor in anchors]
    with transaction.atomic():
        one_by_one = [fusing.make(fusing.read(place)) for place in places]
        together = fusing.make_many(fusing.read_many(places))
    assert list(map(everything_of, together)) == list(map(everything_of, one_by_one))


def test_it_takes_no_more_statements_to_make_many_slates_than_one(decided, members, world):
    Surface.objects.filter(pk="home").update(max_shown=3)

    def statements(places: list[Place]) -> int:
        with CaptureQueriesContext(connection) as asked:
            fusing.make_many(fusing.read_many(places))
        return len(asked)

    fusing.make(fusing.read(Place("home")))  # what each process reads once
    assert statements(places_of(members)) == statements(places_of(members[:1]))


def test_a_surface_that_is_no_more_is_said(members):
    with pytest.raises(Surface.DoesNotExist):
        fusing.read_many(places_of(members, "gone"))


@pytest.fixture
def visitors(world) -> list[Member]:
    """Three members who were served a moment ago."""
    found = [new_member() for _ in range(3)]
    for member in found:
        serve(member.outside_id, wait_ms=50)
    return found


@pytest.fixture
def lease(visitors) -> leases.Lease:
    waiting = Refusing.objects.create(surface_id="home", cause="a test")
    lease = leases.claim(Refusing, waiting.pk)
    assert lease is not None
    return lease


def test_every_member_has_a_new_slate_however_few_are_made_at_once(visitors, lease, monkeypatch):
    monkeypatch.setattr(refusing, "AT_ONCE", 2)
    refusing.perform("home", lease)
    job = Refusing.objects.get()
    assert (job.state, job.done, job.total) == (Job.State.SUCCEEDED, 4, 4)
    for place in places_of(visitors):
        assert body_at(place) is not None


def test_a_re_fusing_that_a_change_overtakes_leaves_the_rest_to_the_next(
    visitors, lease, monkeypatch
):
    def overtaken(client, wholes):
        bump("catalogue")

    monkeypatch.setattr(refusing, "AT_ONCE", 2)
    monkeypatch.setattr(bodies, "store_many", overtaken)
    refusing.perform("home", lease)
    job = Refusing.objects.get()
    assert (job.state, job.done, job.total) == (Job.State.SUCCEEDED, 3, 4)


def test_a_body_made_together_with_others_never_replaces_a_newer_one(visitors, world):
    places = places_of(visitors)
    old = fusing.make_many(fusing.read_many(places))
    rate(visitors[0], world.war[0])
    new = fusing.make(fusing.read(places[0]))
    cache.ask(lambda client: bodies.store(client, places[0], new.body))
    wholes = {place: made.body for place, made in zip(places, old, strict=True)}
    cache.ask(lambda client: bodies.store_many(client, wholes))
    kept = [body_at(place) for place in places]
    assert [each and each.slate for each in kept] == [
        str(made.slate.pk) for made in (new, *old[1:])
    ]
