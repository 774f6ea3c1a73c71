"""Items and members put in bulk: merged by outside id, a result for each row."""

from __future__ import annotations

import orjson
import pytest

from curation import actions, counters
from curation.actions import put_items, put_members
from curation.models import Item, Member, MemberStats
from curation.people.access import issue_token
from curation.people.members import refresh_segments, segments_of
from tests.factories import SOURCE, MemberFactory, SegmentFactory, UserFactory


def put(*rows, dry_run=False):
    return put_items(rows, source=SOURCE, dry_run=dry_run)


def statuses(results):
    return [row.status for row in results]


@pytest.fixture(autouse=True)
def _declared(attributes):
    """Every test here has attributes."""


def test_what_a_row_does_not_name_stays():
    put({"item": "a", "title": "Alien", "attributes": {"year": 1979, "genres": ["Horror"]}})
    row = {"item": "a", "description": "In space.", "attributes": {"year": 1980}}
    assert statuses(put(row)) == ["updated"]
    item = Item.objects.get(outside_id="a")
    assert (item.title, item.description) == ("Alien", "In space.")
    assert item.attributes == {"year": 1980, "genres": ["Horror"]}
    put({"item": "a", "attributes": {"genres": None}})
    item.refresh_from_db()
    assert item.attributes == {"year": 1980}


def test_putting_the_same_again_changes_nothing():
    row = {
        "item": "a",
        "title": "Alien",
        "published_on": "1979-05-25",
        "attributes": {"year": 1979},
    }
    assert statuses(put(row)) == ["created"]
    before = counters.read()["catalogue"]
    assert statuses(put(row)) == ["unchanged"]
    assert counters.read()["catalogue"] == before


def test_the_catalogue_counter_moves_once_for_a_body():
    before = counters.read()["catalogue"]
    put(*({"item": str(n), "title": "x"} for n in range(10)))
    assert counters.read()["catalogue"] == before + 1


def test_a_row_that_stands_twice_is_laid_on_twice():
    rows = put({"item": "a", "title": "One"}, {"item": "a", "title": "Two"}, {"item": "a"})
    assert statuses(rows) == ["created", "updated", "unchanged"]
    assert Item.objects.get(outside_id="a").title == "Two"


def test_a_bad_row_leaves_the_others_alone():
    rows = put({"item": "a", "title": "A"}, {"item": "b"}, {"item": "c", "title": "C"})
    assert statuses(rows) == ["created", "rejected", "created"]
    assert (rows[1].outside_id, rows[1].reason) == ("b", "missing_title")


def test_the_id_of_an_item_never_changes():
    put({"item": "a", "title": "A"})
    before = Item.objects.get(outside_id="a").pk
    put({"item": "a", "title": "B"})
    assert Item.objects.get(outside_id="a").pk == before


def test_a_dry_run_answers_the_same_and_keeps_nothing():
    before = counters.read()
    assert statuses(put({"item": "a", "title": "A"}, {"item": "b"}, dry_run=True)) == [
        "created",
        "rejected",
    ]
    assert not Item.objects.exists()
    assert counters.read() == before


GOOD = {"item": "a", "title": "A"}
BAD_IDS = ["", "x" * 256, True, 1.5, ["a"], " a", "a\n", "a\tb", "a\0", "\ud800"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("text", "not_an_object"),
        ({}, "missing_id"),
        *(({"item": bad, "title": "A"}, "bad_id") for bad in BAD_IDS),
        (GOOD | {"titel": "A"}, "unknown_field"),
        (GOOD | {"title": ""}, "wrong_length"),
        (GOOD | {"title": "A" * 10_000}, "wrong_length"),
        (GOOD | {"title": "A\0"}, "bad_text"),
        (GOOD | {"active": "yes"}, "wrong_type"),
        (GOOD | {"image": "javascript:alert(1)"}, "wrong_type"),
        (GOOD | {"published_on": "2021-02-29"}, "wrong_type"),
        (GOOD | {"published_on": 2021}, "wrong_type"),
        (GOOD | {"attributes": []}, "wrong_type"),
        (GOOD | {"attributes": {"no such": 1}}, "unknown_attribute"),
        (GOOD | {"attributes": {"year": "1979"}}, "wrong_type"),
        (GOOD | {"attributes": {"year": True}}, "wrong_type"),
        (GOOD | {"attributes": {"year": float("inf")}}, "wrong_type"),
        (GOOD | {"attributes": {"year": 10**400}}, "wrong_type"),
        (GOOD | {"attributes": {"genres": "War"}}, "wrong_type"),
        (GOOD | {"attributes": {"genres": ["War", 1]}}, "wrong_type"),
        (GOOD | {"attributes": {"genres": ["x"] * 101}}, "too_large"),
        (GOOD | {"attributes": {"released": "soon"}}, "wrong_type"),
        (GOOD | {"attributes": {"colour": 1}}, "wrong_type"),
        (GOOD | {"attributes": {"director": 1}}, "wrong_type"),
    ],
)
def test_a_row_is_checked_at_the_door(row, reason):
    (result,) = put(row)
    assert (result.status, result.reason) == ("rejected", reason)
    assert result.detail
    assert not Item.objects.exists()


