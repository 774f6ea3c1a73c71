"""Every page as every role in a real browser, hostile rows among them: no violation, nothing grave, nothing sideways.

Pages are found by links. A page that shows nothing but parts which another role was shown already is not loaded again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, StorageState

from tests.addresses import EVERYWHERE, START
from tests.e2e.browsing import asking
from tests.e2e.looking import looking
from tests.e2e.planting import plant
from tests.face.crawling import Found, crawl
from tests.face.exceptions import SEEN

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("readers"), pytest.mark.timeout(600)]

ROLES: Final = {
    "anonymous": 12,
    "member": 18,
    "curator": 60,
    "analyst": 30,
    "operator": 30,
    "administrator": 120,
}
"""Who goes along the links, and how many pages that leads to at least."""
# Of the stock pages of the admin there are as many as tables, and they are alike.
ALIKE: Final = ("/history/", "/delete/")
# They name their table and its columns in classes, beside those that say how a part looks.
NAMING: Final = re.compile(r"\b(?:app|model|field|column)-\S+\s*")


@pytest.fixture(scope="module")
def planted(demo: dict[str, Any]) -> list[str]:
    """Where rows stand whose names are hostile or very long."""
    return plant(demo)


def news(
    pages: Iterator[Found], shown: dict[str, set[tuple[str, str]]], planted: list[str]
) -> Iterator[Found]:
    """The pages with a part that their route was not seen with before, and once what was planted."""
    for page in pages:
        stock = re.match(r"admin/(?:curation|django_celery_beat)/\w+(/.*)", page.route)
        parts = {
            (each.tag, NAMING.sub("", each.get("class")) if stock else each.get("class"))
            for each in page.document.elements
        }
        is_planted = page.path in planted and page.answer.status == HTTPStatus.OK
        before = shown.setdefault(
            page.path if is_planted else stock[1] if stock else page.route, set()
        )
        is_alike = stock and page.path.endswith(ALIKE)
        if page.is_whole and not is_alike and not parts <= before:
            before |= parts
            yield page


@pytest.fixture(scope="module")
def shown() -> dict[str, set[tuple[str, str]]]:
    """The parts of each route's pages that some role was shown."""
    return {}


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_is_sound_in_a_browser(
    browser: Browser,
    let_in: Callable[[str], StorageState],
    demo: dict[str, Any],
    planted: list[str],
    shown: dict[str, set[tuple[str, str]]],
    role: str,
) -> None:
    context = browser.new_context(storage_state=let_in(role))
    pages = list(
        crawl(asking(context.request, demo["url"]), [*START, *planted], asks=role != EVERYWHERE)
    )
    found: list[str] = []
    with looking(browser, context.storage_state()) as looker:
        for page in news(iter(pages), shown, planted):
            wrong = looker.look(demo["url"] + page.path)
            excepted = SEEN.get(page.route, ())
            found += [
                f"{page.path}: {each}"
                for each in wrong
                if not any(part in each for part in excepted)
            ]
    context.close()
    assert len(pages) >= ROLES[role], "the crawl came to too few pages to prove anything"
    assert not found, "\n".join(found)
