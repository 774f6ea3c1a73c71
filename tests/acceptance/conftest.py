"""The product with its demo, as `make run` starts it, for tests that use it from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.client import Client
from tests.processes import LiveStack, start_stack, stop_stack, wait_until

DEMO_S = 300.0


@pytest.fixture(scope="session")
def demo_stack(public_folder: Path) -> Iterator[LiveStack]:
    """Everything running on the demo's data, first models live."""
    stack = start_stack(public_folder / "demo", TANDEM_DEMO="1")
    try:
        wait_until((stack.var / "demo.json").exists, "demo.json is written", DEMO_S)
        yield stack
    finally:
        stop_stack(stack)


@pytest.fixture
def client(demo_stack: LiveStack) -> Client:
    """An API client with the token of each role."""
    return Client(**json.loads((demo_stack.var / "demo.json").read_text()))
