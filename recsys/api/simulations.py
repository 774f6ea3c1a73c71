"""Simulations over the API: ask for one, list, look."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation.bodies.fields import Flag, StrictSerializer
from curation.models import ChangeSet
from curation.people.access import require
from curation.problems import Conflict
from recsys.api.serializers import Facts
from recsys.models import Job, Simulation
from recsys.simulations import actions as simulation_actions
from recsys.simulations.actions import ASKED, MOST
from recsys.simulations.cards import Now

NEWEST = 100
READERS = ("curator", "analyst", "operator")


class SimulateSerializer(StrictSerializer):
    """How many of the latest requests are replayed, and whether those of simulated members count."""

    asked = serializers.IntegerField(min_value=1, max_value=MOST, required=False, default=ASKED)
    simulated = Flag(required=False, default=False)


class SimulationSerializer(serializers.ModelSerializer[Simulation]):
    """A simulation and, once it is done, its report; `stale` once drafts or policies are others."""

    change_set = serializers.UUIDField(source="change_set_id", allow_null=True)
    proposal = serializers.UUIDField(source="proposal_id", allow_null=True)
    report = Facts()
    stale = serializers.SerializerMethodField()

    class Meta:
        model = Simulation
        fields = [
            "id", "change_set", "proposal", "state", "stage", "done", "total", "error", "requested_at", "finished_at",
            "asked", "simulated", "report", "stale",
        ]  # fmt: skip

    @extend_schema_field(serializers.BooleanField())
    def get_stale(self, simulation: Simulation) -> bool:
        """Whether the set or the surfaces have changed since."""
        if simulation.state != Job.State.SUCCEEDED:
            return False
        now: Now = self.context.get("now") or Now.of(simulation.change_set)
        return now.is_past(simulation)


@extend_schema(
    methods=["GET"], operation_id="list_simulations", responses=SimulationSerializer(many=True)
)
@extend_schema(
    methods=["POST"],
    operation_id="request_simulation",
    request=SimulateSerializer,
    responses={202: SimulationSerializer},
)
@api_view(["GET", "POST"])
def simulations(request: Request, change_set_id: UUID) -> Response:
    """The newest simulations of a change set; or have its drafts replayed over logged requests."""
    if request.method == "GET":
        require(request.user, *READERS)
        home = get_object_or_404(ChangeSet, pk=change_set_id)
        rows = _simulations().filter(change_set=home)[:NEWEST]
        context = {"now": Now.of(home)}
        return Response(SimulationSerializer(rows, many=True, context=context).data)
    actor = require(request.user, "curator")
    home = get_object_or_404(ChangeSet, pk=change_set_id)
    asked = SimulateSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    told: dict[str, Any] = asked.validated_data
    try:
        made = simulation_actions.request_simulation(change_set=home, actor=actor, **told)
    except simulation_actions.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error
    return Response(SimulationSerializer(_simulations().get(pk=made.pk)).data, status=202)


@extend_schema(operation_id="read_simulation", responses=SimulationSerializer)
@api_view(["GET"])
def simulation(request: Request, simulation_id: UUID) -> Response:
    """One simulation: slates changed, exposure given and taken, the effect as far as the log can tell."""
    require(request.user, *READERS)
    return Response(SimulationSerializer(get_object_or_404(_simulations(), pk=simulation_id)).data)


def _simulations() -> QuerySet[Simulation]:
    return Simulation.objects.select_related("change_set").order_by("-id")
