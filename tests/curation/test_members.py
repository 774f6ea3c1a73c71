"""Members: found by outside id, followed where merged, kept in their segments."""

from __future__ import annotations

import uuid

import pytest

from curation.models import Member, SegmentMembership
from curation.people.members import (
    get_or_create,
    get_or_create_many,
    refresh_many,
    refresh_segments,
    resolve,
    segments_of,
)
from tests.factories import SOURCE, MemberFactory, SegmentFactory

pytestmark = pytest.mark.django_db


def test_a_merged_member_is_followed_to_whom_they_are_now():
    new = MemberFactory.create(outside_id="new")
    middle = MemberFactory.create(outside_id="middle", merged_into=new)
    MemberFactory.create(outside_id="old", merged_into=middle)
    assert resolve(SOURCE, "old") == new
    assert get_or_create(SOURCE, "old") == new
    assert get_or_create_many(SOURCE, ["old", "new"]) == {"old": new, "new": new}


def test_members_merged_in_a_circle_are_an_error():
    one, two = MemberFactory.create(outside_id="one"), MemberFactory.create(outside_id="two")
    Member.objects.filter(pk=one.pk).update(merged_into=two)
    Member.objects.filter(pk=two.pk).update(merged_into=one)
    with pytest.raises(ValueError, match="circle"):
        resolve(SOURCE, "one")
    with pytest.raises(ValueError, match="circle"):
        get_or_create_many(SOURCE, ["one"])


def test_the_same_outside_id_of_two_sources_is_two_members():
    one, two = get_or_create("shop", "7"), get_or_create("news", "7")
    assert one != two
    assert one.subject != two.subject
    assert get_or_create("shop", "7") == one
    assert resolve("mail", "7") is None


def test_segments_follow_the_number_of_ratings():
    many = SegmentFactory.create(query={"field": "ratings", "op": "ge", "value": 20})
    few = SegmentFactory.create(query={"field": "ratings", "op": "lt", "value": 20})
    subject = uuid.uuid4()
    assert refresh_segments(subject, 19)
    assert segments_of(subject) == {few.pk}
    assert not refresh_segments(subject, 18)
    assert refresh_segments(subject, 20)
    assert segments_of(subject) == {many.pk}


def test_a_segment_may_combine_what_is_known_of_a_member():
    query = {
        "all": [
            {"field": "language", "op": "eq", "value": "zh-hans"},
            {"not": {"field": "ratings", "op": "eq", "value": 0}},
        ]
    }
    segment = SegmentFactory.create(query=query)
    ada = MemberFactory.create(language="zh-hans")
    bob = MemberFactory.create(language="en")
    refresh_many({ada.subject: 3, bob.subject: 3})
    assert segments_of(ada.subject) == {segment.pk}
    assert segments_of(bob.subject) == frozenset()


def test_many_members_take_as_many_statements_as_one(django_assert_max_num_queries):
    for _ in range(3):
        SegmentFactory.create()
    subjects = [uuid.uuid4() for _ in range(500)]
    with django_assert_max_num_queries(12):
        assert refresh_many(dict.fromkeys(subjects, 30)) == 1500
    with django_assert_max_num_queries(12):
        assert refresh_many(dict.fromkeys(subjects, 3)) == 1500
    assert not SegmentMembership.objects.exists()
