"""The surfaces that a slate can be asked for on, remembered for a few seconds to spare the hot path a statement."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from curation.models import Surface

LIFETIME_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a surface can be asked for: at most ``depth`` items, and from an item or not."""

    depth: int
    takes_item: bool


_remembered: dict[str, tuple[float, Limits]] = {}


def limits_of(slug: str) -> Limits | None:
    """The limits of a surface; None where there is none of that name."""
    until, limits = _remembered.get(slug, (0.0, None))
    return limits if until > time.monotonic() else _look_up(slug)


def forget() -> None:
    """Forget what is remembered."""
    _remembered.clear()


def _look_up(slug: str) -> Limits | None:
    surface = Surface.objects.filter(slug=slug).first()
    if surface is None:
        return None
    limits = Limits(surface.depth, surface.kind == Surface.Kind.SIMILAR)
    _remembered[slug] = (time.monotonic() + LIFETIME_S, limits)
    return limits
