"""Runs over the API: launch, list, look, cancel."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation.access import require
from curation.models import User
from curation.problems import Conflict, Invalid
from recsys import actions
from recsys.ml.configuration import ConfigError
from recsys.models import Run
from recsys.serializers import LaunchSerializer, RunSerializer

NEWEST = 100


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
        run = actions.request_run(actor=actor, **values)
    except ConfigError as error:
        errors = [
            {"field": each.field, "code": "impossible", "message": str(each)}
            for each in error.problems
        ]
        raise Invalid("impossible_parameters", str(error), errors) from error
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


def _runs() -> QuerySet[Run]:
    return Run.objects.select_related("progress", "version")
