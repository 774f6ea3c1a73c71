"""A preview as the desk shows it: two columns of items with covers, what moved where, and who moved it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recsys.previews.asking import Preview, Trace
from recsys.screens.cards import Card, cards
from recsys.screens.movements import Move, Movements, between

SAME = Move("same")


def columns(preview: Preview, size: int) -> dict[str, Any]:
    """The rows of each side, `drafted` None where there is no such side, and what changed between them."""
    now = preview.now["placements"][:size]
    drafted = preview.drafted["placements"][:size] if preview.drafted else None
    named = {each["item"]: each for each in (*now, *(drafted or ()))}
    known = {
        str(card.item_id): card for card in cards([{"id": item} for item in named], subject=None)
    }
    moves = _moves(preview, size)
    gone = moves.gone if moves else frozenset()
    return {
        "now": [_row(each, known, Move("gone") if each["item"] in gone else SAME) for each in now],
        "drafted": None
        if drafted is None or moves is None
        else [_row(each, known, moves.after[each["item"]]) for each in drafted],
        "moves": moves,
    }


def _moves(preview: Preview, size: int) -> Movements | None:
    if preview.drafted is None:
        return None
    return between(_items(preview.now), _items(preview.drafted), size)


def _items(trace: Trace) -> Sequence[str]:
    return [each["item"] for each in trace["placements"]]


def _row(placement: Trace, known: Mapping[str, Card], move: Move) -> dict[str, Any]:
    return {**placement, "card": known.get(placement["item"]), "move": move}
