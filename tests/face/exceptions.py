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
    "admin/curation/itemstats/": ("English: 'Item'",),
    "admin/curation/itemstats/<path:object_id>/change/": ("English: 'Item：'",),
    "admin/curation/memberstats/<path:object_id>/change/": ("English: 'Segments：'",),
    "admin/desk/history/<str:label>/<str:key>/": ("English: 'Group: ",),
    # Settings of a learner without a word of their own.
    "admin/runs/launch/": ("English: 'Half life days",),
    "admin/runs/schedules/new/": ("English: 'Half life days",),
    "admin/": ("English: 'relay, realtime, upkeep, bulk, training'",),
    # Django gathers all that would go with a user, table by table.
    "admin/curation/user/<path:object_id>/delete/": (" queries",),
    "items/<uuid:item_id>/": ('<input name="nonce"', '<input name="impression"'),
    "admin/desk/lint/": (" queries",),
    "admin/operations/": (" queries",),
}

SEEN: Final[Mapping[str, tuple[str, ...]]] = {}
"""The same of what a browser finds."""
