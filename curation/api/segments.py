"""Segments over the API: read, written by query, listed by hand."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation import actions
from curation.actions import Listed
from curation.bodies.fields import Flag, QueryField, QueryText, StrictSerializer, Text, Whole
from curation.fusion.query import to_json
from curation.fusion.writing import text_of
from curation.models import Member, Segment
from curation.people import memberships
from curation.people.access import require, source_of
from curation.problems import Missing

READERS: Final = ("curator", "analyst", "operator")


class SegmentBody(StrictSerializer):
    """A segment as it is put: with a query, or without one to be listed by hand."""

    name = Text(max_length=120)
    query = QueryField(required=False)
    where_text = QueryText(required=False)
    base = Whole(
        required=False,
        default=None,
        allow_null=True,
        min_value=0,
        max_value=2**63 - 1,
        help_text="The `number` that you saw, 0 for a new one; without it nothing is compared.",
    )
    reason = Text(required=False, default="", allow_blank=True, max_length=1000)
    confirm = Flag(
        required=False, default=False, help_text="Save a query that names everybody or nobody."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Its query is written in one way."""
        if {"query", "where_text"} <= attrs.keys():
            text = _("Give the query as JSON or as text, not both.")
            raise serializers.ValidationError({"where_text": text})
        return attrs


class MembersBody(StrictSerializer):
    """Outside ids to put in and to take out, 10,000 together at most."""

    add = serializers.ListField(child=Text(max_length=255), required=False, default=list)
    remove = serializers.ListField(child=Text(max_length=255), required=False, default=list)
    reason = Text(required=False, default="", allow_blank=True, max_length=1000)


class SegmentSerializer(serializers.Serializer[Any]):
    """A segment as it stands."""

    slug = serializers.CharField()
    number = serializers.IntegerField(help_text="Of its last change: the `base` of your next.")
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=[str(kind) for kind in Segment.Kind])
    query = extend_schema_field(OpenApiTypes.OBJECT)(serializers.JSONField)(allow_null=True)
    where_text = serializers.CharField(allow_null=True, help_text="The query as text.")
    size = serializers.IntegerField()
    version = serializers.IntegerField()
    refreshed_at = serializers.DateTimeField(allow_null=True)
    problem = serializers.CharField(allow_blank=True)
    archived = serializers.BooleanField()


_LIST: Final = inline_serializer("SegmentList", {"results": SegmentSerializer(many=True)})
_LISTED: Final = inline_serializer(
    "ListedMembers",
    {
        "version": serializers.IntegerField(),
        "size": serializers.IntegerField(),
        "results": inline_serializer(
            "ListedMember",
            {
                "member": serializers.CharField(),
                "status": serializers.ChoiceField(
                    choices=["added", "removed", "unchanged", "unknown", "invalid"]
                ),
            },
            many=True,
        ),
    },
)


class MembersQuery(serializers.Serializer[Any]):
    """Of which version, and which page."""

    version = serializers.IntegerField(
        required=False,
        default=None,
        allow_null=True,
        min_value=1,
        max_value=2**31 - 1,
        help_text="A version that was sealed; without it those who are in it now.",
    )
    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=100_000)


_MEMBERS: Final = inline_serializer(
    "SegmentMembers",
    {
        "version": serializers.IntegerField(allow_null=True),
        "count": serializers.IntegerField(),
        "results": inline_serializer(
            "SegmentMember",
            {"source": serializers.CharField(), "member": serializers.CharField()},
            many=True,
        ),
    },
)
PAGE_SIZE: Final = 1_000


@extend_schema(operation_id="list_segments", responses=_LIST)
@api_view(["GET"])
def segments(request: Request) -> Response:
    """All segments, archived ones too."""
    require(request.user, *READERS)
    rows = Segment.objects.select_related("state").order_by("slug")
    numbers = actions.segment_numbers(rows)
    return Response({"results": [_as_json(row, numbers[row.pk]) for row in rows]})


