"""Runs over the API: launch, list, look, cancel."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation.models import User
from curation.people.access import require
from curation.problems import Conflict, Invalid
from recsys.api.serializers import (
    CheckSerializer,
    LaunchSerializer,
    PrioritySerializer,
    RunSerializer,
)
from recsys.ml.configuration import ConfigError, settings_of
from recsys.ml.families.options import TrainingOptions
from recsys.ml.families.registry import FAMILIES
from recsys.models import Run
from recsys.runs import actions, readiness
from recsys.runs import cards as run_cards

NEWEST = 100
(DEVICES,) = (each.choices for each in settings_of(TrainingOptions) if each.name == "device")


@extend_schema(methods=["GET"], operation_id="list_runs", responses=RunSerializer(many=True))
@extend_schema(
    methods=["POST"],
    operation_id="request_run",
    request=LaunchSerializer,
    responses={202: RunSerializer},
)
@api_view(["GET", "POST"])
def runs(request: Request) -> Response:
    """The newest runs; or ask for a new one."""
    if request.method == "GET":
        require(request.user, "operator", "analyst", "curator")
        return Response(RunSerializer(_runs()[:NEWEST], many=True).data)
    return _request(request, require(request.user, "operator"))


def _request(request: Request, actor: User) -> Response:
    asked = LaunchSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    values = {"parameters": {}, **asked.validated_data}
    try:
        readiness.check_processes(values.get("options") or {})
        run = actions.request_run(actor=actor, **values)
    except ConfigError as error:
        raise _impossible(error) from error
    return Response(RunSerializer(_runs().get(pk=run.pk)).data, status=202)


@extend_schema(operation_id="read_run", responses=RunSerializer)
@api_view(["GET"])
def run(request: Request, run_id: UUID) -> Response:
    """One run, with its progress and its evaluation."""
    require(request.user, "operator", "analyst", "curator")
    return Response(RunSerializer(get_object_or_404(_runs(), pk=run_id)).data)


@extend_schema(operation_id="cancel_run", request=None, responses=RunSerializer)
@api_view(["POST"])
def cancel(request: Request, run_id: UUID) -> Response:
    """Cancel a run: at once where it waits, within seconds where it runs."""
    actor = require(request.user, "operator")
    get_object_or_404(Run, pk=run_id)
    try:
        actions.cancel_run(run_id=run_id, actor=actor)
    except actions.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error
    return Response(RunSerializer(_runs().get(pk=run_id)).data)


@extend_schema(operation_id="reorder_run", request=PrioritySerializer, responses=RunSerializer)
@api_view(["POST"])
def priority(request: Request, run_id: UUID) -> Response:
    """Let a queued run start sooner or later than others."""
    actor = require(request.user, "operator")
    get_object_or_404(Run, pk=run_id)
    asked = PrioritySerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    try:
        actions.reorder_run(run_id=run_id, actor=actor, priority=asked.validated_data["priority"])
    except actions.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error
    return Response(RunSerializer(_runs().get(pk=run_id)).data)


@extend_schema(operation_id="reproduce_run", request=None, responses={202: RunSerializer})
@api_view(["POST"])
def reproduce(request: Request, run_id: UUID) -> Response:
    """Ask for a training with the configuration of an earlier run."""
    actor = require(request.user, "operator")
    get_object_or_404(Run, pk=run_id)
    try:
        run = actions.reproduce(run_id=run_id, actor=actor)
    except ConfigError as error:
        raise _impossible(error) from error
    return Response(RunSerializer(_runs().get(pk=run.pk)).data, status=202)


@extend_schema(
    operation_id="check_readiness",
    parameters=[
        OpenApiParameter("family", str, required=True, enum=list(FAMILIES)),
        OpenApiParameter("device", str, enum=list(DEVICES)),
    ],
    responses=CheckSerializer(many=True),
)
@api_view(["GET"])
def ready(request: Request) -> Response:
    """What a launch of a family would find now."""
    require(request.user, "operator")
    family, device = request.GET.get("family", ""), request.GET.get("device", "auto")
    if family not in FAMILIES:
        raise Invalid("unknown_family", _("There is no such family."))
    if device not in DEVICES:
        raise Invalid("unknown_device", _("There is no such device."))
    found = readiness.checks(family, device)
    cards = run_cards.checks(found)
    told = [{"code": check.code, **asdict(card)} for check, card in zip(found, cards, strict=True)]
    return Response(CheckSerializer(told, many=True).data)


def _impossible(error: ConfigError) -> Invalid:
    errors = [
        {"field": each.field, "code": "impossible", "message": str(each)} for each in error.problems
    ]
    return Invalid("impossible_parameters", str(error), errors)


def _runs() -> QuerySet[Run]:
    return Run.objects.select_related("progress", "version", "requested_by", "schedule")
