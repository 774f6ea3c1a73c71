"""Appraisals over the API: have a decision appraised, and read what it brought and cost."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation.bodies.fields import Flag, StrictSerializer
from curation.models import Decision
from curation.people.access import require
from curation.problems import Conflict
from recsys.api.serializers import Facts
from recsys.appraisals import actions as appraisal_actions
from recsys.models import Appraisal

NEWEST = 100
READERS = ("curator", "analyst")


class AppraiseSerializer(StrictSerializer):
    """Whether simulated members count too."""

    simulated = Flag(required=False, default=False)


class AppraisalSerializer(serializers.ModelSerializer[Appraisal]):
    """An appraisal and, once it is done, its report: members reached and spared, exposure, relevance given up."""

    decision = serializers.UUIDField(source="decision_id")
    report = Facts()

    class Meta:
        model = Appraisal
        fields = [
            "id", "decision", "state", "stage", "done", "total", "error", "requested_at", "finished_at", "simulated",
            "report",
        ]  # fmt: skip


@extend_schema(
    methods=["GET"], operation_id="list_appraisals", responses=AppraisalSerializer(many=True)
)
@extend_schema(
    methods=["POST"],
    operation_id="request_appraisal",
    request=AppraiseSerializer,
    responses={202: AppraisalSerializer},
)
@api_view(["GET", "POST"])
def appraisals(request: Request, decision_id: UUID) -> Response:
    """The newest appraisals of a pin or rule, the last one first; or have it appraised anew."""
    actor = require(request.user, *(READERS if request.method == "GET" else ("curator",)))
    decision = get_object_or_404(Decision, pk=decision_id)
    if request.method == "GET":
        rows = Appraisal.objects.filter(decision=decision).order_by("-id")[:NEWEST]
        return Response(AppraisalSerializer(rows, many=True).data)
    asked = AppraiseSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    try:
        made = appraisal_actions.request_appraisal(
            decision=decision, actor=actor, **asked.validated_data
        )
    except appraisal_actions.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error
    return Response(AppraisalSerializer(made).data, status=202)
