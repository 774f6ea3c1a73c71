"""Worker side of search by meaning: the encoder is started when somebody asks, kept warm, and let go when nobody does.

A worker has slates to fuse: it never waits for the encoder to start. Whoever asks meanwhile is told so at once, and
their query is encoded as soon as it can be, for when they ask again.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Final

import redis

from recsys.embeddings import encoders
from recsys.embeddings.encoder_process import EncoderFailed, EncoderProcess
from recsys.embeddings.meaning import KEPT_S, REPLY_LIFE_MS, key_of
from recsys.transport import cache

log = logging.getLogger(__name__)

IDLE_S: Final = 600.0
LOOK_S: Final = 30.0


class _Warm:
    """The encoder of this process: none, one that starts, or one that answers."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.child: EncoderProcess | None = None
        self.starting = False
        self.used = 0.0
        self.waiting: list[str] = []


_warm: Final = _Warm()


def answer(words: str, reply: str) -> None:
    """Push the vector of a query on a reply list (float32, little-endian); nothing where the encoder still starts."""
    packed = _encoded(words)
    if packed is None:
        _start(words)
    cache.ask(lambda client: _tell(client, words, packed or b"", reply), cache.PATIENT_TIMEOUT_S)


def _tell(client: redis.Redis, words: str, packed: bytes, reply: str) -> None:
    pipe = client.pipeline()
    if packed:
        pipe.set(key_of(words), packed, ex=KEPT_S)
    pipe.rpush(reply, packed)
    pipe.pexpire(reply, REPLY_LIFE_MS)
    pipe.execute()


def _encoded(words: str) -> bytes | None:
    with _warm.lock:
        if _warm.child is None:
            return None
        _warm.used = time.monotonic()
        try:
            return _warm.child.encode([words]).astype("<f4").tobytes()
        except EncoderFailed:
            log.exception("the encoder of queries ended")
            _let_go()
            return None


def _start(words: str) -> None:
    with _warm.lock:
        _warm.waiting.append(words)
        if _warm.starting or _warm.child is not None:
            return
        _warm.starting = True
    threading.Thread(target=_keep_warm, name="query encoder", daemon=True).start()


def _keep_warm() -> None:
    """Start the encoder, encode what was asked meanwhile, and end it when nobody has asked for a while."""
    try:
        child = EncoderProcess(encoders.current()).__enter__()
    except EncoderFailed:
        log.exception("queries cannot be encoded")
        with _warm.lock:
            _warm.starting, _warm.waiting = False, []
        return
    with _warm.lock:
        _warm.child, _warm.starting, _warm.used = child, False, time.monotonic()
        waiting, _warm.waiting = _warm.waiting, []
    for words in waiting:
        _remember(words)
    while _is_wanted(child):
        time.sleep(LOOK_S)


def _remember(words: str) -> None:
    packed = _encoded(words)
    if packed:
        try:
            cache.ask(lambda client: client.set(key_of(words), packed, ex=KEPT_S))
        except cache.Unavailable as trouble:
            log.warning("the cache took no vector of a query: %s", trouble)


def _is_wanted(child: EncoderProcess) -> bool:
    with _warm.lock:
        if _warm.child is child and time.monotonic() - _warm.used > IDLE_S:
            _let_go()
        return _warm.child is child


def _let_go() -> None:
    if _warm.child is not None:
        _warm.child.close()
        _warm.child = None
