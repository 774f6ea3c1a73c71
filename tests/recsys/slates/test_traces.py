"""The pages of slates: found in a list, read slot by slot as sums that add up, fused again to the byte."""

from __future__ import annotations

import re
import zlib
from uuid import uuid4

import pytest
from django.urls import reverse

from curation.actions import add_rule, pin_item, publish_decision
from curation.fusion.effects import Boost, Bury
from curation.fusion.query import ItemList
from curation.models import Surface
from recsys.models import Slate
from recsys.screens.waterfalls import billionths
from recsys.slates import fusing
from recsys.slates.places import Place
from recsys.traces import reading as traces
from recsys.traces.charts import stacks_of, sum_of
from tests.factories import SOURCE, UserFactory
from tests.recsys.slates.asking import TERMS, new_member, person, rate, serve


@pytest.fixture
def ada(world):
    """Somebody who likes three war films."""
    found = new_member()
    for at, film in enumerate(world.war[:3]):
        rate(found, film, event=f"liked {at}")
    return found


@pytest.fixture
def steered(world):
    """A rule that raises more than rules may, one that lowers, and a pin."""
    actor, home = person("curator"), Surface.objects.get(pk="home")
    for effect in (Boost(1.5), Boost(1.25)):
        what = ItemList((world.comedy[3].id,))
        _publish(actor, add_rule(actor=actor, surface=home, effect=effect, what=what, terms=TERMS))
    what = ItemList((world.war[5].id,))
    _publish(actor, add_rule(actor=actor, surface=home, effect=Bury(0.25), what=what, terms=TERMS))
    _publish(actor, pin_item(actor=actor, surface=home, item=world.comedy[7], slot=2, terms=TERMS))


def _publish(actor, draft):
    publish_decision(actor=actor, draft=draft)


@pytest.fixture
def slate(ada, steered) -> Slate:
    Surface.objects.update(replay_share=1.0)
    return fusing.make(fusing.read(Place("home", SOURCE, ada.outside_id, "", "en", ""))).slate


@pytest.fixture
def analyst(client):
    client.force_login(UserFactory(roles=["analyst"], is_staff=True))
    return client


def test_the_bars_of_every_placement_add_up_to_its_score(slate):
    told = traces.trace_of(slate)
    drawn = stacks_of(told, {})
    clamped = 0
    for placement, stack in zip(told["placements"], drawn, strict=True):
        sums = sum_of(told, placement, {})
        score = billionths(placement["score"])
        assert sums.adds_up
        assert sums.chart.bars[-1].after == score
        assert sum(bar.after - bar.before for bar in sums.chart.bars) == score
        assert sum(bar.after - bar.before for bar in stack.bars) == score
        clamped += placement["clamp"] != 0
    assert clamped == 1


def test_a_sum_that_is_off_by_a_billionth_says_so(slate):
    told = traces.trace_of(slate)
    placement = told["placements"][0]
    assert not sum_of(told, {**placement, "score": placement["score"] + 1e-9}, {}).adds_up


def test_the_page_draws_every_slot_and_names_the_decisions_in_words(analyst, slate, world):
    page = analyst.get(reverse("trace", args=[slate.pk])).content.decode()
    assert page.count('class="slots__one"') == 50
    assert "does not add up" not in page
    assert f"Pin “{world.comedy[7].title}” to slot 2." in page
    assert "Boost by 1.5" in page


def test_a_slot_is_a_part_for_scripts_and_a_page_without(analyst, slate, world):
    url = reverse("trace-slot", args=[slate.pk, 2])
    whole = analyst.get(url).content.decode()
    part = analyst.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" in whole
    assert "<html" not in part
    for text in (whole, part):
        assert f"Slot 2: {world.comedy[7].title}" in text
        assert "whatever its score" in text
        assert len(re.findall(r"<rect[^>]*><title>[^<]+</title>", text)) >= 4
    assert analyst.get(reverse("trace-slot", args=[slate.pk, 51])).status_code == 404
    assert analyst.get(reverse("trace-slot", args=[uuid4(), 1])).status_code == 404


def test_a_replay_says_whether_it_is_identical(analyst, slate):
    url = reverse("trace", args=[slate.pk])
    assert "identical, to the byte" not in analyst.get(url).content.decode()
    assert "identical, to the byte" in analyst.get(url, {"replay": "1"}).content.decode()
    changed = zlib.decompress(bytes(slate.trace)).replace(b'"depth":50', b'"depth":51')
    Slate.objects.filter(pk=slate.pk).update(trace=zlib.compress(changed))
    assert "Fused again, the slate differs" in analyst.get(url, {"replay": "1"}).content.decode()
    Slate.objects.filter(pk=slate.pk).update(inputs=b"not inputs")
    assert "cannot be replayed" in analyst.get(url, {"replay": "1"}).content.decode()


def test_slates_are_found_by_member_and_surface_with_how_they_were_served(
    analyst, realtime, ada, slate
):
    served = serve(ada.outside_id, size=7)
    other = fusing.make(fusing.read(Place("home", SOURCE, new_member().outside_id))).slate
    url = reverse("slates")
    page = analyst.get(url, {"member": ada.outside_id, "surface": "home"}).content.decode()
    assert str(served.slate) in page
    assert str(other.pk) not in page
    assert str(other.pk) in analyst.get(url).content.decode()
    assert "No slate was made here" in analyst.get(url, {"surface": "similar"}).content.decode()
    assert "No member has this id" in analyst.get(url, {"member": "nobody"}).content.decode()


def test_the_list_goes_on_page_by_page(analyst, slate, monkeypatch):
    monkeypatch.setattr("recsys.traces.slate_lists.PAGE", 1)
    older, newer = slate, fusing.make(fusing.read(Place("home", SOURCE, "somebody"))).slate
    first = analyst.get(reverse("slates")).content.decode()
    assert str(newer.pk) in first
    assert f"/slates/{older.pk}/" not in first
    second = analyst.get(reverse("slates"), {"before": str(newer.pk)}).content.decode()
    assert f"/slates/{older.pk}/" in second


def test_the_pages_of_slates_keep_a_fixed_number_of_queries(
    analyst, slate, django_assert_max_num_queries
):
    for url in (reverse("slates"), reverse("trace", args=[slate.pk])):
        with django_assert_max_num_queries(15):
            assert analyst.get(url).status_code == 200
