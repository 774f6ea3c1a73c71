"""Deciding over HTTP: what scripts send, and what they are told."""

from __future__ import annotations

import uuid

import orjson
import pytest

from curation.models import Decision, Member, Revision
from curation.people.access import issue_token
from tests.factories import SOURCE, ItemFactory, SegmentFactory

DECISIONS = "/api/v1/decisions/"
WAR = {"all": [{"field": "genres", "op": "has", "value": "War"}]}

NEVER_OPEN = {"from": "2150-01-02T00:00:00Z", "until": "2150-01-02T00:00:00Z"}


class Caller:
    """Whoever calls the API with a token of their own."""

    def __init__(self, client, user):
        self.client = client
        self.header = {"authorization": f"Token {issue_token(user, SOURCE)}"}

    def send(self, method, path, body=None):
        return self.client.generic(
            method, path, orjson.dumps(body), "application/json", headers=self.header
        )

    def get(self, path):
        return self.client.get(path, headers=self.header)

    def decide(self, **body):
        return self.send("POST", DECISIONS, body)

    def end(self, decision, **body):
        return self.send("POST", f"{DECISIONS}{decision}/end/", body)


@pytest.fixture
def desk(client, curator):
    return Caller(client, curator)


@pytest.fixture
def chief(client, administrator):
    return Caller(client, administrator)


def problem(response, status, code):
    assert response["content-type"] == "application/problem+json"
    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code), body
    assert body["title"]
    assert body["detail"]
    return body


def test_a_pin_is_published_in_one_call(desk, films):
    answer = desk.decide(
        kind="pin", item=films[0].outside_id, surface="home", slot=2, reason="new", publish=True
    )
    assert answer.status_code == 201
    body = answer.json()
    assert body["state"] == "live"
    assert body["content"] == {"slot": 2}
    assert body["versions"] == {"home": 1}
    assert body["blocks"] == {"home": 0}
    assert body["findings"] == []
    assert body["item"] == films[0].outside_id
    assert desk.get(f"{DECISIONS}{body['id']}/").json()["id"] == body["id"]


def test_a_decision_that_is_not_published_stays_a_draft(desk, films):
    body = desk.decide(kind="block", item=films[0].outside_id).json()
    assert (body["state"], body["versions"], body["surface"]) == ("draft", {}, None)
    done = desk.send("POST", "/api/v1/policy/publish/", {"surface": "home"})
    assert done.json()["published"] == [body["id"]]
    assert done.json()["blocks"] == {"home": 1, "similar": 1}
    assert desk.get(f"{DECISIONS}{body['id']}/").json()["state"] == "live"


def test_a_block_may_be_for_one_member(desk, films, ada):
    body = desk.decide(kind="block", item=films[0].outside_id, member="ada", publish=True).json()
    assert body["member"] == "ada"
    new = desk.decide(kind="block", item=films[0].outside_id, member="nobody yet", publish=True)
    assert new.status_code == 201
    assert Member.objects.filter(outside_id="nobody yet").exists()


def test_a_blend_names_live_scorers(desk, scorers):
    blend = {"kind": "blend", "surface": "home", "publish": True}
    good = desk.decide(**blend, weights={"ease": 1, "popularity": 0}, scales={"ease": "z"}, beta=2)
    assert good.status_code == 201
    assert good.json()["content"]["weights"] == {"ease": 1, "popularity": 0}
    body = problem(desk.decide(**blend, weights={"dot": 1}), 400, "unknown_scorer")
    assert "ease, popularity" in body["detail"]
    problem(desk.decide(**blend, weights={"ease": -1}), 400, "invalid")
    problem(desk.decide(**blend, weights={"ease": 0}), 400, "bad_blend")
    problem(desk.decide(**blend, weights={"ease": "1"}), 400, "invalid")


@pytest.mark.parametrize(
    "effect",
    [
        {"effect": "boost", "strength": 1},
        {"effect": "bury", "strength": 0.5},
        {"effect": "bury_to_bottom"},
        {"effect": "exclude"},
        {"effect": "only", "fallback": "empty"},
        {"effect": "cap", "at_most": 2, "first": 10},
        {"effect": "quota", "at_least": 2, "first": 10},
        {"effect": "pin_match", "slot": 1},
    ],
)
def test_every_effect_makes_a_rule(desk, films, effect):
    answer = desk.decide(kind="rule", surface="home", where=WAR, publish=True, **effect)
    assert answer.status_code == 201, answer.content
    content = answer.json()["content"]
    assert content["where"] == WAR
    assert effect.items() <= content.items()


