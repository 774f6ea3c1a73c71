"""The door of the hot endpoints: who may come in, and what the others are told."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from curation.models import Member, Token
from curation.people.access import issue_token
from recsys.api import tokens
from tests.recsys.api.cast import INTERACTIONS, RECOMMENDATIONS, SOURCE, Api

pytestmark = pytest.mark.django_db


def test_without_a_token_the_answer_is_401_and_names_the_scheme(client):
    answer = client.get(RECOMMENDATIONS, {"member": "ada"})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "header",
    [
        "Token",
        "Token ",
        "Token nobody's",
        "Bearer x",
        "Token é",
        "Token a b",
        "Basic YTpi",
        "token",
    ],
)
def test_a_wrong_token_is_refused(client, header):
    for path in (RECOMMENDATIONS, "/api/v1/runs/"):
        answer = client.get(path, headers={"authorization": header.encode().decode("latin-1")})
        assert answer.status_code == 401, path
        assert answer["WWW-Authenticate"] == "Token"
        assert answer["Content-Type"] == "application/problem+json"


def test_an_expired_token_is_refused(caller):
    api = caller("client")
    Token.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert api.get(RECOMMENDATIONS, member="ada")[0] == 401


def test_the_token_of_a_user_who_may_no_longer_sign_in_is_refused(caller, user_of):
    api = caller("client")
    user = user_of("client")
    user.is_active = False
    user.save()
    assert api.get(RECOMMENDATIONS, member="ada")[0] == 401


def test_a_token_is_remembered_for_seconds_and_no_longer(client_api, monkeypatch):
    assert client_api.get(RECOMMENDATIONS, member="ada")[0] == 200
    Token.objects.all().delete()
    assert client_api.get(RECOMMENDATIONS, member="ada")[0] == 200
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + tokens.LIFETIME_S + 0.1)
    assert client_api.get(RECOMMENDATIONS, member="ada")[0] == 401


def test_no_more_tokens_are_remembered_than_fit(user_of, monkeypatch):
    monkeypatch.setattr(tokens, "CAPACITY", 3)
    clear = [issue_token(user_of("client"), SOURCE) for _ in range(5)]
    assert all(tokens.caller_of(each) for each in clear)
    assert len(tokens._remembered) == 3


def test_a_session_needs_the_csrf_token_to_write_and_none_to_read(user_of):
    member = user_of("member")
    Member.objects.create(source=SOURCE, outside_id="m", user=member)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(member)
    event = {"event": "e", "item": "x", "kind": "like"}
    assert browser.get(RECOMMENDATIONS).status_code == 200
    refused = browser.post(INTERACTIONS, event, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "denied")
    browser.get("/login/")
    browser.get("/")
    secret = browser.cookies["csrftoken"].value
    taken = browser.post(
        INTERACTIONS, event, content_type="application/json", headers={"X-CSRFToken": secret}
    )
    assert taken.status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD"])
def test_another_method_is_refused_and_the_right_one_named(client, method):
    answer = client.generic(method, RECOMMENDATIONS)
    assert (answer.status_code, answer["Allow"]) == (405, "GET")
    assert client.get(INTERACTIONS)["Allow"] == "POST"


def test_every_answer_carries_the_id_of_its_request(client_api):
    first = client_api.client.get(RECOMMENDATIONS)
    second = client_api.client.get(RECOMMENDATIONS)
    assert len({first["X-Request-ID"], second["X-Request-ID"]}) == 2


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/nothing/", "/api/v1/runs/7/", "/api/v1/slates/x/"]
)
def test_an_address_that_nothing_answers_is_a_problem(path):
    status, body = Api(Client()).get(path)
    assert (status, body["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", [INTERACTIONS, "/api/v1/runs/", "/api/v1/items/"])
def test_a_body_of_10_mb_is_refused_unread(client_api, path):
    status, body = client_api.post(path, b"[" + b"1," * 5_000_000 + b"1]")
    assert (status, body["code"]) == (413, "too_large")


def test_a_body_of_unsaid_length_is_refused(client):
    answer = client.get(RECOMMENDATIONS, headers={"transfer-encoding": "chunked"})
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")


def test_a_fault_of_ours_is_a_problem_that_names_the_request(client_api, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("boom")

    monkeypatch.setattr("recsys.slates.serving.slate", fail)
    client_api.client.raise_request_exception = False
    answer = client_api.client.get(
        RECOMMENDATIONS, {"member": "a"}, headers={"authorization": f"Token {client_api.token}"}
    )
    assert answer.status_code == 500
    assert answer.json()["code"] == "server_error"
    assert answer["X-Request-ID"] in answer.json()["detail"]
