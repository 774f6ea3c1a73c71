"""Sweeps of blends over the API: ask for one, look. Curators choose a point on the desk."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation.people.access import require
from curation.problems import Conflict
from recsys.api.serializers import Facts, ProposeSerializer
from recsys.blend_sweeps import actions as blend_sweep_actions
from recsys.models import BlendSweep, Job
from recsys.proposals.cards import changed_since

READERS = ("operator", "analyst", "curator")
NEWEST = 100


class ListedSweepSerializer(serializers.ModelSerializer[BlendSweep]):
    """A sweep among others, without its points."""

    surface = serializers.CharField(source="surface_id")

    class Meta:
        model = BlendSweep
        fields = [
            "id", "surface", "state", "stage", "done", "total", "error", "requested_at", "finished_at",
        ]  # fmt: skip


class BlendSweepSerializer(ListedSweepSerializer):
    """A sweep and, once it is done, its points in `report`; `stale` once other models serve."""

    versions = Facts()
    present = Facts()
    report = Facts()
    stale = serializers.SerializerMethodField()

    class Meta:
        model = BlendSweep
        fields = [*ListedSweepSerializer.Meta.fields, "versions", "present", "report", "stale"]

    @extend_schema_field(serializers.BooleanField())
    def get_stale(self, sweep: BlendSweep) -> bool:
        """Whether other versions serve than those which it is made from."""
        return sweep.state == Job.State.SUCCEEDED and bool(changed_since(sweep))


@extend_schema(
    methods=["GET"],
    operation_id="list_blend_sweeps",
    responses=ListedSweepSerializer(many=True),
)
@extend_schema(
    methods=["POST"],
    operation_id="request_blend_sweep",
    request=ProposeSerializer,
    responses={202: BlendSweepSerializer},
)
@api_view(["GET", "POST"])
def blend_sweeps(request: Request) -> Response:
    """The newest sweeps; or have a grid of blends of a surface scored on what members turned to.

    Nothing is drafted by it.
    """
    if request.method == "GET":
        require(request.user, *READERS)
        rows = BlendSweep.objects.defer("report", "versions", "present").order_by("-id")
        return Response(ListedSweepSerializer(rows[:NEWEST], many=True).data)
    actor = require(request.user, "curator")
    asked = ProposeSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    try:
        made = blend_sweep_actions.request_sweep(
            surface=asked.validated_data["surface"], actor=actor
        )
    except blend_sweep_actions.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error
    return Response(BlendSweepSerializer(made).data, status=202)


@extend_schema(operation_id="read_blend_sweep", responses=BlendSweepSerializer)
@api_view(["GET"])
def blend_sweep(request: Request, sweep_id: UUID) -> Response:
    """One sweep: each point's weights and β with accuracy, coverage and novelty; which are on the front."""
    require(request.user, *READERS)
    return Response(BlendSweepSerializer(get_object_or_404(BlendSweep, pk=sweep_id)).data)
