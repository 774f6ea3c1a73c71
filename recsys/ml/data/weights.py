"""The weights of a sentence encoder on disk, looked at before anything loads torch for them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

WEIGHTS: Final = "model.safetensors"


class BadEncoder(ValueError):
    """The folder holds no encoder, or other weights than were asked for; the message says which."""


def verify(folder: Path, sha256: str) -> None:
    """Whether the weights in a folder have this hash; raises BadEncoder."""
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise BadEncoder(f"{weights} is missing")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise BadEncoder(f"{weights} has the SHA-256 {found}, expected {sha256}")
