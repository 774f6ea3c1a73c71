"""What lint stops and what it warns of, at save and at publish."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from curation import actions, lint
from curation.actions import Refused, Terms
from curation.fusion.effects import Boost, Bury, Cap, Exclude, Fallback, Only, PinMatch, Quota
from curation.fusion.parsing import parse
from curation.fusion.query import EVERYTHING, ItemList
from curation.policies.loading import policy_with
from curation.queries.items import schema
from tests.factories import AttributeFactory, ItemFactory, SegmentFactory

NOW = timezone.now()


def has(genre):
    return parse({"field": "genres", "op": "has", "value": genre}, schema())


@pytest.fixture
def pin(curator, home):
    def pin(item, slot, **terms):
        return actions.pin_item(
            actor=curator, surface=home, item=item, slot=slot, terms=Terms(**terms)
        )

    return pin


@pytest.fixture
def rule(curator, home):
    def rule(effect, what=EVERYTHING, **terms):
        return actions.add_rule(
            actor=curator, surface=home, effect=effect, what=what, terms=Terms(**terms)
        )

    return rule


@pytest.fixture
def block(curator):
    def block(item, surface=None, **terms):
        return actions.block_item(actor=curator, item=item, surface=surface, terms=Terms(**terms))

    return block


@pytest.fixture
def world_of_two(db):
    """Ten films of each of two genres."""
    AttributeFactory.create(key="genres", kind="tags")
    for genre in ("War", "Comedy"):
        ItemFactory.create_batch(10, attributes={"genres": [genre]})


@pytest.fixture
def publish(curator):
    def publish(draft):
        actions.publish_decision(actor=curator, draft=draft)
        return draft

    return publish


def codes(draft):
    return [finding.code for finding in draft.findings]


def refusal(function, *args, **kwargs):
    with pytest.raises(Refused) as refused:
        function(*args, **kwargs)
    assert refused.value.status == 400
    return [error["code"] for error in refused.value.errors]


def test_a_pin_on_a_blocked_item_is_refused(pin, block, publish, home, similar, films):
    publish(block(films[0]))
    publish(block(films[1], surface=home))
    publish(block(films[2], surface=similar))
    assert refusal(pin, films[0], 1) == ["pin_blocked"]
    assert refusal(pin, films[1], 1) == ["pin_blocked"]
    assert codes(pin(films[2], 1)) == []


def test_a_pin_on_an_item_blocked_for_some_is_warned_of(pin, block, publish, ada, films):
    publish(block(films[0], member=ada))
    assert codes(pin(films[0], 1)) == ["pin_partly_blocked"]
    assert refusal(pin, films[0], 1, member=ada) == ["pin_blocked"]


def test_a_block_that_is_over_before_the_pin_starts_does_not_matter(pin, block, publish, films):
    publish(block(films[0], until=NOW + timedelta(days=1)))
    assert codes(pin(films[0], 1, starts_at=NOW + timedelta(days=1))) == []
    assert codes(pin(films[0], 1)) == ["pin_partly_blocked"]


def test_blocking_a_pinned_item_tells_of_the_pin(pin, block, publish, films):
    pinned = publish(pin(films[0], 1))
    (finding,) = block(films[0]).findings
    assert (finding.code, finding.decision) == ("beats_pin", pinned.decision.pk)


def test_a_pin_on_an_inactive_item_is_refused(pin):
    assert refusal(pin, ItemFactory.create(active=False), 1) == ["pin_inactive"]


def test_a_pin_past_the_depth_is_refused(pin, films):
    assert refusal(pin, films[0], 51) == ["pin_past_depth"]


def test_two_pins_of_one_slot_scope_and_priority_are_refused(pin, publish, films, ada):
    publish(pin(films[0], 2))
    assert refusal(pin, films[1], 2) == ["pin_clash"]
    assert codes(pin(films[1], 2, member=ada)) == []
    assert codes(pin(films[1], 2, priority=200)) == []
    assert codes(pin(films[1], 2, priority=50)) == ["always_beaten"]


def test_pins_of_one_slot_with_windows_apart_are_fine(pin, publish, films):
    publish(pin(films[0], 2, until=NOW + timedelta(days=1)))
    assert codes(pin(films[1], 2, starts_at=NOW + timedelta(days=1))) == []


def test_a_clash_between_two_drafts_is_found_when_the_second_is_published(pin, publish, films):
    first, second = pin(films[0], 2), pin(films[1], 2)
    publish(first)
    assert refusal(publish, second) == ["pin_clash"]


def test_drafts_of_different_sets_published_at_once_are_linted_together(
    pin, publish, curator, home, films
):
    pin(films[0], 2)
    pin(films[1], 2)
    assert "pin_clash" in refusal(actions.publish, actor=curator, surface=home)
    home.refresh_from_db()
    assert home.policy_version == 0


def test_the_pin_budget_of_a_surface_holds(pin, publish, home):
    home.pin_budget = 2
    home.save()
    publish(pin(ItemFactory.create(), 1))
    publish(pin(ItemFactory.create(), 2))
    assert refusal(pin, ItemFactory.create(), 3) == ["pin_budget"]


def test_a_window_that_is_over_is_refused(pin, films):
    assert refusal(pin, films[0], 1, until=NOW - timedelta(days=1)) == ["window_over"]


def test_a_pin_that_a_rule_excludes_is_warned_of(pin, rule, publish, films):
    publish(rule(Exclude(), has("war")))
    assert codes(pin(films[0], 1)) == ["always_beaten"]
    assert codes(pin(films[1], 1)) == []


def test_pins_that_exceed_a_cap_are_warned_of(pin, rule, publish, films):
    publish(rule(Cap(1, 10, "genres")))
    publish(pin(films[0], 1))
    assert codes(pin(films[1], 2)) == []
    assert codes(pin(films[2], 2)) == ["pin_over_cap"]
    assert codes(pin(films[2], 11)) == []


def test_boost_against_bury_on_one_target_is_warned_of(rule, publish, films):
    publish(rule(Boost(1), has("war")))
    assert codes(rule(Bury(1), has("war"))) == ["boost_against_bury"]
    assert codes(rule(Bury(1), has("comedy"))) == []


def test_a_rule_whose_items_are_all_excluded_names_the_winner(rule, publish, films):
    winner = publish(rule(Exclude(), has("war")))
    (finding,) = rule(Boost(1), ItemList((films[0].pk,))).findings
    assert (finding.code, finding.decision) == ("always_beaten", winner.decision.pk)
    assert codes(rule(Boost(1), has("comedy"))) == []


def test_a_rule_outside_an_allow_list_names_the_winner(rule, publish, films):
    publish(rule(Only(Fallback.EMPTY), ItemList((films[1].pk,))))
    assert codes(rule(Boost(1), ItemList((films[0].pk,)))) == ["always_beaten"]
    assert codes(rule(Boost(1), has("comedy"))) == []


def test_a_rule_whose_items_are_all_blocked_names_a_block(rule, block, publish, films, ada):
    winner = publish(block(films[0]))
    publish(block(films[1], member=ada))
    (finding,) = rule(Boost(1), ItemList((films[0].pk,))).findings
    assert (finding.code, finding.decision) == ("always_beaten", winner.decision.pk)
    assert codes(rule(Only(), ItemList((films[0].pk,)))) == ["always_beaten"]
    assert codes(rule(Boost(1), has("war"))) == [], "another of its items is not blocked"
    assert codes(rule(Boost(1), ItemList((films[1].pk,)))) == [], "for others it holds"
    assert codes(rule(Boost(1), ItemList((films[1].pk,)), member=ada)) == ["always_beaten"]
    publish(block(films[2]))
    assert codes(rule(Boost(1), has("war"))) == ["always_beaten"], "two blocks together"


def test_what_is_blocked_is_asked_in_one_question_more_however_many_rules_there_are(
    rule, block, home, films, django_assert_num_queries
):
    made = [block(films[0]), *[rule(Boost(1), has("war")) for _ in range(20)]]
    drafts = {draft.decision.pk: draft.revision for draft in made}
    policy = policy_with(home, NOW, drafts)
    with django_assert_num_queries(3):
        lint.examine(list(drafts.values()), policy, NOW)


def test_an_allow_list_whose_items_are_all_excluded_names_the_winner(rule, publish, films):
    winner = publish(rule(Exclude(), ItemList((films[0].pk,))))
    (finding,) = rule(Only(), ItemList((films[0].pk,))).findings
    assert (finding.code, finding.decision) == ("always_beaten", winner.decision.pk)
    assert codes(rule(Only(), has("war"))) == []


def test_two_allow_lists_that_share_nothing_are_told(rule, publish, films):
    other = publish(rule(Only(), ItemList((films[0].pk,))))
    (finding,) = rule(Only(), ItemList((films[1].pk,))).findings
    assert (finding.code, finding.decision) == ("always_beaten", other.decision.pk)
    assert codes(rule(Only(), has("war"))) == []


def test_an_allow_list_that_spares_some_beats_nobody(rule, publish, films):
    publish(rule(Only(), ItemList((films[0].pk,)), holdback=0.1))
    assert codes(rule(Boost(1), ItemList((films[1].pk,)))) == []


def test_a_pin_that_an_allow_list_leaves_out_names_it(pin, rule, publish, films, ada):
    winner = publish(rule(Only(), has("comedy")))
    (finding,) = pin(films[0], 1).findings
    assert (finding.code, finding.decision) == ("always_beaten", winner.decision.pk)
    assert codes(pin(films[1], 1)) == []


def test_an_allow_list_of_nothing_or_for_some_leaves_pins_alone(pin, rule, publish, films):
    publish(rule(Only(), has("western")))
    publish(rule(Only(), has("comedy"), traffic=0.5))
    assert codes(pin(films[0], 1)) == []


def test_pins_and_best_matches_of_one_slot_tell_which_of_them_always_has_it(
    pin, rule, publish, films
):
    match = publish(rule(PinMatch(2), has("war"), priority=200))
    assert codes(rule(PinMatch(2), has("comedy"), priority=300)) == []
    for beaten in (rule(PinMatch(2), has("comedy")), pin(films[1], 2)):
        (finding,) = beaten.findings
        assert (finding.code, finding.decision) == ("always_beaten", match.decision.pk)
    assert codes(pin(films[1], 3)) == []
    publish(pin(films[1], 2, priority=400))
    assert codes(rule(PinMatch(2), has("war"), priority=300)) == ["always_beaten"]


def test_a_best_match_of_nothing_beats_nobody(pin, rule, publish, films):
    publish(rule(PinMatch(2), has("western"), priority=200))
    assert codes(pin(films[1], 2)) == []


def test_a_target_that_matches_nothing_is_warned_of(rule, films):
    assert codes(rule(Boost(1), has("western"))) == ["matches_nothing"]


def test_a_condition_that_matches_nobody_is_warned_of(rule, films):
    assert codes(rule(Boost(1), has("war"), segment=SegmentFactory.create())) == ["matches_nobody"]


def test_a_blend_that_another_always_outranks_is_warned_of(curator, home, scorers, publish):
    blend = {"actor": curator, "surface": home, "weights": {"ease": 1}}
    publish(actions.set_blend(**blend, terms=Terms(priority=200)))
    assert codes(actions.set_blend(**blend)) == ["always_beaten"]
    spared = Terms(priority=300, holdback=0.1)
    publish(actions.set_blend(**blend, terms=spared))
    assert codes(actions.set_blend(**blend, terms=Terms(priority=250))) == []


def test_a_review_finds_what_went_wrong_since(pin, publish, home, films):
    pinned = publish(pin(films[0], 1, until=NOW + timedelta(days=1)))
    publish(pin(films[1], 2))
    home.refresh_from_db()
    assert lint.review([home], NOW) == []
    films[1].active = False
    films[1].save()
    found = lint.review([home], NOW + timedelta(days=2))
    told = {revision.decision_id: [row.code for row in rows] for _surface, revision, rows in found}
    assert told.pop(pinned.decision.pk) == ["window_over"]
    assert list(told.values()) == [["pin_inactive"]]


def test_a_review_date_that_has_passed_is_warned_of(pin, films):
    assert codes(pin(films[0], 1, review_on=date(2020, 1, 1))) == ["review_passed"]


def test_quotas_that_no_slate_can_meet_together_are_told(rule, publish, world_of_two):
    publish(rule(Quota(7, 10), has("War")))
    assert codes(rule(Quota(3, 10), has("Comedy"))) == []
    assert codes(rule(Quota(4, 10), has("Comedy"))) == ["quotas_collide"]
    assert codes(rule(Quota(4, 12), has("Comedy"))) == []
    assert codes(rule(Quota(4, 10))) == []


def test_quotas_that_only_all_together_ask_for_too_much_are_told(rule, publish, world_of_two):
    ItemFactory.create_batch(10, attributes={"genres": ["Drama"]})
    first = publish(rule(Quota(4, 10), has("War")))
    publish(rule(Quota(4, 10), has("Comedy")))
    (finding,) = rule(Quota(4, 10), has("Drama")).findings
    assert (finding.code, finding.decision) == ("quotas_collide", first.decision.pk)
    assert "2 other quotas it asks for more than 10 slots" in finding.text
    assert codes(rule(Quota(2, 10), has("Drama"))) == []
    assert codes(rule(Quota(4, 12), has("Drama"))) == []
    assert codes(rule(Quota(4, 10), EVERYTHING)) == [], "its items may be those of the others"


def test_quotas_that_never_hold_together_are_not_added_up(rule, publish, world_of_two):
    ItemFactory.create_batch(10, attributes={"genres": ["Drama"]})
    publish(rule(Quota(4, 10), has("War"), until=NOW + timedelta(days=1)))
    publish(rule(Quota(4, 10), has("Comedy"), starts_at=NOW + timedelta(days=1)))
    assert codes(rule(Quota(4, 10), has("Drama"))) == []


def test_a_quota_above_what_a_cap_allows_is_told(rule, publish, world_of_two):
    publish(rule(Cap(2, 10), has("War")))
    assert codes(rule(Quota(2, 10), has("War"))) == []
    assert codes(rule(Quota(3, 10), has("War"))) == ["quota_over_cap"]
    assert codes(rule(Quota(3, 12), has("War"))) == []
    assert codes(rule(Quota(3, 10))) == []


@pytest.mark.parametrize("more", [0, 20])
def test_what_rules_take_is_asked_in_two_questions_and_the_catalogue_is_not_read(
    rule, home, world_of_two, django_assert_num_queries, more
):
    taking = [(Exclude(), has("War")), (Cap(0, 10), has("War")), (Exclude(), EVERYTHING)]
    made = [rule(*each) for each in (*taking, *[(Exclude(), has("Comedy"))] * more)]
    drafts = {draft.decision.pk: draft.revision for draft in made}
    policy = policy_with(home, NOW, drafts)
    with django_assert_num_queries(2):
        told = lint.examine(list(drafts.values()), policy, NOW)
    codes_of = [[finding.code for finding in told[draft.decision.pk]] for draft in made]
    assert codes_of == [[], [], ["leaves_nothing"], *[[]] * more]


def test_a_rule_that_leaves_nothing_to_show_is_told(rule, world_of_two):
    assert codes(rule(Exclude(), EVERYTHING)) == ["leaves_nothing"]
    assert codes(rule(Cap(0, 10), EVERYTHING)) == ["leaves_nothing"]
    assert codes(rule(Exclude(), has("War"))) == []
    assert codes(rule(Cap(0, 10), has("War"))) == []
