"""Training reads the same of a month, whether it is in the database, archived or restored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyarrow.parquet as pq
import pytest

from curation.ids import new_id
from curation.models import User
from feedback.actions import record
from feedback.keeping import retention
from feedback.learning.export import snapshot
from feedback.merging import merge_members
from feedback.models import Decided, Impression, Interaction, Kind, Remnant, Rule
from feedback.recording import impressions
from tests.feedback.cast import NOON, undo
from tests.feedback.life import Life

# ADBC has a connection of its own, so what it is to see must be committed.
pytestmark = pytest.mark.django_db(transaction=True)

LATER = datetime(2024, 9, 10, tzinfo=UTC)
SEPTEMBER = 60 * 24 * 190
"""Minutes from the noon of the cast to a day that no test archives."""


@pytest.fixture(autouse=True)
def archive(tmp_path, settings):
    settings.VAR_DIR = tmp_path
    return tmp_path / "archive"


@pytest.fixture
def rows(tmp_path):
    """What training reads."""

    def _rows():
        path = tmp_path / "snapshot.parquet"
        snapshot(path)
        return pq.read_table(path).to_pylist()

    return _rows


def mark(*events):
    Interaction.objects.filter(event__in=events).update(mark=Rule.FLOOD)


def serve(member, *films, curated, minute):
    """An impression of which these films were decided, with an id of its instant as the product makes it."""
    at = NOON + timedelta(minutes=minute)
    rest = new_id().int % (1 << 80)
    return Impression(
        id=UUID(int=(int(at.timestamp() * 1_000) << 80) + rest),
        served_at=at,
        subject=member.subject,
        surface="home",
        mode="fresh",
        items=[film.pk for film in films],
        slots=list(range(1, len(films) + 1)),
        propensities=[1.0] * len(films),
        curated=[film in curated for film in films],
    )


def restore_all(archive, gone):
    for month in gone:
        retention.restore(next(archive.glob(f"*_{month:%Y%m}.json")))


def spoken(rows):
    return {(row["subject"], row["item_id"]): (row["kind"], row["curated"]) for row in rows}


@pytest.fixture
def month(ada, bob, films, tell):
    """A marked, a simulated, a curated and ordinary acts, alone and over each other."""
    slate = serve(ada, films[2], films[3], curated=[films[2]], minute=1)
    impressions.write([slate])
    tell(ada, ("marked", Kind.CLICK, films[0]), minute=2)
    tell(ada, ("curated", Kind.CLICK, films[2]), minute=3, impression=slate.pk)
    tell(ada, ("ordinary", Kind.RATING, films[3], 4.0), minute=4, impression=slate.pk)
    tell(bob, ("simulated", Kind.RATING, films[1], 5.0), simulated=True, minute=5)
    tell(bob, ("before", Kind.RATING, films[0], 2.0), minute=6)
    tell(bob, ("over", Kind.RATING, films[0], 5.0), ("beside", Kind.LIKE, films[0]), minute=7)
    mark("marked", "over", "beside")


def test_what_training_reads_stays_when_a_month_goes_and_when_it_returns(
    month, ada, bob, films, rows, archive
):
    before = rows()
    assert spoken(before) == {
        (ada.subject, films[2].pk): (Kind.CLICK, True),
        (ada.subject, films[3].pk): (Kind.RATING, False),
        (bob.subject, films[0].pk): (Kind.RATING, False),
    }
    gone = retention.apply(LATER, keep=3)
    assert not Interaction.objects.exists()
    assert rows() == before
    restore_all(archive, gone)
    assert rows() == before
    assert (Remnant.objects.count(), Decided.objects.count()) == (0, 0)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happened_training_reads_the_same(seed, ada, bob, films, rows, archive):
    life = Life(seed, [ada, bob], films)
    for _ in range(6):
        life.happen()
    before = rows()
    assert before
    gone = retention.apply(LATER, keep=3)
    assert rows() == before
    restore_all(archive, gone)
    assert rows() == before


def test_months_that_go_one_by_one_say_the_same(month, ada, films, tell, rows):
    tell(ada, ("late mark", Kind.SHARE, films[0]), minute=SEPTEMBER // 3)
    tell(ada, ("later", Kind.VIEW, films[0], 9.0), minute=SEPTEMBER // 2)
    mark("late mark")
    before = rows()
    for keep in (6, 5, 4, 3, 2, 1):
        retention.apply(LATER, keep=keep)
        assert rows() == before
    assert not Interaction.objects.exists()


def test_an_archived_word_counts_though_its_pair_is_barred_afterwards(ada, films, tell, rows):
    tell(ada, ("word", Kind.RATING, films[0], 4.0), ("unset", Kind.FAVOURITE, films[1], 0.0), minute=1)  # fmt: skip
    before = rows()
    retention.apply(LATER, keep=3)
    tell(ada, ("flood", Kind.CLICK, films[0]), ("robot", Kind.CLICK, films[1]), minute=SEPTEMBER)
    mark("flood", "robot")
    assert rows() == before
    record([undo(ada, "undo", "flood")], source="test")
    assert rows() == before


def test_an_answer_of_a_month_that_stays_is_curated_though_its_slate_is_archived(
    ada, films, tell, rows, archive
):
    slate = serve(ada, films[0], curated=films[:1], minute=SEPTEMBER // 3)
    tell(ada, ("answer", Kind.CLICK, films[0]), minute=SEPTEMBER, impression=slate.pk)
    impressions.write([slate])
    before = rows()
    assert [row["curated"] for row in before] == [True]
    gone = retention.apply(LATER, keep=1)
    assert Interaction.objects.exists()
    assert rows() == before
    restore_all(archive, gone)
    assert rows() == before


def test_archived_words_go_with_a_member_who_is_merged(month, ada, bob, films, rows):
    actor = User.objects.create(username="operator")
    retention.apply(LATER, keep=3)
    merge_members(actor=actor, member=bob, into=ada, reason="one person")
    assert {row["subject"] for row in rows()} == {ada.subject}
    assert {row["item_id"] for row in rows()} == {films[n].pk for n in (0, 2, 3)}
