"""One shelf as a page shows it: its cards, what explains it, and where it goes on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from curation.models import Item
from recsys.member.arrangement import Moves, pack
from recsys.screens.cards import Card
from recsys.screens.shelf_kinds import ShelfKind
from recsys.slates import serving

MOST_SHOWN: Final = 48
"""Where a shelf ends; its surface's depth has to reach as far."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where on a page a shelf stands: what the page shows of it and elsewhere, and whether it is a row among others."""

    shown: Sequence[UUID] = ()
    elsewhere: Sequence[UUID] = ()
    as_row: bool = False

    @property
    def everything(self) -> list[UUID]:
        """All that the page shows."""
        return [*self.shown, *self.elsewhere]


NOWHERE: Final = Place()


@dataclass(frozen=True)
class Shelf:
    """One shelf with what explains it. `before` are the items of it that the page shows already, of a further part.

    `as_row` says that it stands among others on one page, to be looked along. `moves` is what an act changed.
    """

    kind: ShelfKind
    cards: Sequence[Card]
    sentence: str
    mode: str
    subject: UUID | None = None
    anchor: Item | None = None
    trace_url: str = ""
    before: Sequence[UUID] = ()
    elsewhere: Sequence[UUID] = ()
    as_row: bool = False
    moves: Moves | None = None
    of_stranger: bool = False

    @property
    def name(self) -> str:
        """What the shelf's elements are named by in the page."""
        return self.kind.name

    @property
    def title(self) -> str:
        """Its heading."""
        title = self.anchor.title if self.anchor else ""
        return str(self.kind.title) % {"title": title} if title else str(self.kind.title)

    @property
    def shown(self) -> str:
        """All that the page shows of it, packed."""
        return pack([*self.before, *(card.item_id for card in self.cards)])

    @property
    def without(self) -> str:
        """What stands on other shelves of the page, packed."""
        return pack(self.elsewhere)

    @property
    def url(self) -> str:
        """Its own page."""
        return url_of(self.kind, self.anchor)

    @property
    def more_url(self) -> str:
        """Where it goes on; empty at its end."""
        shown = len(self.before) + len(self.cards)
        if self.of_stranger or len(self.cards) < self.kind.size or shown >= MOST_SHOWN:
            return ""
        return url_of(self.kind, self.anchor, shown=self.shown)

    @property
    def is_fresh(self) -> bool:
        """Whether it is what fusing now gives."""
        return self.mode == serving.FRESH

    @property
    def is_stale(self) -> bool:
        """Whether the newest feedback is not in it yet."""
        return self.mode == serving.STALE

    @property
    def is_fallback(self) -> bool:
        """Whether it is nobody's in particular."""
        return self.mode == serving.FALLBACK and not self.of_stranger

    @property
    def moved_up(self) -> Sequence[str]:
        """The titles of what went up."""
        return self._titles(self.moves.up if self.moves else ())

    @property
    def come(self) -> Sequence[str]:
        """The titles of what was not there before."""
        return self._titles(self.moves.new if self.moves else ())

    def _titles(self, items: Collection[UUID]) -> Sequence[str]:
        return [card.title for card in self.cards if card.item_id in items]


def url_of(kind: ShelfKind, anchor: Item | None = None, **more: str) -> str:
    """The address of a shelf's own page, or of what follows on it."""
    told = ({"of": str(anchor.pk)} if anchor else {}) | more
    page = reverse("shelf", args=[kind.name])
    return f"{page}?{urlencode(told)}" if told else page
