"""The life of a decision: drafted, published, in force, revised, ended, rolled back."""

from __future__ import annotations

from datetime import timedelta

import pghistory.models
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from curation import actions
from curation.actions import Refused, Terms
from curation.fusion.effects import Boost, Cap
from curation.fusion.parsing import parse
from curation.fusion.policy import Scope
from curation.fusion.query import EVERYTHING
from curation.models import Attribute, Block, Decision, Outbox, PolicyVersion, Revision
from curation.policies.loading import load_policy
from curation.problems import Conflict, Denied, Invalid, Missing
from curation.queries.items import schema
from tests.factories import ItemFactory, MemberFactory, SegmentFactory

EVENT = apps.get_model("curation", "RevisionEvent")


def published(actor, draft):
    actions.publish_decision(actor=actor, draft=draft)
    return draft


def policy_of(surface):
    surface.refresh_from_db()
    return load_policy(surface, timezone.now())


def announced():
    rows = Outbox.objects.filter(task="recsys.refuse_surface")
    return {argument for row in rows for argument in row.arguments}


def test_a_draft_changes_nothing_until_it_is_published(curator, home, films):
    draft = actions.pin_item(actor=curator, surface=home, item=films[0], slot=2)
    assert policy_of(home).pins == ()
    actions.publish_decision(actor=curator, draft=draft)
    (pin,) = policy_of(home).pins
    assert (pin.item, pin.slot, pin.lineage) == (films[0].pk, 2, draft.decision.pk)
    assert policy_of(home).version == 1


def test_a_preview_holds_the_drafts_of_its_change_set_on_top_of_what_is_live(curator, home, films):
    live = published(curator, actions.pin_item(actor=curator, surface=home, item=films[0], slot=1))
    spring = actions.open_change_set(actor=curator, name="Spring")
    actions.pin_item(
        actor=curator, surface=home, item=films[1], slot=2, terms=Terms(change_set=spring)
    )
    actions.block_item(actor=curator, item=films[2], surface=home, terms=Terms(change_set=spring))
    actions.end_decision(actor=curator, decision=live.decision, reason="over", change_set=spring)
    home.refresh_from_db()
    preview = load_policy(home, timezone.now(), spring)
    assert [pin.item for pin in preview.pins] == [films[1].pk]
    assert [block.item for block in preview.blocks] == [films[2].pk]
    assert [pin.item for pin in policy_of(home).pins] == [films[0].pk]


def test_publishing_a_change_set_is_one_version_of_each_surface(curator, home, similar, films):
    spring = actions.open_change_set(actor=curator, name="Spring")
    terms = Terms(change_set=spring)
    for slot, film in enumerate(films, start=1):
        actions.pin_item(actor=curator, surface=home, item=film, slot=slot, terms=terms)
    done = actions.publish(actor=curator, change_set=spring)
    assert done.versions == {"home": 1}
    assert len(done.decisions) == 3
    assert announced() == {"home"}


def test_an_everywhere_decision_touches_every_surface(curator, home, similar, films):
    boost = actions.add_rule(actor=curator, surface=None, effect=Boost(1), what=EVERYTHING)
    done = actions.publish_decision(actor=curator, draft=boost)
    assert done.versions == {"home": 1, "similar": 1}
    assert policy_of(home).rules
    assert policy_of(similar).rules
    assert announced() == {"home", "similar"}


def test_a_published_change_set_takes_no_more_and_is_published_once(curator, home, films):
    spring = actions.open_change_set(actor=curator, name="Spring")
    actions.pin_item(
        actor=curator, surface=home, item=films[0], slot=1, terms=Terms(change_set=spring)
    )
    actions.publish(actor=curator, change_set=spring)
    with pytest.raises(Conflict, match="published"):
        actions.publish(actor=curator, change_set=spring)
    with pytest.raises(Conflict):
        actions.pin_item(
            actor=curator, surface=home, item=films[1], slot=2, terms=Terms(change_set=spring)
        )


def test_a_discarded_draft_cannot_be_published(curator, home, films):
    draft = actions.pin_item(actor=curator, surface=home, item=films[0], slot=1)
    actions.discard(actor=curator, change_set=draft.revision.change_set, reason="no")
    with pytest.raises(Conflict):
        actions.publish_decision(actor=curator, draft=draft)


def test_publishing_on_a_stale_version_is_refused_with_both_numbers(curator, home, films):
    published(curator, actions.pin_item(actor=curator, surface=home, item=films[0], slot=1))
    actions.pin_item(actor=curator, surface=home, item=films[1], slot=2)
    with pytest.raises(Conflict, match=r"version 0 .* at 1"):
        actions.publish(actor=curator, surface=home, version=0)
    assert actions.publish(actor=curator, surface=home, version=1).versions == {"home": 2}


