"""Rows of the audit, whatever they are about, the newest first.

Each audited kind has a table of its own; they are read as one, each by so many of its newest rows as are asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.apps import apps
from django.db.models import BooleanField, F, Func, IntegerField, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from curation.auditing.histories import events_of, keeps_context
from curation.catalogue.searching import read, titled
from curation.given import given, read_in_sql
from curation.models import Revision, Segment, Surface

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Whole(NamedTuple):
    """To whose history the rows of a kind belong, how they name that object, and what it is called by.

    `readings` is what it is called in each language, where the product may have named it.
    """

    label: str
    key: str = "pgh_obj"
    name: str = ""
    readings: str = ""


DECISION: Final = "curation.decision"
USER: Final = "curation.user"
WHOLES: Final[Mapping[str, Whole]] = {
    "curation.decision": Whole(DECISION),
    "curation.revision": Whole(DECISION, "decision"),
    "curation.withdrawal": Whole(DECISION, "revision__decision"),
    "curation.block": Whole(DECISION, "decision"),
    "curation.changeset": Whole("curation.changeset", name="name", readings="given"),
    "curation.approval": Whole(
        "curation.changeset", "change_set", "change_set__name", "change_set__given"
    ),
    "curation.policyversion": Whole("curation.surface", "surface", "surface__name"),
    "curation.surface": Whole("curation.surface", name="name"),
    "curation.expectation": Whole("curation.expectation", name="name"),
    "curation.segment": Whole("curation.segment", name="name"),
    "curation.user": Whole(USER, name="username"),
    "curation.userrole": Whole(USER, "user", "user__username"),
    "curation.token": Whole(USER, "user", "user__username"),
    "curation.signout": Whole(USER, "user", "user__username"),
    "feedback.rewardtable": Whole("feedback.rewardtable", name="number"),
    "recsys.run": Whole("recsys.run", name="family"),
    "recsys.modelversion": Whole("recsys.modelversion", name="family"),
    "recsys.livemodel": Whole("recsys.livemodel", name="family"),
    "recsys.proposalverdict": Whole("recsys.proposalverdict"),
}
LEFT_OUT: Final = frozenset(
    {"curation.item", "curation.member", "curation.policyentry", "recsys.promotion"}
)
"""What says nothing more: the version of a policy stands for its entries, the pointer for its promotions.

Items and members come by the thousand, from imports, and would bury the rest: each has its own history.
"""

_BY_RANK: Final = tuple(WHOLES)
_RANKS: Final = {label: rank for rank, label in enumerate(WHOLES)}


class Place(NamedTuple):
    """Where a row stands in the audit: when it was written, and which of the rows of that instant it is."""

    at: datetime
    rank: int
    seq: int

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}.{self.rank}.{self.seq}"

    @classmethod
    def read(cls, text: str) -> Place:
        """The place that a text names; ValueError where it names none."""
        if not re.fullmatch(r"[0-9]{1,17}\.[0-9]{1,3}\.[0-9]{1,18}", text):
            raise ValueError(text)
        at, rank, seq = map(int, text.split("."))
        return cls(_EPOCH + timedelta(microseconds=at), rank, seq)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are asked for; `actor` is a key, "" for the product itself, None for whoever it was.

    `since` and `before` are instants, `before` excluded; `people` lets in the rows about users.
    """

    actor: str | None = None
    action: str = ""
    kind: str = ""
    since: datetime | None = None
    before: datetime | None = None
    words: tuple[str, ...] = ()
    people: bool = False


class Row(NamedTuple):
    """A row of the audit as the database has it."""

    at: datetime
    rank: int
    seq: int
    label: str
    actor: str
    action: str
    reason: str
    key: str
    name: str

    @property
    def kind(self) -> str:
        """The label of the kind of object."""
        return _BY_RANK[self.rank]

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.at, self.rank, self.seq)


def kinds_for(*, people: bool) -> list[str]:
    """The labels of what may be read: of users and their rights, by whoever may read of people."""
    return [label for label, whole in WHOLES.items() if people or whole.label != USER]


def rows_of(wanted: Wanted, below: Place | None, most: int) -> list[Row]:
    """So many rows, newest first: of each kind no more than that are read, by its own index."""
    labels = [each for each in kinds_for(people=wanted.people) if wanted.kind in ("", each)]
    if not labels:
        return []
    named = _named(wanted.words)
    first, *rest = (_of_kind(label, wanted, named, below)[:most] for label in labels)
    if not rest:
        return [Row(*row) for row in first]
    found = first.union(*rest, all=True).order_by("-row_at", "row_rank", "-row_seq")
    return [Row(*row) for row in found[:most]]


