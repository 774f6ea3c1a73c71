"""Counters only grow, and tasks are announced with the work that makes them necessary."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection, transaction

from curation import counters, outbox
from curation.models import Outbox


@pytest.mark.django_db
def test_a_counter_grows_by_one_and_starts_at_nothing():
    before = counters.read()["catalogue"]
    assert counters.bump("catalogue") == before + 1
    assert counters.read()["catalogue"] == before + 1
    assert set(counters.read()) == {"catalogue", "models", "rewards", "statistics"}


def test_there_is_no_counter_of_another_name():
    with pytest.raises(ValueError, match="catalogue"):
        counters.bump("catalog")


@pytest.mark.django_db
def test_an_announced_task_is_a_row_of_its_transaction():
    with transaction.atomic():
        outbox.announce("recsys.sweep")
        transaction.set_rollback(True)
    assert not Outbox.objects.exists()
    outbox.announce("recsys.refuse_surface", "home")
    (row,) = Outbox.objects.all()
    assert (row.task, row.queue, row.arguments) == ("recsys.refuse_surface", "bulk", ["home"])


@pytest.mark.django_db(transaction=True)
def test_a_listening_relay_is_woken_at_commit():
    settings = connection.get_connection_params()
    words = {key: settings[key] for key in ("dbname", "user", "host") if settings.get(key)}
    with psycopg.connect(**words, autocommit=True) as relay:
        relay.execute("LISTEN outbox")
        with transaction.atomic():
            outbox.announce("recsys.sweep")
            assert not list(relay.notifies(timeout=0.1))
        assert [note.channel for note in relay.notifies(timeout=5, stop_after=1)] == ["outbox"]
