"""Feedback over HTTP: what each event answers, exactly once, and for whom."""

from __future__ import annotations

import pytest

from curation.models import Member
from feedback.models import Interaction, Rating
from tests.recsys.api.cast import INTERACTIONS, SOURCE, rating

pytestmark = pytest.mark.django_db


def statuses(body):
    return [(each["event"], each["status"], each.get("reason")) for each in body["results"]]


def test_one_interaction_is_recorded_for_a_new_member(client_api, films):
    status, body = client_api.post(INTERACTIONS, rating("ada", "film-1", 4))
    assert (status, statuses(body)) == (200, [("e1", "accepted", None)])
    assert "recommendations" not in body
    ada = Member.objects.get(source=SOURCE, outside_id="ada")
    assert Rating.objects.get(subject=ada.subject).stars == 4


def test_each_row_of_a_body_answers_for_itself_in_order(client_api, films):
    rows = [
        rating("ada", "film-1", event="e1"),
        rating("bob", "no-such-film", event="e2"),
        rating("bob", "film-2", 9, event="e3"),
        {"event": "e4", "member": "bob", "kind": "like"},
        rating("ada", "film-1", event="e1"),
        "nonsense",
        {"event": "e5", "member": "bob", "kind": "undo", "undoes": "e1"},
        {"event": "e6", "member": "eve", "item": "film-3", "kind": "not_interested"},
    ]
    status, body = client_api.post(INTERACTIONS, {"interactions": rows})
    assert status == 200
    assert statuses(body) == [
        ("e1", "accepted", None),
        ("e2", "rejected", "unknown_item"),
        ("e3", "rejected", "value_out_of_range"),
        ("e4", "rejected", "missing_field"),
        ("e1", "duplicate", None),
        (None, "rejected", "not_an_object"),
        ("e5", "rejected", "not_yours"),
        ("e6", "accepted", None),
    ]
    assert Interaction.objects.count() == 2


def test_an_event_sent_again_is_a_duplicate_and_with_other_content_a_conflict(client_api, films):
    client_api.post(INTERACTIONS, rating("ada", "film-1", 4))
    again = client_api.post(INTERACTIONS, rating("ada", "film-1", 4))[1]
    other = client_api.post(INTERACTIONS, rating("ada", "film-1", 2))[1]
    assert statuses(again) == [("e1", "duplicate", None)]
    assert statuses(other) == [("e1", "rejected", "conflict")]
    assert Interaction.objects.count() == 1


def test_an_inactive_item_takes_no_feedback(client_api, films):
    films[0].active = False
    films[0].save()
    body = client_api.post(INTERACTIONS, rating("ada", "film-0"))[1]
    assert statuses(body) == [("e1", "rejected", "inactive_item")]


@pytest.mark.parametrize("at", ["1815-06-18T12:00:00Z", "2999-01-01T00:00:00Z", "yesterday", 12])
def test_absurd_timestamps_are_rejected(client_api, films, at):
    body = client_api.post(INTERACTIONS, rating("ada", "film-0", occurred_at=at))[1]
    assert body["results"][0]["status"] == "rejected"


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[1,",
        b"\xff\xfe",
        '{"event":"é"}'.encode("latin-1"),
        '{"event":"e"}'.encode("utf-16"),
        b'{"event":"\\ud800"}',
        b'{"value":NaN}',
        b'{"value":1e999}',
        b'{"event":"a\\u0000b"}',
        b'{"a\\u0000":1}',
        b'{"a":["x\\u0000"]}',
        b"[" * 3000,
    ],
)
def test_what_is_not_json_in_utf_8_is_refused(client_api, raw):
    status, body = client_api.post(INTERACTIONS, raw)
    assert (status, body["code"]) == (400, "invalid_json")


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=gb18030",
        "",
    ],
)
def test_another_content_type_is_refused(client_api, kind):
    answer = client_api.client.generic(
        "POST",
        INTERACTIONS,
        b"{}",
        content_type=kind,
        headers={"authorization": f"Token {client_api.token}"},
    )
    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "invalid_body"),
        ("text", "invalid_body"),
        ({"interactions": {}}, "invalid_body"),
        ({"interactions": [], "more": 1}, "invalid_body"),
        ({"interactions": [{}] * 1001}, "too_many"),
    ],
)
def test_a_body_of_another_shape_is_refused(client_api, body, code):
    status, problem = client_api.post(INTERACTIONS, body)
    assert (status, problem["code"]) == (400, code)


