"""What serving promises, with a real worker, a real cache and a real database."""

from __future__ import annotations

import time

import pytest
from django.test import override_settings

from curation.models import Item, ItemStats, Member, Surface
from curation.people import memberships
from feedback.models import Impression, MemberState
from recsys.models import Fallback, Slate
from recsys.slates import bodies, fallbacks, fusing
from recsys.slates.places import Place
from recsys.slates.serving import (
    AnchorRefused,
    AnchorRequired,
    Ask,
    MemberKey,
    UnknownItem,
    UnknownSurface,
    slate,
)
from recsys.transport import cache
from tests.factories import SOURCE, SegmentFactory
from tests.recsys.slates.asking import block, ids, new_member, pin, rate, refuse, serve
from tests.recsys.slates.conftest import bump

SOON_MS = 50


def store(place: Place) -> bodies.Whole:
    """Fuse here and now, and leave the body in the cache, as a worker would have done a moment ago."""
    made = fusing.make(fusing.read(place))
    cache.ask(lambda client: bodies.store(client, place, made.body))
    return made.body


@pytest.fixture
def ada(world, newcomer) -> Member:
    return new_member(outside_id=newcomer)


@pytest.fixture
def home(ada) -> Place:
    return Place("home", SOURCE, ada.outside_id)


def test_an_unknown_member_is_a_new_one_and_gets_a_full_fresh_slate(realtime, newcomer):
    served = serve(newcomer)
    assert (served.mode, served.short, len(served.placements)) == ("fresh", False, 10)
    assert [each["slot"] for each in served.placements] == list(range(1, 11))
    assert Member.objects.get(source=SOURCE, outside_id=newcomer).subject == served.member


def test_every_live_scorer_is_named_in_the_parts_of_every_placement(realtime, newcomer):
    for placement in serve(newcomer).placements:
        assert set(placement["parts"]) == {"popularity", "item_knn", "ease"}


def test_a_slate_whose_versions_are_current_is_fresh_without_any_worker(home, ada):
    body = store(home)
    served = serve(ada.outside_id, wait_ms=SOON_MS)
    assert (served.mode, str(served.slate)) == ("fresh", body["slate"])


def test_feedback_counts_in_the_very_next_slate(realtime, world, ada):
    serve(ada.outside_id)
    for number, film in enumerate(world.war[:5]):
        rate(ada, film, 5, f"{ada.outside_id}-{number}")
    served = serve(ada.outside_id)
    assert served.mode == "fresh"
    assert served.versions["feedback"] == MemberState.objects.get(pk=ada.subject).version
    war = {film.outside_id for film in world.war}
    assert sum(item in war for item in ids(served)) > 5


def test_a_slate_older_than_the_feedback_that_must_count_is_not_fresh(home, ada):
    store(home)
    asked = Ask(MemberKey(SOURCE, ada.outside_id), "home", wait_ms=SOON_MS)
    assert slate(asked, feedback=0).mode == "fresh"
    assert slate(asked, feedback=1).mode == "stale"


@pytest.mark.parametrize("counter", ["catalogue", "models", "rewards"])
def test_a_slate_of_older_versions_is_never_served_as_fresh(home, ada, counter):
    store(home)
    bump(counter)
    assert serve(ada.outside_id, wait_ms=SOON_MS).mode == "stale"


def test_a_slate_is_stale_when_the_segments_of_its_own_member_changed(home, ada, world):
    store(home)
    segment = SegmentFactory.create(kind="manual", query=None)
    memberships.put(segment, come=[new_member().subject])
    assert serve(ada.outside_id, wait_ms=SOON_MS).mode == "fresh"
    memberships.put(segment, come=[ada.subject])
    assert serve(ada.outside_id, wait_ms=SOON_MS).mode == "stale"


def test_a_published_decision_makes_older_slates_stale(home, world, ada):
    store(home)
    pin(world.items[3], slot=1)
    assert serve(ada.outside_id, wait_ms=SOON_MS).mode == "stale"


