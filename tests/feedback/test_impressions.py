"""Impressions: written behind a request, once each, and never in its way."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from curation.ids import new_id
from feedback.models import Impression, Interaction, Kind
from feedback.recording import impressions
from feedback.recording.impressions import Buffer

pytestmark = pytest.mark.django_db


def impression(member, films, **changes):
    fields = {
        "id": new_id(),
        "served_at": timezone.now(),
        "slate": new_id(),
        "subject": member.subject,
        "surface": "home",
        "mode": "fresh",
        "context": {"device": "phone"},
        "versions": {"policy": 3},
        "items": [film.pk for film in films],
        "slots": list(range(1, len(films) + 1)),
        "propensities": [1.0] * (len(films) - 1) + [None],
        "curated": [True] + [False] * (len(films) - 1),
    }
    return Impression(**fields | changes)


def test_an_impression_is_kept_as_it_was_served(ada, films):
    served = impression(ada, films, removed=[films[0].pk], short=True)
    impressions.log(served)
    kept = Impression.objects.get()
    for field in Impression._meta.concrete_fields:
        assert getattr(kept, field.attname) == getattr(served, field.attname), field


def test_writing_an_impression_again_writes_nothing(ada, films):
    served = impression(ada, films)
    assert impressions.write([served, served]) == 1
    assert impressions.write([served]) == 0


def test_one_that_the_database_refuses_holds_up_no_other(ada, films, caplog):
    bad = [
        impression(ada, films, surface="s" * 99),
        impression(ada, films, served_at=timezone.now() - timedelta(days=365 * 60)),
        impression(ada, films, mode=None),
    ]
    assert impressions.write([bad[0], impression(ada, films), bad[1], bad[2]]) == 1
    assert caplog.text.count("was refused") == 3


def test_feedback_on_a_curated_placement_is_labelled(ada, bob, films, tell):
    served = impression(ada, films)
    impressions.write([served])
    for event, member, film in (("e1", ada, 0), ("e2", ada, 1), ("e3", bob, 0)):
        tell(member, (event, Kind.CLICK, films[film]), impression=served.pk)
    tell(ada, ("e4", Kind.CLICK, films[0]))
    labels = dict(Interaction.objects.values_list("event", "curated"))
    assert labels == {"e1": True, "e2": False, "e3": False, "e4": False}


def test_while_the_database_is_away_the_newest_wait(ada, films, monkeypatch, caplog):
    buffer = Buffer(most=3, interval_s=3600)
    served = [impression(ada, films) for _ in range(5)]

    def away(_batch):
        raise OperationalError("no database")

    with monkeypatch.context() as patch:
        patch.setattr(impressions, "write", away)
        for one in served:
            buffer.add(one)
        with pytest.raises(OperationalError):
            buffer.flush()
    assert len(buffer) == 3
    assert "2 impressions were lost" in caplog.text
    assert buffer.flush() == 3
    assert set(Impression.objects.values_list("pk", flat=True)) == {one.pk for one in served[2:]}


@pytest.mark.django_db(transaction=True)
def test_the_thread_writes_what_requests_leave(ada, films):
    buffer = Buffer(interval_s=0.01)
    leave = [threading.Thread(target=buffer.add, args=[impression(ada, films)]) for _ in range(20)]
    for one in leave:
        one.start()
    for one in leave:
        one.join()
    give_up = time.monotonic() + 30
    while Impression.objects.count() < 20 and time.monotonic() < give_up:
        time.sleep(0.01)
    buffer.stop()
    connection.close()
    assert Impression.objects.count() == 20
