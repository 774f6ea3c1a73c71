"""Web side of search by meaning: the vector of a query, asked of a worker, and the items whose texts lie nearest."""

from __future__ import annotations

import hashlib
import logging
import struct
from functools import partial
from typing import Final
from uuid import uuid4

from django.db.models import QuerySet
from django.utils.translation import get_language
from pgvector.django import CosineDistance

from curation.models import Embedding, Item
from recsys.embeddings import encoders
from recsys.slates import doorbell
from recsys.transport import broker, cache

log = logging.getLogger(__name__)

TASK: Final = "recsys.encode_query"
BUDGET_S: Final = 0.4
MESSAGE_LIFE_S: Final = 2.0
REPLY_LIFE_MS: Final = 5_000
KEPT_S: Final = 3_600
_FLOAT_BYTES: Final = 4
_FIRST_WORD: Final = "a"
FARTHEST: Final = 0.8
"""The cosine distance beyond which a text has little to do with a query."""


def speaks_english() -> bool:
    """Whether the page is in the language that the encoder knows."""
    return (get_language() or "").startswith("en")


def is_offered() -> bool:
    """Whether any item has a vector of the encoder in use."""
    return Embedding.objects.filter(encoder=encoders.current().name).exists()


def key_of(words: str) -> str:
    """Where the vector of a query is kept for a while."""
    told = f"{encoders.current().name}\n{words}".encode(errors="surrogatepass")
    return f"tandem:meaning:{hashlib.blake2b(told, digest_size=16).hexdigest()}"


def vector_of(words: str, budget_s: float = BUDGET_S) -> list[float] | None:
    """The vector of a query; None where no worker could say in time."""
    try:
        packed = cache.ask(lambda client: client.get(key_of(words))) or _asked(words, budget_s)
    except cache.Unavailable as trouble:
        log.warning("no vector of a query: %s", trouble)
        return None
    if not isinstance(packed, bytes) or not packed:
        return None
    return list(struct.unpack(f"<{len(packed) // _FLOAT_BYTES}f", packed))


def wake() -> None:
    """Have a worker start the encoder while somebody writes what they will ask; nobody waits for it."""
    vector_of(_FIRST_WORD, budget_s=0.0)


def nearest(items: QuerySet[Item], vector: list[float]) -> QuerySet[Item]:
    """Those of the items that mean something like the query, the nearest first."""
    distance = CosineDistance("embeddings__vector", vector)
    near = items.filter(
        embeddings__encoder=encoders.current().name, embeddings__dimension=len(vector)
    )
    return near.annotate(distance=distance).filter(distance__lt=FARTHEST).order_by("distance", "pk")


def _asked(words: str, budget_s: float) -> bytes | None:
    reply = f"tandem:reply:{uuid4().hex}"
    broker.publish(
        TASK,
        [words, reply],
        queue=doorbell.QUEUE,
        timeout_s=cache.PATIENT_TIMEOUT_S,
        expires_s=MESSAGE_LIFE_S,
    )
    wait = partial(doorbell.popped, reply=reply, patience_s=budget_s)
    return cache.ask(wait, cache.PATIENT_TIMEOUT_S)
