"""The doorbell's protocol against a real Valkey: who waits for what, and what is queued."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

import pytest
from django.conf import settings
from redis import Redis

from recsys.slates import bodies, doorbell
from recsys.slates.bodies import COMPONENTS
from recsys.slates.places import Place
from recsys.transport import broker, cache
from tests.processes import wait_until

ZERO = dict.fromkeys(COMPONENTS, 0)


@pytest.fixture
def place() -> Place:
    return Place("home", "test", str(uuid.uuid4()))


@pytest.fixture
def queue(monkeypatch):
    """How many messages the broker holds for the workers; none expires while a test looks."""
    name = f"realtime-{uuid.uuid4()}"
    monkeypatch.setattr(doorbell, "QUEUE", name)
    monkeypatch.setattr(doorbell, "MESSAGE_LIFE_MS", 60_000)
    with Redis.from_url(settings.BROKER_URL) as broker:
        yield lambda: broker.llen(f"tandem:{name}")
        broker.delete(f"tandem:{name}")


def holds(queue, count: int) -> None:
    """Check that so many messages come to be queued, and no more."""
    wait_until(lambda: queue() >= count, f"{count} messages", 10)
    time.sleep(0.05)
    assert queue() == count


def body(place: Place, fused_at: float = 0.0, subject: str = "s", **versions: Any) -> bodies.Whole:
    return {
        "slate": str(uuid.uuid4()),
        "subject": subject,
        "fused_at": fused_at,
        "depth": 1,
        "versions": {**ZERO, **versions},
        "placements": [],
        "reserve": [],
        "groups": [],
        "valid_until": None,
        "reads_statistics": False,
    }


class Waiter(threading.Thread):
    """Rings, waits, and keeps what it was given."""

    def __init__(self, place: Place, needs: dict[str, int], budget_s: float = 20.0) -> None:
        super().__init__()
        self.place, self.needs, self.budget_s = place, needs, budget_s
        self.answer: bodies.Body | None = None
        self.start()

    def run(self) -> None:
        self.answer = doorbell.ring(self.place, self.needs, self.budget_s)


def rung(place: Place, count: int) -> None:
    """Return when so many wait."""
    key = f"{place.key}:waiters"
    wait_until(lambda: cache.ask(lambda client: client.hlen(key)) >= count, "they ring", 10)


def test_many_rings_for_one_place_queue_one_fuse_and_all_are_answered(place, queue):
    waiters = [Waiter(place, ZERO) for _ in range(5)]
    rung(place, 5)
    holds(queue, 1)
    doorbell.departed(place, ZERO, "fuse")
    made = body(place)
    doorbell.landed(place, made, "fuse")
    for waiter in waiters:
        waiter.join()
        assert waiter.answer is not None
        assert waiter.answer.slate == made["slate"]


def test_a_fuse_in_flight_serves_a_ring_whose_needs_its_versions_cover(place, queue):
    first = Waiter(place, {**ZERO, "feedback": 3})
    rung(place, 1)
    doorbell.departed(place, {**ZERO, "feedback": 4}, "fuse")
    second = Waiter(place, {**ZERO, "feedback": 4})
    rung(place, 2)
    holds(queue, 1)
    doorbell.landed(place, body(place, feedback=4), "fuse")
    first.join()
    second.join()
    assert first.answer is not None
    assert second.answer is not None


def test_a_ring_that_needs_more_queues_exactly_one_successor(place, queue):
    first = Waiter(place, {**ZERO, "feedback": 1})
    rung(place, 1)
    doorbell.departed(place, {**ZERO, "feedback": 1}, "old")
    late = [Waiter(place, {**ZERO, "feedback": 2}) for _ in range(4)]
    rung(place, 5)
    holds(queue, 2)
    doorbell.landed(place, body(place, feedback=1), "old")
    first.join()
    assert first.answer is not None
    assert all(waiter.is_alive() for waiter in late)
    holds(queue, 2)
    doorbell.departed(place, {**ZERO, "feedback": 2}, "new")
    doorbell.landed(place, body(place, feedback=2), "new")
    for waiter in late:
        waiter.join()
        assert waiter.answer is not None


def test_whoever_rang_between_the_reading_of_versions_and_its_telling_is_not_forgotten(
    place, queue
):
    waiter = Waiter(place, {**ZERO, "policy": 9})
    rung(place, 1)
    doorbell.departed(place, {**ZERO, "policy": 8}, "fuse")
    doorbell.landed(place, body(place, policy=8), "fuse")
    assert waiter.is_alive()
    holds(queue, 2)
    doorbell.departed(place, {**ZERO, "policy": 9}, "next")
    doorbell.landed(place, body(place, policy=9), "next")
    waiter.join()
    assert waiter.answer is not None


def test_a_fuse_that_came_to_nothing_does_not_keep_others_waiting(place, queue):
    doorbell.departed(place, ZERO, "broken")
    doorbell.abandoned(place, "broken")
    waiter = Waiter(place, ZERO, budget_s=0.2)
    waiter.join()
    holds(queue, 1)
    assert waiter.answer is None


def test_an_answer_that_comes_too_late_is_none_within_the_budget(place, queue):
    before = time.monotonic()
    assert doorbell.ring(place, ZERO, 0.1) is None
    assert time.monotonic() - before >= 0.1


def test_who_rings_after_a_server_failed_waits_for_no_server_for_long(place, monkeypatch):
    waited = []

    def publish(*_message: Any, timeout_s: float, **_more: Any) -> None:
        waited.append(timeout_s)
        raise cache.Unavailable

    def fail() -> None:
        raise OSError

    monkeypatch.setattr(broker, "publish", publish)
    with pytest.raises(cache.Unavailable):
        doorbell.ring(place, ZERO, 2.0)
    with pytest.raises(cache.Unavailable):
        broker.breaker.call(fail, (OSError,))
    with pytest.raises(cache.Unavailable):
        doorbell.ring(place, ZERO, 2.0)
    assert waited == [cache.PATIENT_TIMEOUT_S, cache.request_timeout_s()]


def test_an_older_body_never_replaces_one_that_is_newer_anywhere(place):
    def store(**versions: int) -> bool:
        return cache.ask(
            lambda client: bodies.store(client, place, body(place, 0.0, "s", **versions))
        )

    assert store(policy=2, feedback=5)
    assert not store(policy=2, feedback=4)
    assert not store(policy=3, feedback=4)
    assert store(policy=2, feedback=5)
    assert store(policy=3, feedback=5)


def test_of_equal_versions_the_later_instant_stays(place):
    def store(fused_at: float) -> bool:
        return cache.ask(lambda client: bodies.store(client, place, body(place, fused_at)))

    assert store(10.0)
    assert not store(9.0)
    assert store(11.0)


def test_a_body_of_another_member_replaces_what_was_there(place):
    def store(subject: str, version: int) -> bool:
        made = body(place, subject=subject, feedback=version)
        return cache.ask(lambda client: bodies.store(client, place, made))

    assert store("before the merge", 7)
    assert store("after the merge", 2)
