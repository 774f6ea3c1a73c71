"""Previews over the API: the slate as it is and as drafts would make it, for whoever is named, kept by nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from curation.bodies.fields import StrictSerializer, Text, Whole
from curation.bodies.references import Source, change_set_named, refused, surface_named
from curation.decisions.instants import read_instant
from curation.field_words import DEVICES
from curation.models import ChangeSet, Member, Surface
from curation.people.access import require, source_of
from curation.policies.loading import planned_by
from curation.problems import Problem
from recsys.api.parameters import DEFAULT_SIZE
from recsys.previews import asking as previews
from recsys.previews.asking import Failed, Late, Preview, Trace
from recsys.screens.movements import Movements, between
from recsys.screens.reasons import text_of
from recsys.traces import reading as traces

_TOLD: Final = (
    *("slot", "score", "parts", "boost", "boosts", "clamp", "rounding", "propensity"),
    *("sampled", "pin", "fired", "withheld", "lost"),
)
"""What of a placement is told as the trace has it."""


class PreviewSerializer(StrictSerializer):
    """Whose slate is looked at, where, when, and with which drafts."""

    surface = Text(max_length=50, default="home")
    member = Text(
        max_length=255,
        required=False,
        allow_null=True,
        help_text="By the outside id under the source of the token; without one the slate of nobody in particular.",
    )
    device = serializers.ChoiceField(choices=list(DEVICES), required=False, default="")
    language = serializers.ChoiceField(
        choices=[code for code, _name in settings.LANGUAGES], required=False, default=""
    )
    at = Text(
        max_length=40,
        required=False,
        allow_null=True,
        help_text="The instant, with its offset; what is planned to be published by then is in both slates. "
        "Without one: now.",
    )
    item = Text(
        max_length=255,
        required=False,
        allow_null=True,
        help_text="Where similar items start from: asked for there, and refused elsewhere.",
    )
    change_set = Text(
        max_length=120,
        required=False,
        allow_null=True,
        help_text="An open change set, by its id or its name. Without one only `now` is told.",
    )
    size = Whole(min_value=1, required=False, default=DEFAULT_SIZE)


class PreviewedReasonSerializer(serializers.Serializer[Any]):
    """Why an item stands there; the decision or the scorer where one is the reason."""

    code = serializers.CharField()
    text = serializers.CharField()
    decision = serializers.UUIDField(required=False)
    scorer = serializers.CharField(required=False)


class PreviewedBoostSerializer(serializers.Serializer[Any]):
    """What one rule added to the score or took from it."""

    decision = serializers.UUIDField()
    amount = serializers.FloatField()


class MoveSerializer(serializers.Serializer[Any]):
    """What becomes of an item: `same`, `up` or `down` by so many slots, `new`, or `gone`."""

    code = serializers.ChoiceField(choices=["same", "up", "down", "new", "gone"])
    by = serializers.IntegerField()


class PreviewedSerializer(serializers.Serializer[Any]):
    """An item in its slot: the parts of its score, which sum to it exactly, and who had a hand in it."""

    slot = serializers.IntegerField()
    item = serializers.CharField()
    title = serializers.CharField()
    score = serializers.FloatField()
    parts = serializers.DictField(child=serializers.FloatField(allow_null=True))
    boost = serializers.FloatField()
    boosts = PreviewedBoostSerializer(many=True)
    clamp = serializers.FloatField()
    rounding = serializers.FloatField()
    propensity = serializers.FloatField(allow_null=True)
    sampled = serializers.BooleanField()
    pin = serializers.UUIDField(allow_null=True)
    fired = serializers.ListField(child=serializers.UUIDField())
    withheld = serializers.ListField(child=serializers.UUIDField())
    lost = serializers.ListField(child=serializers.UUIDField())
    reasons = PreviewedReasonSerializer(many=True)
    move = MoveSerializer(allow_null=True)


class PreviewedSideSerializer(serializers.Serializer[Any]):
    """One slate, and from what it was made."""

    policy_version = serializers.IntegerField()
    blocks_version = serializers.IntegerField()
    versions = serializers.DictField(child=serializers.IntegerField())
    instant = serializers.DateTimeField()
    placements = PreviewedSerializer(many=True)


class PlannedSerializer(serializers.Serializer[Any]):
    """A change set that will be published by the instant that is looked at."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class PreviewAnswerSerializer(serializers.Serializer[Any]):
    """Both slates; `drafted` is null where no change set was named. `changes` says in one sentence what moved."""

    now = PreviewedSideSerializer()
    drafted = PreviewedSideSerializer(allow_null=True)
    changes = serializers.CharField(allow_blank=True)
    moved = serializers.IntegerField()
    new = serializers.IntegerField()
    gone = serializers.ListField(child=serializers.CharField())
    planned = PlannedSerializer(many=True)
    ms = serializers.IntegerField()