def _of_kind(
    label: str, wanted: Wanted, named: Mapping[str, Q], below: Place | None
) -> QuerySet[Any, Any]:
    whole, events = WHOLES[label], events_of(apps.get_model(label))
    context = "pgh_context" if keeps_context(events) else "pgh_context__metadata"
    columns = {
        "row_at": F("pgh_created_at"),
        "row_rank": Value(_RANKS[label], IntegerField()),
        "row_seq": F("pgh_id"),
        "row_label": F("pgh_label"),
        **{f"row_{name}": _said(context, name) for name in ("actor", "action", "reason")},
        "row_key": _text(whole.key),
        "row_name": _name(whole),
    }
    asked = _asked(wanted) & _below(below, _RANKS[label])
    if wanted.words:
        asked &= (
            _holds("row_reason", wanted.words)
            | named["names"]
            | _stored(whole, wanted.words)
            | _in_decisions(whole, named)
        )
    rows = events.objects.annotate(**columns).filter(asked)
    return rows.order_by("-pgh_created_at", "-pgh_id").values_list(*columns)  # type: ignore[no-any-return]


def _said(context: str, name: str) -> Coalesce:
    return Coalesce(KeyTextTransform(name, context), Value(""), output_field=TextField())


def _text(path: str) -> Coalesce:
    return Coalesce(Cast(F(path), TextField()), Value(""), output_field=TextField())


def _name(whole: Whole) -> Coalesce | Value:
    if whole.readings:
        return read_in_sql(whole.name, whole.readings)
    return _text(whole.name) if whole.name else Value("", TextField())


def _stored(whole: Whole, words: Iterable[str]) -> Q:
    """What machines call it holds the words, where readers are shown another name."""
    return _holds(whole.name, words) if whole.readings else Q(pk__in=[])


def _asked(wanted: Wanted) -> Q:
    asked = Q()
    if wanted.actor is not None:
        asked &= Q(row_actor=wanted.actor)
    if wanted.action:
        asked &= Q(row_action=wanted.action)
    if wanted.since:
        asked &= Q(pgh_created_at__gte=wanted.since)
    if wanted.before:
        asked &= Q(pgh_created_at__lt=wanted.before)
    return asked


def _below(below: Place | None, rank: int) -> Q:
    """What stands after a place, of one kind: later kinds of the same instant, and of its own the lower rows."""
    if below is None:
        return Q()
    if rank < below.rank:
        return Q(pgh_created_at__lt=below.at)
    if rank > below.rank:
        return Q(pgh_created_at__lte=below.at)
    lower = Q(pgh_created_at__lt=below.at) | Q(pgh_id__lt=below.seq)
    return Q(pgh_created_at__lte=below.at) & lower


def _holds(column: str, words: Iterable[str]) -> Q:
    asked = Q()
    for word in words:
        asked &= Q(**{f"{column}__icontains": word})
    return asked


def _named(words: tuple[str, ...]) -> dict[str, Q]:
    """What is called by words: names as they are stored or as the product translates them, and decisions."""
    if not words:
        return {}
    stored = Surface.objects.values_list("name", flat=True)
    theirs = stored.union(Segment.objects.values_list("name", flat=True))
    folded = [word.casefold() for word in words]
    shown = [name for name in theirs if all(word in given(name).casefold() for word in folded)]
    names = _holds("row_name", words) | Q(row_name__in=shown)
    return {"names": names, "decisions": _of_items(words) | _of_values(words)}


def _of_items(words: tuple[str, ...]) -> Q:
    query = read(" ".join(words))
    if query is None:
        return Q(pk__in=[])
    return Q(item__in=titled(query))


def _of_values(words: tuple[str, ...]) -> Q:
    """Revisions whose query asks for values that hold the words."""
    asked = Q()
    for word in words:
        path = f'$.where.**.value ? (@ like_regex {json.dumps(word)} flag "iq")'
        asked &= Q(_Exists(F("spec"), Value(path)))
    return asked


class _Exists(Func):
    """Whether a JSON path finds anything in a column."""

    function = "jsonb_path_exists"
    template = "%(function)s(%(expressions)s::jsonpath)"
    output_field = BooleanField()


def _in_decisions(whole: Whole, named: Mapping[str, Q]) -> Q:
    if whole.label != DECISION:
        return Q(pk__in=[])
    found = Revision.objects.filter(named["decisions"]).values("decision")
    return Q(**{f"{whole.key}__in": found})
