"""What a curator does in the browser."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Locator, Page, StorageState, expect

from recsys.demo.client import Client
from tests.e2e.looking import grave
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
    browser: Browser, demo_stack: LiveStack, let_in: Callable[[str], StorageState]
) -> None:
    context = browser.new_context(java_script_enabled=False, storage_state=let_in("curator"))
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
    browser: Browser, demo_stack: LiveStack, let_in: Callable[[str], StorageState]
) -> None:
    context = browser.new_context(storage_state=let_in("curator"))
    page = context.new_page()
    page.goto(f"{demo_stack.url}/admin/desk/new/rule/")
    context.clear_cookies(name="sessionid")
    page.get_by_label("Strength").fill("1.25")
    page.get_by_label("Strength").press("Tab")
    expect(page.get_by_role("alert")).to_have_text("You are signed out. Sign in again to go on.")
    context.close()


def test_a_proposal_that_votes_speak_for_is_accepted_and_its_draft_is_seen(
    demo_stack: LiveStack, sign_in: SignIn
) -> None:
    film = _voted_down(demo_stack)
    page = sign_in("curator")
    page.goto(f"{demo_stack.url}/admin/proposals/")
    # The look that the first start asked for may still be under way; the page renews itself when it ends.
    page.get_by_role("button", name="Look again").click(timeout=120_000)
    page.get_by_role("link", name=f"Bury “{film}” for Night owls", exact=True).click(timeout=60_000)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Bury “{film}” for Night owls")
    expect(page.locator(".desk__lead")).to_contain_text("12 of 12 votes of Night owls")
    page.get_by_role("button", name="Simulate").click()
    expect(page.get_by_role("button", name="Simulate again")).to_be_visible(timeout=60_000)
    page.locator("[name=accept-change_set]").fill("From the inbox")
    page.get_by_role("button", name="Accept as a draft").click()
    expect(page.locator(".messagelist")).to_contain_text("Drafted")
    page.get_by_role("link", name="The draft").click()
    expect(page.get_by_role("main")).to_contain_text("Bury by 1")
    expect(page.get_by_role("main")).to_contain_text("From the inbox")


def _voted_down(stack: LiveStack) -> str:
    """The title of a film that is served to a dozen new members of a segment, who all vote it down."""
    told = json.loads((stack.var / "demo.json").read_text())
    client = Client(told["url"], told["tokens"]["client"])
    owls = [f"owl-{place}" for place in range(12)]
    slates = [client.recommend(owl, size=20)["placements"] for owl in owls]
    served = Counter(row["item"] for slate in slates for row in slate)
    film, times = served.most_common(1)[0]
    assert times == len(owls), "what is liked most is served to everybody who is new"
    client.tell(
        [{"event": f"no-{owl}", "member": owl, "item": film, "kind": "dislike"} for owl in owls]
    )
    _put(told, "segments/night-owls/", "PUT", {"name": "Night owls"})
    _put(told, "segments/night-owls/members/", "POST", {"add": owls})
    return str(next(row["title"] for row in slates[0] if row["item"] == film))


def _put(told: dict[str, Any], path: str, method: str, body: dict[str, Any]) -> None:
    """Call the API as the curator."""
    head = {
        "Authorization": f"Token {told['tokens']['curator']}",
        "Content-Type": "application/json",
    }
    data = json.dumps(body).encode()
    asked = Request(f"{told['url']}/api/v1/{path}", data, head, method=method)
    with urlopen(asked, timeout=30) as answer:
        assert answer.status < 300


def text_of_a_new_rule(page: Page, demo_stack: LiveStack) -> Locator:
    page.goto(f"{demo_stack.url}/admin/desk/new/rule/?surface=home")
    page.get_by_role("button", name="Text", exact=True).click()
    query = page.get_by_label("The query as text")
    query.click()
    return query


def test_a_query_is_completed_by_keyboard(demo_stack: LiveStack, sign_in: SignIn) -> None:
    page = sign_in("curator")
    query = text_of_a_new_rule(page, demo_stack)
    offered = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    query.press_sequentially("genr")
    expect(offered.first).to_contain_text("genres")
    expect(query).to_have_attribute("aria-expanded", "true")
    query.press("Enter")
    expect(query).to_have_value("genres ")
    expect(offered).to_have_count(4)
    query.press("ArrowDown")
    expect(query).to_have_attribute("aria-activedescendant", "suggestion-1")
    query.press("Tab")
    expect(query).to_have_value("genres has ")
    query.press_sequentially('"Wa')
    expect(offered.filter(has_text="War")).to_have_attribute("aria-selected", "true")
    assert not list(grave(page, ".complete")), "a list that is open"
    query.press("Tab")
    expect(query).to_have_value('genres has "War"')
    expect(offered).to_have_text(["and", "or"])
    said = page.locator(".complete", has=query).locator("[data-said]")
    expect(said).to_have_text("2 suggestions")
    query.press("Escape")
    expect(offered).to_have_count(0)
    expect(query).to_be_focused()


def test_a_rule_is_written_as_text_counted_drafted_and_seen_in_rows(
    demo_stack: LiveStack, sign_in: SignIn
) -> None:
    page = sign_in("curator")
    query = text_of_a_new_rule(page, demo_stack)
    query.press_sequentially('genres has "War" and year')
    query.press("Escape")
    fault = page.locator("#query-fault")
    expect(fault).to_contain_text("Column 26: expected one of =")
    expect(query).to_have_attribute("aria-invalid", "true")
    query.press_sequentially(" >= 1980")
    expect(fault).to_be_empty()
    expect(query).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("#reach dt", has_text="Items")).to_be_visible()

    page.get_by_label("Effect").select_option("exclude")
    page.get_by_label("Reason").fill("No war films of late")
    page.get_by_label("Keep as draft in").fill("Written as text")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("year is at least 1980")
    page.get_by_role("link", name="Revise").click()
    rows = page.get_by_role("group", name="Condition")
    expect(rows).to_have_count(2)
    expect(rows.first.get_by_label("Value 1")).to_have_value("War")
    expect_a_group_by_keyboard(page)
    page.get_by_role("button", name="Text", exact=True).click()
    expect(query).to_have_value(
        'genres has "War" and year >= 1980 and (title exists or not any(year is missing))'
    )


def expect_a_group_by_keyboard(page: Page) -> None:
    """Each button leaves the focus where one goes on, and all of it can be read on a phone."""
    page.get_by_role("button", name="Add a group", exact=True).press("Enter")
    group = page.get_by_role("group", name="Group 3", exact=True)
    expect(group.get_by_label("Items for which")).to_be_focused()
    group.get_by_label("Field 3.1").select_option("title")
    expect(group.get_by_label("Comparison 3.1").locator("option")).to_have_count(7)
    group.get_by_label("Comparison 3.1").select_option("exists")
    group.get_by_role("button", name="Add a group").press("Enter")
    inner = page.get_by_role("group", name="Group 3.2", exact=True)
    inner.get_by_label("Items for which").select_option("none")
    inner.get_by_role("button", name="Add a condition").press("Enter")
    expect(inner.get_by_label("Field 3.2.2")).to_be_focused()
    inner.get_by_label("Field 3.2.2").select_option("year")
    expect(inner.get_by_label("Comparison 3.2.2").locator("option")).to_have_count(9)
    inner.get_by_label("Comparison 3.2.2").select_option("missing")
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert not list(grave(page, "#conditions"))
    page.set_viewport_size({"width": 1280, "height": 900})
    inner.get_by_role("button", name="Remove Condition 3.2.1").press("Enter")
    expect(inner.get_by_role("button", name="Add a condition")).to_be_focused()
