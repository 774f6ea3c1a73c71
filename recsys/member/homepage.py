"""The home page: the member's own shelf at once; what stands below it is fetched when it comes into view."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Subquery
from django.http import HttpRequest

from curation.catalogue.withheld import shown_to
from curation.models import Item, Surface
from feedback.folding.said import liked_lately
from feedback.models import MemberState
from recsys.member import shelves
from recsys.member.shelf import Shelf, url_of
from recsys.screens.shelf_kinds import BECAUSE, BELOW, ENOUGH, START, ShelfKind

_LOOKED_AT = 5
"""How many of the items liked last are tried: one may be inactive or blocked by now."""


@dataclass(frozen=True, slots=True)
class Later:
    """A shelf that is not fetched yet; one that draws by chance is left to its chance, repeats or not."""

    kind: ShelfKind
    anchor: Item | None = None
    without: str = ""

    @property
    def told(self) -> str:
        """What its request adds, as JSON: that it stands among others, and what these show already."""
        without = {"without": self.without} if self.without and not self.kind.chance else {}
        return json.dumps({"row": "1"} | without)

    @property
    def title(self) -> str:
        """Its heading."""
        return str(self.kind.title) % ({"title": self.anchor.title} if self.anchor else {})

    @property
    def url(self) -> str:
        """Where it is fetched, and its own page."""
        return url_of(self.kind, self.anchor)


@dataclass(frozen=True, slots=True)
class Home:
    """What the home page shows. `rated` is how much a member has rated who has no shelf of their own yet."""

    shelf: Shelf
    start: Later | None
    below: Sequence[Later]
    rated: int
    enough: int = ENOUGH


def of(request: HttpRequest, *, feedback: int = 0) -> Home:
    """The home page of whoever looks, covering at least that version of their feedback."""
    own = shelves.shelf(request, feedback=feedback)
    subject = own.subject
    made, rated = _made_and_rated(subject)
    new = START.surface in made and rated < ENOUGH
    return Home(
        shelf=own,
        start=Later(START, without=own.shown) if new else None,
        below=list(_below(subject, made, own.shown)),
        rated=rated,
    )


def _made_and_rated(subject: UUID | None) -> tuple[set[str], int]:
    """Which surfaces there are, and how much the member has rated."""
    states = MemberState.objects.filter(subject=subject) if subject else MemberState.objects.none()
    rows = list(Surface.objects.values_list("slug", Subquery(states.values("ratings"))))
    return {slug for slug, _ in rows}, next((rated or 0 for _, rated in rows), 0)


def _below(subject: UUID | None, made: set[str], shown: str) -> Iterator[Later]:
    liked = _liked(subject)
    if liked and BECAUSE.surface in made:
        yield Later(BECAUSE, liked, shown)
    yield from (Later(kind, without=shown) for kind in BELOW if kind.surface in made)


def _liked(subject: UUID | None) -> Item | None:
    """What the member liked last of what may be shown to them."""
    ids = liked_lately(subject, _LOOKED_AT) if subject else []
    found = shown_to(subject).in_bulk(ids) if ids else {}
    return next((found[item] for item in ids if item in found), None)
