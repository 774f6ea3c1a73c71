"""What a curator does in the browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.processes import LiveStack

pytestmark = pytest.mark.e2e
SignIn = Callable[[str], Page]


def test_a_weight_is_moved_seen_drafted_published_and_taken_back(
    demo_stack: LiveStack, sign_in: SignIn
) -> None:
    page = sign_in("curator")
    page.goto(f"{demo_stack.url}/admin/desk/blends/new/?surface=home")
    said = page.locator(".slates__said")
    expect(said).to_contain_text("Nothing changes in these slots")
    slider = page.locator("[data-slider]", has_text="popularity").locator("input[type=range]")
    slider.focus()
    slider.press("Home")
    expect(said).to_contain_text("changed place")
    expect(page.locator("#slate-drafted .diff__move--new").first).to_be_visible()
    page.locator("#slate-drafted summary").first.click()
    expect(page.locator("#slate-drafted svg.waterfall")).to_be_visible()

    page.get_by_label("Reason").fill("Less of what everybody likes")
    page.get_by_label("Keep as draft in").fill("A browser's weights")
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A browser's weights")
    page.get_by_role("link", name="See the slate on Home").click()
    expect(page.locator("#slate-drafted")).to_contain_text("changed place")
    page.go_back()

    page.get_by_label("Reason").fill("Seen, and wanted")
    page.get_by_role("button", name="Publish 1 change").click()
    expect(page.get_by_role("heading", name="Published 1 change")).to_be_visible()
    page.get_by_role("link", name="Roll back to").click()
    page.get_by_label("Reason").fill("It was a try")
    page.get_by_role("button", name="Roll back to").click()
    expect(page.locator(".messagelist")).to_contain_text("Published")


def test_a_blend_is_tried_without_scripts(
    browser: Browser, demo_stack: LiveStack, sign_in: SignIn
) -> None:
    state = sign_in("curator").context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    page = context.new_page()
    page.goto(f"{demo_stack.url}/admin/desk/blends/new/?surface=home")
    page.locator("[name=weight-popularity]").fill("0")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".slates__said")).to_contain_text("changed place")
    page.get_by_role("link", name="Back to the blend").click()
    expect(page.locator("[name=weight-popularity]")).to_have_value("0")
    context.close()


def test_a_form_is_sent_once_however_often_its_button_is_pressed(
    demo_stack: LiveStack, sign_in: SignIn
) -> None:
    page = sign_in("curator")
    page.goto(f"{demo_stack.url}/admin/desk/change-sets/")
    sent: list[str] = []
    page.on("request", lambda told: sent.append(told.url) if told.method == "POST" else None)
    page.get_by_label("Name").fill("Opened by two clicks")
    page.get_by_role("button", name="Open", exact=True).dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Opened by two clicks")
    assert len(sent) == 1


def test_who_is_signed_out_meanwhile_is_told_where_a_part_of_the_page_was_to_come(
    browser: Browser, demo_stack: LiveStack, sign_in: SignIn
) -> None:
    context = browser.new_context(storage_state=sign_in("curator").context.storage_state())
    page = context.new_page()
    page.goto(f"{demo_stack.url}/admin/desk/new/rule/")
    context.clear_cookies(name="sessionid")
    page.get_by_label("Strength").fill("1.25")
    page.get_by_label("Strength").press("Tab")
    expect(page.get_by_role("alert")).to_have_text("You are signed out. Sign in again to go on.")
    context.close()
