"""Cards: items as a page shows them, with what the member has already said of each."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from curation.catalogue.covers import Cover, cover_of
from curation.given import given
from curation.models import Item
from curation.queries.items import labels
from feedback.models import Rating

_TAGS_SHOWN = 3
_LIKE, _DISLIKE = 1, -1


@dataclass(frozen=True)
class Card:
    """One item on a page; `nonce` keys the feedback that this very card sends, so a double click is one event.

    `shelf` names where on the page it stands, since an item may stand on several shelves.
    """

    item: Item
    nonce: str
    impression: str = ""
    slate: str = ""
    rating: Rating | None = None
    curated: bool = False
    sampled: bool = False
    shelf: str = "item"

    @property
    def item_id(self) -> UUID:
        """The item's own id."""
        return self.item.id

    @property
    def key(self) -> str:
        """A name for the card's elements in the page."""
        return f"{self.shelf}-{self.item.id.hex}"

    @property
    def title(self) -> str:
        """The item's title."""
        return self.item.title

    @property
    def url(self) -> str:
        """The item's page; it names the impression, so that opening it counts as a click on that slate."""
        page = reverse("item", args=[self.item.id])
        return f"{page}?impression={self.impression}" if self.impression else page

    @property
    def why_url(self) -> str:
        """The page that says why the item stands in its slate; empty where it stands in none."""
        return reverse("why", args=[self.slate, self.item.id]) if self.slate else ""

    @property
    def line(self) -> str:
        """The attributes that fit one line: numbers first, then a few tags."""
        values = self.item.attributes.values()
        numbers = [f"{value:g}" for value in values if _is_number(value)]
        tags = [tag for value in values if isinstance(value, list) for tag in value]
        between = "、" if (get_language() or "").startswith("zh") else ", "
        return " · ".join([*numbers, between.join(tags[:_TAGS_SHOWN])]).strip(" ·")

    @property
    def cover(self) -> Cover:
        """The item's picture over the drawn cover."""
        return cover_of(self.item)

    @property
    def stars(self) -> float:
        """The member's stars, 0 for none."""
        return (self.rating.stars or 0) if self.rating else 0

    @property
    def liked(self) -> bool:
        """Whether the member's thumb is up."""
        return bool(self.rating and self.rating.thumb == _LIKE)

    @property
    def disliked(self) -> bool:
        """Whether the member's thumb is down."""
        return bool(self.rating and self.rating.thumb == _DISLIKE)

    @property
    def favourite(self) -> bool:
        """Whether the item is among the member's favourites."""
        return bool(self.rating and self.rating.favourite)

    @property
    def never(self) -> bool:
        """Whether the member wants to see no more of the item."""
        return bool(self.rating and self.rating.never)

    @property
    def whole_stars(self) -> str:
        """The stars as the form has them; empty for none, and for what lies between two."""
        return f"{self.stars:.0f}" if self.stars and self.stars == int(self.stars) else ""

    @property
    def facts(self) -> list[tuple[str, str]]:
        """The attributes as (name, value) for the item's page."""
        called = labels()
        told = [
            (called.get(key) or given(key.replace("_", " ")), _words(value))
            for key, value in self.item.attributes.items()
        ]
        return [*told, *([(_("provider"), self.item.provider)] if self.item.provider else [])]


def cards(
    placements: Iterable[Mapping[str, Any]],
    *,
    subject: UUID | None,
    impression: UUID | None = None,
    slate: UUID | None = None,
    shelf: str = "item",
) -> list[Card]:
    """The cards of placements in their order: two queries however many they are."""
    ordered = [(UUID(str(placement["id"])), placement) for placement in placements]
    ids = [item for item, _placement in ordered]
    items = Item.objects.in_bulk(ids)
    ratings = _ratings(subject, ids)
    return [
        Card(
            item=items[item],
            nonce=secrets.token_urlsafe(9),
            # What kept its place on the page from an earlier slate has none in this one.
            impression=str(impression or "") if "slot" in placement else "",
            slate=str(slate or "") if "slot" in placement else "",
            shelf=shelf,
            rating=ratings.get(item),
            curated=bool(placement.get("curated")),
            sampled=bool(placement.get("sampled")),
        )
        for item, placement in ordered
        if item in items
    ]


def what_was_said(subject: UUID | None, items: Sequence[UUID]) -> set[UUID]:
    """Those of the items of which the member said something that does not send them away."""
    said = _ratings(subject, list(items)).values()
    return {
        each.item_id
        for each in said
        if not each.never and (each.stars or each.thumb or each.favourite)
    }


def _ratings(subject: UUID | None, items: list[UUID]) -> dict[UUID, Rating]:
    if subject is None:
        return {}
    return {
        rating.item_id: rating
        for rating in Rating.objects.filter(subject=subject, item_id__in=items)
    }


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _words(value: object) -> str:
    if isinstance(value, list):
        return _(", ").join(str(part) for part in value)
    return f"{value:g}" if _is_number(value) else str(value)