def test_publishing_a_surface_without_drafts_changes_nothing(curator, home):
    done = actions.publish(actor=curator, surface=home)
    assert (done.versions, done.decisions) == ({"home": 0}, [])
    assert not PolicyVersion.objects.exists()


def test_ending_takes_a_decision_out_and_keeps_its_lineage(curator, home, films):
    pin = published(curator, actions.pin_item(actor=curator, surface=home, item=films[0], slot=1))
    end = actions.end_decision(actor=curator, decision=pin.decision, reason="enough")
    assert policy_of(home).pins
    actions.publish_decision(actor=curator, draft=end)
    assert policy_of(home).pins == ()
    assert [row.ends for row in pin.decision.revisions.all()] == [False, True]
    with pytest.raises(Conflict):
        actions.end_decision(actor=curator, decision=pin.decision, reason="again")


def test_a_draft_is_discarded_not_ended(curator, home, films):
    draft = actions.pin_item(actor=curator, surface=home, item=films[0], slot=1)
    with pytest.raises(Conflict) as refusal:
        actions.end_decision(actor=curator, decision=draft.decision, reason="no")
    assert refusal.value.code == "not_in_force"


def test_rolling_back_publishes_the_older_decisions_as_a_new_version(curator, home, films):
    first = published(curator, actions.pin_item(actor=curator, surface=home, item=films[0], slot=1))
    published(curator, actions.pin_item(actor=curator, surface=home, item=films[1], slot=2))
    before = {pin.lineage: pin.published_at for pin in policy_of(home).pins}
    done = actions.roll_back(actor=curator, surface=home, reason="too many")
    assert done.versions == {"home": 3}
    (pin,) = policy_of(home).pins
    assert (pin.lineage, pin.published_at) == (first.decision.pk, before[first.decision.pk])
    assert PolicyVersion.objects.get(number=3).restores == 1
    actions.roll_back(actor=curator, surface=home, version=0)
    assert policy_of(home).pins == ()
    for missing in (4, 99, -1):
        with pytest.raises(Missing):
            actions.roll_back(actor=curator, surface=home, version=missing)


def test_an_ended_decision_that_a_roll_back_restored_can_be_ended_again(curator, home, films):
    pin = published(curator, actions.pin_item(actor=curator, surface=home, item=films[0], slot=1))
    published(curator, actions.end_decision(actor=curator, decision=pin.decision, reason="1"))
    actions.roll_back(actor=curator, surface=home, version=1)
    assert policy_of(home).pins
    published(curator, actions.end_decision(actor=curator, decision=pin.decision, reason="2"))
    assert policy_of(home).pins == ()


def test_a_block_moves_only_the_blocks_counter_and_survives_a_roll_back(curator, home, films):
    published(curator, actions.pin_item(actor=curator, surface=home, item=films[0], slot=1))
    block = actions.block_item(actor=curator, item=films[1], surface=home)
    done = actions.publish_decision(actor=curator, draft=block)
    assert (done.versions, done.blocks) == ({"home": 1}, {"home": 1})
    actions.roll_back(actor=curator, surface=home, version=0)
    assert [row.item for row in policy_of(home).blocks] == [films[1].pk]
    end = actions.end_decision(actor=curator, decision=block.decision, reason="fine now")
    assert actions.publish_decision(actor=curator, draft=end).blocks == {"home": 2}
    assert policy_of(home).blocks == ()
    assert Block.objects.get().ended_at is not None


def test_a_block_reaches_its_scope(curator, home, similar, ada, films):
    everywhere = actions.block_item(actor=curator, item=films[0])
    assert actions.publish_decision(actor=curator, draft=everywhere).blocks == {
        "home": 1,
        "similar": 1,
    }
    terms = Terms(member=ada)
    published(
        curator, actions.block_item(actor=curator, item=films[1], surface=similar, terms=terms)
    )
    assert [row.scope for row in policy_of(home).blocks] == [Scope()]
    assert [row.scope for row in policy_of(similar).blocks] == [
        Scope(),
        Scope("similar", None, ada.subject),
    ]


