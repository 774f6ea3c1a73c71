"""Migrations can run while the product serves, and the models say what they made."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django_migration_linter import MigrationLinter

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
