"""Expectations over the API: listed with what was last found of them, set, changed, retired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation import actions
from curation.actions import Expected
from curation.bodies.fields import Flag, QueryField, QueryText, StrictSerializer, Text, Whole
from curation.bodies.references import Source, segment_named, surface_named
from curation.fusion.expectations import MOST_SLOTS, Way
from curation.fusion.writing import text_of
from curation.models import Expectation, Surface, User
from curation.people.access import require, source_of
from curation.policies import fulfilment
from curation.policies.fulfilment import Held, Target
from curation.problems import Missing

READERS: Final = ("curator", "analyst", "operator")
STATES: Final = ["met", "unmet", "empty", "unreadable", "unchecked", "retired"]
_WAYS: Final = [str(way) for way in Way]
_WHO: Final = [str(who) for who in Expectation.Who]
_RESULT: Final = extend_schema_field(OpenApiTypes.OBJECT)(serializers.JSONField)


class ExpectationBody(StrictSerializer):
    """An expectation as it is sent: the items by `where`, `where_text` or `items`, how many, in how many slots."""

    name = Text(max_length=120)
    surface = Text(max_length=50)
    who = serializers.ChoiceField(choices=_WHO, required=False, default="anyone")
    member = Text(required=False, allow_null=True, default=None, max_length=255)
    segment = Text(required=False, allow_null=True, default=None, max_length=50)
    device = Text(required=False, default="", allow_blank=True, max_length=32)
    language = Text(required=False, default="", allow_blank=True, max_length=35)
    anchor = Text(required=False, allow_null=True, default=None, max_length=255)
    way = serializers.ChoiceField(choices=_WAYS)
    count = Whole(required=False, allow_null=True, default=None, min_value=0, max_value=MOST_SLOTS)
    first = Whole(required=False, allow_null=True, default=None, min_value=1, max_value=MOST_SLOTS)
    where = QueryField(required=False)
    where_text = QueryText(required=False)
    items = serializers.ListField(child=Text(max_length=255), required=False, max_length=10_000)
    blocks = Flag(
        required=False, default=True, help_text="Whether it stops a publish; else it warns."
    )
    reason = Text(required=False, default="", allow_blank=True, max_length=2000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """It is about some items, named in one way."""
        if len({"where", "where_text", "items"} & attrs.keys()) != 1:
            text = _("Give where, where_text or items, one of them.")
            raise serializers.ValidationError({"where": text})
        return attrs


class ChangedExpectationBody(ExpectationBody):
    """An expectation as it shall be, on top of the change that the caller saw."""

    base = Whole(min_value=1, max_value=2**31, help_text="The `number` that you saw.")


class RetireBody(StrictSerializer):
    """Why it is no longer expected."""

    reason = Text(max_length=2000)


class ExpectationSerializer(serializers.Serializer[Any]):
    """An expectation, and what was last found of it as things stand."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    name = serializers.CharField()
    surface = serializers.CharField()
    who = serializers.ChoiceField(choices=_WHO)
    member = serializers.CharField(allow_null=True)
    segment = serializers.CharField(allow_null=True)
    device = serializers.CharField(allow_blank=True)
    language = serializers.CharField(allow_blank=True)
    anchor = serializers.CharField(allow_null=True)
    way = serializers.ChoiceField(choices=_WAYS)
    count = serializers.IntegerField()
    first = serializers.IntegerField(allow_null=True)
    where = _RESULT()
    where_text = serializers.CharField()
    blocks = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)
    author = serializers.CharField()
    retired_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    result = _RESULT(allow_null=True)


_LIST: Final = inline_serializer(
    "ExpectationList",
    {
        "checked_at": serializers.DateTimeField(allow_null=True),
        "results": ExpectationSerializer(many=True),
    },
)


