"""Blend proposals over the API: ask for one, list, look. Curators decide at the inbox."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation.people.access import require
from curation.problems import Conflict
from recsys.api.serializers import ProposalSerializer, ProposeSerializer
from recsys.models import BlendProposal
from recsys.proposals import actions as proposal_actions
from recsys.proposed.standing import with_standing

NEWEST = 100
READERS = ("operator", "analyst", "curator")


@extend_schema(
    methods=["GET"], operation_id="list_proposals", responses=ProposalSerializer(many=True)
)
@extend_schema(
    methods=["POST"],
    operation_id="request_proposal",
    request=ProposeSerializer,
    responses={202: ProposalSerializer},
)
@api_view(["GET", "POST"])
def proposals(request: Request) -> Response:
    """The newest proposals; or ask for a blend of a surface to be proposed."""
    if request.method == "GET":
        require(request.user, *READERS)
        return Response(ProposalSerializer(_proposals()[:NEWEST], many=True).data)
    actor = require(request.user, "operator")
    asked = ProposeSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    try:
        made = proposal_actions.request_proposal(
            surface=asked.validated_data["surface"], actor=actor
        )
    except proposal_actions.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error
    return Response(ProposalSerializer(_proposals().get(pk=made.pk)).data, status=202)


@extend_schema(operation_id="read_proposal", responses=ProposalSerializer)
@api_view(["GET"])
def proposal(request: Request, blend_id: UUID) -> Response:
    """One proposal: the blend, the gain with its interval, the versions that it is made from."""
    require(request.user, *READERS)
    return Response(ProposalSerializer(get_object_or_404(_proposals(), pk=blend_id)).data)


def _proposals() -> QuerySet[BlendProposal]:
    return with_standing(BlendProposal.objects.order_by("-id"), timezone.now())
