"""Whether the static files have to be collected again."""

from __future__ import annotations

import hashlib
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]


def assets_stamp() -> str:
    """A digest of our static files and of the versions that bring the others."""
    digest = hashlib.sha256((_ROOT / "web.lock").read_bytes())
    for path in sorted(path for path in (_ROOT / "static").rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(_ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
