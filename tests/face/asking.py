"""An address and what came back, however it was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What came back: `path` is where it ended, after redirects."""

    path: str
    status: int
    kind: str
    html: str
    queries: int = 0


Ask = Callable[[str], Answer]
