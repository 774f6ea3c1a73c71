"""The management API of surfaces: what they are, and when a second person has to approve a publish."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation import actions
from curation.bodies.fields import Number, StrictSerializer, Text, Whole
from curation.models import Surface
from curation.people.access import require
from curation.problems import Invalid, Missing

READERS: Final = ("curator", "analyst", "operator")
_KEPT: Final = ("slug", "name", "kind", "approval", "approval_share")
_SETTABLE: Final = ("approval", "approval_share")


class SurfaceSerializer(serializers.Serializer[Any]):
    """A surface; with `approval` `above` a second person approves what changes more of its slates than that share."""

    slug = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Surface.Kind.values)
    approval = serializers.ChoiceField(choices=Surface.Approved.values)
    approval_share = serializers.FloatField()
    version = serializers.IntegerField(help_text="Of its policy and settings.")


class ChangeSurfaceSerializer(StrictSerializer):
    """When a second person approves a publish from now on; what is not named stays."""

    approval = serializers.ChoiceField(choices=Surface.Approved.values, required=False)
    approval_share = Number(min_value=0, max_value=1, required=False)
    version = Whole(
        required=False,
        default=None,
        allow_null=True,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The version that you saw; without it nothing is compared.",
    )
    reason = Text(required=False, default="", allow_blank=True, max_length=1000)


@extend_schema(operation_id="list_surfaces", responses=SurfaceSerializer(many=True))
@api_view(["GET"])
def surfaces(request: Request) -> Response:
    """All surfaces."""
    require(request.user, *READERS)
    return Response([_told(row) for row in Surface.objects.all()])


@extend_schema(methods=["GET"], operation_id="read_surface", responses=SurfaceSerializer)
@extend_schema(
    methods=["PATCH"],
    operation_id="change_surface",
    request=ChangeSurfaceSerializer,
    responses=SurfaceSerializer,
)
@api_view(["GET", "PATCH"])
def surface(request: Request, slug: str) -> Response:
    """One surface; or change, as an administrator, when a second person approves its publishes."""
    if request.method == "GET":
        require(request.user, *READERS)
        return Response(_told(_existing(slug)))
    actor, row = require(request.user, "administrator"), _existing(slug)
    body = ChangeSurfaceSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    asked = body.validated_data
    changed = {name: asked[name] for name in _SETTABLE if name in asked}
    if not changed:
        known = {"known": ", ".join(_SETTABLE)}
        raise Invalid("nothing_to_change", _("Name what is to change: %(known)s.") % known)
    more = {name: asked[name] for name in ("version", "reason")}
    actions.change_surface(actor=actor, surface=row, settings=changed, **more)
    return Response(_told(_existing(slug)))


def _existing(slug: str) -> Surface:
    row = Surface.objects.filter(pk=slug).first()
    if row is None:
        raise Missing("unknown_surface", _("There is no such surface."))
    return row


def _told(row: Surface) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in _KEPT}, "version": row.policy_version}
