"""Restoring a backup into a data folder or a database that holds nothing yet."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
import redis

from recsys.config.backups import programs
from recsys.config.backups.archive import DATABASE, SECRET, Manifest, unpack
from recsys.config.backups.making import count_of
from recsys.config.embedded.places import open_data_folder
from recsys.config.embedded.postgres import prepare
from recsys.config.embedded.services import plan
from recsys.config.embedded.trouble import Trouble
from recsys.config.supervisor.family import Family
from recsys.config.supervisor.lock import take_lock
from recsys.config.supervisor.programs import foundation

_ROOT: Final = Path(__file__).resolve().parents[3]
_APPS: Final = ("curation", "feedback", "recsys")
_HELD: Final = ("postgres", "broker", "artifacts", "runs", "archive")
"""What a data folder in use holds. The queues go too: their messages speak of the database that was."""
_START_S: Final = 60.0
_OCCUPIED: Final = """
SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
"""


def restore(
    source: Path, var: Path, environment: Mapping[str, str], *, force: bool = False
) -> Manifest:
    """Put a backup back, whole or not at all; raises Trouble.

    force: what lies in the data folder is moved aside, into a folder of its own.
    """
    open_data_folder(var)
    lock = take_lock(var)
    try:
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=var) as name:
            manifest = check(source, Path(name))
            with _made_room(var, force=force):
                _restore_database(Path(name), var, environment, manifest, lock)
                _place_files(Path(name), var)
    finally:
        os.close(lock)
    return manifest


def check(source: Path, folder: Path) -> Manifest:
    """Unpack a backup into a folder; raises Trouble where it is damaged or newer than this program."""
    if not source.is_file():
        raise Trouble(f"There is no file {source}.")
    manifest = unpack(source, folder)
    for app in _APPS:
        known = {path.stem for path in (_ROOT / app / "migrations").glob("*.py")}
        if newer := sorted(set(manifest.migrations.get(app, [])) - known):
            raise Trouble(
                f"{source} was made by a newer version of Tandem, whose {app} knows {newer[0]}. Install that version."
            )
    return manifest


@contextmanager
def _made_room(var: Path, *, force: bool) -> Iterator[None]:
    """Have nothing in the way while restoring; a restore that fails leaves what was there."""
    held = [name for name in _HELD if (var / name).exists()]
    if held and not force:
        raise Trouble(
            f"The data folder {var} is in use: it holds {', '.join(held)}. Restore into an empty one "
            "(TANDEM_VAR=/another/folder), or move what it holds aside with --force."
        )
    aside = var / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    _move(held, var, aside)
    try:
        yield
    except BaseException:
        for name in _HELD:
            shutil.rmtree(var / name, ignore_errors=True)
        _move(held, aside, var)
        raise


def _move(names: list[str], here: Path, there: Path) -> None:
    for name in names:
        there.mkdir(mode=0o711, exist_ok=True)
        (here / name).rename(there / name)
    if names:
        shutil.rmtree(here) if not any(here.iterdir()) else None


def _restore_database(
    folder: Path, var: Path, environment: Mapping[str, str], manifest: Manifest, lock: int
) -> None:
    if url := environment.get("DATABASE_OWNER_URL") or environment.get("DATABASE_URL"):
        _fill(url, folder / DATABASE, manifest)
        _forget_slates(environment)
        return
    family = Family(var / "log", lock)
    try:
        services = plan(
            var, {**environment, "BROKER_URL": "-", "CACHE_URL": "-"}, family.private_folder
        )
        for program in foundation(services, dict(environment)):
            family.start(program)
        family.wait_ready(["postgres"], _START_S)
        if services.postgres:
            prepare(services.postgres)
        _fill(services.owner_url, folder / DATABASE, manifest)
    finally:
        family.stop()


def _fill(url: str, dump: Path, manifest: Manifest) -> None:
    """Restore the dump into an empty database in one transaction, and count what came."""
    try:
        with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
            server = connection.info.server_version // 10_000
            if (row := connection.execute(_OCCUPIED).fetchone()) and row[0]:
                raise Trouble(
                    "The database is not empty. Restore into a new one: CREATE DATABASE … OWNER …"
                )
            _restore_dump(url, dump, max(server, manifest.postgres))
            _compare(connection, manifest)
            connection.execute("ANALYZE")
    except psycopg.OperationalError as error:
        raise Trouble(f"The database does not answer: {error}") from error


def _restore_dump(url: str, dump: Path, server: int) -> None:
    program = programs.find("pg_restore", server)
    listed = programs.run([program, "--list", str(dump)], "pg_restore")
    # The owner of the tables is not the owner of the extension.
    wanted = [line for line in listed.splitlines() if " COMMENT - EXTENSION " not in line]
    contents = dump.with_suffix(".list")
    contents.write_text("\n".join(wanted) + "\n")
    options = ["--no-owner", "--single-transaction", "--exit-on-error", "--no-password"]
    words = [program, *options, f"--use-list={contents}", f"--dbname={url}", str(dump)]
    programs.run(words, "pg_restore")


def _compare(connection: psycopg.Connection, manifest: Manifest) -> None:
    for table, expected in manifest.tables.items():
        found = count_of(connection, table)
        if found != expected:
            raise Trouble(f"{table} has {found} rows after the restore, and {expected} were kept.")


def _forget_slates(environment: Mapping[str, str]) -> None:
    """Empty a cache elsewhere: its slates carry versions that will be given out a second time."""
    if not (url := environment.get("CACHE_URL")):
        return
    try:
        with redis.Redis.from_url(url, socket_timeout=5) as cache:
            cache.flushdb()
    except redis.RedisError as error:
        raise Trouble(
            f"The cache has to be emptied after a restore, and does not answer: {error}"
        ) from error


def _place_files(folder: Path, var: Path) -> None:
    for name in ("artifacts", "runs", "archive"):
        if (folder / name).exists():
            (folder / name).rename(var / name)
    if (folder / SECRET).exists():
        (folder / SECRET).chmod(0o600)
        (folder / SECRET).replace(var / SECRET)
