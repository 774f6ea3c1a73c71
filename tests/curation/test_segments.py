"""Segments: who is in them now, who was in each version, and what may be decided about them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation import actions
from curation.actions import Terms, block_item, pin_item, publish_decision
from curation.fusion.columns import Kind
from curation.fusion.query import OPERATORS
from curation.models import (
    Member,
    MemberAttribute,
    MemberStats,
    Segment,
    SegmentState,
    SegmentVersion,
)
from curation.people import memberships
from curation.people.members import refresh_segments, segments_of
from curation.people.memberships import Cause
from curation.problems import Conflict, Denied, Invalid
from curation.queries import members as member_queries
from tests.curation.test_queries import STORED, VALUES
from tests.factories import SOURCE, ItemFactory, MemberFactory, SegmentFactory

pytestmark = pytest.mark.django_db

MANY = {"field": "ratings", "op": "ge", "value": 20}
CAUSE = Cause("refreshed")
DECLARED = {"age": "number", "plan": "text", "hobbies": "tags", "staff": "boolean", "born": "date"}


@pytest.fixture
def members(db):
    return [MemberFactory.create() for _ in range(4)]


@pytest.fixture
def by_hand(curator):
    return actions.make_list(actor=curator, slug="guests", name="Guests")


def names(segment):
    rows = Member.objects.filter(subject__in=segment.memberships.values("subject"))
    return set(rows.values_list("outside_id", flat=True))


def sealed(segment):
    """The new version of a membership that changed."""
    version = memberships.seal(segment, CAUSE)
    assert version is not None
    return version


def changes(member):
    return MemberStats.objects.get(pk=member.subject).segments


# Queries over members ---------------------------------------------------------------------------------


def fields():
    kinds = {key: Kind(kind) for key, kind in DECLARED.items()}
    return kinds | dict(member_queries.FIELDS)


@st.composite
def queries(draw):
    field = draw(st.sampled_from(sorted(DECLARED)) | st.sampled_from(sorted(fields())))
    kind = fields()[field]
    op = draw(st.sampled_from(OPERATORS[kind]))
    if op in ("exists", "missing"):
        return {"field": field, "op": op}
    value = st.lists(VALUES[kind], max_size=3) if op == "in" else VALUES[kind]
    return {"field": field, "op": op, "value": draw(value)}


FEATURES = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("likes", "shown", "mean_rating", "evening", "weekend"), st.integers(0, 5) | st.floats(0, 5)
    ),
)
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            "language": st.sampled_from(["", "en", "zh-hans"]),
            "attributes": st.fixed_dictionaries(
                {},
                optional={
                    key: STORED[Kind(kind)] | st.sampled_from([None, "odd", 3])
                    for key, kind in DECLARED.items()
                },
            ),
            "features": FEATURES,
            "ratings": st.integers(0, 3) | st.none(),
            "idle": st.integers(0, 3) | st.none(),
        }
    ),
    min_size=1,
    max_size=4,
)
TREES = st.recursive(
    queries(),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: {"any": parts})
        | inner.map(lambda part: {"not": part})
    ),
    max_leaves=4,
)


@pytest.fixture
def declared(db):
    """All that may be asked of a member, by kind."""
    MemberAttribute.objects.bulk_create(
        MemberAttribute(key=key, kind=kind, label=key) for key, kind in DECLARED.items()
    )
    return member_queries.schema()


def make_people(rows):
    now = timezone.now()
    people = Member.objects.bulk_create(
        MemberFactory.build(
            outside_id=str(at), language=row["language"], attributes=row["attributes"]
        )
        for at, row in enumerate(rows)
    )
    MemberStats.objects.bulk_create(
        MemberStats(
            subject=member.subject,
            ratings=row["ratings"],
            features=row["features"],
            last_at=None if row["idle"] is None else now - timedelta(days=row["idle"], minutes=5),
        )
        for member, row in zip(people, rows, strict=True)
        if row["ratings"] is not None
    )
    return people


@settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=PEOPLE, tree=TREES)
def test_sql_and_arrays_name_the_same_members(declared, rows, tree):
    with transaction.atomic():
        people = make_people(rows)
        query = member_queries.read(tree, declared)
        [by_arrays] = member_queries.holding([each.subject for each in people], [query], declared)
        assert {each.subject for each in member_queries.sample(query)} == by_arrays
        assert member_queries.count(query) == (len(by_arrays), len(people))
        transaction.set_rollback(True)


def test_a_query_over_members_lists_no_items():
    with pytest.raises(Invalid):
        actions.check_segment({"items": []})


def test_a_merged_member_is_in_no_segment(curator, members):
    one, two, *_others = members
    query = {"field": "source", "op": "eq", "value": SOURCE}
    segment = SegmentFactory.create(query=query)
    memberships.settle(segment)
    Member.objects.filter(pk=one.pk).update(merged_into=two)
    memberships.settle(segment)
    assert names(segment) == {each.outside_id for each in members[1:]}


# Versions of a membership -----------------------------------------------------------------------------


def test_who_was_in_at_each_version_can_be_told(members):
    one, two, three, four = [each.subject for each in members]
    segment = SegmentFactory.create(kind="manual")
    told = []
    for come, gone in [([one, two], []), ([three], [one]), ([one, four], [two, three])]:
        memberships.put(segment, come, gone)
        told.append(sealed(segment))
    assert [(each.number, each.size, each.came, each.gone) for each in told] == [
        (1, 2, 2, 0),
        (2, 2, 1, 1),
        (3, 2, 2, 2),
    ]
    assert [memberships.members_at(segment, n) for n in range(4)] == [
        frozenset(),
        {one, two},
        {two, three},
        {one, four},
    ]


def test_who_came_and_left_between_two_versions_counts_in_neither(members):
    segment = SegmentFactory.create(kind="manual")
    memberships.put(segment, come=[members[0].subject])
    memberships.seal(segment, CAUSE)
    memberships.put(segment, come=[members[1].subject], gone=[members[0].subject])
    memberships.put(segment, come=[members[0].subject], gone=[members[1].subject])
    assert memberships.seal(segment, CAUSE) is None
    assert memberships.members_at(segment, 1) == {members[0].subject}
    assert SegmentState.objects.get().size == 1


def test_a_refresh_that_changes_nobody_keeps_the_version(members):
    refresh_segments(members[0].subject, 25)
    segment = SegmentFactory.create(query=MANY)
    assert memberships.refresh(segment)
    assert memberships.refresh(segment) is None
    state = SegmentState.objects.get()
    assert (state.version, state.size) == (1, 1)


def test_only_members_whose_segments_changed_move_to_another_version(members):
    segment = SegmentFactory.create(query=MANY)
    one, two, *_others = members
    refresh_segments(one.subject, 3)
    refresh_segments(two.subject, 30)
    before = changes(one), changes(two)
    SegmentFactory.create(query={"field": "ratings", "op": "ge", "value": 4})
    refresh_segments(one.subject, 4)
    refresh_segments(two.subject, 31)
    memberships.refresh(segment)
    assert (changes(one), changes(two)) == (before[0] + 1, before[1] + 1)
    refresh_segments(one.subject, 5)
    assert changes(one) == before[0] + 1


def test_idle_days_pass_without_any_feedback(members):
    member = members[0]
    segment = SegmentFactory.create(query={"field": "idle_days", "op": "lt", "value": 7})
    for days, there in [(6, {member.outside_id}), (7, set())]:
        last_at = timezone.now() - timedelta(days=days, minutes=1)
        MemberStats.objects.update_or_create(pk=member.subject, defaults={"last_at": last_at})
        memberships.refresh(segment)
        assert names(segment) == there


def test_an_attribute_that_was_removed_is_told_and_keeps_the_members(members):
    plan = MemberAttribute.objects.create(key="plan", kind="text", label="Plan")
    Member.objects.filter(pk=members[0].pk).update(attributes={"plan": "gold"})
    segment = SegmentFactory.create(query={"field": "plan", "op": "eq", "value": "gold"})
    other = SegmentFactory.create(query=MANY)
    memberships.refresh(segment)
    plan.delete()
    memberships.refresh(segment)
    assert "plan" in SegmentState.objects.get(segment=segment).problem
    assert names(segment) == {members[0].outside_id}
    # Feedback goes on: the other segments follow it.
    refresh_segments(members[0].subject, 21)
    assert segments_of(members[0].subject) == {segment.pk, other.pk}


# What curators decide ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratings", "code"), [((20, 30, 40, 50), "matches_everybody"), ((1, 2, 3, 4), "matches_nobody")]
)
def test_a_query_of_everybody_or_nobody_wants_to_be_confirmed(curator, members, ratings, code):
    for member, count in zip(members, ratings, strict=True):
        refresh_segments(member.subject, count)
    asked = {"actor": curator, "slug": "many", "name": "Many", "query": MANY}
    with pytest.raises(Conflict, match="4 members") as refused:
        actions.set_segment(**asked)
    assert refused.value.code == code
    assert not Segment.objects.exists()
    made = actions.set_segment(**asked, confirmed=True)
    assert len(names(made)) == (4 if code == "matches_everybody" else 0)


def test_a_list_takes_ten_thousand_ids_and_answers_for_each(curator, by_hand, members):
    ids = [members[0].outside_id, members[0].outside_id, "<b>nobody</b>", "", "x" * 256]
    more = [f"stranger-{n}" for n in range(9_995)]
    told = actions.edit_list(actor=curator, segment=by_hand, source=SOURCE, add=[*ids, *more])
    assert [each.status for each in told[:5]] == [
        *("added", "unchanged", "unknown", "invalid", "invalid")
    ]
    assert {each.status for each in told[5:]} == {"unknown"}
    assert told[-1].place == 10_000
    assert names(by_hand) == {members[0].outside_id}
    assert Member.objects.count() == 4


def test_a_list_takes_no_more_than_ten_thousand(curator, by_hand):
    with pytest.raises(Invalid, match="10000"):
        actions.edit_list(actor=curator, segment=by_hand, source=SOURCE, add=["x"] * 10_001)


def test_members_are_taken_out_of_a_list(curator, by_hand, members):
    ids = [each.outside_id for each in members]
    actions.edit_list(actor=curator, segment=by_hand, source=SOURCE, add=ids)
    told = actions.edit_list(
        actor=curator, segment=by_hand, source=SOURCE, remove=[*ids[:2], "who"], reason="left"
    )
    assert [each.status for each in told] == ["removed", "removed", "unknown"]
    assert names(by_hand) == set(ids[2:])
    last = SegmentVersion.objects.order_by("-number")[0]
    assert (last.size, last.gone, last.cause, last.by, last.reason) == (
        *(2, 2, "listed"),
        curator,
        "left",
    )


def test_a_merged_member_is_listed_as_whom_they_are_now(curator, by_hand, members):
    Member.objects.filter(pk=members[0].pk).update(merged_into=members[1])
    asked = [members[0].outside_id, members[1].outside_id]
    told = actions.edit_list(actor=curator, segment=by_hand, source=SOURCE, add=asked)
    assert [each.status for each in told] == ["added", "unchanged"]
    assert names(by_hand) == {members[1].outside_id}


def test_a_segment_keeps_its_kind(curator, by_hand, members):
    with pytest.raises(Conflict, match="by hand"):
        actions.set_segment(actor=curator, slug="guests", name="Guests", query=MANY, confirmed=True)
    query = SegmentFactory.create(query=MANY)
    with pytest.raises(Conflict, match="by query"):
        actions.edit_list(actor=curator, segment=query, source=SOURCE, add=["x"])


def test_a_segment_in_use_is_archived_only_when_that_is_confirmed(
    curator, by_hand, members, home, publish
):
    actions.edit_list(actor=curator, segment=by_hand, source=SOURCE, add=[members[0].outside_id])
    item = ItemFactory.create()
    block = publish(block_item, item=item, terms=Terms(reason="why", segment=by_hand))
    pin = publish(
        pin_item, surface=home, item=ItemFactory.create(), slot=1,
        terms=Terms(reason="why", segment=by_hand),
    )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        actions.archive_segment(actor=curator, segment=by_hand)
    assert str(block.decision) in str(refused.value)
    assert str(pin.decision) in str(refused.value)
    actions.archive_segment(actor=curator, segment=by_hand, reason="over", confirmed=True)
    assert names(by_hand) == set()
    assert segments_of(members[0].subject) == frozenset()
    assert memberships.members_at(by_hand, 2) == {members[0].subject}
    with pytest.raises(Conflict, match="archived"):
        actions.edit_list(actor=curator, segment=by_hand, source=SOURCE, add=["x"])


@pytest.fixture
def publish(curator):
    def _publish(action, **content):
        draft = action(actor=curator, **content)
        publish_decision(actor=curator, draft=draft)
        return draft

    return _publish


def test_an_archived_segment_follows_nobody(curator, members):
    segment = SegmentFactory.create(query=MANY)
    actions.archive_segment(actor=curator, segment=segment)
    refresh_segments(members[0].subject, 30)
    memberships.refresh(segment)
    assert names(segment) == set()


def test_only_a_curator_decides_about_segments(stranger, by_hand):
    for act in (
        lambda: actions.make_list(actor=stranger, slug="a", name="A"),
        lambda: actions.edit_list(actor=stranger, segment=by_hand, source=SOURCE, add=["x"]),
        lambda: actions.archive_segment(actor=stranger, segment=by_hand),
        lambda: actions.rename_segment(actor=stranger, segment=by_hand, name="B"),
    ):
        with pytest.raises(Denied):
            act()


def test_the_audit_tells_who_archived_a_segment_and_why(curator, by_hand):
    actions.archive_segment(actor=curator, segment=by_hand, reason="the season is over")
    last = apps.get_model("curation", "SegmentEvent").objects.order_by("-pgh_id")[0]
    assert last.pgh_context["reason"] == "the season is over"
    assert last.pgh_context["action"] == "archive_segment"


def test_whom_a_listed_member_was_merged_into_takes_their_place(curator, by_hand, members):
    one, two, three, _four = members
    actions.edit_list(actor=curator, segment=by_hand, source=SOURCE, add=[one.outside_id])
    Member.objects.filter(pk=two.pk).update(merged_into=three)
    Member.objects.filter(pk=one.pk).update(merged_into=two)
    memberships.refresh(by_hand)
    assert names(by_hand) == {three.outside_id}
