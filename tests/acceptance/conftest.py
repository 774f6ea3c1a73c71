"""The product with its demo, as `make run` starts it, for tests that use it from outside."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.client import Client
from tests.processes import LiveStack


@pytest.fixture
def client(demo_stack: LiveStack) -> Client:
    """An API client with the token of each role."""
    return Client(**json.loads((demo_stack.var / "demo.json").read_text()))
