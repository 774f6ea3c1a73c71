"""A new version beside the live one of its family, as a run leaves it."""

from __future__ import annotations

import shutil
import time

import pytest
from django.urls import reverse

from curation import actions as decisions
from curation import installation
from curation.models import Counter, SegmentMembership, Surface
from feedback.actions import record
from feedback.models import Kind
from recsys.live.artifacts import newest_first
from recsys.ml import artifact
from recsys.models import ModelVersion
from recsys.runs import actions
from recsys.runs import after_policy as fused
from recsys.runs import worker as runs
from tests.factories import AttributeFactory, ItemFactory, MemberFactory, UserFactory
from tests.feedback.cast import told

pytestmark = pytest.mark.django_db(transaction=True)
TERMS = decisions.Terms(reason="a test")
SEVEN = {"field": "ratings", "op": "ge", "value": 7}


@pytest.fixture
def operator(db):
    installation.ensure()
    # What a worker process holds is known by version: above those of any other test.
    Counter.objects.update(value=time.time_ns() // 1000)
    return UserFactory(username="operator", roles=["operator", "curator"])


@pytest.fixture
def ratings(operator):
    """Thirty members, of whom half like even films and half odd ones; the first like all of theirs."""
    AttributeFactory(key="genres", kind="tags")
    decisions.set_segment(
        actor=operator, slug="keen", name="Keen", query=SEVEN, reason="to know them", confirmed=True
    )
    block = decisions.block_item(actor=operator, item=ItemFactory.create(), terms=TERMS)
    decisions.publish_decision(actor=operator, draft=block)
    films = [ItemFactory(attributes={"genres": [f"g{at % 2}"]}) for at in range(14)]
    events = []
    for place in range(30):
        member, liked = MemberFactory(), films[place % 2 :: 2]
        for at, film in enumerate(liked if place < 10 else liked[:6]):
            event, minute = f"{place}-{at}", 24 * 60 * at + place
            events.append(told(member, event, Kind.RATING, film, 5, minute=minute))
    record(events, source="test")
    return films


def trained(operator, family="popularity", **parameters):
    run = actions.request_run(family=family, parameters=parameters, actor=operator)
    runs.execute(run.id)
    return ModelVersion.objects.get(run=run)


def test_the_first_version_stands_alone_and_tells_of_groups_time_and_size(
    operator, ratings, client
):
    version = trained(operator)
    report = version.report
    assert "beside" not in report
    told = report["test"]["last"]
    assert told["groups"]["segment:keen"]["n"] == SegmentMembership.objects.count() == 10
    assert told["members"]["diversity"] is not None
    assert told["members"]["ndcg_low"] <= told["members"]["ndcg"] <= told["members"]["ndcg_high"]
    assert report["bytes"] > 0
    assert report["fit_seconds"] >= 0
    client.force_login(operator)
    page = client.get(reverse("runs:version", args=[version.id])).content.decode()
    assert "After the policy of home" in page
    assert "segment keen" in page


def test_a_later_one_is_compared_with_the_live_one_on_the_same_cases(operator, ratings):
    live = trained(operator)
    actions.promote(version_id=live.id, actor=operator, reason="the first")
    report = trained(operator, half_life_days=1.0).report
    beside, own = report["beside"], report["test"]["last"]
    assert (beside["version"], beside["label"]) == (str(live.id), "popularity 1")
    assert beside["learnt_until"] < report["cuts"]["test"]
    assert beside["report"]["members"]["n"] == own["members"]["n"]
    change = beside["difference"]["members"]["ndcg"]
    assert change["n"] == own["members"]["n"]
    assert change["mean"] == pytest.approx(
        own["members"]["ndcg"] - beside["report"]["members"]["ndcg"]
    )
    assert "segment:keen" in beside["difference"]["groups"]


def test_only_the_model_that_serves_has_learnt_everything(operator, ratings):
    version = trained(operator)
    until = [artifact.manifest(folder)["facts"]["learnt_until"] for folder in newest_first(version)]
    cuts = version.report["cuts"]
    assert until[0] >= cuts["test"] > until[1] >= cuts["validation"] > until[2]


def after_policy(version):
    (told,) = version.report["after_policy"]["surfaces"]
    return told


def test_members_of_the_test_are_fused_for_with_the_present_policy(operator, ratings):
    live = trained(operator)
    alone = after_policy(live)
    assert (alone["surface"], alone["n"]) == ("home", alone["of"])
    assert alone["own"]["members"]["n"] == alone["n"] == live.report["test"]["last"]["members"]["n"]
    assert alone["own"]["coverage"] > 0
    assert "difference" not in alone
    actions.promote(version_id=live.id, actor=operator, reason="the first")
    told = after_policy(trained(operator))
    assert told["label"] == "popularity 1"
    assert told["difference"]["members"]["ndcg"] == {
        "n": told["n"],
        "mean": 0.0,
        "low": 0.0,
        "high": 0.0,
    }


def test_what_the_policy_forbids_is_in_no_list(operator, ratings):
    for film in ratings:
        block = decisions.block_item(actor=operator, item=film, terms=TERMS)
        decisions.publish_decision(actor=operator, draft=block)
    version = trained(operator)
    assert version.report["test"]["last"]["coverage"] > 0
    assert after_policy(version)["own"]["coverage"] == 0
    assert after_policy(version)["own"]["members"]["n"] > 0


def test_other_families_speak_with_what_they_knew_before_the_cut(operator, ratings):
    other = trained(operator, "item_knn")
    actions.promote(version_id=other.id, actor=operator, reason="the first")
    version = trained(operator)
    assert after_policy(version)["stand_ins"] == ["item_knn 1"]
    for folder in newest_first(other)[1:]:
        shutil.rmtree(folder)
    cast = fused._cast(version.run, version, version.report["cuts"]["test"])
    assert (cast.stand_ins, cast.absent) == ([], ["item_knn 1"])


def test_trouble_with_the_policy_costs_these_figures_and_not_the_run(
    operator, ratings, monkeypatch
):
    def broken(*given):
        raise ValueError("no such knob")

    monkeypatch.setattr("recsys.runs.after_policy.fuse", broken)
    version = trained(operator)
    assert version.report["after_policy"] == {
        "surfaces": [],
        "trouble": "ValueError: no such knob",
    }


def test_a_surface_on_which_nothing_was_decided_has_no_figures(operator, ratings):
    Surface.objects.update(policy_version=0, blocks_version=0)
    assert trained(operator).report["after_policy"] == {"surfaces": []}
