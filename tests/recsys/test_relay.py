"""The relay: what is announced is published, once its transaction has committed, whatever is down meanwhile."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import uuid

import pytest
from django.conf import settings
from django.db import connection, transaction
from redis import Redis

from curation.models import Outbox
from curation.outbox import announce
from recsys.config.celery import app
from recsys.models import Heartbeat
from recsys.transport import broker
from recsys.transport.cache import Unavailable
from recsys.workers import relay
from tests.processes import ROOT, wait_until
from tests.realtime import database_url


@pytest.fixture
def queue(transactional_db):
    """A queue of this test's own: its name, and the messages in it, oldest first."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    with Redis.from_url(settings.BROKER_URL) as server:
        yield name, lambda: [read(raw) for raw in reversed(server.lrange(f"tandem:{name}", 0, -1))]
        server.delete(f"tandem:{name}")


def read(raw: bytes) -> tuple[str, list[object]]:
    """The task and arguments of a message as Celery wrote it."""
    message = json.loads(raw)
    arguments, _, _ = json.loads(base64.b64decode(message["body"]))
    return message["headers"]["task"], arguments


def test_what_is_announced_is_published_in_order_and_leaves_the_outbox(queue):
    name, messages = queue
    announce("recsys.first", "a", 1, queue=name)
    announce("recsys.second", queue=name)
    assert relay.publish_batch() == 2
    assert messages() == [("recsys.first", ["a", 1]), ("recsys.second", [])]
    assert not Outbox.objects.exists()


def test_what_was_announced_in_a_transaction_that_failed_is_never_published(queue):
    name, messages = queue
    with transaction.atomic():
        announce("recsys.never", queue=name)
        transaction.set_rollback(True)
    relay.publish_batch()
    assert messages() == []


def test_what_the_broker_does_not_take_stays(queue, monkeypatch):
    name, messages = queue
    announce("recsys.task", queue=name)
    monkeypatch.setattr(app.conf, "broker_write_url", "redis+socket:///nowhere/broker.sock")
    monkeypatch.setattr(broker, "_producers", broker._Producers())
    with pytest.raises(Unavailable):
        relay.publish_batch()
    assert Outbox.objects.count() == 1
    monkeypatch.undo()
    relay.publish_batch()
    assert messages() == [("recsys.task", [])]


@pytest.fixture
def process(queue):
    """The relay as a process on the test database."""
    environment = os.environ | {"DATABASE_URL": database_url(), "TANDEM_PROCESS": "relay"}
    started = subprocess.Popen(
        [sys.executable, "-m", "django", "relay", "--settings", "recsys.config.settings"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert "relay ready" in started.stdout.readline()
    yield started
    started.kill()
    started.communicate()


def test_the_process_publishes_outlives_a_lost_connection_and_stops_when_told(queue, process):
    name, messages = queue
    announce("recsys.first", queue=name)
    wait_until(lambda: len(messages()) == 1, "the first message")
    assert Heartbeat.objects.filter(role="relay", pid=process.pid).exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND query ~ 'LISTEN|outbox|heartbeat'"
        )
    announce("recsys.second", queue=name)
    # At least once: where the connection goes between publish and commit, the first is published again.
    wait_until(lambda: ("recsys.second", []) in messages(), "the second message")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
