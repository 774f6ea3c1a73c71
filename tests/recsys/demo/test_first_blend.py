"""The demo's first blend: on both surfaces, or wanted still."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.conf import settings

from curation import actions, installation
from curation.models import Decision, Scorer
from recsys.demo import first_blend, people
from recsys.ml.blends.choosing import Blend

FAMILIES = ("popularity", *first_blend.PERSONAL)


@pytest.fixture
def curator(db):
    installation.ensure()
    for family in FAMILIES:
        Scorer.objects.update_or_create(name=family, defaults={"live": True})
    return people.cast()["curator"]


def choice():
    """What a choice is published of."""
    figures = SimpleNamespace(ndcg=0.1, ndcg_se=0.01, n=9)
    report = SimpleNamespace(members=figures)
    return SimpleNamespace(
        blend=Blend(dict.fromkeys(FAMILIES, 1.0), {}), report=report, alone={"ease": report}
    )


def test_a_publish_that_was_killed_between_the_surfaces_is_wanted_again(curator, monkeypatch):
    publish = actions.publish_decision
    done: list[object] = []

    def dying(**told):
        if done:
            raise KeyboardInterrupt
        done.append(publish(**told))

    with monkeypatch.context() as patched:
        patched.setattr(actions, "publish_decision", dying)
        with pytest.raises(KeyboardInterrupt):
            first_blend.publish(choice(), curator)
    assert done
    assert first_blend.is_wanted()
    first_blend.publish(choice(), curator)
    assert not first_blend.is_wanted()
    blends = Decision.objects.filter(kind=Decision.Kind.BLEND)
    assert set(blends.values_list("surface", flat=True)) == {"home", "similar"}


def test_why_is_read_in_the_readers_language_with_its_figures(curator, client):
    first_blend.publish(choice(), curator)
    client.force_login(curator)
    told = {}
    for language in ("en", "zh-hans"):
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        told[language] = client.get("/admin/desk/surfaces/home/").content.decode()
    assert "each scorer alone: 0.1000 ± 0.0100 (n = 9); ease 0.1000" in told["en"]
    assert "各打分器单独的：0.1000 ± 0.0100 (n = 9); ease 0.1000" in told["zh-hans"]
