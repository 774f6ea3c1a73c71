"""Importing a file of decisions: all of them into one change set, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from curation.actions.drafts import Known, check_spec, check_who, lock_set, open_change_set
from curation.actions.publishing import Publication, publish
from curation.bodies.files import DocumentSerializer
from curation.decisions.audiences import who_of
from curation.ids import new_id
from curation.lint import Level, examine
from curation.models import ChangeSet, Decision, Item, Member, Revision, Segment, Surface, User
from curation.people.access import acting, require
from curation.policies import files as decision_files
from curation.policies import fulfilment
from curation.policies.files import FORMAT, VERSION, items_in, renamed
from curation.policies.loading import newest_drafts, policy_with, touches
from curation.problems import Invalid, problem_of

_TERMS: Final = ("priority", "starts_at", "until", "review_on", "holdback", "traffic", "reason")
Fault = dict[str, str]


@dataclass(frozen=True)
class Imported:
    """What an import did: how many decisions, into which set, and what a publish of it answered."""

    decisions: int
    change_set: ChangeSet
    findings: list[dict[str, Any]] = field(default_factory=list)
    publication: Publication | None = None


def import_decisions(
    *,
    actor: User,
    document: object,
    change_set: str,
    live: bool = False,
    dry_run: bool = False,
    reason: str = "",
) -> Imported:
    """Draft the decisions of a file (bytes, or the JSON of it) in the change set of a name; publish it if `live`.

    Each is a new decision. `Invalid` names the position of whatever cannot be read, is not known here or, if
    it is to be published, is refused by lint; then nothing is kept, as in a dry run. What is only drafted is
    kept with what lint has to say: what was published before a block came may stand in a file beside it.
    """
    require(actor, "curator")
    rows = read_document(document)
    drafts = _Names(rows).resolved()
    if any(spec.get("safety") for _row, _item, spec in drafts):
        require(actor, "administrator")
    with acting(actor, "import_decisions", reason), transaction.atomic():
        home = lock_set(open_change_set(actor=actor, name=change_set))
        made = _write(actor, home, drafts)
        told = [*_linted(home, made), *_twice(home, made)]
        grave = [fault for fault in told if fault["level"] == Level.BLOCKS]
        if grave and live:
            raise Invalid("refused", _("Lint refuses some of the decisions."), grave)
        done = publish(actor=actor, change_set=home, reason=reason) if live else None
        if not live:
            fulfilment.follow(home)
        transaction.set_rollback(dry_run)
    return Imported(len(made), home, told, done)


def read_document(document: object) -> list[dict[str, Any]]:
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
    return list(read.validated_data["decisions"])


def _parsed(document: bytes) -> object:
    try:
        return orjson.loads(document)
    except orjson.JSONDecodeError as error:
        text = _("The file is not JSON: %(fault)s.") % {"fault": error}
        raise Invalid("not_json", text) from error


@dataclass
class _Names:
    """What the rows of a file name, looked up in one query a kind; what is missing is told by position."""

    rows: Sequence[Mapping[str, Any]]
    faults: list[Fault] = field(default_factory=list)

    def resolved(self) -> list[tuple[Mapping[str, Any], dict[str, Any], dict[str, Any]]]:
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


def _write(
    actor: User, home: ChangeSet, drafts: Iterable[tuple[Mapping[str, Any], Any, Any]]
) -> list[Decision]:
    """The decisions in the order of the file: of two alike the first wins, as it did where they come from."""
    rows = list(drafts)
    keys = sorted(new_id() for _row in rows)
    decisions = [
        Decision(pk=key, kind=row["kind"], surface=columns["surface"], author=actor)
        for key, (row, columns, _spec) in zip(keys, rows, strict=True)
    ]
    Decision.objects.bulk_create(decisions)
    Revision.objects.bulk_create(
        Revision(
            decision=decision,
            number=1,
            change_set=home,
            author=actor,
            spec=spec,
            **{name: columns[name] for name in ("item", "segment", "member", "who")},
            **{name: row[name] for name in _TERMS},
        )
        for decision, (row, columns, spec) in zip(decisions, rows, strict=True)
    )
    return decisions


def _twice(home: ChangeSet, made: Sequence[Decision]) -> Iterator[dict[str, Any]]:
    """The imported drafts that decide what is in force already, each with its position in the file."""
    live = set(decision_files.contents(decision_files.in_force()))
    places: dict[UUID, int] = {decision.pk: at for at, decision in enumerate(made)}
    drafts = [row for key, row in newest_drafts([home]).items() if key in places]
    for row, content in zip(drafts, decision_files.contents(drafts), strict=True):
        if content in live:
            text = _("The same is in force already: publishing it would decide it twice.")
            place = f"decisions[{places[row.decision_id]}]"
            yield {"level": "W", "code": "same_as_live", "message": text, "field": place}


def _linted(home: ChangeSet, made: Sequence[Decision]) -> Iterator[dict[str, Any]]:
    """What lint says of the imported drafts, each with its position in the file."""
    places: dict[UUID, int] = {decision.pk: at for at, decision in enumerate(made)}
    drafts, now = newest_drafts([home]), timezone.now()
    for surface in Surface.objects.all():
        here = {key: row for key, row in drafts.items() if touches(row, surface)}
        asked = [row for key, row in here.items() if key in places]
        told = examine(asked, policy_with(surface, now, here), now) if asked else {}
        for key, found in told.items():
            for finding in found:
                message = {"message": finding.text, "field": f"decisions[{places[key]}]"}
                yield finding.as_json() | message | {"surface": surface.slug}
