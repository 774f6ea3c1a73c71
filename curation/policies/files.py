"""Decisions as a file: the same decisions always give the same bytes, in outside ids, the strongest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final
from uuid import UUID

import orjson
from django.db.models import F
from django.utils import timezone

from curation.models import Block, ChangeSet, Item, Likeness, PolicyEntry, Revision, Surface
from curation.policies.loading import newest_drafts
from curation.queries.likeness_uses import keys_in

FORMAT: Final = "tandem.decisions"
VERSION: Final = 2
"""The newest that is read. What asks the like of no text is written as the first, as it always was."""

Names = Mapping[UUID, dict[str, str]]
"""Items as they are known outside: source and id."""


def export(surface: Surface | None = None, change_set: ChangeSet | None = None) -> bytes:
    """The decisions in force (on a surface and everywhere, if one is named), or a set's drafts, as JSON.

    They stand in the order in which they win over each other where all else is equal: later publish
    first. Ends are not written: a file holds what is decided, not what is over.
    """
    found = _drafted(change_set) if change_set else in_force(surface)
    names = _names(found)
    texts = _texts(found)
    document = {
        "format": FORMAT,
        "version": VERSION if texts else 1,
        "decisions": [_row(revision, names) for revision in found],
        **({"likenesses": texts} if texts else {}),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def _texts(rows: Iterable[Revision]) -> list[dict[str, str]]:
    """The texts that decisions ask the like of, by key: without them their queries say nothing elsewhere."""
    keys = set[str]().union(*(keys_in(row.spec.get("where")) for row in rows))
    found = Likeness.objects.filter(pk__in=keys).order_by("pk") if keys else ()
    return [{"key": row.key, "text": row.text, "encoder": row.encoder} for row in found]


def items_in(spec: Mapping[str, Any]) -> Iterator[Any]:
    """The items, as they are written there, that the content of a decision lists."""
    yield from spec.get("fallback_items", ())
    yield from _listed(spec.get("where"))


def renamed(value: Any, names: Mapping[Any, Any]) -> Any:  # noqa: ANN401 - JSON of any type
    """Content with the items that it lists under other names."""
    if isinstance(value, list):
        return [renamed(part, names) for part in value]
    if not isinstance(value, dict) or "field" in value:
        return value
    lists = ("items", "fallback_items")
    return {
        key: [names[_key(each)] for each in part] if key in lists else renamed(part, names)
        for key, part in value.items()
    }


def _listed(query: Any) -> Iterable[Any]:  # noqa: ANN401 - JSON of any type
    if isinstance(query, list):
        yield from chain.from_iterable(map(_listed, query))
    elif isinstance(query, dict) and "field" not in query:
        for key, part in query.items():
            yield from part if key == "items" else _listed(part)


def _key(item: Any) -> Any:  # noqa: ANN401 - an id of ours, or a source and an id
    return (item["source"], item["id"]) if isinstance(item, dict) else UUID(item)


def contents(rows: Iterable[Revision]) -> list[bytes]:
    """What each of some revisions decides, as a file would say it, but for the reason."""
    found = list(rows)
    names = _names(found)
    return [
        orjson.dumps({**_row(row, names), "reason": ""}, option=orjson.OPT_SORT_KEYS)
        for row in found
    ]


def in_force(surface: Surface | None = None) -> list[Revision]:
    """The revisions in force, those of blocks too, one for each decision; what is over is not."""
    entries = PolicyEntry.objects.filter(version__number=F("version__surface__policy_version"))
    blocks = Block.objects.filter(ended_at=None)
    if surface is not None:
        entries = entries.filter(version__surface=surface)
        blocks = blocks.filter(surface=surface) | blocks.filter(surface=None)
    since = dict(entries.order_by("pk").values_list("revision", "published_at"))
    rows = list(_revisions().filter(pk__in=since))
    blocked = dict(blocks.values_list("decision", "published_at"))
    written = _revisions().filter(
        decision__in=blocked, ends=False, withdrawal=None, change_set__published_at__isnull=False
    )
    rows += written.order_by("decision_id", "-number").distinct("decision_id")
    newest = {row.decision_id: row for row in sorted(rows, key=lambda row: row.number)}

    def order(row: Revision) -> tuple[float, UUID]:
        published: datetime = since.get(row.pk) or blocked[row.decision_id]
        return -published.timestamp(), row.decision_id

    now = timezone.now()
    standing = (row for row in newest.values() if row.until is None or row.until > now)
    return sorted(standing, key=order)


def _drafted(change_set: ChangeSet) -> list[Revision]:
    keys = [row.pk for row in newest_drafts([change_set]).values() if not row.ends]
    return list(_revisions().filter(pk__in=keys).order_by("decision_id"))


def _revisions() -> Any:  # noqa: ANN401 - a query set whose annotations the stubs cannot follow
    return Revision.objects.select_related("decision", "segment", "member")


def _names(rows: Iterable[Revision]) -> Names:
    """The outside ids of all items that the revisions name, in one query."""
    wanted = {row.item_id for row in rows if row.item_id}
    wanted |= {UUID(item) for row in rows for item in items_in(row.spec)}
    wanted |= {UUID(item) for row in rows for item in row.who.get("anchors", ())}
    found = Item.objects.filter(pk__in=wanted).values_list("pk", "source", "outside_id")
    return {key: {"source": source, "id": outside_id} for key, source, outside_id in found}


def _row(row: Revision, names: Names) -> dict[str, Any]:
    member = row.member
    return {
        "kind": row.decision.kind,
        "surface": row.decision.surface_id,
        "item": names[row.item_id] if row.item_id else None,
        "segment": row.segment.slug if row.segment else None,
        "member": {"source": member.source, "id": member.outside_id} if member else None,
        "content": renamed(row.spec, names),
        **({"who": _who(row, names)} if row.who else {}),
        "priority": row.priority,
        "from": _instant(row.starts_at),
        "until": _instant(row.until),
        "review_on": row.review_on.isoformat() if row.review_on else None,
        "holdback": row.holdback,
        "traffic": row.traffic,
        "reason": row.reason,
    }


def _who(row: Revision, names: Names) -> dict[str, Any]:
    anchors = [names[UUID(item)] for item in row.who.get("anchors", ())]
    return {**row.who, **({"anchors": anchors} if anchors else {})}


def _instant(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None