def test_an_empty_batch_has_no_results(client_api):
    assert client_api.post(INTERACTIONS, {"interactions": []}) == (200, {"results": []})


def test_a_thousand_interactions_of_as_many_members_are_taken_at_once(client_api, films):
    rows = [rating(f"m{n}", f"film-{n % 12}", event=f"e{n}") for n in range(1000)]
    status, body = client_api.post(INTERACTIONS, {"interactions": rows})
    assert status == 200
    assert {each["status"] for each in body["results"]} == {"accepted"}
    assert Member.objects.count() == 1000


def test_many_rows_cost_no_more_statements_than_one(
    client_api, films, django_assert_max_num_queries
):
    client_api.post(INTERACTIONS, rating("ada", "film-0", event="warm"))
    rows = [rating(f"m{n}", f"film-{n % 12}", event=f"x{n}") for n in range(50)]
    with django_assert_max_num_queries(40):
        client_api.post(INTERACTIONS, {"interactions": rows})


def test_refresh_answers_with_a_slate_that_covers_the_event(client_api, films):
    status, body = client_api.post(INTERACTIONS, rating("ada", "film-1"), refresh="home", size=5)
    assert status == 200
    assert body["recommendations"].keys() >= {"impression", "mode", "versions", "placements"}


@pytest.mark.parametrize("members", [(), ("ada", "bob")])
def test_refresh_is_for_one_member(client_api, films, members):
    rows = [rating(member, "film-1", event=member) for member in members]
    status, body = client_api.post(INTERACTIONS, {"interactions": rows}, refresh="home")
    assert (status, body["code"]) == (400, "one_member")
    assert not Interaction.objects.exists()


@pytest.mark.parametrize("member", ["x" * 300, "", {"a": 1}, ["ada"], True, 1.5, " ada\n", "a\tb"])
def test_refresh_for_a_malformed_member_is_refused_and_makes_nobody(client_api, films, member):
    rows = [rating("ada", "film-1"), rating("ada", "film-2", event="e2") | {"member": member}]
    status, body = client_api.post(INTERACTIONS, {"interactions": rows}, refresh="home")
    assert (status, body["code"]) == (400, "invalid_member")
    assert not Member.objects.exists()
    assert not Interaction.objects.exists()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"refresh": "attic"}, 404),
        ({"refresh": "similar"}, 400),
        ({"refresh": "home", "size": 99}, 400),
    ],
)
def test_a_refresh_that_cannot_be_served_records_nothing(client_api, films, query, status):
    assert client_api.post(INTERACTIONS, rating("ada", "film-1"), **query)[0] == status
    assert not Interaction.objects.exists()


def test_a_member_tells_of_themselves_only(caller, films):
    ada = caller("member", "ada")
    mine = {"event": "e1", "item": "film-1", "kind": "like"}
    assert statuses(ada.post(INTERACTIONS, mine)[1]) == [("e1", "accepted", None)]
    theirs = {"interactions": [mine | {"event": "e2"}, mine | {"event": "e3", "member": "bob"}]}
    status, body = ada.post(INTERACTIONS, theirs)
    assert (status, body["code"]) == (403, "denied")
    assert Interaction.objects.count() == 1


@pytest.mark.parametrize("role", ["curator", "operator", "analyst"])
def test_other_roles_tell_of_nobody_not_even_of_themselves(caller, user_of, films, role):
    Member.objects.create(source=SOURCE, outside_id="me", user=user_of(role))
    for member in ("ada", "me"):
        assert caller(role).post(INTERACTIONS, rating(member, "film-1"))[0] == 403
