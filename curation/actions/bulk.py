"""Items and members put in bulk: merged by outside id, a result for each row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from curation import counters
from curation.catalogue.rows import Rejection, Row, item_row, member_row
from curation.fusion.columns import Kind
from curation.ids import outside_id
from curation.models import Attribute, Item, Member
from curation.people import members
from curation.problems import Conflict

MOST_ROWS: Final = 1_000
Status = Literal["created", "updated", "unchanged", "rejected"]
Kept = TypeVar("Kept", Item, Member)

_ITEM_COLUMNS: Final = (
    *("title", "description", "attributes", "provider", "image_url", "published_on", "active"),
    "updated_at",
)
_MEMBER_COLUMNS: Final = ("attributes", "language", "time_zone")


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row; a rejected one says why, as a code and in words."""

    outside_id: str | None
    status: Status
    reason: str | None = None
    detail: str | None = None


def declare(kinds: Mapping[str, Kind]) -> dict[str, Kind]:
    """Declare attributes of items that are not declared yet; answers all that are.

    Raises `Conflict` where one is declared with another kind.
    """
    rows = [Attribute(key=key, kind=kind, label=key) for key, kind in kinds.items()]
    for row in rows:
        row.clean_fields()
    Attribute.objects.bulk_create(rows, ignore_conflicts=True)
    schema = {key: Kind(kind) for key, kind in Attribute.objects.values_list("key", "kind")}
    for key, kind in kinds.items():
        if schema[key] is not kind:
            text = _("The attribute %(key)s is declared as %(kind)s.")
            raise Conflict("other_kind", text % {"key": key, "kind": schema[key]})
    return schema


def put_items(
    rows: Sequence[object],
    *,
    source: str,
    schema: Mapping[str, Kind] | None = None,
    dry_run: bool = False,
) -> list[RowResult]:
    """Make or change items, at most 1,000 raw rows; what a row does not name stays.

    A fixed number of statements. Raises the catalogue's counter once where anything changed; a dry
    run answers the same and keeps nothing. `schema` is that of the attributes, if read already.
    """
    kinds = declare({}) if schema is None else schema
    read = [_read(raw, lambda raw: item_row(raw, kinds)) for raw in rows]
    with transaction.atomic():
        known = _locked(Item, source, read)
        results, changed = _merge(read, known, lambda key: Item(source=source, outside_id=key))
        if changed:
            _upsert(Item, changed, _ITEM_COLUMNS)
            counters.bump("catalogue")
        transaction.set_rollback(dry_run)
    return [_told(raw, result) for raw, result in zip(rows, results, strict=True)]


def put_members(rows: Sequence[object], *, source: str, dry_run: bool = False) -> list[RowResult]:
    """Make or change members, at most 1,000 raw rows, and renew the segments that they are in."""
    read = [_read(raw, member_row) for raw in rows]
    with transaction.atomic():
        known = _locked(Member, source, read)
        results, changed = _merge(read, known, lambda key: Member(source=source, outside_id=key))
        if changed:
            _upsert(Member, changed, _MEMBER_COLUMNS)
            _renew(source, [row.outside_id for row in changed])
        transaction.set_rollback(dry_run)
    return [_told(raw, result) for raw, result in zip(rows, results, strict=True)]


def _read(raw: object, read: Callable[[object], Row]) -> Row | Rejection:
    try:
        return read(raw)
    except Rejection as rejection:
        return rejection


def _locked(model: type[Kept], source: str, rows: Iterable[Row | Rejection]) -> dict[str, Kept]:
    """The rows that are there already, locked so that two merges of one row take turns."""
    keys = {row.outside_id for row in rows if isinstance(row, Row)}
    found = model.objects.select_for_update(no_key=True).order_by("pk")
    return {row.outside_id: row for row in found.filter(source=source, outside_id__in=keys)}


def _merge(
    rows: Iterable[Row | Rejection], known: dict[str, Kept], make: Callable[[str], Kept]
) -> tuple[list[RowResult], list[Kept]]:
    """Lay each row over what is known; answers a result for each, and what changed."""
    results: list[RowResult] = []
    changed: dict[str, Kept] = {}
    for row in rows:
        result = _rejected(row) if isinstance(row, Rejection) else _laid(row, known, make)
        if result.status in ("created", "updated") and result.outside_id is not None:
            changed[result.outside_id] = known[result.outside_id]
        results.append(result)
    return results, list(changed.values())


def _laid(row: Row, known: dict[str, Kept], make: Callable[[str], Kept]) -> RowResult:
    there = known.get(row.outside_id)
    target = there or make(row.outside_id)
    if there is None and "title" in _needed(target) - row.fields.keys():
        return RowResult(row.outside_id, "rejected", "missing_title", _("A new item has a title."))
    known[row.outside_id] = target
    differs = _lay(row, target)
    status: Status = "created" if there is None else "updated" if differs else "unchanged"
    return RowResult(row.outside_id, status)


def _needed(target: Item | Member) -> set[str]:
    return {"title"} if isinstance(target, Item) else set()


def _lay(row: Row, target: Item | Member) -> bool:
    """Lay a row over a record; tells whether anything differs."""
    attributes = {**target.attributes, **row.attributes}
    attributes = {key: value for key, value in attributes.items() if value is not None}
    differs = attributes != target.attributes
    target.attributes = attributes
    for name, value in row.fields.items():
        differs = differs or getattr(target, name) != value
        setattr(target, name, value)
    return bool(differs)


def _upsert(model: type[Kept], rows: list[Kept], columns: Sequence[str]) -> None:
    model.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["source", "outside_id"],
        update_fields=list(columns),
    )


def _renew(source: str, outside_ids: Sequence[str]) -> None:
    rows = Member.objects.filter(source=source, outside_id__in=outside_ids)
    members.renew_changed(rows.values_list("subject", flat=True))


def _rejected(rejection: Rejection) -> RowResult:
    return RowResult(None, "rejected", rejection.code, rejection.text)


def _told(raw: object, result: RowResult) -> RowResult:
    """Name the row that was rejected, as far as it can be named."""
    if result.outside_id is not None or not isinstance(raw, dict):
        return result
    key = raw.get("item", raw.get("member"))
    named = key if isinstance(key, str) else outside_id(key)
    return RowResult(named, result.status, result.reason, result.detail)
