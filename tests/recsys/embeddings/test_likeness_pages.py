"""A text written beside the conditions of a rule: what is like it, and one condition more, with script and without."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from curation import actions
from curation.actions import Expected, Terms
from curation.fusion.effects import Boost
from curation.fusion.parsing import parse
from curation.models import Embedding, Likeness, Surface
from curation.queries import likeness_keys
from curation.queries.items import count, schema
from recsys.embeddings import encoders, meaning
from recsys.likenesses import actions as likeness_actions
from tests.factories import ItemFactory, UserFactory

pytestmark = pytest.mark.django_db
HEIST = "A heist in space"
TRY, USE = reverse("likenesses:try"), reverse("likenesses:use")
SCRIPT = {"HX-Request": "true"}
RULE = reverse("desk:new", args=["rule"])
WAR = {"view": "rows", "match": "all", "field-1": "title", "op-1": "contains", "value-1": "war"}
BEARINGS = ([1.0, 0.0], [0.8, 0.6], [0.0, 1.0])


@pytest.fixture
def curator(db):
    Surface.objects.get_or_create(slug="home", defaults={"name": "Home"})
    return UserFactory.create(roles=["curator"], is_staff=True)


@pytest.fixture
def desk(client, curator):
    client.force_login(curator)
    return client


@pytest.fixture
def films(monkeypatch):
    """Three films at 1, 0.8 and 0 from whatever is asked."""
    encoder = encoders.current().name
    rows = [ItemFactory.create() for _ in BEARINGS]
    for film, vector in zip(rows, BEARINGS, strict=True):
        told = {"encoder": encoder, "dimension": 2, "text_hash": "0" * 64, "vector": vector}
        Embedding.objects.create(item=film, **told)
    monkeypatch.setattr(meaning, "vector_of", lambda *_: [1.0, 0.0])
    return rows


def asked(text=HEIST, at="0.4", **more):
    return {"like_text": text, "like_at": at, **more}


def words(answer):
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def condition(key, at=0.7):
    return parse({"field": f"like.{key}", "op": "ge", "value": at}, schema())


def test_what_is_like_a_text_is_counted_and_shown_around_the_threshold(desk, films):
    answer = desk.post(TRY, asked(at="0.7"), headers=SCRIPT | {"HX-Target": "likeness-found"})
    found = answer.context["sample"]
    assert (found.within, found.read) == (2, 3)
    assert [each.item for each in found.nearest] == films[:2]
    assert [each.item for each in found.outside] == films[2:]
    assert "2 of 3 items are at least 0.70 like it" in words(answer)
    assert not Likeness.objects.exists(), "looking writes nothing"


def test_a_language_model_that_starts_is_waited_for_and_one_without_texts_is_told(
    desk, films, monkeypatch
):
    monkeypatch.setattr(meaning, "vector_of", lambda *_: None)
    answer = desk.post(TRY, asked(), headers=SCRIPT | {"HX-Target": "likeness-found"})
    assert 'hx-trigger="load delay' in words(answer)
    Embedding.objects.all().delete()
    assert "No text of an item has been read yet" in words(desk.post(TRY, asked(), headers=SCRIPT))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (WAR, {"field-2": "like.{key}", "op-2": "ge", "value-2": "0.4"}),
        ({"view": "text", "where_text": ""}, {"where_text": "like.{key} >= 0.4"}),
        (
            {"view": "text", "where_text": 'title contains "war"'},
            {"where_text": 'title contains "war" and like.{key} >= 0.4'},
        ),
    ],
)
def test_with_script_a_condition_more_stands_in_the_query(desk, films, given, wanted):
    answer = desk.post(USE, {**given, **asked()}, headers=SCRIPT)
    row = Likeness.objects.get()
    assert row.vector is not None, "it is asked at once: what the sample knew is kept"
    form = answer.context["form"]
    assert {name: form[name].value() for name in wanted} == {
        name: value.format(key=row.key) for name, value in wanted.items()
    }
    assert answer.headers["HX-Trigger-After-Settle"] == "picked"


def test_without_script_the_form_comes_back_with_a_condition_more(desk, films):
    written = {**WAR, "effect": "boost", "reason": "spring", "back": RULE}
    answer = desk.post(TRY, {**written, **asked()})
    assert answer.context["back"] == RULE
    (form,) = (each for each in answer.content.decode().split("<form") if f'action="{USE}"' in each)
    sent = dict(parse_qsl("&".join(_hidden(form))))
    assert sent["reason"] == "spring"
    answer = desk.post(USE, sent)
    assert (answer.status_code, answer["Location"]) == (307, RULE)
    page = desk.post(answer["Location"], sent)
    key = Likeness.objects.get().key
    assert page.status_code == 200
    shown = page.context["form"]
    assert (shown["field-2"].value(), shown["value-2"].value()) == (f"like.{key}", "0.4")
    assert shown["reason"].value() == "spring"


def _hidden(form):
    for part in form.split("<input")[1:]:
        told = dict(pair.split("=", 1) for pair in part.split('"> ')[0].split('" ') if "=" in pair)
        named = {name.strip(): value.strip('" >\n') for name, value in told.items()}
        yield f"{named['name']}={named['value']}"


@pytest.mark.parametrize(
    "back",
    ["https://elsewhere.example/admin/desk/", "//elsewhere.example/", "/account/", "nowhere"],
)
def test_it_leads_back_to_nothing_but_our_own_forms(desk, films, back):
    assert desk.post(TRY, asked(back=back)).context["back"] == ""
    assert desk.post(USE, asked(back=back))["Location"] == reverse("likenesses:list")


def test_a_form_offers_the_texts_that_it_names_and_no_others(desk, curator, films):
    used, other = (
        likeness_actions.write_likeness(actor=curator, text=text) for text in (HEIST, "Cooking")
    )
    named = {"field-1": f"like.{used.key}", "op-1": "ge", "value-1": "0.4", "view": "rows"}
    page = words(desk.post(reverse("desk:conditions", args=["items"]), named))
    assert "likeness to “A heist in space”" in page
    assert other.key not in page
    written = reverse("desk:complete", args=["items"])
    assert "like." not in words(desk.post(written, {"before": "", "after": ""}))
    assert other.key in words(desk.post(written, {"before": "lik", "after": ""}))
    pane = desk.post(TRY, asked("cook"), headers=SCRIPT)
    assert [row.key for row in pane.context["others"]] == [other.key], "a way to find others"
    desk.post(USE, {**WAR, **asked(""), "like_key": other.key}, headers=SCRIPT)
    assert Likeness.objects.count() == 2


def test_too_many_texts_are_refused_in_words(desk, films, monkeypatch):
    monkeypatch.setattr(likeness_keys, "MOST_KEPT", 1)
    desk.post(USE, {**WAR, **asked()}, headers=SCRIPT)
    again = desk.post(USE, {**WAR, **asked()}, headers=SCRIPT)
    assert "fault" not in again.context, "the same one is there already"
    answer = desk.post(USE, {**WAR, **asked("Another")}, headers=SCRIPT)
    assert "There are 1 texts already" in answer.context["fault"]
    assert answer.headers["HX-Retarget"] == "#likeness"


def test_what_nothing_asks_any_more_may_go(desk, curator, films):
    row = likeness_actions.write_likeness(actor=curator, text=HEIST, vector=[1.0, 0.0])
    assert count(condition(row.key)) == 2
    rule = actions.add_rule(
        actor=curator,
        surface=Surface.objects.get(slug="home"),
        effect=Boost(1.0),
        what=condition(row.key),
        terms=Terms(reason="spring"),
    )
    claim = actions.read_claim("at_least", condition(row.key), 1)
    expected = Expected(name="Heists", surface=Surface.objects.get(slug="home"), claim=claim)
    kept = actions.add_expectation(actor=curator, expected=expected)
    page = words(desk.get(reverse("likenesses:list")))
    assert "Heists" in page
    assert "Remove it" not in page
    gone = reverse("likenesses:remove", args=[row.key])
    assert "2 decisions or expectations ask" in words(desk.post(gone, follow=True))
    actions.withdraw(actor=curator, draft=rule.revision, reason="no")
    actions.retire_expectation(actor=curator, expectation=kept, reason="no")
    assert "Remove it" in words(desk.get(reverse("likenesses:list")))
    desk.post(gone)
    assert "Remove it" not in words(desk.get(reverse("likenesses:list")))
    assert count(condition(row.key)) == 2, "what asked it may be rolled back to"
    likeness_actions.write_likeness(actor=curator, text=HEIST)
    assert "Remove it" in words(desk.get(reverse("likenesses:list")))


def test_the_list_keeps_a_fixed_number_of_queries(desk, curator, films):
    def asking():
        with CaptureQueriesContext(connection) as asked:
            desk.get(reverse("likenesses:list"))
        return len(asked)

    likeness_actions.write_likeness(actor=curator, text=HEIST)
    before = asking()
    likeness_actions.write_likeness(actor=curator, text="Cooking")
    assert asking() == before
