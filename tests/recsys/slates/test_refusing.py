"""Bulk re-fusing, fallbacks, the sweep, and preloading before a promotion."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from curation.models import Outbox, Surface
from recsys.jobs import leases
from recsys.live import preloading
from recsys.models import Fallback, Heartbeat, Job, LiveModel, Refusing, Slate
from recsys.operations import heartbeats
from recsys.slates import bodies, fallbacks, fusing, refusing
from recsys.slates.places import Place
from recsys.transport import cache
from recsys.workers import sweeping
from tests.factories import SOURCE
from tests.processes import wait_until
from tests.recsys.slates.asking import new_member, pin, serve
from tests.recsys.slates.conftest import bump, version_of

SOON_MS = 50


@pytest.fixture
def visitor(world, newcomer):
    """A member who was served a moment ago."""
    member = new_member(outside_id=newcomer)
    place = Place("home", SOURCE, member.outside_id)
    made = fusing.make(fusing.read(place))
    cache.ask(lambda client: bodies.store(client, place, made.body))
    serve(newcomer, wait_ms=SOON_MS)
    return member


def job() -> Refusing:
    return Refusing.objects.get()


def test_re_fusing_renews_the_fallback_and_the_slates_of_who_was_served_lately(visitor, world):
    pin(world.items[3], slot=1)
    refusing.refuse("home")
    assert serve(visitor.outside_id, wait_ms=SOON_MS).mode == "fresh"
    version = Surface.objects.get(pk="home").policy_version
    assert Fallback.objects.get(key=Place("home").key).versions["policy"] == version
    assert (job().state, job().done, job().total) == ("succeeded", 2, 2)


def test_fallbacks_are_kept_for_the_contexts_in_which_slates_were_served(visitor, world):
    anchor = str(world.items[5].id)
    serve(visitor.outside_id, "similar", anchor=world.items[5].id, language="en", wait_ms=SOON_MS)
    refusing.refuse("similar")
    assert Fallback.objects.filter(key=Place("similar", language="en", anchor=anchor).key).exists()


def test_a_cancelled_re_fusing_stops_and_says_so(visitor, world):
    waiting = Refusing.objects.create(surface_id="home", cause="a test")
    lease = leases.claim(Refusing, waiting.pk)
    assert lease is not None
    Refusing.objects.filter(pk=waiting.pk).update(cancel_requested=True)
    refusing.perform("home", lease)
    assert job().state == Job.State.CANCELLED


def test_a_re_fusing_that_fails_says_why(world, monkeypatch):
    monkeypatch.setattr(fusing, "make", lambda reading: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        refusing.refuse("home")
    assert (job().state, job().error) == ("failed", "division by zero")


def test_an_older_fallback_never_replaces_a_newer_one(world):
    old = fusing.make(fusing.read(Place("home")))
    bump("models")
    new = fusing.make(fusing.read(Place("home")))
    fallbacks.store(Place("home"), new.body, new.slate)
    fallbacks.store(Place("home"), old.body, old.slate)
    assert Fallback.objects.get(key=Place("home").key).slate_id == new.slate.pk


def died(**columns: object) -> Refusing:
    """A re-fusing of home whose worker is gone."""
    last_year = timezone.now() - timedelta(days=365)
    lost = {"attempt": 1, "worker": "elsewhere:1", "lease_until": last_year}
    return Refusing.objects.create(
        surface_id="home", cause="change", state=Job.State.RUNNING, **lost | columns
    )


def test_of_re_fusings_whose_workers_died_one_waits_and_the_sweep_goes_on(world):
    for _ in range(3):
        died()
    sweeping.sweep()
    states = sorted(Refusing.objects.filter(surface="home").values_list("state", flat=True))
    assert states == ["queued", "skipped", "skipped"]


def test_a_re_fusing_whose_worker_died_beside_one_that_waits_is_skipped(world):
    Refusing.objects.create(surface_id="home", cause="change")
    dead = died()
    assert leases.release(Refusing) == 1
    dead.refresh_from_db()
    assert dead.state == Job.State.SKIPPED


def test_a_re_fusing_that_was_queued_again_after_a_later_one_had_done_it_is_skipped(world):
    dead = died()
    refusing.refuse("home")
    assert leases.release(Refusing) == 1
    refusing.refuse("home")
    dead.refresh_from_db()
    assert dead.state == Job.State.SKIPPED


def test_a_re_fusing_that_is_handed_back_beside_one_that_waits_is_skipped(world):
    mine = Refusing.objects.create(surface_id="home", cause="change")
    lease = leases.claim(Refusing, mine.pk)
    assert lease
    Refusing.objects.create(surface_id="home", cause="change")
    lease.hand_back()
    mine.refresh_from_db()
    assert mine.state == Job.State.SKIPPED


def test_the_sweep_announces_surfaces_whose_fallback_is_missing_or_older_than_now(world):
    def announced() -> set[str]:
        rows = Outbox.objects.filter(task="recsys.refuse_surface")
        found = {row.arguments[0] for row in rows}
        rows.delete()
        return found

    sweeping.sweep()
    assert announced() == {"home", "similar"}
    for slug in ("home", "similar"):
        refusing.refuse(slug)
    sweeping.sweep()
    assert announced() == set()
    bump("catalogue")
    sweeping.sweep()
    assert announced() == {"home", "similar"}


@override_settings(SLATE_RETENTION_DAYS=7)
def test_slates_beyond_their_retention_go_but_those_of_fallbacks(world):
    kept, old, standing = (fusing.make(fusing.read(Place("home"))) for _ in range(3))
    fallbacks.store(Place("home"), standing.body, standing.slate)
    long_ago = timezone.now() - timedelta(days=8)
    Slate.objects.exclude(pk=kept.slate.pk).update(fused_at=long_ago)
    assert sweeping.drop_old_slates() == 1
    assert not Slate.objects.filter(pk=old.slate.pk).exists()


def test_processes_that_are_long_gone_are_forgotten(world):
    heartbeats.beat("bulk")
    assert heartbeats.forget() == 0
    # A worker that other tests share may beat beside it.
    mine = Heartbeat.objects.filter(role="bulk")
    mine.update(beat_at=timezone.now() - timedelta(hours=1))
    assert heartbeats.forget() == 1
    assert not mine.exists()


def test_a_promotion_finds_every_realtime_process_holding_the_version(realtime, world):
    wait_until(Heartbeat.objects.filter(role="realtime").exists, "its heartbeat", 40)
    version = version_of("ease", world)
    readiness = preloading.everywhere(version.id, timeout_s=20)
    assert (readiness.complete, readiness.expected) == (True, 1)
    assert version.id in Heartbeat.objects.get(role="realtime").loaded


def test_without_any_realtime_process_a_promotion_does_not_wait(world, monkeypatch):
    version = LiveModel.objects.get(family="ease").version_id
    # The worker that other tests share may beat at any moment: ask for a role that it has not.
    monkeypatch.setattr(preloading, "ROLE", "nobody's")
    assert preloading.everywhere(version, timeout_s=60).expected == 0
