"""The obvious mends of what lint found: which fit a finding, and making one, always as a draft."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from curation import actions, lint
from curation.actions import Bulk, Draft
from curation.decisions import specs
from curation.decisions.lineages import named, now_in_force
from curation.lint.inspections import Found
from curation.models import ChangeSet, Decision, Revision, User
from curation.policies.loading import drafts_of, load_policy
from curation.problems import Conflict, Invalid

REVIEW_IN: Final = timedelta(days=90)
_LABELS: Final = {
    "end_other": gettext_lazy("End what wins"),
    "move": gettext_lazy("Move it to the next free slot"),
    "unbound": gettext_lazy("Let it run without an end"),
    "review": gettext_lazy("Review it in 90 days"),
    "end": gettext_lazy("Draft its end"),
    "take_out": gettext_lazy("Take it out"),
}
_BY_CODE: Final[Mapping[str, str]] = {
    "always_beaten": "end_other",
    "pin_blocked": "end_other",
    "pin_clash": "move",
    "pin_past_depth": "move",
    "window_over": "unbound",
    "review_passed": "review",
}


@dataclass(frozen=True, slots=True)
class Mend:
    """A mend that a finding offers."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A mend that somebody asked for, and the finding for which they did, as the page told it."""

    name: str
    surface: str
    revision: str
    code: str
    other: str


@dataclass(frozen=True, slots=True)
class Offers:
    """The mends of findings, and the drafts that wait for the decisions that they are about."""

    found: Sequence[Found]
    drafted: Mapping[UUID, ChangeSet]
    endable: Collection[UUID]
    home: ChangeSet | None

    def of(self, row: Found) -> list[Mend]:
        """The mends of one finding; a decision that is drafted elsewhere already is left alone."""
        return [Mend(name, str(_LABELS[name])) for name in self._names(row)]

    def waits_in(self, row: Found) -> ChangeSet | None:
        """The open change set in which something is drafted for a finding of what is published."""
        if self.home is not None:
            return None
        own = self.drafted.get(row.revision.decision_id)
        return own or (self.drafted.get(row.finding.decision) if row.finding.decision else None)

    def _names(self, row: Found) -> list[str]:
        fits = _BY_CODE.get(row.finding.code)
        other = row.finding.decision
        ends_other = fits == "end_other" and other in self.endable and other not in self.drafted
        mine = row.revision.decision_id not in self.drafted or self.home is not None
        names = [fits] if fits and mine and fits != "end_other" else []
        names += ["end_other"] if ends_other else []
        if self.home is not None:
            return [*names, "take_out"]
        return [*names, "end"] if mine and not row.revision.spec.get("safety") else names


def place_of(home: ChangeSet | None) -> str:
    """Where the receipt of a mend is kept for the one page that shows it: a change set's, or that of findings."""
    return f"curation_mend_{home.pk.hex}" if home else "curation_mend"


def offers(found: Sequence[Found], home: ChangeSet | None = None) -> Offers:
    """What mends findings: of the drafts of a change set, or of what is published. Two queries."""
    others = {row.finding.decision for row in found if row.finding.decision}
    told = others | {row.revision.decision_id for row in found}
    return Offers(found, _drafted(told, home), _endable(others), home)


def _endable(decisions: Collection[UUID]) -> set[UUID]:
    """Those of some decisions that are in force and that a curator may end."""
    rows = now_in_force().filter(decision__in=decisions) if decisions else ()
    return {row.decision_id for row in rows if not row.spec.get("safety")}


def _drafted(decisions: Collection[UUID], home: ChangeSet | None) -> dict[UUID, ChangeSet]:
    """Where decisions are drafted: in one change set, or in any that is open."""
    rows = Revision.objects.filter(
        decision__in=decisions,
        withdrawal=None,
        change_set__published_at=None,
        change_set__discarded_at=None,
    )
    rows = rows.filter(change_set=home) if home else rows
    return {row.decision_id: row.change_set for row in rows.select_related("change_set")}


@dataclass(frozen=True, slots=True)
class Mended:
    """A mend that was made: in words, and what an undo takes back."""

    words: str
    undo: Bulk


