"""From a row of a file to a draft: which column is which field, what its numbers and instants mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final

from django.utils.translation import gettext as _

from curation.imports.importing import Layout, Row
from feedback.intake.parsing import Draft, parse
from feedback.recording.events import Outcome, Status

FIELDS: Final = ("event", "member", "item", "kind", "value", "occurred_at", "undoes")

TRANSFORMS: Final[Mapping[str, Callable[[float], float]]] = {
    "none": lambda rating: rating,
    "halve": lambda rating: max(1.0, float(math.ceil(rating / 2))),
    "lift": lambda rating: max(1.0, rating),
}
"""By name: what a rating in the file is in stars. `halve` reads 0 to 10 as 1 to 5, `lift` half a star as one."""

_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a file: the column of each field, the kind where none says it, what to alter."""

    source: str
    columns: Mapping[str, str] = field(default_factory=dict)
    kind: str = "rating"
    transform: str = "none"
    shift: timedelta = timedelta()
    layout: Layout | None = None

    def told(self, row: Row) -> dict[str, object]:
        """The fields of a row by their own names; an empty one is None."""
        given, columns = row.fields, self.columns
        found = {name: given.get(columns.get(name, name)) for name in FIELDS}
        if "" in found.values():
            found = {name: None if value == "" else value for name, value in found.items()}
        return found


@dataclass(frozen=True, slots=True)
class Dated:
    """A draft, with the instant that the file gave where it was moved."""

    draft: Draft
    original_at: datetime | None


def read(row: Row, reading: Reading, *, now: datetime) -> Dated | Outcome:
    """The draft of a row, or why it is refused."""
    if row.problem:
        return _refused(row.problem)
    told = reading.told(row)
    told["kind"] = told["kind"] or reading.kind
    told["occurred_at"] = original = instant_of(told["occurred_at"])
    if original is None:
        return _refused(_("The row has no instant."))
    if told["kind"] == "rating":
        told["value"] = _stars(told["value"], reading.transform)
    told["event"] = told["event"] or _key(told)
    moved = isinstance(original, datetime) and bool(reading.shift)
    if moved:
        told["occurred_at"] = _shifted(original, reading.shift)
    draft = parse(told, now=now)
    if isinstance(draft, Outcome):
        return draft
    return Dated(draft, original if moved and isinstance(original, datetime) else None)


def instant_of(told: object) -> object:
    """An instant from Unix seconds or an ISO 8601 text; what is neither stays for the door to refuse."""
    if told is None or isinstance(told, bool):
        return told
    try:
        return datetime.fromtimestamp(float(told), UTC)  # type: ignore[arg-type]
    except (TypeError, OverflowError, OSError):
        return told
    except ValueError:
        return _iso(told)


def weeks_to(now: datetime, latest: datetime) -> timedelta:
    """The whole weeks that bring an instant into the seven days before now."""
    return (now - latest) // _WEEK * _WEEK


def _iso(told: object) -> object:
    try:
        return datetime.fromisoformat(str(told))
    except ValueError:
        return told


def _shifted(original: object, shift: timedelta) -> object:
    try:
        return original + shift  # type: ignore[operator]
    except OverflowError:
        return original


def _stars(told: object, transform: str) -> object:
    """The stars that a rating of the file stands for; what is no number is left to be refused."""
    try:
        rating = float(told)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return told
    return TRANSFORMS[transform](rating) if math.isfinite(rating) else rating


def _key(told: Mapping[str, object]) -> str:
    """A key for an event that has none: the same whenever the same row is imported."""
    parts = [str(told[name]) for name in ("member", "item", "kind", "occurred_at")]
    return "import:" + blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def _refused(text: str) -> Outcome:
    return Outcome(None, Status.REJECTED, text=text)
