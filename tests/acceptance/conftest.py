"""The product with its demo, as `make run` starts it, for tests that use it from outside."""

from __future__ import annotations

import json

import pytest
import requests

from tests.acceptance.client import Client, someone
from tests.processes import LiveStack, wait_until


@pytest.fixture
def client(demo_stack: LiveStack, without_readers: None) -> Client:
    """An API client with the token of each role; what an earlier test killed is back."""
    client = Client(**json.loads((demo_stack.var / "demo.json").read_text()))
    wait_until(lambda: _serves_fresh(client), "a fresh slate is served")
    return client


def _serves_fresh(client: Client) -> bool:
    try:
        return bool(client.recommend(someone())["mode"] == "fresh")
    except (requests.RequestException, AssertionError):
        return False
