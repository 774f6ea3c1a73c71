"""The words of the audit: what people did, by the names that `access.acting` records, and to what kind of object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

ACTIONS: Final = {
    "accept_proposal": _("proposal accepted"),
    "add_expectation": _("expectation set"),
    "add_rule": _("rule written"),
    "approve": _("approved"),
    "archive_segment": _("segment archived"),
    "ask_approval": _("approval asked for"),
    "block_item": _("block written"),
    "change rewards": _("rewards changed"),
    "change_expectation": _("expectation changed"),
    "change_surface": _("settings changed"),
    "change_user": _("person or roles changed"),
    "discard": _("change set discarded"),
    "edit_list": _("members listed or taken off"),
    "end_decision": _("end written"),
    "import_decisions": _("imported from a file"),
    "join": _("signed up"),
    "keep_learned": _("clusters kept as segments"),
    "make_list": _("list of members begun"),
    "make_token": _("API token made"),
    "move": _("draft moved"),
    "pin_item": _("pin written"),
    "promote": _("model promoted"),
    "promote_despite_expectations": _("model promoted although an expectation stopped it"),
    "propose_decisions": _("decisions proposed"),
    "publish": _("published"),
    "publish_despite_expectations": _("published although an expectation stopped it"),
    "publish_overridden": _("published although something stopped it"),
    "publish_without_approval": _("published without approval"),
    "refuse_planned": _("not published as planned"),
    "reject_proposal": _("proposal rejected"),
    "rename_segment": _("segment renamed"),
    "reopen_proposal": _("proposal opened again"),
    "retire_expectation": _("expectation retired"),
    "revise_decision": _("revised"),
    "revoke_token": _("API token revoked"),
    "roll_back": _("rolled back"),
    "schedule": _("publish planned"),
    "send_back": _("sent back"),
    "set_active": _("items switched"),
    "set_blend": _("blend written"),
    "set_segment": _("segment defined"),
    "snooze_proposal": _("proposal put off"),
    "take_back_approval": _("approval taken back"),
    "unschedule": _("plan given up"),
    "put_back": _("draft put back"),
    "withdraw": _("draft taken out"),
}

_LABELS: Final = {
    "insert": _("made"),
    "update": pgettext_lazy("what was done", "changed"),
    "delete": _("deleted"),
}

KINDS: Final[Mapping[str, StrPromise]] = {
    "curation.decision": _("decision"),
    "curation.revision": _("revision"),
    "curation.withdrawal": _("withdrawal"),
    "curation.block": _("block"),
    "curation.changeset": _("change set"),
    "curation.approval": _("approval"),
    "curation.policyversion": _("policy version"),
    "curation.surface": _("surface"),
    "curation.expectation": _("expectation"),
    "curation.segment": _("segment"),
    "curation.user": _("user"),
    "curation.userrole": _("role"),
    "curation.token": _("API token"),
    "feedback.rewardtable": _("reward table"),
    "recsys.livemodel": _("live model"),
    "recsys.proposalverdict": _("verdict on a proposal"),
}
"""Label to what it is called."""


def act_called(action: str, label: str) -> str:
    """What an act is called; one without a name, by what the database did to the row."""
    return str(ACTIONS.get(action, action.replace("_", " "))) or str(_LABELS[label])
