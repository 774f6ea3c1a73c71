"""What is known to be wrong with a page, by its route: a part of the finding. The list only shrinks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EXCEPTED: Final[Mapping[str, tuple[str, ...]]] = {
    # Django gathers all that would go with a user, table by table.
    "admin/curation/user/<path:object_id>/delete/": (" queries",),
    # The scheduler calls a moment by its instant.
    **{
        f"admin/django_celery_beat/clockedschedule/{page}": ("a date that no language writes",)
        for page in (
            *("", "<path:object_id>/change/", "<path:object_id>/delete/"),
            "<path:object_id>/history/",
        )
    },
    # A row of the audit as the database wrote it, column by column.
    **{
        f"admin/curation/{table}event/<path:object_id>/change/": ("a date that no language writes",)
        for table in ("block", "decision", "policyversion", "revision", "segment", "surface")
    },
    # Names as the database has them, for whoever compares its states.
    "admin/desk/history/<str:label>/<str:key>/": ("English: 'Home'",),
    # A family goes by its name in every language; this one's is a word of ours, too.
    "admin/runs/launch/": ("English: '训练 rating'",),
    # Each word stands beside the same word in the other language.
    "admin/glossary/": ("English: ", "Chinese: "),
}

SEEN: Final[Mapping[str, tuple[str, ...]]] = {}
"""The same of what a browser finds."""
