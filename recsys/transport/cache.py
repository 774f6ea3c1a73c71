"""The cache server as the web and the workers reach it: quickly or not at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Final, TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

T = TypeVar("T")

PATIENT_TIMEOUT_S: Final = 0.5
"""How long one waits for the server who can wait for a fresh slate."""


class Unavailable(Exception):
    """The server does not answer in time, or lately did not."""


class Breaker:
    """A circuit breaker: after `failures` in a row nothing is tried for `rest_s`, then one call at a time."""

    def __init__(self, failures: int = 3, rest_s: float = 1.0) -> None:
        self._failures, self._rest_s = failures, rest_s
        self._failed, self._until = 0, 0.0
        self._lock = threading.Lock()

    @property
    def is_troubled(self) -> bool:
        """Whether the last call failed: who tries next had better not wait for long."""
        return self._failed > 0

    def call(self, work: Callable[[], T], troubles: tuple[type[BaseException], ...]) -> T:
        """Do the work; raises Unavailable where it meets one of the troubles or the circuit is open."""
        self._enter()
        try:
            answer = work()
        except troubles as trouble:
            self._count()
            raise Unavailable(str(trouble)) from trouble
        self._failed = 0
        return answer

    def _enter(self) -> None:
        if self._failed < self._failures:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._until:
                raise Unavailable("not tried: it failed a moment ago")
            self._until = now + self._rest_s  # this caller tries; the others rest on

    def _count(self) -> None:
        with self._lock:
            self._failed += 1
            self._until = time.monotonic() + self._rest_s


breaker = Breaker()
TROUBLES = (redis.ConnectionError, redis.TimeoutError)


def request_timeout_s() -> float:
    """How long a request waits for a server."""
    return settings.CACHE_TIMEOUT_MS / 1000


@cache
def client(timeout_s: float = PATIENT_TIMEOUT_S) -> redis.Redis:
    """The client of this process, made at its first use; never retries, never waits for long."""
    return redis.Redis.from_url(
        settings.CACHE_URL,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
    )


def ask(work: Callable[[redis.Redis], T], patience_s: float | None = None) -> T:
    """Do something with the cache through the breaker, as fast as a request must; raises Unavailable."""
    return breaker.call(lambda: work(client(patience_s or request_timeout_s())), TROUBLES)
