"""Names that the product gives to change sets: each reader has them in their language, whoever's act gave them."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from curation import actions
from curation.models import ChangeSet, Decision, User
from curation.people.access import issue_token
from tests.factories import ItemFactory, UserFactory

pytestmark = pytest.mark.django_db

TERMS = {"reason": "because", "priority": "100", "holdback": "0", "traffic": "1", "change_set": ""}
SETS = reverse("desk:change-sets")
PINNED = {
    "en": "Pin “The Amélie Affair” to slot 1 · Home",
    "zh-hans": "把“The Amélie Affair”固定到第 1 位 · 首页",
}
WEIGHED = {"en": "Weights of the scorers", "zh-hans": "打分器的权重"}


@pytest.fixture
def film(db):
    return ItemFactory.create(source="shop", outside_id="amelie", title="The Amélie Affair")


@pytest.fixture(params=["en", "zh-hans"])
def writer(request):
    """Who acts: one curator in English, one in Chinese."""
    return enter(request.param)


@pytest.fixture
def readers():
    """One curator of each language, neither of whom acted."""
    return {language: enter(language) for language in PINNED}


class Speaker(Client):
    """A browser and who sits before it."""

    user: User


def enter(language):
    number = timezone.now().timestamp()
    user = UserFactory.create(
        username=f"{language}{number}", roles=["curator"], language=language, is_staff=True
    )
    client = Speaker(headers={"accept-language": language})
    client.force_login(user)
    client.user = user
    return client


def told(client, url, **query):
    answer = client.get(url, query, follow=True)
    assert answer.status_code == 200, url
    kind = answer["Content-Type"]
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode().replace("&amp;", "&"), kind


def page(client, name, *args, **query):
    return told(client, reverse(f"desk:{name}", args=args), **query)[0]


def draft_over_the_api(writer):
    """A pin in a change set that nobody named, by whoever speaks the writer's language."""
    token = issue_token(writer.user, "shop")
    answer = Client().post(
        "/api/v1/decisions/",
        {"kind": "pin", "surface": "home", "item": "amelie", "slot": 1, "reason": "so"},
        "application/json",
        headers={"authorization": f"Token {token}", "accept-language": writer.user.language},
    )
    assert answer.status_code == 201, answer.content
    return answer.json()


def heading(body):
    (found,) = re.findall(r"<h1[^>]*>(.*?)</h1>", body, re.DOTALL)
    return found.strip()


def test_what_was_pinned_at_the_desk_is_called_so_in_each_readers_language(writer, readers, film):
    url = reverse("desk:new", args=["pin"])
    writer.post(url, TERMS | {"surface": "home", "item": "amelie", "slot": "1"})
    key = ChangeSet.objects.get().pk
    for language, reader in readers.items():
        other = PINNED["en" if language == "zh-hans" else "zh-hans"]
        assert heading(page(reader, "publish", key)) == PINNED[language]
        for body in (
            page(reader, "change-sets"),
            page(reader, "history", "curation.changeset", key),
            page(reader, "audit"),
            page(reader, "audit-csv"),
        ):
            assert PINNED[language] in body
            assert other not in body


def test_an_open_draft_is_called_so_wherever_it_is_offered(writer, readers, film):
    made = draft_over_the_api(writer)
    key = ChangeSet.objects.get().pk
    other = actions.open_change_set(actor=writer.user, name="Spring")
    second = actions.pin_item(
        actor=writer.user,
        surface=Decision.objects.get().surface,
        item=ItemFactory.create(),
        slot=2,
        terms=actions.Terms(reason="so", change_set=other),
    )
    for language, reader in readers.items():
        for body in (
            page(reader, "index"),
            page(reader, "surface", "home"),
            page(reader, "decision", made["id"]),
            page(reader, "revise", made["id"]),
            page(reader, "discard", key),
            page(reader, "schedule", key),
            page(reader, "draft", other.pk, second.revision.pk),  # in a select box
        ):
            assert PINNED[language] in body
            assert PINNED["en" if language == "zh-hans" else "zh-hans"] not in body


