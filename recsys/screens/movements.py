"""Two slates side by side: where each item stood and stands, and in one sentence what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


@dataclass(frozen=True, slots=True)
class Move:
    """What became of an item between two slates: `code` is same, up, down, new or gone; `by` counts slots."""

    code: str
    by: int = 0

    @property
    def mark(self) -> str:
        """The arrow or word that a row shows."""
        arrows = {"up": f"▲{self.by}", "down": f"▼{self.by}", "new": _("new"), "gone": _("gone")}
        return arrows.get(self.code, "")

    @property
    def words(self) -> str:
        """The same for who cannot see arrows."""
        if self.code == "up":
            return ngettext("up %(n)d slot", "up %(n)d slots", self.by) % {"n": self.by}
        if self.code == "down":
            return ngettext("down %(n)d slot", "down %(n)d slots", self.by) % {"n": self.by}
        return self.mark


@dataclass(frozen=True, slots=True)
class Movements:
    """The moves of every item of the slate after, by item; those of the one before that are gone; both counted."""

    after: dict[str, Move]
    gone: frozenset[str]
    size: int

    @property
    def moved(self) -> int:
        """How many stand in another slot than before."""
        return sum(move.code in {"up", "down"} for move in self.after.values())

    @property
    def new(self) -> int:
        """How many were not among the first before."""
        return sum(move.code == "new" for move in self.after.values())

    @property
    def sentence(self) -> str:
        """What changed, in one sentence."""
        if not self.moved and not self.new and not self.gone:
            return _("Nothing changes in these slots.")
        told = _("%(moved)d of %(size)d changed place, %(new)d are new, %(gone)d are gone.")
        counts = {"moved": self.moved, "size": self.size, "new": self.new}
        return told % {**counts, "gone": len(self.gone)}


def between(before: Sequence[str], after: Sequence[str], size: int) -> Movements:
    """Compare the first `size` slots of two slates, items by slot."""
    was = {item: slot for slot, item in enumerate(before[:size], 1)}
    shown = after[:size]
    moves = {item: _move(was.get(item), slot) for slot, item in enumerate(shown, 1)}
    return Movements(moves, frozenset(was) - frozenset(shown), len(shown))


def _move(was: int | None, slot: int) -> Move:
    if was is None:
        return Move("new")
    if was == slot:
        return Move("same")
    return Move("up", was - slot) if slot < was else Move("down", slot - was)
