"""Whether slates hold what is expected of them: read of the newest report, as far as that still tells.

A report is found by a worker. It tells of drafts, of a model version or of things as they stand (its target), and
holds while nothing that it was found with has changed, for a day at most: what members do moves slates too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from curation import counters
from curation.models import (
    ChangeSet,
    Decision,
    Expectation,
    ExpectationReport,
    Revision,
)
from curation.outbox import announce
from curation.policies.loading import drafts_of

LASTS: Final = timedelta(days=1)
FOLLOW: Final = "recsys.follow_expectations"
"""The task that has whatever was not checked since it changed checked again."""

Places = frozenset[str | None]
EVERYWHERE: Final[Places] = frozenset({None})
State = Literal["met", "unmet", "empty", "unreadable", "unchecked"]


@dataclass(frozen=True, slots=True)
class Target:
    """What expectations are held against: a change set's drafts, a model version, or things as they stand."""

    change_set: ChangeSet | None = None
    version: UUID | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """What a report is found with: the expectations, and the versions of all that slates are made of."""

    expectations: tuple[Expectation, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """One expectation, and what the newest report says of it."""

    expectation: Expectation
    state: State
    result: Mapping[str, Any]

    @property
    def is_wanting(self) -> bool:
        """Whether it is known not to be met, or cannot be read any more."""
        return self.state in ("unmet", "unreadable")


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """What is known of the expectations of a target; `checked_at` None: not checked since it changed."""

    held: tuple[Held, ...]
    checked_at: datetime | None

    @property
    def stopping(self) -> list[Held]:
        """Those that stop a publish or a promotion: wanting, or not checked."""
        passing = ("met", "empty")
        return [each for each in self.held if each.expectation.blocks and each.state not in passing]

    @property
    def warning(self) -> list[Held]:
        """Those that stop nothing and are not met: wanting, not checked, or nobody is there whose slates could tell."""
        mild = [each for each in self.held if not each.expectation.blocks]
        wanting = [each for each in mild if each.is_wanting or each.state == "unchecked"]
        return wanting + [each for each in self.held if each.state == "empty"]

    @property
    def is_unchecked(self) -> bool:
        """Whether something that would stop was not checked since it changed."""
        return any(each.state == "unchecked" for each in self.stopping)


def of(target: Target) -> Fulfilment:
    """What the newest report says of a target, where it still tells: four queries, however many."""
    basis = basis_of(target)
    if not basis.expectations:
        return Fulfilment((), None)
    report = report_on(target, basis)
    if report is None:
        return Fulfilment(tuple(Held(row, "unchecked", {}) for row in basis.expectations), None)
    results = {each["expectation"]: each for each in report.results}
    held = (_held(row, results.get(str(row.pk))) for row in basis.expectations)
    return Fulfilment(tuple(held), report.checked_at)


def basis_of(target: Target) -> Basis:
    """What a report on a target would be found with now."""
    home = target.change_set
    drafts = drafts_of(home) if home else {}
    rows = active(steered(drafts.values()) if home else EVERYWHERE)
    surfaces = {row.surface for row in rows}
    facts = {
        "drafts": sorted(str(row.pk) for row in drafts.values()),
        "planned": home.publish_at.isoformat() if home and home.publish_at else None,
        "surfaces": {row.slug: [row.policy_version, row.blocks_version] for row in surfaces},
        "models": counters.read()["models"] if rows else 0,
        "expectations": {str(row.pk): row.number for row in rows},
    }
    return Basis(tuple(rows), facts)


def active(places: Places) -> list[Expectation]:
    """The expectations that are not retired, of some surfaces, or of all where everywhere is among the places."""
    if not places:
        return []
    rows = Expectation.objects.filter(retired_at=None)
    if None not in places:
        rows = rows.filter(surface__in=places)
    beside = ("surface", "member", "segment", "anchor", "author")
    return list(rows.select_related(*beside).order_by("surface", "name"))


def report_on(target: Target, basis: Basis) -> ExpectationReport | None:
    """The latest report on a target that still tells: found with the same, within a day.

    A check that took longer may end later, with what things were before.
    """
    since = timezone.now() - LASTS
    alike = _reports(target).filter(basis=dict(basis.facts), checked_at__gt=since)
    return alike.order_by("-id").first()


def steers(row: Revision) -> bool:
    """Whether a draft moves slates: blocks and endings do not count, since nothing may hold them up."""
    return not row.ends and row.decision.kind != Decision.Kind.BLOCK


def steered(drafts: Iterable[Revision]) -> Places:
    """Where some drafts move slates: the slugs of their surfaces, None for everywhere."""
    return frozenset(row.decision.surface_id for row in drafts if steers(row))


def follow(change_set: ChangeSet | None = None) -> None:
    """Have what has changed checked, once the transaction commits: that set alone, or everything.

    Of a change set that steers nothing, nothing.
    """
    if not Expectation.objects.filter(retired_at=None).exists():
        return
    if change_set is None:
        announce(FOLLOW)
    elif _may_steer(change_set):
        announce(FOLLOW, str(change_set.pk))


def _may_steer(change_set: ChangeSet) -> bool:
    """Whether one of its drafts moves slates, without reading them: one that was revised since may count."""
    drafts = change_set.revisions.filter(withdrawal=None, ends=False)
    return drafts.exclude(decision__kind=Decision.Kind.BLOCK).exists()


def state_of(result: Mapping[str, Any]) -> State:
    """What a report says of one expectation; `empty` where nobody was there whose slate could be looked at."""
    if result["error"]:
        return "unreadable"
    if not result["people"]:
        return "empty"
    return "met" if result["met"] else "unmet"


def in_words(held: Held) -> str:
    """One expectation that is not met, in a sentence for whoever is stopped or warned."""
    name = held.expectation.name
    if held.state == "unchecked":
        return _("“%(name)s” is not checked yet.") % {"name": name}
    if held.state == "unreadable":
        return _("“%(name)s” can no longer be read; change or retire it.") % {"name": name}
    if held.state == "empty":
        return _("“%(name)s” tells nothing: nobody is there to check it with.") % {"name": name}
    failed = [slate for slate in held.result["slates"] if not slate["met"]]
    values = {"name": name, "n": len(failed), "of": held.result["people"]}
    text = _("“%(name)s” is not met in %(n)d of %(of)d slates.") % values
    shown = ", ".join(
        dict.fromkeys(each["title"] for slate in failed for each in slate["told"][:3])
    )
    return _("%(what)s There: %(shown)s.") % {"what": text, "shown": shown} if shown else text


def _held(row: Expectation, result: Mapping[str, Any] | None) -> Held:
    if result is None:
        return Held(row, "unchecked", {})
    return Held(row, state_of(result), result)


def _reports(target: Target) -> QuerySet[ExpectationReport]:
    return ExpectationReport.objects.filter(change_set=target.change_set, version=target.version)
