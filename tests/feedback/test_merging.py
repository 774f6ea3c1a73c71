"""Merging members: nothing lost, nothing doubled, never in a circle, and done again it changes nothing."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation import actions
from curation.actions import Terms
from curation.models import Block, Member, MemberStats
from curation.people import members
from curation.problems import Conflict
from feedback.actions import record
from feedback.folding.statements import rebuild
from feedback.merging import merge_members
from feedback.models import Comment, Impression, Interaction, Kind, MemberState, Merge, Rating
from feedback.recording import impressions
from feedback.recording.events import Reason, Status
from tests.factories import MemberFactory, UserFactory
from tests.feedback.cast import SILENCE, says, told, undo

pytestmark = pytest.mark.django_db


def merge(member, into):
    return merge_members(actor=None, member=member, into=into, reason="the same person")


def words_of(member):
    rows = Rating.objects.filter(subject=member.subject)
    words = {row.item_id: {name: getattr(row, name) for name in SILENCE} for row in rows}
    return {item: said for item, said in words.items() if said != SILENCE}


def test_of_each_aspect_the_later_act_stands(ada, bob, films, tell):
    tell(ada, ("a1", Kind.RATING, films[0], 2.0), ("a2", Kind.FAVOURITE, films[0], 1.0), minute=5)
    tell(bob, ("b1", Kind.RATING, films[0], 5.0), minute=9)
    tell(bob, ("b2", Kind.FAVOURITE, films[0], 0.0), ("b3", Kind.LIKE, films[0]), minute=1)
    tell(bob, ("b4", Kind.NOT_INTERESTED, films[1]), minute=1)
    merged = merge(bob, ada)
    assert (merged.member.pk, merged.interactions) == (ada.pk, 4)
    assert says(ada, films[0]) == SILENCE | {"stars": 5.0, "favourite": True, "thumb": 1}
    assert says(ada, films[1])["never"]
    assert not Rating.objects.filter(subject=bob.subject).exists()
    assert not Interaction.objects.filter(subject=bob.subject).exists()


def test_versions_grow_and_ratings_are_counted_again(ada, bob, films, tell):
    for at in range(3):
        tell(bob, (f"b{at}", Kind.RATING, films[at], 4.0))
    tell(ada, ("a", Kind.RATING, films[0], 3.0))
    merge(bob, ada)
    state = MemberState.objects.get(subject=ada.subject)
    assert (state.version, state.ratings) == (4, 3)
    assert MemberStats.objects.get(subject=ada.subject).ratings == 3


def test_what_is_sent_again_after_the_merge_is_still_known(ada, bob, films, tell):
    tell(bob, ("e1", Kind.RATING, films[0], 4.0))
    merge(bob, ada)
    again = members.get_or_create("test", "bob")
    (outcome,) = tell(again, ("e1", Kind.RATING, films[0], 4.0))
    assert (again.pk, outcome.status) == (ada.pk, Status.DUPLICATE)
    record([undo(ada, "u1", "e1")], source="test")
    assert says(ada, films[0])["stars"] is None


def test_what_was_under_way_for_the_one_is_recorded_for_the_other(ada, bob, films, tell):
    merge(bob, ada)
    (outcome,) = tell(bob, ("e1", Kind.LIKE, films[0]))
    assert outcome.status is Status.ACCEPTED
    assert says(ada, films[0])["thumb"] == 1
    assert outcome.version == MemberState.objects.get(subject=ada.subject).version


def test_an_undo_that_had_no_effect_on_the_other_gets_none_by_the_merge(ada, bob, films, tell):
    record([undo(bob, "u1", "e1")], source="test")
    tell(ada, ("e1", Kind.LIKE, films[0]))
    merge(bob, ada)
    rebuild([(ada.subject, films[0].pk)], timezone.now())
    assert says(ada, films[0])["thumb"] == 1


def test_an_undo_that_waits_still_waits_after_the_merge(ada, bob, films, tell):
    record([undo(bob, "u1", "e1")], source="test")
    merge(bob, ada)
    tell(ada, ("e1", Kind.LIKE, films[0]))
    assert says(ada, films[0])["thumb"] is None


def test_impressions_comments_blocks_and_attributes_come_along(ada, bob, films):
    record([told(bob, "c1", Kind.COMMENT, films[0], text="Mine.")], source="test")
    impressions.write([Impression(
        served_at=timezone.now(), subject=bob.subject, surface="home", mode="fresh",
        items=[films[0].pk], slots=[1], propensities=[1.0], curated=[False],
    )])  # fmt: skip
    curator = UserFactory.create(roles=["curator"])
    terms = Terms(reason="not for him", member=bob)
    draft = actions.block_item(actor=curator, item=films[1], terms=terms)
    actions.publish_decision(actor=curator, draft=draft)
    Member.objects.filter(pk=bob.pk).update(attributes={"age": 40, "city": "Ulm"}, language="de")
    Member.objects.filter(pk=ada.pk).update(attributes={"age": 41})
    merge(bob, ada)
    assert Comment.objects.get().subject == Impression.objects.get().subject == ada.subject
    assert Block.objects.get().member_id == ada.pk
    ada.refresh_from_db()
    assert (ada.attributes, ada.language) == ({"age": 41, "city": "Ulm"}, "de")


def test_a_merge_done_again_changes_nothing(ada, bob, films, tell):
    tell(bob, ("e1", Kind.LIKE, films[0]))
    merge(bob, ada)
    before = list(MemberState.objects.order_by("subject").values())
    assert merge(bob, ada).interactions is None
    assert list(MemberState.objects.order_by("subject").values()) == before
    assert Merge.objects.count() == 1


def test_nobody_is_merged_in_a_circle(ada, bob, films):
    eve = MemberFactory.create(source="test", outside_id="eve")
    with pytest.raises(Conflict, match="themselves"):
        merge(ada, ada)
    merge(ada, bob)
    with pytest.raises(Conflict) as caught:
        merge(bob, ada)
    assert caught.value.code == "merge_circle"
    merge(bob, eve)
    for one, other in [(eve, ada), (eve, bob), (eve, eve)]:
        with pytest.raises(Conflict) as caught:
            merge(one, other)
        assert caught.value.code == "merge_circle"
    assert merge(bob, ada).member.pk == eve.pk


def test_a_chain_of_merges_leads_to_its_end(ada, bob, films, tell):
    eve = MemberFactory.create(source="test", outside_id="eve")
    tell(ada, ("e1", Kind.LIKE, films[0]))
    merge(ada, bob)
    merge(bob, eve)
    assert members.get_or_create("test", "ada").pk == eve.pk
    assert set(
        Member.objects.exclude(pk=eve.pk).filter(source="test").values_list("merged_into")
    ) == {(eve.pk,)}
    tell(ada, ("e2", Kind.RATING, films[0], 3.0))
    assert says(eve, films[0]) == SILENCE | {"thumb": 1, "stars": 3.0}


def test_who_was_merged_elsewhere_stays_there(ada, bob):
    eve = MemberFactory.create(source="test", outside_id="eve")
    merge(ada, bob)
    with pytest.raises(Conflict) as caught:
        merge(ada, eve)
    assert caught.value.code == "already_merged"


def test_a_simulated_member_is_nobodys_double(ada):
    doll = MemberFactory.create(simulated=True)
    with pytest.raises(Conflict) as caught:
        merge(doll, ada)
    assert caught.value.code == "merge_simulated"


def test_the_user_comes_along_where_the_other_has_none(ada, bob):
    user = UserFactory.create()
    Member.objects.filter(pk=bob.pk).update(user=user)
    merge(bob, ada)
    assert Member.objects.get(user=user).pk == ada.pk


ACTS = st.tuples(
    st.integers(0, 1),
    st.sampled_from([Kind.RATING, Kind.LIKE, Kind.DISLIKE, Kind.FAVOURITE, Kind.VIEW, Kind.CLICK]),
    st.integers(0, 1),
    st.integers(0, 3),
    st.integers(0, 9),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(ACTS, max_size=10))
def test_two_who_are_merged_say_what_one_who_did_it_all_would_say(films, acts):
    run = uuid.uuid4().hex
    people = [MemberFactory.create(outside_id=f"{run}-{who}") for who in range(2)]
    for at, (who, kind, film, minute, undone) in enumerate(acts):
        value = {Kind.RATING: 1.0 + minute, Kind.FAVOURITE: minute % 2}.get(kind)
        event = told(people[who], f"{run}-{at}", kind, films[film], value, minute=minute)
        record([event], source="test")
        if undone == 0:
            record([undo(people[who], f"{run}-u{at}", f"{run}-{at}")], source="test")
    merge(*people)
    merged = words_of(people[1])
    rebuild([(people[1].subject, film.pk) for film in films[:2]], timezone.now())
    assert words_of(people[1]) == merged


@pytest.mark.django_db(transaction=True)
def test_events_and_a_merge_at_the_same_time_lose_nothing(ada, bob, films):
    def act(at):
        try:
            if at == 5:
                merge(bob, ada)
                return Status.ACCEPTED
            (outcome,) = record(
                [told(bob, f"e{at}", Kind.RATING, films[at % 4], 3.0)], source="test"
            )
            return outcome.status
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(act, range(24))) == {Status.ACCEPTED}
    assert set(Interaction.objects.values_list("subject", flat=True)) == {ada.subject}
    assert Interaction.objects.count() == 23
    assert {says(ada, film)["stars"] for film in films} == {3.0}
    assert MemberState.objects.get(subject=ada.subject).ratings == 4


@pytest.mark.django_db(transaction=True)
def test_two_merges_against_each_other_leave_one_member(ada, bob):
    def attempt(pair):
        try:
            return merge(*pair).interactions
        except Conflict as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        told_ = set(threads.map(attempt, [(ada, bob), (bob, ada)]))
    assert told_ == {0, "merge_circle"}
    assert Member.objects.filter(source="test", merged_into=None).count() == 1


def test_another_member_under_the_same_key_is_still_a_conflict(ada, bob, films, tell):
    tell(ada, ("e1", Kind.LIKE, films[0]))
    (outcome,) = tell(bob, ("e1", Kind.LIKE, films[0]))
    assert outcome.reason is Reason.CONFLICT
