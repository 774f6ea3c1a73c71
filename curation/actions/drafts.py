"""Drafts: revisions written into change sets, checked and linted as they are saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.actions.opening import lock_set, new_change_set
from curation.decisions import audiences, specs
from curation.decisions.sentences import names_of
from curation.fusion.columns import Kind
from curation.fusion.effects import Cap, Quota
from curation.fusion.parsing import QueryError
from curation.fusion.policy import CAP_KINDS, Scale
from curation.lint import Finding, Level, findings
from curation.models import (
    ChangeSet,
    Decision,
    Member,
    Revision,
    Scorer,
    Segment,
    Surface,
    User,
)
from curation.people.access import acting, require
from curation.policies import fulfilment
from curation.policies.loading import load_policy
from curation.problems import Invalid, Problem
from curation.queries import members as member_queries
from curation.queries.faults import as_error, in_words
from curation.queries.items import schema

_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_MOST_PRIORITY: Final = 1_000_000
SPARED: Final = 0.05
"""The share of members that a rule made on a page spares unless its writer says otherwise; the API and files say it."""


class Refused(Problem):
    """Lint found something that stops the save or the publish."""

    def __init__(self, found: Iterable[Finding]) -> None:
        self.findings = tuple(found)
        grave = [finding for finding in self.findings if finding.level is Level.BLOCKS]
        errors = [
            {"code": row.code, "message": row.text}
            | ({"decision": str(row.decision)} if row.decision else {})
            for row in grave
        ]
        detail = " ".join(finding.text for finding in grave)
        super().__init__(400, grave[0].code, _("The decision is refused"), detail, errors)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What any decision has beside its content: why, for whom, when, and where it is drafted.

    `who` holds the conditions beside segment and member, see `curation.decisions.audiences`. Without a
    `change_set` the draft gets one of its own. Raises `Invalid`.
    """

    reason: str = ""
    segment: Segment | None = None
    member: Member | None = None
    priority: int = 100
    starts_at: datetime | None = None
    until: datetime | None = None
    review_on: date | None = None
    holdback: float = 0.0
    traffic: float = 1.0
    who: Mapping[str, Any] = field(default_factory=dict)
    change_set: ChangeSet | None = None

    def __post_init__(self) -> None:
        if self.segment and self.member:
            raise Invalid("two_scopes", _("Name a segment or a member, not both."))
        if abs(self.priority) > _MOST_PRIORITY:
            raise Invalid("bad_priority", _("A priority lies within a million of 0."))
        if not (0 <= self.holdback < 1 and 0 < self.traffic <= 1):
            text = _("A holdback is from 0 to below 1, a share of traffic above 0 and at most 1.")
            raise Invalid("bad_share", text)
        edges = [edge for edge in (self.starts_at, self.until) if edge]
        if any(edge.utcoffset() is None or not _EARLIEST <= edge < _LATEST for edge in edges):
            text = _("A window's instants carry a zone and lie between 1990 and 2200.")
            raise Invalid("bad_window", text)
        if self.starts_at and self.until and self.until <= self.starts_at:
            raise Invalid("bad_window", _("The window ends before it starts."))

    def columns(self) -> dict[str, Any]:
        """The terms as fields of a revision."""
        names = set(self.__dataclass_fields__) - {"change_set"}
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Draft:
    """A decision as it was drafted, with what lint had to say."""

    revision: Revision
    findings: list[Finding] = field(default_factory=list)

    @property
    def decision(self) -> Decision:
        """The decision that was drafted."""
        return self.revision.decision


def start(
    actor: User, kind: Decision.Kind, surface: Surface | None, content: dict[str, Any], terms: Terms
) -> Draft:
    """Write the first revision of a new decision; content is its item and spec."""
    require(actor, "curator")
    decision = Decision.objects.create(kind=kind, surface=surface, author=actor)
    return add(actor, decision, content | terms.columns(), terms.change_set)


def add(
    actor: User,
    decision: Decision,
    content: Mapping[str, Any],
    change_set: ChangeSet | None,
    *,
    lint_stops: bool = True,
) -> Draft:
    """Write the next revision of a decision, and lint it in the policy that it would make."""
    require(actor, "curator")
    known = Known()
    check_spec(decision.kind, content["spec"], known)
    if not content.get("ends"):
        check_who(decision.kind, content.get("who") or {}, known)
    if content["spec"].get("safety"):
        _check_safety(actor, decision, str(content["reason"]))
    numbers = decision.revisions.values_list("number", flat=True)
    number = max(numbers, default=0) + 1
    revision = Revision(decision=decision, number=number, author=actor, **content)
    home = (
        lock_set(change_set)
        if change_set
        else new_change_set(actor, names_of(revision, known.fields))
    )
    revision.change_set = home
    revision.save(force_insert=True)
    found = lint_draft(revision, timezone.now())
    if lint_stops and any(finding.level is Level.BLOCKS for finding in found):
        raise Refused(found)
    fulfilment.follow(home)
    return Draft(revision, found)


