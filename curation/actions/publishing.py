"""Publishing: drafts become a new policy version of every surface they touch, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.access import acting, require
from curation.actions.drafts import Draft, Refused, lock_set
from curation.lint import Finding, Level, findings
from curation.models import (
    Block,
    ChangeSet,
    Decision,
    PolicyEntry,
    PolicyVersion,
    Revision,
    Surface,
    User,
)
from curation.outbox import announce
from curation.policies import InForce, drafts_of, entries_of, load_policy
from curation.problems import Conflict, Missing

REFUSE = "recsys.refuse_surface"
"""The task that makes the slates of a surface anew."""


@dataclass(frozen=True)
class Publication:
    """What a publish did: the versions of the touched surfaces afterwards, and what it published."""

    versions: dict[str, int] = field(default_factory=dict)
    blocks: dict[str, int] = field(default_factory=dict)
    decisions: list[UUID] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def publish(
    *,
    actor: User,
    change_set: ChangeSet | None = None,
    surface: Surface | None = None,
    version: int | None = None,
    reason: str = "",
) -> Publication:
    """Publish a change set, or all open ones with a draft for a surface.

    `version` is the surface's policy version that the caller took for current: `Conflict` where it
    is not. Publishes at once take turns by row lock.
    """
    require(actor, "curator")
    with acting(actor, "publish", reason), transaction.atomic():
        sets = [change_set] if change_set else _open_sets(surface)
        homes = [lock_set(each) for each in sets]
        drafts = _newest(homes)
        surfaces = _lock_surfaces(drafts, surface)
        if surface is not None and version is not None:
            _check_current(surfaces[surface.slug], version)
        _check_drafts(actor, drafts)
        now = timezone.now()
        for row in drafts:
            _put_block(row, now)
        for each in surfaces.values():
            _put_in_force(each, [row for row in drafts if _touches(row, each)], actor, reason, now)
        found = _lint_outcome(surfaces.values(), drafts, now)
        ChangeSet.objects.filter(pk__in=[home.pk for home in homes]).update(published_at=now)
        return _publication(surfaces.values(), drafts, found)


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
        entries = entries_of(here.slug, target)
        _new_version(here, entries, actor, reason, restores=target)
        announce(REFUSE, here.slug)
    return _publication([here], [], [])


def change_surface(
    *, actor: User, surface: Surface, settings: Mapping[str, Any], reason: str = ""
) -> Publication:
    """Change settings of a surface; its decisions go on in a new version, since every fuse reads both."""
    require(actor, "administrator")
    with acting(actor, "change_surface", reason), transaction.atomic():
        here = Surface.objects.select_for_update(no_key=True).get(pk=surface.pk)
        for name, value in settings.items():
            setattr(here, name, value)
        here.full_clean()
        here.save(update_fields=list(settings))
        _new_version(here, entries_of(here.slug, here.policy_version), actor, reason)
        announce(REFUSE, here.slug)
    return _publication([here], [], [])


def _open_sets(surface: Surface | None) -> list[ChangeSet]:
    rows = ChangeSet.objects.filter(published_at=None, discarded_at=None)
    if surface is not None:
        here = Q(decision__surface=surface) | Q(decision__surface=None)
        rows = rows.filter(pk__in=Revision.objects.filter(here).values("change_set"))
    return list(rows.order_by("pk"))


def _newest(homes: Iterable[ChangeSet]) -> list[Revision]:
    """The newest draft of each decision in these change sets."""
    rows: dict[UUID, Revision] = {}
    for home in homes:
        for decision, row in drafts_of(home).items():
            if decision not in rows or rows[decision].number < row.number:
                rows[decision] = row
    return list(rows.values())


def _lock_surfaces(drafts: Sequence[Revision], named: Surface | None) -> dict[str, Surface]:
    """Lock what the drafts touch, always in the same order."""
    rows = Surface.objects.select_for_update(no_key=True).order_by("slug")
    if all(row.decision.surface_id for row in drafts):
        slugs = {row.decision.surface_id for row in drafts} | ({named.slug} if named else set())
        rows = rows.filter(slug__in=slugs)
    return {surface.slug: surface for surface in rows}


def _check_current(surface: Surface, version: int) -> None:
    if surface.policy_version != version:
        text = _("You looked at version %(seen)d of %(surface)s, which is at %(now)d by now.")
        values = {"seen": version, "surface": surface.slug, "now": surface.policy_version}
        raise Conflict("stale_version", text % values)


def _check_drafts(actor: User, drafts: Sequence[Revision]) -> None:
    """Look again, under the locks, at who may publish what, and at what was published since."""
    for row in drafts:
        if row.spec.get("safety"):
            require(actor, "administrator")
        newer = row.decision.revisions.filter(number__gt=row.number, entries__isnull=False)
        if newer.exists():
            text = _("A newer revision of %(decision)s has been published.")
            raise Conflict("stale_draft", text % {"decision": row.decision})


def _lint_outcome(
    surfaces: Iterable[Surface], drafts: Sequence[Revision], now: datetime
) -> list[Finding]:
    """Lint the drafts in the policies that they made, beside all that was published meanwhile."""
    found: dict[Finding, None] = {}
    for surface in surfaces:
        policy = load_policy(surface, now)
        for row in drafts:
            if _touches(row, surface) and not row.ends:
                found |= dict.fromkeys(findings(row, policy, now))
    if any(finding.level is Level.BLOCKS for finding in found):
        raise Refused(found)
    return sorted(found, key=lambda finding: finding.level)


def _touches(row: Revision, surface: Surface) -> bool:
    return row.decision.surface_id in (None, surface.slug)


def _is_block(row: Revision) -> bool:
    return row.decision.kind == Decision.Kind.BLOCK


def _put_in_force(
    surface: Surface, drafts: Sequence[Revision], actor: User, reason: str, now: datetime
) -> None:
    """Give a surface the version, and the blocks version, that its drafts make."""
    policy = [row for row in drafts if not _is_block(row)]
    if len(policy) < len(drafts):
        surface.blocks_version += 1
        surface.save(update_fields=["blocks_version"])
    if policy:
        replaced = {row.decision_id for row in policy}
        entries = [
            row
            for row in entries_of(surface.slug, surface.policy_version)
            if row.revision.decision_id not in replaced and not _over(row.revision, now)
        ]
        entries += [InForce(row, now) for row in policy if not row.ends]
        _new_version(surface, entries, actor, reason)
    if drafts:
        announce(REFUSE, surface.slug)


def _over(revision: Revision, now: datetime) -> bool:
    return revision.until is not None and revision.until <= now


def _new_version(
    surface: Surface,
    entries: Iterable[InForce],
    actor: User,
    reason: str,
    restores: int | None = None,
) -> None:
    surface.policy_version += 1
    surface.save(update_fields=["policy_version"])
    version = PolicyVersion.objects.create(
        surface=surface,
        number=surface.policy_version,
        restores=restores,
        published_by=actor,
        published_at=timezone.now(),
        reason=reason,
    )
    PolicyEntry.objects.bulk_create(
        PolicyEntry(version=version, revision=row.revision, published_at=row.published_at)
        for row in entries
    )


def _put_block(row: Revision, now: datetime) -> None:
    """Bring the block in force in line with the newest revision of its decision."""
    if not _is_block(row):
        return
    if row.ends:
        Block.objects.filter(decision=row.decision).update(ended_at=now)
        return
    content = {
        "item_id": row.item_id,
        "surface_id": row.decision.surface_id,
        "segment_id": row.segment_id,
        "member_id": row.member_id,
        "safety": row.spec["safety"],
        "starts_at": row.starts_at,
        "until": row.until,
        "published_at": now,
    }
    Block.objects.update_or_create(decision=row.decision, defaults=content)


def _publication(
    surfaces: Iterable[Surface], drafts: Iterable[Revision], found: list[Finding]
) -> Publication:
    versions = {surface.slug: surface.policy_version for surface in surfaces}
    blocks = {surface.slug: surface.blocks_version for surface in surfaces}
    return Publication(versions, blocks, [row.decision_id for row in drafts], found)
