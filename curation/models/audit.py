"""The audit that the database writes: append-only events, with who changed what and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

Row = TypeVar("Row", bound=models.Model)

ONLY_ADDED = pgtrigger.Protect(name="only_added", operation=pgtrigger.Update | pgtrigger.Delete)
"""Rows that are written once: neither changed nor deleted, not even by raw SQL."""

NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)


def audited(
    *fields: str, obj: bool = True, listed: bool = True, made: pgtrigger.Condition | None = None
) -> Callable[[type[Row]], type[Row]]:
    """Keep an event of each insert, update and delete of these fields (none named: of all).

    The context of the change (actor, action, reason) is copied into the event, so that nothing
    alters it later. Without `obj` the event has no link to the row. Of what is `listed` in the audit as
    a whole, the newest events are found by an index. `made` says which inserts are kept: of what comes in
    masses and says nothing yet, none need be.
    """
    options: dict[str, Any] = {"fields": list(fields)} if fields else {}
    if not obj:
        options["obj_field"] = None

    def track(model: type[Row]) -> type[Row]:
        name = format_lazy(_("history of {rows}"), rows=model._meta.verbose_name_plural)
        tracked = pghistory.track(
            pghistory.InsertEvent(condition=made),
            pghistory.UpdateEvent(condition=pghistory.AnyChange(*fields)),
            pghistory.DeleteEvent(),
            append_only=True,
            context_field=pghistory.ContextJSONField(),
            model_name=f"{model.__name__}Event",
            meta={
                "verbose_name": name,
                "verbose_name_plural": name,
                "indexes": [_newest(model)] if listed else [],
            },
            **options,
        )
        return tracked(model)  # type: ignore[no-any-return]

    return track


def _newest(model: type[models.Model]) -> models.Index:
    name = f"{model.__name__.lower()}_audit_newest"
    return models.Index(fields=["pgh_created_at", "pgh_id"], name=name)


REVOKE_SQL = """
DO $$
DECLARE grant_row record;
BEGIN
  FOR grant_row IN
    SELECT DISTINCT c.oid::regclass AS audit_table, pg_get_userbyid(acl.grantee) AS grantee
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'pgh_id'
    CROSS JOIN LATERAL aclexplode(c.relacl) acl
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
      AND acl.grantee NOT IN (0, c.relowner)
  LOOP
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM %I',
                   grant_row.audit_table, grant_row.grantee);
  END LOOP;
END $$
"""
"""For a migration after audited tables: leaves whoever does not own them INSERT and SELECT alone.

The triggers alone can be told to look away by a session that may write SQL.
"""