@extend_schema(
    operation_id="preview",
    request=PreviewSerializer,
    responses={200: PreviewAnswerSerializer, 503: OpenApiResponse(description="Ask again.")},
)
@api_view(["POST"])
def preview(request: Request) -> Response:
    """The slate now and as drafted, by the fuse that live slates are made with; nothing is stored.

    503 where no worker answers in time: ask again.
    """
    require(request.user, "curator")
    body = PreviewSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    given: dict[str, Any] = body.validated_data
    asked = _asked(given, Source(source_of(request)))
    at = datetime.fromisoformat(asked["at"]) if asked["at"] else None
    return Response(_told(_fused(asked), given["size"]) | {"planned": _planned(at)})


def _asked(given: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """What a worker is asked for: see `recsys.previews.worker.both`. Raises a problem that names the field at fault."""
    surface = surface_named(given["surface"])
    assert surface is not None  # noqa: S101 - a body names one
    if given["size"] > surface.depth:
        text = _("At most %(depth)d on this surface.") % {"depth": surface.depth}
        raise refused("size", "invalid", text)
    member = _member(source, given.get("member"))
    home = _drafts_of(given.get("change_set"))
    at = given.get("at")
    return {
        "surface": surface.slug,
        "subject": str(member.subject) if member else None,
        "at": read_instant(at).isoformat() if at else None,
        "size": given["size"],
        "change_set": str(home.pk) if home else None,
        "situation": {
            "device": given["device"],
            "language": given["language"],
            "anchor": _anchor(source, surface, given.get("item")),
        },
    }


def _member(source: Source, outside_id: str | None) -> Member | None:
    """The member, or whom they were merged into; nobody is made by looking."""
    if outside_id is None:
        return None
    rows = Member.objects.select_related("merged_into")
    found = rows.filter(source=source.name, outside_id=outside_id).first()
    if found is None:
        raise refused("member", "unknown_member", _("No member has this id."))
    return found.merged_into or found


def _drafts_of(name: str | None) -> ChangeSet | None:
    if name is None:
        return None
    home = change_set_named(name)
    if home.published_at or home.discarded_at:
        text = _("There is no open change set %(name)s.") % {"name": name}
        raise refused("change_set", "closed", text)
    return home


def _anchor(source: Source, surface: Surface, outside_id: str | None) -> str:
    """Our id of the item that similar items start from; empty elsewhere."""
    takes_item = surface.kind == Surface.Kind.SIMILAR
    if takes_item and outside_id is None:
        raise refused("item", "item_required", _("This surface needs an item to start from."))
    if not takes_item and outside_id is not None:
        raise refused("item", "item_refused", _("This surface starts from no item."))
    return str(source.item(outside_id).pk) if outside_id is not None else ""


def _fused(asked: Mapping[str, Any]) -> Preview:
    try:
        return previews.ask(asked)
    except Late as late:
        problem = Problem(
            503,
            "no_worker",
            _("No worker answered in time"),
            _("Nothing was changed. Ask again in a moment."),
        )
        problem.headers = {"Retry-After": "1"}
        raise problem from late
    except Failed as failed:
        text = _("A worker could not make these slates; its log says why.")
        raise Problem(500, "preview_failed", _("No preview could be made"), text) from failed


def _told(found: Preview, size: int) -> dict[str, Any]:
    """Both sides in outside ids, and what moved between them."""
    sides = [side for side in (found.now, found.drafted) if side]
    names = traces.outside({each["item"] for side in sides for each in side["placements"]})
    moves = between(_items(found.now), _items(found.drafted), size) if found.drafted else None
    gone = moves.gone if moves else ()
    return {
        "now": _side(found.now, names, moves, is_drafted=False),
        "drafted": found.drafted and _side(found.drafted, names, moves, is_drafted=True),
        "changes": moves.sentence if moves else "",
        "moved": moves.moved if moves else 0,
        "new": moves.new if moves else 0,
        "gone": [_named(item, names)["item"] for item in _items(found.now) if item in gone],
        "ms": found.ms,
    }


def _side(
    trace: Trace, names: Mapping[str, Any], moves: Movements | None, *, is_drafted: bool
) -> dict[str, Any]:
    plain = ("policy_version", "blocks_version", "versions", "instant")
    return {
        **{name: trace[name] for name in plain},
        "placements": [
            {
                **{name: each[name] for name in _TOLD},
                **_named(each["item"], names),
                "reasons": [{**reason, "text": text_of(reason)} for reason in each["reasons"]],
                "move": _move(moves, each["item"], is_drafted=is_drafted),
            }
            for each in trace["placements"]
        ],
    }


def _move(moves: Movements | None, item: str, *, is_drafted: bool) -> dict[str, Any] | None:
    """How an item moved, told where it stands afterwards, and before of those that are gone."""
    if moves is None:
        return None
    if not is_drafted:
        return {"code": "gone", "by": 0} if item in moves.gone else None
    move = moves.after[item]
    return {"code": move.code, "by": move.by}


def _named(item: str, names: Mapping[str, Any]) -> dict[str, str]:
    """An item outside; by our id and without a title where it was deleted a moment ago."""
    known = names.get(item, {"item": item, "title": ""})
    return {"item": known["item"], "title": known["title"]}


def _items(trace: Trace | None) -> list[str]:
    return [each["item"] for each in trace["placements"]] if trace else []


def _planned(at: datetime | None) -> list[dict[str, Any]]:
    return [{"id": home.pk, "name": home.name} for home in planned_by(at)] if at else []
