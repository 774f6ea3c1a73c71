"""The management API of decisions and policies."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation import actions
from curation.actions import Draft, Publication, gates
from curation.api.decision_bodies import CONTENTS, MAKERS, Body, check_place, read
from curation.bodies.answers import DecisionSerializer, FindingSerializer
from curation.bodies.references import (
    Source,
    change_set_named,
    surface_named,
)
from curation.bodies.serializers import (
    BY_KIND,
    REVISED_BY_KIND,
    DecisionQuerySerializer,
    EndSerializer,
    PublishSerializer,
    RollbackSerializer,
)
from curation.decisions.lineages import as_json, with_state
from curation.models import Decision, User
from curation.people.access import require, source_of
from curation.problems import Missing

PAGE: Final = 50

_PUBLICATION: Final = {
    "versions": serializers.DictField(child=serializers.IntegerField()),
    "blocks": serializers.DictField(child=serializers.IntegerField()),
    "findings": FindingSerializer(many=True),
    "unmet": serializers.ListField(child=serializers.CharField()),
}
_DECIDED: Final = inline_serializer(
    "Decided", {**DecisionSerializer().get_fields(), **_PUBLICATION}
)
_PUBLISHED: Final = inline_serializer(
    "Published", {"published": serializers.ListField(child=serializers.UUIDField()), **_PUBLICATION}
)
_LIST: Final = inline_serializer(
    "DecisionList", {"count": serializers.IntegerField(), "results": DecisionSerializer(many=True)}
)


@extend_schema(
    methods=["GET"],
    operation_id="list_decisions",
    parameters=[DecisionQuerySerializer],
    responses=_LIST,
)
@extend_schema(
    methods=["POST"],
    operation_id="decide",
    request=PolymorphicProxySerializer(
        "DecisionRequest", serializers=dict(BY_KIND), resource_type_field_name="kind"
    ),
    responses={201: _DECIDED},
)
@api_view(["GET", "POST"])
def decisions(request: Request) -> Response:
    """The decisions, newest first; or decide: a pin, a block, a blend or a rule."""
    if request.method == "GET":
        require(request.user, "curator", "analyst", "operator")
        return Response(_listed(request))
    actor = require(request.user, "curator")
    with transaction.atomic():
        body = Body(actor, Source(source_of(request)), read(request, BY_KIND))
        draft = MAKERS[body.values["kind"]](body)
        return _decided(actor, draft, publish=body.values["publish"], status=201)


def _listed(request: Request) -> dict[str, Any]:
    asked = DecisionQuerySerializer(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    wanted = {key: value for key, value in asked.validated_data.items() if key != "page"}
    rows = with_state(timezone.now()).filter(**wanted)
    start = (asked.validated_data["page"] - 1) * PAGE
    return {"count": rows.count(), "results": [as_json(row) for row in rows[start : start + PAGE]]}


def _decided(actor: User, draft: Draft, *, publish: bool, status: int) -> Response:
    """Publish a draft if asked to, and answer with the decision as it stands."""
    done = Publication(findings=draft.findings)
    if publish:
        done = actions.publish_decision(actor=actor, draft=draft)
    row = with_state(timezone.now()).get(pk=draft.decision.pk)
    return Response(as_json(row) | _told(done), status=status)


def _told(done: Publication) -> dict[str, Any]:
    findings = [finding.as_json() for finding in done.findings]
    told = {"versions": done.versions, "blocks": done.blocks, "findings": findings}
    return told | {"unmet": done.unmet}


@extend_schema(methods=["GET"], operation_id="read_decision", responses=DecisionSerializer)
@extend_schema(
    methods=["PUT"],
    operation_id="revise_decision",
    request=PolymorphicProxySerializer(
        "RevisionRequest", serializers=dict(REVISED_BY_KIND), resource_type_field_name="kind"
    ),
    responses=_DECIDED,
)
@api_view(["GET", "PUT"])
def decision(request: Request, decision_id: UUID) -> Response:
    """One decision as it stands; or its next revision, on top of revision `base`."""
    if request.method == "GET":
        require(request.user, "curator", "analyst", "operator")
        return Response(as_json(_existing(decision_id)))
    actor, row = require(request.user, "curator"), _existing(decision_id)
    with transaction.atomic():
        body = Body(actor, Source(source_of(request)), read(request, REVISED_BY_KIND))
        check_place(row, body.values)
        draft = actions.revise_decision(
            actor=actor,
            decision=row,
            base=body.values["base"],
            terms=body.terms(),
            **CONTENTS[row.kind](body),
        )
        return _decided(actor, draft, publish=body.values["publish"], status=200)


def _existing(decision_id: UUID) -> Decision:
    row = with_state(timezone.now()).filter(pk=decision_id).first()
    if row is None:
        raise Missing("unknown_decision", _("There is no such decision."))
    return row


@extend_schema(operation_id="end_decision", request=EndSerializer, responses=_DECIDED)
@api_view(["POST"])
def end(request: Request, decision_id: UUID) -> Response:
    """Take a decision out of force: at once, or as a draft."""
    actor = require(request.user, "curator")
    asked = EndSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    values = asked.validated_data
    with transaction.atomic():
        name = values.get("change_set")
        home = actions.open_change_set(actor=actor, name=name) if name else None
        draft = actions.end_decision(
            actor=actor,
            decision=_existing(decision_id),
            reason=values["reason"],
            change_set=home,
        )
        return _decided(actor, draft, publish=values["publish"], status=200)


@extend_schema(operation_id="publish_policy", request=PublishSerializer, responses=_PUBLISHED)
@api_view(["POST"])
def publish(request: Request) -> Response:
    """Publish a change set, or all open drafts of a surface."""
    actor = require(request.user, "curator")
    asked = PublishSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    values = dict(asked.validated_data)
    if "change_set" in values:
        values["change_set"] = change_set_named(values["change_set"])
    values["surface"] = surface_named(values.get("surface"))
    override, approval = values.pop("override"), values.pop("without_approval")
    values["despite"] = gates.ignored(expectations=override, approval=approval)
    done = actions.publish(actor=actor, **values)
    return Response({"published": done.decisions} | _told(done))


@extend_schema(operation_id="roll_back_policy", request=RollbackSerializer, responses=_PUBLISHED)
@api_view(["POST"])
def roll_back(request: Request) -> Response:
    """Publish an older version of a surface's policy as a new one; blocks stay."""
    actor = require(request.user, "curator")
    asked = RollbackSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    values = asked.validated_data
    surface = surface_named(values["surface"])
    assert surface is not None  # noqa: S101 - the serializer requires one
    done = actions.roll_back(
        actor=actor,
        surface=surface,
        version=values.get("version"),
        reason=values["reason"],
    )
    return Response({"published": done.decisions} | _told(done))
