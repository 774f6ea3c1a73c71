"""Every page as every role, in both languages, with hostile markup in every text: what holds of all of them.

Pages are found by their links, so that a new one is looked at as soon as something leads to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.authorization_world import World, wait_for_nobody
from tests.face import rules
from tests.face.asking import Answer
from tests.face.crawling import START, Found, crawl
from tests.face.english import of_chinese, of_english
from tests.face.exceptions import EXCEPTED
from tests.face.hostile import PLANTED, build_hostile

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("face")]

ROLES: Final = ("anonymous", "member", "curator", "analyst", "operator", "administrator")
LANGUAGES: Final = ("en", "zh-hans")
MOST_QUERIES: Final = 15
STAFF_PAGES: Final = ("admin/", "report")
REDIRECTS: Final = 5
# Where nothing leads as long as all goes well: the world has one of each.
BESIDES: Final = (
    *("/items/{item_id}/", "/slates/{slate_id}/", "/slates/{slate_id}/items/{item_id}/"),
    "/admin/desk/catalogue/near/?q=film",
)

Pages = Callable[[str, str], list[Found]]


@pytest.fixture(scope="module")
def pages(django_db_setup, django_db_blocker) -> Iterator[Pages]:
    """What a role comes to in a language; each is crawled once."""
    found: dict[tuple[str, str], list[Found]] = {}
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        wait_for_nobody(patch)
        world = build_hostile()

        def of(role: str, language: str) -> list[Found]:
            if (role, language) not in found:
                starts = (*START, *(each.format_map(world.named) for each in BESIDES))
                found[role, language] = list(crawl(_asking(world, role, language), starts))
            return found[role, language]

        yield of
        transaction.set_rollback(True)


def _asking(world: World, role: str, language: str) -> Callable[[str], Answer]:
    client = Client()
    world.enter(client, "", role)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language

    def ask(path: str) -> Answer:
        for _ in range(REDIRECTS):
            with CaptureQueriesContext(connection) as queries:
                response = client.get(path)
            if "Location" not in response.headers:
                break
            path = urljoin(path, response.headers["Location"])
        kind = response.headers.get("Content-Type", "")
        html = response.content.decode() if kind.startswith("text/html") else ""
        return Answer(path, response.status_code, kind, html, len(queries))

    return ask


def none_of(found: Iterable[tuple[Found, str]]) -> None:
    """Fail with every finding in words, without those that stand in the list of exceptions."""
    lines = {
        f"{page.path}: {finding}" for page, finding in found if not _is_excepted(page, finding)
    }
    if lines:
        pytest.fail("\n".join(sorted(lines)), pytrace=False)


def _is_excepted(page: Found, finding: str) -> bool:
    return any(part in finding for part in EXCEPTED.get(page.route, ()))


each_role = pytest.mark.parametrize("role", ROLES)
each_language = pytest.mark.parametrize("language", LANGUAGES)


@each_role
def test_no_link_leads_to_a_refusal(pages: Pages, role: str) -> None:
    """The first pages of a room that is not theirs are refused to a role; no link leads there."""
    led = [page for page in pages(role, "en") if page.after and page.answer.status != HTTPStatus.OK]
    none_of((page, f"{page.answer.status}, from {page.after}") for page in led)


@each_role
@each_language
def test_a_page_has_one_heading_and_its_landmarks_and_nothing_inline(
    pages: Pages, role: str, language: str
) -> None:
    whole = [page for page in pages(role, language) if page.is_whole]
    none_of((page, each) for page in whole for each in rules.of_structure(page.document))
    panes = [page for page in pages(role, language) if not page.is_whole]
    none_of((page, each) for page in panes for each in rules.of_inline(page.document))


@each_role
def test_every_control_is_labelled(pages: Pages, role: str) -> None:
    found = ((page, each) for page in pages(role, "en") for each in rules.of_labels(page.document))
    none_of(found)


@each_role
@each_language
def test_hostile_markup_stays_text(pages: Pages, role: str, language: str) -> None:
    found = (
        (page, each)
        for page in pages(role, language)
        for each in rules.of_planting(page.document, page.answer.html)
    )
    none_of(found)


def test_hostile_markup_is_on_the_pages_at_all(pages: Pages) -> None:
    """Else the test above proves nothing."""
    for role, least in (("member", 2), ("curator", 15), ("operator", 10), ("administrator", 30)):
        showing = [each for each in pages(role, "en") if f"&lt;{PLANTED}" in each.answer.html]
        assert len(showing) >= least, role


@each_role
@each_language
def test_a_date_is_written_as_the_language_does(pages: Pages, role: str, language: str) -> None:
    shown = [page for page in pages(role, language) if page.answer.status == HTTPStatus.OK]
    none_of((page, each) for page in shown for each in rules.of_dates(page.document))


@each_role
def test_a_page_in_chinese_holds_no_english_of_ours(pages: Pages, role: str) -> None:
    shown = [page for page in pages(role, "zh-hans") if page.answer.status == HTTPStatus.OK]
    none_of((page, each) for page in shown for each in of_english(page.document))


@each_role
def test_a_page_in_english_holds_no_chinese(pages: Pages, role: str) -> None:
    shown = [page for page in pages(role, "en") if page.answer.status == HTTPStatus.OK]
    none_of((page, each) for page in shown for each in of_chinese(page.document))


@each_role
def test_a_page_of_the_staff_and_home_ask_the_database_fifteen_times_at_most(
    pages: Pages, role: str
) -> None:
    asked = [
        (page, f"{page.answer.queries} queries")
        for page in pages(role, "en")
        if page.answer.queries > MOST_QUERIES and _is_counted(page)
    ]
    none_of(asked)


def _is_counted(page: Found) -> bool:
    return page.path == "/" or page.path.lstrip("/").startswith(STAFF_PAGES)
