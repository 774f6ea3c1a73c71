"""Gathering and fusing: which items come to be chosen from, what is kept, and that it replays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from curation.actions import Terms, add_rule, block_item, pin_item, publish, set_blend
from curation.fusion import codec
from curation.fusion.candidates import MOST_CANDIDATES
from curation.fusion.columns import Kind
from curation.fusion.effects import Boost, Bury, Only
from curation.fusion.query import Comparison, ItemList
from curation.models import ChangeSet, Embedding, Item, Likeness, Member, Scorer, Surface
from recsys.live import scorers as live
from recsys.live.artifacts import artifact_path
from recsys.ml import artifact
from recsys.models import LiveModel, ModelVersion, Slate
from recsys.slates import bodies, fusing, gathering
from recsys.slates.places import Place
from recsys.traces import reading as traces
from tests.factories import SOURCE
from tests.recsys.slates.asking import new_member, person, pin, rate, refuse
from tests.recsys.slates.conftest import World, bump


@pytest.fixture
def ada(world, newcomer) -> Member:
    return new_member(outside_id=newcomer)


@pytest.fixture
def home(ada) -> Place:
    return Place("home", SOURCE, ada.outside_id)


class Drafts:
    """One change set, and a curator who puts decisions into it and publishes them."""

    def __init__(self) -> None:
        self.actor = person("curator")
        self.change_set = ChangeSet.objects.create(name="drafts", author=self.actor)

    def __call__(self, action: Callable[..., Any], **content: Any) -> None:
        terms = Terms(reason="a test", change_set=self.change_set)
        action(actor=self.actor, terms=terms, **content)

    def publish(self) -> None:
        publish(actor=self.actor, change_set=self.change_set)


@pytest.fixture
def draft(world) -> Drafts:
    return Drafts()


def items_of(body: bodies.Whole) -> list[str]:
    return [each["item"] for each in body["placements"]]


def replayed(slate: Slate) -> bool | None:
    return traces.replay(Slate.objects.get(pk=slate.pk)).identical


@override_settings(DEMO=True)
def test_a_rule_on_what_texts_are_like_replays_after_the_vectors_have_changed(
    home, world, draft, newcomer
):
    vectors = [[0.0, 1.0]] * len(world.items)
    vectors[7] = [1.0, 0.0]
    Embedding.objects.bulk_create(
        Embedding(item=item, encoder="small", dimension=2, vector=vector)
        for item, vector in zip(world.items, vectors, strict=True)
    )
    text = {"text": "westerns", "encoder": "small", "vector": [0.6, 0.8], "author": draft.actor}
    Likeness.objects.create(key="westerns", **text)
    bump("catalogue")
    near = Comparison("like.westerns", Kind.NUMBER, "lt", 0.7)  # it alone lies at 0.6
    draft(add_rule, surface=Surface.objects.get(pk="home"), effect=Only(), what=near)
    draft.publish()
    made = fusing.make(fusing.read(home))
    assert items_of(made.body) == [str(world.items[7].id)]
    Embedding.objects.update(vector=[0.0, 1.0])
    bump("catalogue")
    assert replayed(made.slate) is True
    again = fusing.make(fusing.read(home))
    assert items_of(again.body) != items_of(made.body)


@override_settings(DEMO=True)
def test_a_stored_slate_replays_to_the_same_bytes(home, ada, world):
    pin(world.comedy[0], slot=3)
    rate(ada, world.war[0])
    refuse(ada, world.war[1])
    made = fusing.make(fusing.read(home))
    world.items[7].attributes = {"genres": ["Western"]}
    world.items[7].save()
    bump("catalogue")
    assert replayed(made.slate) is True


@override_settings(DEMO=True)
def test_damage_to_the_inputs_or_the_trace_of_a_slate_shows(home):
    made = fusing.make(fusing.read(home))
    stored = Slate.objects.get(pk=made.slate.pk)
    other = fusing.make(fusing.read(Place("home")))
    Slate.objects.filter(pk=stored.pk).update(trace=bytes(other.slate.trace))
    assert replayed(stored) is False
    Slate.objects.filter(pk=stored.pk).update(inputs=b"no inputs")
    with pytest.raises(codec.CodecError):
        replayed(stored)


def test_outside_demo_mode_the_surface_says_how_many_slates_keep_their_inputs(home):
    Surface.objects.filter(pk="home").update(replay_share=0.0)
    without = fusing.make(fusing.read(home)).slate
    Surface.objects.filter(pk="home").update(replay_share=1.0)
    kept = fusing.make(fusing.read(home)).slate
    assert replayed(without) is None
    assert replayed(kept) is True


def test_a_preview_of_drafts_equals_the_slate_after_their_publish(home, ada, world, draft):
    draft(pin_item, surface=Surface.objects.get(pk="home"), item=world.comedy[9], slot=2)
    draft(block_item, item=world.war[3])
    draft(add_rule, surface=None, effect=Boost(1.5), what=ItemList((world.comedy[8].id,)))
    preview = fusing.preview("home", ada.subject, change_set=draft.change_set)
    draft.publish()
    live_one = fusing.make(fusing.read(home)).body
    told = codec.slate_body(preview)
    assert [each["item"] for each in told["placements"]] == items_of(live_one)
    assert [each["score"] for each in told["placements"]] == [
        each["score"] for each in live_one["placements"]
    ]
    assert items_of(live_one)[1] == str(world.comedy[9].id)


def test_a_preview_of_tomorrow_knows_what_starts_until_then(ada, world):
    actor, tomorrow = person("curator"), timezone.now() + timedelta(days=1)
    starts = Terms(reason="a test", starts_at=timezone.now() + timedelta(hours=1))
    place = Surface.objects.get(pk="home")
    made = pin_item(actor=actor, surface=place, item=world.comedy[9], slot=1, terms=starts)
    publish(actor=actor, change_set=made.revision.change_set)
    today, later = (fusing.preview("home", ada.subject, at) for at in (None, tomorrow))
    assert today.placements[0].item != world.comedy[9].id
    assert later.placements[0].item == world.comedy[9].id


def test_a_preview_leaves_nothing_behind(ada):
    before = Slate.objects.count()
    fusing.preview("home", ada.subject)
    fusing.preview("home", None)
    assert Slate.objects.count() == before


def test_a_damaged_artifact_costs_its_scorer_and_nothing_else(home, world, caplog):
    broken = ModelVersion.objects.get(family="ease")
    another = ModelVersion(family="ease", number=9, run=_another_run(broken), digest="0" * 64)
    another.artifact = broken.artifact
    another.save()
    LiveModel.objects.filter(family="ease").update(version=another)
    bump("models")
    body = fusing.make(fusing.read(home)).body
    assert len(body["placements"]) == 50
    assert all(each["parts"]["ease"] is None for each in body["placements"])
    assert any("ease" in problem for problem in live.problems())
    assert "ease 9" in caplog.text


def _another_run(version: ModelVersion):
    return type(version.run).objects.create(family=version.family)


def test_no_two_items_and_no_denied_ones_are_in_a_slate(home, ada, world):
    refuse(ada, world.war[0])
    Item.objects.filter(pk=world.war[1].pk).update(active=False)
    bump("catalogue")
    body = fusing.make(fusing.read(home)).body
    items = [each["item"] for each in (*body["placements"], *body["reserve"])]
    assert len(items) == len(set(items))
    assert not {str(world.war[0].id), str(world.war[1].id)} & set(items)


def test_every_pin_and_the_targets_of_rules_are_candidates(home, ada, world, draft):
    lowest = items_of(fusing.make(fusing.read(home)).body)[-1]
    target = ItemList((Item.objects.get(pk=lowest).id,))
    draft(add_rule, surface=None, effect=Bury(2.0), what=target)
    draft(pin_item, surface=None, item=world.items[100], slot=1)
    draft.publish()
    gathered = gathering.gather(fusing.read(home))
    assert gathered.candidates.row(world.items[100].id) is not None
    assert gathered.candidates.row(target.items[0]) is not None


def test_an_allow_list_of_the_lowest_items_still_fills_the_slate(home, world, draft):
    ranked = items_of(fusing.make(fusing.read(home)).body)
    last = tuple(Item.objects.get(pk=item).id for item in ranked[-20:])
    draft(add_rule, surface=None, effect=Only(), what=ItemList(last))
    draft.publish()
    body = fusing.make(fusing.read(home)).body
    assert set(items_of(body)) == {str(item) for item in last}


def test_however_large_the_catalogue_there_are_at_most_a_thousand_candidates(home, world, draft):
    more = [Item(source=SOURCE, outside_id=f"more-{n}", title="More") for n in range(1_200)]
    Item.objects.bulk_create(more)
    bump("catalogue")
    named_more = Comparison("title", Kind.TEXT, "eq", "More")
    for strength in (0.1, 0.2):
        draft(add_rule, surface=None, effect=Boost(strength), what=named_more)
    draft(pin_item, surface=None, item=more[-1], slot=2)
    draft.publish()
    gathered = gathering.gather(fusing.read(home))
    assert len(gathered.candidates) <= MOST_CANDIDATES
    assert gathered.candidates.row(more[-1].id) is not None


def test_choosing_candidates_leaves_out_nothing_that_the_whole_catalogue_would_show(
    home, ada, world, draft, monkeypatch
):
    for film in world.war[:6]:
        rate(ada, film, event=str(film.id))
    draft(add_rule, surface=None, effect=Boost(2.0), what=ItemList((world.comedy[30].id,)))
    draft.publish()
    Surface.objects.filter(pk="home").update(depth=5, reserve=2)
    chosen = fusing.preview("home", ada.subject)
    for bound in ("BY_BLEND", "BY_SCORER", "BY_RULE"):
        monkeypatch.setattr(f"recsys.slates.choosing.{bound}", len(world.items))
    everything = fusing.preview("home", ada.subject)
    assert [each.item for each in chosen.placements] == [
        each.item for each in everything.placements
    ]


def test_a_scorer_of_weight_0_has_part_0_in_every_trace(home, world, draft):
    for name in ("popularity", "ease", "item_knn"):
        Scorer.objects.update_or_create(name=name, defaults={"live": True})
    weights = {"popularity": 1.0, "ease": 0.0}
    draft(set_blend, surface=Surface.objects.get(pk="home"), weights=weights)
    draft.publish()
    made = fusing.make(fusing.read(home))
    trace = traces.trace_of(Slate.objects.get(pk=made.slate.pk))
    assert {each["parts"]["ease"] for each in trace["placements"]} == {0.0}


def test_a_trace_names_every_item_as_it_is_known_outside(home, world):
    made = fusing.make(fusing.read(home))
    trace = traces.trace_of(Slate.objects.get(pk=made.slate.pk))
    for placement in trace["placements"]:
        assert trace["items"][placement["item"]]["title"].startswith("Film")


def test_more_diversity_mixes_the_tastes_of_a_slate(home, ada, world):
    def war_among_the_first_ten() -> int:
        war = {str(film.id) for film in world.war}
        return sum(item in war for item in items_of(fusing.make(fusing.read(home)).body)[:10])

    for film in world.war[:8]:
        rate(ada, film, event=str(film.id))
    plain = war_among_the_first_ten()
    Surface.objects.filter(pk="home").update(diversity=0.9)
    assert war_among_the_first_ten() < plain


def test_an_artifact_is_mapped_once_whoever_asks(world: World):
    version = ModelVersion.objects.get(family="ease")
    assert live.hold(version.id) is live.hold(version.id)
    assert artifact.load(artifact_path(version), version.digest) is not live.hold(version.id)