def test_a_rule_may_name_items_by_outside_id(desk, films):
    names = [film.outside_id for film in films[:2]]
    boost = {"kind": "rule", "surface": "home", "effect": "boost", "strength": 1}
    listed = desk.decide(**boost, items=names).json()["content"]["where"]
    assert listed == {"items": [str(film.pk) for film in films[:2]]}
    nested = desk.decide(**boost, where={"not": {"items": names}}).json()["content"]["where"]
    assert nested == {"not": listed}
    problem(desk.decide(**boost, items=["no such"]), 400, "unknown_item")
    problem(desk.decide(**boost, where={"items": ["no such"]}), 400, "unknown_item")


def test_a_quota_of_more_items_than_slots_is_refused(desk, films):
    quota = {"kind": "rule", "surface": "home", "effect": "quota", "where": WAR, "first": 10}
    body = problem(desk.decide(**quota, at_least=11), 400, "bad_rule")
    assert "first 10 slots" in body["detail"]
    assert desk.decide(**quota, at_least=10).status_code == 201


def test_a_list_of_ten_thousand_items_is_refused_with_what_is_the_most(desk, films):
    rule = {"kind": "rule", "surface": "home", "effect": "boost", "strength": 1}
    names = [film.outside_id for film in films] * 4_000
    body = problem(desk.decide(**rule, items=names), 400, "invalid")
    assert "1000" in str(body["errors"])
    body = problem(desk.decide(**rule, where={"not": {"items": names}}), 400, "bad_query")
    assert "1000" in str(body["errors"])
    text = f"genres in ({', '.join(f'{n:05}' for n in range(10_000))})"
    problem(desk.decide(**rule, where_text=text), 400, "bad_query")
    assert not Decision.objects.exists()


def test_a_rule_that_does_not_parse_says_where(desk, films):
    rule = {"kind": "rule", "surface": "home", "effect": "boost", "strength": 1}
    bad = {"all": [{"field": "gnres", "op": "has", "value": "War"}]}
    body = problem(desk.decide(**rule, where=bad), 400, "bad_query")
    (error,) = body["errors"]
    assert error["field"] == "where.all[0]"
    assert "genres" in error["message"]
    assert "stats.ratings" in error["message"]
    problem(desk.decide(**rule, where={"all": 3}), 400, "bad_query")
    problem(desk.decide(**rule, where="x"), 400, "invalid")
    deep: object = WAR
    for _ in range(200):
        deep = {"not": deep}
    problem(desk.decide(**rule, where=deep), 400, "bad_query")


@pytest.mark.parametrize(
    "body",
    [
        {"effect": "boost", "where": WAR},
        {"effect": "boost", "strength": 3, "where": WAR},
        {"effect": "boost", "strength": 1, "slot": 2, "where": WAR},
        {"effect": "boost", "strength": 1},
        {"effect": "boost", "strength": 1, "where": WAR, "items": ["x"]},
        {"effect": "quota", "at_least": 2, "where": WAR},
        {"effect": "quota", "at_least": 0, "first": 10, "where": WAR},
        {"effect": "quota", "at_least": 2, "first": 10**9, "where": WAR},
        {"effect": "quota", "at_least": -1, "first": -1, "where": WAR},
        {"effect": "only", "fallback": "list", "where": WAR},
        {"effect": "no such", "where": WAR},
        {"effect": "exclude", "where": WAR, "misspelt": 1},
    ],
)
def test_a_rule_takes_the_parameters_of_its_effect_and_no_others(desk, films, body):
    problem(desk.decide(kind="rule", surface="home", **body), 400, "invalid")
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "no such"}, "unknown_kind"),
        ([], "unknown_kind"),
        ({"kind": "pin", "surface": "home", "item": "no such", "slot": 1}, "unknown_item"),
        ({"kind": "pin", "surface": "no such", "item": "film", "slot": 1}, "unknown_surface"),
        ({"kind": "pin", "surface": "home", "item": "film", "slot": 0}, "invalid"),
        ({"kind": "pin", "surface": "home", "item": "film", "slot": "1"}, "invalid"),
        ({"kind": "pin", "surface": "home", "item": 7, "slot": 1}, "invalid"),
        ({"kind": "pin", "item": "film", "slot": 1}, "invalid"),
        ({"kind": "pin", "surface": "home", "item": "film", "slot": 99}, "pin_past_depth"),
        ({"kind": "block", "item": "film", "segment": "no such"}, "unknown_segment"),
        ({"kind": "block", "item": "film", "until": "2001-01-01T00:00:00Z"}, "window_over"),
        ({"kind": "block", "item": "film", "until": "0001-01-01T00:00:00Z"}, "bad_window"),
        ({"kind": "block", "item": "film", "until": "soon"}, "invalid"),
        ({"kind": "block", "item": "film", **NEVER_OPEN}, "bad_window"),
        ({"kind": "block", "item": "film", "holdback": 1}, "invalid"),
        ({"kind": "block", "item": "film", "reason": "x\0"}, "parse_error"),
    ],
)
def test_a_bad_decision_is_refused_with_a_code(desk, body, code):
    ItemFactory.create(outside_id="film")
    problem(desk.send("POST", DECISIONS, body), 400, code)
    assert not Revision.objects.exists()


