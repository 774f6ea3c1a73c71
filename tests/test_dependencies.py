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
HTTP = {
    *("http.client", "urllib.request", "urllib3", "requests", "httpx", "aiohttp", "ftplib"),
    *("xmlrpc.client", "websocket", "websockets", "pycurl"),
}
CALLS_ITSELF = {"recsys/config/supervisor/programs.py", "recsys/demo/client.py"}


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


def http_clients(tree: ast.AST) -> Iterator[str]:
    """What a module imports of what makes requests."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from {each for name in names for each in HTTP if f"{name}.".startswith(f"{each}.")}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import urllib.request", ["urllib.request"]),
        ("from urllib import parse, request as ask", ["urllib.request"]),
        ("from httpx import get", ["httpx"]),
        ("from http import HTTPStatus", []),
        ("from urllib.parse import urlsplit", []),
    ],
)
def test_an_http_client_is_seen_however_it_is_imported(line, found):
    assert list(http_clients(ast.parse(line))) == found


def test_nothing_makes_requests_but_what_calls_the_product_itself():
    """So there is no request that somebody from outside could steer to a place of their choice."""
    found = {
        path.relative_to(ROOT).as_posix()
        for package in OURS
        for path in (ROOT / package).rglob("*.py")
        if any(http_clients(ast.parse(path.read_text())))
    }
    assert found == CALLS_ITSELF


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
