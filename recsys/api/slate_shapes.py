"""The shapes of a slate over the API, and of what explains it."""

from __future__ import annotations

from typing import Final

from recsys.api.shapes import (
    COUNT,
    FLAG,
    MAYBE_UUID,
    NUMBER,
    TEXT,
    UUID,
    Schema,
    array,
    mapping,
    record,
    ref,
)

SLATES: Final[Schema] = {
    "Reason": record({"code": TEXT, "text": TEXT}),
    "Placement": record(
        {
            "slot": {"type": "integer", "minimum": 1},
            "item": TEXT,
            "title": TEXT,
            "score": NUMBER,
            "parts": mapping({"type": ["number", "null"]})
            | {"description": "What each live scorer gave; null where it does not know the item."},
            "boost": NUMBER,
            "rounding": NUMBER,
            "reasons": array(ref("Reason")),
            "explanation": ref("Explanation") | {"description": "With `explain` only."},
        },
        optional=("explanation",),
    ),
    "Explanation": record(
        {
            "fired": array(UUID),
            "withheld": array(UUID),
            "lost": array(UUID),
            "pinned": FLAG,
            "curated": FLAG,
            "sampled": FLAG,
            "propensity": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
            "evidence": {
                "type": ["array", "null"],
                "items": ref("Evidence"),
                "description": "Null where no worker could say in time.",
            },
        },
        description="The decisions behind a placement, the chance with which it was drawn, and what of the "
        "member's history spoke for it.",
    ),
    "Evidence": record(
        {
            "scorer": TEXT,
            "items": array(
                record(
                    {
                        "item": TEXT,
                        "title": TEXT,
                        "share": {"type": "number", "minimum": 0, "maximum": 1},
                    }
                )
            ),
        },
        description="The items of the history that spoke most for a scorer's score, at most three.",
    ),
    "Recommendations": record(
        {
            "impression": UUID,
            "slate": MAYBE_UUID,
            "mode": {"type": "string", "enum": ["fresh", "stale", "fallback"]},
            "short": FLAG | {"description": "Fewer placements than asked for could be had."},
            "versions": mapping(COUNT),
            "placements": array(ref("Placement")),
        }
    ),
}