def test_a_pin_on_a_blocked_item_is_refused_naming_the_block(desk, films):
    block = desk.decide(kind="block", item=films[0].outside_id, publish=True).json()
    pin = desk.decide(kind="pin", item=films[0].outside_id, surface="home", slot=1, publish=True)
    body = problem(pin, 400, "pin_blocked")
    assert body["errors"][0]["decision"] == block["id"]


def test_warnings_come_with_the_decision(desk, films):
    body = desk.decide(
        kind="rule", surface="home", effect="boost", strength=1,
        where={"field": "genres", "op": "has", "value": "Western"}, publish=True,
    ).json()  # fmt: skip
    (finding,) = body["findings"]
    assert (finding["level"], finding["code"]) == ("W", "matches_nothing")


def test_ending_over_http(desk, films):
    block = desk.decide(kind="block", item=films[0].outside_id, publish=True).json()
    drafted = desk.end(block["id"], reason="fine")
    assert (drafted.status_code, drafted.json()["state"]) == (200, "live")
    problem(desk.end(block["id"], reason="fine", publish=True), 409, "end_drafted")
    name = Revision.objects.latest("number").change_set.name
    done = desk.send("POST", "/api/v1/policy/publish/", {"change_set": name})
    assert done.json()["blocks"] == {"home": 2, "similar": 2}
    assert desk.get(f"{DECISIONS}{block['id']}/").json()["state"] == "ended"
    problem(desk.end(block["id"], reason="again", publish=True), 409, "already_ended")
    problem(desk.end(uuid.uuid4(), reason="none"), 404, "unknown_decision")


def test_a_change_set_is_published_as_a_whole(desk, films):
    for slot, film in enumerate(films, start=1):
        body = desk.decide(
            kind="pin", item=film.outside_id, surface="home", slot=slot, change_set="Spring"
        ).json()
        assert (body["state"], body["change_set"]["name"]) == ("draft", "Spring")
    pin = {"kind": "pin", "item": films[0].outside_id, "surface": "home", "slot": 9}
    problem(desk.decide(**pin, change_set="Spring", publish=True), 400, "invalid")
    done = desk.send("POST", "/api/v1/policy/publish/", {"change_set": "Spring"}).json()
    assert (done["versions"], len(done["published"])) == ({"home": 1}, 3)
    again = desk.send("POST", "/api/v1/policy/publish/", {"change_set": "Spring"})
    problem(again, 400, "unknown_change_set")
    problem(
        desk.send("POST", "/api/v1/policy/publish/", {"change_set": body["change_set"]["id"]}),
        409,
        "change_set_closed",
    )


def test_publishing_on_an_old_version_conflicts(desk, films):
    pin = {"kind": "pin", "item": films[0].outside_id, "surface": "home"}
    desk.decide(**pin, slot=1, publish=True)
    desk.decide(kind="pin", item=films[1].outside_id, surface="home", slot=2)
    stale = desk.send("POST", "/api/v1/policy/publish/", {"surface": "home", "version": 0})
    problem(stale, 409, "stale_version")
    fresh = desk.send("POST", "/api/v1/policy/publish/", {"surface": "home", "version": 1})
    assert fresh.json()["versions"] == {"home": 2}
    problem(desk.send("POST", "/api/v1/policy/publish/", {}), 400, "invalid")


