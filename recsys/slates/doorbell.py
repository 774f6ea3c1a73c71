"""Asking a realtime worker for a fresh slate, within a budget.

A ring registers a waiter (a list of its own, on which the answer is pushed) with the versions that it needs. It joins
the fuse that is queued for its place, or one in flight whose versions cover its needs; else it queues exactly one
more. All of it lives in the cache: lost, it costs freshness and nothing else.

Of one place: `…:waiters` is a hash from reply list to what is needed and until when; `…:queued` exists from the
publish of a message until a worker has read its versions, or the message has expired; `…:flying` holds the
versions of the fuse that is being made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cache as once
from functools import partial
from typing import Any, Final
from uuid import uuid4

import orjson
import redis

from recsys.slates.bodies import KEEP, NEWER, Body, Versions, Whole, stamp, unpack
from recsys.slates.places import Place
from recsys.transport import broker, cache

TASK: Final = "recsys.fuse"
QUEUE: Final = "realtime"
MESSAGE_LIFE_MS: Final = 1_000
FLIGHT_LIFE_MS: Final = 2_000
REPLY_LIFE_MS: Final = 5_000
WAITERS_LIFE_MS: Final = 30_000
GRACE_S: Final = 0.05
PATIENT_S: Final = 1.0

_RING: Final = (
    NEWER
    + """
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local flying = redis.call('GET', KEYS[3])
if flying and covers(cjson.decode(flying).versions, cjson.decode(ARGV[2]).needs) then return 0 end
redis.call('SET', KEYS[2], '1', 'PX', ARGV[4])
return 1
"""
)
_DEPART: Final = """
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
"""
# Answers whom the body satisfies. Whoever needs more, registered after this fuse had read its versions and before
# it said so, would wait in vain: for them one more is queued.
_LAND: Final = (
    NEWER
    + KEEP
    + """
keep(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
local flying = redis.call('GET', KEYS[4])
if flying and cjson.decode(flying).token == ARGV[6] then redis.call('DEL', KEYS[4]) end
local has, left = cjson.decode(ARGV[1]), false
local waiters = redis.call('HGETALL', KEYS[2])
for at = 1, #waiters, 2 do
  local waiter = cjson.decode(waiters[at + 1])
  if waiter.till < tonumber(ARGV[7]) then
    redis.call('HDEL', KEYS[2], waiters[at])
  elseif covers(has, waiter.needs) then
    redis.call('HDEL', KEYS[2], waiters[at])
    redis.call('RPUSH', waiters[at], ARGV[2])
    redis.call('PEXPIRE', waiters[at], ARGV[8])
  else
    left = true
  end
end
if not left or redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
redis.call('SET', KEYS[3], '1', 'PX', ARGV[9])
return 1
"""
)
_ABANDON: Final = """
local flying = redis.call('GET', KEYS[1])
if flying and cjson.decode(flying).token == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


@once
def _script(text: str) -> Callable[..., Any]:
    return cache.client().register_script(text)


def _run(text: str, keys: Sequence[str], arguments: Sequence[Any], timeout_s: float) -> bool:
    script = _script(text)
    said = cache.ask(lambda client: script(keys=keys, args=arguments, client=client), timeout_s)
    return bool(said)


def _keys(place: Place) -> tuple[str, str, str]:
    return f"{place.key}:waiters", f"{place.key}:queued", f"{place.key}:flying"


def ring(place: Place, needs: Versions, budget_s: float) -> Body | None:
    """Ask for a body of at least these versions and wait for it; None where it comes too late.

    Raises `cache.Unavailable` where no worker can be asked.
    """
    deadline = time.monotonic() + budget_s
    timeout_s = _patience_s(budget_s)
    reply = f"tandem:reply:{uuid4().hex}"
    waiter = orjson.dumps({"needs": dict(needs), "till": _now_ms() + budget_s * 1000})
    lifetime_ms = WAITERS_LIFE_MS + int(budget_s * 1000)
    packed = None
    while packed is None and time.monotonic() < deadline:
        arguments = [reply, waiter, lifetime_ms, MESSAGE_LIFE_MS]
        if _run(_RING, _keys(place), arguments, timeout_s):
            _publish_or_withdraw(place, timeout_s)
        # A message that no worker took in its lifetime is gone: who can wait longer rings again.
        patience_s = min(deadline - time.monotonic(), MESSAGE_LIFE_MS / 1000)
        wait = partial(popped, reply=reply, patience_s=patience_s)
        packed = cache.ask(wait, timeout_s)
    return unpack(packed) if packed else None


def _patience_s(budget_s: float) -> float:
    """How long to wait for a server: longer where the caller can wait, and both servers answered last."""
    troubled = cache.breaker.is_troubled or broker.breaker.is_troubled
    return (
        cache.request_timeout_s() if budget_s < PATIENT_S or troubled else cache.PATIENT_TIMEOUT_S
    )


def departed(place: Place, versions: Versions, token: str) -> None:
    """Say what versions the fuse that starts now has read; `token` names the fuse."""
    _, queued, flying = _keys(place)
    flight = orjson.dumps({"token": token, "versions": dict(versions)})
    _run(_DEPART, [queued, flying], [flight, FLIGHT_LIFE_MS], cache.PATIENT_TIMEOUT_S)


def landed(place: Place, whole: Whole, token: str) -> None:
    """Store a body, answer all whom it satisfies, and queue one more fuse where somebody is left."""
    waiters, queued, flying = _keys(place)
    arguments = [*stamp(whole), token, _now_ms(), REPLY_LIFE_MS, MESSAGE_LIFE_MS]
    keys = [place.key, waiters, queued, flying]
    if _run(_LAND, keys, arguments, cache.PATIENT_TIMEOUT_S):
        _publish_or_withdraw(place, cache.PATIENT_TIMEOUT_S)


def abandoned(place: Place, token: str) -> None:
    """Say that a fuse came to nothing, so that the next ring does not wait for it."""
    _run(_ABANDON, [_keys(place)[2]], [token], cache.PATIENT_TIMEOUT_S)


def _now_ms() -> int:
    return int(time.time() * 1000)


def popped(client: redis.Redis, reply: str, patience_s: float) -> bytes | None:
    """The answer that is pushed on a reply list; None where none came in time."""
    if patience_s <= 0:
        return None
    pool = client.connection_pool
    connection = pool.get_connection()
    try:
        connection.send_command("BLPOP", reply, patience_s)  # type: ignore[no-untyped-call]
        # The server keeps the time; one that has stopped keeps none, and one under load is a little late.
        answer = connection.read_response(timeout=patience_s + GRACE_S)
    except redis.TimeoutError:
        return None
    finally:
        pool.release(connection)
    return answer[1] if answer else None


def _publish_or_withdraw(place: Place, timeout_s: float) -> None:
    life_s = MESSAGE_LIFE_MS / 1000
    try:
        broker.publish(TASK, [place.parts], queue=QUEUE, timeout_s=timeout_s, expires_s=life_s)
    except cache.Unavailable:
        cache.ask(lambda client: client.delete(_keys(place)[1]))
        raise
