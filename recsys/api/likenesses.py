"""Texts that queries may ask the like of, over the API: write one, and name its field in a rule."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation.bodies.fields import StrictSerializer, Text
from curation.models import Likeness
from curation.people.access import require
from curation.queries.likeness_keys import MOST
from curation.queries.likeness_uses import LIKE
from recsys.embeddings import encoders
from recsys.likenesses import actions as likeness_actions

READERS = ("curator", "analyst", "operator")


class WriteLikenessSerializer(StrictSerializer):
    """A text that items are to be like."""

    text = Text(
        max_length=MOST,
        help_text="What the items are about, in the language of the encoder: the one that comes with us reads English.",
    )


class LikenessSerializer(serializers.Serializer[Any]):
    """A text, and the field that says how near the text of an item comes to it (a number from -1 to 1).

    `ready` once a worker has read it; `current` while the encoder in use is the one that it was read by: by
    another one nothing is like it, and the text is to be written anew.
    """

    field = serializers.CharField()
    text = serializers.CharField()
    encoder = serializers.CharField()
    ready = serializers.BooleanField()
    current = serializers.BooleanField()


@extend_schema(
    methods=["GET"], operation_id="list_likenesses", responses=LikenessSerializer(many=True)
)
@extend_schema(
    methods=["POST"],
    operation_id="write_likeness",
    request=WriteLikenessSerializer,
    responses={201: LikenessSerializer},
)
@api_view(["GET", "POST"])
def likenesses(request: Request) -> Response:
    """The texts that rules may ask the like of; or write one, which is there once for all who write it."""
    if request.method == "GET":
        require(request.user, *READERS)
        encoder = encoders.current().name
        return Response([_told(row, encoder) for row in Likeness.objects.filter(retired_at=None)])
    actor = require(request.user, "curator")
    body = WriteLikenessSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    row = likeness_actions.write_likeness(actor=actor, text=body.validated_data["text"])
    return Response(_told(row, encoders.current().name), status=201)


@extend_schema(operation_id="remove_likeness", responses={204: None})
@api_view(["DELETE"])
def likeness(request: Request, likeness_key: str) -> Response:
    """Let go of a text that no decision in force or drafted, and no expectation, asks the like of."""
    likeness_actions.remove_likeness(actor=require(request.user, "curator"), key=likeness_key)
    return Response(status=204)


def _told(row: Likeness, encoder: str) -> dict[str, Any]:
    return {
        "field": f"{LIKE}{row.key}",
        "text": row.text,
        "encoder": row.encoder,
        "ready": row.vector is not None,
        "current": row.encoder == encoder,
    }