def test_only_an_administrator_sets_and_lifts_a_safety_block(curator, administrator, films):
    with pytest.raises(Denied):
        actions.block_item(actor=curator, item=films[0], safety=True)
    harm = Terms(reason="it harms")
    block = published(
        administrator,
        actions.block_item(actor=administrator, item=films[0], safety=True, terms=harm),
    )
    with pytest.raises(Denied):
        actions.end_decision(actor=curator, decision=block.decision, reason="no")
    with pytest.raises(Denied):
        actions.revise_decision(
            actor=curator, decision=block.decision, base=1, spec={"safety": False}, terms=Terms()
        )
    draft = actions.block_item(actor=administrator, item=films[1], safety=True, terms=harm)
    with pytest.raises(Denied):
        actions.publish_decision(actor=curator, draft=draft)


def test_whoever_is_no_curator_decides_nothing(stranger, curator, home, films):
    with pytest.raises(Denied):
        actions.pin_item(actor=stranger, surface=home, item=films[0], slot=1)
    draft = actions.pin_item(actor=curator, surface=home, item=films[0], slot=1)
    with pytest.raises(Denied):
        actions.publish_decision(actor=stranger, draft=draft)
    with pytest.raises(Denied):
        actions.roll_back(actor=stranger, surface=home, version=0)


def test_a_revision_replaces_the_one_before_when_published(curator, home, films):
    pin = published(curator, actions.pin_item(actor=curator, surface=home, item=films[0], slot=1))
    revised = actions.revise_decision(
        actor=curator, decision=pin.decision, base=1, spec={"slot": 3}, terms=Terms(priority=5)
    )
    published(curator, revised)
    (now,) = policy_of(home).pins
    assert (now.slot, now.priority, now.revision) == (3, 5, 2)


def test_a_stale_revision_is_refused_with_what_changed(curator, home, films):
    pin = published(curator, actions.pin_item(actor=curator, surface=home, item=films[0], slot=1))
    change = {"actor": curator, "decision": pin.decision, "base": 1}
    actions.revise_decision(**change, spec={"slot": 3}, terms=Terms(priority=5))
    with pytest.raises(Conflict) as refusal:
        actions.revise_decision(**change, spec={"slot": 4}, terms=Terms())
    told = {error["field"]: error for error in refusal.value.errors}
    assert told.keys() == {"revision", "slot", "priority"}
    assert (told["slot"]["base"], told["slot"]["theirs"], told["slot"]["mine"]) == (1, 3, 4)
    assert (told["slot"]["code"], told["priority"]["code"]) == ("both", "theirs")
    assert told["slot"]["by"] == curator.username


def test_an_older_draft_is_not_published_over_a_newer_revision(curator, home, films):
    pin = published(curator, actions.pin_item(actor=curator, surface=home, item=films[0], slot=1))
    older = actions.revise_decision(
        actor=curator, decision=pin.decision, base=1, spec={"slot": 3}, terms=Terms()
    )
    published(
        curator,
        actions.revise_decision(
            actor=curator, decision=pin.decision, base=2, spec={"slot": 4}, terms=Terms()
        ),
    )
    with pytest.raises(Conflict) as refusal:
        actions.publish_decision(actor=curator, draft=older)
    assert refusal.value.code == "stale_draft"


def test_a_blend_may_name_live_scorers_only(curator, home, scorers):
    with pytest.raises(Invalid, match=r"no_such.*ease, popularity"):
        actions.set_blend(actor=curator, surface=home, weights={"no_such": 1})
    for bad in ({"ease": -1}, {"ease": 0}, {}):
        with pytest.raises(Invalid):
            actions.set_blend(actor=curator, surface=home, weights=bad)
    with pytest.raises(Invalid, match="log_z"):
        actions.set_blend(actor=curator, surface=home, weights={"ease": 1}, scales={"ease": "x"})
    published(
        curator,
        actions.set_blend(actor=curator, surface=home, weights={"ease": 1, "popularity": 0}),
    )
    assert policy_of(home).blends[0].weights == {"ease": 1, "popularity": 0}


def test_a_cap_counts_by_a_text_or_tags_attribute(curator, home, films):
    rule = {"actor": curator, "surface": home, "what": EVERYTHING}
    with pytest.raises(Invalid, match="genres"):
        actions.add_rule(**rule, effect=Cap(2, 10, "year"))
    published(curator, actions.add_rule(**rule, effect=Cap(2, 10, "genres")))
    assert policy_of(home).rules[0].effect == Cap(2, 10, "genres")


@pytest.mark.parametrize(
    "terms",
    [
        {"holdback": 1.0},
        {"traffic": 0.0},
        {"priority": 10**7},
        {"starts_at": timezone.now(), "until": timezone.now() - timedelta(days=1)},
        {"until": timezone.now().replace(year=9000)},
        {"until": timezone.now().replace(tzinfo=None)},
    ],
)
def test_impossible_terms_are_refused(terms):
    with pytest.raises(Invalid):
        Terms(**terms)


