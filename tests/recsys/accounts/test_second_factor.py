"""Who works here: a shorter session, and nothing of the staff's without a second factor where one is asked for."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import (
    TOTP,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client

from curation.models import Token
from curation.people.access import issue_token
from recsys.api import tokens
from tests.factories import UserFactory
from tests.recsys.accounts.conftest import PASSWORD, sign_in

pytestmark = pytest.mark.django_db

SET_UP = "/account/second-factor/app/"
NOWHERE = "00000000-0000-7000-8000-000000000000"
STAFF = [
    {"roles": ["curator"]},
    {"roles": ["operator"]},
    {"roles": ["analyst"]},
    {"roles": ["member", "curator"]},
    {"roles": ["administrator"]},
    {"roles": [], "is_staff": True},
    {"roles": [], "is_superuser": True},
]
OTHERS = [{"roles": ["member"]}, {"roles": ["client"]}, {"roles": ["member", "client"]}]
PAGES = [
    "/",
    "/admin/",
    "/admin/desk/",
    "/admin/runs/",
    "/report/",
    "/slates/",
    f"/slates/{NOWHERE}/",
    "/account/",
    "/account/tokens/",
    "/account/sessions/",
    "/account/password/",
]
CALLS = [
    ("post", "/api/v1/policy/publish/"),
    ("post", "/api/v1/policy/rollback/"),
    ("get", "/api/v1/decisions/"),
    ("post", f"/api/v1/models/{NOWHERE}/promote/"),
    ("post", "/api/v1/runs/"),
    ("get", f"/api/v1/slates/{NOWHERE}/"),
    ("post", "/api/v1/interactions/"),
    ("get", "/metrics"),
]


@pytest.fixture
def asked_for(settings):
    settings.STAFF_SECOND_FACTOR = True
    tokens.forget()


@pytest.fixture
def curator(db):
    return UserFactory.create(roles=["curator", "operator"])


@pytest.mark.parametrize("who", STAFF, ids=str)
def test_staff_by_whatever_mark_see_no_page_without_a_second_factor(browser, asked_for, who):
    browser.force_login(UserFactory.create(**who))
    assert [browser.get(page)["Location"] for page in PAGES] == [SET_UP] * len(PAGES)


@pytest.mark.parametrize("who", OTHERS, ids=str)
def test_members_and_clients_are_not_asked_for_one(browser, asked_for, who):
    browser.force_login(UserFactory.create(**who))
    assert [browser.get(page).status_code for page in ("/", "/account/")] == [200, 200]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_session_without_one_calls_no_api(browser, asked_for, curator, method, path):
    browser.force_login(curator)
    answer = getattr(browser, method)(path, {}, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert answer.json()["code"] == "second_factor_required"


def test_no_token_is_made_without_one(browser, asked_for, curator):
    browser.force_login(curator)
    form = {"name": "mine", "scopes": ["curate", "train"], "days": ""}
    assert browser.post("/account/tokens/", form)["Location"] == SET_UP
    assert not Token.objects.exists()


def test_a_strange_header_beside_the_session_is_no_way_round(browser, asked_for, curator):
    browser.force_login(curator)
    for header in ("Basic YTpi", "Bearer x", "Token", "Token x"):
        for path in ("/api/v1/decisions/", f"/api/v1/slates/{NOWHERE}/"):
            answer = browser.get(path, headers={"authorization": header})
            assert answer.status_code in {401, 403}, (header, path)


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_with_one_a_session_is_let_to_pages_and_calls(browser, asked_for, curator, method, path):
    TOTP.activate(curator, generate_totp_secret())
    browser.force_login(curator)
    assert browser.get("/admin/runs/").status_code == 200
    answer = getattr(browser, method)(path, {}, content_type="application/json")
    assert b"second_factor_required" not in answer.content


def test_where_it_is_not_asked_for_the_password_is_enough(browser, curator):
    browser.force_login(curator)
    assert browser.get("/admin/runs/").status_code == 200
    assert browser.get("/api/v1/decisions/").status_code == 200


def test_a_token_goes_on_working(asked_for, curator):
    headers = {"authorization": f"Token {issue_token(curator, 'demo')}"}
    assert Client().get("/api/v1/decisions/", headers=headers).status_code == 200


def test_who_still_lacks_one_can_set_it_up(browser, asked_for, ada):
    ada.groups.set(UserFactory.create(roles=["curator"]).groups.all())
    assert sign_in(browser, ada).status_code == 302
    assert browser.get("/")["Location"] == SET_UP
    open_pages = ("/account/second-factor/", "/account/email/", "/livez")
    assert [browser.get(page).status_code for page in open_pages] == [200] * len(open_pages)
    assert browser.post("/language/", {"language": "en"}).status_code == 302
    EmailAddress.objects.filter(user=ada).update(verified=True)
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    secret = browser.get(SET_UP).context["form"].secret
    code = f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06d}"
    assert browser.post(SET_UP, {"code": code})["Location"] == "/account/second-factor/codes/"
    assert browser.get("/").status_code == 200


def test_who_still_lacks_one_can_sign_out(browser, asked_for, curator):
    browser.force_login(curator)
    browser.post("/logout/")
    assert "_auth_user_id" not in browser.session


def test_strangers_see_what_everybody_sees(browser, asked_for):
    assert [browser.get(page).status_code for page in ("/", "/login/")] == [200, 200]
    assert browser.get("/nowhere/").status_code == 404


@pytest.mark.parametrize("who", STAFF, ids=str)
def test_staff_by_whatever_mark_sign_in_again_each_working_day(browser, ada, who):
    groups = UserFactory.create(**who).groups.all()
    ada.is_staff, ada.is_superuser = who.get("is_staff", False), who.get("is_superuser", False)
    ada.groups.set(groups)
    ada.save()
    sign_in(browser, ada)
    assert browser.session.get_expiry_age() == 8 * 3600


def test_the_session_of_a_member_lasts_two_weeks(browser, ada):
    sign_in(browser, ada)
    assert browser.session.get_expiry_age() == 14 * 24 * 3600
