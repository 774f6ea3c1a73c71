"""Slates as canonical JSON, and the inputs of a fuse as compressed bytes that replay."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Self
from uuid import UUID

import orjson

from curation.fusion.candidates import Candidates
from curation.fusion.context import Context
from curation.fusion.derived import D, having
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
from curation.fusion.policy import Policy
from curation.fusion.records import from_data, to_data
from curation.fusion.slate import ENGINE_VERSION, Placement, Reason, Slate

_MAGIC: Final = b"TFI1"
_LEVEL: Final = 1
_POLICIES: Final = 16
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
        "policy": _policy_json(policy, policy.of_members & {context.subject}),
        "candidates": candidates_data(candidates.in_order(), policy.fields, arrays),
        "context": context_data(context, arrays),
    }
    data["arrays"], packed = pack_arrays(arrays)
    header = _canonical(data)
    body = len(header).to_bytes(4, "big") + header + packed
    return _MAGIC + zlib.compress(body, _LEVEL)


@lru_cache(maxsize=_POLICIES)
def _policy_json(policy: Policy, members: frozenset[UUID | None]) -> orjson.Fragment:
    """The policy without decisions on others than these members; nearly everybody's is the same."""
    return orjson.Fragment(_canonical(to_data(_relevant(policy, members))))


def _relevant(policy: Policy, members: frozenset[UUID | None]) -> Policy:
    """The policy without decisions on members beside these, its decisions in order of lineage."""

    def kept(decisions: Iterable[D]) -> tuple[D, ...]:
        met = (each for each in decisions if each.scope.member in {None, *members})
        return tuple(sorted(met, key=lambda each: each.lineage))

    return having(policy, kept)


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
        policy=_policy(orjson.dumps(data["policy"])),
        context=read_context(data["context"], arrays),
        seed=data["seed"],
        engine_version=data["engine"],
    )


@lru_cache(maxsize=_POLICIES)
def _policy(told: bytes) -> Policy:
    """A policy of JSON; slates that are read one after the other mostly share theirs."""
    policy: Policy = from_data(Policy, orjson.loads(told))
    return policy


def replay(stored: bytes) -> Slate:
    """Fuse stored inputs again: the same bytes under the same engine version. Raises ``CodecError``."""
    inputs = decode_inputs(stored)
    return fuse(inputs.candidates, inputs.policy, inputs.context, inputs.seed)


def encode_slate(slate: Slate) -> bytes:
    """Write the whole trace of a slate as canonical JSON: sorted keys, decimals of nine places."""
    return _canonical(slate_data(slate))


def encode_both(slate: Slate) -> tuple[bytes, dict[str, Any]]:
    """What ``encode_slate`` and ``slate_body`` give, with what they have in common written once."""
    placed = _Placed.of(slate)
    return _canonical(_trace(slate, placed)), _body(slate, placed)


def _canonical(data: dict[str, Any]) -> bytes:
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS)


def slate_data(slate: Slate) -> dict[str, Any]:
    """The whole trace of a slate as JSON data, ids as text, amounts as decimals."""
    return _trace(slate, _Placed.of(slate))


def slate_body(slate: Slate) -> dict[str, Any]:
    """What readers need of a slate, as JSON data: the placements, and what ``refill.serve`` goes by.

    ``groups`` are [limit, last slot] of the caps that could bind; a placement's ``groups`` index them.
    """
    return _body(slate, _Placed.of(slate))


@dataclass(frozen=True, slots=True)
class _Placed:
    """What trace and body say alike of each placement, as JSON data."""

    slots: list[dict[str, Any]]
    reserve: list[dict[str, Any]]

    @classmethod
    def of(cls, slate: Slate) -> Self:
        return cls(
            *([_placed(each) for each in part] for part in (slate.placements, slate.reserve))
        )


def _trace(slate: Slate, placed: _Placed) -> dict[str, Any]:
    data: dict[str, Any] = {name: to_data(getattr(slate, name)) for name in _FROZEN}
    data["blend"] = _complete(slate.blend)
    data["placements"] = list(map(_traced, slate.placements, placed.slots))
    data["reserve"] = list(map(_traced, slate.reserve, placed.reserve))
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


def _body(slate: Slate, placed: _Placed) -> dict[str, Any]:
    return {
        "surface": slate.surface,
        "depth": slate.depth,
        "engine_version": slate.engine_version,
        "valid_until": to_data(slate.valid_until),
        "versions": dict(slate.versions),
        "placements": placed.slots,
        "reserve": placed.reserve,
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


def _traced(placement: Placement, placed: dict[str, Any]) -> dict[str, Any]:
    selection = placement.selection
    return {
        **placed,
        "boosts": [
            {"decision": str(decision), "amount": decimal(amount)}
            for decision, amount in placement.boosts
        ],
        "clamp": decimal(placement.clamp),
        "tier": placement.tier,
        "pin": placement.pin and str(placement.pin),
        "fired": _ids(placement.fired),
        "withheld": _ids(placement.withheld),
        "lost": _ids(placement.lost),
        "selection": selection
        and {
            "kind": selection.kind,
            "value": decimal(selection.value),
            "penalty": decimal(selection.penalty),
        },
    }


def _ids(decisions: Iterable[UUID]) -> list[str]:
    return [str(each) for each in decisions]


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, **reason.parameters}


def _complete(record: Any) -> dict[str, Any]:  # noqa: ANN401  (any dataclass)
    return {name: to_data(getattr(record, name)) for name in record.__dataclass_fields__}


def _rows(records: Iterable[object]) -> list[Mapping[str, Any]]:
    return [_complete(record) for record in records]
