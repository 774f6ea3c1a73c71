"""Bodies of the API of change sets."""

from __future__ import annotations

from typing import Any, get_args

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from curation.bodies.fields import StrictSerializer, Text
from curation.bodies.serializers import KINDS
from curation.models import Approval
from curation.policies.approvals import Why


class _ReasonedSerializer(StrictSerializer):
    """What any act on a change set may carry."""

    reason = Text(required=False, default="", allow_blank=True, max_length=1000)


class OpenSerializer(StrictSerializer):
    """The name of a change set."""

    name = Text(max_length=120)


class DiscardSerializer(_ReasonedSerializer):
    """Why a change set is thrown away."""


class ScheduleSerializer(_ReasonedSerializer):
    """When a change set is to be published."""

    at = Text(
        max_length=40,
        help_text="An ISO date and time, with an offset or on the wall clock of `zone`.",
    )
    zone = Text(required=False, max_length=64, help_text="An IANA time zone.")
    which = serializers.ChoiceField(
        required=False,
        choices=["first", "second"],
        help_text="Of the two instants of an hour that comes twice.",
    )


class WithdrawSerializer(_ReasonedSerializer):
    """Whose draft leaves the set."""

    decision = serializers.UUIDField()


class MoveSerializer(WithdrawSerializer):
    """Where a draft goes."""

    to = Text(max_length=120, help_text="An open change set's name or id.")


class AskApprovalSerializer(_ReasonedSerializer):
    """What whoever asks for approval says about it."""


class AnswerApprovalSerializer(StrictSerializer):
    """What a second person says, and to which request: the `id` of the newest act."""

    request = serializers.UUIDField()
    reason = Text(max_length=1000)


class ApprovalActSerializer(serializers.Serializer[Any]):
    """One act on the approval of a change set."""

    id = serializers.UUIDField()
    act = serializers.ChoiceField(choices=[str(act) for act in Approval.Act])
    actor = serializers.CharField()
    at = serializers.DateTimeField()
    reason = serializers.CharField(allow_blank=True)


class ApprovalAskSerializer(serializers.Serializer[Any]):
    """What one surface asks; `share` of its slates change, `above` which a second person approves.

    `unasked` and `thin`: none, or too few, of its requests were replayed to tell.
    """

    surface = serializers.CharField()
    why = serializers.ChoiceField(choices=get_args(Why))
    share = serializers.FloatField(allow_null=True)
    above = serializers.FloatField(allow_null=True)
    message = serializers.CharField()


class ApprovalSerializer(serializers.Serializer[Any]):
    """Whether a second person has to approve a change set, where that stands, and who can be that.

    `lacking`: a publish is refused as things stand; of a surface that is `unsimulated` a simulation may say otherwise.
    """

    change_set = serializers.UUIDField()
    state = serializers.ChoiceField(choices=["none", "asked", "approved", "sent_back", "void"])
    needed = serializers.BooleanField()
    lacking = serializers.BooleanField()
    surfaces = ApprovalAskSerializer(many=True)
    newest = ApprovalActSerializer(allow_null=True)
    who_can = serializers.ListField(child=serializers.CharField())


class PlannedChangeSetSerializer(serializers.Serializer[Any]):
    """A change set as it stands."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=["open", "published", "discarded"])
    author = serializers.CharField()
    created_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)
    discarded_at = serializers.DateTimeField(allow_null=True)
    publish_at = serializers.DateTimeField(allow_null=True)
    zone = serializers.CharField(allow_blank=True)
    scheduled_by = serializers.CharField(allow_null=True)
    refused_at = serializers.DateTimeField(allow_null=True)
    refusal = extend_schema_field(OpenApiTypes.OBJECT)(serializers.JSONField)(allow_null=True)


class ChangeSetListSerializer(serializers.Serializer[Any]):
    """Some change sets."""

    count = serializers.IntegerField()
    results = PlannedChangeSetSerializer(many=True)


class DraftSerializer(serializers.Serializer[Any]):
    """One draft of a change set."""

    decision = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=KINDS)
    revision = serializers.IntegerField()
    ends = serializers.BooleanField()
    surface = serializers.CharField(allow_null=True)
    author = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)


class PlaceFindingSerializer(serializers.Serializer[Any]):
    """What lint found, and where; `other` is the decision that it has to do with."""

    surface = serializers.CharField()
    decision = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=KINDS)
    revision = serializers.IntegerField()
    level = serializers.ChoiceField(choices=["B", "W"])
    code = serializers.CharField()
    text = serializers.CharField()
    other = serializers.UUIDField(required=False)


class ChangeSetDetailSerializer(PlannedChangeSetSerializer):
    """A change set with what it holds and what lint says of it."""

    drafts = DraftSerializer(many=True)
    findings = PlaceFindingSerializer(many=True)
