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
