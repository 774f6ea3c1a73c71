"""The shelves of the member's pages: each is a surface of its own, with the words that explain it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class ShelfKind:
    """One kind of shelf. `name` is its address and names its elements in the page; `chance` that it explores."""

    name: str
    surface: str
    title: StrOrPromise
    sentence: StrOrPromise
    size: int = 12
    chance: bool = False


HOME: Final = ShelfKind("home", "home", _("For you"), "")
BECAUSE: Final = ShelfKind(
    "because",
    "similar",
    _("Because you liked %(title)s"),
    _("What people turn to who like it as you do."),
)
START: Final = ShelfKind(
    "start",
    "start",
    _("Rate a few that you know"),
    _("Well known and unlike each other. Five are enough for a shelf of your own."),
)
NEW: Final = ShelfKind("new", "new", _("New"), _("The latest, what may suit you first."))
POPULAR: Final = ShelfKind(
    "popular",
    "popular",
    _("Popular"),
    _("What most people choose at present, without what you have rated."),
)
DIFFERENT: Final = ShelfKind(
    "different",
    "different",
    _("Something different"),
    _("Drawn by chance from what might suit you, so that your shelf does not only repeat itself."),
    chance=True,
)

KINDS: Final[Mapping[str, ShelfKind]] = {
    kind.name: kind for kind in (HOME, BECAUSE, START, NEW, POPULAR, DIFFERENT)
}
BELOW: Final = (NEW, POPULAR, DIFFERENT)
"""What stands on the home page below the member's own shelf, where such a surface was made."""
ENOUGH: Final = 5
"""How many ratings make a shelf one's own."""
