"""What bodies refer to by outside id, slug or name: looked up, or refused with the field at fault."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from curation.decisions.audiences import who_of
from curation.fusion.parsing import QueryError, parse
from curation.fusion.query import EVERYTHING, ItemList, Query, to_json
from curation.fusion.reading import read_text
from curation.given import called
from curation.models import ChangeSet, Item, Member, Segment, Surface
from curation.people.members import get_or_create
from curation.problems import Invalid
from curation.queries import members as member_queries
from curation.queries.faults import as_error, in_words
from curation.queries.items import schema


def refused(field: str, code: str, text: str) -> Invalid:
    """A body of which one field is at fault."""
    return Invalid(code, text, [{"field": field, "code": code, "message": text}])


def surface_named(slug: str | None) -> Surface | None:
    """The surface; None stands for everywhere."""
    if slug is None:
        return None
    surface = Surface.objects.filter(pk=slug).first()
    if surface is None:
        known = ", ".join(Surface.objects.values_list("slug", flat=True))
        text = _("There is no surface %(name)s; there are: %(known)s.")
        raise refused("surface", "unknown_surface", text % {"name": slug, "known": known})
    return surface


def segment_named(slug: str | None) -> Segment | None:
    """The segment with this slug, if one is named."""
    if slug is None:
        return None
    live = Segment.objects.filter(archived_at=None)
    segment = live.filter(slug=slug).first()
    if segment is None:
        known = ", ".join(live.values_list("slug", flat=True)) or _("none")
        text = _("There is no segment %(name)s; there are: %(known)s.")
        raise refused("segment", "unknown_segment", text % {"name": slug, "known": known})
    return segment


def change_set_named(name: str) -> ChangeSet:
    """The change set with this id, or the open one of this name."""
    rows = ChangeSet.objects.filter(called(name), published_at=None, discarded_at=None)
    with suppress(ValueError):
        rows = ChangeSet.objects.filter(pk=UUID(name))
    found = rows.order_by("created_at").first()
    if found is None:
        text = _("There is no open change set %(name)s.") % {"name": name}
        raise refused("change_set", "unknown_change_set", text)
    return found


@dataclass(frozen=True)
class Source:
    """The source whose outside ids a caller speaks of."""

    name: str

    def item(self, outside_id: str, field: str = "item") -> Item:
        """The item with this outside id; `field` is the one that names it."""
        item = Item.objects.filter(source=self.name, outside_id=outside_id).first()
        if item is None:
            text = _("There is no item %(name)s.") % {"name": outside_id}
            raise refused(field, "unknown_item", text)
        return item

    def member(self, outside_id: str | None) -> Member | None:
        """The member with this outside id, made if unknown, as for anyone who comes first."""
        return None if outside_id is None else get_or_create(self.name, outside_id)

    def item_ids(self, outside_ids: Collection[str], field: str) -> list[UUID]:
        """Our ids of these items, in their order."""
        if not outside_ids:
            return []
        rows = Item.objects.filter(source=self.name, outside_id__in=outside_ids)
        found = dict(rows.values_list("outside_id", "pk"))
        if missing := [name for name in outside_ids if name not in found]:
            text = _("There is no item %(name)s.") % {"name": missing[0]}
            raise refused(field, "unknown_item", text)
        return [found[name] for name in outside_ids]

    def situations(self, who: Mapping[str, Any]) -> dict[str, Any]:
        """A `who` as it is stored: with our ids of its items, and its query over members as JSON."""
        members = who.get("members")
        if "members_text" in who:
            members = _members_in(who["members_text"])
        anchors = self.item_ids(who.get("anchors", ()), "who.anchors")
        plain = {name: who[name] for name in ("devices", "languages", "hours") if name in who}
        return who_of(**plain, members=members, anchors=anchors)

    def query(self, body: Mapping[str, Any]) -> Query:
        """What a rule names: its `where`, as JSON or as text, its list of `items`, or without any everything."""
        if "items" in body:
            return ItemList(tuple(self.item_ids(body["items"], "items")))
        name = next((name for name in ("where", "where_text") if name in body), None)
        if name is None:
            return EVERYTHING
        try:
            return self._written(body[name]) if name == "where_text" else self._read(body[name])
        except QueryError as error:
            raise Invalid("bad_query", in_words(error), [as_error(error, name)]) from error
        except RecursionError as error:
            raise refused(name, "bad_query", _("The query is nested too deeply.")) from error

    def _read(self, data: object) -> Query:
        return parse(self._with_ids(data), schema())

    def _written(self, text: str) -> Query:
        """A query over items that was written as text, which lists them by their outside ids as well."""
        known = schema()
        written = read_text(text, known)
        return written.query(known, self._with_ids(written.data, "where_text"))

    def _with_ids(self, data: Any, name: str = "where") -> Any:  # noqa: ANN401 - whatever JSON the caller sent
        """The same query with our ids in its lists of items."""
        if isinstance(data, list):
            return [self._with_ids(part, name) for part in data]
        if not isinstance(data, dict) or "field" in data:
            return data
        listed = data.get("items")
        if isinstance(listed, list) and all(isinstance(each, str) for each in listed):
            return {**data, "items": list(map(str, self.item_ids(listed, name)))}
        return {key: self._with_ids(part, name) for key, part in data.items()}


def _members_in(text: str) -> dict[str, Any]:
    try:
        return to_json(member_queries.read_text(text))
    except QueryError as error:
        told = [as_error(error, "who.members_text")]
        raise Invalid("bad_query", in_words(error), told) from error
