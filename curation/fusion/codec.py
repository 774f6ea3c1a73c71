"""Slates as canonical JSON, and the inputs of a fuse as compressed bytes that replay."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson

from curation.fusion.candidates import Candidates
from curation.fusion.context import Context
from curation.fusion.engine import fuse
from curation.fusion.fixed import decimal
from curation.fusion.packing import (
    Arrays,
    candidates_data,
    context_data,
    pack_arrays,
    read_candidates,
    read_context,
    unpack_arrays,
)
from curation.fusion.policy import Decision, Policy
from curation.fusion.records import from_data, to_data
from curation.fusion.slate import ENGINE_VERSION, Placement, Reason, Slate

D = TypeVar("D", bound=Decision)

_MAGIC: Final = b"TFI1"
_LEVEL: Final = 1
_FAULTS: Final = (ValueError, TypeError, KeyError, IndexError, zlib.error)


_FROZEN: Final = (
    "surface",
    "subject",
    "instant",
    "device",
    "language",
    "anchor",
    "segments",
    "policy_version",
    "blocks_version",
    "seed",
    "depth",
    "engine_version",
    "valid_until",
    "versions",
    "models",
)


class CodecError(ValueError):
    """Bytes that are not the stored inputs of a fuse."""


@dataclass(frozen=True, eq=False, slots=True)
class Inputs:
    """What a slate was fused from, and by which engine."""

    candidates: Candidates
    policy: Policy
    context: Context
    seed: int
    engine_version: str


def encode_inputs(candidates: Candidates, policy: Policy, context: Context, seed: int) -> bytes:
    """Write the inputs of a fuse as compressed bytes; the same inputs in any order give the same bytes.

    Only what fuse reads is kept: the columns that the policy names, the nevers among the candidates,
    and no decision on another member.
    """
    arrays: Arrays = {}
    data = {
        "engine": ENGINE_VERSION,
        "seed": seed,
        "policy": to_data(_relevant(policy, context.subject)),
        "candidates": candidates_data(candidates.in_order(), policy.fields, arrays),
        "context": context_data(context, arrays),
    }
    data["arrays"], packed = pack_arrays(arrays)
    header = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    body = len(header).to_bytes(4, "big") + header + packed
    return _MAGIC + zlib.compress(body, _LEVEL)


def _relevant(policy: Policy, subject: UUID | None) -> Policy:
    """The policy without decisions on other members, its decisions in order of lineage."""

    def kept(decisions: Iterable[D]) -> tuple[D, ...]:
        mine = (each for each in decisions if each.scope.member in (None, subject))
        return tuple(sorted(mine, key=lambda each: each.lineage))

    return replace(
        policy,
        blocks=kept(policy.blocks),
        pins=kept(policy.pins),
        rules=kept(policy.rules),
        blends=kept(policy.blends),
    )


def decode_inputs(stored: bytes) -> Inputs:
    """Read what ``encode_inputs`` wrote; raises ``CodecError``."""
    if not stored.startswith(_MAGIC):
        raise CodecError("not the inputs of a fuse")
    try:
        return _decode(zlib.decompress(stored[len(_MAGIC) :]))
    except _FAULTS as fault:
        raise CodecError(f"the inputs of a fuse are damaged: {fault}") from fault


def _decode(body: bytes) -> Inputs:
    start = 4 + int.from_bytes(body[:4], "big")
    data = orjson.loads(body[4:start])
    arrays = unpack_arrays(data["arrays"], body[start:])
    return Inputs(
        candidates=read_candidates(data["candidates"], arrays),
        policy=from_data(Policy, data["policy"]),
        context=read_context(data["context"], arrays),
        seed=data["seed"],
        engine_version=data["engine"],
    )


def replay(stored: bytes) -> Slate:
    """Fuse stored inputs again: the same bytes under the same engine version. Raises ``CodecError``."""
    inputs = decode_inputs(stored)
    return fuse(inputs.candidates, inputs.policy, inputs.context, inputs.seed)


def encode_slate(slate: Slate) -> bytes:
    """Write the whole trace of a slate as canonical JSON: sorted keys, decimals of nine places."""
    return orjson.dumps(slate_data(slate), option=orjson.OPT_SORT_KEYS)


def slate_data(slate: Slate) -> dict[str, Any]:
    """The whole trace of a slate as JSON data, ids as text, amounts as decimals."""
    data: dict[str, Any] = {name: to_data(getattr(slate, name)) for name in _FROZEN}
    data["blend"] = _complete(slate.blend)
    data["placements"] = [_traced(each) for each in slate.placements]
    data["reserve"] = [_traced(each) for each in slate.reserve]
    data["groups"] = _rows(slate.groups)
    data["verdicts"] = _rows(slate.verdicts)
    data["denials"] = [
        {"code": each.code, "decision": to_data(each.decision), "items": to_data(each.items)}
        for each in slate.denials
    ]
    report = slate.report
    data["report"] = {
        **_complete(report),
        "dropped_pins": _rows(report.dropped_pins),
        "shifted_pins": _rows(report.shifted_pins),
        "excesses": _rows(report.excesses),
        "shortfalls": _rows(report.shortfalls),
    }
    return data


def slate_body(slate: Slate) -> dict[str, Any]:
    """What readers need of a slate, as JSON data: the placements, and what ``refill.serve`` goes by.

    ``groups`` are [limit, last slot] of the caps that could bind; a placement's ``groups`` index them.
    """
    return {
        "surface": slate.surface,
        "depth": slate.depth,
        "engine_version": slate.engine_version,
        "valid_until": to_data(slate.valid_until),
        "versions": dict(slate.versions),
        "placements": [_placed(each) for each in slate.placements],
        "reserve": [_placed(each) for each in slate.reserve],
        "groups": [[group.limit, group.first] for group in slate.groups],
    }


def _placed(placement: Placement) -> dict[str, Any]:
    return {
        "slot": placement.slot,
        "item": str(placement.item),
        "score": decimal(placement.score),
        "parts": {
            scorer: None if part is None else decimal(part)
            for scorer, part in placement.parts.items()
        },
        "boost": decimal(placement.boost),
        "rounding": decimal(placement.rounding),
        "pinned": placement.pin is not None,
        "propensity": decimal(placement.propensity),
        "sampled": placement.sampled,
        "reasons": [_reason(reason) for reason in placement.reasons],
        "groups": list(placement.groups),
    }


def _traced(placement: Placement) -> dict[str, Any]:
    selection = placement.selection
    return {
        **_placed(placement),
        "boosts": [
            {"decision": str(decision), "amount": decimal(amount)}
            for decision, amount in placement.boosts
        ],
        "clamp": decimal(placement.clamp),
        "tier": placement.tier,
        "pin": to_data(placement.pin),
        "fired": to_data(placement.fired),
        "withheld": to_data(placement.withheld),
        "lost": to_data(placement.lost),
        "selection": selection
        and {
            "kind": selection.kind,
            "value": decimal(selection.value),
            "penalty": decimal(selection.penalty),
        },
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, **reason.parameters}


def _complete(record: Any) -> dict[str, Any]:  # noqa: ANN401  (any dataclass)
    return {name: to_data(getattr(record, name)) for name in record.__dataclass_fields__}


def _rows(records: Iterable[object]) -> list[Mapping[str, Any]]:
    return [_complete(record) for record in records]
