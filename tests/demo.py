"""The product with its demo for the whole test run, as a pytest plugin: one worker starts it, who only reads joins."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.processes import LiveStack, said, start_stack, stop_stack, wait_until
from tests.services import FOLDER
from tests.sharing import locked, shared

_DEMO_S = 480.0


@pytest.fixture(scope="session")
def demo_stack() -> Iterator[LiveStack]:
    """The product with its demo, as `make run` starts it: data loaded, first models live."""
    folder = _shared_folder()
    begin = partial(_start_demo, folder / "demo")
    with shared(folder, begin, partial(_found, folder / "demo"), stop_stack) as stack:
        yield stack


@pytest.fixture
def readers(demo_stack: LiveStack) -> Iterator[None]:
    """For tests that only read the demo, beside those that use it otherwise: while they run nothing of it is killed."""
    with locked(_shared_folder() / "calm", fcntl.LOCK_SH):
        yield


@pytest.fixture
def without_readers(demo_stack: LiveStack) -> Iterator[None]:
    """For tests that kill or freeze a process of the demo."""
    with locked(_shared_folder() / "calm"):
        yield


def _shared_folder() -> Path:
    folder = Path(os.environ[FOLDER]) / "shared"
    folder.mkdir(mode=0o711, exist_ok=True)
    return folder


def _start_demo(var: Path) -> LiveStack:
    stack = start_stack(var, TANDEM_DEMO="1")
    try:
        wait_until(lambda: _demo_is_ready(stack), "demo.json is written", _DEMO_S)
    except BaseException:
        stop_stack(stack)
        raise
    return stack


def _found(var: Path) -> LiveStack:
    told = json.loads((var / "demo.json").read_text())
    port = urlsplit(told["url"]).port
    assert port
    return LiveStack(var, port, None)


def _demo_is_ready(stack: LiveStack) -> bool:
    assert "could not be prepared" not in said(stack), said(stack)
    return (stack.var / "demo.json").exists()
