"""Worker side of a preview: the slate as it is and the slate as drafted, fused in one snapshot and kept by nobody.

It is the one fuse that live slates are made with, so that what a curator sees is what members would get.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import redis

from curation.fusion import codec
from curation.fusion.slate import Slate as Fused
from curation.models import ChangeSet, Decision, Member, Revision, Segment, Surface, User
from curation.policies.loading import drafts_of
from recsys.previews.asking import FAILED, LIFETIME_S, REPLY_LIFE_MS, key_of
from recsys.slates import fusing
from recsys.transport import cache

LEVEL = 1


def answer(preview_id: str, asked: Mapping[str, Any], reply: str) -> None:
    """Fuse what is asked for, keep it for a while so that its sums can be opened, and answer who waits."""
    try:
        packed = zlib.compress(orjson.dumps(both(asked)), LEVEL)
    except BaseException:
        cache.ask(lambda client: _push(client, reply, FAILED), cache.PATIENT_TIMEOUT_S)
        raise

    def keep(client: redis.Redis) -> None:
        client.set(key_of(preview_id), packed, ex=LIFETIME_S)
        _push(client, reply, packed)

    cache.ask(keep, cache.PATIENT_TIMEOUT_S)


def both(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The traces of the slate `now`, and as `drafted` where drafts are named or a blend is tried.

    asked: `surface`, `subject` (None: nobody), `at` (None: now), `situation` (device, language, anchor),
    `size`, `change_set` (id or None), and `blend`, one that is not saved: its spec and terms, see `_trial`.
    Of each trace the first `size` placements are told, no reserve and no denials.
    """
    drafts = _drafts(asked["change_set"], asked["surface"])
    if asked.get("blend"):
        drafts |= _trial(asked["blend"])
    now, drafted = fusing.side_by_side(
        surface=asked["surface"],
        subject=UUID(asked["subject"]) if asked["subject"] else None,
        at=_moment(asked["at"]),
        situation=asked["situation"],
        drafts=drafts,
    )
    return {
        "asked": dict(asked),
        "now": _told(now, asked["size"]),
        "drafted": _told(drafted, asked["size"]) if drafted else None,
    }


def _told(fused: Fused, size: int) -> dict[str, Any]:
    shown = replace(fused, placements=fused.placements[:size], reserve=(), denials=())
    return codec.slate_data(shown)


def _drafts(change_set: str | None, surface: str) -> dict[UUID, Revision]:
    """The drafts of an open change set that touch a surface."""
    if change_set is None:
        return {}
    home = ChangeSet.objects.get(pk=change_set)
    return drafts_of(home, Surface(slug=surface))


def _trial(blend: Mapping[str, Any]) -> dict[UUID, Revision]:
    """A blend that nobody has saved yet, as the draft that saving it would write.

    blend: `decision` (id, a new one's too), `surface` (None: everywhere), `segment`, `member` (ids or None),
    `spec`, `who`, `priority`, `starts_at`, `until`, `holdback`, `traffic`.
    """
    lineage = UUID(blend["decision"])
    surface = Surface(slug=blend["surface"]) if blend["surface"] else None
    decision = Decision(id=lineage, kind=Decision.Kind.BLEND, surface=surface)
    segment = Segment.objects.get(pk=blend["segment"]) if blend["segment"] else None
    member = (
        Member.objects.select_related("merged_into").get(pk=blend["member"])
        if blend["member"]
        else None
    )
    row = Revision(
        decision=decision,
        number=1,
        segment=segment,
        member=member,
        spec=blend["spec"],
        who=blend["who"],
        priority=blend["priority"],
        holdback=blend["holdback"],
        traffic=blend["traffic"],
        author=User(username=""),
        starts_at=_moment(blend["starts_at"]),
        until=_moment(blend["until"]),
    )
    return {lineage: row}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _push(client: redis.Redis, reply: str, packed: bytes) -> None:
    client.rpush(reply, packed)
    client.pexpire(reply, REPLY_LIFE_MS)
