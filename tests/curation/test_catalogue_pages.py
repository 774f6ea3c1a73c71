"""The catalogue at the desk: items are found, acted on together, and every act can be taken back exactly."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from curation import actions, counters
from curation.actions import Terms
from curation.fusion.effects import Bury
from curation.fusion.query import ItemList
from curation.models import Block, Decision, Embedding, Item, ItemStats
from curation.policies.loading import load_policy
from tests.factories import ItemFactory, UserFactory

LIST = reverse("desk:catalogue")
ACT = reverse("desk:catalogue-act")
UNDO = reverse("desk:catalogue-undo")
CONFIRMED = {"confirmed": "1", "reason": "because"}


@pytest.fixture
def desk(client, curator):
    curator.is_staff = True
    curator.save()
    client.force_login(curator)
    return client


def titles(desk, **asked):
    answer = desk.get(LIST, asked)
    assert answer.status_code == 200
    shown = [entry.item.title for entry in answer.context["entries"]]
    return shown if asked.get("order") else sorted(shown)


def act(desk, way, items, **fields):
    keys = [str(item.pk) for item in items]
    return desk.post(ACT, {"act": way, "items": keys, **CONFIRMED, **fields}, follow=True)


def undo(desk, answer):
    return desk.post(UNDO, {"receipt": answer.context["receipt"]["token"]}, follow=True)


def blocked():
    return set(Block.objects.filter(ended_at=None).values_list("item_id", flat=True))


def test_the_catalogue_is_narrowed_by_what_the_url_says(desk, films):
    war, comedy, both = "A war film", "A comedy", "A war comedy"
    for film, title in zip(films, (war, comedy, both), strict=True):
        Item.objects.filter(pk=film.pk).update(title=title)
    Item.objects.filter(pk=films[1].pk).update(active=False, provider="Studio")
    assert titles(desk) == [comedy, both, war]
    assert titles(desk, **{"tag-genres": "War"}) == [both, war]
    assert titles(desk, active="no") == [comedy]
    assert titles(desk, provider="Studio") == [comedy]
    assert titles(desk, q="comedy war") == [both]
    assert titles(desk, field="year", value="1951-1952") == [comedy, both]
    assert titles(desk, field="year", value="1950") == [war]
    assert titles(desk, field="director", value="D1") == [comedy]
    assert titles(desk, q=films[1].outside_id) == [comedy]
    assert titles(desk, q="nothing like it") == []


def test_items_that_scorers_hardly_know_are_found(desk, films):
    ItemStats.objects.create(item=films[0], ratings=3)
    Embedding.objects.create(
        item=films[1], encoder="small", dimension=2, text_hash="0", vector=[1, 0]
    )
    rated, embedded = films[0].title, films[1].title
    assert rated not in titles(desk, without="ratings")
    assert embedded not in titles(desk, without="embedding")
    assert len(titles(desk, without="ratings")) == 2


def test_items_that_are_decided_about_are_found(desk, curator, home, films):
    for draft in (
        actions.pin_item(actor=curator, surface=home, item=films[0], slot=1),
        actions.block_item(actor=curator, item=films[1]),
    ):
        actions.publish_decision(actor=curator, draft=draft)
    assert titles(desk, decided="pinned") == [films[0].title]
    assert titles(desk, decided="blocked") == [films[1].title]


def test_items_stand_in_the_order_asked_for(desk, films):
    ItemStats.objects.create(item=films[2], ratings=9)
    Item.objects.filter(pk=films[1].pk).update(published_on=date(2020, 1, 1))
    assert titles(desk, order="rated")[0] == films[2].title
    assert titles(desk, order="newest")[0] == films[1].title


@pytest.mark.parametrize(
    "asked",
    [
        {"page": "0"},
        {"page": "999999999"},
        {"page": "x"},
        {"field": "year", "value": "soon"},
        {"order": "by magic"},
        {"q": "%_\\'\""},
        {"view": "<script>"},
        {"tag-genres": "No such"},
    ],
)
def test_filters_that_cannot_be_read_break_nothing(desk, films, asked):
    assert desk.get(LIST, asked).status_code == 200


def test_titles_of_any_kind_are_written_as_they_are(desk):
    for title in ("<script>alert(1)</script>", "ف" * 200, "很" * 200):
        ItemFactory.create(title=title)
    for view in ("list", "grid"):
        page = desk.get(LIST, {"view": view}).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_an_act_says_what_it_touches_before_it_is_done(desk, curator, home, films):
    for draft in (
        actions.pin_item(actor=curator, surface=home, item=films[0], slot=1),
        actions.block_item(actor=curator, item=films[1]),
    ):
        actions.publish_decision(actor=curator, draft=draft)
    ItemStats.objects.create(item=films[0], shown=40)
    keys = [str(film.pk) for film in films]
    answer = desk.post(ACT, {"act": "block", "items": keys})
    touched = answer.context["touched"]
    assert (touched.items, touched.already, touched.pinned, touched.shown) == (3, 1, 1, 40)
    assert blocked() == {films[1].pk}, "nothing is done before it was confirmed"


def test_items_are_blocked_together_and_exactly_those_come_back(desk, curator, films):
    draft = actions.block_item(actor=curator, item=films[0])
    actions.publish_decision(actor=curator, draft=draft)
    done = act(desk, "block", films)
    assert blocked() == {film.pk for film in films}
    assert Decision.objects.count() == 3, "what was blocked already is not blocked twice"
    undo(desk, done)
    assert blocked() == {films[0].pk}


def test_an_undo_leaves_alone_what_others_ended_since(desk, curator, films):
    done = act(desk, "block", films)
    one = Block.objects.get(item=films[0]).decision
    end = actions.end_decision(actor=curator, decision=one, reason="mine")
    actions.publish_decision(actor=curator, draft=end)
    page = undo(desk, done).content.decode()
    assert "2 of 3" in page
    assert blocked() == set()


def test_blocks_can_wait_in_a_change_set_and_be_taken_out_again(desk, films):
    done = act(desk, "block", films[:2], change_set="Spring")
    assert blocked() == set()
    assert Decision.objects.count() == 2
    undo(desk, done)
    assert all(hasattr(one.revisions.get(), "withdrawal") for one in Decision.objects.all())


def test_one_rule_buries_the_list_and_ends_again(desk, home, films):
    done = act(desk, "bury", films[:2], surface="home", strength="1.5")
    home.refresh_from_db()
    (rule,) = load_policy(home, timezone.now()).rules
    assert isinstance(rule.what, ItemList)
    assert set(rule.what.items) == {films[0].pk, films[1].pk}
    assert rule.effect == Bury(1.5)
    undo(desk, done)
    home.refresh_from_db()
    assert load_policy(home, timezone.now()).rules == ()


@pytest.mark.parametrize(
    ("typed", "spared"), [({}, actions.SPARED), ({"holdback": ""}, 0.05), ({"holdback": "0"}, 0)]
)
def test_a_rule_over_the_list_spares_some_unless_its_writer_says_otherwise(
    desk, home, films, typed, spared
):
    act(desk, "bury", films[:2], surface="home", strength="1.5", **typed)
    home.refresh_from_db()
    assert [rule.holdback for rule in load_policy(home, timezone.now()).rules] == [spared]


def test_items_are_switched_off_and_exactly_those_come_back(desk, films):
    Item.objects.filter(pk=films[0].pk).update(active=False)
    before = counters.read()["catalogue"]
    done = act(desk, "deactivate", films)
    assert not Item.objects.filter(active=True).exists()
    assert counters.read()["catalogue"] > before, "slates have to learn of it"
    undo(desk, done)
    assert not Item.objects.get(pk=films[0].pk).active, "it was inactive before"
    assert Item.objects.filter(active=True).count() == 2


@pytest.mark.parametrize(
    ("way", "fields", "words"),
    [
        ("block", {"reason": ""}, "This field is required"),
        ("bury", {"strength": "9"}, "less than or equal to 2"),
        ("activate", {}, "so already"),
        ("erase", {}, "what to do with it"),
    ],
)
def test_an_act_that_cannot_be_done_says_why(desk, films, way, fields, words):
    assert words in act(desk, way, films, **fields).content.decode()
    assert not Decision.objects.exists()


def test_an_act_on_nothing_is_refused(desk, films):
    assert "Choose at least one item" in act(desk, "block", []).content.decode()
    answer = desk.post(ACT, {"act": "block", "items": ["nonsense"], **CONFIRMED}, follow=True)
    assert "Choose at least one item" in answer.content.decode()


def test_a_receipt_is_good_for_whoever_did_it(desk, films):
    done = act(desk, "block", films)
    token = done.context["receipt"]["token"]
    assert (
        "no longer valid" in desk.post(UNDO, {"receipt": token + "x"}, follow=True).content.decode()
    )
    desk.force_login(UserFactory.create(username="other", roles=["curator"], is_staff=True))
    assert "not yours" in desk.post(UNDO, {"receipt": token}, follow=True).content.decode()
    assert len(blocked()) == 3


def test_the_page_of_an_item_tells_what_is_decided_about_it(desk, curator, home, films):
    where = {"field": "genres", "op": "has", "value": "War"}
    fields = {
        "effect": "exclude",
        "match": "all",
        "holdback": "0",
        "traffic": "1",
        "priority": "100",
    }
    desk.post(
        reverse("desk:new", args=["rule"]),
        {**fields, "surface": "home", "reason": "no war", "change_set": "", "where": str(where).replace("'", '"')},
    )  # fmt: skip
    draft = actions.pin_item(
        actor=curator, surface=home, item=films[1], slot=1, terms=Terms(reason="funny")
    )
    actions.publish_decision(actor=curator, draft=draft)
    war = desk.get(reverse("desk:catalogue-item", args=[films[0].pk]))
    comedy = desk.get(reverse("desk:catalogue-item", args=[films[1].pk]))
    assert [len(war.context[name]) for name in ("decided", "rules")] == [0, 1]
    assert [len(comedy.context[name]) for name in ("decided", "rules")] == [1, 0]
    end = actions.end_decision(actor=curator, decision=draft.decision, reason="stale")
    actions.publish_decision(actor=curator, draft=end)
    comedy = desk.get(reverse("desk:catalogue-item", args=[films[1].pk]))
    assert comedy.context["decided"] == []
    assert comedy.context["past"]


def test_the_catalogue_asks_a_fixed_number_of_questions(desk, films, django_assert_max_num_queries):
    for at in range(60):
        item = ItemFactory.create(attributes={"genres": [f"Genre {at}"]})
        ItemStats.objects.create(item=item)
    for url in (LIST, f"{LIST}?view=grid", reverse("desk:catalogue-item", args=[films[0].pk])):
        with django_assert_max_num_queries(15):
            desk.get(url)


def test_the_catalogue_is_for_curators(client, stranger, films):
    client.force_login(stranger)
    assert client.get(LIST).status_code == 403
    assert (
        client.post(ACT, {"act": "block", "items": [films[0].pk], **CONFIRMED}).status_code == 403
    )
    assert not Block.objects.exists()
