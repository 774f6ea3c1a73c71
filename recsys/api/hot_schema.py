"""What the hot endpoints take and answer, as OpenAPI 3.1: they skip DRF, so nothing can be read off their code."""

from __future__ import annotations

from typing import Final

from curation.field_words import DEVICES
from curation.models import Surface
from curation.problems import CONTENT_TYPE
from feedback.intake.parsing import KINDS, MAX_COMMENT
from recsys.api.parameters import DEFAULT_SIZE, MAX_EXCLUDED
from recsys.api.shapes import (
    COUNT,
    FLAG,
    NUMBER,
    OUTSIDE_ID,
    TEXT,
    UUID,
    Schema,
    any_or,
    array,
    record,
    ref,
)
from recsys.api.slate_shapes import SLATES

COMPONENTS: Final[Schema] = {
    "Problem": record(
        {
            "type": {"type": "string", "format": "uri"},
            "title": TEXT,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": TEXT,
            "detail": TEXT,
            "errors": array(
                {
                    "type": "object",
                    "properties": {"field": TEXT, "code": TEXT, "message": TEXT},
                    "required": ["code", "message"],
                }
            ),
        },
        optional=("errors",),
        description="Every error, as problem details (RFC 9457).",
    ),
    **SLATES,
    "Interaction": record(
        {
            "event": OUTSIDE_ID | {"description": "Your own key: sent twice, it counts once."},
            "member": OUTSIDE_ID,
            "item": OUTSIDE_ID,
            "kind": {"type": "string", "enum": list(KINDS)},
            "value": NUMBER
            | {
                "description": "Stars from 1 to 5 of a rating, seconds of a view, amount of a purchase, "
                "1 or 0 of a favourite."
            },
            "undoes": OUTSIDE_ID | {"description": "The event that an undo takes back."},
            "occurred_at": {"type": "string", "format": "date-time"},
            "impression": UUID | {"description": "The impression that this answers."},
            "text": {"type": "string", "minLength": 1, "maxLength": MAX_COMMENT}
            | {"description": "What a comment says."},
            "public": FLAG | {"description": "Whether everybody may read a comment."},
        },
        optional=("item", "value", "undoes", "occurred_at", "impression", "text", "public"),
    ),
    "InteractionBatch": record({"interactions": array(any_or("Interaction"), maxItems=1000)}),
    "ItemRow": record(
        {
            "item": OUTSIDE_ID,
            "title": TEXT,
            "description": TEXT,
            "attributes": {
                "type": "object",
                "description": "By declared key; null takes one away.",
            },
            "provider": TEXT,
            "image": {"type": "string", "format": "uri"},
            "published_on": {"type": ["string", "null"], "format": "date"},
            "active": FLAG,
        },
        optional=(
            "title",
            "description",
            "attributes",
            "provider",
            "image",
            "published_on",
            "active",
        ),
        description="An item; what is not named stays as it is. A new one needs a title.",
    ),
    "MemberRow": record(
        {
            "member": OUTSIDE_ID,
            "language": TEXT,
            "time_zone": TEXT,
            "attributes": {"type": "object"},
        },
        optional=("language", "time_zone", "attributes"),
        description="A member; what is not named stays as it is.",
    ),
    "InteractionResult": record(
        {
            "event": {"type": ["string", "null"]},
            "status": {"type": "string", "enum": ["accepted", "duplicate", "rejected"]},
            "reason": TEXT
            | {"description": "A code; with a rejection, or an undo that waits for its event."},
            "detail": TEXT | {"description": "The reason in words."},
        },
        optional=("reason", "detail"),
    ),
    "Merge": record(
        {
            "member": TEXT | {"description": "Who turned out to be another."},
            "into": TEXT | {"description": "Who stays."},
            "reason": TEXT,
        },
        optional=("reason",),
    ),
    "Merged": record(
        {
            "member": TEXT,
            "into": TEXT | {"description": "Who the member is now."},
            "status": {"type": "string", "enum": ["merged", "unchanged"]},
            "interactions": COUNT | {"description": "How many came along."},
        }
    ),
    "InteractionResults": record(
        {
            "results": array(ref("InteractionResult")),
            "recommendations": ref("Recommendations"),
        },
        optional=("recommendations",),
    ),
    "Trace": {
        "type": "object",
        "description": "A slate with its arithmetic and the decisions behind it.",
    },
    "Replay": {
        "type": "object",
        "properties": {"identical": FLAG},
        "required": ["identical"],
        "description": "Whether fusing the stored inputs again gives the same bytes.",
    },
}


