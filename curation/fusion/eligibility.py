"""Steps 2 and 3: what may be shown at all. Denials override everything that follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from curation.fusion.candidates import Candidates
from curation.fusion.effects import Exclude, Fallback, Only
from curation.fusion.fixed import Mask
from curation.fusion.slate import Denial, Denied
from curation.fusion.standing import Standing

Masks = Mapping[UUID, Mask]
"""A rule's lineage to the candidates that it names."""

_GRAVITY = {code: rank for rank, code in enumerate(Denial)}


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Who may be placed, bool [n]; every cause that denies a candidate; the allow-list's fallback."""

    allowed: Mask
    denials: tuple[Denied, ...]
    fallback: tuple[UUID, str] | None


@dataclass(frozen=True, slots=True)
class _Cause:
    code: Denial
    decision: UUID | None
    denied: Mask


def judge(candidates: Candidates, held: Standing, masks: Masks) -> Eligibility:
    """Unite all denials, then intersect the allow-lists with what is left."""
    causes = list(_causes(candidates, held, masks))
    allowed = np.ones(len(candidates), np.bool_)
    for cause in causes:
        allowed &= ~cause.denied
    only = [(rule.lineage, rule.effect) for rule in held.rules if isinstance(rule.effect, Only)]
    listed: Masks = {lineage: masks[lineage] for lineage, _ in only}
    fallback = None
    if only and not _intersect(allowed, listed).any():
        lineage, effect = only[0]
        listed = _fall_back(candidates, lineage, effect)
        fallback = (lineage, effect.fallback.value)
    causes += [_Cause(Denial.NOT_LISTED, rule, ~mask) for rule, mask in listed.items()]
    return Eligibility(_intersect(allowed, listed), _denials(candidates, causes), fallback)


def _intersect(allowed: Mask, listed: Masks) -> Mask:
    result = allowed.copy()
    for mask in listed.values():
        result &= mask
    return result


def _fall_back(candidates: Candidates, lineage: UUID, effect: Only) -> Masks:
    """What the best of the allow-list rules allows instead; nothing listed means no allow-list."""
    if effect.fallback is Fallback.ORGANIC:
        return {}
    items = effect.items if effect.fallback is Fallback.LIST else ()
    return {lineage: _rows_of(candidates, items)}


def _rows_of(candidates: Candidates, items: Iterable[UUID]) -> Mask:
    mask = np.zeros(len(candidates), np.bool_)
    rows = (candidates.row(item) for item in items)
    mask[[row for row in rows if row is not None]] = True
    return mask


def _causes(candidates: Candidates, held: Standing, masks: Masks) -> Iterator[_Cause]:
    yield _Cause(Denial.INACTIVE, None, ~candidates.active)
    yield _Cause(Denial.NEVER, None, _rows_of(candidates, candidates.nevers))
    for block in held.blocks:
        if candidates.row(block.item) is None:
            continue
        code = Denial.SAFETY_BLOCK if block.safety else Denial.BLOCK
        yield _Cause(code, block.lineage, _rows_of(candidates, (block.item,)))
    for rule in held.rules:
        if isinstance(rule.effect, Exclude):
            yield _Cause(Denial.EXCLUDED, rule.lineage, masks[rule.lineage])


def _denials(candidates: Candidates, causes: Iterable[_Cause]) -> tuple[Denied, ...]:
    hitting = [cause for cause in causes if cause.denied.any()]
    hitting.sort(key=lambda cause: _GRAVITY[cause.code])
    return tuple(
        Denied(cause.code, cause.decision, candidates.ids[cause.denied].tobytes())
        for cause in hitting
    )
