"""The slates of nobody in particular, kept in PostgreSQL for when no personal one can be had in time."""

from __future__ import annotations

from typing import Any, Final

import orjson
from django.db import connection

from recsys.models import Fallback, Slate
from recsys.slates import bodies
from recsys.slates.bodies import Body, Whole
from recsys.slates.places import Place

# As in the cache: an older version anywhere, and the row stays as it is.
_STORE: Final = """
INSERT INTO recsys_fallback AS old (key, surface_id, slate_id, versions, body, valid_until, renewed_at)
VALUES (%(key)s, %(surface)s, %(slate)s, %(versions)s, %(body)s, to_timestamp(%(valid_until)s), now())
ON CONFLICT (key) DO UPDATE
   SET slate_id = EXCLUDED.slate_id, versions = EXCLUDED.versions, body = EXCLUDED.body,
       valid_until = EXCLUDED.valid_until, renewed_at = now()
 WHERE NOT EXISTS (
       SELECT FROM jsonb_each_text(old.versions) had
        WHERE had.value::bigint > coalesce((EXCLUDED.versions ->> had.key)::bigint, 0))
"""


def read(place: Place) -> Body | None:
    """The fallback of a place's context, else of its surface; None before the first was made."""
    exact, plain = place.nobody().key, Place(place.surface).key
    found = dict(Fallback.objects.filter(key__in=[exact, plain]).values_list("key", "body"))
    readable = (bodies.unpack(bytes(found[key])) for key in (exact, plain) if key in found)
    return next((body for body in readable if body is not None), None)


def store(place: Place, body: Whole, slate: Slate) -> None:
    """Keep a fallback unless a newer one is there."""
    row: dict[str, Any] = {
        "key": place.nobody().key,
        "surface": place.surface,
        "slate": slate.id,
        "versions": orjson.dumps(body["versions"]).decode(),
        "body": bodies.pack(body),
        "valid_until": body["valid_until"],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, row)
