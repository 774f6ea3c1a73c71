"""Making a backup while the product runs: one snapshot of the database, then the files that its rows name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from recsys.config.backups import programs
from recsys.config.backups.archive import DATABASE, SECRET, Manifest, Writer
from recsys.config.embedded.trouble import Trouble

_TABLES: Final = """
SELECT relname FROM pg_class
 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
# Every version can be promoted or rolled back to, so its files are kept; what a live one was trained on explains it.
_ARTIFACTS: Final = "SELECT artifact FROM recsys_modelversion WHERE pruned_at IS NULL ORDER BY id"
_LIVE_RUNS: Final = """
SELECT version.run_id::text FROM recsys_livemodel AS live
  JOIN recsys_modelversion AS version ON version.id = live.version_id ORDER BY 1
"""
_KEPT: Final = ("archive",)
"""Folders of the data folder that stand for rows which have left the database."""


def back_up(url: str, var: Path, target: Path, *, secret: bool = False) -> Manifest:
    """Write a backup of the database at url (its owner's) and of the data folder to a file, whole or not at all.

    secret: put the installation's key in, too.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as name:
            fresh = Path(name) / target.name
            manifest = _write(url, var, fresh, secret=secret)
            _to_disk(fresh)
            fresh.replace(target)
    except OSError as error:
        raise Trouble(f"{target} cannot be written: {error.strerror or error}") from error
    return manifest


def name_at(instant: datetime) -> str:
    """The name of a backup that is made at that instant."""
    return f"tandem-{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}.tar"


def _write(url: str, var: Path, fresh: Path, *, secret: bool) -> Manifest:
    fresh.touch(mode=0o600)  # it holds personal data
    dump = fresh.with_name(DATABASE)
    writer = Writer(fresh)
    with _snapshot(url) as (connection, snapshot):
        _dump(url, snapshot, connection.info.server_version // 10_000, dump)
        writer.add(dump, DATABASE)
        dump.unlink()
        absent = _add_files(writer, connection, var)
        if secret:
            writer.add(_secret(var), SECRET)
        return writer.finish(_facts(connection, absent))


@contextmanager
def _snapshot(url: str) -> Iterator[tuple[psycopg.Connection, str]]:
    """A connection that reads one state of the database, and the name by which others read the same."""
    try:
        connection = psycopg.connect(url, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise Trouble(f"The database does not answer: {error}") from error
    with connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        yield connection, str(row[0]) if row else ""


def _dump(url: str, snapshot: str, server: int, path: Path) -> None:
    options = ["--format=custom", "--compress=3", "--no-password", f"--snapshot={snapshot}"]
    words = [programs.find("pg_dump", server), *options, f"--file={path}", f"--dbname={url}"]
    programs.run(words, "pg_dump")


def _add_files(writer: Writer, connection: psycopg.Connection, var: Path) -> list[str]:
    """Add the files that rows name, and whole folders; answers what the rows name and the disk lacks."""
    named = [Path("artifacts") / row for (row,) in connection.execute(_ARTIFACTS)]
    runs = [Path("runs") / run for (run,) in connection.execute(_LIVE_RUNS)]
    whole = dict.fromkeys(path.parent for path in named)
    for folder in [*whole, *runs, *map(Path, _KEPT)]:
        for path in sorted((var / folder).rglob("*")):
            if path.is_file():
                writer.add(path, str(path.relative_to(var)))
    return [str(path) for path in named if not (var / path).exists()]


def _facts(connection: psycopg.Connection, absent: list[str]) -> Manifest:
    tables = [name for (name,) in connection.execute(_TABLES)]
    applied = connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
    migrations: dict[str, list[str]] = {}
    for app, name in applied:
        migrations.setdefault(app, []).append(name)
    return Manifest(
        made_at=datetime.now(UTC).isoformat(),
        postgres=connection.info.server_version // 10_000,
        migrations=migrations,
        tables={name: count_of(connection, name) for name in tables},
        absent=absent,
    )


def count_of(connection: psycopg.Connection, table: str) -> int:
    """How many rows a table has."""
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", table))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _secret(var: Path) -> Path:
    path = var / SECRET
    if not path.exists():
        raise Trouble(
            f"{path} is not there: the secret of this installation comes from SECRET_KEY."
        )
    return path


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
