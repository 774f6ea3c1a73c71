"""What a member does in the browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.processes import LiveStack

pytestmark = pytest.mark.e2e
SignIn = Callable[[str], Page]


def titles(page: Page) -> list[str]:
    return page.locator("#shelf .card__title").all_inner_texts()


def test_a_rating_answers_with_a_receipt_and_another_shelf_and_can_be_undone(
    sign_in: SignIn,
) -> None:
    page = sign_in("member")
    before = titles(page)
    page.locator("#shelf .card").first.locator(".stars label").nth(4).click()
    receipt = page.locator(".receipt")
    expect(receipt).to_contain_text("5 stars")
    assert before[0] not in titles(page)
    receipt.get_by_role("button", name="Undo").click()
    expect(receipt).to_contain_text("Taken back")
    assert before[0] in titles(page)


def test_what_does_not_interest_leaves_the_shelf(sign_in: SignIn) -> None:
    page = sign_in("member")
    before = titles(page)
    page.locator("#shelf .card").nth(1).get_by_role("button", name="Not interested").click()
    expect(page.locator(".receipt")).to_contain_text("will not come back")
    assert before[1] not in titles(page)
    page.locator(".receipt").get_by_role("button", name="Undo").click()


def test_stars_can_be_set_with_the_keyboard(sign_in: SignIn) -> None:
    page = sign_in("member")
    page.locator("#shelf .card").nth(2).locator("input[type=radio]").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".receipt")).to_contain_text("2 stars")
    page.locator(".receipt").get_by_role("button", name="Undo").click()


def test_rating_and_undoing_work_without_scripts(
    browser: Browser, demo_stack: LiveStack, sign_in: SignIn
) -> None:
    state = sign_in("member").context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    page = context.new_page()
    page.goto(f"{demo_stack.url}/")
    page.locator("#shelf .card").first.get_by_role("button", name="Like", exact=True).click()
    expect(page.locator(".receipt")).to_contain_text("You like")
    page.locator(".receipt").get_by_role("button", name="Undo").click()
    expect(page.locator(".receipt")).to_contain_text("Taken back")
    context.close()


def test_an_item_has_its_page_with_similar_items(sign_in: SignIn) -> None:
    page = sign_in("member")
    title = titles(page)[0]
    page.locator("#shelf .card__title a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("heading", name="Similar")).to_be_visible()
