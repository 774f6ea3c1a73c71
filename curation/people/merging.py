"""Two members who turn out to be one: the row of the one points to the other, never in a circle."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from curation.models import Block, Member
from curation.problems import Conflict


@transaction.atomic
def absorb(member: Member, into: Member) -> tuple[Member, Member] | None:
    """Point a member, and all who were merged into them, to another, who takes over what they lack.

    Answers both rows, held until the transaction ends; None if that was done before. `into` stands for
    whom they were merged into themselves. Raises `Conflict`: `merge_circle`, `already_merged`,
    `merge_simulated`.
    """
    member, into = _held(member, into)
    if member.pk == into.pk:
        raise Conflict("merge_circle", _("A member cannot be merged into themselves."))
    if member.merged_into_id == into.pk:
        return None
    if member.merged_into_id:
        raise Conflict("already_merged", _("The member was merged into another one before."))
    if member.simulated != into.simulated:
        raise Conflict("merge_simulated", _("A simulated member is nobody's double."))
    _take_over(member, into)
    return member, into


def root_of(member: Member) -> Member:
    """The member, or whom they were merged into."""
    return Member.objects.get(pk=member.merged_into_id) if member.merged_into_id else member


def _held(member: Member, into: Member) -> tuple[Member, Member]:
    """Both rows as they are now, locked in order; `into` followed until it stays the same."""
    while True:
        pair = sorted({member.pk, into.pk})
        rows = Member.objects.select_for_update(of=("self",)).order_by("pk").in_bulk(pair)
        held, target = rows[member.pk], rows[into.pk]
        if target.merged_into_id is None:
            return held, target
        into = root_of(target)


def _take_over(member: Member, into: Member) -> None:
    user, member.user = member.user, None
    member.merged_into = into
    member.save(update_fields=["merged_into", "user"] if into.user_id is None else ["merged_into"])
    # Nobody ever stands further than one step from whom they were merged into.
    Member.objects.filter(merged_into=member).update(merged_into=into)
    Block.objects.filter(member=member).update(member=into)
    into.user = into.user or user
    into.attributes = member.attributes | into.attributes
    into.language = into.language or member.language
    into.time_zone = into.time_zone or member.time_zone
    into.save(update_fields=["user", "attributes", "language", "time_zone"])
