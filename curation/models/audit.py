"""The audit that the database writes: append-only events, with who changed what and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.db import models

Row = TypeVar("Row", bound=models.Model)

ONLY_ADDED = pgtrigger.Protect(name="only_added", operation=pgtrigger.Update | pgtrigger.Delete)
"""Rows that are written once: neither changed nor deleted, not even by raw SQL."""

NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)


def audited(*fields: str, obj: bool = True) -> Callable[[type[Row]], type[Row]]:
    """Keep an event of each insert, update and delete of these fields (none named: of all).

    The context of the change (actor, action, reason) is copied into the event, so that nothing
    alters it later. Without `obj` the event has no link to the row.
    """
    options: dict[str, Any] = {"fields": list(fields)} if fields else {}
    if not obj:
        options["obj_field"] = None

    def track(model: type[Row]) -> type[Row]:
        tracked = pghistory.track(
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(condition=pghistory.AnyChange(*fields)),
            pghistory.DeleteEvent(),
            append_only=True,
            context_field=pghistory.ContextJSONField(),
            model_name=f"{model.__name__}Event",
            **options,
        )
        return tracked(model)  # type: ignore[no-any-return]

    return track