def test_rolling_back_over_http(desk, films):
    for slot, film in enumerate(films, start=1):
        desk.decide(kind="pin", item=film.outside_id, surface="home", slot=slot, publish=True)
    back = desk.send("POST", "/api/v1/policy/rollback/", {"surface": "home"})
    assert (back.status_code, back.json()["versions"]) == (200, {"home": 4})
    states = [row["state"] for row in desk.get(f"{DECISIONS}?kind=pin").json()["results"]]
    assert states == ["ended", "live", "live"]
    desk.send("POST", "/api/v1/policy/rollback/", {"surface": "home", "version": 3})
    assert desk.get(f"{DECISIONS}?state=live").json()["count"] == 3
    beyond = desk.send("POST", "/api/v1/policy/rollback/", {"surface": "home", "version": 9})
    problem(beyond, 404, "no_such_version")


def test_a_safety_block_takes_an_administrator(desk, chief, films):
    safety = {"kind": "block", "item": films[0].outside_id, "safety": True, "publish": True}
    problem(chief.decide(**safety), 400, "reason_required")
    safety["reason"] = "it harms"
    problem(chief.decide(**safety, surface="home"), 400, "safety_everywhere")
    problem(desk.decide(**safety), 403, "denied")
    block = chief.decide(**safety).json()
    assert block["content"] == {"safety": True}
    problem(desk.end(block["id"], reason="no", publish=True), 403, "denied")
    assert chief.end(block["id"], reason="yes", publish=True).status_code == 200


def test_decisions_are_listed_by_surface_kind_and_state(desk, films, django_assert_max_num_queries):
    segment = SegmentFactory.create(slug="regulars")
    for film in films:
        desk.decide(
            kind="block", item=film.outside_id, surface="home", segment="regulars", publish=True
        )
    desk.decide(kind="pin", item=ItemFactory.create().outside_id, surface="similar", slot=1)
    with django_assert_max_num_queries(14):
        listed = desk.get(f"{DECISIONS}?surface=home&kind=block&state=live").json()
    assert listed["count"] == 3
    assert {row["segment"] for row in listed["results"]} == {segment.slug}
    assert desk.get(f"{DECISIONS}?state=draft").json()["count"] == 1
    assert desk.get(f"{DECISIONS}?page=2").json()["results"] == []
    problem(desk.get(f"{DECISIONS}?state=no"), 400, "invalid")
    problem(desk.get(f"{DECISIONS}?page=0"), 400, "invalid")


def test_a_window_in_the_future_is_scheduled(desk, films):
    body = desk.decide(
        kind="pin", item=films[0].outside_id, surface="home", slot=1, publish=True,
        **{"from": "2100-01-01T00:00:00Z", "until": "2100-02-01T00:00:00+02:00"},
    ).json()  # fmt: skip
    assert body["state"] == "scheduled"
    assert body["from"] == "2100-01-01T00:00:00Z"
    assert body["until"] == "2100-01-31T22:00:00Z"


def test_strangers_and_members_decide_nothing(client, stranger, films):
    body = {"kind": "block", "item": films[0].outside_id, "publish": True}
    anonymous = client.post(DECISIONS, body, "application/json")
    problem(anonymous, 401, "not_authenticated")
    problem(Caller(client, stranger).decide(**body), 403, "denied")


def test_a_body_that_is_no_json_is_a_problem(client, curator):
    header = Caller(client, curator).header
    broken = client.generic("POST", DECISIONS, b"{", "application/json", headers=header)
    problem(broken, 400, "parse_error")
    latin = client.generic(
        "POST", DECISIONS, b'{"kind": "\xe9"}', "application/json", headers=header
    )
    problem(latin, 400, "parse_error")
    text = client.generic("POST", DECISIONS, b"x", "text/plain", headers=header)
    problem(text, 415, "unsupported_media_type")
    wrong = client.generic("DELETE", DECISIONS, headers=header)
    problem(wrong, 405, "method_not_allowed")
