"""The inbox of proposals over the API: list, look, and decide as on its page; of blends and of decisions alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation import actions
from curation.actions import Draft
from curation.api.decision_bodies import CONTENTS, MAKERS, Body, check_place, read
from curation.bodies.fields import StrictSerializer, Text
from curation.bodies.references import Source
from curation.bodies.serializers import BY_KIND, REVISED_BY_KIND
from curation.models import Decision, User
from curation.people.access import require, source_of
from curation.problems import Conflict, Missing
from recsys.api.serializers import Facts
from recsys.api.simulations import SimulationSerializer
from recsys.models import BlendProposal, DecisionProposal, ProposalRound, ProposalVerdict
from recsys.proposals import actions as proposal_actions
from recsys.proposals import inbox
from recsys.proposals.actions import NotPossible
from recsys.proposed.standing import Proposal, Standing, proposal_named
from recsys.simulations import actions as simulation_actions

READERS: Final = ("operator", "analyst", "curator")
_Act = Callable[..., ProposalVerdict]


class ShowSerializer(serializers.Serializer[Any]):
    """Which proposals to list."""

    show = serializers.ChoiceField(choices=list(inbox.VIEWS), required=False, default=inbox.OPEN)


class VerdictSerializer(serializers.ModelSerializer[ProposalVerdict]):
    """What was said of a proposal last; without an actor it was the program."""

    actor = serializers.CharField(source="actor.username", default=None, allow_null=True)
    decision = serializers.UUIDField(source="decision_id", allow_null=True)

    class Meta:
        model = ProposalVerdict
        fields = ["outcome", "actor", "at", "reason", "back", "edited", "decision"]


class EntrySerializer(serializers.Serializer[Any]):
    """A proposal: what it proposes, the evidence in words and figures, and where it stands."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=list(inbox.KINDS))
    surface = serializers.CharField(allow_null=True, help_text="Null means everywhere.")
    item = serializers.CharField(allow_null=True, help_text="The item's outside id.")
    segment = serializers.CharField(allow_null=True)
    decision = serializers.UUIDField(allow_null=True, help_text="The decision that is to end.")
    title = serializers.CharField()
    evidence = serializers.CharField()
    figures = Facts()
    since = serializers.DateTimeField()
    standing = serializers.ChoiceField(choices=Standing.choices)
    verdict = VerdictSerializer(allow_null=True)


class RoundSerializer(serializers.ModelSerializer[ProposalRound]):
    """A look through the evidence, and how many decisions it proposed, renewed and withdrew."""

    report = Facts()

    class Meta:
        model = ProposalRound
        fields = ["id", "state", "error", "requested_at", "finished_at", "report"]


class AcceptSerializer(StrictSerializer):
    """Why a proposal is accepted, and in which change set it is drafted; empty, in one that is named for it."""

    reason = Text(max_length=1000)
    change_set = Text(max_length=120, required=False, allow_blank=True)


class RejectSerializer(StrictSerializer):
    """Why a proposal is rejected."""

    reason = Text(max_length=1000)


class SnoozeSerializer(StrictSerializer):
    """At which instant a proposal comes back, within a year."""

    back = serializers.DateTimeField()
    reason = Text(max_length=1000, required=False, allow_blank=True)


class ReopenSerializer(StrictSerializer):
    """Why a proposal is taken back into the inbox."""

    reason = Text(max_length=1000, required=False, allow_blank=True)