@dataclass(frozen=True, slots=True)
class _Task:
    actor: User
    row: Found
    home: ChangeSet
    at: datetime

    @property
    def reason(self) -> str:
        return self.row.finding.text

    def revise(self, words: str, spec: Mapping[str, Any] | None = None, **terms: Any) -> Mended:
        """Write the decision anew in the change set."""
        old = self.row.revision
        made = actions.revise_decision(
            actor=self.actor,
            decision=old.decision,
            base=old.number,
            spec=spec,
            terms=actions.terms_of(old, reason=self.reason, change_set=self.home, **terms),
        )
        return self.mended(words, made)

    def mended(self, words: str, made: Draft) -> Mended:
        """What was made, to be taken out; or where a draft was written over, to give way to that again."""
        old = self.row.revision
        if old.change_set_id == self.home.pk and made.decision.pk == old.decision_id:
            return Mended(words, Bulk("put_back", [old.pk, made.revision.pk]))
        return Mended(words, Bulk("take_out", [made.revision.pk]))


def mend(*, actor: User, asked: Asked, offered: Offers, home: ChangeSet, at: datetime) -> Mended:
    """Draft a mend into an open change set, with what lint said as its reason.

    `Conflict` where the finding is gone or the mend is not offered for it.
    """
    for row in offered.found:
        if _is(row, asked) and asked.name in {each.name for each in offered.of(row)}:
            return _MENDING[asked.name](_Task(actor, row, home, at))
    raise Conflict("finding_gone", _("That is not there to be mended any more; look again."))


def undo(*, actor: User, done: Bulk) -> None:
    """Take a mend back; `Conflict` where its draft has changed since, or its change set is closed."""
    rows = {row.pk: row for row in named().filter(pk__in=done.keys)}
    drafts = [rows[key] for key in done.keys if key in rows]
    reason = gettext_noop("Undone from the receipt.")
    if done.way == "take_out":
        now = drafts_of(drafts[0].change_set).get(drafts[0].decision_id)
        if now is not None and now != drafts[0]:
            raise Conflict("draft_moved_on", _("Somebody has changed the draft since."))
        actions.withdraw(actor=actor, draft=drafts[0], reason=reason)
    else:
        over = drafts[1] if len(drafts) > 1 else None
        actions.put_back(actor=actor, draft=drafts[0], over=over, reason=reason)


def _is(row: Found, asked: Asked) -> bool:
    told = (
        *(row.surface.slug, str(row.revision.pk), row.finding.code),
        str(row.finding.decision or ""),
    )
    return told == (asked.surface, asked.revision, asked.code, asked.other)


def _take_out(task: _Task) -> Mended:
    draft = task.row.revision
    actions.withdraw(actor=task.actor, draft=draft, reason=task.reason)
    return Mended(_("Taken out. The draft stays readable."), Bulk("put_back", [draft.pk]))


def _end(task: _Task) -> Mended:
    made = _ended(task, task.row.revision.decision)
    return task.mended(_("Its end is drafted in %(name)s.") % {"name": task.home}, made)


def _end_other(task: _Task) -> Mended:
    other = task.row.finding.decision
    if other is None:
        raise TypeError("the end of another is offered where a finding names one")
    made = _ended(task, Decision.objects.get(pk=other))
    words = _("The end of what wins is drafted in %(name)s.") % {"name": task.home}
    return task.mended(words, made)


def _ended(task: _Task, one: Decision) -> Draft:
    return actions.end_decision(
        actor=task.actor, decision=one, reason=task.reason, change_set=task.home
    )


def _move(task: _Task) -> Mended:
    old = task.row.revision
    touched = actions.touched(old.decision)
    policies = [load_policy(surface, task.at, task.home) for surface in touched]
    slot = lint.free_slot(old.decision_id, policies, task.at)
    if slot is None:
        raise Invalid("no_free_slot", _("No slot is free; end a pin first."))
    return task.revise(
        _("Drafted: it moves to slot %(slot)d.") % {"slot": slot}, specs.pin_spec(slot)
    )


def _unbound(task: _Task) -> Mended:
    return task.revise(_("Drafted: it runs without an end."), until=None)


def _review(task: _Task) -> Mended:
    day = task.at.date() + REVIEW_IN
    return task.revise(
        _("Drafted: it is reviewed by %(day)s.") % {"day": date_format(day)}, review_on=day
    )


_MENDING: Final[Mapping[str, Callable[[_Task], Mended]]] = {
    "take_out": _take_out,
    "end": _end,
    "end_other": _end_other,
    "move": _move,
    "unbound": _unbound,
    "review": _review,
}
