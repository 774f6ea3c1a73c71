"""The end of the demo's preparation: a fresh personal slate was served, and `demo.json` tells how to come in."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from recsys.demo.client import Client, NoAnswer

NAME: Final = "demo.json"
PATIENCE_S: Final = 60.0
PAUSE_S: Final = 0.2
WAIT_MS: Final = 2_000


class NotReady(Exception):
    """No fresh slate came in time; the message says what came instead."""


def path() -> Path:
    """Where the file lies."""
    return Path(settings.VAR_DIR) / NAME


def wait_for_slate(client: Client, member: str) -> dict[str, Any]:
    """Ask over HTTP until a fresh slate of the member comes; raises NotReady."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            slate = client.recommend(member, size=10, wait_ms=WAIT_MS)
            said = f"mode {slate['mode']}, {len(slate['placements'])} placements"
            if slate["mode"] == "fresh" and slate["placements"]:
                return slate
        except NoAnswer as error:
            said = str(error)
        if time.monotonic() > deadline:
            raise NotReady(f"no fresh slate after {PATIENCE_S:.0f} s; the last answer: {said}")
        time.sleep(PAUSE_S)


def write(content: Mapping[str, Any]) -> None:
    """Write the file whole, readable by its owner alone."""
    target = path()
    fresh = target.with_name(f".{NAME}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