@extend_schema(
    operation_id="list_inbox", parameters=[ShowSerializer], responses=EntrySerializer(many=True)
)
@api_view(["GET"])
def entries(request: Request) -> Response:
    """The proposals that are open, snoozed or decided: those of each kind together, the newest of it first."""
    require(request.user, *READERS)
    asked = ShowSerializer(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    found = inbox.groups(asked.validated_data["show"], timezone.now())
    rows = [_told(entry) for group in found for entry in group.entries]
    return Response(EntrySerializer(rows, many=True).data)


@extend_schema(operation_id="read_inbox", responses=EntrySerializer)
@api_view(["GET"])
def entry(request: Request, proposal_id: UUID) -> Response:
    """One proposal."""
    require(request.user, *READERS)
    return _answer(proposal_id)


@extend_schema(operation_id="look_for_proposals", request=None, responses={202: RoundSerializer})
@api_view(["POST"])
def look(request: Request) -> Response:
    """Have the evidence looked through for decisions to propose."""
    made = proposal_actions.request_round(actor=require(request.user, "curator"))
    return Response(RoundSerializer(made).data, status=202)


@extend_schema(operation_id="accept_proposal", request=AcceptSerializer, responses=EntrySerializer)
@api_view(["POST"])
def accept(request: Request, proposal_id: UUID) -> Response:
    """Draft what is proposed in a change set; somebody still has to publish it."""
    return _decide(request, proposal_id, AcceptSerializer, proposal_actions.accept)


@extend_schema(operation_id="reject_proposal", request=RejectSerializer, responses=EntrySerializer)
@api_view(["POST"])
def reject(request: Request, proposal_id: UUID) -> Response:
    """Put a proposal aside, until there is clearly more evidence."""
    return _decide(request, proposal_id, RejectSerializer, proposal_actions.reject)


@extend_schema(operation_id="snooze_proposal", request=SnoozeSerializer, responses=EntrySerializer)
@api_view(["POST"])
def snooze(request: Request, proposal_id: UUID) -> Response:
    """Put a proposal aside until an instant, at which it comes back by itself."""
    return _decide(request, proposal_id, SnoozeSerializer, proposal_actions.snooze)


@extend_schema(operation_id="reopen_proposal", request=ReopenSerializer, responses=EntrySerializer)
@api_view(["POST"])
def reopen(request: Request, proposal_id: UUID) -> Response:
    """Wake a snoozed proposal, or take a rejection back."""
    return _decide(request, proposal_id, ReopenSerializer, proposal_actions.reopen)


@extend_schema(
    operation_id="edit_proposal",
    request=PolymorphicProxySerializer(
        "EditedRequest",
        serializers={
            **BY_KIND,
            **{f"{kind} revision": each for kind, each in REVISED_BY_KIND.items()},
        },
        resource_type_field_name=None,
    ),
    responses=EntrySerializer,
)
@api_view(["POST"])
def edit(request: Request, proposal_id: UUID) -> Response:
    """Accept a proposal as another decision: its body as for `decisions/`; of one to end, its next revision."""
    actor, proposal = require(request.user, "curator"), _existing(proposal_id)
    ending = proposal.decision if isinstance(proposal, DecisionProposal) else None
    values = read(request, REVISED_BY_KIND if ending else BY_KIND)
    body = Body(actor, Source(source_of(request)), values)

    def write() -> Draft:
        draft = _revised(ending, body) if ending else MAKERS[values["kind"]](body)
        if values["publish"]:
            actions.publish_decision(actor=actor, draft=draft)
        return draft

    return _said(
        proposal_actions.accept_edited, proposal_id, actor, reason=values["reason"], write=write
    )


@extend_schema(
    operation_id="simulate_proposal", request=None, responses={202: SimulationSerializer}
)
@api_view(["POST"])
def simulate(request: Request, proposal_id: UUID) -> Response:
    """Have a proposed decision replayed over the latest requests; `simulations/ID/` tells what it would change."""
    actor, proposal = require(request.user, "curator"), _existing(proposal_id)
    if not isinstance(proposal, DecisionProposal):
        raise Missing("unknown_proposal", _("Only a proposed decision is simulated."))
    made = simulation_actions.simulate_proposal(proposal=proposal, actor=actor)
    return Response(SimulationSerializer(made).data, status=202)


def _revised(decision: Decision, body: Body) -> Draft:
    check_place(decision, body.values)
    return actions.revise_decision(
        actor=body.actor,
        decision=decision,
        base=body.values["base"],
        terms=body.terms(),
        **CONTENTS[decision.kind](body),
    )


def _decide(
    request: Request, proposal_id: UUID, asks: type[serializers.Serializer[Any]], act: _Act
) -> Response:
    actor = require(request.user, "curator")
    _existing(proposal_id)
    asked = asks(data=request.data)
    asked.is_valid(raise_exception=True)
    return _said(act, proposal_id, actor, **asked.validated_data)


def _said(act: _Act, proposal_id: UUID, actor: User, **told: Any) -> Response:
    try:
        act(proposal_id=proposal_id, actor=actor, **told)
    except NotPossible as refusal:
        raise Conflict("not_possible", str(refusal)) from refusal
    return _answer(proposal_id)


def _answer(proposal_id: UUID) -> Response:
    return Response(EntrySerializer(_told(inbox.entry_of(_existing(proposal_id)))).data)


def _existing(proposal_id: UUID) -> Proposal:
    found = proposal_named(proposal_id, timezone.now())
    if found is None:
        raise Missing("unknown_proposal", _("There is no such proposal."))
    return found


def _told(entry: inbox.Entry) -> dict[str, Any]:
    proposal = entry.proposal
    told = {
        "id": proposal.pk,
        "kind": entry.kind,
        "surface": proposal.surface_id,
        "title": entry.title,
        "evidence": entry.evidence,
        "since": entry.since,
        "standing": entry.standing,
        "verdict": entry.last,
    }
    if isinstance(proposal, BlendProposal):
        return {**told, "item": None, "segment": None, "decision": None, "figures": proposal.report}
    return {
        **told,
        "item": proposal.item.outside_id if proposal.item else None,
        "segment": proposal.segment.slug if proposal.segment else None,
        "decision": proposal.decision_id,
        "figures": proposal.evidence,
    }
