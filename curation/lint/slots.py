"""Where a pin would stand alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from uuid import UUID

from curation.fusion import policy as fusion
from curation.fusion.effects import PinMatch
from curation.lint.beside import Beside


def free_slot(lineage: UUID, policies: Iterable[fusion.Policy], at: datetime) -> int | None:
    """The next slot in which nothing meets a pin in any of these policies, else the nearest before it.

    None where all are taken, or where no policy holds such a pin.
    """
    besides = [Beside(policy, at) for policy in policies]
    pins = [pin for beside in besides for pin in beside.pins if pin.lineage == lineage]
    if not pins:
        return None
    depth = min(beside.surface.depth for beside in besides)
    return next(
        (slot for slot in _nearest(pins[0].slot, depth) if _free(slot, besides, pins)), None
    )


def _nearest(slot: int, depth: int) -> Iterator[int]:
    yield from chain(range(slot + 1, depth + 1), range(min(slot - 1, depth), 0, -1))


def _free(slot: int, besides: Iterable[Beside], pins: Iterable[fusion.Pin]) -> bool:
    return not any(
        next(beside.others(pin, _claims(slot, beside)), None) for beside in besides for pin in pins
    )


def _claims(slot: int, beside: Beside) -> Iterator[fusion.Decision]:
    """The pins of a slot, and the rules that fill it with their best match."""
    yield from beside.pins_in.get(slot, ())
    for rule in beside.policy.rules:
        if isinstance(rule.effect, PinMatch) and rule.effect.slot == slot:
            yield rule
