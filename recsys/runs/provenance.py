"""Where a model comes from: code, libraries and device, and a fingerprint of all that makes a difference."""

from __future__ import annotations

import hashlib
import json
import platform
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from recsys.ml.families import registry
from recsys.models import Run
from recsys.runs import devices
from recsys.runs.fitting import code_digest

LIBRARIES: Final = ("torch", "numpy", "scipy")
# Threads change how long a fit takes, and who asked changes nothing.
MAKES_NO_DIFFERENCE: Final = frozenset({"threads"})


def of(run: Run) -> dict[str, Any]:
    """What a run is made with, for `Run.lineage`."""
    return {
        "code": {"version": _version(), "commit": _commit(), "sources": code_digest()},
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
        "python": platform.python_version(),
        "gpu": devices.gpu() if run.options.get("device") != "cpu" else "",
        "machine": platform.processor() or platform.machine(),
    }


def fingerprint(run: Run) -> str:
    """SHA-256 of data, rewards, configuration, options and code: runs with the same one make the same model."""
    options = {name: run.options[name] for name in run.options if name not in MAKES_NO_DIFFERENCE}
    told = {
        "family": run.family,
        "parameters": run.parameters,
        "options": options,
        "iterative": registry.family(run.family).iterative,
        "data": run.snapshot["digest"],
        "rewards": run.snapshot.get("rewards"),
        "code": run.lineage["code"]["sources"],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _version() -> str:
    project = settings.BASE_DIR / "pyproject.toml"
    if not project.exists():
        return ""
    return str(tomllib.loads(project.read_text())["project"]["version"])


def _commit() -> str:
    """The commit that is checked out, read from git's files; empty outside a clone."""
    git = settings.BASE_DIR / ".git"
    head = _read(git / "HEAD")
    if not head.startswith("ref: "):
        return head
    name = head.removeprefix("ref: ")
    return _read(git / name) or _packed(git / "packed-refs", name)


def _packed(path: Path, name: str) -> str:
    lines = (line.split(" ") for line in _read(path).splitlines())
    return next((line[0] for line in lines if line[-1] == name), "")


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
