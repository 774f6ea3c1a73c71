"""Model versions over the API: list, promote, roll back."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation.people.access import require
from curation.problems import Conflict
from recsys.api.serializers import (
    LiveSerializer,
    PromotionSerializer,
    ReasonSerializer,
    VersionSerializer,
)
from recsys.models import LiveModel, ModelVersion
from recsys.runs import actions

NEWEST = 200
_UNSAID: Final = gettext_noop("Through the API")


@extend_schema(operation_id="list_models", responses=VersionSerializer(many=True))
@api_view(["GET"])
def models(request: Request) -> Response:
    """The newest model versions, and which of them serve."""
    require(request.user, "operator", "analyst", "curator")
    return Response(VersionSerializer(_versions()[:NEWEST], many=True).data)


@extend_schema(operation_id="get_model", responses=VersionSerializer)
@api_view(["GET"])
def model(request: Request, version_id: UUID) -> Response:
    """One version with its scorecard: its figures, and under `beside` those of the live version of that day."""
    require(request.user, "operator", "analyst", "curator")
    return Response(VersionSerializer(get_object_or_404(_versions(), pk=version_id)).data)


@extend_schema(operation_id="promote_model", request=PromotionSerializer, responses=LiveSerializer)
@api_view(["POST"])
def promote(request: Request, version_id: UUID) -> Response:
    """Make this version the one that serves its family."""
    actor = require(request.user, "operator")
    version = get_object_or_404(ModelVersion, pk=version_id)
    given = PromotionSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    told = given.validated_data
    try:
        actions.promote(
            version_id=version.pk,
            actor=actor,
            # What lets a version pass that is stopped is a person's reason, and has to be given.
            reason=told.get("reason") or ("" if told.get("override") else _UNSAID),
            despite=told.get("despite", False),
            override=told.get("override", False),
        )
    except actions.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error
    return _live(version.family)


@extend_schema(operation_id="roll_back_model", request=ReasonSerializer, responses=LiveSerializer)
@api_view(["POST"])
def roll_back(request: Request, version_id: UUID) -> Response:
    """Put the family of this version back to the version that served before the live one."""
    actor = require(request.user, "operator")
    version = get_object_or_404(ModelVersion, pk=version_id)
    try:
        actions.roll_back(family=version.family, actor=actor, reason=_reason(request))
    except actions.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error
    return _live(version.family)


def _reason(request: Request) -> str:
    given = ReasonSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    return given.validated_data.get("reason") or _UNSAID


def _live(family: str) -> Response:
    return Response(
        LiveSerializer(LiveModel.objects.select_related("version").get(family=family)).data
    )


def _versions() -> QuerySet[ModelVersion]:
    live = LiveModel.objects.filter(version=OuterRef("pk"))
    return ModelVersion.objects.annotate(is_live=Exists(live)).order_by("-created_at")
