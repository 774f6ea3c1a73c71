"""The catalogues of translations, compiled by polib: a bare machine has no gettext tools."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parents[1] / "locale"


def catalogues(folder: Path = LOCALE) -> list[Path]:
    """The catalogues that people translate, one per language."""
    return sorted(folder.glob("*/LC_MESSAGES/django.po"))


def compile_catalogues(folder: Path = LOCALE) -> list[Path]:
    """Compile every catalogue that changed since it was compiled last; returns those."""
    stale = [path for path in catalogues(folder) if _is_stale(path)]
    for path in stale:
        _write(_compiled(path), polib.pofile(str(path)).to_binary())
    return stale


def _compiled(path: Path) -> Path:
    return path.with_suffix(".mo")


def _is_stale(path: Path) -> bool:
    compiled = _compiled(path)
    return not compiled.exists() or compiled.stat().st_mtime_ns <= path.stat().st_mtime_ns


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: another process may read the file, or write it, right now."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
