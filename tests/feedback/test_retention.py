"""Old months leave the database verified, or not at all; what figures say stays, and rows can come back."""

from __future__ import annotations

import json
import resource
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from curation.models import ItemStats
from curation.queries.items import COUNTS
from feedback.actions import record
from feedback.keeping import archives, retention
from feedback.keeping.archives import ArchiveError
from feedback.models import (
    EventKey,
    Impression,
    Interaction,
    ItemShown,
    ItemTally,
    Kind,
    Rating,
    SlotTally,
    Tally,
)
from feedback.partitions import ensure_months, months, next_month
from feedback.rollups.stats import roll_up
from recsys.config.embedded.postgres import APP
from recsys.workers.tasks import archive_feedback
from tests.feedback.cast import NOON, SILENCE, says, undo
from tests.feedback.life import Life

pytestmark = pytest.mark.django_db(transaction=True)

MARCH = datetime(2024, 3, 1, tzinfo=UTC)
LATER = datetime(2024, 9, 10, tzinfo=UTC)
TABLES = ["feedback_interaction", "feedback_impression"]


@pytest.fixture(autouse=True)
def archive(tmp_path, settings):
    """An archive of the test's own, and no months of others."""
    settings.VAR_DIR = tmp_path
    for table in TABLES:
        for month in over(table):
            drop(table, month)
    return tmp_path / "archive"


@pytest.fixture
def life(ada, bob, films):
    """Things that happened in March 2024 and in the years before."""
    one = Life(7, [ada, bob], films)
    for _ in range(6):
        one.happen()
    roll_up()
    return one


def over(table):
    return [month for month in months(table) if month < LATER]


def drop(table, month):
    with connection.cursor() as cursor:
        cursor.execute("SELECT feedback_drop_month(%s, %s)", [table, month])


def figures():
    """Every figure, whether archived or not."""
    found = {}
    for model in (Tally, SlotTally, ItemTally, ItemShown):
        names = [f.attname for f in model._meta.concrete_fields if f.name not in {"pk", "archived"}]
        found[model.__name__] = sorted(model.objects.values_list(*names))
    stats = ["item", "mean_rating", *COUNTS]
    return found | {"ItemStats": sorted(ItemStats.objects.values_list(*stats))}


def kept():
    """Every row of both tables."""
    return [
        sorted(
            model.objects.values_list(*[f.attname for f in model._meta.concrete_fields]), key=str
        )
        for model in (Interaction, Impression)
    ]


def everything(folder):
    return figures(), kept(), sorted(folder.glob("*")), [over(table) for table in TABLES]


def test_figures_stay_and_the_rows_come_back(life, archive):
    before, rows = figures(), kept()
    assert all(rows)
    gone = retention.apply(LATER, keep=3)
    assert MARCH in gone
    assert not Interaction.objects.filter(occurred_at__lt=LATER).exists()
    assert not Impression.objects.exists()
    assert not any(over(table) for table in TABLES)
    for rebuild in (False, True):
        roll_up(rebuild=rebuild)
        assert figures() == before
    for month in gone:
        call_command("restore_feedback", next(archive.glob(f"*_{month:%Y%m}.parquet")))
    assert kept() == rows
    assert not Tally.objects.filter(archived=True).exists()
    roll_up(rebuild=True)
    assert figures() == before


def test_restoring_again_adds_nothing(life, archive):
    before, rows = figures(), kept()
    gone = retention.apply(LATER, keep=3)
    for month in [*gone, *gone]:
        retention.restore(next(archive.glob(f"*_{month:%Y%m}.json")))
    assert (figures(), kept()) == (before, rows)


def test_ratings_and_event_keys_stay(life, ada, films, tell):
    tell(ada, ("first", Kind.RATING, films[0], 4.0), minute=1)
    said, keys = list(Rating.objects.values()), EventKey.objects.count()
    retention.apply(LATER, keep=3)
    assert list(Rating.objects.values()) == said
    assert EventKey.objects.count() == keys
    tell(ada, ("first", Kind.RATING, films[0], 4.0), minute=1)
    assert not Interaction.objects.filter(event="first").exists()


def test_taking_back_what_is_kept_leaves_what_was_said_before(ada, films, tell):
    tell(ada, ("stars", Kind.RATING, films[0], 4.0), ("old", Kind.CLICK, films[0]), minute=1)
    retention.apply(LATER, keep=3)
    tell(ada, ("new", Kind.CLICK, films[0]), ("like", Kind.LIKE, films[0]))
    assert says(ada, films[0])["thumb"] == 1
    record([undo(ada, "u1", "like"), undo(ada, "u2", "new")], source="test")
    assert says(ada, films[0]) == SILENCE | {"stars": 4.0}


