"""Valkey frozen or gone, workers dead: pages answer in time and say nothing wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from curation.models import Item
from recsys.config.celery import app
from recsys.config.embedded.valkey import Valkey
from recsys.slates import bodies, doorbell, fallbacks, fusing
from recsys.slates.bodies import COMPONENTS
from recsys.slates.places import Place
from recsys.transport import broker, cache
from tests.factories import SOURCE
from tests.processes import wait_until
from tests.realtime import start_worker
from tests.recsys.slates.asking import block, ids, new_member, serve
from tests.recsys.slates.conftest import bump

IN_TIME_S = 2.0
"""Far above what it takes, and far below what waiting for a server that is not there would take."""


@pytest.fixture
def frozen_cache(world, tmp_path_factory) -> Iterator[subprocess.Popen[bytes]]:
    """A cache of this test's own, warm, which then stops answering."""
    folder = Path(tmp_path_factory.mktemp("cache"))
    server = Valkey(folder, folder / "s", keeps=False)
    process = subprocess.Popen(server.words(), stdout=subprocess.DEVNULL)
    wait_until(server.answers, "the cache")
    cache.client.cache_clear()
    doorbell._script.cache_clear()
    with override_settings(CACHE_URL=server.url, CACHE_TIMEOUT_MS=50):
        yield process
    cache.client.cache_clear()
    doorbell._script.cache_clear()
    process.send_signal(signal.SIGCONT)
    process.kill()
    process.wait()


def keep_fallback() -> str:
    made = fusing.make(fusing.read(Place("home")))
    fallbacks.store(Place("home"), made.body, made.slate)
    return str(made.slate.id)


def test_with_a_frozen_cache_every_page_gets_the_fallback_in_time(frozen_cache, newcomer):
    expected = keep_fallback()
    frozen_cache.send_signal(signal.SIGSTOP)
    before = time.monotonic()
    for _ in range(10):
        served = serve(newcomer, wait_ms=None)
        assert (served.mode, str(served.slate)) == ("fallback", expected)
    assert time.monotonic() - before < IN_TIME_S


def test_when_the_cache_thaws_slates_are_fresh_again(frozen_cache, world, newcomer):
    keep_fallback()
    ada = new_member(outside_id=newcomer)
    place = Place("home", SOURCE, ada.outside_id)
    made = fusing.make(fusing.read(place))
    cache.ask(lambda client: bodies.store(client, place, made.body))
    frozen_cache.send_signal(signal.SIGSTOP)
    assert serve(newcomer, wait_ms=None).mode == "fallback"
    frozen_cache.send_signal(signal.SIGCONT)
    wait_until(lambda: serve(newcomer, wait_ms=None).mode == "fresh", "fresh slates", 10)


def test_an_open_circuit_is_not_paid_for_by_every_request(frozen_cache):
    frozen_cache.send_signal(signal.SIGSTOP)
    place, needs = Place("home", SOURCE, "x"), dict.fromkeys(COMPONENTS, 0)
    for _ in range(3):
        with pytest.raises(cache.Unavailable):
            doorbell.ring(place, needs, 0.15)
    before = time.process_time()
    for _ in range(50):
        with pytest.raises(cache.Unavailable, match="not tried"):
            doorbell.ring(place, needs, 0.15)
    assert time.process_time() - before < IN_TIME_S


def test_without_a_broker_the_last_slate_is_served_as_stale_in_time(world, newcomer, monkeypatch):
    ada = new_member(outside_id=newcomer)
    place = Place("home", SOURCE, ada.outside_id)
    made = fusing.make(fusing.read(place))
    cache.ask(lambda client: bodies.store(client, place, made.body))
    monkeypatch.setattr(app.conf, "broker_write_url", "redis+socket:///nowhere/b.sock")
    monkeypatch.setattr(broker, "_producers", broker._Producers())
    bump("models")
    before = time.monotonic()
    assert serve(newcomer, wait_ms=None).mode == "stale"
    assert time.monotonic() - before < IN_TIME_S


def test_what_is_blocked_while_all_workers_are_dead_is_not_shown(world, newcomer):
    ada = new_member(outside_id=newcomer)
    place = Place("home", SOURCE, ada.outside_id)
    body = fusing.make(fusing.read(place)).body
    cache.ask(lambda client: bodies.store(client, place, body))
    first = body["placements"][0]["shown"]["item"]
    block(Item.objects.get(outside_id=first))
    for _ in range(3):
        served = serve(newcomer, wait_ms=None)
        assert served.mode == "stale"
        assert first not in ids(served)


@pytest.mark.slow
def test_a_worker_whose_child_was_killed_fuses_again(world, newcomer, monkeypatch):
    worker = start_worker()
    monkeypatch.setattr(doorbell, "QUEUE", worker.queue)
    try:
        assert serve(newcomer).mode == "fresh"
        for child in worker.children():
            os.kill(child, signal.SIGKILL)
        wait_until(lambda: serve(f"{newcomer}-next").mode == "fresh", "a new child", 60)
    finally:
        worker.stop()
