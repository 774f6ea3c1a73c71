"""Keeping the texts that queries ask the like of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from curation.models import Likeness, User
from curation.outbox import announce
from curation.problems import Conflict
from curation.queries import likeness_keys
from curation.queries.likeness_keys import key_of

READ: Final = "recsys.read_texts"
"""The task that has texts read by the encoder in use."""


def offered() -> QuerySet[Likeness]:
    """The texts that are not retired."""
    return Likeness.objects.filter(retired_at=None)


def keep_text(*, actor: User, text: str, encoder: str) -> Likeness:
    """The row of a text by an encoder, made or offered again where it has to be; to be called in a transaction.

    `text` is plain already. Raises `Conflict` where there are too many.
    """
    key = key_of(text, encoder)
    if found := offered().filter(key=key).first():
        return found
    if offered().count() >= likeness_keys.MOST_KEPT:
        told = _(
            "There are %(most)d texts already, and no more may be: remove one that nothing uses."
        )
        raise Conflict("too_many_likenesses", told % {"most": likeness_keys.MOST_KEPT})
    first = {"text": text, "encoder": encoder, "author": actor}
    row, _made = Likeness.objects.update_or_create(
        key=key, defaults={"retired_at": None}, create_defaults=first
    )
    return row


def bring_in(texts: Iterable[Mapping[str, str]], *, actor: User) -> list[Likeness]:
    """Keep the texts that came with a file, and have a worker read those that were not read here."""
    rows = [keep_text(actor=actor, text=each["text"], encoder=each["encoder"]) for each in texts]
    if any(row.vector is None for row in rows):
        announce(READ)
    return rows
