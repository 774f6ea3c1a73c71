"""fuse: scores and policy in, slate out. No clock, no chance but the seed, no input or output.

The order of the steps: eligibility, allow-lists, scores, boosts, pins, organic slots, emission.
Whatever the order of rows, decisions and names, the same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import numpy as np

from curation.fusion.blending import blend
from curation.fusion.boosts import boost
from curation.fusion.candidates import Candidates
from curation.fusion.claims import Claim, resolve
from curation.fusion.context import Context
from curation.fusion.diversity import knob_of
from curation.fusion.eligibility import Masks, judge
from curation.fusion.emission import Arithmetic, binding_groups, placements
from curation.fusion.fixed import Fixed, Floats
from curation.fusion.limits import CapGroups, Caps, Quotas, cap_groups
from curation.fusion.matching import Table
from curation.fusion.organic import Choice, Draw, Filling, seen
from curation.fusion.policy import Policy, Rule, SurfaceSettings
from curation.fusion.slate import ENGINE_VERSION, Excess, Report, Shortfall, Slate
from curation.fusion.standing import Standing, standing
from curation.fusion.verdicts import verdicts


def fuse(candidates: Candidates, policy: Policy, context: Context, seed: int) -> Slate:
    """Make the slate of a context.

    ``seed`` (64 bits, see ``seeds.seed_of``) drives the exploring slots. Raises ``ValueError`` where the
    context is of another surface than the policy, or lacks what a decision or the diversity knob reads.
    """
    work = _work(candidates, policy, context)
    return _emit(work, _fill(work, policy.surface, seed), policy, context, seed)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What stands where in a slate, and what its exploring slots were drawn from; nothing is explained.

    ``rows`` maps each filled slot up to the depth to a row of ``candidates``, which stand in order of id.
    ``relevance`` is what the blend alone makes of each candidate, before any boost, int64 [n] in billionths.
    """

    candidates: Candidates
    rows: Mapping[int, int]
    draws: Mapping[int, Draw]
    relevance: Fixed

    def chances(self, slot: int) -> Floats:
        """The chance that the slot took each candidate given the slots before it, float64 [n]."""
        if slot in self.draws:
            return self.draws[slot].chances(len(self.candidates))
        chances = np.zeros(len(self.candidates))
        if slot in self.rows:
            chances[self.rows[slot]] = 1.0
        return chances


def arrange(candidates: Candidates, policy: Policy, context: Context, seed: int) -> Arrangement:
    """Place what ``fuse`` places, and stop there: who compares thousands of slates reads no trace of them."""
    work = _work(candidates, policy, context)
    filled = _fill(work, policy.surface, seed)
    depth = policy.surface.depth
    rows = {slot: origin.row for slot, origin in filled.origins if slot <= depth}
    return Arrangement(work.candidates, rows, filled.draws, work.blended.utility)


def _work(candidates: Candidates, policy: Policy, context: Context) -> Arithmetic:
    """All that is reckoned before the first organic slot is filled."""
    surface = policy.surface
    if context.surface != surface.slug:
        raise ValueError(f"a context of {context.surface} for a policy of {surface.slug}")
    candidates = candidates.in_order()
    held = standing(policy, context)
    masks = _masks(candidates, held)
    eligible = judge(candidates, held, masks)
    blended = blend(candidates, held.blends)
    boosted = boost(blended, held.rules, masks)
    claims = resolve(candidates, held, eligible.allowed, boosted, masks, surface.depth)
    return Arithmetic(candidates, held, masks, eligible, blended, boosted, claims)


@dataclass(frozen=True, slots=True)
class _Filled:
    """What stands where: slot and origin of every placement and reserve item, in order."""

    origins: Sequence[tuple[int, Claim | Choice]]
    caps: Sequence[CapGroups]
    excesses: tuple[Excess, ...]
    shortfalls: tuple[Shortfall, ...]
    seen: int
    draws: Mapping[int, Draw]


def _masks(candidates: Candidates, held: Standing) -> Masks:
    """What each rule names, also those withheld, since the trace tells of them."""
    table = Table(len(candidates), candidates.columns, candidates.index)
    spared = (decision for decision, _ in held.withheld if isinstance(decision, Rule))
    return {rule.lineage: table.matches(rule.what) for rule in (*held.rules, *spared)}


