"""The management API of the approval of change sets: where it stands, ask, take back, approve, send back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation import actions
from curation.api.change_set_bodies import (
    AnswerApprovalSerializer,
    ApprovalSerializer,
    AskApprovalSerializer,
)
from curation.api.change_sets import READERS, asked_of, found
from curation.models import Approval, ChangeSet
from curation.people.access import require
from curation.policies import approvals
from curation.policies.approvals import Ask, Standing


@extend_schema(methods=["GET"], operation_id="read_approval", responses=ApprovalSerializer)
@extend_schema(
    methods=["POST"],
    operation_id="ask_approval",
    request=AskApprovalSerializer,
    responses={201: ApprovalSerializer},
)
@extend_schema(methods=["DELETE"], operation_id="take_back_approval", responses=ApprovalSerializer)
@api_view(["GET", "POST", "DELETE"])
def approval(request: Request, change_set_id: UUID) -> Response:
    """Whether a second person has to approve a change set, and where that stands; ask for it, or take that back."""
    if request.method == "GET":
        require(request.user, *READERS)
        return Response(_told(found(change_set_id)))
    if request.method == "DELETE":
        actor, home = require(request.user, "curator"), found(change_set_id)
        actions.take_back_approval(actor=actor, change_set=home)
        return Response(_told(home))
    actor, body = asked_of(request, AskApprovalSerializer)
    home = found(change_set_id)
    actions.ask_approval(actor=actor, change_set=home, **body)
    return Response(_told(home), status=201)


@extend_schema(
    operation_id="approve_change_set",
    request=AnswerApprovalSerializer,
    responses=ApprovalSerializer,
)
@api_view(["POST"])
def approve(request: Request, change_set_id: UUID) -> Response:
    """Approve what was asked for, as somebody who neither asked nor changed it last."""
    actor, body = asked_of(request, AnswerApprovalSerializer)
    home = found(change_set_id)
    actions.approve(actor=actor, change_set=home, **body)
    return Response(_told(home))


@extend_schema(
    operation_id="send_change_set_back",
    request=AnswerApprovalSerializer,
    responses=ApprovalSerializer,
)
@api_view(["POST"])
def send_back(request: Request, change_set_id: UUID) -> Response:
    """Refuse what was asked for, and say what is to be changed."""
    actor, body = asked_of(request, AnswerApprovalSerializer)
    home = found(change_set_id)
    actions.send_back(actor=actor, change_set=home, **body)
    return Response(_told(home))


def _told(home: ChangeSet) -> dict[str, Any]:
    standing = approvals.of(home)
    return {
        "change_set": home.pk,
        "state": standing.state,
        "needed": bool(standing.needed),
        "lacking": standing.is_lacking,
        "surfaces": [_asks_told(each) for each in standing.asks],
        "newest": _act_told(standing.newest) if standing.newest else None,
        "who_can": _who_can(standing),
    }


def _asks_told(ask: Ask) -> dict[str, Any]:
    return {
        "surface": ask.surface.slug,
        "why": ask.why,
        "share": ask.share,
        "above": ask.surface.approval_share if ask.why != "always" else None,
        "message": approvals.in_words(ask),
    }


def _act_told(row: Approval) -> dict[str, Any]:
    told = {"id": row.pk, "act": row.act, "actor": row.actor.username, "at": row.at}
    return {**told, "reason": row.reason}


def _who_can(standing: Standing) -> list[str]:
    if standing.state != "asked" and not standing.is_lacking:
        return []
    return approvals.who_can(standing.barred)
