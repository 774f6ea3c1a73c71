"""What draws a member, over the API: for staff to read, as it was learned last."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation.bodies.fields import StrictSerializer, Text
from curation.models import Member
from curation.people.access import require, source_of
from curation.problems import Missing
from recsys.preferences.cards import Card, Draw, State, card_of
from recsys.screens.staff_pages import READERS


class WhoSerializer(StrictSerializer):
    """Whose preference is asked for: a member of the token's source, by their outside id."""

    member = Text(max_length=255)


class DrawSerializer(serializers.Serializer[Any]):
    """A feature of items: `odds` is how many times as often an item with it is chosen as one without.

    A field has a `value`; a measure has none, and counts by `scale`. `low` and `high` bound the odds at 95 %,
    `everyone` are those of members on the whole; it is `clear` where the bounds lie on one side of 1.
    """

    field_ = serializers.CharField()
    value = serializers.CharField(allow_blank=True)
    scale = serializers.FloatField()
    words = serializers.CharField()
    odds = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    everyone = serializers.FloatField()
    clear = serializers.BooleanField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The fields, with the one whose name the framework keeps for itself."""
        return {name.rstrip("_"): each for name, each in super().get_fields().items()}


class InterestSerializer(serializers.Serializer[Any]):
    """A tag, how many of the member's likes carry it, and how many times as often as everybody's."""

    tag = serializers.CharField()
    likes = serializers.IntegerField()
    lift = serializers.FloatField()


class PreferenceSerializer(serializers.Serializer[Any]):
    """What draws a member. `features` is empty unless `state` is `learned`: it takes `least` choices to tell."""

    member = serializers.CharField()
    state = serializers.ChoiceField(choices=[str(state) for state in State])
    learned_at = serializers.DateTimeField(allow_null=True)
    stale = serializers.BooleanField(help_text="The member gave feedback since.")
    least = serializers.IntegerField()
    choices = serializers.IntegerField()
    impressions = serializers.IntegerField()
    likes = serializers.IntegerField()
    features = DrawSerializer(many=True)
    interests = InterestSerializer(many=True)


@extend_schema(
    operation_id="read_preference", parameters=[WhoSerializer], responses=PreferenceSerializer
)
@api_view(["GET"])
def preference(request: Request) -> Response:
    """What draws one member, and what they like more than others do."""
    require(request.user, *READERS)
    asked = WhoSerializer(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    name = asked.validated_data["member"]
    member = Member.objects.filter(source=source_of(request), outside_id=name).first()
    if member is None:
        raise Missing("unknown_member", _("There is no member %(member)s.") % {"member": name})
    return Response(PreferenceSerializer(_told(name, card_of(member))).data)


def _told(name: str, card: Card) -> dict[str, Any]:
    return {
        "member": name,
        "state": card.state,
        "learned_at": card.fit.made_at if card.fit else None,
        "stale": card.has_news,
        "least": card.least,
        "choices": card.choices,
        "impressions": card.impressions,
        "likes": card.likes,
        "features": [_draw(draw) for draw in card.draws],
        "interests": card.interests,
    }


def _draw(draw: Draw) -> dict[str, Any]:
    return {
        "field": draw.feature.field,
        "value": draw.feature.value,
        "scale": draw.feature.scale,
        "words": draw.words,
        "odds": draw.odds,
        "low": draw.low,
        "high": draw.high,
        "everyone": draw.everyone,
        "clear": draw.is_clear,
    }
