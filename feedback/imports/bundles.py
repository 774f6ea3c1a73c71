"""What a published data set comes to: its files, how each is read, and what people state of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from curation.imports import item_files
from feedback.imports import reading

SPREAD: Final = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Terms:
    """What people state of a data set: whose ids it holds, the range of its ratings, what rows without one are.

    Where its interactions have no instants they are spread over a time that ends at `latest`; None: when
    the file was written.
    """

    source: str
    scale: reading.Scale | None = None
    kind: str = "click"
    latest: datetime | None = None
    spread: timedelta = SPREAD


@dataclass(frozen=True, slots=True)
class Part:
    """One file of items or members and how to read it."""

    path: Path
    reading: item_files.Reading


@dataclass(frozen=True, slots=True)
class Dataset:
    """The files of a data set and how to read each; `notes` tell people what was made of them."""

    items: Part
    members: Part | None
    interactions: Path
    interaction_reading: reading.Reading
    notes: Sequence[str] = ()
