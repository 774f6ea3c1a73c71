"""What waits for an answer stays legible: pages held while they load, light and dark, seen by axe."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, StorageState

from tests.e2e.looking import DESK, grave
from tests.processes import LiveStack

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("readers")]


def shelves(page: Page) -> str:
    hold(page, r"/shelves/")
    page.locator("#shelf-popular").scroll_into_view_if_needed()
    return ".shelf--later.htmx-request"


def slates(page: Page) -> str:
    """Both slates stand there, and are asked for again."""
    page.locator("#slate-now").wait_for()
    hold(page, r"/previews/")
    page.locator("#viewpoint [name=device]").select_option(index=1)
    return "#slates.htmx-request"


def a_launch(page: Page) -> str:
    hold(page, r"/runs/launch")
    page.locator("#launch input[type=number]").first.fill("3")
    page.locator("#launch input[type=number]").first.blur()
    return "#before.htmx-request"


def hold(page: Page, pattern: str) -> None:
    """Answer nothing to what is asked for from here on."""
    page.route(re.compile(pattern), lambda route: None)


@pytest.mark.parametrize(
    ("role", "path", "loads"),
    [
        ("member", "/", shelves),
        ("curator", "/admin/desk/surfaces/home/", slates),
        ("operator", "/admin/runs/launch/?family=dot", a_launch),
    ],
)
def test_what_loads_is_as_legible_as_what_has_come(
    browser: Browser,
    let_in: Callable[[str], StorageState],
    demo_stack: LiveStack,
    role: str,
    path: str,
    loads: Callable[[Page], str],
) -> None:
    context = browser.new_context(
        viewport=DESK,
        storage_state=let_in(role),
        locale="en-GB",
        color_scheme="light",
        reduced_motion="reduce",  # colours change at once
    )
    page = context.new_page()
    page.goto(demo_stack.url + path)
    loading = loads(page)
    page.locator(loading).first.wait_for()
    light = list(grave(page, loading))
    page.emulate_media(color_scheme="dark")
    dark = list(grave(page, loading))
    page.unroute_all(behavior="ignoreErrors")
    context.close()
    assert (light, dark) == ([], [])
