"""Digests of what a start-up step depends on: an unchanged one need not be done again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_APPS = ("curation", "feedback", "recsys")


def assets_stamp() -> str:
    """Our static files, and the versions that bring the others."""
    return _digest(path for path in (_ROOT / "static").rglob("*") if path.is_file())


def migrations_stamp() -> str:
    """Our migrations, and the versions that bring the others."""
    return _digest(path for app in _APPS for path in (_ROOT / app / "migrations").glob("*.py"))


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256((_ROOT / "web.lock").read_bytes())
    for path in sorted(paths):
        digest.update(str(path.relative_to(_ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
