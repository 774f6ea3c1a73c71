"""The count of requests: atomic over threads and processes, no hindrance where the cache is gone, apart by caller."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory

from recsys.transport import cache, throttles
from tests.factories import UserFactory

VIEW = "/items/00000000-0000-7000-8000-000000000000/view/"
BY = {"en": "Too many requests: go on in", "zh-hans": "请求过多：请在"}


def test_of_many_at_once_no_more_get_through_than_the_rate_says(settings):
    settings.THROTTLES = {"x": (10, 3600)}
    caller = uuid4().hex
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _turn: throttles.wait_s("x", caller), range(80)))
    assert waits.count(0) == 10


def test_callers_are_counted_apart(settings):
    settings.THROTTLES = {"x": (1, 3600)}
    assert [throttles.wait_s("x", uuid4().hex) for _turn in range(3)] == [0, 0, 0]


def test_the_wait_is_that_until_the_next_request_is_on_time(settings):
    settings.THROTTLES = {"x": (2, 3600)}
    caller = uuid4().hex
    throttles.wait_s("x", caller)
    throttles.wait_s("x", caller)
    assert 1790 < throttles.wait_s("x", caller) <= 1800


def test_without_the_cache_nobody_is_refused(settings, monkeypatch):
    def gone(*_given, **_more):
        raise cache.Unavailable("gone")

    settings.THROTTLES = {"x": (1, 3600)}
    monkeypatch.setattr(cache, "ask", gone)
    assert [throttles.wait_s("x", "me") for _turn in range(3)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("proxies", "address"), [(0, "10.0.0.9"), (1, "10.0.0.2"), (2, "10.0.0.1"), (3, "10.0.0.9")]
)
def test_the_address_is_what_the_declared_proxies_saw(settings, proxies, address):
    settings.TRUSTED_PROXIES = proxies
    browser = RequestFactory(REMOTE_ADDR="10.0.0.9", HTTP_X_FORWARDED_FOR="10.0.0.1, 10.0.0.2")
    assert throttles.address_of(browser.get("/")) == address


@pytest.fixture
def rates(settings):
    """Sets some of the rates to so many in an hour."""

    def told(**times):
        hourly = {name: (number, 3600) for name, number in times.items()}
        settings.THROTTLES = settings.THROTTLES | hourly

    return told


def visitor_at(browser):
    """A browser at the address of another, known by a cookie of its own."""
    other = Client(**browser.defaults)
    other.get("/")
    return other


def statuses(browser, path, times=3):
    return [browser.post(path).status_code for _turn in range(times)]


@pytest.mark.django_db
@pytest.mark.parametrize("language", BY)
@pytest.mark.parametrize("caller", ["member", "visitor", "account", "address"])
def test_who_acts_too_often_is_told_when_to_go_on(browser, rates, caller, language):
    rates(**{caller: 2})
    if caller == "member":
        browser.force_login(UserFactory.create(roles=["member"]))
    path = "/login/" if caller == "account" else VIEW
    browser = visitor_at(browser) if caller in {"visitor", "address"} else browser
    assert 429 not in statuses(browser, path, 2)
    refused = browser.post(path, headers={"accept-language": language})
    assert (refused.status_code, refused["Content-Type"]) == (429, "text/html; charset=utf-8")
    assert 1790 < int(refused["Retry-After"]) <= 1800
    text = refused.content.decode()
    assert BY[language] in text
    assert f'lang="{language}"' in text.lower()


@pytest.mark.django_db
def test_visitors_at_one_address_do_not_lock_each_other_out(browser, rates):
    rates(visitor=2)
    assert statuses(visitor_at(browser), VIEW)[-1] == 429
    assert 429 not in statuses(visitor_at(browser), VIEW, 2)


@pytest.mark.django_db
def test_what_visitors_do_takes_nobody_s_sign_in_away_nor_the_other_way_round(browser, rates):
    rates(account=2, visitor=2)
    assert statuses(visitor_at(browser), VIEW)[-1] == 429
    assert 429 not in statuses(browser, "/login/", 2)
    for path in ("/login/", "/account/signup/", "/account/password/reset/"):
        assert browser.post(path).status_code == 429
    assert 429 not in statuses(visitor_at(browser), VIEW, 2)


@pytest.mark.django_db
def test_all_visitors_of_an_address_together_have_a_limit(browser, rates):
    rates(address=3)
    found = [visitor_at(browser).post(VIEW).status_code for _turn in range(4)]
    assert [each == 429 for each in found] == [False, False, False, True]
    elsewhere = Client(**browser.defaults | {"REMOTE_ADDR": "10.251.0.1"})
    assert elsewhere.post(VIEW).status_code != 429


@pytest.mark.django_db
def test_without_a_cookie_of_ours_visitors_are_their_address(browser, rates):
    rates(visitor=2)
    found = []
    for turn in range(3):
        bare = Client(**browser.defaults)
        bare.cookies["visitor"] = f"{'x' * 21}{turn}:forged:again"
        found.append(bare.post(VIEW).status_code)
    assert [each == 429 for each in found] == [False, False, True]
