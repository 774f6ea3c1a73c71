"""Reading a stored slate: what its trace says, and whether its inputs still give the same bytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from curation.fusion import codec
from curation.fusion.slate import ENGINE_VERSION
from curation.models import Item
from recsys.models import Slate


@dataclass(frozen=True, slots=True)
class Replay:
    """What fusing a slate's stored inputs again gave; `identical` is None where none are stored."""

    identical: bool | None
    engine: str
    stored_engine: str


def trace_of(slate: Slate) -> dict[str, Any]:
    """The whole trace of a slate as JSON data.

    What `curation.fusion.codec` wrote (placements with their arithmetic, denials, verdicts, blend, versions,
    models, seed), the slate's id and context, and under `items` what every item named in it is outside.
    """
    trace: dict[str, Any] = orjson.loads(zlib.decompress(slate.trace))
    return {
        "slate": str(slate.id),
        "context": slate.context,
        "replayable": slate.inputs is not None,
        **trace,
        "items": outside(set(_items(trace))),
    }


def replay(slate: Slate) -> Replay:
    """Fuse a slate's stored inputs again and compare the bytes. Raises codec.CodecError where they are damaged."""
    if slate.inputs is None:
        return Replay(None, ENGINE_VERSION, slate.engine)
    again = codec.encode_slate(codec.replay(bytes(slate.inputs)))
    return Replay(again == zlib.decompress(slate.trace), ENGINE_VERSION, slate.engine)


def _items(trace: Mapping[str, Any]) -> Iterator[str]:
    for part in ("placements", "reserve"):
        yield from (placement["item"] for placement in trace[part])
    for denial in trace["denials"]:
        yield from denial["items"]


def outside(items: Iterable[str]) -> dict[str, dict[str, str]]:
    """What items are outside, by id: source, item, title; those that are gone are left out."""
    rows = Item.objects.filter(pk__in=[UUID(item) for item in items])
    return {
        str(pk): {"source": source, "item": outside_id, "title": title}
        for pk, source, outside_id, title in rows.values_list("pk", "source", "outside_id", "title")
    }
