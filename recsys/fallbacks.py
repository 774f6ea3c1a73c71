"""The slates of nobody in particular, kept in PostgreSQL for the moments in which no personal one can be had."""

from __future__ import annotations

from django.db.models import F, Q

from recsys import bodies
from recsys.bodies import Body, Place
from recsys.models import Fallback, Slate


def key_of(place: Place) -> str:
    """The key of the fallback of a surface and context."""
    return place.nobody().key


def read(place: Place) -> Body | None:
    """The fallback of a place's context, else of its surface; None before the first one was made."""
    exact, plain = key_of(place), key_of(Place(place.surface))
    kept = Fallback.objects.filter(key__in=[exact, plain]).values_list("key", "body")
    found = dict(kept)
    packed = found.get(exact) or found.get(plain)
    return bodies.unpack(bytes(packed)) if packed else None


def store(place: Place, body: Body, slate: Slate) -> None:
    """Keep a fallback, unless a newer one is there: every version of it is at least this one's."""
