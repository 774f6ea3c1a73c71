"""What every test of pages and API needs."""

from __future__ import annotations

import pytest
from django.test import override_settings

PLAIN = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture(autouse=True, scope="session")
def _static_files_by_their_own_names():
    """Pages name static files without the digests that only a collected folder has."""
    from django.conf import settings

    with override_settings(STORAGES=settings.STORAGES | PLAIN):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Without knox's own token table: ours replaces it, and Django's flush would stumble over its key to users."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS knox_authtoken")
