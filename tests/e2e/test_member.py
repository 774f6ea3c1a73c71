"""What a member does in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.e2e.browsing import complaints_of
from tests.processes import LiveStack

pytestmark = pytest.mark.e2e
LetIn = Callable[[str], StorageState]
SHELF = "#shelf-home"


@pytest.fixture
def page(page: Page, let_in: LetIn, demo_stack: LiveStack) -> Page:
    """The member's first page."""
    page.context.set_storage_state(let_in("member"))
    page.goto(f"{demo_stack.url}/")
    return page


def titles(page: Page) -> list[str]:
    return page.locator(f"{SHELF} .card__title").all_inner_texts()


def undo(page: Page) -> None:
    page.locator(".receipt").get_by_role("button", name="Undo").click()
    expect(page.locator(".receipt")).to_contain_text("Taken back")


def test_a_rating_keeps_its_place_and_answers_with_a_receipt_that_can_be_undone(
    page: Page,
) -> None:
    before = titles(page)
    stars = page.locator(f"{SHELF} .card").first.locator(".stars label").nth(4)
    stars.scroll_into_view_if_needed()
    at = stars.bounding_box()
    stars.click()
    expect(page.locator(".receipt")).to_contain_text("5 stars")
    assert titles(page)[0] == before[0]
    assert page.locator(f"{SHELF} .card").first.locator("input:checked").input_value() == "5"
    assert at == pytest.approx(stars.bounding_box(), abs=1)
    expect(page.locator("#said")).to_contain_text("5 stars")
    undo(page)
    assert before[0] in titles(page)


def test_what_does_not_interest_leaves_the_shelf_and_the_focus_finds_the_way_back(
    page: Page,
) -> None:
    before = titles(page)
    card = page.locator(f"{SHELF} .card").nth(1)
    card.locator("summary").click()
    card.get_by_role("button", name="Not interested").press("Enter")
    expect(page.locator(".receipt")).to_contain_text("will not come back")
    assert before[1] not in titles(page)
    expect(page.locator("#undo")).to_be_focused()
    undo(page)


def test_stars_can_be_set_with_the_arrow_keys_and_keep_the_focus(page: Page) -> None:
    stars = page.locator(f"{SHELF} .card").nth(2).locator("input[type=radio]")
    stars.first.focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".receipt")).to_contain_text("3 stars")
    expect(stars.nth(2)).to_be_focused()
    undo(page)


def test_a_menu_closes_by_escape_at_its_button_and_by_a_press_elsewhere(page: Page) -> None:
    menu = page.locator("header .menu")
    button = menu.locator("summary")
    button.click()
    expect(menu.get_by_role("link", name="My ratings")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(button).to_be_focused()
    button.click()
    page.get_by_role("heading", level=1).click()
    expect(menu).not_to_have_attribute("open", "")


def test_rating_searching_and_undoing_work_without_scripts(
    browser: Browser, demo_stack: LiveStack, let_in: LetIn
) -> None:
    context = browser.new_context(java_script_enabled=False, storage_state=let_in("member"))
    page = context.new_page()
    page.goto(f"{demo_stack.url}/")
    card = page.locator(f"{SHELF} .card").first
    card.locator("summary").click()
    card.get_by_role("button", name="Like", exact=True).click()
    expect(page.locator(".receipt")).to_contain_text("You like")
    undo(page)
    page.get_by_role("link", name=re.compile("See .*Popular")).click()
    assert page.locator("#shelf-popular .card").count()
    page.get_by_label("Search").first.fill("star wars")
    page.get_by_role("button", name="Search").click()
    assert page.locator(".entry").count()
    context.close()


def test_an_item_has_its_page_with_similar_items(page: Page) -> None:
    title = titles(page)[0]
    page.locator(f"{SHELF} .card__title a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("heading", name="Similar")).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "popular"), [("en-GB", "Popular"), ("zh-CN", "热门")], ids=["english", "chinese"]
)
def test_the_shelves_of_a_phone_come_as_they_are_reached_and_fit(
    browser: Browser, demo_stack: LiveStack, locale: str, popular: str
) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, locale=locale, has_touch=True
    )
    page = context.new_page()
    complaints = complaints_of(page)
    page.goto(f"{demo_stack.url}/")
    page.goto(f"{demo_stack.url}/")
    row = page.locator("#shelf-popular")
    row.scroll_into_view_if_needed()
    expect(row.get_by_role("heading", level=2)).to_have_text(popular)
    expect(row.locator(".card .stars").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert not complaints
    context.close()


def test_what_is_said_without_a_connection_is_sent_when_it_is_back(
    browser: Browser, demo_stack: LiveStack
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.goto(f"{demo_stack.url}/")
    page.goto(f"{demo_stack.url}/")
    context.set_offline(True)
    page.locator(f"{SHELF} .card").first.locator(".stars label").nth(3).click()
    expect(page.locator("#notice")).to_contain_text("not sent yet")
    context.set_offline(False)
    expect(page.locator(".receipt")).to_contain_text("4 stars")
    context.close()


def test_what_was_said_is_in_the_history_and_is_changed_there(page: Page) -> None:
    title = titles(page)[3]
    page.locator(f"{SHELF} .card").nth(3).locator(".stars label").nth(1).click()
    expect(page.locator(".receipt")).to_contain_text("2 stars")
    page.get_by_text("member", exact=True).click()
    page.get_by_role("link", name="My ratings").click()
    entry = page.locator(".entry").first
    expect(entry.locator(".entry__title")).to_have_text(title)
    entry.locator("summary").click()
    entry.get_by_role("button", name="Take the stars back").click()
    expect(entry).to_contain_text("Taken back")
    assert entry.locator("input:checked").count() == 0
