"""Administrators end the sessions and tokens of others, say why, and the audit keeps it."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from curation.models import Token
from curation.people.access import issue_token
from recsys.api import tokens as remembered
from tests.factories import UserFactory
from tests.recsys.accounts.conftest import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(db):
    client = Client(REMOTE_ADDR="10.9.9.9")
    client.force_login(UserFactory.create(username="boss", is_staff=True, roles=["administrator"]))
    return client


@pytest.fixture
def phone(ada):
    client = Client(REMOTE_ADDR="10.1.2.3", HTTP_USER_AGENT="A lost phone")
    sign_in(client, ada)
    return client


def end(client, user, why="it was stolen", **which):
    return client.post(
        f"/admin/people/{user.pk}/end/",
        {"reason": why} if why else {},
        query_params=which,
        follow=True,
    )


def test_a_session_of_another_is_seen_and_ended_for_a_reason_that_the_audit_keeps(
    boss, browser, phone, ada
):
    sign_in(browser, ada)
    session = UserSession.objects.get(user_agent="A lost phone")
    assert "A lost phone" in boss.get(f"/admin/people/{ada.pk}/").content.decode()
    asked = boss.get(f"/admin/people/{ada.pk}/end/", {"session": session.pk}).content.decode()
    assert "End 1 session" in asked
    assert phone.get("/account/").status_code == 200
    assert end(boss, ada, why="", session=session.pk).context["form"].errors
    assert phone.get("/account/").status_code == 200
    told = end(boss, ada, session=session.pk).content.decode()
    assert "is signed out of 1 session." in told
    assert phone.get("/account/").status_code == 302
    assert browser.get("/account/").status_code == 200
    history = boss.get(f"/admin/desk/history/curation.user/{ada.pk}/").content.decode()
    assert all(word in history for word in ("boss", "signed out elsewhere", "it was stolen"))
    assert "it was stolen" in boss.get("/admin/desk/audit/").content.decode()


def test_all_sessions_of_another_end_at_once(boss, browser, phone, ada):
    sign_in(browser, ada)
    assert "is signed out of 2 sessions." in end(boss, ada, session="all").content.decode()
    assert [each.get("/account/").status_code for each in (browser, phone)] == [302, 302]
    assert "nothing to end" in end(boss, ada, session="all").content.decode()


def test_tokens_of_another_are_revoked_and_those_of_others_stay(boss, ada):
    first, _second = issue_token(ada, "demo"), issue_token(ada, "demo")
    kept = issue_token(UserFactory.create(roles=["client"]), "demo")
    page = end(boss, ada, token=first[:15])
    assert "1 token of" in page.content.decode()
    assert Token.objects.filter(user=ada).count() == 1
    end(boss, ada, token="all")
    remembered.forget()
    answers = [
        Client().get("/api/v1/runs/", headers={"authorization": f"Token {clear}"}).status_code
        for clear in (first, kept)
    ]
    assert answers == [401, 403]
    history = boss.get(f"/admin/desk/history/curation.user/{ada.pk}/").content.decode()
    assert history.count("API token revoked") == 2


@pytest.mark.parametrize("which", [{"session": "x"}, {"session": "999999"}, {"token": "0" * 15}])
def test_what_is_not_theirs_does_not_end(boss, phone, ada, which):
    stranger = UserFactory.create(roles=["member"])
    issue_token(stranger, "demo")
    end(boss, ada, **which)
    end(boss, stranger, session=UserSession.objects.get(user=ada).pk)
    assert phone.get("/account/").status_code == 200
    assert Token.objects.filter(user=stranger).exists()
