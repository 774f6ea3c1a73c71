"""Tables of the admin that nobody writes by hand: what the database audits, shown as it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows to look at."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody adds them here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes them here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes them here."""
        return False


class AuditAdmin(ReadOnly):
    """One table of the audit that the database writes."""

    list_display = ("at", "event", "of", "actor", "action", "reason")
    fields = ("at", "event", "of", "actor", "action", "reason", "written")
    ordering = ("-pgh_id",)
    show_full_result_count = False

    @admin.display(description=_("when"), ordering="pgh_id")
    def at(self, event: Any) -> datetime:  # noqa: ANN401 - a generated model
        """The instant."""
        written: datetime = event.pgh_created_at
        return written

    @admin.display(description=_("what happened"))
    def event(self, event: Any) -> str:  # noqa: ANN401 - a generated model
        """Whether it was made, changed or removed, as the database calls it."""
        return str(event.pgh_label)

    @admin.display(description=_("of which"))
    def of(self, event: Any) -> str:  # noqa: ANN401 - a generated model
        """The key of the row."""
        return str(event.pgh_obj_id)

    @admin.display(description=_("actor"))
    def actor(self, event: Any) -> str:  # noqa: ANN401 - a generated model
        """Who changed it, by id."""
        return _context(event, "actor")

    @admin.display(description=_("action"))
    def action(self, event: Any) -> str:  # noqa: ANN401 - a generated model
        """What they did."""
        return _context(event, "action")

    @admin.display(description=_("reason"))
    def reason(self, event: Any) -> str:  # noqa: ANN401 - a generated model
        """Why."""
        return _context(event, "reason")

    @admin.display(description=_("the row after it"))
    def written(self, event: Any) -> str:  # noqa: ANN401 - a generated model
        """Every column with what it held."""
        names = [field.attname for field in event._meta.concrete_fields]
        rows = ((name, getattr(event, name)) for name in names if not name.startswith("pgh_"))
        return format_html("<pre>{}</pre>", "\n".join(f"{name}: {value}" for name, value in rows))


def _context(event: Any, name: str) -> str:  # noqa: ANN401 - a generated model
    return str((event.pgh_context or {}).get(name, ""))