def test_a_whole_number_is_an_id_by_its_digits_as_in_interactions():
    wrong = {"item": 9, "title": "Nine", "attributes": {"year": "x"}}
    made, refused = put({"item": 7, "title": "Seven"}, wrong)
    (member,) = put_members([{"member": 8}], source=SOURCE)
    assert (made.outside_id, refused.outside_id, member.outside_id) == ("7", "9", "8")
    assert (made.status, refused.reason, member.status) == ("created", "wrong_type", "created")


def _changes(member):
    """How often the row of a member was written, and how often their segments changed."""
    found = MemberStats.objects.get(pk=member.subject)
    return found.profile, found.segments


def test_members_are_merged_and_their_segments_renewed():
    french = {"field": "language", "op": "eq", "value": "fr"}
    segment = SegmentFactory.create(query=french)
    (made,) = put_members([{"member": "ada", "language": "FR"}], source=SOURCE)
    ada = Member.objects.get(outside_id="ada")
    assert made.status == "created"
    assert segments_of(ada.subject) == {segment.pk}
    assert _changes(ada) == (1, 1), "the row was written, and a membership came"
    row = {"member": "ada", "time_zone": "Europe/Paris", "attributes": {"plan": "gold"}}
    put_members([row], source=SOURCE)
    assert _changes(ada) == (2, 1)
    put_members([{"member": "ada", "language": "en", "attributes": {"age": 9}}], source=SOURCE)
    assert segments_of(ada.subject) == frozenset()
    ada.refresh_from_db()
    assert (ada.attributes, ada.time_zone) == ({"plan": "gold", "age": 9}, "Europe/Paris")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"member": "a", "language": "no such language"}, "wrong_type"),
        ({"member": "a", "time_zone": "Mars/Olympus"}, "wrong_type"),
        ({"member": "a", "attributes": {"deep": {"x": 1}}}, "wrong_type"),
        ({"member": "a", "attributes": {"x" * 65: 1}}, "too_large"),
        ({"member": "a", "title": "x"}, "unknown_field"),
        *(({"member": bad}, "bad_id") for bad in BAD_IDS),
    ],
)
def test_a_member_is_checked_at_the_door(row, reason):
    (result,) = put_members([row], source=SOURCE)
    assert (result.status, result.reason) == ("rejected", reason)


def test_a_new_segment_finds_its_members_at_once(curator, ada):
    refresh_segments(ada.subject, 25)
    query = {"field": "ratings", "op": "ge", "value": 20}
    MemberFactory.create()
    segment = actions.set_segment(actor=curator, slug="regulars", name="Regulars", query=query)
    assert segments_of(ada.subject) == {segment.pk}
    actions.set_segment(
        actor=curator, slug="regulars", name="Regulars", query={"not": query}, reason="turned"
    )
    assert segments_of(ada.subject) == frozenset()


# Over HTTP --------------------------------------------------------------------------------------------


@pytest.fixture
def send(client):
    def send(role, path, body):
        token = issue_token(UserFactory.create(roles=[role]), SOURCE)
        header = {"authorization": f"Token {token}"}
        return client.generic("PUT", path, orjson.dumps(body), "application/json", headers=header)

    return send


def test_items_are_put_over_http(send):
    rows = [{"item": "a", "title": "A"}, {"item": "b"}, 3]
    answer = send("client", "/api/v1/items/", {"items": rows})
    assert answer.status_code == 200
    first, second, third = answer.json()["results"]
    assert first == {"item": "a", "status": "created"}
    assert second["reason"] == "missing_title"
    assert (third["item"], third["reason"]) == (None, "not_an_object")


def test_members_are_put_over_http(send):
    answer = send("administrator", "/api/v1/members/", {"members": [{"member": "ada"}]})
    assert answer.json() == {"results": [{"member": "ada", "status": "created"}]}


@pytest.mark.parametrize("role", ["member", "curator", "operator", "analyst"])
@pytest.mark.parametrize("name", ["items", "members"])
def test_only_clients_put_in_bulk(send, role, name):
    answer = send(role, f"/api/v1/{name}/", {name: []})
    assert (answer.status_code, answer.json()["code"]) == (403, "denied")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "not_a_list"),
        ({}, "not_a_list"),
        ({"items": {}}, "not_a_list"),
        ({"items": [], "more": 1}, "not_a_list"),
        ({"items": [{}] * 1001}, "too_many"),
    ],
)
def test_a_bulk_body_is_one_list_of_bounded_length(send, body, code):
    answer = send("client", "/api/v1/items/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_bulk_put_takes_a_fixed_number_of_queries(django_assert_max_num_queries):
    rows = [{"item": str(n), "title": "x", "attributes": {"year": n}} for n in range(1000)]
    with django_assert_max_num_queries(8):
        assert set(statuses(put(*rows))) == {"created"}
    with django_assert_max_num_queries(8):
        assert set(statuses(put(*(row | {"title": "y"} for row in rows)))) == {"updated"}
