"""What stands in a receipt of a bulk act or of a mend, signed, so that an undo takes back that and nothing else."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.core import signing
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.actions import Bulk
from curation.models import User
from curation.problems import Invalid

VALID_S: Final = 24 * 3600
SHOWN_S: Final = 600
_SALT: Final = "curation.receipt"
_PLACE: Final = "curation_receipt"


def keep(request: HttpRequest, actor: User, done: Bulk, words: str, *, place: str = _PLACE) -> None:
    """Keep a receipt for the pages that follow; those of one place show one another's."""
    told = {"by": str(actor.pk), "way": done.way, "keys": [key.hex for key in done.keys]}
    token = signing.dumps(told, salt=_SALT, compress=True)
    at = timezone.now().timestamp()
    request.session[place] = {"token": token, "words": words, "at": at}


def shown(request: HttpRequest, *, place: str = _PLACE) -> dict[str, str] | None:
    """The receipt of the last act, for ten minutes."""
    kept = request.session.get(place)
    if kept is None or timezone.now().timestamp() - kept["at"] > SHOWN_S:
        return None
    return dict(kept)


def forget(request: HttpRequest, *, place: str = _PLACE) -> None:
    """Show the receipt no more."""
    request.session.pop(place, None)


def read(actor: User, token: str) -> Bulk:
    """What a receipt is about; `Invalid` where it is not this user's, forged, or older than a day."""
    try:
        told = signing.loads(token, salt=_SALT, max_age=VALID_S)
    except signing.BadSignature as error:
        raise Invalid("bad_receipt", _("This receipt is no longer valid.")) from error
    if told["by"] != str(actor.pk):
        raise Invalid("bad_receipt", _("This receipt is not yours."))
    return Bulk(told["way"], [UUID(key) for key in told["keys"]])
