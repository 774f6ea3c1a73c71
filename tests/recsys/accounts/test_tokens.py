"""Sessions and API tokens: listed, revocable, and no more than they say."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from curation.models import Scope, Token
from curation.people.access import issue_token
from recsys.api import tokens as remembered
from tests.factories import UserFactory
from tests.recsys.accounts.conftest import sign_in

pytestmark = pytest.mark.django_db

FORM = {"name": "the shop", "scopes": ["read"], "days": "30"}


def clear_in(page) -> str:
    [clear] = re.findall(r"<code>([0-9a-f]{64})</code>", page.content.decode())
    return str(clear)


@pytest.fixture
def curator(db):
    remembered.forget()
    return UserFactory.create(is_staff=True, roles=["curator"])


def ask(clear, method, path, **body):
    call = getattr(Client(), method)
    more = {"data": body, "content_type": "application/json"} if body else {}
    return call(path, headers={"authorization": f"Token {clear}"}, **more)


def test_a_token_is_shown_once_and_works_until_it_is_revoked(browser, curator):
    browser.force_login(curator)
    clear = clear_in(browser.post("/account/tokens/", FORM))
    assert clear not in browser.get("/account/tokens/").content.decode()
    assert ask(clear, "get", "/api/v1/decisions/").status_code == 200
    [token] = Token.objects.filter(user=curator)
    assert timedelta(days=29) < token.expiry - timezone.now() <= timedelta(days=30)
    browser.post(f"/account/tokens/{token.token_key}/revoke/")
    assert ask(clear, "get", "/api/v1/decisions/").status_code == 401


@pytest.mark.parametrize(
    "wrong", [{"scopes": []}, {"scopes": ["all"]}, {"name": ""}, {"days": "7"}]
)
def test_a_token_needs_a_name_and_known_scopes(browser, curator, wrong):
    browser.force_login(curator)
    page = browser.post("/account/tokens/", FORM | wrong)
    assert next(iter(wrong)) in page.context["form"].errors
    assert not Token.objects.exists()


def test_nobody_revokes_the_token_of_another(browser, curator):
    token = issue_token(curator, "demo")
    browser.force_login(UserFactory.create(roles=["curator"]))
    row = Token.objects.get(user=curator)
    assert browser.post(f"/account/tokens/{row.token_key}/revoke/").status_code == 404
    assert ask(token, "get", "/api/v1/decisions/").status_code == 200


@pytest.mark.parametrize(
    ("role", "method", "path", "scope"),
    [
        ("client", "get", "/api/v1/recommendations/", "read"),
        ("client", "post", "/api/v1/interactions/", "ingest"),
        ("client", "put", "/api/v1/items/", "ingest"),
        ("curator", "get", "/api/v1/decisions/", "read"),
        ("curator", "post", "/api/v1/decisions/", "curate"),
        ("operator", "post", "/api/v1/runs/", "train"),
    ],
)
def test_a_token_does_only_what_its_scopes_say(role, method, path, scope):
    remembered.forget()
    user = UserFactory.create(roles=[role])
    clear = issue_token(user, "demo")
    Token.objects.filter(user=user).update(scopes=sorted({*Scope.values} - {scope}))
    refused = ask(clear, method, path, member="ada")
    assert (refused.status_code, scope in refused.json()["detail"]) == (403, True)
    Token.objects.filter(user=user).update(scopes=[scope])
    remembered.forget()
    assert ask(clear, method, path, member="ada").status_code != 403


@pytest.mark.parametrize(
    "path", ["/api/v1/slates/00000000-0000-7000-8000-000000000000/", "/api/v1/runs/"]
)
def test_who_asks_too_often_is_told_when_to_come_back(path, settings):
    settings.THROTTLES = settings.THROTTLES | {"token": (2, 60)}
    remembered.forget()
    clear = issue_token(UserFactory.create(roles=["operator"]), "demo")
    statuses = [ask(clear, "get", path).status_code for _turn in range(2)]
    assert 429 not in statuses
    refused = ask(clear, "get", path)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 0 < int(refused["Retry-After"]) <= 30


def test_tokens_are_not_guessed_from_one_address(browser, settings):
    settings.THROTTLES = settings.THROTTLES | {"stranger": (3, 60)}
    path, headers = "/api/v1/recommendations/", {"authorization": "Token guess"}
    statuses = [browser.get(path, headers=headers).status_code for _turn in range(4)]
    assert statuses == [401, 401, 401, 429]


def test_a_session_is_listed_and_can_be_ended_from_another_one(browser, ada):
    elsewhere = Client(REMOTE_ADDR="10.1.2.3", HTTP_USER_AGENT="A lost phone")
    sign_in(browser, ada)
    sign_in(elsewhere, ada)
    page = browser.get("/account/sessions/").content.decode()
    assert "A lost phone" in page
    phone = UserSession.objects.get(user_agent="A lost phone")
    browser.post(f"/account/sessions/{phone.pk}/end/")
    assert elsewhere.get("/account/").status_code == 302
    assert browser.get("/account/").status_code == 200


def test_nobody_ends_the_session_of_another(browser, ada):
    sign_in(browser, ada)
    session = UserSession.objects.get()
    other = Client(REMOTE_ADDR="10.3.2.1")
    other.force_login(UserFactory.create(roles=["member"]))
    assert other.post(f"/account/sessions/{session.pk}/end/").status_code == 404
    assert browser.get("/account/").status_code == 200


def test_a_token_of_another_source_is_made_from_the_terminal(browser, ada):
    UserFactory.create(username="shop", roles=["client"])
    told = io.StringIO()
    call_command("make_token", "shop", source="shop", scope=["read", "ingest"], stdout=told)
    token = Token.objects.get(user__username="shop")
    assert (token.source, token.scopes, token.expiry) == ("shop", ["ingest", "read"], None)
    headers = {"authorization": f"Token {told.getvalue().strip()}"}
    answer = browser.get("/api/v1/recommendations/?member=x&surface=home", headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("user", "options"),
    [
        ("nobody", {}),
        ("shop", {"source": " x"}),
        ("shop", {"days": 0}),
        ("stranger", {}),
    ],
)
def test_a_token_that_cannot_be_is_not_made(db, user, options):
    UserFactory.create(username="shop", roles=["client"])
    UserFactory.create(username="stranger", roles=[])
    with pytest.raises(CommandError):
        call_command("make_token", user, **options)
    assert not Token.objects.exists()
