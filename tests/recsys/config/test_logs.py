"""Logs: a line a request, the same id everywhere, and nothing that people wrote."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client
from redis import Redis

from curation.models import Outbox
from curation.outbox import announce
from recsys.config.logs import logging_config
from recsys.workers import relay
from tests.factories import UserFactory
from tests.processes import ROOT

GIVEN = "from-the-proxy-0001"


@pytest.fixture
def lines(monkeypatch):
    """The log as a process that nobody watches writes it."""
    stream = io.StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler(stream, watched=False)])
    monkeypatch.setattr(logging.getLogger(), "level", logging.INFO)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def handler(stream: io.StringIO, *, watched: bool) -> logging.Handler:
    config = logging_config("web", "INFO", watched=watched)
    of_line = dict(config["formatters"]["line"])
    made = logging.StreamHandler(stream)
    made.setFormatter(of_line.pop("()")(**of_line))
    return made


@pytest.mark.django_db
def test_each_request_has_one_line_with_its_id_user_route_status_and_time(lines):
    client, user = Client(), UserFactory.create(roles=["operator"])
    client.force_login(user)
    answer = client.get("/admin/operations/", headers={"X-Request-ID": GIVEN})
    assert answer["X-Request-ID"] == GIVEN
    (line,) = [each for each in lines() if each["event"] == "request"]
    assert (line["request_id"], line["user"], line["status"]) == (GIVEN, str(user.pk), 200)
    assert (line["route"], line["method"]) == ("admin/operations/", "GET")
    assert float(str(line["ms"])) > 0


@pytest.mark.django_db
@pytest.mark.parametrize("bad", ["", "short", "x" * 65, 'a"b-or-12345678', "two\nlines-12345"])
def test_an_id_that_is_none_is_replaced(bad):
    answer = Client().get("/livez", headers={"X-Request-ID": bad})
    assert answer["X-Request-ID"] != bad
    assert len(answer["X-Request-ID"]) == 36


@pytest.mark.django_db
def test_neither_query_nor_body_nor_secret_address_is_logged(lines):
    client = Client()
    client.get("/livez?token=very-secret")
    client.get("/no/such/place/very-secret/?very-secret=1")
    client.post("/login/", {"login": "very-secret", "password": "very-secret"})
    told = json.dumps(lines())
    assert "request" in told
    assert "very-secret" not in told


@pytest.mark.django_db(transaction=True)
def test_what_a_request_announces_carries_its_id_to_the_worker():
    from structlog.contextvars import bound_contextvars

    with bound_contextvars(request_id=GIVEN):
        announce("recsys.nothing", queue="ids-of-requests")
    assert Outbox.objects.get().request == GIVEN
    with Redis.from_url(settings.BROKER_URL) as server:
        try:
            relay.publish_batch()
            message = json.loads(server.lindex("tandem:ids-of-requests", 0))
        finally:
            server.delete("tandem:ids-of-requests")
    assert message["headers"]["request_id"] == GIVEN


def test_a_task_binds_its_name_and_the_request_and_a_lease_its_job():
    code = (
        "import logging, uuid, django; django.setup()\n"
        "from types import SimpleNamespace as Thing\n"
        "from recsys.workers import worker_events\n"
        "request = Thing(id='task-1', headers={'request_id': 'from-the-web'})\n"
        "worker_events.task_begins(task=Thing(name='recsys.sweep', request=request))\n"
        "logging.getLogger('any').warning('at work')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "TANDEM_PROCESS": "bulk"},
        capture_output=True,
        text=True,
        check=True,
    )
    line = json.loads(done.stderr.splitlines()[-1])
    assert (line["event"], line["level"], line["logger"]) == ("at work", "warning", "any")
    assert (line["task"], line["task_id"], line["request_id"]) == (
        "recsys.sweep",
        "task-1",
        "from-the-web",
    )


def test_where_somebody_watches_a_line_is_plain():
    stream = io.StringIO()
    record = logging.makeLogRecord({"msg": "at work", "levelno": 30, "levelname": "WARNING"})
    handler(stream, watched=True).handle(record)
    assert "at work" in stream.getvalue()
    assert not stream.getvalue().startswith("{")
