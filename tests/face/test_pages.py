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

from recsys.embeddings import meaning
from tests.addresses import EVERYWHERE, START
from tests.authorization_table import plain, rows
from tests.authorization_world import World, wait_for_nobody
from tests.face import rules
from tests.face.asking import Answer
from tests.face.crawling import Found, crawl
from tests.face.english import of_chinese, of_english
from tests.face.exceptions import EXCEPTED
from tests.face.hostile import build_hostile
from tests.face.life import VECTOR
from tests.face.payload import PLANTED
from tests.face.unreached import UNREACHED

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("face")]

ROLES: Final = ("anonymous", "member", "curator", "analyst", "operator", "administrator")
LANGUAGES: Final = ("en", "zh-hans")
MOST_QUERIES: Final = 15
STAFF_PAGES: Final = ("admin/", "report", "slates/")
REDIRECTS: Final = 5
# Where nothing leads as long as all goes well: the world has one of each.
BESIDES: Final = ("/items/{item_id}/", "/slates/{slate_id}/", "/slates/{slate_id}/items/{item_id}/")
# The same of what one role is enough for.
RARE: Final = {
    "anonymous": (
        *("/account/inactive/", "/account/confirm-email/", "/account/confirm-email/nobody/"),
        *("/account/password/reset/sent/", "/account/password/reset/done/"),
        "/account/password/reset/{uidb36}-{key}/",
    ),
    "curator": (
        *("/admin/desk/decisions/{nested_id}/", "/admin/desk/decisions/{nested_id}/revise/"),
        "/admin/clusterings/{clustering_id}/clusters/{cluster}/",
        *("/admin/clusterings/{clustering_id}/progress/", "/admin/desk/items/pick/"),
        *("/admin/appraisals/{decision_id}/progress/", "/admin/proposals/round/"),
        "/admin/simulations/{simulation_id}/progress/",
        "/admin/blend-sweeps/{sweep_id}/progress/",
    ),
    "operator": (
        "/admin/runs/{run_id}/progress/",
        *("/admin/runs/models/{family}/roll-back/", "/admin/proposals/{blend_id}/progress/"),
        "/admin/password_change/done/",
    ),
    "administrator": ("/admin/people/{user_id}/",),
}

Pages = Callable[[str, str], list[Found]]


@pytest.fixture(scope="module")
def pages(django_db_setup, django_db_blocker) -> Iterator[Pages]:
    """What a role comes to in a language; each is crawled once."""
    found: dict[tuple[str, str], list[Found]] = {}
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        wait_for_nobody(patch)
        patch.setattr(meaning, "vector_of", lambda *_args, **_named: VECTOR)
        world = build_hostile()

        def of(role: str, language: str) -> list[Found]:
            if (role, language) not in found:
                others = (*BESIDES, *RARE.get(role, ()))
                starts = (*START, *(each.format_map(world.named) for each in others))
                ask = _asking(world, role, language)
                found[role, language] = list(crawl(ask, starts, asks=role != EVERYWHERE))
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
    """The first pages of a room that is not theirs are refused to a role; no link leads there.

    What is asked for beside the links may make no sense, and is told so.
    """
    fine = {False: (HTTPStatus.OK,), True: (HTTPStatus.OK, HTTPStatus.BAD_REQUEST)}
    led = [
        page
        for page in pages(role, "en")
        if page.after and page.answer.status not in fine["?" in page.path]
    ]
    none_of((page, f"{page.answer.status}, from {page.after}") for page in led)


def test_every_page_that_somebody_may_see_is_come_to(pages: Pages) -> None:
    """By links, by what is asked for, or with a reason why not: what holds of all pages is told of these alone."""
    come = {
        plain(page.route.replace("(?P", "^(?P"))
        for role in ROLES
        for page in pages(role, "en")
        if page.answer.status == HTTPStatus.OK
    }
    shown = {route for route, cells in rows().items() if "yes" in cells.get("GET", ())}
    missed = {route for route in shown - come if not UNREACHED.match(route)}
    needless = {route for route in shown & come if UNREACHED.match(route)}
    assert not missed, "\n".join(sorted(missed))
    assert not needless, "\n".join(sorted(needless))


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


def test_hostile_markup_is_in_what_is_asked_for(pages: Pages) -> None:
    """A search, a comparison, reports of what was done, a table of sessions: empty, they would prove nothing."""
    found = [page for role in ROLES for page in pages(role, "en")]
    shown = {page.name for page in found if f"&lt;{PLANTED}" in page.answer.html}
    wanted = {
        *("search/?q=planted", "search/?q=zebra&by=meaning", "admin/desk/catalogue/near/?q=zebra"),
        *("report/", "report/items/", "report/decisions/", "report/cleaning/"),
        *("admin/people/<uuid:user_id>/", "admin/likenesses/"),
    }
    assert not wanted - shown, "\n".join(wanted - shown)
    assert any(name.startswith("admin/runs/compare/") for name in shown)


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
