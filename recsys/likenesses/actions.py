"""What curators decide about texts that queries ask the like of."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.actions.likenesses import keep_text, offered
from curation.models import Likeness, User
from curation.people.access import require
from curation.problems import Conflict, Missing
from curation.queries.likeness_keys import plain
from curation.queries.likeness_uses import uses
from recsys.embeddings import encoders
from recsys.embeddings import standing as embeddings


def write_likeness(*, actor: User, text: str, vector: Sequence[float] | None = None) -> Likeness:
    """The likeness of a text by the encoder in use; a worker is asked for its vector unless the caller knows it.

    Raises `Invalid` for what is no text or a long one, `Conflict` where there are too many.
    """
    require(actor, "curator")
    said = plain(text)
    encoder = encoders.current().name
    with transaction.atomic():
        row = keep_text(actor=actor, text=said, encoder=encoder)
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
        row = offered().select_for_update().filter(pk=key).first()
        if row is None:
            raise Missing("unknown_likeness", _("There is no such text."))
        if asking := uses().get(key):
            text = _(
                "%(n)d decisions or expectations ask the like of it; change or end them first."
            )
            raise Conflict("likeness_used", text % {"n": len(asking)})
        row.retired_at = timezone.now()
        row.save(update_fields=["retired_at"])
