"""Announcing tasks: rows written with the work that makes them necessary, published by the relay."""

from __future__ import annotations

from django.db import connection
from structlog.contextvars import get_contextvars

from curation.models import Outbox

CHANNEL = "outbox"
"""The PostgreSQL notification channel that wakes the relay."""


def announce(task: str, *args: str | int, queue: str = "bulk") -> None:
    """Have a task published by name once the current transaction has committed."""
    request = str(get_contextvars().get("request_id", ""))
    Outbox.objects.create(task=task, queue=queue, arguments=list(args), request=request)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
