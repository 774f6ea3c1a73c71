"""What the product imports stands in the lock that it is installed from."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.processes import ROOT

OURS = {"recsys", "feedback", "curation"}
# It is installed before the lock and stands in none, since its wheel differs by device.
APART = {"torch"}


def imported_names() -> Iterator[tuple[str, Path]]:
    for package in OURS:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    yield from ((alias.name.partition(".")[0], path) for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    yield node.module.partition(".")[0], path


def locked(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", (ROOT / name).read_text(), re.MULTILINE))


def entries(name: str) -> set[str]:
    """The lines of a lock without pip-tools' remark on what it left out."""
    lines = (ROOT / f"{name}.lock").read_text().splitlines()
    return {line.removesuffix(" \\") for line in lines if not line.startswith("#")}


def test_every_package_that_the_product_imports_is_locked():
    distributions = packages_distributions()
    known = set(sys.stdlib_module_names) | OURS | APART
    lock = locked("worker.lock")
    missing = {
        f"{name} ({path.relative_to(ROOT)})"
        for name, path in imported_names()
        if name not in known
        and not {
            found.lower().replace("_", "-").replace(".", "-")
            for found in distributions.get(name, [])
        }
        & lock
    }
    assert missing == set()


@pytest.mark.parametrize(("small", "large"), [("web", "worker"), ("worker", "dev")])
def test_the_larger_lock_holds_the_smaller_one(small, large):
    assert entries(small) - entries(large) == set()


def test_no_lock_names_torch_or_a_place_on_the_net():
    for name in ("web.lock", "worker.lock", "dev.lock"):
        assert "torch" not in locked(name)
        assert "://" not in (ROOT / name).read_text()
