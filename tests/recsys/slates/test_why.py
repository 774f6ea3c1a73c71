"""Why an item stands in a slate: what of the member's history spoke for it, and who may read that."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from curation.models import Surface
from recsys.ml.scorer import Explanation
from recsys.models import ModelVersion, Slate
from recsys.slates import evidence, fusing, why
from recsys.slates.places import Place
from recsys.traces import reading as traces
from tests.factories import SOURCE, UserFactory
from tests.recsys.slates.asking import LONG_MS, new_member, rate, refuse, serve

PATIENCE_S = 10.0


@pytest.fixture
def member(world):
    """Somebody who likes three war films and dislikes a comedy."""
    found = new_member()
    for at, film in enumerate(world.war[:3]):
        rate(found, film, event=f"liked {at}")
    rate(found, world.comedy[0], stars=1, event="disliked")
    return found


@pytest.fixture
def slate(member) -> Slate:
    Surface.objects.update(replay_share=1.0)
    return fusing.make(fusing.read(Place("home", SOURCE, member.outside_id, "", "en", ""))).slate


def items_of(slate: Slate) -> list[uuid.UUID]:
    return [uuid.UUID(each["item"]) for each in traces.trace_of(slate)["placements"]]


def test_each_personal_scorer_names_what_the_member_liked(world, slate):
    told = evidence.evidence_of(slate, items_of(slate)[:5])
    liked = {str(film.id) for film in world.war[:3]}
    first = told[str(items_of(slate)[0])]
    assert {row["scorer"] for row in first} == {"ease", "item_knn"}
    for row in first:
        assert {named["item"] for named in row["items"]} <= liked
        shares = [named["share"] for named in row["items"]]
        assert shares == sorted(shares, reverse=True)
        assert 0 < sum(shares) <= 1.0001


def test_at_most_three_are_named_and_their_shares_are_of_all_that_spoke():
    ids = [uuid.UUID(int=at) for at in range(5)]
    shares = (1.0, 4.0, 2.0, -3.0, 3.0)
    named = evidence._named(Explanation(0.5, tuple(zip(ids, shares, strict=True))))
    assert [(each["item"], each["share"]) for each in named] == [
        (str(ids[1]), 0.4),
        (str(ids[4]), 0.3),
        (str(ids[2]), 0.2),
    ]
    assert evidence._named(None) == []
    assert evidence._named(Explanation(1.0, ((ids[0], -1.0),))) == []


def test_what_was_said_after_the_slate_or_taken_back_does_not_speak(world, member, slate):
    rate(member, world.war[7], event="later")
    refuse(member, world.war[0], event="no more")
    told = evidence.evidence_of(slate, items_of(slate))
    named = {each["item"] for rows in told.values() for row in rows for each in row["items"]}
    assert str(world.war[7].id) not in named
    assert str(world.war[1].id) in named


def test_a_page_of_similar_items_names_the_item_it_starts_from(world, member):
    anchor = world.war[5]
    place = Place("similar", SOURCE, member.outside_id, "", "en", str(anchor.id))
    made = fusing.make(fusing.read(place)).slate
    told = evidence.evidence_of(made, items_of(made)[:1])
    (rows,) = told.values()
    assert [named["item"] for row in rows for named in row["items"]] == [str(anchor.id)] * len(rows)


def test_a_slate_of_nobody_has_no_evidence(world):
    made = fusing.make(fusing.read(Place("home"))).slate
    assert set(map(len, evidence.evidence_of(made, items_of(made)[:3]).values())) == {0}


def test_a_version_whose_files_are_gone_says_nothing(slate, monkeypatch):
    monkeypatch.setattr("recsys.live.scorers.hold", lambda version: None)
    assert set(map(len, evidence.evidence_of(slate, items_of(slate)[:3]).values())) == {0}


def test_the_slate_still_replays_to_the_same_bytes(slate):
    evidence.evidence_of(slate, items_of(slate))
    assert traces.replay(Slate.objects.get(pk=slate.pk)).identical


def test_the_web_asks_a_worker_and_keeps_the_answer(realtime, world, slate, monkeypatch):
    items = items_of(slate)[:4]
    told = why.evidence(slate.id, items, PATIENCE_S)
    assert told.keys() == set(items)
    titles = {spoke.title for rows in told.values() for row in rows for spoke in row.items}
    assert titles <= {film.title for film in world.war[:3]}
    monkeypatch.setattr(why, "_asked", lambda *given: pytest.fail("a worker was asked again"))
    assert why.evidence(slate.id, items, PATIENCE_S) == told


def test_no_worker_costs_the_explanation_and_not_the_answer(slate, monkeypatch):
    monkeypatch.setattr("recsys.slates.doorbell.QUEUE", f"nobody-{uuid.uuid4()}")
    assert why.evidence(slate.id, items_of(slate)[:2], 0.05) == {}
    assert why.evidence(uuid.uuid4(), [], 0.05) == {}


def test_the_page_says_it_in_words(client, realtime, member, slate, monkeypatch):
    monkeypatch.setattr("recsys.traces.explanations.PATIENCE_S", PATIENCE_S)
    client.force_login(UserFactory(roles=["analyst"], is_staff=True))
    item = items_of(slate)[0]
    page = client.get(reverse("why", args=[slate.id, item])).content.decode()
    assert "It stood in place 1" in page
    assert "Film " in page
    assert "% of what spoke for it" in page
    trace = client.get(reverse("trace", args=[slate.id]) + "?evidence=1").content.decode()
    assert trace.count('<span class="quiet">') > 20


def test_members_read_it_of_their_own_slates_alone(client, member, slate):
    ada, bob = UserFactory(roles=["member"]), UserFactory(roles=["member"])
    member.user = ada
    member.save(update_fields=["user"])
    address = reverse("why", args=[slate.id, items_of(slate)[0]])
    assert client.get(address).status_code == 404
    for user, status in ((ada, 200), (bob, 404)):
        client.force_login(user)
        assert client.get(address).status_code == status
    client.force_login(ada)
    assert client.get(reverse("why", args=[slate.id, uuid.uuid4()])).status_code == 404


def test_a_served_slate_can_be_asked_why(realtime, member):
    served = serve(member.outside_id, wait_ms=LONG_MS)
    assert served.mode == "fresh"
    assert served.slate is not None
    items = [uuid.UUID(each["id"]) for each in served.placements]
    assert why.evidence(served.slate, items, PATIENCE_S).keys() == set(items)


def test_the_evidence_is_of_the_versions_that_made_the_slate(slate, monkeypatch):
    asked: list[uuid.UUID] = []
    monkeypatch.setattr("recsys.live.scorers.hold", asked.append)
    evidence.evidence_of(slate, items_of(slate)[:1])
    made = {uuid.UUID(each) for each in traces.trace_of(slate)["models"].values()}
    assert set(asked) <= made <= set(ModelVersion.objects.values_list("pk", flat=True))
    assert asked
