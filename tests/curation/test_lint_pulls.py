"""When lint says that a boost and a bury pull the same items opposite ways."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from curation import actions, lint
from curation.actions import Terms
from curation.fusion.effects import Boost, Bury, BuryToBottom, Cap, Exclude, Fallback, Only, Quota
from curation.fusion.parsing import parse
from curation.fusion.query import All, ItemList, Not
from curation.policies.loading import policy_with
from curation.queries.items import schema
from tests.factories import ItemFactory

NOW = timezone.now()


@pytest.fixture
def rule(curator, home):
    def rule(effect, what, **terms):
        return actions.add_rule(
            actor=curator, surface=home, effect=effect, what=what, terms=Terms(**terms)
        )

    return rule


@pytest.fixture
def publish(curator):
    def publish(draft):
        actions.publish_decision(actor=curator, draft=draft)
        return draft

    return publish


def codes(draft):
    return [finding.code for finding in draft.findings]


def has(genre):
    return parse({"field": "genres", "op": "has", "value": genre}, schema())


@pytest.fixture
def ten(attributes):
    """Ten war films, one of each year from 1950 on."""
    return [
        ItemFactory.create(attributes={"genres": ["War"], "year": 1950 + at}) for at in range(10)
    ]


def listed(items):
    return ItemList(tuple(item.pk for item in items))


def since(year):
    return parse({"field": "year", "op": "ge", "value": year}, schema())


def test_a_boost_and_a_bury_that_share_most_items_are_told_with_how_many(rule, publish, ten):
    boosted = publish(rule(Boost(1), has("war")))
    (finding,) = rule(Bury(1), since(1957)).findings
    assert (finding.code, finding.decision) == ("boost_against_bury", boosted.decision.pk)
    assert "of 10 items, pulls 3 of the 3 of this one" in finding.text


def test_an_overlap_of_at_most_half_of_the_smaller_target_is_an_exception_not_a_conflict(
    rule, publish, ten
):
    publish(rule(Bury(1), parse({"field": "year", "op": "lt", "value": 1956}, schema())))
    assert codes(rule(Boost(1), since(1953))) == []
    assert codes(rule(Boost(1), since(1952))) == ["boost_against_bury"]


def test_two_lists_that_share_an_item_are_told_however_long(rule, publish, ten):
    publish(rule(Boost(1), listed(ten[:6])))
    assert codes(rule(Bury(1), listed(ten[5:]))) == ["boost_against_bury"]
    assert codes(rule(Bury(1), All((listed(ten[5:]),)))) == ["boost_against_bury"]
    assert codes(rule(BuryToBottom(), listed(ten[5:]))) == ["boost_against_bury"]
    assert codes(rule(Bury(1), listed(ten[6:]))) == []
    assert codes(rule(Bury(1), Not(listed(ten[:5])))) == []
    assert codes(rule(Boost(1), listed(ten[5:]))) == []


def test_a_list_and_a_query_that_matches_it_are_told_from_both_sides(rule, publish, home, ten):
    boost, bury = publish(rule(Boost(1), has("war"))), publish(rule(Bury(1), listed(ten[:2])))
    home.refresh_from_db()
    told = {
        revision.decision_id: [(row.code, row.decision) for row in rows]
        for _surface, revision, rows in lint.review([home], NOW)
    }
    assert told == {
        boost.decision.pk: [("boost_against_bury", bury.decision.pk)],
        bury.decision.pk: [("boost_against_bury", boost.decision.pk)],
    }


def test_pulls_that_never_hold_together_are_no_conflict(rule, publish, ten):
    later = NOW + timedelta(days=1)
    publish(rule(Boost(1), has("war"), until=later, who={"devices": ["tv"]}))
    assert codes(rule(Bury(1), listed(ten), starts_at=later)) == []
    assert codes(rule(Bury(1), listed(ten), who={"devices": ["mobile"]})) == []
    assert codes(rule(Bury(1), listed(ten))) == ["boost_against_bury"]


def test_the_same_query_is_told_although_nothing_matches_it_yet(rule, publish, films):
    publish(rule(Boost(1), has("western")))
    assert codes(rule(Bury(1), has("western"))) == ["matches_nothing", "boost_against_bury"]


@pytest.mark.parametrize("more", [0, 40])
def test_what_rules_share_is_asked_in_three_questions_however_many_they_are(
    rule, home, ten, django_assert_num_queries, more
):
    effects = [Boost(1), Bury(1), Exclude(), Only(Fallback.EMPTY), Quota(1, 10), Cap(1, 10)]
    made = [rule(effect, has("war")) for effect in effects]
    made += [rule(Boost(1), since(1900 + at)) for at in range(more)]
    drafts = {draft.decision.pk: draft.revision for draft in made}
    policy = policy_with(home, NOW, drafts)
    with django_assert_num_queries(3):
        told = lint.examine(list(drafts.values()), policy, NOW)
    assert (
        len([row for rows in told.values() for row in rows if row.code == "always_beaten"])
        == 4 + more
    )
