"""Slates over HTTP: the parameters, the shape of the answer, and for whom."""

from __future__ import annotations

import pytest

from curation.models import Item, Member
from recsys.slates import serving
from tests.recsys.api.cast import RECOMMENDATIONS, SOURCE

pytestmark = pytest.mark.django_db

KEYS = {"impression", "slate", "mode", "short", "versions", "placements"}
PLACEMENT = {"slot", "item", "title", "score", "parts", "boost", "rounding", "reasons"}


@pytest.fixture
def served(monkeypatch):
    """Notes what serving was asked for."""
    asked = []

    def note(ask, *, feedback=0, _real=serving.slate):
        asked.append(ask)
        return _real(ask, feedback=feedback)

    monkeypatch.setattr(serving, "slate", note)
    return asked


def test_an_unknown_member_is_a_new_one(client_api):
    status, body = client_api.get(RECOMMENDATIONS, member="nobody-yet", surface="home", size=10)
    assert status == 200
    assert body.keys() == KEYS
    assert body["mode"] in {"fresh", "stale", "fallback"}
    assert Member.objects.get().outside_id == "nobody-yet"
    assert Member.objects.get().source == SOURCE


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"size": "0"}, "size"),
        ({"size": "51"}, "size"),
        ({"size": "1000"}, "size"),
        ({"size": "ten"}, "size"),
        ({"size": "-1"}, "size"),
        ({"size": "1.5"}, "size"),
        ({"size": "٣"}, "size"),
        ({"size": ["5", "6"]}, "size"),
        ({"wait_ms": "-1"}, "wait_ms"),
        ({"wait_ms": "10001"}, "wait_ms"),
        ({"wait_ms": "soon"}, "wait_ms"),
        ({"explain": "yes"}, "explain"),
        ({"member": ""}, "member"),
        ({"member": "x" * 256}, "member"),
        ({"member": "a\0b"}, "member"),
        ({"member": ["a", "b"]}, "member"),
        ({"exclude": [f"i{n}" for n in range(501)]}, "exclude"),
        ({"exclude": ["fine", ""]}, "exclude"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_by_name(client_api, query, field):
    status, body = client_api.get(RECOMMENDATIONS, **({"member": "ada"} | query))
    assert (status, body["code"]) == (400, "invalid_parameter")
    assert {error["field"] for error in body["errors"]} == {field}


def test_all_faults_of_a_query_are_told_at_once(client_api):
    _status, body = client_api.get(RECOMMENDATIONS, size="x", wait_ms="x", colour="red")
    assert {error["field"] for error in body["errors"]} == {"size", "wait_ms", "colour"}


def test_a_client_says_for_which_member(client_api):
    status, body = client_api.get(RECOMMENDATIONS)
    assert (status, body["errors"][0]["field"]) == (400, "member")


def test_an_unknown_surface_is_not_there(client_api):
    status, body = client_api.get(RECOMMENDATIONS, member="ada", surface="attic")
    assert (status, body["code"]) == (404, "unknown_surface")


def test_the_similar_surface_needs_an_item_that_exists(client_api, films):
    ask = {"member": "ada", "surface": "similar"}
    assert client_api.get(RECOMMENDATIONS, **ask)[1]["code"] == "item_required"
    assert client_api.get(RECOMMENDATIONS, **ask)[0] == 400
    assert client_api.get(RECOMMENDATIONS, **ask, item="no-such")[1]["code"] == "unknown_item"
    assert client_api.get(RECOMMENDATIONS, **ask, item="film-0")[0] == 200


def test_home_refuses_an_item(client_api, films):
    status, body = client_api.get(RECOMMENDATIONS, member="ada", surface="home", item="film-0")
    assert (status, body["code"]) == (400, "item_refused")


def test_items_are_meant_by_the_outside_ids_of_the_token_s_source(client_api, films, served):
    Item.objects.create(source="another shop", outside_id="film-1", title="Theirs")
    excluded = ["film-1", "film-2", "never-heard-of"]
    assert client_api.get(RECOMMENDATIONS, member="ada", exclude=excluded)[0] == 200
    assert served[0].exclude == {films[1].id, films[2].id}
    assert served[0].member == serving.MemberKey(SOURCE, "ada")


def test_what_is_asked_for_reaches_serving(client_api, films, served):
    query = {"member": "ada", "surface": "similar", "size": 7, "item": "film-3", "wait_ms": 1}
    assert client_api.get(RECOMMENDATIONS, **query)[0] == 200
    ask = served[0]
    assert (ask.surface, ask.size, ask.anchor, ask.wait_ms) == ("similar", 7, films[3].id, 1)


def test_a_member_is_served_their_own_slate_only(caller, served):
    ada = caller("member", "ada")
    assert ada.get(RECOMMENDATIONS)[0] == 200
    assert ada.get(RECOMMENDATIONS, member="ada")[0] == 200
    status, body = ada.get(RECOMMENDATIONS, member="bob")
    assert (status, body["code"]) == (403, "denied")
    assert {ask.member for ask in served} == {serving.MemberKey(SOURCE, "ada")}


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("client", 200),
        ("curator", 200),
        ("administrator", 200),
        ("operator", 403),
        ("analyst", 403),
    ],
)
def test_roles_that_may_ask_for_any_member(caller, role, status):
    assert caller(role).get(RECOMMENDATIONS, member="somebody")[0] == status


def test_a_fresh_slate_has_the_promised_shape(client_api, fuse):
    Member.objects.create(source=SOURCE, outside_id="ada")
    fuse("ada")
    status, body = client_api.get(RECOMMENDATIONS, member="ada", size=5)
    assert (status, body["mode"], body["short"]) == (200, "fresh", False)
    assert [each["slot"] for each in body["placements"]] == [1, 2, 3, 4, 5]
    for placement in body["placements"]:
        assert placement.keys() == PLACEMENT
        assert placement["item"].startswith("film-")
        assert all(reason.keys() == {"code", "text"} for reason in placement["reasons"])
        assert isinstance(placement["score"], float)


def test_explain_adds_what_stands_behind_each_placement(client_api, fuse):
    Member.objects.create(source=SOURCE, outside_id="ada")
    fuse("ada")
    body = client_api.get(RECOMMENDATIONS, member="ada", explain=1)[1]
    assert body["placements"][0]["explanation"].keys() >= {
        "fired",
        "withheld",
        "lost",
        "propensity",
        "evidence",
    }


def test_excluded_items_are_left_out_and_the_rest_moves_up(client_api, fuse):
    Member.objects.create(source=SOURCE, outside_id="ada")
    fuse("ada")
    whole = client_api.get(RECOMMENDATIONS, member="ada", size=5)[1]["placements"]
    unwanted = [whole[0]["item"], whole[2]["item"]]
    rest = client_api.get(RECOMMENDATIONS, member="ada", size=5, exclude=unwanted)[1]["placements"]
    assert not {each["item"] for each in rest} & set(unwanted)
    assert len(rest) == 5
    assert rest[0]["item"] == whole[1]["item"]


def test_a_fresh_slate_costs_no_statement_beside_the_check_of_its_versions(
    client_api, fuse, monkeypatch, django_assert_num_queries
):
    Member.objects.create(source=SOURCE, outside_id="ada")
    fuse("ada")
    client_api.get(RECOMMENDATIONS, member="ada")
    # The check is a prepared statement, which this counter does not see; a web process writes
    # impressions behind the answer.
    monkeypatch.setattr("feedback.recording.impressions.log", lambda impression: None)
    with django_assert_num_queries(0):
        assert client_api.get(RECOMMENDATIONS, member="ada")[1]["mode"] == "fresh"
