"""Training data: what leaves the database, and what stays."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from curation.ids import new_id
from feedback.actions import record
from feedback.folding.last_words import FROM_THE_PAST
from feedback.learning.export import snapshot, uri
from feedback.models import Impression, Kind
from feedback.recording import impressions
from tests.feedback.cast import NOON, undo
from tests.feedback.life import Life

EVERY_PAIR = "SELECT DISTINCT subject, item_id FROM feedback_interaction"

# ADBC has a connection of its own, so what it is to see must be committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def exported(tmp_path):
    """Take a snapshot: its facts and its rows."""

    def _exported():
        path = tmp_path / "snapshot.parquet"
        facts = snapshot(path)
        assert facts["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert [one.name for one in tmp_path.iterdir()] == [path.name]
        return facts, pq.read_table(path).to_pylist()

    return _exported


def test_a_row_holds_the_last_word_of_a_member_on_an_item(ada, bob, films, tell, exported):
    tell(ada, ("e1", Kind.RATING, films[0], 2.0), minute=1)
    tell(ada, ("e2", Kind.RATING, films[0], 4.5), minute=2)
    tell(ada, ("e3", Kind.CLICK, films[0]), minute=3)
    tell(bob, ("e4", Kind.CLICK, films[1]), minute=4)
    tell(bob, ("e5", Kind.RATING, films[2], 5.0), minute=5)
    tell(bob, ("e6", Kind.DISLIKE, films[2]), minute=6)
    facts, rows = exported()
    assert [
        (r["subject"], r["item_id"], r["kind"], r["stars"], round(r["value"], 3)) for r in rows
    ] == [
        (ada.subject, films[0].pk, Kind.RATING, 4.5, 1.0),
        (bob.subject, films[1].pk, Kind.CLICK, None, 0.7),
        (bob.subject, films[2].pk, Kind.DISLIKE, None, 0.0),
    ]
    assert rows[0]["occurred_at"] == NOON + timedelta(minutes=2)
    assert (facts["rows"], facts["members"], facts["items"]) == (3, 2, 3)
    assert facts["first_at"] == (NOON + timedelta(minutes=2)).isoformat()
    assert facts["last_at"] == (NOON + timedelta(minutes=6)).isoformat()
    assert facts["watermark"] is not None


def test_what_was_undone_unset_or_simulated_stays(ada, bob, films, tell, exported):
    tell(ada, ("e1", Kind.RATING, films[0], 2.0), ("e2", Kind.LIKE, films[1]), minute=1)
    tell(ada, ("e3", Kind.FAVOURITE, films[2], 1.0), minute=1)
    tell(ada, ("e4", Kind.FAVOURITE, films[2], 0.0), minute=2)
    tell(bob, ("e5", Kind.RATING, films[3], 5.0), simulated=True)
    record([undo(ada, "u1", "e2")], source="test")
    record([undo(ada, "u2", "e-that-never-came")], source="test")
    _facts, rows = exported()
    assert [row["item_id"] for row in rows] == [films[0].pk]


def test_an_answer_to_a_curated_placement_is_flagged_even_if_it_came_first(
    ada, films, tell, exported
):
    served = new_id()
    tell(ada, ("e1", Kind.CLICK, films[0]), ("e2", Kind.CLICK, films[1]), impression=served)
    impressions.write(
        [
            Impression(
                id=served,
                served_at=timezone.now(),
                subject=ada.subject,
                surface="home",
                mode="fresh",
                items=[film.pk for film in films],
                slots=[1, 2, 3, 4],
                propensities=[1.0] * 4,
                curated=[True, False, False, False],
            )
        ]
    )
    _facts, rows = exported()
    assert {row["item_id"]: row["curated"] for row in rows} == {
        films[0].pk: True,
        films[1].pk: False,
    }


def test_the_same_data_gives_the_same_file(ada, films, tell, exported):
    tell(ada, *((f"e{n}", Kind.RATING, films[n], n + 1.0) for n in range(4)), minute=1)
    assert exported()[0] == exported()[0]


def test_without_feedback_the_file_is_empty(exported):
    facts, rows = exported()
    assert (facts["rows"], facts["first_at"], rows) == (0, None, [])


def test_an_export_that_fails_leaves_the_old_file(ada, films, tell, tmp_path, monkeypatch):
    path = tmp_path / "snapshot.parquet"
    snapshot(path)
    before = path.read_bytes()
    monkeypatch.setattr("feedback.learning.export.rewards_of", lambda *_: 1 / 0)
    tell(ada, ("e1", Kind.LIKE, films[0]))
    with pytest.raises(ZeroDivisionError):
        snapshot(path)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_the_uri_reaches_sockets_ports_and_odd_passwords():
    told = uri(
        {"NAME": "tan dem", "USER": "app", "PASSWORD": "p@ss/w?r d&+", "HOST": "/run/x", "PORT": 1}
    )
    assert "+" not in told
    parts = urlsplit(told)
    assert told.startswith("postgresql:///tan%20dem?")
    assert parse_qs(parts.query) == {
        "host": ["/run/x"],
        "port": ["1"],
        "user": ["app"],
        "password": ["p@ss/w?r d&+"],
    }


@pytest.mark.parametrize("seed", range(4))
def test_the_fold_tells_what_the_whole_past_tells(seed, ada, bob, films, tmp_path, monkeypatch):
    life = Life(seed, [ada, bob], films)
    for _ in range(6):
        life.happen()
    quick, slow = tmp_path / "quick", tmp_path / "slow"
    facts = snapshot(quick)
    assert facts["rows"] > 0
    monkeypatch.setattr("feedback.learning.export.APART", EVERY_PAIR)
    monkeypatch.setattr("feedback.learning.export.TOLD_APART", FROM_THE_PAST)
    assert snapshot(slow) == facts