@extend_schema(methods=["GET"], operation_id="list_expectations", responses=_LIST)
@extend_schema(
    methods=["POST"],
    operation_id="add_expectation",
    request=ExpectationBody,
    responses={201: ExpectationSerializer},
)
@api_view(["GET", "POST"])
def expectations(request: Request) -> Response:
    """The expectations that are not retired, with what was last found of them; or set one."""
    if request.method == "GET":
        require(request.user, *READERS)
        found = fulfilment.of(Target())
        rows = [_as_json(each.expectation, each) for each in found.held]
        return Response({"checked_at": found.checked_at, "results": rows})
    actor = require(request.user, "curator")
    row = actions.add_expectation(actor=actor, expected=_expected(request, ExpectationBody)[0])
    return Response(_as_json(row, None), status=201)


@extend_schema(methods=["GET"], operation_id="read_expectation", responses=ExpectationSerializer)
@extend_schema(
    methods=["PUT"],
    operation_id="change_expectation",
    request=ChangedExpectationBody,
    responses=ExpectationSerializer,
)
@api_view(["GET", "PUT"])
def expectation(request: Request, expectation_id: UUID) -> Response:
    """One expectation; or change it, on top of the change that was seen."""
    if request.method == "GET":
        require(request.user, *READERS)
        row = _existing(expectation_id)
        held = (each for each in fulfilment.of(Target()).held if each.expectation.pk == row.pk)
        return Response(_as_json(row, next(held, None)))
    actor, row = require(request.user, "curator"), _existing(expectation_id)
    expected, values = _expected(request, ChangedExpectationBody)
    told = {"expectation": row, "base": values["base"], "expected": expected}
    return Response(_as_json(actions.change_expectation(actor=actor, **told), None))


@extend_schema(
    operation_id="retire_expectation", request=RetireBody, responses=ExpectationSerializer
)
@api_view(["POST"])
def retire(request: Request, expectation_id: UUID) -> Response:
    """Expect it no longer."""
    actor: User = require(request.user, "curator")
    body = RetireBody(data=request.data)
    body.is_valid(raise_exception=True)
    told = {"expectation": _existing(expectation_id), **body.validated_data}
    return Response(_as_json(actions.retire_expectation(actor=actor, **told), None))


def _expected(request: Request, body: type[ExpectationBody]) -> tuple[Expected, Mapping[str, Any]]:
    """What is expected, of a checked body, and the body's values."""
    sent = body(data=request.data)
    sent.is_valid(raise_exception=True)
    values, source = sent.validated_data, Source(source_of(request))
    plain = ("name", "who", "device", "language", "blocks", "reason")
    what = source.query(values)
    claim = actions.read_claim(values["way"], what, values["count"], values["first"])
    expected = Expected(
        surface=_surface(values["surface"]),
        claim=claim,
        member=source.member(values["member"]),
        segment=segment_named(values["segment"]),
        anchor=source.item(values["anchor"], "anchor") if values["anchor"] else None,
        **{name: values[name] for name in plain},
    )
    return expected, values


def _surface(slug: str) -> Surface:
    surface = surface_named(slug)
    assert surface is not None  # noqa: S101 - the body names one
    return surface


def _existing(expectation_id: UUID) -> Expectation:
    rows = Expectation.objects.select_related("surface", "member", "segment", "anchor", "author")
    row = rows.filter(pk=expectation_id).first()
    if row is None:
        raise Missing("unknown_expectation", _("There is no such expectation."))
    return row


def _as_json(row: Expectation, held: Held | None) -> dict[str, Any]:
    state = held.state if held else "unchecked"
    plain = ("number", "name", "who", "device", "language", "blocks", "reason", "retired_at")
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in plain},
        **row.claim,
        "where_text": text_of(row.claim["where"]),
        "surface": row.surface_id,
        "member": row.member.outside_id if row.member else None,
        "segment": row.segment.slug if row.segment else None,
        "anchor": row.anchor.outside_id if row.anchor else None,
        "author": row.author.username,
        "state": "retired" if row.retired_at else state,
        "result": held.result or None if held else None,
    }
