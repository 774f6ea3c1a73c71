"""What curators do from an intent to the proof of it, on the running demo, and what becomes of two at once."""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from curation.fusion import codec
from curation.fusion.engine import fuse
from curation.fusion.seeds import seed_of
from curation.ids import new_id
from tests.acceptance.client import Client, Json, items, someone
from tests.e2e.browsing import complaints_of
from tests.processes import LiveStack

pytestmark = pytest.mark.e2e

SignIn = Callable[[str], Page]
A_WHILE_MS = 60_000
ENOUGH = 32
"""So many members on each side: of fewer than 30 nothing is told."""
SET = "A week of laughter"
COPIED = """
INSERT INTO recsys_slate (id, surface_id, subject, context, versions, engine, trace, inputs, arms, fused_at)
SELECT %s, surface_id, subject, context, versions, engine, %s, %s, arms, %s FROM recsys_slate WHERE id = %s
RETURNING id
"""


@pytest.fixture
def client(demo_stack: LiveStack) -> Client:
    return Client(**json.loads((demo_stack.var / "demo.json").read_text()))


def test_a_rule_is_written_simulated_published_seen_live_counted_and_rolled_back(
    browser: Browser, client: Client, sign_in: SignIn
) -> None:
    assert not boosted(client)
    page = sign_in("curator")
    written_in_rows_and_as_text(page, client.url)
    page.get_by_role("link", name=f"Publish “{SET}”").click()

    page.get_by_role("link", name="See the slate on Home").click()
    drafted = page.locator("#slate-drafted")
    expect(drafted).to_contain_text("changed place", timeout=A_WHILE_MS)
    page.go_back()
    page.get_by_role("link", name="Simulate on logged requests").click()
    page.get_by_role("main").get_by_role("button", name="Simulate").click()
    expect(page.get_by_text("of slates would change")).to_be_visible(timeout=A_WHILE_MS)
    page.get_by_role("link", name="To the change set").click()

    page.locator("#publish").get_by_label("Reason").fill("All week long")
    page.get_by_role("button", name="Publish 1 change").click()
    expect(page.get_by_role("heading", name="Published 1 change")).to_be_visible()
    published = page.url
    raised = a_crowd_answers(client)
    assert raised & chosen_on_the_first_page(browser, client.url)

    expect_the_lift(page)

    page.goto(published)
    page.get_by_role("link", name=re.compile("Roll back to")).click()
    page.get_by_label("Reason").fill("The week is over")
    page.get_by_role("button", name=re.compile("Roll back to version")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    assert not boosted(client)


def expect_the_lift(page: Page) -> None:
    """What the boost brought stands on its page in figures, with an interval and a verdict."""
    page.get_by_role("link", name="Boost by 2: genres has Comedy.").click()
    page.get_by_role("link", name="What it brought").click()
    page.get_by_role("button", name="Count now").click()
    brought = page.get_by_role("heading", name="What did it bring?")
    expect(brought).to_be_visible(timeout=A_WHILE_MS)
    main = page.get_by_role("main")
    expect(main).to_contain_text("Members whom it reaches answer surely better")
    told = page.locator("tr", has=page.get_by_role("rowheader", name="Clicks per 100 slates"))
    cells = [cell.strip() for cell in told.locator("th, td").all_text_contents()]
    reached, spared, more, least, most = map(float, cells[1:-1])
    # Others use the demo meanwhile, and their few answers count, too.
    assert reached > 2 * spared > 0
    assert more == pytest.approx(reached - spared, abs=0.02)
    assert 0 < least <= more <= most
    assert cells[-1] == "surely more"


def written_in_rows_and_as_text(page: Page, url: str) -> None:
    """A boost of comedies, drafted in a change set of its own."""
    page.goto(f"{url}/admin/desk/new/rule/?surface=home")
    page.get_by_label("Field 1").select_option("genres")
    expect(page.get_by_label("Comparison 1").locator("option")).to_have_count(4)
    page.get_by_label("Comparison 1").select_option("has")
    page.get_by_label("Value 1").fill("Comedy")
    page.get_by_label("Value 1").press("Tab")
    counted = page.locator("#reach div", has_text="Items").locator("dd")
    expect(counted).to_have_text(re.compile("^[1-9]"))
    page.get_by_role("button", name="Text", exact=True).click()
    expect(page.get_by_label("The query as text")).to_have_value('genres has "Comedy"')
    page.get_by_label("Effect").select_option("boost")
    page.get_by_label("Strength").fill("2")
    page.get_by_label("Reason").fill("Let us laugh")
    page.get_by_label("Holdback share").fill("0.5")
    asked_of_members(page)
    page.get_by_label("Keep as draft in").fill(SET)
    page.get_by_role("button", name="Save", exact=True).click()


def asked_of_members(page: Page) -> None:
    """A condition on members is completed as one writes; it is taken back, since nobody in particular meets one."""
    page.get_by_text("In which situations").click()
    asked = page.get_by_label("Members of whom this holds")
    asked.press_sequentially("rati")
    expect(page.locator(".complete__found [role=option]").first).to_contain_text("ratings")
    asked.press("Tab")
    expect(asked).to_have_value(re.compile("^ratings"))
    asked.fill("")


def boosted(client: Client) -> bool:
    """Whether anything on the fresh slates of a dozen newcomers has a boost of 2; half of them may be spared."""
    return any(is_reached(client.recommend(someone())) for _ in range(12))


def is_reached(slate: Json) -> bool:
    assert slate["mode"] == "fresh"
    return any(float(each["boost"]) == 2.0 for each in slate["placements"])


def chosen_on_the_first_page(browser: Browser, url: str) -> set[str]:
    """What the page of somebody who was never here says to be chosen by a curator, by its titles."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    complaints = complaints_of(page)
    page.goto(f"{url}/")
    cards = page.locator("#shelf-home .card", has_text="Chosen by a curator")
    titles = set(cards.locator(".card__title").all_inner_texts())
    context.close()
    assert not complaints
    return titles


def a_crowd_answers(client: Client) -> set[str]:
    """So many newcomers that a lift can be told: whom the boost reaches click three items, whom it spares one.

    Answers the titles of what it raised for them.
    """
    sides = Counter[bool]()
    clicks: list[Json] = []
    raised: set[str] = set()
    while min(sides[True], sides[False]) < ENOUGH:
        assert sides.total() < 10 * ENOUGH, sides
        member = someone()
        slate = client.recommend(member)
        reached = is_reached(slate)
        sides[reached] += 1
        raised |= {each["title"] for each in slate["placements"] if float(each["boost"]) == 2.0}
        common = {"kind": "click", "member": member, "impression": slate["impression"]}
        chosen = items(slate)[: 3 if reached else 1]
        clicks += [{**common, "event": str(new_id()), "item": item} for item in chosen]
    client.tell(*clicks, refresh=None)
    return raised


def test_of_two_curators_the_later_is_told_what_the_other_wrote(
    browser: Browser,
    client: Client,
    let_in: Callable[[str], StorageState],
    sign_in: SignIn,
) -> None:
    film = items(client.recommend(someone(), size=50))[40]
    pin = client.decide(kind="pin", item=film, surface="home", slot=5)
    address = f"{client.url}/admin/desk/decisions/{pin['id']}/revise/"
    context = browser.new_context(storage_state=let_in("administrator"))
    first, second = context.new_page(), sign_in("curator")
    complaints = complaints_of(first)
    for page in (first, second):
        page.goto(address)
    first.get_by_label("Slot").fill("6")
    saved(first, "Six is enough")
    expect(first.get_by_role("heading", level=1)).not_to_contain_text("Revise")
    second.get_by_label("Slot").fill("7")
    saved(second, "Seven is better")
    told = second.get_by_role("alert").filter(has_text="Somebody else has changed it meanwhile")
    expect(told.get_by_role("row", name=re.compile("^Slot"))).to_contain_text("administrator")
    expect(second.get_by_label("Slot")).to_have_value("7")
    saved(second, "Seven is better, knowing of six")
    expect(second.get_by_role("main")).to_contain_text("to slot 7")
    context.close()
    client.end(pin["id"])
    assert not complaints


def saved(page: Page, reason: str) -> None:
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Save", exact=True).click()


def test_an_emergency_block_holds_as_soon_as_it_is_saved(client: Client, sign_in: SignIn) -> None:
    member = someone()
    film = items(client.recommend(member))[0]
    page = sign_in("administrator")
    page.goto(f"{client.url}/admin/desk/new/block/?item={film}")
    page.get_by_label("Safety").check()
    saved(page, "It must not be shown to anybody")
    expect(page.get_by_role("main")).to_contain_text("Safety block")
    assert film not in items(client.recommend(member))
    assert film not in items(client.recommend(someone(), size=50))
    page.get_by_label("Reason").fill("It was a mistake")
    page.get_by_role("button", name=re.compile("^End")).click()
    expect(page.get_by_role("main")).to_contain_text("ended")
    assert film in items(client.recommend(member, size=50))


def test_a_slate_of_yesterday_is_replayed_to_the_byte(
    client: Client, demo_stack: LiveStack, sign_in: SignIn
) -> None:
    served = client.recommend(someone())
    old, then = fused_a_day_before(demo_stack, served["slate"])
    assert datetime.now(UTC) - then > timedelta(days=1)
    page = sign_in("curator")
    page.goto(f"{client.url}/slates/{old}/")
    told = page.get_by_role("main").locator("time").first.get_attribute("datetime")
    assert datetime.fromisoformat(told or "") == then
    page.get_by_role("link", name="Replay it").click()
    expect(page.get_by_role("status")).to_contain_text("identical, to the byte")


def fused_a_day_before(stack: LiveStack, slate: str) -> tuple[UUID, datetime]:
    """The slate that the engine makes of the same inputs a day before, kept beside it: its id, and when it was made."""
    [(packed,)] = stack.rows("SELECT inputs FROM recsys_slate WHERE id = %s", slate)
    inputs = codec.decode_inputs(bytes(packed))
    then = inputs.context.instant - timedelta(days=1)
    context = replace(inputs.context, instant=then)
    seed = seed_of(context.surface, context.subject, then)
    arguments = (inputs.candidates, inputs.policy, context, seed)
    trace = zlib.compress(codec.encode_slate(fuse(*arguments)), 1)
    old = new_id()
    stack.rows(COPIED, old, trace, codec.encode_inputs(*arguments), then, slate)
    return old, then
