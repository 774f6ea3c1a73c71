"""Changing the reward table: a new version, with who made it and why."""

from __future__ import annotations

from dataclasses import replace

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from curation.counters import bump
from curation.models import Surface, User
from curation.outbox import announce
from curation.people.access import acting, require
from feedback.models import RewardTable
from feedback.rewards.tables import Rewards, in_force


class NotPossible(ValueError):
    """The table cannot be changed so; the message is for people."""


def change_rewards(*, actor: User, base: int, rewards: Rewards, reason: str) -> RewardTable:
    """Put a new version in force, made from version `base`; slates under the old one are not fresh.

    Raises `NotPossible` if another version is in force meanwhile, or if nothing would change. One
    transaction: the version, the `rewards` counter, and the re-fusing of every surface.
    """
    require(actor, "curator")
    stale = _("Version %(number)d is in force meanwhile. Look at it, and change that.")
    current = in_force()
    if current.number != base:
        raise NotPossible(stale % {"number": current.number})
    if replace(rewards, number=base) == current:
        raise NotPossible(_("Nothing would change."))
    try:
        with transaction.atomic(), acting(actor, "change rewards", reason):
            made = RewardTable.objects.create(
                number=base + 1, table=rewards.told(), reason=reason, author=actor
            )
            bump("rewards")
            for surface in Surface.objects.order_by("slug"):
                announce("recsys.refuse_surface", surface.slug)
    except IntegrityError as error:
        raise NotPossible(stale % {"number": base + 1}) from error
    return made
