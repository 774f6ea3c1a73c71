"""Putting items and members in bulk over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation import actions
from curation.actions import MOST_ROWS, RowResult
from curation.people.access import require, source_of
from curation.problems import Invalid

Fields = serializers.Field[Any, Any, Any, Any]
_RESULT: Final[dict[str, Fields]] = {
    "status": serializers.ChoiceField(choices=["created", "updated", "unchanged", "rejected"]),
    "reason": serializers.CharField(required=False),
    "detail": serializers.CharField(required=False),
}


def _results(name: str, key: str) -> serializers.Serializer[Any]:
    """The schema of an answer, a result for each row."""
    id_field = serializers.CharField(allow_null=True)
    fields: dict[str, Fields] = {key: id_field, **_RESULT}
    row = inline_serializer(f"{name}Result", fields, many=True)
    return inline_serializer(f"{name}Results", {"results": row})


def _rows(name: str) -> serializers.Serializer[Any]:
    """The schema of a body: rows that are checked one by one."""
    rows = serializers.ListField(child=serializers.JSONField(), max_length=MOST_ROWS)
    return inline_serializer(f"{name}Rows", {name.lower(): rows})


@extend_schema(operation_id="put_items", request=_rows("Items"), responses=_results("Item", "item"))
@api_view(["PUT"])
def items(request: Request) -> Response:
    """Make or change items, at most 1,000; what a row does not name stays as it is."""
    return _put(request, "item", actions.put_items)


@extend_schema(
    operation_id="put_members", request=_rows("Members"), responses=_results("Member", "member")
)
@api_view(["PUT"])
def members(request: Request) -> Response:
    """Make or change members, at most 1,000; what a row does not name stays as it is."""
    return _put(request, "member", actions.put_members)


def _put(request: Request, key: str, put: Callable[..., list[RowResult]]) -> Response:
    require(request.user, "client", "administrator")
    name = f"{key}s"
    body = request.data
    if not isinstance(body, dict) or set(body) != {name} or not isinstance(body[name], list):
        text = _("The body is an object with one list: %(name)s.") % {"name": name}
        raise Invalid("not_a_list", text, [{"field": name, "code": "not_a_list", "message": text}])
    if len(body[name]) > MOST_ROWS:
        text = _("At most %(most)d rows at once.") % {"most": MOST_ROWS}
        raise Invalid("too_many", text, [{"field": name, "code": "too_many", "message": text}])
    results = put(body[name], source=source_of(request))
    return Response({"results": [_result(key, row) for row in results]})


def _result(key: str, row: RowResult) -> dict[str, str | None]:
    told = {"reason": row.reason, "detail": row.detail} if row.reason else {}
    return {key: row.outside_id, "status": row.status, **told}
