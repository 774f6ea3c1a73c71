"""A new version beside the live one of its family, as a run leaves it."""

from __future__ import annotations

import pytest

from curation import actions as decisions
from curation import installation
from curation.models import Segment
from feedback.actions import record
from feedback.models import Kind
from recsys import actions, runs
from recsys.artifacts import newest_first
from recsys.ml import artifact
from recsys.models import ModelVersion
from tests.factories import AttributeFactory, ItemFactory, MemberFactory, UserFactory
from tests.feedback.cast import told

pytestmark = pytest.mark.django_db(transaction=True)
SEVEN = {"field": "ratings", "op": "ge", "value": 7}


@pytest.fixture
def operator(db):
    installation.ensure()
    return UserFactory(username="operator", roles=["operator", "curator"])


@pytest.fixture
def ratings(operator):
    """Thirty members, of whom half like even films and half odd ones; the first like all of theirs."""
    AttributeFactory(key="genres", kind="tags")
    decisions.set_segment(
        actor=operator, slug="keen", name="Keen", query=SEVEN, reason="to tell them apart"
    )
    films = [ItemFactory(attributes={"genres": [f"g{at % 2}"]}) for at in range(14)]
    events = []
    for place in range(30):
        member, liked = MemberFactory(), films[place % 2 :: 2]
        for at, film in enumerate(liked if place < 10 else liked[:6]):
            event, minute = f"{place}-{at}", 24 * 60 * at + place
            events.append(told(member, event, Kind.RATING, film, 5, minute=minute))
    record(events, source="test")


def trained(operator, family="popularity", **parameters):
    run = actions.request_run(family=family, parameters=parameters, actor=operator)
    runs.execute(run.id)
    return ModelVersion.objects.get(run=run)


def test_the_first_version_stands_alone_and_tells_of_groups_time_and_size(operator, ratings):
    report = trained(operator).report
    assert "beside" not in report
    told = report["test"]["last"]
    assert told["groups"]["segment:keen"]["n"] == Segment.objects.get().memberships.count() == 10
    assert told["members"]["diversity"] is not None
    assert told["members"]["ndcg_low"] <= told["members"]["ndcg"] <= told["members"]["ndcg_high"]
    assert report["bytes"] > 0
    assert report["fit_seconds"] >= 0


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