def test_a_worker_that_holds_the_policy_of_before_a_publish_serves_nothing_fresh(
    home, world, ada, realtime
):
    held = fusing.read(home)
    pin(world.items[3], slot=1)
    late = fusing.make(held).body
    cache.ask(lambda client: bodies.store(client, home, late))
    assert serve(ada.outside_id, wait_ms=0).mode == "stale"
    served = serve(ada.outside_id)
    assert (served.mode, ids(served)[0]) == ("fresh", world.items[3].outside_id)
    cache.ask(lambda client: bodies.store(client, home, late))
    assert ids(serve(ada.outside_id, wait_ms=0))[0] == world.items[3].outside_id


def test_new_statistics_matter_only_where_a_rule_reads_them(home, ada):
    store(home)
    bump("statistics")
    assert serve(ada.outside_id, wait_ms=SOON_MS).mode == "fresh"


def test_a_slate_past_its_valid_until_is_not_fresh(home, ada):
    made = fusing.make(fusing.read(home)).body
    over = {**made, "valid_until": time.time() - 1}
    cache.ask(lambda client: bodies.store(client, home, over))
    assert serve(ada.outside_id, wait_ms=SOON_MS).mode == "stale"


def test_a_stale_slate_beyond_the_surfaces_limit_gives_way_to_the_fallback(home, ada):
    made = fusing.make(fusing.read(Place("home")))
    fallbacks.store(Place("home"), made.body, made.slate)
    store(home)
    bump("models")
    Surface.objects.filter(pk="home").update(stale_limit_s=0)
    served = serve(ada.outside_id, wait_ms=SOON_MS)
    assert (served.mode, str(served.slate)) == ("fallback", made.body["slate"])


def test_a_blocked_item_is_in_no_slate_once_its_publish_has_answered(home, world, ada):
    first, second, *_ = [each["shown"]["item"] for each in store(home)["placements"]]
    block(Item.objects.get(outside_id=first))
    served = serve(ada.outside_id, wait_ms=SOON_MS)
    assert first not in ids(served)
    assert (ids(served)[0], len(ids(served)), served.short) == (second, 10, False)


def test_a_blocked_item_is_in_no_fallback_either(world, newcomer):
    made = fusing.make(fusing.read(Place("home")))
    fallbacks.store(Place("home"), made.body, made.slate)
    first = made.body["placements"][0]["shown"]["item"]
    block(Item.objects.get(outside_id=first))
    served = serve(newcomer, wait_ms=SOON_MS)
    assert served.mode == "fallback"
    assert first not in ids(served)


def test_a_block_for_another_member_or_surface_takes_nothing_away(home, world, ada):
    first = store(home)["placements"][0]["shown"]["item"]
    item = Item.objects.get(outside_id=first)
    block(item, surface=Surface.objects.get(pk="similar"))
    assert ids(serve(ada.outside_id, wait_ms=SOON_MS))[0] == first


def test_what_the_member_refused_and_what_is_inactive_leaves_at_once(home, world, ada):
    never, inactive, *_ = [each["shown"]["item"] for each in store(home)["placements"]]
    refuse(ada, Item.objects.get(outside_id=never))
    Item.objects.filter(outside_id=inactive).update(active=False)
    served = serve(ada.outside_id, wait_ms=SOON_MS)
    assert not {never, inactive} & set(ids(served))


def test_excluded_items_leave_and_stand_on_the_impression(home, world, ada):
    body = store(home)
    gone = Item.objects.get(outside_id=body["placements"][1]["shown"]["item"])
    served = serve(ada.outside_id, wait_ms=SOON_MS, exclude=frozenset({gone.id}))
    impression = Impression.objects.get(pk=served.impression)
    assert gone.outside_id not in ids(served)
    assert impression.removed == [gone.id]
    assert [str(item) for item in impression.items] == [each["id"] for each in served.placements]
    assert impression.propensities[:2] == [1.0, None]


def test_a_size_beyond_the_first_ten_is_a_longer_prefix_of_the_same_slate(home, ada):
    store(home)
    ten, thirty = (serve(ada.outside_id, size=size, wait_ms=SOON_MS) for size in (10, 30))
    assert ids(thirty)[:10] == ids(ten)
    assert len(set(ids(thirty))) == 30


