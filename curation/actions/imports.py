"""Importing a file of decisions: all of them into one change set, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.actions.decision_rows import Names, Resolved, read_document
from curation.actions.likenesses import bring_in
from curation.actions.opening import lock_set, open_change_set
from curation.actions.publishing import Publication, publish
from curation.ids import new_id
from curation.lint import Level, examine
from curation.models import (
    ChangeSet,
    Decision,
    Embedding,
    Likeness,
    Revision,
    Surface,
    User,
)
from curation.people.access import acting, require
from curation.policies import files as decision_files
from curation.policies import fulfilment
from curation.policies.loading import newest_drafts, policy_with, touches
from curation.problems import Invalid

_TERMS: Final = ("priority", "starts_at", "until", "review_on", "holdback", "traffic", "reason")


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
    read = read_document(document)
    with acting(actor, "import_decisions", reason), transaction.atomic():
        texts = bring_in(read.texts, actor=actor)
        resolved = Names(read.decisions).resolved()
        if any(spec.get("safety") for _row, _item, spec in resolved):
            require(actor, "administrator")
        home = lock_set(open_change_set(actor=actor, name=change_set))
        made = _write(actor, home, resolved)
        told = [*_told(newest_drafts([home]), made), *_unread(texts)]
        grave = [fault for fault in told if fault["level"] == Level.BLOCKS]
        if grave and live:
            raise Invalid("refused", _("Lint refuses some of the decisions."), grave)
        done = publish(actor=actor, change_set=home, reason=reason) if live else None
        if not live:
            fulfilment.follow(home)
        transaction.set_rollback(dry_run)
    return Imported(len(made), home, told, done)


@dataclass(frozen=True)
class Trial:
    """The decisions of a file as drafts that nobody has saved, by decision, and what lint says of them."""

    drafts: dict[UUID, Revision]
    findings: list[dict[str, Any]]


def try_decisions(document: object) -> Trial:
    """What a publish of a file would add, and what would be said of it; nothing is written.

    Raises `Invalid` as an import does, for whatever cannot be read or is not known here.
    """
    read = read_document(document)
    _refuse_unknown(read.texts)
    resolved = Names(read.decisions).resolved()
    rows = _unsaved(resolved, author=User(username=""))
    drafts = {row.decision_id: row for row in rows}
    return Trial(drafts, _told(drafts, [row.decision for row in rows]))


def _refuse_unknown(texts: Sequence[Mapping[str, str]]) -> None:
    """What asks the like of a text that nobody wrote here cannot be tried: a worker has to read it first."""
    here = set(Likeness.objects.exclude(vector=None).values_list("key", flat=True))
    told = _("Nobody has read this text here: import the file as drafts, and a worker does.")
    faults = [
        {"field": f"likenesses[{at}]", "code": "unread_text", "message": told}
        for at, each in enumerate(texts)
        if each["key"] not in here
    ]
    if faults:
        raise Invalid("unknown_names", _("The file cannot be tried here."), faults)


def _unread(texts: Sequence[Likeness]) -> Iterator[dict[str, Any]]:
    """The texts that nothing is like, since their encoder has read no item here."""
    encoders = {row.encoder for row in texts}
    known = {each for each in encoders if Embedding.objects.filter(encoder=each).exists()}
    for at, row in enumerate(texts):
        if row.encoder not in known:
            told = _("No item here was read by %(encoder)s: nothing is like this text.")
            message = told % {"encoder": row.encoder}
            place = f"likenesses[{at}]"
            yield {"level": "W", "code": "no_item_read", "message": message, "field": place}


def _write(actor: User, home: ChangeSet, resolved: Resolved) -> list[Decision]:
    """The decisions in the order of the file, saved."""
    rows = _unsaved(resolved, change_set=home, author=actor)
    decisions = [row.decision for row in rows]
    Decision.objects.bulk_create(decisions)
    Revision.objects.bulk_create(rows)
    return decisions


def _unsaved(resolved: Resolved, **common: Any) -> list[Revision]:
    """The first revisions of new decisions: of two alike the first wins, as it did where they come from."""
    keys = sorted(new_id() for _row in resolved)
    return [
        Revision(
            decision=Decision(
                pk=key, kind=row["kind"], surface=columns["surface"], author=common["author"]
            ),
            number=1,
            spec=spec,
            **common,
            **{name: columns[name] for name in ("item", "segment", "member", "who")},
            **{name: row[name] for name in _TERMS},
        )
        for key, (row, columns, spec) in zip(keys, resolved, strict=True)
    ]


def _told(drafts: Mapping[UUID, Revision], made: Sequence[Decision]) -> list[dict[str, Any]]:
    """What is to be said of new decisions among drafts, each with its position in the file."""
    places = {decision.pk: at for at, decision in enumerate(made)}
    return [*_linted(drafts, places), *_twice(drafts, places)]


def _twice(drafts: Mapping[UUID, Revision], places: Mapping[UUID, int]) -> Iterator[dict[str, Any]]:
    """The drafts of the file that decide what is in force already."""
    live = set(decision_files.contents(decision_files.in_force()))
    rows = [row for key, row in drafts.items() if key in places]
    for row, content in zip(rows, decision_files.contents(rows), strict=True):
        if content in live:
            text = _("The same is in force already: publishing it would decide it twice.")
            place = f"decisions[{places[row.decision_id]}]"
            yield {"level": "W", "code": "same_as_live", "message": text, "field": place}


def _linted(
    drafts: Mapping[UUID, Revision], places: Mapping[UUID, int]
) -> Iterator[dict[str, Any]]:
    """What lint says of the drafts of the file."""
    now = timezone.now()
    for surface in Surface.objects.all():
        here = {key: row for key, row in drafts.items() if touches(row, surface)}
        asked = [row for key, row in here.items() if key in places]
        told = examine(asked, policy_with(surface, now, here), now) if asked else {}
        for key, found in told.items():
            for finding in found:
                message = {"message": finding.text, "field": f"decisions[{places[key]}]"}
                yield finding.as_json() | message | {"surface": surface.slug}
