"""What is known to be wrong with a page, by its route: a part of the finding. The list only shrinks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EXCEPTED: Final[Mapping[str, tuple[str, ...]]] = {
    # The description of the API is written in English alone, like the code that it describes.
    "api/docs/": ("English: ",),
    # The scopes of tokens are words of the API.
    "account/tokens/": ("English: 'read, ingest, curate, train'",),
    # Django's Chinese lacks these of its own sentences.
    "admin/curation/user/add/": ("After you’ve created a user",),
    "admin/curation/user/<id>/password/": ("If disabled,", "Whether the user will be able"),
    # Columns of statistics that nobody but an administrator looks at.
    "admin/curation/itemstats/": ("English: 'Item'", "English: 'Search'"),
    "admin/curation/itemstats/<path:object_id>/change/": ("English: 'Item：'",),
    "admin/curation/memberstats/<path:object_id>/change/": ("English: 'Segments：'",),
    "admin/desk/history/<str:label>/<str:key>/": (
        "English: 'Group:",
        "English: 'read, ingest, curate, train'",
    ),
    # Sentences of the scheduler's own forms.
    **{
        f"admin/django_celery_beat/crontabschedule/{page}/": ("English: 'Cron ",)
        for page in ("add", "<path:object_id>/change")
    },
    # Django writes this word into its form for all languages.
    **{
        f"admin/{table}/": ("English: 'Search'",)
        for table in (
            *("curation/item", "curation/member", "curation/memberstats", "curation/user"),
            "django_celery_beat/periodictask",
        )
    },
    "admin/desk/lint/": ("17 queries",),
    # Django gathers all that would go with a user, table by table.
    "admin/curation/user/<path:object_id>/delete/": (" queries",),
    # One statement too many.
    "admin/desk/change-sets/<uuid:change_set_id>/": ("16 queries",),
    # Each word stands beside the same word in the other language.
    "admin/glossary/": ("English: ",),
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
    # The names of processes are words of no language.
    "admin/": (", training'",),
}

SEEN: Final[Mapping[str, tuple[str, ...]]] = {}
"""The same of what a browser finds."""
