"""What may hold a publish up although lint lets it through: expectations that stop it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from curation import fulfilment
from curation.access import require
from curation.fulfilment import Held, Target
from curation.models import ChangeSet, Revision, User
from curation.problems import Conflict, Invalid

UNCHECKED = "expectations_unchecked"
UNMET = "expectations_unmet"


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
        if not override and any(row.blocks for row in fulfilment.active(places)):
            text = _("Something is expected of these slates: publish the change sets one by one.")
            raise Conflict(UNCHECKED, text)
        return []
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
