"""The page of words: one for one in both languages."""

from __future__ import annotations

import pytest
from django.urls import reverse

from recsys.staff import glossary
from tests.factories import UserFactory

ENGLISH, CHINESE = glossary.entries("en"), glossary.entries("zh-hans")


def test_both_languages_have_the_same_words_in_the_same_order():
    assert len(ENGLISH) > 30
    assert [(each.word, each.other, each.anchor) for each in ENGLISH] == [
        (each.other, each.word, each.anchor) for each in CHINESE
    ]
    assert all(each.meaning for each in (*ENGLISH, *CHINESE))


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "entries"), [("en", ENGLISH), ("zh-hans", CHINESE)])
def test_every_word_stands_on_the_page_with_its_meaning(client, language, entries):
    client.force_login(UserFactory.create(roles=["analyst"], is_staff=True, language=language))
    page = client.get(reverse("glossary")).content.decode()
    for each in entries:
        assert f'id="{each.anchor}"' in page
        assert each.word in page
