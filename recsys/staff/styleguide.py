"""The living page of the parts that screens are made of, in every state; there only while debugging."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from curation.ids import new_id
from curation.models import Item
from feedback.models import Rating
from recsys.screens.cards import Card
from recsys.staff.specimens import specimens

SHEETS: Final = ("slates", "analyst", "curator", "operator", "styleguide")
HUES: Final = ("accent", "good", "watch", "bad", "human", "machine", "chance")
_LONG: Final = "Borat: Cultural Learnings of America for Make Benefit Glorious Nation of Kazakhstan"
_TITLES: Final[tuple[tuple[str, list[str]], ...]] = (
    ("Up", ["Animation"]),
    (_LONG, ["Comedy"]),
    ("卧虎藏龙", ["Action", "Drama"]),
    ("كتاب طويل 🎬", ["Documentary"]),
    ("", []),
)


@login_not_required
@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every part of the sheets, at rest, busy, empty, wrong and disabled."""
    told = {
        "cards": [_card(title, genres) for title, genres in _TITLES],
        "entries": [_card(title, genres, shelf="found") for title, genres in _TITLES[:2]],
        "hues": HUES,
        "sheets": SHEETS,
        **specimens(),
    }
    return render(request, "styleguide.html", told)


def _card(title: str, genres: list[str], shelf: str = "item") -> Card:
    """A card of an item that is not kept anywhere."""
    attributes = {"year": 2004, "genres": genres}
    item = Item(id=new_id(), outside_id=title, title=title or "–", attributes=attributes)
    rating = Rating(stars=4, thumb=1) if title == "Up" else None
    return Card(item=item, nonce="styleguide", rating=rating, curated=title == "Up", shelf=shelf)
