"""Whether this process lives, and whether it can serve: for supervisors and load balancers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from typing import Final

import psycopg
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from recsys.transport import broker
from recsys.transport.cache import Unavailable

LEAST_FREE: Final = 0.05
PATIENCE_S: Final = 1


class NotReady(Exception):
    """Why this process cannot serve."""


@login_not_required
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("live\n", content_type="text/plain")


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """The database answers and has all migrations, and the disk has room; the broker is only reported."""
    checks: tuple[Callable[[], None], ...] = (_database, _disk)
    try:
        for check in checks:
            check()
    except NotReady as why:
        return HttpResponse(f"{why}\n", status=503, content_type="text/plain")
    return HttpResponse(f"ready\n{_broker()}\n", content_type="text/plain")


def _database() -> None:
    """On a connection of its own: the pool may be busy while the database is well."""
    place = settings.DATABASES["default"]
    try:
        with psycopg.connect(
            dbname=place["NAME"],
            user=place["USER"],
            password=place["PASSWORD"],
            host=place["HOST"],
            port=place["PORT"],
            connect_timeout=PATIENCE_S,
            options=f"-c statement_timeout={PATIENCE_S}s",
        ) as connection:
            applied = connection.execute("SELECT app, name FROM django_migrations").fetchall()
    except psycopg.errors.UndefinedTable as trouble:
        raise NotReady("no migration is applied") from trouble
    except psycopg.Error as trouble:
        raise NotReady("the database does not answer") from trouble
    if missing := _migrations() - {(app, name) for app, name in applied}:
        raise NotReady(f"{len(missing)} migrations are not applied")


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    """Those that the code of this process needs."""
    return frozenset(MigrationLoader(None).disk_migrations or {})


def _disk() -> None:
    usage = shutil.disk_usage(settings.VAR_DIR)
    if usage.free < LEAST_FREE * usage.total:
        raise NotReady(f"the disk is full: {usage.free // 2**20} MB are free")


def _broker() -> str:
    try:
        broker.lengths([])
    except Unavailable:
        return "the broker does not answer: what has to happen waits in the outbox"
    return "the broker answers"
