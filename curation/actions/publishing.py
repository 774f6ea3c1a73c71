"""Publishing: drafts become a new policy version of every surface they touch, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.actions import gates
from curation.actions.drafts import Draft, Refused
from curation.actions.opening import lock_sets
from curation.actions.versions import carry_on, put_blocks, put_in_force
from curation.lint import Finding, Level, examine
from curation.models import ChangeSet, Revision, Surface, User
from curation.people.access import acting, require
from curation.policies import fulfilment
from curation.policies.loading import newest_drafts, policy_with, touches
from curation.problems import Conflict, Missing

Drafts = Mapping[UUID, Revision]
"""The newest drafts that are published together, by decision."""


@dataclass(frozen=True)
class Publication:
    """What a publish did: the versions of the touched surfaces afterwards, and what it published.

    `unmet` says, in words, what it does not meet or lacks and what did not stop it.
    """

    versions: dict[str, int] = field(default_factory=dict)
    blocks: dict[str, int] = field(default_factory=dict)
    decisions: list[UUID] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unmet: list[str] = field(default_factory=list)


def publish(
    *,
    actor: User,
    change_set: ChangeSet | None = None,
    surface: Surface | None = None,
    version: int | None = None,
    reason: str = "",
    despite: Collection[str] = (),
) -> Publication:
    """Publish a change set, or all open ones with a draft for a surface that wait for no instant.

    `version` is the surface's policy version that the caller took for current: `Conflict` where it
    is not. Publishes at once take turns by row lock. Lint looks before the locks are taken, and again
    under them only where somebody else has published meanwhile. `despite` lets an administrator publish,
    for a reason, what gates stop: `gates.EXPECTATIONS`, `gates.APPROVAL`.
    """
    require(actor, "curator")
    if despite:
        gates.may_override(actor, reason)
    with acting(actor, gates.ACTIONS[frozenset(despite)], reason), transaction.atomic():
        sets = [change_set] if change_set else _open_sets(surface)
        outlook = _look(newest_drafts(sets), timezone.now())
        homes = lock_sets(sets)
        drafts = newest_drafts(homes)
        surfaces = _lock_surfaces(drafts, surface)
        if surface is not None and version is not None:
            _check_current(surfaces[surface.slug], version)
        _check_drafts(actor, drafts)
        now = timezone.now()
        if not outlook.holds(drafts, surfaces.values()):
            outlook = _look(drafts, now)
        outlook.insist()
        unmet = _pass_gates(actor, homes, drafts, surfaces.values(), reason, despite)
        put_blocks(drafts.values(), now)
        for each in surfaces.values():
            rows = [row for row in drafts.values() if touches(row, each)]
            put_in_force(each, rows, actor, reason, now)
        ChangeSet.objects.filter(pk__in=[home.pk for home in homes]).update(published_at=now)
        fulfilment.follow()
        return _publication(surfaces.values(), drafts, outlook.findings, unmet)


def _pass_gates(
    actor: User,
    homes: Sequence[ChangeSet],
    drafts: Drafts,
    surfaces: Collection[Surface],
    reason: str,
    despite: Collection[str],
) -> list[str]:
    """Let drafts through, and say what they do not meet or lack all the same; `Conflict` where something stops them."""
    ignored = gates.EXPECTATIONS in despite
    unmet = gates.pass_expectations(homes, drafts, timezone.now(), override=ignored)
    alone = gates.APPROVAL in despite
    return unmet + gates.pass_approval(actor, homes, surfaces, reason, override=alone)


def publish_decision(*, actor: User, draft: Draft) -> Publication:
    """Publish the change set in which a decision was drafted."""
    return publish(actor=actor, change_set=draft.revision.change_set, reason=draft.revision.reason)


def roll_back(
    *, actor: User, surface: Surface, version: int | None = None, reason: str = ""
) -> Publication:
    """Publish an older version's decisions (none given: the one before) as a new version.

    Blocks stay as they are. Version 0 is the surface without decisions.
    """
    require(actor, "curator")
    with acting(actor, "roll_back", reason), transaction.atomic():
        here = Surface.objects.select_for_update(no_key=True).get(pk=surface.pk)
        target = here.policy_version - 1 if version is None else version
        if not 0 <= target < here.policy_version:
            text = _("There is no older version %(target)d; the surface is at %(now)d.")
            raise Missing("no_such_version", text % {"target": target, "now": here.policy_version})
        carry_on(here, target, actor, reason, timezone.now(), restores=True)
        fulfilment.follow()
    return _publication([here], {}, [])


def change_surface(
    *,
    actor: User,
    surface: Surface,
    settings: Mapping[str, Any],
    version: int | None = None,
    reason: str = "",
) -> Publication:
    """Change settings of a surface; its decisions go on in a new version, since every fuse reads both.

    `version` is the policy version that the caller took for current: `Conflict` where it is not.
    """
    require(actor, "administrator")
    with acting(actor, "change_surface", reason), transaction.atomic():
        here = Surface.objects.select_for_update(no_key=True).get(pk=surface.pk)
        if version is not None:
            _check_current(here, version)
        for name, value in settings.items():
            setattr(here, name, value)
        here.full_clean()
        here.save(update_fields=list(settings))
        carry_on(here, here.policy_version, actor, reason, timezone.now(), restores=False)
        fulfilment.follow()
    return _publication([here], {}, [])


@dataclass(frozen=True)
class _Outlook:
    """What lint said of drafts, and the versions that it saw them on top of."""

    drafts: frozenset[UUID]
    versions: Mapping[str, tuple[int, int]]
    findings: list[Finding]

    def holds(self, drafts: Drafts, surfaces: Iterable[Surface]) -> bool:
        """Whether it is still about these drafts on these surfaces."""
        now = {each.slug: _stamp(each) for each in surfaces}
        seen = all(now.get(slug) == stamp for slug, stamp in self.versions.items())
        return seen and self.drafts == {row.pk for row in drafts.values()}

    def insist(self) -> None:
        """Raise `Refused` where something stops the publish."""
        if any(finding.level is Level.BLOCKS for finding in self.findings):
            raise Refused(self.findings)


def _look(drafts: Drafts, now: datetime) -> _Outlook:
    """Lint drafts in the policies that they would make."""
    surfaces = list(_touched(Surface.objects.all(), drafts))
    found: dict[Finding, None] = {}
    for surface in surfaces:
        here = {key: row for key, row in drafts.items() if touches(row, surface)}
        asked = [row for row in here.values() if not row.ends]
        if asked:
            told = examine(asked, policy_with(surface, now, here), now)
            found |= dict.fromkeys(chain.from_iterable(told.values()))
    return _Outlook(
        drafts=frozenset(row.pk for row in drafts.values()),
        versions={each.slug: _stamp(each) for each in surfaces},
        findings=sorted(found, key=lambda finding: finding.level),
    )


def _stamp(surface: Surface) -> tuple[int, int]:
    return surface.policy_version, surface.blocks_version


def _open_sets(surface: Surface | None) -> list[ChangeSet]:
    rows = ChangeSet.objects.filter(published_at=None, discarded_at=None, publish_at=None)
    if surface is not None:
        here = Q(decision__surface=surface) | Q(decision__surface=None)
        drafts = Revision.objects.filter(here, withdrawal=None)
        rows = rows.filter(pk__in=drafts.values("change_set"))
    return list(rows.order_by("pk"))


def _touched(rows: QuerySet[Surface], drafts: Drafts, *named: str) -> QuerySet[Surface]:
    """The surfaces that drafts have to do with, and those named besides, in one order."""
    places = {row.decision.surface_id for row in drafts.values()}
    everywhere = None in places
    return rows.order_by("slug") if everywhere else rows.filter(slug__in={*places, *named})


def _lock_surfaces(drafts: Drafts, named: Surface | None) -> dict[str, Surface]:
    """Lock what the drafts touch, always in the same order."""
    rows = Surface.objects.select_for_update(no_key=True).order_by("slug")
    names = (named.slug,) if named else ()
    return {surface.slug: surface for surface in _touched(rows, drafts, *names)}


def _check_current(surface: Surface, version: int) -> None:
    if surface.policy_version != version:
        text = _("You looked at version %(seen)d of %(surface)s, which is at %(now)d by now.")
        values = {"seen": version, "surface": surface.slug, "now": surface.policy_version}
        raise Conflict("stale_version", text % values)


def _check_drafts(actor: User, drafts: Drafts) -> None:
    """Look, under the locks, at who may publish what, and at what was published since."""
    if any(row.spec.get("safety") for row in drafts.values()):
        require(actor, "administrator")
    published = Revision.objects.filter(
        decision__in=list(drafts), change_set__published_at__isnull=False, withdrawal=None
    )
    newest = published.order_by().values_list("decision").annotate(Max("number"))
    for key, number in newest:
        if number > drafts[key].number:
            text = _("A newer revision of %(decision)s has been published.")
            raise Conflict("stale_draft", text % {"decision": drafts[key].decision})


def _publication(
    surfaces: Iterable[Surface], drafts: Drafts, found: list[Finding], unmet: Sequence[str] = ()
) -> Publication:
    versions = {surface.slug: surface.policy_version for surface in surfaces}
    blocks = {surface.slug: surface.blocks_version for surface in surfaces}
    return Publication(versions, blocks, list(drafts), found, list(unmet))
