"""What the table lets somebody ask for that no crawl comes to, with the reason; the list only shrinks."""

from __future__ import annotations

import re
from typing import Final

_ROW: Final = "<path:object_id>/"
_REASONS: Final = {
    "programs ask for it, and it is no page": (
        *("api/v1/.*", "api/schema/", "livez", "readyz", "metrics"),
    ),
    "a file": (
        *(r".*\.csv", "admin/desk/export/", "admin/jsi18n/", "admin/runs/<uuid:run_id>/log/"),
    ),
    "it leads on to a page that is come to": (
        *("admin/login/", "admin/logout/", "admin/password_change/", "account/second-factor/ask/"),
        rf"admin/(curation|django_celery_beat)/\w+/{_ROW}",
        rf"admin/curation/(item|member|segment|surface|user)/{_ROW}history/",
    ),
    "the password is asked for first; the browsers' crawl, which has just given it, comes there": (
        "account/second-factor/(app|codes/new|ask-again)/",
    ),
    "everybody here has a password": ("account/password/set/",),
    "a preview that a worker made is kept for moments": ("admin/previews/<uuid:preview_id>/.*",),
}
UNREACHED: Final = re.compile(
    "|".join(f"(?:{each})$" for told in _REASONS.values() for each in told)
)
