"""The desk's catalogue beside its words: the items near in meaning, which bulk acts take along."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from curation.models import Embedding, Item
from recsys.embeddings import encoders, meaning, near_views
from tests.factories import ItemFactory, UserFactory

AT = [1.0, 0.0, 0.0]


@pytest.fixture
def desk(client, db):
    client.force_login(UserFactory.create(username="curator", roles=["curator"], is_staff=True))
    return client


@pytest.fixture
def asked(monkeypatch):
    """What the encoder is asked; it answers with one vector."""
    told = []

    def answer(words, budget_s=meaning.BUDGET_S):
        told.append((words, budget_s))
        return AT

    monkeypatch.setattr(meaning, "vector_of", answer)
    return told


def embedded(title, vector, **other):
    item = ItemFactory.create(title=title, description="", **other)
    Embedding.objects.create(
        item=item,
        encoder=encoders.current().name,
        dimension=len(vector),
        text_hash="x",
        vector=vector,
    )
    return item


def pane(desk, words="battle", **other):
    url = reverse("catalogue-near")
    return desk.get(url, {"q": words, **other}, headers={"HX-Request": "true"}).content.decode()


def page(desk, **asked):
    return desk.get(reverse("desk:catalogue"), asked).content.decode()


def ticks(text):
    return re.findall(r'type="checkbox" name="items" value="([^"]*)"', text)


def test_the_pane_ticks_what_is_near_nearest_first_without_what_holds_the_words(desk, asked):
    near = embedded("Siege", [1.0, 0.2, 0.0])
    nearer = embedded("Waterloo", [1.0, 0.1, 0.0])
    embedded("The battle", AT)
    embedded("Flowers", [-1.0, 0.0, 0.0])
    text = pane(desk)
    assert ticks(text) == [str(nearer.pk), str(near.pk)]
    assert "<html" not in text
    assert asked == [("battle", meaning.BUDGET_S)]


def test_the_filters_in_the_url_hold_in_the_pane_too(desk, asked):
    embedded("Siege", AT)
    inactive = embedded("Waterloo", AT, active=False)
    assert ticks(pane(desk, active="no")) == [str(inactive.pk)]


@pytest.mark.parametrize("title", ["The battle", "Another thing"])
def test_the_catalogue_fetches_the_pane_into_its_form_whether_or_not_words_found_anything(
    desk, title
):
    ItemFactory.create(title=title)
    text = page(desk, q="battle")
    url = f"{reverse('catalogue-near')}?q=battle"
    forms = re.findall(r'<form method="post" action="([^"]*)"(.*?)</form>', text, re.DOTALL)
    (within,) = [form for to, form in forms if to == reverse("desk:catalogue-act")]
    assert f'hx-get="{url}"' in within
    assert f'<noscript><a href="{url}">' in within
    assert 'name="act"' in within


def test_without_words_or_in_chinese_there_is_nothing_to_fetch(desk):
    ItemFactory.create(title="The battle")
    assert reverse("catalogue-near") not in page(desk)
    desk.cookies["django_language"] = "zh-hans"
    assert reverse("catalogue-near") not in page(desk, q="battle")


def test_what_is_ticked_in_the_pane_is_acted_upon(desk, asked):
    found = [embedded("Siege", AT), embedded("Waterloo", AT)]
    told = {"act": "deactivate", "items": ticks(pane(desk)), "back": "q=battle"}
    confirm = desk.post(reverse("desk:catalogue-act"), told).content.decode()
    assert all(item.title in confirm for item in found)
    desk.post(reverse("desk:catalogue-act"), {**told, "confirmed": "1", "reason": "tired"})
    assert not Item.objects.filter(active=True).exists()


def test_without_script_it_is_a_page_with_its_own_form_and_more_patience(desk, asked):
    item = embedded("Siege", AT)
    text = desk.get(reverse("catalogue-near"), {"q": "battle"}).content.decode()
    assert ticks(text) == [str(item.pk)]
    assert f'action="{reverse("desk:catalogue-act")}"' in text
    assert 'name="back" value="q=battle"' in text
    assert asked == [("battle", near_views.PATIENCE_S)]


def test_a_late_encoder_is_said_and_asked_again(desk, monkeypatch):
    embedded("Siege", AT)
    monkeypatch.setattr(meaning, "vector_of", lambda _words, _budget_s: None)
    text = pane(desk)
    assert "The language model is being started" in text
    assert f'hx-get="{reverse("catalogue-near")}?q=battle" hx-trigger="load delay' in text
    assert "Look again" in text


def test_nothing_is_asked_of_the_encoder_in_vain(desk, asked):
    assert "embed the items first" in pane(desk)
    embedded("Siege", AT)
    assert "Look for words first" in pane(desk, "")
    assert "Look for words first" in pane(desk, "…")
    desk.cookies["django_language"] = "zh-hans"
    assert ticks(pane(desk)) == []
    assert asked == []


def test_the_pane_keeps_its_number_of_queries(desk, asked, django_assert_max_num_queries):
    for at in range(12):
        embedded(f"Siege {at}", AT)
    with django_assert_max_num_queries(14):
        assert len(ticks(pane(desk))) == 12
