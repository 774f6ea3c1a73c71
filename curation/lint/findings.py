"""What lint can find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID


class Level(StrEnum):
    """How grave a finding is: B stops a save, W is told with it."""

    BLOCKS = "B"
    WARNS = "W"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that lint found; `decision` is the other decision that it has to do with."""

    level: Level
    code: str
    text: str
    decision: UUID | None = None

    def as_json(self) -> dict[str, Any]:
        """The finding for an API or a page."""
        other = {"decision": str(self.decision)} if self.decision else {}
        return {"level": str(self.level), "code": self.code, "text": self.text} | other


Findings = Iterator[Finding]


def blocks(code: str, text: str, decision: UUID | None = None) -> Finding:
    """A finding that stops a save."""
    return Finding(Level.BLOCKS, code, text, decision)


def warns(code: str, text: str, decision: UUID | None = None) -> Finding:
    """A finding that is told."""
    return Finding(Level.WARNS, code, text, decision)