def test_a_decision_is_for_a_segment_or_a_member_not_both(ada):
    with pytest.raises(Invalid):
        Terms(segment=SegmentFactory.create(), member=ada)


def test_the_policy_is_valid_until_its_next_edge(curator, similar, films):
    now = timezone.now()
    terms = Terms(starts_at=now + timedelta(hours=2), until=now + timedelta(hours=5))
    published(
        curator,
        actions.pin_item(actor=curator, surface=similar, item=films[0], slot=1, terms=terms),
    )
    assert policy_of(similar).valid_until == terms.starts_at
    blocked = Terms(until=now + timedelta(hours=1))
    published(
        curator, actions.block_item(actor=curator, item=films[1], surface=similar, terms=blocked)
    )
    assert policy_of(similar).valid_until == blocked.until
    assert load_policy(similar, now + timedelta(hours=6)).valid_until is None


def test_an_exploring_surface_is_valid_until_midnight(home):
    now = timezone.now()
    edge = load_policy(home, now).valid_until
    assert edge is not None
    assert timedelta(0) < edge - now <= timedelta(days=1)
    assert (edge.hour, edge.minute) == (0, 0)


def test_loading_a_policy_takes_a_fixed_number_of_queries(
    curator, home, films, scorers, django_assert_num_queries
):
    with django_assert_num_queries(3):
        load_policy(home, timezone.now())
    for slot in range(1, 6):
        member = MemberFactory.create()
        terms = Terms(member=member)
        pin = {"actor": curator, "surface": home, "item": ItemFactory.create(), "slot": slot}
        published(curator, actions.pin_item(**pin, terms=terms))
        published(
            curator, actions.block_item(actor=curator, item=ItemFactory.create(), terms=terms)
        )
    published(curator, actions.set_blend(actor=curator, surface=home, weights={"ease": 1}))
    home.refresh_from_db()
    with django_assert_num_queries(3):
        policy = load_policy(home, timezone.now())
    assert (len(policy.pins), len(policy.blocks), len(policy.blends)) == (5, 5, 1)


def test_the_database_keeps_who_decided_what_and_why(curator, home, films):
    published(
        curator,
        actions.pin_item(
            actor=curator, surface=home, item=films[0], slot=1, terms=Terms(reason="premiere")
        ),
    )
    (event,) = EVENT.objects.all()
    assert event.pgh_context["actor"] == str(curator.pk)
    assert event.pgh_context["action"] == "pin_item"
    assert event.pgh_context["reason"] == "premiere"
    assert (
        apps.get_model("curation", "PolicyVersionEvent").objects.get().pgh_context["action"]
        == "publish"
    )


@pytest.mark.parametrize("table", ["decision", "revision", "policyversion", "policyentry"])
@pytest.mark.parametrize("sql", ["DELETE FROM curation_{}", "UPDATE curation_{} SET id = id"])
def test_what_was_decided_can_be_neither_changed_nor_deleted(curator, home, films, table, sql):
    published(curator, actions.pin_item(actor=curator, surface=home, item=films[0], slot=1))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(table))


def test_the_audit_can_be_neither_changed_nor_deleted(curator, home, films):
    published(curator, actions.pin_item(actor=curator, surface=home, item=films[0], slot=1))
    assert issubclass(EVENT, pghistory.models.Event)
    for change in ({"pgh_label": "x"}, {"reason": "y"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            EVENT.objects.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        EVENT.objects.all().delete()


def test_a_refused_draft_leaves_nothing_behind(curator, home, films):
    films[0].active = False
    films[0].save()
    with pytest.raises(Refused):
        actions.pin_item(actor=curator, surface=home, item=films[0], slot=1)
    assert not Decision.objects.exists()
    assert not Revision.objects.exists()


def test_an_attribute_that_a_rule_asks_for_cannot_be_removed_nor_change_its_type(
    curator, home, films
):
    war = parse({"field": "genres", "op": "has", "value": "War"}, schema())
    rule = {"actor": curator, "surface": home, "effect": Boost(1.5), "what": war}
    published(curator, actions.add_rule(**rule))
    genres = Attribute.objects.filter(key="genres")
    with pytest.raises(DatabaseError, match="annot delete"), transaction.atomic():
        genres.delete()
    with pytest.raises(DatabaseError, match="annot update"), transaction.atomic():
        genres.update(kind="text")
    (kept,) = policy_of(home).rules
    assert kept.what == war
