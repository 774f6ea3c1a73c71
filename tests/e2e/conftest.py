"""A real browser on the running demo: every page must load without a violation of the content security policy."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from tests.e2e import browsing
from tests.e2e.browsing import ARGUMENTS, PATIENCE_MS, complaints_of, found_chromium
from tests.processes import LiveStack


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where a Chromium is; without one, browser tests are skipped, in CI they fail."""
    if found := found_chromium():
        return found
    message = "no Chromium found: browser tests need one (Debian: apt-get install chromium)"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    # Playwright keeps a loop in this thread for the session; Django would take its tests for asynchronous ones.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; fails where the console complained of anything."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    complaints = complaints_of(page)
    yield page
    context.close()
    assert not complaints


@pytest.fixture(scope="session")
def demo(demo_stack: LiveStack) -> dict[str, Any]:
    """Where the demo answers, and a way in for every role."""
    told: dict[str, Any] = json.loads((demo_stack.var / "demo.json").read_text())
    return told


@pytest.fixture(scope="session")
def let_in(browser: Browser, demo: dict[str, Any]) -> Callable[[str], StorageState]:
    """What a browser keeps of having signed in as the demo's user of a role, which each does once."""

    @cache
    def of(role: str) -> StorageState:
        context = browsing.sign_in(browser, demo, role)
        state = context.storage_state()
        context.close()
        return state

    return of


@pytest.fixture
def sign_in(page: Page, let_in: Callable[[str], StorageState]) -> Callable[[str], Page]:
    """Be the demo's user of a role on a page that has not been anywhere yet."""

    def enter(role: str) -> Page:
        page.context.set_storage_state(let_in(role))
        return page

    return enter