def terms_of(revision: Revision, **other: Any) -> Terms:
    """The terms of a revision, with some of them otherwise; it names no change set."""
    names = set(Terms.__dataclass_fields__) - {"change_set"}
    return Terms(**{name: getattr(revision, name) for name in names} | other)


def _check_safety(actor: User, decision: Decision, reason: str) -> None:
    """A safety block is set and lifted by an administrator, for a reason, on every surface."""
    require(actor, "administrator")
    if not reason.strip():
        raise Invalid("reason_required", _("A safety block takes a reason."))
    if decision.surface_id is not None:
        raise Invalid("safety_everywhere", _("A safety block holds on every surface."))


def lint_draft(revision: Revision, at: datetime) -> list[Finding]:
    """Lint a draft on every surface that it touches."""
    if revision.ends:
        return []
    found: dict[Finding, None] = {}
    for surface in touched(revision.decision):
        policy = load_policy(surface, at, revision.change_set)
        found |= dict.fromkeys(findings(revision, policy, at))
    return sorted(found, key=lambda finding: finding.level)


def touched(decision: Decision) -> Iterable[Surface]:
    """The surfaces that a decision has to do with, as they are now: its own, or all."""
    rows = Surface.objects.all()
    return rows.filter(pk=decision.surface_id) if decision.surface_id else rows


class Known:
    """What contents may name, read when it is first asked for: attributes and live scorers."""

    @cached_property
    def fields(self) -> dict[str, Kind]:
        """The fields of items, and their kinds."""
        return schema()

    @cached_property
    def member_fields(self) -> dict[str, Kind]:
        """The fields of members, and their kinds."""
        return member_queries.schema()

    @cached_property
    def scorers(self) -> list[str]:
        """The live scorers."""
        return list(Scorer.objects.filter(live=True).values_list("name", flat=True))


def check_spec(kind: str, spec: Mapping[str, Any], known: Known) -> None:
    """Raise `Invalid` where the content of a decision is not one of its kind."""
    common = {"lineage": UUID(int=0), "published_at": _EARLIEST}
    try:
        if kind == Decision.Kind.BLEND:
            _check_names(spec, known.scorers)
            specs.make_blend(spec, **common)
        elif kind == Decision.Kind.RULE:
            effect = specs.make_rule(spec, known.fields, **common).effect
            _check_cap(effect, known.fields)
            _check_quota(effect)
        elif kind == Decision.Kind.PIN and spec["slot"] < 1:
            raise Invalid("bad_slot", _("Slots count from 1."))
    except ValueError as error:
        raise Invalid(f"bad_{kind}", str(error)) from error


def check_who(kind: str, who: Mapping[str, Any], known: Known) -> None:
    """Raise `Invalid` where a decision of this kind cannot hold in such situations only."""
    if not who:
        return
    try:
        audiences.check(kind, who, known.member_fields)
    except QueryError as error:
        told = [as_error(error, "who.members")]
        raise Invalid("bad_query", in_words(error), told) from error


def _check_names(spec: Mapping[str, Any], live: list[str]) -> None:
    unknown = sorted({*spec["weights"], *spec["scales"]} - set(live))
    if unknown:
        known = ", ".join(live) or _("none")
        text = _("No live scorer is called %(name)s; there are: %(known)s.")
        raise Invalid("unknown_scorer", text % {"name": unknown[0], "known": known})
    if bad := [scale for scale in spec["scales"].values() if scale not in list(Scale)]:
        text = _("There is no scale %(name)s; there are: %(known)s.")
        raise Invalid("unknown_scale", text % {"name": bad[0], "known": ", ".join(Scale)})


def _check_cap(effect: object, kinds: Mapping[str, Kind]) -> None:
    if not isinstance(effect, Cap) or not effect.field:
        return
    fields = sorted(name for name, kind in kinds.items() if kind in CAP_KINDS)
    if effect.field not in fields:
        text = _("A cap cannot count by %(name)s; it can by: %(known)s.")
        raise Invalid(
            "unknown_attribute", text % {"name": effect.field, "known": ", ".join(fields)}
        )


def _check_quota(effect: object) -> None:
    if isinstance(effect, Quota) and effect.least > effect.first:
        text = _("At least %(least)d do not fit into the first %(first)d slots.")
        raise Invalid("bad_rule", text % {"least": effect.least, "first": effect.first})


def discard(*, actor: User, change_set: ChangeSet, reason: str) -> ChangeSet:
    """Throw a change set's drafts away; they stay readable."""
    require(actor, "curator")
    with acting(actor, "discard", reason), transaction.atomic():
        home = lock_set(change_set)
        home.discarded_at = timezone.now()
        home.save(update_fields=["discarded_at"])
    return home