@extend_schema(methods=["GET"], operation_id="read_segment", responses=SegmentSerializer)
@extend_schema(
    methods=["PUT"],
    operation_id="put_segment",
    request=SegmentBody,
    responses=SegmentSerializer,
)
@api_view(["GET", "PUT"])
def segment(request: Request, segment_slug: str) -> Response:
    """One segment; or make it, or write it anew."""
    if request.method == "GET":
        require(request.user, *READERS)
        return Response(_as_json(_existing(segment_slug)))
    actor = require(request.user, "curator")
    body = SegmentBody(data=request.data)
    body.is_valid(raise_exception=True)
    values = dict(body.validated_data)
    confirmed = values.pop("confirm")
    if "where_text" in values:
        values["query"] = to_json(actions.written_segment(values.pop("where_text")))
    if "query" in values:
        actions.set_segment(actor=actor, slug=segment_slug, confirmed=confirmed, **values)
    else:
        actions.make_list(actor=actor, slug=segment_slug, **values)
    return Response(_as_json(_existing(segment_slug)))


@extend_schema(
    methods=["GET"],
    operation_id="list_segment_members",
    parameters=[MembersQuery],
    responses=_MEMBERS,
)
@extend_schema(
    methods=["POST"],
    operation_id="edit_segment_members",
    request=MembersBody,
    responses=_LISTED,
)
@api_view(["GET", "POST"])
def members(request: Request, segment_slug: str) -> Response:
    """Who is in a segment, or was at a version of it; or put members of the token's source in, or take them out."""
    if request.method == "GET":
        return _members(request, segment_slug)
    actor = require(request.user, "curator")
    one = _existing(segment_slug)
    body = MembersBody(data=request.data)
    body.is_valid(raise_exception=True)
    listed = actions.edit_list(
        actor=actor, segment=one, source=source_of(request), **body.validated_data
    )
    state = _as_json(_existing(segment_slug))
    told = {"version": state["version"], "size": state["size"]}
    return Response({**told, "results": [_result(row) for row in listed]})


def _members(request: Request, segment_slug: str) -> Response:
    require(request.user, *READERS)
    one = _existing(segment_slug)
    asked = MembersQuery(data=request.query_params)
    asked.is_valid(raise_exception=True)
    version, page = asked.validated_data["version"], asked.validated_data["page"]
    newest = _as_json(one)["version"]
    if version is not None and version > newest:
        text = _("There is no version %(version)d of this segment; the newest is %(newest)d.")
        raise Missing("unknown_version", text % {"version": version, "newest": newest})
    subjects = (
        one.memberships.values_list("subject", flat=True)
        if version is None
        else memberships.members_at(one, version)
    )
    rows = Member.objects.filter(subject__in=subjects).order_by("source", "outside_id")
    start = (page - 1) * PAGE_SIZE
    told = rows.values_list("source", "outside_id")[start : start + PAGE_SIZE]
    results = [{"source": source, "member": outside_id} for source, outside_id in told]
    return Response({"version": version, "count": rows.count(), "results": results})


def _existing(slug: str) -> Segment:
    row = Segment.objects.select_related("state").filter(slug=slug).first()
    if row is None:
        raise Missing("unknown_segment", _("There is no segment %(slug)s.") % {"slug": slug})
    return row


def _result(row: Listed) -> dict[str, str]:
    return {"member": row.outside_id, "status": row.status}


def _as_json(row: Segment, number: int | None = None) -> dict[str, Any]:
    state = getattr(row, "state", None)
    return {
        "slug": row.slug,
        "number": actions.segment_number(row) if number is None else number,
        "name": row.name,
        "kind": row.kind,
        "query": row.query,
        "where_text": text_of(row.query) if row.query else None,
        "size": state.size if state else 0,
        "version": state.version if state else 0,
        "refreshed_at": state.refreshed_at if state else None,
        "problem": state.problem if state else "",
        "archived": row.archived_at is not None,
    }
