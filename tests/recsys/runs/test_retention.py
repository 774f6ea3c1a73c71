"""Which files stay and which go, and what is said of those that went."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from curation.models import Surface
from recsys.live.artifacts import artifact_path, checkpoints
from recsys.models import Job, ModelVersion, Run, Slate
from recsys.runs import actions, retention, snapshots

LONG_AGO = timedelta(days=60)


@pytest.fixture(autouse=True)
def few(settings):
    settings.PROMOTED_KEPT, settings.UNPROMOTED_KEPT = 2, 1


def with_data(version):
    folder = snapshots.run_folder(version.run)
    folder.mkdir(parents=True)
    (folder / "interactions.parquet").write_bytes(b"data")
    return version


@pytest.fixture
def promoted(make_version, operator):
    """Five versions, promoted one after the other; the last is live."""
    versions = [with_data(make_version()) for _ in range(5)]
    for version in versions:
        actions.promote(version_id=version.id, actor=operator, reason="newer", despite=True)
    return versions


def whole():
    return [
        each.number
        for each in ModelVersion.objects.order_by("number")
        if artifact_path(each).exists()
    ]


def test_the_live_one_and_the_last_promoted_stay_with_their_data(promoted):
    pruned = retention.prune()
    assert [version.number for version in pruned.versions] == [1, 2, 3]
    assert whole() == [4, 5]
    there = [snapshots.run_folder(version.run).exists() for version in promoted]
    assert there == [False] * 3 + [True] * 2
    assert Run.objects.filter(pruned_at__isnull=False).count() == 3
    assert retention.prune().versions == []


def test_the_newest_that_nobody_promoted_yet_stays(promoted, make_version):
    older, newer = make_version(), make_version()
    retention.prune()
    assert artifact_path(newer).exists()
    assert not artifact_path(older).exists()


def test_what_a_stored_slate_was_made_with_stays(promoted):
    surface = Surface.objects.get(slug="home")
    fused_at = promoted[2].promotions.get().at
    Slate.objects.create(surface=surface, engine="1", trace=b"", fused_at=fused_at)
    retention.prune()
    assert whole() == [2, 3, 4, 5], "from the one that was live then on"


def test_a_dry_run_deletes_nothing_and_names_what_would_go(promoted, capsys):
    call_command("prune_artifacts", "--dry-run")
    assert whole() == [1, 2, 3, 4, 5]
    said = capsys.readouterr().out
    assert "version popularity 1" in said
    assert "would be deleted" in said
    call_command("prune_artifacts")
    assert whole() == [4, 5]


def test_the_data_of_a_run_without_a_version_goes_in_time(make_run):
    old, lately, still = (make_run(state=Job.State.FAILED) for _ in range(3))
    Run.objects.filter(pk=old.pk).update(finished_at=timezone.now() - LONG_AGO)
    Run.objects.filter(pk=lately.pk).update(finished_at=timezone.now())
    Run.objects.filter(pk=still.pk).update(finished_at=None)
    for run in (old, lately, still):
        snapshots.run_folder(run).mkdir(parents=True)
    retention.prune()
    assert [snapshots.run_folder(run).exists() for run in (old, lately, still)] == [
        False,
        True,
        True,
    ]


def test_what_a_killed_worker_left_goes_once_nobody_writes_there(make_run, var):
    dead, open_run = make_run(state=Job.State.FAILED), make_run(state=Job.State.RUNNING)
    old, fresh = (timezone.now() - LONG_AGO).timestamp(), timezone.now().timestamp()
    folders = {
        var / "artifacts" / "popularity" / f"{dead.id}-1": (old, False),
        var / "artifacts" / "popularity" / f"{open_run.id}-1": (old, True),
        checkpoints(dead): (old, False),
        checkpoints(open_run): (old, True),
        var / "artifacts" / "popularity" / "being-written": (fresh, True),
    }
    for folder, (at, _stays) in folders.items():
        folder.mkdir(parents=True)
        os.utime(folder, (at, at))
    retention.prune()
    assert {folder: folder.exists() for folder in folders} == {
        folder: stays for folder, (_at, stays) in folders.items()
    }


def test_a_version_without_files_cannot_go_live_and_pages_say_why(client, promoted, operator):
    retention.prune()
    gone = promoted[0]
    with pytest.raises(actions.NotPossible, match="deleted by retention"):
        actions.promote(version_id=gone.id, actor=operator, reason="back", despite=True)
    client.force_login(operator)
    for page in (
        reverse("runs:models"),
        reverse("runs:version", args=[gone.id]),
        reverse("runs:detail", args=[gone.run_id]),
    ):
        assert "deleted by retention" in client.get(page).content.decode(), page


def test_what_was_promoted_meanwhile_is_not_given_up(promoted, monkeypatch):
    monkeypatch.setattr(retention, "kept", set)
    retention.prune()
    assert 5 in whole(), "the live one"


def test_files_that_go_while_they_are_counted_are_no_trouble(var, db, monkeypatch):
    stray = var / "artifacts" / "ease" / "stray"
    stray.mkdir(parents=True)
    (stray / "model.bin").write_bytes(b"x")
    os.utime(stray, (0, 0))
    counted = retention._bytes

    def late(path):
        path.unlink()  # as another does who prunes at the same time
        return counted(path)

    monkeypatch.setattr(retention, "_bytes", late)
    pruned = retention.prune()
    assert (pruned.strays, pruned.bytes, stray.exists()) == ([stray], 0, False)
