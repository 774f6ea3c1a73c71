"""The shelves of the member's pages, with a worker: they answer an act, go on without repeats, obey blocks."""

from __future__ import annotations

import re
from html import unescape
from uuid import UUID, uuid4

import pytest
from django.urls import reverse

from curation.actions import block_item, publish_decision
from curation.models import Member, Surface
from feedback.models import Impression, Rating
from tests.factories import UserFactory
from tests.recsys.slates.asking import TERMS, person, rate

HTMX = {"HX-Request": "true"}


@pytest.fixture
def ada(client, world, realtime, settings):
    """Somebody who has signed in, and waits for a fresh slate."""
    settings.DOORBELL_BUDGET_MS = 10_000
    user = UserFactory.create(username=f"ada-{uuid4()}", roles=["member"])
    client.force_login(user)
    return user


@pytest.fixture
def popular(world):
    return Surface.objects.create(slug="popular", name="Popular")


def shown(page):
    """The items of the cards, in their order."""
    return [UUID(each) for each in re.findall(r'id="card-\w+-([0-9a-f]{32})"', page)]


def state(page, name="home"):
    """What the page says of a shelf with each act."""
    start = page.index(f'id="state-{name}"')
    part = page[start : page.index("</div>", start)]
    return dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', part))


def get(client, path="/", **headers):
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def act(client, item, page, name="home", **fields):
    body = {"nonce": uuid4().hex[:12], **state(page, name), **fields}
    headers = HTMX | {"HX-Target": f"shelf-{name}"}
    answer = client.post(reverse("feedback-on-item", args=[item]), body, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def undo(client, page, name="home"):
    told = dict(re.findall(r'name="(event|item)" value="([^"]*)"', page))
    headers = HTMX | {"HX-Target": f"shelf-{name}"}
    answer = client.post(reverse("undo-feedback"), told | state(page, name), headers=headers)
    return answer.content.decode()


def test_what_was_rated_keeps_its_place_with_its_stars_and_the_rest_follows_the_new_slate(
    client, ada
):
    page = get(client)
    before = shown(page)
    answer = act(client, before[3], page, stars="5")
    after = shown(answer)
    assert after[3] == before[3]
    assert len(after) == len(before) == len(set(after))
    assert after != before
    card = answer[answer.index(f"card-home-{before[3].hex}") :]
    assert re.search(r'value="5" id="s5-[^"]*" checked', card)
    assert "5 stars" in answer
    assert "New here:" in answer or "up:" in answer
    assert before[3] not in shown(get(client))


def test_what_was_rated_before_keeps_its_place_too(client, ada):
    page = get(client)
    before = shown(page)
    page = act(client, before[1], page, stars="4")
    page = act(client, shown(page)[5], page, kind="like")
    assert shown(page)[1] == before[1]


def test_what_is_taken_back_is_where_the_slate_puts_it(client, ada):
    page = get(client)
    before = shown(page)
    answer = act(client, before[3], page, stars="5")
    back = undo(client, answer)
    assert shown(back) == before
    assert "Taken back" in back


def test_what_does_not_interest_leaves_its_shelf_at_once(client, ada):
    page = get(client)
    item = shown(page)[2]
    answer = act(client, item, page, kind="not_interested")
    assert item not in shown(answer)
    assert len(shown(answer)) == len(shown(page))


def test_a_double_click_is_one_act(client, ada):
    page = get(client)
    item = shown(page)[0]
    for _ in range(2):
        act(client, item, page, kind="like", nonce="same-nonce")
    assert Rating.objects.get(item_id=item).thumb == 1


def test_showing_more_repeats_nothing_and_comes_to_an_end(client, ada):
    page = get(client)
    seen = shown(page)
    while onward := re.search(r'hx-get="([^"]+)" hx-target="#onward-home"', page):
        page = get(client, unescape(onward[1]), **HTMX)
        seen += shown(page)
        assert len(seen) < 100
    assert len(seen) == len(set(seen)) == 48
    assert "That is all for now" in page


def test_without_scripts_more_is_a_page_of_its_own(client, ada):
    page = get(client)
    onward = re.search(r'href="(/shelves/home/\?shown=[^"]+)"', page)
    assert onward is not None
    further = get(client, unescape(onward[1]))
    assert "<html" in further
    assert not set(shown(further)) & set(shown(page))


def test_a_shelf_below_leaves_out_what_stands_above_it(client, ada, popular):
    page = get(client)
    told = re.search(r'hx-get="/shelves/popular/" hx-vals="([^"]+)"', page)
    assert told is not None
    without = re.search(r'"without": "([^"]+)"', unescape(told[1]))
    assert without is not None
    row = get(client, f"/shelves/popular/?row=1&without={without[1]}", **HTMX)
    assert shown(row)
    assert not set(shown(row)) & set(shown(page))
    assert "<html" not in row


def test_each_shelf_logs_its_impressions_under_its_own_surface(client, ada, popular):
    get(client, "/shelves/popular/", **HTMX)
    assert set(Impression.objects.values_list("surface", flat=True)) == {"popular"}


def test_a_blocked_item_is_on_no_shelf_nor_found(client, ada, popular, world):
    curator = person("curator")
    item = shown(get(client, "/shelves/popular/"))[0]
    blocked = next(each for each in world.items if each.pk == item)
    draft = block_item(actor=curator, surface=None, item=blocked, terms=TERMS)
    publish_decision(actor=curator, draft=draft)
    for path in ("/", "/shelves/popular/", f"/search/?q={blocked.title}"):
        page = get(client, path)
        assert item.hex not in page
        assert str(item) not in page
    assert client.get(f"/items/{item}/").status_code == 404


def test_what_was_liked_brings_a_shelf_of_what_goes_with_it(client, ada, world):
    assert "Because you liked" not in get(client)
    page = get(client)
    liked = world.war[0]
    act(client, liked.pk, page, kind="like")
    home = get(client)
    assert f"Because you liked {liked.title}" in home
    row = get(client, f"/shelves/because/?of={liked.pk}&row=1", **HTMX)
    assert shown(row)
    assert liked.pk not in shown(row)


def test_an_act_on_another_shelf_answers_with_that_shelf(client, ada, popular):
    page = get(client, "/shelves/popular/")
    before = shown(page)
    answer = act(client, before[2], page, "popular", stars="3")
    assert 'id="shelf-popular"' in answer
    assert shown(answer)[2] == before[2]


def test_why_an_item_stands_there_is_one_sentence_on_the_shelf(client, ada, world):
    page = get(client)
    act(client, world.war[0].pk, page, stars="5")
    page = get(client)
    asked = re.search(r'hx-get="(/slates/[^"]+)"', page)
    assert asked is not None
    told = get(client, asked[1], **HTMX)
    assert "<html" not in told
    assert "<p>" in told
    assert "<html" in get(client, asked[1])


def test_whoever_has_spoken_of_everything_is_told_so(client, ada, world):
    own = get(client)
    assert "Nothing is left to show" not in own
    member = Member.objects.get(subject=Impression.objects.latest("served_at").subject)
    for item in world.items:
        rate(member, item, event=f"of {item.pk}")
    assert "Nothing is left to show" in get(client)
