"""What became of every decision that held: it fired, stood idle, lost, or was withheld."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from curation.fusion.candidates import Candidates
from curation.fusion.claims import Claims
from curation.fusion.effects import Exclude, Only, PinMatch, name_of
from curation.fusion.eligibility import Eligibility, Masks
from curation.fusion.policy import Blend, Decision, Pin, Rule
from curation.fusion.slate import Outcome, Verdict
from curation.fusion.standing import Standing


def verdicts(
    candidates: Candidates,
    held: Standing,
    masks: Masks,
    eligible: Eligibility,
    claims: Claims,
) -> tuple[Verdict, ...]:
    """One verdict for each decision that holds in the context, by kind and in the total order.

    Blocks of items that were no candidates are passed over: there may be thousands.
    """
    found = list(_blocks(candidates, held))
    found += _claims(held, claims)
    found += (_rule(rule, masks, eligible) for rule in held.rules if not _claims_slot(rule))
    found += _blends(held)
    found += (
        _verdict(decision, _kind(decision), Outcome.WITHHELD, why)
        for decision, why in held.withheld
    )
    return tuple(found)


def _verdict(
    decision: Decision, kind: str, outcome: Outcome, why: str = "", to: UUID | None = None
) -> Verdict:
    return Verdict(decision.lineage, decision.revision, kind, outcome, why, to)


def _kind(decision: Pin | Rule | Blend) -> str:
    if isinstance(decision, Rule):
        return name_of(decision.effect)
    return "pin" if isinstance(decision, Pin) else "blend"


def _claims_slot(rule: Rule) -> bool:
    return isinstance(rule.effect, PinMatch)


def _blocks(candidates: Candidates, held: Standing) -> Iterator[Verdict]:
    for block in held.blocks:
        if candidates.row(block.item) is not None:
            yield _verdict(block, "block", Outcome.FIRED)


def _claims(held: Standing, claims: Claims) -> Iterator[Verdict]:
    dropped = {drop.decision: drop for drop in claims.dropped}
    shifted = {shift.decision: shift for shift in claims.shifted}
    claimants: list[Pin | Rule] = [*held.pins, *(rule for rule in held.rules if _claims_slot(rule))]
    for decision in claimants:
        drop, shift = dropped.get(decision.lineage), shifted.get(decision.lineage)
        if drop:
            outcome = Outcome.LOST if drop.lost_to else Outcome.IDLE
            yield _verdict(decision, _kind(decision), outcome, drop.why, drop.lost_to)
        elif shift:
            yield _verdict(decision, _kind(decision), Outcome.FIRED, "shifted", shift.lost_to)
        else:
            yield _verdict(decision, _kind(decision), Outcome.FIRED)


def _rule(rule: Rule, masks: Masks, eligible: Eligibility) -> Verdict:
    mask = masks[rule.lineage]
    if isinstance(rule.effect, Only):
        why = "fell_back" if eligible.fallback else ""
        return _verdict(rule, _kind(rule), Outcome.FIRED, why)
    touched = mask if isinstance(rule.effect, Exclude) else mask & eligible.allowed
    return _verdict(rule, _kind(rule), Outcome.FIRED if touched.any() else Outcome.IDLE)


def _blends(held: Standing) -> Iterator[Verdict]:
    for blend in held.blends[:1]:
        yield _verdict(blend, "blend", Outcome.FIRED)
    for blend in held.blends[1:]:
        yield _verdict(blend, "blend", Outcome.LOST, "blend_holds", held.blends[0].lineage)
