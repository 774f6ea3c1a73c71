"""What curators decide about texts that queries ask the like of."""

from __future__ import annotations

import hashlib
from typing import Final

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from curation.access import require
from curation.models import Likeness, User
from curation.problems import Invalid
from recsys import embeddings, encoders

MOST: Final = 2_000
_NAMED: Final = 40
_TOLD_APART_BY: Final = 10


def write_likeness(*, actor: User, text: str) -> Likeness:
    """The likeness of a text by the encoder in use; a worker is asked for its vector where it has none yet."""
    require(actor, "curator")
    said = " ".join(text.split())
    if not 0 < len(said) <= MOST:
        raise Invalid(
            "bad_text", _("Write a text of at most %(most)d characters.") % {"most": MOST}
        )
    encoder = encoders.current().name
    with transaction.atomic():
        row, _made = Likeness.objects.get_or_create(
            key=key_of(said, encoder), defaults={"text": said, "encoder": encoder, "author": actor}
        )
        if row.vector is None:
            embeddings.request(actor)
    return row


def key_of(text: str, encoder: str) -> str:
    """The key of a text: its first words as people can read them, and what tells it from all others."""
    digest = hashlib.sha256(f"{encoder}\n{text}".encode()).hexdigest()[:_TOLD_APART_BY]
    return f"{slugify(text)[:_NAMED].strip('-_') or 'text'}-{digest}".replace("_", "-")
