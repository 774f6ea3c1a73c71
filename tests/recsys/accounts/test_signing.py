"""Signing up, in and out, resetting a password, and a second factor after it."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)

from curation.models import Mail, Outbox, User
from curation.people.access import roles_of
from tests.recsys.accounts.conftest import PASSWORD, sign_in

pytestmark = pytest.mark.django_db

NEW = {
    "username": "grace",
    "email": "grace@example.org",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


def test_who_signs_up_is_signed_in_as_a_member_and_nothing_more(browser):
    assert browser.post("/account/signup/", NEW).status_code == 302
    grace = User.objects.get(username="grace")
    assert (roles_of(grace), grace.is_staff) == (frozenset({"member"}), False)
    assert browser.get("/account/").status_code == 200


def test_a_closed_installation_takes_no_strangers(browser, settings):
    settings.SIGNUP_OPEN = False
    browser.post("/account/signup/", NEW)
    assert not User.objects.filter(username="grace").exists()


@pytest.mark.parametrize(
    "wrong", [{"password2": "another word"}, {"email": "no address"}, {"username": ""}]
)
def test_a_wrong_field_is_named_and_nobody_is_made(browser, wrong):
    page = browser.post("/account/signup/", NEW | wrong)
    assert page.status_code == 200
    assert next(iter(wrong)) in page.context["form"].errors
    assert not User.objects.exists()


def test_a_name_or_an_address_with_the_password_opens_the_door(browser, ada):
    for name in (ada.username, ada.email):
        assert browser.post("/login/", {"username": name, "password": PASSWORD}).status_code == 302
        assert browser.get("/account/").status_code == 200
        browser.post("/logout/")
        assert browser.get("/account/").status_code == 302


def test_a_wrong_password_is_refused_and_says_no_more_than_that(browser, ada):
    known = sign_in(browser, ada, "wrong").content
    unknown = browser.post("/login/", {"username": "nobody", "password": "wrong"}).content
    said = [re.findall(rb"errorlist[^>]*>\s*<li>([^<]+)", page) for page in (known, unknown)]
    assert said[0]
    assert said[0] == said[1]


def test_one_account_is_not_guessed_at_for_long(browser, ada, settings):
    settings.THROTTLES = settings.THROTTLES | {"sign-in": (3, 300)}
    for _turn in range(3):
        sign_in(browser, ada, "wrong")
    refused = sign_in(browser, ada)
    assert b"Too many" in refused.content
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 300
    assert browser.get("/account/").status_code == 302


def test_who_knows_the_password_may_sign_in_as_often_as_they_like(browser, ada, settings):
    settings.THROTTLES = settings.THROTTLES | {"sign-in": (2, 300)}
    for _turn in range(4):
        sign_in(browser, ada)
        assert browser.get("/account/").status_code == 200
        browser.post("/logout/")


def test_a_sign_in_goes_on_to_where_it_was_asked_for(browser, ada):
    form = {"username": ada.username, "password": PASSWORD, "next": "/account/tokens/"}
    assert browser.post("/login/", form)["Location"] == "/account/tokens/"
    browser.post("/logout/")
    assert browser.post("/login/", form | {"next": "https://example.com/"})["Location"] == "/"


def test_a_link_by_mail_sets_a_new_password(browser, ada, post):
    assert browser.post("/account/password/reset/", {"email": ada.email}).status_code == 302
    [message] = post()
    assert message.to == [ada.email]
    [link] = re.findall(r"http://testserver(/\S+)", str(message.body))
    form = browser.get(link, follow=True)
    fresh = {"password1": "quite another word", "password2": "quite another word"}
    browser.post(form.redirect_chain[-1][0], fresh)
    assert sign_in(browser, ada, "quite another word").status_code == 302
    browser.post("/logout/")
    assert b"errorlist" in sign_in(browser, ada).content


def test_an_unknown_address_gets_the_same_page(browser, ada, post):
    pages = [
        browser.post("/account/password/reset/", {"email": email}, follow=True).content
        for email in (ada.email, "stranger@example.org")
    ]
    plain = [
        re.sub(rb'csrf\S+|[\w.]+@example.org|value="[^"]*"|\{[^}]*\}', b"", page) for page in pages
    ]
    assert plain[0] == plain[1]


def test_mail_is_a_row_with_its_announcement_until_it_is_taken(browser, ada, post):
    browser.post("/account/password/reset/", {"email": ada.email})
    waiting = Mail.objects.get()
    assert Outbox.objects.filter(task="recsys.send_mail", arguments=[str(waiting.pk)]).exists()
    post()
    assert not Mail.objects.exists()


def test_a_second_factor_is_asked_for_after_the_password(browser, ada):
    secret = generate_totp_secret()
    TOTP.activate(ada, secret)
    assert sign_in(browser, ada)["Location"] == "/account/second-factor/ask/"
    assert browser.get("/account/").status_code == 302
    counter = next(iter(yield_hotp_counters_from_time()))
    code = f"{hotp_value(secret, counter):06d}"
    browser.post("/account/second-factor/ask/", {"code": code})
    assert browser.get("/account/").status_code == 200


def test_the_admin_has_no_door_of_its_own(browser, ada):
    assert browser.get("/admin/login/?next=/admin/desk/")["Location"] == "/login/?next=/admin/desk/"
    browser.force_login(ada)
    assert browser.get("/admin/login/").status_code == 403
