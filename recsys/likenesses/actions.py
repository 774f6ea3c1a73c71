"""What curators decide about texts that queries ask the like of."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from curation.models import Likeness, User
from curation.people.access import require
from curation.problems import Conflict, Invalid, Missing
from curation.queries.likeness_uses import uses
from recsys.embeddings import encoders
from recsys.embeddings import standing as embeddings

MOST: Final = 1_000
"""Characters of a text: what an encoder reads of it, and more than a rule should need."""
MOST_KEPT: Final = 200
"""So many texts are offered at most: a list that nobody can read through is read by nobody."""
_NAMED: Final = 40
_TOLD_APART_BY: Final = 10


def write_likeness(*, actor: User, text: str, vector: Sequence[float] | None = None) -> Likeness:
    """The likeness of a text by the encoder in use; a worker is asked for its vector unless the caller knows it.

    Raises `Invalid` for what is no text or a long one, `Conflict` where there are too many.
    """
    require(actor, "curator")
    said = plain(text)
    encoder = encoders.current().name
    with transaction.atomic():
        row = _offered().filter(key=key_of(said, encoder)).first()
        row = row or _added(said, encoder, actor)
        if row.vector is None and vector is not None:
            row.vector = list(vector)
            row.save(update_fields=["vector"])
            embeddings.reread()
        elif row.vector is None:
            embeddings.request(actor)
    return row


def remove_likeness(*, actor: User, key: str) -> None:
    """Offer a text no more that nobody asks the like of; `Conflict` says how many do.

    Its row stays: what asked it once may be rolled back to. To write it again is to have it back.
    """
    require(actor, "curator")
    with transaction.atomic():
        row = _offered().select_for_update().filter(pk=key).first()
        if row is None:
            raise Missing("unknown_likeness", _("There is no such text."))
        if asking := uses().get(key):
            text = _(
                "%(n)d decisions or expectations ask the like of it; change or end them first."
            )
            raise Conflict("likeness_used", text % {"n": len(asking)})
        row.retired_at = timezone.now()
        row.save(update_fields=["retired_at"])


def plain(text: str) -> str:
    """A text as it is kept, on one line; raises `Invalid`."""
    said = " ".join(text.split())
    if not 0 < len(said) <= MOST or "\x00" in said:
        raise Invalid(
            "bad_text", _("Write a text of at most %(most)d characters.") % {"most": MOST}
        )
    return said


def key_of(text: str, encoder: str) -> str:
    """The key of a text: its first words as people can read them, and what tells it from all others."""
    digest = hashlib.sha256(f"{encoder}\n{text}".encode()).hexdigest()[:_TOLD_APART_BY]
    return f"{slugify(text)[:_NAMED].strip('-_') or 'text'}-{digest}".replace("_", "-")


def _added(said: str, encoder: str, actor: User) -> Likeness:
    if _offered().count() >= MOST_KEPT:
        text = _(
            "There are %(most)d texts already, and no more may be: remove one that nothing uses."
        )
        raise Conflict("too_many_likenesses", text % {"most": MOST_KEPT})
    first = {"text": said, "encoder": encoder, "author": actor}
    row, _made = Likeness.objects.update_or_create(
        key=key_of(said, encoder), defaults={"retired_at": None}, create_defaults=first
    )
    return row


def _offered() -> QuerySet[Likeness]:
    return Likeness.objects.filter(retired_at=None)