def test_what_comes_late_goes_to_an_archive_of_its_own_and_is_added_up(
    life, archive, ada, films, tell
):
    retention.apply(LATER, keep=3)
    clicks = ItemTally.objects.filter(item_id=films[0].pk, kind=Kind.CLICK)
    before = sum(clicks.values_list("count", flat=True))
    tell(ada, ("late", Kind.CLICK, films[0]), minute=1)
    retention.apply(LATER, keep=3)
    assert sum(clicks.values_list("count", flat=True)) == before + 1
    assert (archive / "feedback_interaction_202403-2.json").exists()
    restored = retention.restore(archive / "feedback_interaction_202403.json")
    assert restored[archive / "feedback_interaction_202403-2.json"] == 1
    assert Interaction.objects.filter(event="late").exists()


def test_only_months_beyond_the_retention_are_due(settings):
    for month in (3, 5, 6):
        ensure_months("feedback_interaction", [datetime(2024, month, 9, tzinfo=UTC)])
    settings.FEEDBACK_RETENTION_MONTHS = 3
    assert retention.due(LATER) == [MARCH, datetime(2024, 5, 1, tzinfo=UTC)]
    settings.FEEDBACK_RETENTION_MONTHS = None
    assert retention.due(LATER) == []
    with pytest.raises(CommandError, match="At least one month"):
        call_command("archive_feedback", "--months=0")


def test_a_dry_run_and_a_task_without_a_setting_change_nothing(life, archive, capsys):
    before = everything(archive)
    call_command("archive_feedback", "--months=3", "--dry-run")
    assert "2024-03" in capsys.readouterr().out
    archive_feedback()
    assert everything(archive) == before


@contextmanager
def files_of_at_most(size):
    """As on a full disk: the system refuses to write files beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_export_that_finds_no_room_drops_nothing_and_leaves_nothing(life, archive):
    archive.mkdir()
    before = everything(archive)
    with files_of_at_most(512), pytest.raises(ArchiveError, match="could not be written"):
        retention.archive_month("feedback_interaction", MARCH)
    assert everything(archive) == before


def test_a_month_that_changes_meanwhile_stays(life, archive, ada, films, tell, monkeypatch):
    write = archives.write

    def _write(table, month):
        made = write(table, month)
        with psycopg.connect(**place(), autocommit=True) as other:
            other.execute(
                "UPDATE feedback_interaction SET mark = mark WHERE occurred_at >= %s", [MARCH]
            )
        return made

    tell(ada, ("first", Kind.CLICK, films[0]), minute=1)
    rows = Interaction.objects.count()
    monkeypatch.setattr(archives, "write", _write)
    with pytest.raises(ArchiveError, match="changed while"):
        retention.archive_month("feedback_interaction", MARCH)
    assert Interaction.objects.count() == rows
    monkeypatch.undo()
    assert (
        retention.archive_month("feedback_interaction", MARCH).name
        == "feedback_interaction_202403.json"
    )


def test_a_file_without_its_manifest_is_made_anew(life, archive):
    archive.mkdir()
    file = archive / "feedback_interaction_202403.parquet"
    file.write_bytes(b"half")
    manifest = retention.archive_month("feedback_interaction", MARCH)
    assert archives.check(manifest).file == file.name


def test_a_newer_format_and_a_damaged_file_are_refused_before_anything_changes(life, archive):
    retention.apply(LATER, keep=3)
    file, manifest = (archive / f"feedback_interaction_202403.{end}" for end in ("parquet", "json"))
    before, whole = everything(archive), file.read_bytes()
    file.write_bytes(whole[:-9])
    with pytest.raises(CommandError, match=r"feedback_interaction_202403\.parquet is damaged"):
        call_command("restore_feedback", manifest)
    file.write_bytes(whole)
    told = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(told | {"rows": told["rows"] + 1}))
    with pytest.raises(CommandError, match="does not hold what its manifest says"):
        call_command("restore_feedback", file)
    manifest.write_text(json.dumps(told | {"format": 2}))
    with pytest.raises(CommandError, match="has format 2; this version reads up to 1"):
        call_command("restore_feedback", file)
    with pytest.raises(CommandError, match="nowhere"):
        call_command("restore_feedback", archive / "nowhere.json")
    assert everything(archive) == before


def place():
    settings = connection.settings_dict
    return {"host": settings["HOST"], "dbname": settings["NAME"], "user": APP}


def test_the_run_time_role_drops_months_that_are_over_and_nothing_else():
    ensure_months("feedback_impression", [NOON, datetime.now(UTC)])
    with psycopg.connect(**place(), autocommit=True) as app:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DROP TABLE feedback_impression_202403")
        call = "SELECT feedback_drop_month(%s, %s)"
        assert app.execute(call, ["feedback_impression", NOON]).fetchone() == (True,)
        assert app.execute(call, ["feedback_impression", NOON]).fetchone() == (False,)
        with pytest.raises(psycopg.errors.DatetimeFieldOverflow, match="not over"):
            app.execute(call, ["feedback_impression", datetime.now(UTC)])
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            app.execute(call, ["curation_item", NOON])
    assert over("feedback_impression") == []
    assert next_month(months("feedback_impression")[-1]) > datetime.now(UTC)
