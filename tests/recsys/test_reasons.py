"""The words for reasons: there are some for every reason that fusing gives, in each language of the request."""

from __future__ import annotations

import pytest
from django.utils import translation
from django.utils.functional import lazy

from curation.field_words import scorer_called
from curation.fusion.explain import REASONS
from recsys.ml.families.registry import FAMILIES
from recsys.screens.reasons import SCORERS, TEXTS, text_of


@pytest.mark.parametrize("code", [code for code in REASONS if code != "scorer"])
def test_every_reason_of_the_engine_has_words(code):
    assert text_of({"code": code, "parameters": {}}) != code
    assert text_of({"code": code}) == text_of({"code": code, "parameters": {}})


@pytest.mark.parametrize("scorer", FAMILIES)
def test_every_scorer_has_words(scorer):
    assert text_of({"code": "scorer", "parameters": {"scorer": scorer}}) == str(SCORERS[scorer])
    assert text_of({"code": "scorer", "scorer": scorer}) == str(SCORERS[scorer])


@pytest.mark.parametrize("scorer", FAMILIES)
def test_curators_and_operators_call_a_scorer_alike(scorer):
    assert scorer_called(scorer) == FAMILIES[scorer].title


def test_a_scorer_of_a_later_version_is_named():
    assert "oracle" in text_of({"code": "scorer", "parameters": {"scorer": "oracle"}})
    assert text_of({"code": "unheard_of"}) == "unheard_of"


def test_words_are_kept_by_language(monkeypatch):
    spoken = lazy(lambda: f"in {translation.get_language()}", str)
    monkeypatch.setitem(TEXTS, "pinned in a test", spoken())
    for language in ("en", "zh-hans", "en"):
        with translation.override(language):
            assert text_of({"code": "pinned in a test"}) == f"in {language}"
