"""The door of feedback: one raw JSON object becomes a draft, or a rejection that says why."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from curation.ids import MAX_LENGTH, outside_id
from feedback.models import Kind
from feedback.partitions import EARLIEST
from feedback.recording.events import Outcome, Reason, rejected

KINDS = {kind.name.lower(): kind for kind in Kind}
FIELDS = frozenset(
    {
        "event",
        "member",
        "item",
        "kind",
        "value",
        "undoes",
        "occurred_at",
        "impression",
        "text",
        "public",
    }
)
_RARE: Final = frozenset({"undoes", "text", "public"})
AHEAD = timedelta(minutes=5)
MAX_COMMENT = 2000
RANGES: Final[Mapping[Kind, tuple[float, float]]] = {
    Kind.RATING: (1, 5),
    Kind.VIEW: (0, 7 * 86_400),
    Kind.PURCHASE: (0, 1e12),
}
"""What a number may be: stars, seconds of dwell, an amount in whatever money the source counts in."""

# Controls, halves of surrogate pairs, what is private or not assigned: no part of a text for people.
_NO_TEXT: Final = frozenset({"Cc", "Cs", "Co", "Cn"})


@dataclass(slots=True)
class Draft:
    """An interaction in the client's own ids: well formed, its member and item not looked up yet."""

    event: str
    member: str
    kind: Kind
    item: str | None
    value: float | None
    undoes: str
    occurred_at: datetime | None
    impression: UUID | None
    text: str = ""
    public: bool = False


class _RefusedError(Exception):
    def __init__(self, reason: Reason, **words: object) -> None:
        self.reason, self.words = reason, words


def parse(raw: object, *, now: datetime) -> Draft | Outcome:
    """The draft of one interaction as it came over the wire, or its rejection."""
    if type(raw) is not dict and not isinstance(raw, Mapping):
        return rejected(None, Reason.NOT_AN_OBJECT)
    try:
        return _draft(raw, now)
    except _RefusedError as error:
        return rejected(_named(raw.get("event")), error.reason, **error.words)


def _draft(raw: Mapping[str, object], now: datetime) -> Draft:
    # A body brings a thousand of these: what nearly none of them has is asked for all at once.
    if not FIELDS.issuperset(raw):
        field = next(field for field in raw if field not in FIELDS)
        raise _RefusedError(Reason.UNKNOWN_FIELD, field=str(field)[:MAX_LENGTH])
    event, member = _text(raw, "event"), _text(raw, "member")
    kind = _kind(raw)
    undo = kind is Kind.UNDO
    rare = not _RARE.isdisjoint(raw)
    text, public = _comment(raw, kind) if rare or kind is Kind.COMMENT else ("", False)
    return Draft(
        event,
        member,
        kind,
        None if undo else _text(raw, "item"),
        _value(raw.get("value"), kind),
        _text(raw, "undoes") if undo else _absent(raw, "undoes") if rare else "",
        _instant(raw.get("occurred_at"), now),
        _impression(raw["impression"]) if "impression" in raw else None,
        text,
        public,
    )


def _named(event: object) -> str | None:
    if isinstance(event, int) and not isinstance(event, bool):
        return str(event)
    return event[:MAX_LENGTH] if isinstance(event, str) else None


def _text(raw: Mapping[str, object], field: str) -> str:
    value = raw.get(field)
    if value is None:
        raise _RefusedError(Reason.MISSING_FIELD, field=field)
    text = outside_id(value)
    if text is None:
        raise _RefusedError(Reason.BAD_TEXT, field=field)
    return text


def _absent(raw: Mapping[str, object], field: str) -> str:
    if raw.get(field) is not None:
        raise _RefusedError(Reason.UNKNOWN_FIELD, field=field)
    return ""


def _kind(raw: Mapping[str, object]) -> Kind:
    name = raw.get("kind")
    if name is None:
        raise _RefusedError(Reason.MISSING_FIELD, field="kind")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise _RefusedError(Reason.UNKNOWN_KIND, kinds=", ".join(KINDS))
    return kind


def _value(value: object, kind: Kind) -> float | None:
    if value is None:
        if kind is Kind.RATING:
            raise _RefusedError(Reason.MISSING_FIELD, field="value")
        return 1.0 if kind is Kind.FAVOURITE else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _RefusedError(Reason.BAD_VALUE)
    if within := RANGES.get(kind):
        return _within(value, *within)
    # Other kinds happen or do not; only a favourite can be set to 0.
    if value != 1 and not (value == 0 and kind is Kind.FAVOURITE):
        raise _RefusedError(
            Reason.VALUE_OUT_OF_RANGE, range="0, 1" if kind is Kind.FAVOURITE else "1"
        )
    return float(value) if kind is Kind.FAVOURITE else None


def _within(value: float, least: float, most: float) -> float:
    if not (least <= value <= most):  # false for NaN too
        raise _RefusedError(Reason.VALUE_OUT_OF_RANGE, range=f"{least:.0f} – {most:.0f}")
    return float(value)


def _comment(raw: Mapping[str, object], kind: Kind) -> tuple[str, bool]:
    """The text of a comment and whether everybody may read it; no other kind has either."""
    if kind is not Kind.COMMENT:
        _absent(raw, "text")
        _absent(raw, "public")
        return "", False
    public = raw.get("public", False)
    if not isinstance(public, bool):
        raise _RefusedError(Reason.BAD_FLAG, field="public")
    if raw.get("text") is None:
        raise _RefusedError(Reason.MISSING_FIELD, field="text")
    text = written(raw["text"])
    if text is None:
        raise _RefusedError(Reason.BAD_COMMENT, limit=MAX_COMMENT)
    return text, public


def written(text: object) -> str | None:
    """A text of several lines without blanks at its ends; None if it cannot be a comment."""
    tidy = text.replace("\r\n", "\n").strip() if isinstance(text, str) else ""
    plain = all(c in "\n\t" or unicodedata.category(c) not in _NO_TEXT for c in tidy)
    return tidy if plain and 0 < len(tidy) <= MAX_COMMENT else None


def _instant(value: object, now: datetime) -> datetime | None:
    if value is None:
        return None
    instant = value if isinstance(value, datetime) else _iso(value)
    if instant.tzinfo is None:
        raise _RefusedError(Reason.BAD_TIMESTAMP)
    if not (EARLIEST <= instant <= now + AHEAD):
        raise _RefusedError(Reason.TIMESTAMP_OUT_OF_RANGE)
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


def _iso(value: object) -> datetime:
    try:
        return datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise _RefusedError(Reason.BAD_TIMESTAMP) from None


def _impression(value: object) -> UUID | None:
    if value is None:
        return None
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError:
        raise _RefusedError(Reason.BAD_IMPRESSION) from None
