"""The audit takes inserts alone, whoever asks."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from curation.models.audit import REVOKE_SQL

pytestmark = pytest.mark.django_db

RUN_TIME = "tandem_app"


def audit_tables():
    models = apps.get_models()
    return sorted(m._meta.db_table for m in models if hasattr(m, "pgh_tracked_model"))


def allowed(right, table):
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [RUN_TIME, table, right])
        return cursor.fetchone()[0]


def test_the_run_time_role_may_only_add_to_the_audit():
    with connection.cursor() as cursor:
        for table in audit_tables():
            cursor.execute(f"GRANT ALL ON {table} TO {RUN_TIME}")
        cursor.execute(REVOKE_SQL)
    for table in audit_tables():
        assert allowed("INSERT", table), table
        assert allowed("SELECT", table), table
        for right in ("UPDATE", "DELETE", "TRUNCATE"):
            assert not allowed(right, table), (table, right)


def test_what_is_decided_and_who_may_decide_is_audited():
    tracked = {
        model.pgh_tracked_model.__name__
        for model in apps.get_app_config("curation").get_models()
        if hasattr(model, "pgh_tracked_model")
    }
    assert tracked >= {
        *("Decision", "Revision", "ChangeSet", "PolicyVersion", "PolicyEntry", "Block"),
        *("Segment", "Surface", "User", "UserRole", "Token"),
    }
