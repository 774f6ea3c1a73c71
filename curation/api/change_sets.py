"""The management API of change sets."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation import actions
from curation.api.change_set_bodies import (
    ChangeSetDetailSerializer,
    ChangeSetListSerializer,
    DiscardSerializer,
    MoveSerializer,
    OpenSerializer,
    PlannedChangeSetSerializer,
    ScheduleSerializer,
    WithdrawSerializer,
)
from curation.bodies.references import change_set_named
from curation.decisions.instants import read_instant
from curation.decisions.lineages import named
from curation.desk import shown as desk
from curation.lint import inspections
from curation.models import ChangeSet, Revision, User
from curation.people.access import require
from curation.policies.loading import drafts_of
from curation.problems import Conflict, Missing
from curation.queries.items import schema

READERS: Final = ("curator", "analyst", "operator")


@extend_schema(methods=["GET"], operation_id="list_change_sets", responses=ChangeSetListSerializer)
@extend_schema(
    methods=["POST"],
    operation_id="open_change_set",
    request=OpenSerializer,
    responses={201: PlannedChangeSetSerializer},
)
@api_view(["GET", "POST"])
def change_sets(request: Request) -> Response:
    """The open change sets and those closed last; or open one, or the open one of that name."""
    if request.method == "GET":
        require(request.user, *READERS)
        listed = desk.change_sets()
        rows = [_told(home) for part in ("open", "closed") for home in listed[part]]
        return Response({"count": len(rows), "results": rows})
    actor, asked = asked_of(request, OpenSerializer)
    home = actions.open_change_set(actor=actor, name=asked["name"])
    return Response(_told(home), status=201)


@extend_schema(operation_id="read_change_set", responses=ChangeSetDetailSerializer)
@api_view(["GET"])
def change_set(request: Request, change_set_id: UUID) -> Response:
    """One change set: its drafts, and what lint would say if it were published now."""
    require(request.user, *READERS)
    home = found(change_set_id)
    drafts = named().filter(pk__in=[row.pk for row in drafts_of(home).values()])
    told = inspections.of_drafts(home, timezone.now(), schema()) if _is_open(home) else []
    rows = [_draft_told(row) for row in drafts.order_by("decision_id")]
    return Response(_told(home) | {"drafts": rows, "findings": [row.as_json() for row in told]})


@extend_schema(
    operation_id="discard_change_set",
    request=DiscardSerializer,
    responses=PlannedChangeSetSerializer,
)
@api_view(["POST"])
def discard(request: Request, change_set_id: UUID) -> Response:
    """Throw the drafts of an open change set away."""
    actor, asked = asked_of(request, DiscardSerializer)
    home = actions.discard(actor=actor, change_set=found(change_set_id), **asked)
    return Response(_told(home))


@extend_schema(
    methods=["POST"],
    operation_id="schedule_change_set",
    request=ScheduleSerializer,
    responses=PlannedChangeSetSerializer,
)
@extend_schema(
    methods=["DELETE"], operation_id="unschedule_change_set", responses=PlannedChangeSetSerializer
)
@api_view(["POST", "DELETE"])
def schedule(request: Request, change_set_id: UUID) -> Response:
    """Plan when an open change set is published, or leave it to be published by hand."""
    if request.method == "DELETE":
        actor, home = require(request.user, "curator"), found(change_set_id)
        return Response(_told(actions.unschedule(actor=actor, change_set=home)))
    actor, asked = asked_of(request, ScheduleSerializer)
    zone = asked.get("zone", "")
    told = {
        "at": read_instant(asked["at"], zone, asked.get("which", "")),
        "zone": zone or "UTC",
        "reason": asked["reason"],
    }
    return Response(_told(actions.schedule(actor=actor, change_set=found(change_set_id), **told)))


@extend_schema(
    operation_id="move_draft", request=MoveSerializer, responses=PlannedChangeSetSerializer
)
@api_view(["POST"])
def move(request: Request, change_set_id: UUID) -> Response:
    """Move the draft of a decision to another open change set; answers that one."""
    actor, asked = asked_of(request, MoveSerializer)
    draft = _draft(found(change_set_id), asked["decision"])
    to = change_set_named(asked["to"])
    actions.move(actor=actor, draft=draft, to=to, reason=asked["reason"])
    return Response(_told(to))


@extend_schema(
    operation_id="withdraw_draft", request=WithdrawSerializer, responses=PlannedChangeSetSerializer
)
@api_view(["POST"])
def withdraw(request: Request, change_set_id: UUID) -> Response:
    """Take the draft of a decision out of an open change set."""
    actor, asked = asked_of(request, WithdrawSerializer)
    home = found(change_set_id)
    draft = _draft(home, asked["decision"])
    actions.withdraw(actor=actor, draft=draft, reason=asked["reason"])
    return Response(_told(home))


def asked_of(
    request: Request, body: type[serializers.Serializer[Any]]
) -> tuple[User, dict[str, Any]]:
    """The curator who asks, and what they sent."""
    actor = require(request.user, "curator")
    read = body(data=request.data)
    read.is_valid(raise_exception=True)
    return actor, dict(read.validated_data)


def found(change_set_id: UUID) -> ChangeSet:
    """The change set of this id; or `Missing`."""
    rows = ChangeSet.objects.select_related("author", "scheduled_by")
    home = rows.filter(pk=change_set_id).first()
    if home is None:
        raise Missing("unknown_change_set", _("There is no such change set."))
    return home


def _draft(home: ChangeSet, decision: UUID) -> Revision:
    draft = drafts_of(home).get(decision)
    if draft is None:
        raise Conflict("draft_gone", _("The change set holds no draft of that decision."))
    return draft


def _is_open(home: ChangeSet) -> bool:
    return home.published_at is None and home.discarded_at is None


def _told(home: ChangeSet) -> dict[str, Any]:
    state = "published" if home.published_at else "discarded" if home.discarded_at else "open"
    return {
        "id": home.pk,
        "name": home.name,
        "state": state,
        "author": home.author.username,
        "created_at": home.created_at,
        "published_at": home.published_at,
        "discarded_at": home.discarded_at,
        "publish_at": home.publish_at,
        "zone": home.zone,
        "scheduled_by": home.scheduled_by.username if home.scheduled_by else None,
        "refused_at": home.refused_at,
        "refusal": home.refusal,
    }


def _draft_told(row: Revision) -> dict[str, Any]:
    return {
        "decision": row.decision_id,
        "kind": row.decision.kind,
        "revision": row.number,
        "ends": row.ends,
        "surface": row.decision.surface_id,
        "author": row.author.username,
        "reason": row.reason,
    }
