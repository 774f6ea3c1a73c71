"""The page of a change set: what would change, whom it reaches, what stops it; and afterwards the way back."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from curation import actions
from curation.actions import Terms
from curation.desk.change_sets import outlooks
from curation.models import Decision, MemberStats
from curation.people import memberships
from curation.policies.loading import load_policy
from curation.queries.items import schema
from tests.factories import MemberFactory, SegmentFactory


@pytest.fixture
def desk(client, curator):
    curator.is_staff = True
    curator.save()
    client.force_login(curator)
    return client


@pytest.fixture
def spring(curator):
    return actions.open_change_set(actor=curator, name="Spring")


def pin(curator, home, film, slot, **terms):
    told = Terms(reason="a test", **terms)
    return actions.pin_item(actor=curator, surface=home, item=film, slot=slot, terms=told)


def page_of(desk, home_set):
    return desk.get(reverse("desk:publish", args=[home_set.pk])).content.decode()


def test_each_draft_is_told_against_what_is_in_force(curator, home, films, spring):
    live = [pin(curator, home, films[at], at + 1) for at in range(2)]
    for made in live:
        actions.publish_decision(actor=curator, draft=made)
    actions.revise_decision(
        actor=curator,
        decision=live[0].decision,
        base=1,
        terms=Terms(reason="lower", change_set=spring),
        spec={"slot": 5},
        item=films[0],
    )
    actions.end_decision(actor=curator, decision=live[1].decision, reason="over", change_set=spring)
    pin(curator, home, films[2], 7, change_set=spring)
    told = {each.act: each for each in outlooks.drafted(spring, schema())}
    assert set(told) == {"new", "changed", "ended"}
    slot = next(change for change in told["changed"].changes if change.field == "slot")
    assert (slot.before, slot.after) == (1, 5)


def test_findings_stand_in_the_inbox_gravest_first_with_winner_and_loser(
    desk, curator, home, films, spring
):
    blocked = actions.block_item(actor=curator, item=films[0], terms=Terms(reason="a test"))
    actions.publish_decision(actor=curator, draft=blocked)
    pin(curator, home, films[1], 3, change_set=spring)
    with pytest.raises(actions.Refused):
        pin(curator, home, films[0], 2, change_set=spring)
    winner = pin(curator, home, films[2], 3, priority=200)
    actions.publish_decision(actor=curator, draft=winner)
    (entry,) = outlooks.inbox(spring, timezone.now(), schema())
    assert (entry.wins, entry.blocks) == ("other", False)
    page = page_of(desk, spring)
    assert f"Pin “{films[2].title}” to slot 3." in page
    assert "gives way" in page
    assert reverse("desk:draft", args=[spring.pk, entry.found.revision.pk]) in page


def test_what_stops_a_publish_comes_first(desk, curator, home, films, spring):
    warned = pin(curator, home, films[0], 3, change_set=spring)
    pin(curator, home, films[1], 4, change_set=spring)
    outranks = pin(curator, home, films[2], 3, priority=200)
    actions.publish_decision(actor=curator, draft=outranks)
    stops = actions.block_item(actor=curator, item=films[1], terms=Terms(reason="a test"))
    actions.publish_decision(actor=curator, draft=stops)
    found = outlooks.inbox(spring, timezone.now(), schema())
    assert [entry.blocks for entry in found] == sorted((e.blocks for e in found), reverse=True)
    assert found[0].blocks
    assert found[-1].found.revision.decision_id == warned.decision.pk
    answer = desk.post(reverse("desk:publish", args=[spring.pk]), {"reason": "now"})
    assert "The item is blocked" in answer.content.decode()
    spring.refresh_from_db()
    assert spring.published_at is None


def test_the_reach_counts_members_of_segments_or_everybody(curator, home, films, spring):
    members = [MemberFactory.create() for _ in range(3)]
    for at, member in enumerate(members):
        MemberStats.objects.create(subject=member.subject, ratings=30 * at)
    fans = SegmentFactory.create(query={"field": "ratings", "op": "ge", "value": 20})
    memberships.refresh(fans)
    first = pin(curator, home, films[0], 1, change_set=spring, segment=fans)
    reached = outlooks.reach([first.revision])
    assert (reached.members, reached.everybody, reached.decisions) == (2, False, 1)
    second = pin(curator, home, films[1], 2, change_set=spring)
    reached = outlooks.reach([first.revision, second.revision])
    assert (reached.members, reached.everybody) == (3, True)
    assert [surface.slug for surface in reached.surfaces] == ["home"]


def test_a_publish_ends_on_its_receipt_from_which_it_is_taken_back(
    desk, curator, home, films, spring
):
    pin(curator, home, films[0], 1, change_set=spring)
    url = reverse("desk:publish", args=[spring.pk])
    assert "Publish 1 change" in page_of(desk, spring)
    assert desk.post(url, {"reason": "ready"})["Location"] == url
    page = page_of(desk, spring)
    assert "Home went from version 0 to 1, by curator." in page
    back = reverse("desk:roll-back", args=["home", 0])
    assert back in page
    assert "Goes out" in desk.get(back).content.decode()
    desk.post(back, {"reason": "a mistake"})
    home.refresh_from_db()
    assert load_policy(home, timezone.now()).pins == ()
    assert "Another version has replaced it since" in page_of(desk, spring)


def test_a_receipt_says_that_blocks_outlive_a_roll_back(desk, curator, films, spring):
    terms = Terms(reason="a test", change_set=spring)
    actions.block_item(actor=curator, item=films[0], terms=terms)
    desk.post(reverse("desk:publish", args=[spring.pk]), {"reason": "ready"})
    assert "A roll back leaves blocks as they are" in page_of(desk, spring)


def test_any_two_versions_are_compared(desk, curator, home, films):
    for at in range(3):
        actions.publish_decision(actor=curator, draft=pin(curator, home, films[at], at + 1))
    url = reverse("desk:versions", args=["home"])
    assert desk.get(url).content.decode().count('name="before"') == 3
    answer = desk.get(url, {"before": "1", "after": "3"})
    assert answer["Location"] == reverse("desk:compare", args=["home", 1, 3])
    page = desk.get(answer["Location"]).content.decode()
    assert films[2].title in page
    assert films[0].title not in page
    assert "Choose two versions" in desk.get(url, {"before": "1"}).content.decode()
    assert "Choose two versions" in desk.get(url, {"before": "x"}).content.decode()
    assert desk.get(url, {"below": "2"}).content.decode().count('name="before"') == 1


def test_the_pages_of_a_change_set_keep_their_number_of_queries(
    desk, curator, home, films, spring, django_assert_max_num_queries
):
    for at in range(8):
        pin(curator, home, films[at % 3], at + 1, change_set=spring, priority=100 + at)
    assert Decision.objects.count() == 8
    for url in (reverse("desk:publish", args=[spring.pk]), reverse("desk:surface", args=["home"])):
        with django_assert_max_num_queries(25):
            assert desk.get(url).status_code == 200