def _fill(work: Arithmetic, surface: SurfaceSettings, seed: int) -> _Filled:
    """Fill the slots around the pins, then the reserve."""
    candidates, rules = work.candidates, work.held.rules
    layout = cap_groups(candidates, rules, work.masks, surface.depth)
    pins = {slot: claim.row for slot, claim in work.claims.placed.items()}
    caps = Caps(layout, len(candidates), pins)
    quotas = Quotas(rules, work.masks, surface.depth, pins)
    repeated = seen(candidates, surface.repeat)
    knob = knob_of(surface.diversity, candidates)
    filling = Filling(candidates, work.boosted, surface, knob, seed)
    choices = filling.fill(work.eligible.allowed & ~repeated, pins, caps, quotas)
    origins: list[tuple[int, Claim | Choice]] = [*work.claims.placed.items()]
    origins += [(choice.slot, choice) for choice in choices]
    origins.sort(key=lambda origin: origin[0])
    return _Filled(
        origins=origins,
        caps=layout,
        excesses=caps.excesses,
        shortfalls=_shortfalls(origins, quotas, surface),
        seen=int(np.count_nonzero(work.eligible.allowed & repeated)),
        draws=filling.draws,
    )


def _shortfalls(
    origins: Sequence[tuple[int, Claim | Choice]], quotas: Quotas, surface: SurfaceSettings
) -> tuple[Shortfall, ...]:
    slots = sum(1 for slot, _ in origins if slot <= surface.depth)
    reserve = len(origins) - slots
    lacking = [
        Shortfall("quota", quota.least, quota.got, quota.decision)
        for quota in quotas.counts
        if quota.got < quota.least
    ]
    if slots < surface.depth:
        lacking.append(Shortfall("slots", surface.depth, slots))
    if reserve < surface.reserve:
        lacking.append(Shortfall("reserve", surface.reserve, reserve))
    return tuple(lacking)


def _emit(work: Arithmetic, filled: _Filled, policy: Policy, context: Context, seed: int) -> Slate:
    rows = [origin.row for _, origin in filled.origins]
    groups, members = binding_groups(filled.caps, rows)
    placed = placements(work, filled.origins, members)
    depth = policy.surface.depth
    return Slate(
        surface=policy.surface.slug,
        subject=context.subject,
        instant=context.instant,
        device=context.device,
        language=context.language,
        anchor=context.anchor,
        segments=context.segments,
        policy_version=policy.version,
        blocks_version=policy.blocks_version,
        seed=seed,
        depth=depth,
        engine_version=ENGINE_VERSION,
        valid_until=_valid_until(policy, context.instant),
        versions=dict(context.versions),
        models=dict(context.models),
        blend=work.blended.used,
        placements=tuple(each for each in placed if each.slot <= depth),
        reserve=tuple(each for each in placed if each.slot > depth),
        groups=groups,
        denials=work.eligible.denials,
        verdicts=verdicts(work.candidates, work.held, work.masks, work.eligible, work.claims),
        report=_report(work, filled),
    )


def _report(work: Arithmetic, filled: _Filled) -> Report:
    allowed = work.eligible.allowed
    return Report(
        candidates=len(allowed),
        denied=len(allowed) - int(np.count_nonzero(allowed)),
        seen=filled.seen,
        fallback=work.eligible.fallback,
        dropped_pins=work.claims.dropped,
        shifted_pins=work.claims.shifted,
        excesses=filled.excesses,
        shortfalls=filled.shortfalls,
    )


def _valid_until(policy: Policy, instant: datetime) -> datetime | None:
    """The policy's own end, or the next UTC midnight where the surface explores, if that is sooner."""
    ends = [policy.valid_until] if policy.valid_until else []
    if any(slot <= policy.surface.depth for slot in policy.surface.exploring):
        tomorrow = instant.astimezone(UTC).date() + timedelta(days=1)
        ends.append(datetime.combine(tomorrow, time(), UTC))
    return min(ends, default=None)
