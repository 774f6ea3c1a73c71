"""Backups that cannot be restored say why, and what was there before is left alone."""

from __future__ import annotations

import io
import tarfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from recsys.config.backups.archive import DATABASE, Manifest, Writer, unpack
from recsys.config.backups.making import name_at
from recsys.config.backups.programs import find
from recsys.config.backups.restoring import check, restore
from recsys.config.embedded.trouble import Trouble

CONTENT = b"what was kept" * 100_000


def manifest(**more) -> Manifest:
    told = {"made_at": "2026-01-01T00:00:00+00:00", "postgres": 18, "migrations": {}, "tables": {}}
    return Manifest(**{**told, "absent": [], **more})


@pytest.fixture
def backup(tmp_path):
    """Write a backup whose database is nonsense."""

    def write(**more) -> Path:
        path: Path = tmp_path / "backup.tar"
        writer = Writer(path)
        for name in (DATABASE, "artifacts/ease/1/model/weights"):
            writer.add_stream(io.BytesIO(CONTENT), name, len(CONTENT))
        writer.finish(manifest(**more))
        return path

    return write


def test_what_was_put_in_comes_out(backup, tmp_path):
    found = unpack(backup(tables={"item": 3}), tmp_path / "out")
    assert (tmp_path / "out/artifacts/ease/1/model/weights").read_bytes() == CONTENT
    assert found.tables == {"item": 3}


def test_the_damaged_file_is_named(backup, tmp_path):
    path = backup()
    raw = bytearray(path.read_bytes())
    raw[len(CONTENT) + 4096] ^= 1
    path.write_bytes(raw)
    with pytest.raises(Trouble, match="artifacts/ease/1/model/weights is damaged"):
        unpack(path, tmp_path / "out")


@pytest.mark.parametrize("share", [0, 0.3, 0.7])
def test_a_backup_that_was_cut_off_is_refused(backup, tmp_path, share):
    path = backup()
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(Trouble, match="not a whole backup"):
        unpack(path, tmp_path / "out")


def test_a_newer_format_is_refused(backup, tmp_path):
    with pytest.raises(Trouble, match="has format 99"):
        unpack(backup(format=99), tmp_path / "out")


def test_a_backup_of_a_newer_version_is_refused(backup, tmp_path):
    path = backup(migrations={"curation": ["0001_initial", "9999_not_yet_invented"]})
    with pytest.raises(Trouble, match="curation knows 9999_not_yet_invented"):
        check(path, tmp_path / "out")


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside"])
def test_nothing_is_written_outside_of_the_folder(tmp_path, name):
    path = tmp_path / "evil.tar"
    writer = Writer(path)
    writer.add_stream(io.BytesIO(b"x"), name, 1)
    writer.finish(manifest())
    with pytest.raises(Trouble, match="leads out of the archive"):
        unpack(path, tmp_path / "out")


def test_a_link_is_not_followed(tmp_path):
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as tar:
        link = tarfile.TarInfo("manifest.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(Trouble, match="not a file"):
        unpack(path, tmp_path / "out")


def test_a_data_folder_in_use_is_refused(backup, tmp_path):
    (tmp_path / "var" / "postgres").mkdir(parents=True)
    with pytest.raises(Trouble, match="it holds postgres"):
        restore(backup(), tmp_path / "var", {})


def test_a_restore_that_fails_leaves_what_was_there(backup, public_folder):
    var = public_folder / "kept"
    (var / "artifacts").mkdir(mode=0o711, parents=True)
    (var / "artifacts" / "model").write_text("precious")
    with pytest.raises(Trouble, match="pg_restore failed"):
        restore(backup(), var, {}, force=True)
    assert (var / "artifacts" / "model").read_text() == "precious"
    assert not list(var.glob("before-restore-*"))
    assert not (var / "postgres").exists()


def test_programs_older_than_the_server_are_not_used(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert find("pg_dump", 18)
    with pytest.raises(Trouble, match="Install the client programs of PostgreSQL 19"):
        find("pg_dump", 19)


def test_backups_are_named_for_the_universal_time():
    morning = datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=2)))
    assert name_at(morning) == "tandem-20260301T070000Z.tar"