def test_the_audit_finds_it_by_the_name_that_is_read_and_by_the_one_that_is_stored(
    writer, readers, film
):
    draft_over_the_api(writer)
    wanted = {"kind": "curation.changeset"}
    assert PINNED["en"] in page(readers["en"], "audit", q="to slot", **wanted)
    for words in ("固定到第", "to slot"):
        assert PINNED["zh-hans"] in page(readers["zh-hans"], "audit", q=words, **wanted)
    assert PINNED["zh-hans"] not in page(readers["zh-hans"], "audit", q="harvest", **wanted)


def test_machines_get_one_name_whoever_acted_and_asks(writer, readers, film):
    draft_over_the_api(writer)
    for language, reader in readers.items():
        head = {"authorization": f"Token {issue_token(reader.user, 'shop')}"}
        head["accept-language"] = language
        found = Client().get("/api/v1/change-sets/", headers=head).json()["results"]
        assert [each["name"] for each in found] == [PINNED["en"]]


def test_revising_in_another_language_stays_in_the_same_set(writer, readers, film):
    made = draft_over_the_api(writer)
    url = reverse("desk:revise", args=[made["id"]])
    for slot, reader in enumerate(readers.values(), start=2):
        form = reader.get(url).context["form"]
        base, name = form["base"].value(), form["change_set"].value()
        typed = {"item": "amelie", "slot": str(slot), "base": str(base), "change_set": name}
        assert reader.post(url, TERMS | typed).status_code == 302
    home = ChangeSet.objects.get()
    assert home.revisions.count() == 3


def test_what_the_product_names_alike_is_one_set_for_readers_of_each_language(readers, scorers):
    fields = {"weight-ease": "0.5", "weight-popularity": "1.5", "surface": "home", "beta": ""}
    for reader in readers.values():
        reader.post(reverse("desk:new-blend"), TERMS | fields | {"then": "draft"})
    key = ChangeSet.objects.get().pk
    for language, reader in readers.items():
        assert heading(page(reader, "publish", key)) == WEIGHED[language]


def test_what_people_named_is_called_so_in_every_language(readers):
    for name in ("Spring", WEIGHED["en"]):
        readers["en"].post(SETS, {"name": name})
        for reader in readers.values():
            assert name in page(reader, "change-sets")
    assert ChangeSet.objects.filter(given={}).count() == 2


def test_a_set_of_before_is_called_as_it_is_stored(readers):
    home = ChangeSet.objects.create(name="为首页屏蔽", author=readers["en"].user)
    for reader in readers.values():
        assert heading(page(reader, "publish", home.pk)) == "为首页屏蔽"


def test_an_undo_is_called_so_in_each_language_and_so_is_why(writer, readers, film):
    chosen = {"act": "block", "items": [film.pk], "confirmed": "1", "reason": "harm", "surface": ""}
    done = writer.post(reverse("desk:catalogue-act"), chosen, follow=True)
    token = done.context["receipt"]["token"]
    writer.post(reverse("desk:catalogue-undo"), {"receipt": token}, follow=True)
    assert {"Undo", "Block 1 item"} <= words_of(readers["en"])
    assert {"撤销", "屏蔽 1 个条目"} <= words_of(readers["zh-hans"])
    for language, why in (("en", "Undone from the receipt."), ("zh-hans", "从回执撤销。")):
        assert why in page(readers[language], "audit")


def words_of(reader):
    return set(re.findall(r">([^<>]+)</a>", page(reader, "change-sets")))


def test_names_cost_no_query(readers, film):
    with CaptureQueriesContext(connection) as few:
        page(readers["zh-hans"], "change-sets")
    for _ in range(3):
        draft_over_the_api(readers["en"])
    with CaptureQueriesContext(connection) as many:
        page(readers["zh-hans"], "change-sets")
    assert len(many) == len(few)
