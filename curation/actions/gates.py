"""What may hold a publish up although lint lets it through: expectations that stop it, and approval that it lacks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from curation.models import Approval, ChangeSet, Revision, Surface, User
from curation.people.access import require
from curation.policies import approvals, fulfilment
from curation.policies.approvals import Standing
from curation.policies.fulfilment import Held, Places, Target
from curation.problems import Conflict, Invalid

UNCHECKED: Final = "expectations_unchecked"
UNMET: Final = "expectations_unmet"
UNAPPROVED: Final = "approval_needed"
VOID: Final = "approval_void"
UNSIMULATED: Final = "simulation_needed"
HOLD_UP: Final = (UNCHECKED, UNMET, UNAPPROVED, VOID, UNSIMULATED)
"""The codes of what holds a publish up and lets a draft be kept."""

EXPECTATIONS: Final = "expectations"
APPROVAL: Final = "approval"
ACTIONS: Final = {
    frozenset[str](): "publish",
    frozenset({EXPECTATIONS}): "publish_despite_expectations",
    frozenset({APPROVAL}): "publish_without_approval",
    frozenset({EXPECTATIONS, APPROVAL}): "publish_overridden",
}
"""What the audit calls a publish, by the gates that it was to pass whatever they say."""


def ignored(*, expectations: bool, approval: bool) -> list[str]:
    """The gates that a publish is to pass whatever they say."""
    asked = {EXPECTATIONS: expectations, APPROVAL: approval}
    return [gate for gate, is_ignored in asked.items() if is_ignored]


def may_override(actor: User, reason: str) -> None:
    """Refuse whoever may not publish or promote what stops it; it takes an administrator, and a reason."""
    require(actor, "administrator")
    if not reason.strip():
        raise Invalid("reason_required", _("Say why it goes live although something stops it."))


def pass_expectations(
    homes: Collection[ChangeSet], drafts: Mapping[UUID, Revision], now: datetime, *, override: bool
) -> list[str]:
    """Let drafts through that meet what stops, and say what they do not meet all the same.

    Blocks and endings pass whatever is expected. `Conflict` names what is not met, or not checked yet; it is
    checked change set by change set, for the instant at which the set is to be published.
    """
    places = fulfilment.steered(drafts.values())
    if not places:
        return []
    named = {row.change_set_id for row in drafts.values()}
    if len(named) > 1:
        return _pass_together(places, override=override)
    home = next(each for each in homes if each.pk in named)
    found = fulfilment.of(Target(change_set=home))
    if override:
        return [fulfilment.in_words(each) for each in (*found.stopping, *found.warning)]
    if home.publish_at and home.publish_at > now and any(e.expectation.blocks for e in found.held):
        text = _("It was checked for the instant that is planned; give the plan up first.")
        raise Conflict(UNCHECKED, text)
    if found.stopping:
        raise refusal(found.stopping)
    return [fulfilment.in_words(each) for each in found.warning]


def _pass_together(places: Places, *, override: bool) -> list[str]:
    """Let several change sets through where nothing that stops is expected; together they are never checked."""
    expected = fulfilment.active(places)
    if not override and any(row.blocks for row in expected):
        text = _("Something is expected of these slates: publish the change sets one by one.")
        raise Conflict(UNCHECKED, text)
    return [fulfilment.in_words(Held(row, "unchecked", {})) for row in expected]


def refusal(stopping: Iterable[Held]) -> Conflict:
    """Why expectations stop something, each with what was found of it."""
    rows = list(stopping)
    wanting = [each for each in rows if each.is_wanting] or rows
    code = UNMET if any(each.is_wanting for each in rows) else UNCHECKED
    errors = [
        {
            "code": each.state,
            "message": fulfilment.in_words(each),
            "expectation": str(each.expectation.pk),
        }
        for each in wanting
    ]
    said = " ".join(error["message"] for error in errors)
    hint = _("A worker checks it within seconds; keep it as a draft and publish it then.")
    return Conflict(code, said if code == UNMET else f"{said} {hint}", errors)


def pass_approval(
    actor: User,
    homes: Iterable[ChangeSet],
    surfaces: Iterable[Surface],
    reason: str,
    *,
    override: bool,
) -> list[str]:
    """Let change sets through that no surface asks a second person for, or that one has approved as they are.

    Each by itself, since each is approved and simulated by itself. `Conflict` says what each lacks and who can
    approve it; where that is overridden, it is kept beside the approvals, and answered.
    """
    if all(surface.approval == Surface.Approved.NEVER for surface in surfaces):
        return []
    found = [(home, approvals.of(home)) for home in homes]
    lacking = [(home, standing) for home, standing in found if standing.is_lacking]
    if lacking and not override:
        raise _unapproved(*lacking[0])
    if not override and any(each.asks and each.state != "approved" for _home, each in found):
        _check_alone(found)
    for home, standing in lacking:
        told = {"act": Approval.Act.PASSED_OVER, "actor": actor, "reason": reason.strip()}
        Approval.objects.create(change_set=home, drafts=standing.content.drafts, **told)
    return [_("No second person has approved “%(name)s”.") % {"name": home} for home, _s in lacking]


def _check_alone(found: Iterable[tuple[ChangeSet, Standing]]) -> None:
    """What was simulated by itself says nothing of several change sets together."""
    if sum(bool(standing.content.places) for _home, standing in found) > 1:
        text = _("They were simulated one by one: publish the change sets one by one.")
        raise Conflict(UNSIMULATED, text)


def _unapproved(home: ChangeSet, standing: Standing) -> Conflict:
    """Why a change set is not published without a second person, and who that can be."""
    asks = standing.needed or standing.unsimulated
    errors = [
        {"code": ask.why, "surface": ask.surface.slug, "message": approvals.in_words(ask)}
        for ask in asks
    ]
    code = UNAPPROVED if standing.needed else UNSIMULATED
    if standing.state == "void":
        code = VOID
    said = [approvals.state_in_words(standing), *(error["message"] for error in errors)]
    if not standing.needed:
        said.append(_("Simulate “%(name)s”, or ask for approval.") % {"name": home})
    said.append(approvals.can_in_words(standing.barred))
    return Conflict(code, " ".join(filter(None, said)), errors)
