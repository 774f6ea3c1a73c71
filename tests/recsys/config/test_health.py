"""Probes, metrics and the settings of a production: what those who run the product rely on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from curation.people.access import issue_token
from recsys.config.celery import app
from recsys.operations import health
from recsys.operations.heartbeats import beat
from recsys.transport import broker, cache
from tests.factories import UserFactory
from tests.processes import ROOT, bare_environment


@pytest.fixture
def no_broker(monkeypatch):
    monkeypatch.setattr(app.conf, "broker_read_url", "redis+socket:///nowhere/broker.sock")
    monkeypatch.setattr(broker, "breaker", cache.Breaker())


def ready() -> tuple[int, str]:
    answer = Client().get("/readyz")
    return answer.status_code, answer.content.decode()


def test_a_process_lives_also_where_nothing_else_does(no_broker, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "/nowhere")
    assert Client().get("/livez").content == b"live\n"


@pytest.mark.django_db
def test_it_is_ready_where_database_migrations_and_disk_are():
    assert ready() == (200, "ready\nthe broker answers\n")


@pytest.mark.django_db
def test_a_broker_that_is_away_is_told_and_harms_nothing(no_broker):
    status, text = ready()
    assert status == 200
    assert "the broker does not answer" in text


def test_it_is_not_ready_without_a_database(monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "/nowhere")
    assert ready() == (503, "the database does not answer\n")


@pytest.mark.django_db(transaction=True)
def test_it_is_not_ready_before_its_migrations_are_applied():
    recorder = MigrationRecorder.Migration.objects
    (last,) = recorder.filter(app="recsys").order_by("-id")[:1]
    last.delete()
    try:
        assert ready() == (503, "1 migrations are not applied\n")
    finally:
        last.save(force_insert=True)


@pytest.mark.django_db
def test_it_is_not_ready_on_a_full_disk(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, 1))
    assert health.LEAST_FREE > 0.01
    assert ready() == (503, "the disk is full: 0 MB are free\n")


def scrape(*roles: str) -> tuple[int, str]:
    token = issue_token(UserFactory.create(roles=list(roles)), "test")
    answer = Client().get("/metrics", headers={"Authorization": f"Token {token}"})
    return answer.status_code, answer.content.decode()


@pytest.mark.django_db
def test_metrics_are_for_operators_alone():
    assert Client().get("/metrics").status_code == 401
    assert scrape("curator")[0] == 403


@pytest.mark.django_db
def test_metrics_tell_of_requests_queues_workers_and_jobs():
    beat("bulk")
    Client().get("/livez")
    status, text = scrape("operator")
    assert status == 200
    assert 'tandem_request_seconds_count{status="2xx",view="live"}' in text
    for line in (
        "tandem_broker_up 1.0",
        'tandem_queue_messages{queue="training"}',
        'tandem_workers{role="bulk"} 1.0',
        'tandem_jobs{kind="run",state="queued"} 0.0',
        "tandem_outbox_lag_seconds 0.0",
        "tandem_curated_share 0.0",
        "tandem_requests_in_flight",
    ):
        assert line in text


@pytest.mark.django_db
def test_metrics_go_on_without_a_broker(no_broker):
    status, text = scrape("operator")
    assert status == 200
    assert "tandem_broker_up 0.0" in text


def test_the_settings_of_a_production_pass_the_deployment_checks():
    production = {
        "TANDEM_TLS": "1",
        "TANDEM_HOSTS": "tandem.example.org",
        "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "TANDEM_VAR": os.environ["TANDEM_VAR"],
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=bare_environment() | production,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_behind_a_proxy_with_tls_pages_are_not_redirected_in_circles_and_probes_not_at_all():
    code = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "ask = Client(headers={'Host': 'tandem.example.org'})\n"
        "print(ask.get('/login/').status_code, ask.get('/livez').status_code,\n"
        "      ask.get('/livez', headers={'X-Forwarded-Proto': 'https'}).status_code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env={**os.environ, "TANDEM_TLS": "1", "TANDEM_HOSTS": "tandem.example.org"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["301", "200", "200"], done.stderr
