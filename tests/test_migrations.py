"""Migrations can run while the product serves, and the models say what they made."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import call_command
from django_migration_linter import MigrationLinter

from tests.databases import TEMPLATE, alone
from tests.processes import ROOT

# Made before anybody had a database: they run on an empty one, beside no older version.
BEFORE_THE_FIRST_RELEASE = ["0001_initial", "0002_roles_and_surfaces", "0003_drop_unused_tokens"]

# Unique over columns that the migration before has added: no older row or version can offend.
UNIQUE_OVER_NEW_COLUMNS = ["0004_one_run_per_period_and_device"]

# Unique over one column more than before: whatever rows and versions held then, they hold now.
UNIQUE_OVER_MORE_COLUMNS = ["0014_tell_simulated_appraisals_apart"]


@pytest.mark.django_db
def test_no_migration_breaks_the_version_that_runs_beside_it():
    linter = MigrationLinter(
        include_apps=["curation", "feedback", "recsys"],
        ignore_name=[
            *BEFORE_THE_FIRST_RELEASE,
            *UNIQUE_OVER_NEW_COLUMNS,
            *UNIQUE_OVER_MORE_COLUMNS,
        ],
        no_cache=True,
        quiet=["ok", "ignore"],
    )
    linter.lint_all_migrations()
    assert not linter.has_errors


@pytest.mark.django_db
def test_the_models_have_no_change_without_a_migration(capsys):
    call_command("makemigrations", "--check", "--dry-run")
    assert "No changes detected" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_quick_way_makes_the_schema_of_djangos_own():
    url = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(url.geturl(), autocommit=True) as owner:
        owner.execute("CREATE DATABASE migrated_whole")
        whole = url._replace(path="/migrated_whole").geturl()
        command = [sys.executable, "manage.py", "migrate", "--whole", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=os.environ | {"DATABASE_URL": whole}, check=True)
        with alone():
            quick = _schema(url._replace(path=f"/{TEMPLATE}").geturl())
        assert quick == _schema(whole)
        owner.execute("DROP DATABASE migrated_whole")


def _schema(url: str) -> list[tuple[str, ...]]:
    """Columns, constraints, indexes, triggers and functions, as the database describes them."""
    with psycopg.connect(url) as owner:
        return owner.execute(_SCHEMA).fetchall()


_SCHEMA = """
SELECT 'column', table_name, column_name,
       concat_ws(' ', ordinal_position, data_type, is_nullable, column_default, is_generated, collation_name)
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
  FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', proname, '', md5(prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'grant', relname, '', relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
ORDER BY 1, 2, 3, 4
"""
