"""A sample of the slates served in a span, with their traces and how their placements were answered.

Which slates fall into it depends on their ids alone: the same view shows the same sample again.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
from django.utils.translation import gettext as _

from feedback.reporting.placements import ANSWERED, MOST_SLATES, SERVED
from feedback.reporting.spans import Span, rows
from feedback.tables import number

MOST: Final = 100

_SAMPLE: Final = f"""
WITH {SERVED}, {ANSWERED}, sample AS MATERIALIZED (
    SELECT served.id, served.surface, served.items, slate.trace FROM served
    JOIN recsys_slate AS slate ON slate.id = served.slate
    ORDER BY md5(served.id::text) LIMIT {MOST}
)
SELECT sample.surface, sample.trace, sample.items, (SELECT count(*) FROM served),
    coalesce(array_agg(answer.item_id) FILTER (WHERE answer.clicked), '{{}}'),
    coalesce(array_agg(answer.item_id) FILTER (WHERE answer.liked), '{{}}')
FROM sample LEFT JOIN answer ON answer.impression = sample.id
GROUP BY sample.id, sample.surface, sample.trace, sample.items
"""  # noqa: S608 - made of constants alone


@dataclass(frozen=True, slots=True)
class Placed:
    """A placement in a trace: the parts of its scorers (None where one does not know it), and its decisions."""

    parts: Mapping[str, float | None]
    decisions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Trace:
    """What reports read of a trace: placements and reserve by item, and how many items each decision denied."""

    placed: Mapping[str, Placed]
    denied: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Served:
    """A slate as it was served: its items in their order, and which were clicked and liked."""

    surface: str
    trace: Trace
    items: Sequence[str]
    clicked: frozenset[str]
    liked: frozenset[str]

    def placements(self) -> list[tuple[str, Placed]]:
        """What was served of it, item by item."""
        return [(item, self.trace.placed[item]) for item in self.items if item in self.trace.placed]


@dataclass(frozen=True, slots=True)
class Sample:
    """The slates that were read, and how many were served in all (`is_cut`: more than are counted)."""

    slates: Sequence[Served]
    of: int

    @property
    def note(self) -> str:
        """How much was read, in words; empty where it was all."""
        if len(self.slates) >= self.of:
            return ""
        words = {"read": number(len(self.slates)), "all": number(self.of)}
        if self.of >= MOST_SLATES:
            return _("A sample: %(read)s of the latest %(all)s slates, whatever they hold.") % words
        return (
            _("A sample: %(read)s of %(all)s slates whose traces are kept, whatever they hold.")
            % words
        )


def sample(span: Span) -> Sample:
    """The sample of a span."""
    found = rows(_SAMPLE, span.words())
    slates = [
        Served(surface, _read(bytes(trace)), _texts(items), _set(clicked), _set(liked))
        for surface, trace, items, _all, clicked, liked in found
    ]
    return Sample(slates, found[0][3] if found else 0)


@lru_cache(maxsize=4 * MOST)
def _read(stored: bytes) -> Trace:
    """What reports need of a stored trace; traces never change, so each is read once in a while."""
    trace: dict[str, Any] = orjson.loads(zlib.decompress(stored))
    placed = {
        each["item"]: _placed(each) for part in ("placements", "reserve") for each in trace[part]
    }
    denied = {each["decision"]: len(each["items"]) for each in trace["denials"] if each["decision"]}
    return Trace(placed, denied)


def _placed(told: Mapping[str, Any]) -> Placed:
    boosts = (each["decision"] for each in told["boosts"])
    pins = [told["pin"]] if told["pin"] else []
    return Placed(told["parts"], frozenset([*told["fired"], *boosts, *pins]))


def _texts(items: Sequence[UUID]) -> list[str]:
    return [str(item) for item in items]


def _set(items: Sequence[UUID]) -> frozenset[str]:
    return frozenset(map(str, items))
