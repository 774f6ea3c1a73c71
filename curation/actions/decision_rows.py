"""Reading a file of decisions: its rows checked field by field, and what they name looked up here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from curation.actions.drafts import Known, check_spec, check_who
from curation.bodies.files import DocumentSerializer
from curation.decisions.audiences import who_of
from curation.models import Item, Member, Segment, Surface
from curation.policies.files import FORMAT, VERSION, items_in, renamed
from curation.problems import Invalid, problem_of

Fault = dict[str, str]
Resolved = list[tuple[Mapping[str, Any], dict[str, Any], dict[str, Any]]]
"""Each row with the columns that it names and its content in ids of ours."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file of decisions: their rows, and the texts that their queries ask the like of, each once."""

    decisions: list[dict[str, Any]]
    texts: list[dict[str, str]]


def read_document(document: object) -> Document:
    """The checked rows of a file; or `Invalid`, with the position of each fault."""
    data = _parsed(document) if isinstance(document, bytes) else document
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise Invalid("other_format", _("This is no file of decisions."))
    version = data.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Invalid("other_format", _("The file does not say its version."))
    if version > VERSION:
        text = _("The file is of version %(version)d; this product reads up to %(known)d.")
        raise Invalid("newer_version", text % {"version": version, "known": VERSION})
    read = DocumentSerializer(data=data)
    try:
        read.is_valid(raise_exception=True)
    except ValidationError as error:
        raise problem_of(error) or error from error
    told = read.validated_data
    texts = {each["key"]: dict(each) for each in told.get("likenesses", ())}
    return Document(list(told["decisions"]), list(texts.values()))


def _parsed(document: bytes) -> object:
    try:
        return orjson.loads(document)
    except orjson.JSONDecodeError as error:
        text = _("The file is not JSON: %(fault)s.") % {"fault": error}
        raise Invalid("not_json", text) from error


@dataclass
class Names:
    """What the rows of a file name, looked up in one query a kind; what is missing is told by position."""

    rows: Sequence[Mapping[str, Any]]
    faults: list[Fault] = field(default_factory=list)

    def resolved(self) -> Resolved:
        """Each row with the columns that it names and its content in ids of ours; or `Invalid`."""
        found = [self._row(f"decisions[{at}]", row) for at, row in enumerate(self.rows)]
        if self.faults:
            raise Invalid("unknown_names", _("The file cannot be imported here."), self.faults)
        return found

    def _row(self, place: str, row: Mapping[str, Any]) -> Any:  # noqa: ANN401 - see `resolved`
        columns = {
            "surface": self._one(place, "surface", row["surface"], self._surfaces),
            "segment": self._one(place, "segment", row["segment"], self._segments),
            "member": self._one(place, "member", _pair(row["member"]), self._members),
            "item": self._one(place, "item", _pair(row["item"]), self._items),
        }
        if row["segment"] and row["member"]:
            self._fault(f"{place}.member", "two_scopes", _("Name a segment or a member, not both."))
        if row["starts_at"] and row["until"] and row["until"] <= row["starts_at"]:
            self._fault(f"{place}.until", "bad_window", _("The window ends before it starts."))
        if row["content"].get("safety") and (row["surface"] or not row["reason"].strip()):
            text = _("A safety block takes a reason, and holds on every surface.")
            self._fault(place, "bad_safety", text)
        columns["who"] = self._who(f"{place}.who", row)
        return row, columns, self._content(f"{place}.content", row)

    def _who(self, place: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """In which situations it holds, in ids of ours."""
        who = dict(row["who"])
        named = [(each["source"], each["id"]) for each in who.pop("anchors", ())]
        if missing := [pair for pair in named if pair not in self._items]:
            text = _("There is no item %(name)s.") % {"name": " ".join(missing[0])}
            self._fault(f"{place}.anchors", "unknown_item", text)
            return {}
        told = who_of(**who, anchors=[self._items[pair].pk for pair in named])
        try:
            check_who(row["kind"], told, self._known)
        except Invalid as problem:
            self._fault(place, problem.code, str(problem))
        return told

    def _content(self, place: str, row: Mapping[str, Any]) -> dict[str, Any]:
        content: dict[str, Any] = dict(row["content"])
        listed = list(items_in(content))
        if not all(map(_is_name, listed)):
            self._fault(place, "bad_item", _("An item is named by its source and its id."))
            return content
        pairs = [(each["source"], each["id"]) for each in listed]
        if missing := [pair for pair in pairs if pair not in self._items]:
            text = _("There is no item %(name)s.") % {"name": " ".join(missing[0])}
            self._fault(place, "unknown_item", text)
            return content
        spec: dict[str, Any] = renamed(content, {p: str(self._items[p].pk) for p in pairs})
        try:
            check_spec(row["kind"], spec, self._known)
        except Invalid as problem:
            self._fault(place, problem.code, str(problem))
        return spec

    def _one(self, place: str, name: str, key: Any, known: Mapping[Any, Any]) -> Any:  # noqa: ANN401
        if key is not None and key not in known:
            shown = " ".join(key) if isinstance(key, tuple) else key
            text = _("There is no %(kind)s %(name)s.") % {"kind": name, "name": shown}
            self._fault(f"{place}.{name}", f"unknown_{name}", text)
        return known.get(key)

    def _fault(self, place: str, code: str, text: str) -> None:
        self.faults.append({"field": place, "code": code, "message": text})

    @cached_property
    def _known(self) -> Known:
        return Known()

    @cached_property
    def _surfaces(self) -> dict[str, Surface]:
        return Surface.objects.in_bulk()

    @cached_property
    def _segments(self) -> dict[str, Segment]:
        # Archived ones too: a decision for one stays in force, and so does its file.
        return {segment.slug: segment for segment in Segment.objects.all()}

    @cached_property
    def _members(self) -> dict[tuple[str, str], Member]:
        pairs = {_pair(row["member"]) for row in self.rows} - {None}
        rows = Member.objects.filter(outside_id__in={pair[1] for pair in pairs if pair})
        return {(row.source, row.outside_id): row for row in rows}

    @cached_property
    def _items(self) -> dict[tuple[str, str], Item]:
        named = [row["item"] for row in self.rows if row["item"]]
        named += [each for row in self.rows for each in items_in(row["content"]) if _is_name(each)]
        named += [each for row in self.rows for each in row["who"].get("anchors", ())]
        rows = Item.objects.filter(outside_id__in={each["id"] for each in named})
        return {(row.source, row.outside_id): row for row in rows}


def _pair(name: Mapping[str, str] | None) -> tuple[str, str] | None:
    return (name["source"], name["id"]) if name else None


def _is_name(value: object) -> bool:
    texts = isinstance(value, dict) and value.keys() == {"source", "id"}
    return texts and all(isinstance(each, str) for each in value.values())  # type: ignore[attr-defined]
