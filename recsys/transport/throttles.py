"""How often one caller may ask: a rate for each kind of caller, counted atomically in the cache for all processes.

The generic cell rate algorithm (ATM Forum 1996, "virtual scheduling"): one number for each caller, the instant at
which its next request would be on time; one that comes earlier than the burst allows is refused, with the wait.
Where the cache is gone nobody is refused: a limit is worth less than an answer, and the log says so.
"""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import redis
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from curation.problems import Problem
from recsys.transport import cache

log = logging.getLogger(__name__)

_SCRIPT: Final = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local wait = due + ARGV[1] - ARGV[2] - now
if wait > 0 then return tostring(wait) end
redis.call('SET', KEYS[1], string.format('%.6f', due + ARGV[1]), 'PX', math.ceil((due + ARGV[1] - now) * 1000))
return '0'
"""


WAITS: Final = "tandem.waits_s"
"""Where a request keeps how long whoever sent it has to wait, if its page says so."""


class TooMany(Problem):
    """A caller asks more often than it may."""

    def __init__(self, waiting_s: float) -> None:
        seconds = math.ceil(waiting_s)
        detail = _("Too many requests: go on in %(seconds)d s.") % {"seconds": seconds}
        super().__init__(429, "too_many_requests", _("Too many requests"), detail)
        self.headers = {"Retry-After": str(seconds)}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds, which may also come all at once."""

    times: int
    in_s: float

    @property
    def interval_s(self) -> float:
        """Seconds between requests at the steady rate."""
        return self.in_s / self.times


def rates() -> Mapping[str, Rate]:
    """What is limited, by name: `settings.THROTTLES`, (times, seconds) each."""
    return {name: Rate(*told) for name, told in settings.THROTTLES.items()}


def wait_s(name: str, caller: str) -> float:
    """Count a request of the caller under the rate of that name; 0 where it may go on, else the seconds to wait."""
    rate = rates()[name]

    def count(client: redis.Redis) -> object:
        return client.eval(_SCRIPT, 1, _key(name, caller), str(rate.interval_s), str(rate.in_s))

    answer = _ask(count)
    return float(answer.decode() if isinstance(answer, bytes) else str(answer or 0))


def forgive(name: str, caller: str) -> None:
    """Take back what was counted of the caller, who has shown to be no trouble."""
    _ask(lambda client: client.delete(_key(name, caller)))


def _key(name: str, caller: str) -> str:
    return f"throttle:{name}:{hashlib.sha256(caller.encode()).hexdigest()[:32]}"


def _ask(work: Callable[[redis.Redis], object]) -> object:
    try:
        return cache.ask(work)
    except cache.Unavailable:
        log.warning("requests are not counted: the cache does not answer")
        return None


def address_of(request: HttpRequest) -> str:
    """The client's address: of the connection, or what the declared number of proxies say of it."""
    proxies = settings.TRUSTED_PROXIES
    passed = [each.strip() for each in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if proxies and len(passed) >= proxies and passed[-proxies]:
        return str(passed[-proxies])
    return str(request.META.get("REMOTE_ADDR", ""))