def test_a_slate_that_holes_leave_incomplete_says_that_it_is_short(home, world, ada):
    store(home)
    all_but_five = frozenset(film.id for film in world.items[5:])
    served = serve(ada.outside_id, wait_ms=SOON_MS, exclude=all_but_five)
    assert served.short
    assert len(served.placements) <= 5


def test_before_any_slate_was_fused_the_answer_is_empty_and_says_so(world, newcomer):
    served = serve(newcomer, wait_ms=SOON_MS)
    assert (served.mode, served.short, served.placements) == ("fallback", True, [])
    assert served.slate is None


def test_a_merged_member_gets_the_slate_of_the_one_they_became(realtime, world, ada):
    old = new_member(merged_into=ada)
    assert serve(old.outside_id).member == ada.subject


def test_a_body_of_the_member_before_a_merge_is_never_served(world, ada):
    old = new_member()
    store(Place("home", SOURCE, old.outside_id))
    old.merged_into = ada
    old.save()
    assert serve(old.outside_id, wait_ms=SOON_MS).mode == "fallback"


def test_similar_items_never_hold_the_item_they_start_from(realtime, world, newcomer):
    anchor = world.war[0]
    served = serve(newcomer, "similar", anchor=anchor.id, size=20)
    war = {film.outside_id for film in world.war}
    assert anchor.outside_id not in ids(served)
    assert sum(item in war for item in ids(served)) >= 15


def test_asking_wrongly_is_refused_with_a_code(world, newcomer):
    with pytest.raises(AnchorRequired):
        serve(newcomer, "similar")
    with pytest.raises(AnchorRefused):
        serve(newcomer, "home", anchor=world.items[0].id)
    with pytest.raises(UnknownSurface):
        serve(newcomer, "nowhere")
    with pytest.raises(UnknownItem):
        serve(newcomer, "similar", anchor=new_member().id)


@pytest.mark.parametrize("url", ["unix:///nowhere/cache.sock?db=0"])
def test_without_a_cache_the_fallback_answers_in_time(world, newcomer, url):
    made = fusing.make(fusing.read(Place("home")))
    fallbacks.store(Place("home"), made.body, made.slate)
    cache.client.cache_clear()
    with override_settings(CACHE_URL=url):
        served = serve(newcomer)
    cache.client.cache_clear()
    assert (served.mode, len(served.placements)) == ("fallback", 10)


def test_what_older_code_packed_is_as_good_as_absent(world, newcomer):
    made = fusing.make(fusing.read(Place("home")))
    fallbacks.store(Place("home"), made.body, made.slate)
    Fallback.objects.update(body=b'{"placements": []}')
    place = Place("home", SOURCE, newcomer)
    cache.ask(lambda client: client.hset(place.key, "body", b"an older layout"))
    assert serve(newcomer, wait_ms=SOON_MS).placements == []


def test_an_impression_is_shown_when_the_caller_shows_it(home, ada):
    store(home)
    for shown in (True, False):
        served = serve(ada.outside_id, wait_ms=SOON_MS, shown=shown)
        impression = Impression.objects.get(pk=served.impression)
        assert (impression.shown_at is not None) is shown


def test_impressions_of_simulated_members_say_so(home, ada):
    store(home)
    Member.objects.filter(pk=ada.pk).update(simulated=True)
    served = serve(ada.outside_id, wait_ms=SOON_MS)
    assert Impression.objects.get(pk=served.impression).simulated


def test_the_slate_of_an_answer_can_be_read_at_once(realtime, newcomer):
    served = serve(newcomer)
    assert Slate.objects.filter(pk=str(served.slate)).exists()


def test_a_rule_on_statistics_makes_them_count(world, ada, home):
    ItemStats.objects.create(item=world.items[0])
    made = fusing.make(fusing.read(home)).body
    reading = {**made, "reads_statistics": True}
    cache.ask(lambda client: bodies.store(client, home, reading))
    bump("statistics")
    assert serve(ada.outside_id, wait_ms=SOON_MS).mode == "stale"
