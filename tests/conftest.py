"""What every test of pages and API needs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.test import override_settings
from django.utils import translation
from hypothesis import settings
from pytest_django import DjangoDbBlocker

from curation import installation
from tests.databases import take_a_copy

if TYPE_CHECKING:
    from tests.realtime import Worker

# No test holds how long it takes: a busy machine would decide it.
settings.register_profile("whenever", deadline=None)
settings.load_profile("whenever")

COLLECTED_AFTER = 100_000
PLAIN = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> None:
    """Stands here, since pytest-django's own would take the place of a plugin's."""
    with django_db_blocker.unblock():
        take_a_copy()


@pytest.fixture(autouse=True, scope="session")
def _static_files_by_their_own_names():
    """Pages name static files without the digests that only a collected folder has."""
    from django.conf import settings

    with override_settings(STORAGES=settings.STORAGES | PLAIN):
        yield


@pytest.fixture(autouse=True, scope="session")
def _patient_with_the_cache():
    """On a busy machine a server answers late: only tests of outages hold that no request waits for it."""
    with override_settings(CACHE_TIMEOUT_MS=5_000):
        yield


@pytest.fixture(autouse=True, scope="session")
def _passwords_take_no_time():
    """Keeping passwords is slow on purpose; the product's own way is what users of its stacks sign in by."""
    from django.conf import settings

    quick = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[quick, *settings.PASSWORD_HASHERS]):
        yield


@pytest.fixture(autouse=True)
def _installed(request: pytest.FixtureRequest) -> None:
    """Every test finds what each installation has, also after a transactional one has emptied the tables."""
    asked = {"db", "transactional_db"} & set(request.fixturenames)
    if asked or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("_django_db_helper")
        # The migrations made it all: it is there, or gone as a whole.
        if not apps.get_model("curation", "Surface").objects.exists():
            installation.ensure()


@pytest.fixture(autouse=True)
def _in_english() -> None:
    """A request leaves its language behind in the thread; the next test starts in ours."""
    translation.activate("en")


@pytest.fixture
def _nobody_beats(db: None) -> None:
    """A worker that other tests share goes on living, and its heartbeats are no business of this test."""
    from recsys.models import Heartbeat

    Heartbeat.objects.all().delete()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that share the realtime worker go to one process of the test run."""
    for item in items:
        if "realtime" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("realtime"))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the collector of garbage need not search it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)


@pytest.fixture(scope="session")
def _shared_worker() -> Iterator[list[Worker]]:
    workers: list[Worker] = []
    yield workers
    for worker in workers:
        worker.stop()


@pytest.fixture
def realtime(
    world: object,
    _shared_worker: list[Worker],
    django_db_setup: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Worker:
    """A real worker, shared by the tests of a run; the doorbells of this test, in its own world, reach it."""
    from recsys.slates import doorbell
    from tests.realtime import start_worker

    if not _shared_worker:
        _shared_worker.append(start_worker())
    [worker] = _shared_worker
    monkeypatch.setattr(doorbell, "QUEUE", worker.queue)
    return worker