def parameter(name: str, schema: Schema, description: str, **more: object) -> Schema:
    """A query parameter."""
    return {"name": name, "in": "query", "schema": schema, "description": description} | more


DEPTH: Final = Surface._meta.get_field("depth").default
SIZE: Final = parameter(
    "size",
    {"type": "integer", "minimum": 1, "maximum": DEPTH, "default": DEFAULT_SIZE},
    "How many placements; at most the depth of the surface, which is 50 unless it was changed.",
)
WAIT: Final = parameter(
    "wait_ms",
    {"type": "integer", "minimum": 0, "maximum": 10_000},
    "How long to wait for a fresh slate before another is served.",
)
DEVICE: Final = parameter(
    "device",
    {"type": "string", "enum": list(DEVICES)},
    "What the slate will be shown on; decisions for other devices then do not hold.",
)
SURFACE: Final = {"type": "string", "minLength": 1, "maxLength": 50, "pattern": "^[-a-zA-Z0-9_]+$"}
SWITCH: Final = {"type": "string", "enum": ["0", "1", "true", "false"]}


def answers(schema: Schema, description: str) -> Schema:
    """The answer of 200."""
    return {
        "200": {"description": description, "content": {"application/json": {"schema": schema}}}
    }


PATHS: Final[Schema] = {
    "/api/v1/recommendations/": {
        "get": {
            "operationId": "recommend",
            "summary": "A slate for a member; an unknown member is a new one.",
            "tags": ["recommendations"],
            "parameters": [
                parameter(
                    "member",
                    OUTSIDE_ID,
                    "Required of a client; a member's own token may leave it out.",
                ),
                parameter(
                    "surface", SURFACE | {"default": "home"}, "Where the slate will be shown."
                ),
                SIZE,
                parameter(
                    "item", OUTSIDE_ID, "The item to start from, on a similar-items surface only."
                ),
                DEVICE,
                parameter(
                    "exclude",
                    array(OUTSIDE_ID, maxItems=MAX_EXCLUDED),
                    "Items to leave out; repeat it.",
                ),
                parameter("explain", SWITCH, "Add what stands behind each placement."),
                WAIT,
            ],
            "responses": answers(ref("Recommendations"), "The slate."),
        }
    },
    "/api/v1/interactions/": {
        "post": {
            "operationId": "record_interactions",
            "summary": "Record what members did, each event exactly once; answer with a new slate if asked.",
            "tags": ["interactions"],
            "parameters": [
                parameter(
                    "refresh",
                    SURFACE,
                    "Answer with a slate of this surface; the body then has one member.",
                ),
                SIZE,
                DEVICE,
                WAIT,
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "anyOf": [
                                ref("InteractionBatch"),
                                ref("Interaction"),
                                {"type": "object", "not": {"required": ["interactions"]}},
                            ]
                        }
                    }
                },
            },
            "responses": answers(ref("InteractionResults"), "A result for each event, in order."),
        }
    },
    "/api/v1/members/merge/": {
        "post": {
            "operationId": "merge_members",
            "summary": "Two members are one person: what the one did becomes the other's.",
            "tags": ["members"],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": ref("Merge")}},
            },
            "responses": answers(ref("Merged"), "Who the member is now."),
        }
    },
    "/api/v1/slates/{slate_id}/": {
        "get": {
            "operationId": "read_slate",
            "summary": "The trace of a slate, or its replay.",
            "tags": ["slates"],
            "parameters": [
                {"name": "slate_id", "in": "path", "required": True, "schema": UUID},
                parameter("replay", SWITCH, "Fuse the stored inputs again and compare."),
                parameter("suppose", SWITCH, "Tell of decisions that were left out; for staff."),
                parameter("change_set", TEXT, "With the drafts of this set besides; for staff."),
            ],
            "responses": answers(
                {"anyOf": [ref("Replay"), ref("Trace")]}, "The trace, or the replay."
            ),
        }
    },
}

PROBLEM: Final = {"content": {CONTENT_TYPE: {"schema": ref("Problem")}}}
