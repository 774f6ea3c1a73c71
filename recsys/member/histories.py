"""A member's history: what they rated, liked, made a favourite or want to see no more of, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from feedback.folding import said
from recsys.screens.cards import Card, cards

PAGE: Final = 20
NAMES: Final = {
    "rated": _("Rated"),
    "liked": _("Liked"),
    "favourites": _("Favourites"),
    "disliked": _("Disliked"),
    "never": _("Not interested"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a list, and when the member said it."""

    card: Card
    when: datetime


@dataclass(frozen=True, slots=True)
class History:
    """One page of one list, and how long all of them are: name, words, length."""

    name: str
    entries: Sequence[Entry]
    lists: Sequence[tuple[str, Any, int]]
    page: int
    pages: int

    @property
    def before(self) -> str:
        """The address of the page before; empty for the first."""
        return f"?list={self.name}&page={self.page - 1}" if self.page > 1 else ""

    @property
    def after(self) -> str:
        """The address of the page after; empty for the last."""
        return f"?list={self.name}&page={self.page + 1}" if self.page < self.pages else ""


def of(subject: UUID | None, name: str, page: int) -> History:
    """One page of a list; a page that is not there is the nearest one that is."""
    lengths = said.counts(subject) if subject else {}
    pages = max(1, -(-lengths.get(name, 0) // PAGE))
    shown = min(max(1, page), pages)
    lists = [(each, words, lengths.get(each, 0)) for each, words in NAMES.items()]
    return History(name, _entries(subject, name, shown) if subject else (), lists, shown, pages)


def _entries(subject: UUID, name: str, page: int) -> list[Entry]:
    aspect, _stands = said.LISTS[name]
    rows = list(said.listed(subject, name)[(page - 1) * PAGE : page * PAGE])
    when = {row.item_id: getattr(row, f"{aspect}_at") for row in rows}
    made = cards([{"id": row.item_id} for row in rows], subject=subject, shelf="entry")
    return [Entry(card, when[card.item_id]) for card in made]
