"""The count of requests: atomic over threads and processes, and no hindrance where the cache is gone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.test import RequestFactory

from recsys import cache, throttles


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
