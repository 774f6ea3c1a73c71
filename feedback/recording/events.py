"""What a client tells of a member, and what it is answered: the words between the door and the table."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import orjson
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from feedback.models import Kind


class Status(enum.StrEnum):
    """What became of an event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class Reason(enum.StrEnum):
    """Why an event was rejected: a code for programs, with a text for people in `REASONS`.

    `NOT_ARRIVED` alone goes with an accepted one: an undo that waits for its event.
    """

    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    BAD_TEXT = "bad_text"
    UNKNOWN_KIND = "unknown_kind"
    BAD_VALUE = "bad_value"
    BAD_COMMENT = "bad_comment"
    BAD_FLAG = "bad_flag"
    VALUE_OUT_OF_RANGE = "value_out_of_range"
    BAD_TIMESTAMP = "bad_timestamp"
    TIMESTAMP_OUT_OF_RANGE = "timestamp_out_of_range"
    BAD_IMPRESSION = "bad_impression"
    UNKNOWN_ITEM = "unknown_item"
    INACTIVE_ITEM = "inactive_item"
    CONFLICT = "conflict"
    NOT_YOURS = "not_yours"
    NOT_UNDOABLE = "not_undoable"
    ALREADY_UNDONE = "already_undone"
    NOT_ARRIVED = "not_arrived"


REASONS: dict[Reason, StrOrPromise] = {
    Reason.NOT_AN_OBJECT: _("An interaction is an object."),
    Reason.UNKNOWN_FIELD: _("There is no field %(field)s."),
    Reason.MISSING_FIELD: _("The field %(field)s is missing."),
    Reason.BAD_TEXT: _(
        "%(field)s must be a text of 1 to 255 characters, without control characters."
    ),
    Reason.UNKNOWN_KIND: _("kind must be one of %(kinds)s."),
    Reason.BAD_VALUE: _("value must be a number."),
    Reason.VALUE_OUT_OF_RANGE: _("value must be %(range)s."),
    Reason.BAD_COMMENT: _(
        "text must hold 1 to %(limit)s characters, without control characters but line breaks."
    ),
    Reason.BAD_FLAG: _("%(field)s must be true or false."),
    Reason.BAD_TIMESTAMP: _("occurred_at must be an ISO 8601 instant with its offset from UTC."),
    Reason.TIMESTAMP_OUT_OF_RANGE: _(
        "occurred_at must lie between 1990 and five minutes from now."
    ),
    Reason.BAD_IMPRESSION: _("impression must be the UUID of an impression."),
    Reason.UNKNOWN_ITEM: _("No item has this id."),
    Reason.INACTIVE_ITEM: _("The item is not active."),
    Reason.CONFLICT: _("This event was already sent with other content."),
    Reason.NOT_YOURS: _("The event to undo is another member's."),
    Reason.NOT_UNDOABLE: _("An undo cannot be undone; send the event again under a new key."),
    Reason.ALREADY_UNDONE: _("The event is undone already."),
    Reason.NOT_ARRIVED: _("The event has not come yet; it will not count when it comes."),
}


# A body brings a thousand of these, and freezing one costs as much as making it.
@dataclass(slots=True)
class NewInteraction:
    """One event as a client sent it, past the door. Without `occurred_at` it occurs when it is received.

    `item_id` is None for an undo, and for an item that nobody knows (which is then rejected). `text`
    and `public` are a comment's.
    """

    event: str
    subject: UUID
    kind: Kind
    item_id: UUID | None = None
    value: float | None = None
    undoes: str = ""
    occurred_at: datetime | None = None
    impression: UUID | None = None
    simulated: bool = False
    original_at: datetime | None = None
    text: str = ""
    public: bool = False

    def digest(self) -> bytes:
        """16 bytes that differ when what was sent of the act differs; whose it is stands in the row.

        So an event that is sent again after its member was merged is still the same. An instant of our
        own is no part of it.
        """
        at = self.original_at or self.occurred_at
        if at and at.tzinfo is not UTC:
            at = at.astimezone(UTC)
        sent: tuple[object, ...] = (
            self.item_id, self.kind, self.value, self.undoes, at, self.impression
        )  # fmt: skip
        if self.text:
            sent += (self.text, self.public)
        return hashlib.blake2b(orjson.dumps(sent), digest_size=16).digest()


@dataclass(slots=True)
class Outcome:
    """What became of one event. `version` is the member's feedback version that covers it.

    `reason` and `text` say why it was rejected, or what an accepted undo still waits for.
    """

    event: str | None
    status: Status
    reason: Reason | None = None
    text: str = ""
    version: int | None = None


def rejected(event: str | None, reason: Reason, **words: object) -> Outcome:
    """The outcome of an event that is refused, told in the language of the request."""
    return Outcome(event, Status.REJECTED, reason, str(REASONS[reason]) % words)
