"""What a product that ended has left behind."""

from __future__ import annotations

import os
from pathlib import Path


def processes_of(var: Path) -> list[str]:
    """The command lines of the living processes that work on a data folder, by their environment or their words."""
    marks = (f"TANDEM_VAR={var}\0".encode(), f"{var}/".encode())
    return [words for entry in Path("/proc").iterdir() if (words := _words(entry, marks))]


def _words(entry: Path, marks: tuple[bytes, bytes]) -> str:
    """The command line of a process, where a mark is in its environment or in its command line; empty elsewhere."""
    if not entry.name.isdecimal() or entry.name == str(os.getpid()):
        return ""
    try:
        state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        words, environment = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
    except OSError:  # it ended since it was listed
        return ""
    is_of_it = marks[0] in environment or marks[1] in words
    return words.replace(b"\0", b" ").decode() if is_of_it and state != "Z" else ""


def home_of(var: Path) -> Path:
    """The home folder that a product is given."""
    return var.with_name(f"{var.name}.home")
