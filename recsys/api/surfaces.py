"""How deep each surface is, remembered for a few seconds so that a size is checked without SQL."""

from __future__ import annotations

import time
from typing import Final

from curation.models import Surface

LIFETIME_S: Final = 5.0

_remembered: dict[str, tuple[float, int]] = {}


def depth_of(slug: str) -> int | None:
    """The depth of a surface; None where there is none of that name."""
    until, depth = _remembered.get(slug, (0.0, 0))
    if until > time.monotonic():
        return depth
    found = Surface.objects.filter(slug=slug).values_list("depth", flat=True).first()
    if found is not None:
        _remembered[slug] = (time.monotonic() + LIFETIME_S, found)
    return found
