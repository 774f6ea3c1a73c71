"""Each worker's database is a copy of one that was migrated once; a pytest plugin that empties it where filled."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from tests.processes import ROOT
from tests.services import FOLDER

TEMPLATE = "tandem_template"
# What migrations made for all tests, and no test adds to.
_KEPT = ["django_migrations", "django_content_type", "auth_permission"]
_FILLED = """
SELECT relname, pg_relation_size(oid) > 8 * current_setting('block_size')::int FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
    AND relname <> ALL(%s)
"""


def take_a_copy() -> None:
    """Make this worker's database of the template, which whoever comes first makes, and connect to it henceforth.

    Django's own way would have each worker migrate: a tenth of a minute, once more for each.
    """
    from django.db import connection

    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    with alone():
        _make_template()
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
            words = map(sql.Identifier, (name, TEMPLATE))
            owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*words))
    connection.close()
    connection.settings_dict["NAME"] = name
    # A test that is one transaction may compute for long between two statements where the machine is busy.
    connection.settings_dict["OPTIONS"]["options"] = "-c idle_in_transaction_session_timeout=0"


@contextmanager
def alone() -> Iterator[None]:
    """Hold the template: while somebody reads it nobody can copy it."""
    with (Path(os.environ[FOLDER]) / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_template() -> None:
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE])
        if known.fetchone():
            return
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    there = urlsplit(url)._replace(path=f"/{TEMPLATE}").geturl()
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"DATABASE_URL": there}, check=True)


@pytest.fixture(autouse=True, scope="session")
def _emptied_where_filled() -> Iterator[None]:
    """After a transactional test, leave alone the tables that are empty: most of them are."""
    from django.test import TransactionTestCase

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: _empty())
        yield


def _empty() -> None:
    """Empty what has pages: a few rows are deleted, which takes a fraction of making a table's files anew."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_FILLED, [_KEPT])
        names = [(sql.Identifier(name), is_large) for name, is_large in cursor]
        large = [name for name, is_large in names if is_large]
        small = [sql.SQL("DELETE FROM {}").format(name) for name, is_large in names if not is_large]
        if large:
            cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(large)))
        if small:
            # Without triggers and foreign keys, whatever they say of deleting.
            every = [sql.SQL("SET LOCAL session_replication_role = replica"), *small]
            cursor.execute(sql.SQL("; ").join(every))
