"""PostgreSQL's own programs for dumping and restoring: those of the embedded server, or those of the machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from recsys.config.embedded.postgres import packaged_binaries
from recsys.config.embedded.trouble import Trouble


def find(name: str, server: int) -> str:
    """The path of a program that is at least as new as the server's major version."""
    for candidate in _candidates(name):
        if _major(candidate) >= server:
            return candidate
    raise Trouble(
        f"No {name} of PostgreSQL {server} or newer was found. Install the client programs of PostgreSQL {server}."
    )


def run(words: list[str], what: str) -> str:
    """Run a program to its end and return what it printed; raises Trouble with its last words."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Trouble(f"{what} failed:\n{done.stderr.strip()[-2000:]}")
    return done.stdout


def _candidates(name: str) -> Iterator[str]:
    packaged: Path = packaged_binaries() / name
    if packaged.exists():
        yield str(packaged)
    if found := shutil.which(name):
        yield found


def _major(program: str) -> int:
    said = re.search(r"\(PostgreSQL\) (\d+)", run([program, "--version"], program))
    return int(said[1]) if said else 0
