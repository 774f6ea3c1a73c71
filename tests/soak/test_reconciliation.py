"""The soak's own arithmetic: it sees what it is there to see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from recsys.models import Job
from tests.soak.ledger import Ban, Json, Ledger, Sighting
from tests.soak.reconciliation import JOBS, SILENCE, _content, _folded, _once, _seen

AT = "2026-01-01T00:00:0{}+00:00"


def told(*events: Json) -> Ledger:
    ledger = Ledger()
    for number, event in enumerate(events):
        named = {"event": f"e{number}", "member": "m", "occurred_at": AT.format(number), **event}
        ledger.told[named["event"]] = named
        ledger.acknowledged.add(named["event"])
    return ledger


def stored(ledger: Ledger) -> list[tuple[Any, ...]]:
    return [
        (
            each["event"],
            each["kind"],
            each["member"],
            each.get("item"),
            each.get("value"),
            each.get("undoes", ""),
            datetime.fromisoformat(each["occurred_at"]),
        )
        for each in ledger.told.values()
    ]


@pytest.mark.django_db
def test_every_kind_of_job_has_to_come_to_rest():
    with connection.cursor() as cursor:
        found = {table for (table,) in cursor.execute(JOBS).fetchall()}
    assert found == {m._meta.db_table for m in apps.get_models() if issubclass(m, Job)}


def test_a_lost_a_doubled_and_a_foreign_event_are_seen():
    ledger = told({"kind": "like", "item": "i"}, {"kind": "like", "item": "j"})
    rows = stored(ledger)
    keys = {"e0": 1, "e1": 1}
    assert _once(ledger, rows, keys) == []
    assert _once(ledger, rows[:1], keys) == ["e1: 0 times"]
    assert _once(ledger, [*rows, rows[0]], keys) == ["e0: 2 times"]
    assert _once(ledger, [*rows, ("e9", *rows[0][1:])], keys) == ["e9 was never sent"]


def test_other_content_is_seen():
    ledger = told({"kind": "rating", "item": "i", "value": 4})
    rows = stored(ledger)
    assert _content(ledger, rows) == []
    assert _content(ledger, [(*rows[0][:4], 5, *rows[0][5:])]) != []


def test_the_fold_follows_the_instants_and_leaves_out_what_was_undone():
    ledger = told(
        {"kind": "rating", "item": "i", "value": 2},
        {"kind": "rating", "item": "i", "value": 4},
        {"kind": "rating", "item": "i", "value": 5},
        {"kind": "undo", "undoes": "e2"},
        {"kind": "dislike", "item": "i"},
    )
    assert _folded(ledger)["m", "i"] == {**SILENCE, "stars": 4.0, "thumb": -1}


def test_a_blocked_item_is_seen_only_between_the_answer_to_its_block_and_its_end():
    ledger = Ledger(bans=[Ban("i", since=10, until=20), Ban("j", since=10, member="m")])
    for asked, came in ((9, 11), (11, 12), (19, 21)):
        ledger.sightings.append(Sighting("m", asked, came, "fresh", ("i", "k")))
    assert len(_seen(ledger).missed) == 1
    ledger.sightings.append(Sighting("other", 11, 12, "fresh", ("j",)))
    assert len(_seen(ledger).missed) == 1
    ledger.sightings.append(Sighting("m", 11, 12, "fresh", ("j",)))
    assert len(_seen(ledger).missed) == 2
