"""Which decisions would have had a part in a stored slate: spared, out of their window, or still drafts.

The slate's own inputs are fused once more with the decision let in; nothing that is stored is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Final
from uuid import UUID

import numpy as np

from curation.catalogue.columns import columns
from curation.decisions.recurrence import clock
from curation.fusion import codec
from curation.fusion.candidates import Candidates
from curation.fusion.codec import Inputs
from curation.fusion.columns import Column
from curation.fusion.derived import D, having
from curation.fusion.engine import fuse
from curation.fusion.policy import Decision, Policy, Window
from curation.fusion.slate import Slate as Fused
from curation.fusion.slate import Verdict
from curation.models import ChangeSet, Item, Surface
from curation.policies.loading import drafts_of, overlay
from curation.queries.items import schema
from curation.queries.members import traits_of
from recsys.models import Slate

MOST: Final = 50
"""So many decisions at most are supposed one by one."""

WITHHELD, SCHEDULED, OVER, DRAFT = "withheld", "scheduled", "over", "draft"


@dataclass(frozen=True, slots=True)
class Supposed:
    """A decision that had no part in a slate: why not (`state`), and what would have become of it.

    `outcome` is a verdict's, or `ended` for a draft that ends a decision, or `apart` where the decision
    does not reach this member or names nothing here; `to` is the decision that it would have lost to.
    """

    decision: str
    revision: int
    kind: str
    state: str
    outcome: str
    why: str = ""
    to: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The row for an API or a page."""
        return asdict(self)


def suppose(slate: Slate, change_set: ChangeSet | None = None) -> list[Supposed] | None:
    """What would have become of the decisions that were spared or out of their window, and of a set's drafts.

    None where the slate's inputs were not kept. Fields that only a draft reads are read as they are now.
    Raises codec.CodecError where the inputs are damaged.
    """
    if slate.inputs is None:
        return None
    inputs = codec.decode_inputs(bytes(slate.inputs))
    told = list(_left_out(inputs))
    return told + (list(_drafted(inputs, slate, change_set)) if change_set else [])


def _left_out(inputs: Inputs) -> Iterator[Supposed]:
    """The decisions of the slate's own policy that had no part in it, each let in by itself."""
    fused = fuse(inputs.candidates, inputs.policy, inputs.context, inputs.seed)
    spared = {verdict.decision for verdict in fused.verdicts if verdict.outcome == WITHHELD}
    found = 0
    for decision in inputs.policy.decisions():
        state = WITHHELD if decision.lineage in spared else _timing(decision, inputs)
        if state and found < MOST:
            found += 1
            let_in = _changed(inputs.policy, {decision.lineage})
            verdict = _verdict(_fused(inputs, let_in), decision.lineage)
            yield _told(decision, state, verdict)


def _timing(decision: Decision, inputs: Inputs) -> str:
    window, instant = decision.window, inputs.context.instant
    if window.starts and instant < window.starts:
        return SCHEDULED
    return OVER if window.ends and window.ends <= instant else ""


def _drafted(inputs: Inputs, slate: Slate, change_set: ChangeSet) -> Iterator[Supposed]:
    """The drafts of a set, let in together, as a publish would."""
    surface = Surface.objects.get(pk=slate.surface_id)
    drafts = drafts_of(change_set, surface)
    policy = overlay(inputs.policy, drafts, inputs.context.instant)
    fused = _fused(inputs, _changed(policy, set(drafts)))
    made = {decision.lineage: decision for decision in policy.decisions()}
    for key, row in drafts.items():
        if row.ends:
            yield Supposed(str(key), row.number, row.decision.kind, DRAFT, "ended")
        else:
            yield _told(made[key], DRAFT, _verdict(fused, key))


def _fused(inputs: Inputs, policy: Policy) -> Fused:
    """The slate's inputs under another policy, with what that reads besides."""
    context = inputs.context
    clocks = {zone: clock(zone, context.instant) for zone in policy.zones - context.clocks.keys()}
    subject = context.subject
    traits = traits_of([subject], policy.member_fields).get(subject, {}) if subject else {}
    context = replace(
        context,
        clocks={**context.clocks, **clocks},
        attributes={**traits, **context.attributes},
    )
    return fuse(_with_fields(inputs.candidates, policy), policy, context, inputs.seed)


def _with_fields(candidates: Candidates, policy: Policy) -> Candidates:
    """The candidates with the fields that a policy reads and their columns lack."""
    kinds = schema()
    missing = (policy.fields - candidates.columns.keys()) & kinds.keys()
    if not missing:
        return candidates
    keys = [candidates.item(row) for row in range(len(candidates))]
    ids, found = columns(Item.objects.filter(pk__in=keys), missing, kinds)
    place = {item: at for at, item in enumerate(ids)}
    rows = np.array([place[item] for item in keys], np.int64)
    added: dict[str, Column] = {name: column.take(rows) for name, column in found.items()}
    return replace(candidates, columns={**candidates.columns, **added})


def _changed(policy: Policy, let_in: set[UUID]) -> Policy:
    """The policy with these decisions in force for everybody at any time."""

    def freed(decisions: Iterable[D]) -> tuple[D, ...]:
        return tuple(
            replace(each, window=Window(), holdback=0.0, traffic=1.0)
            if each.lineage in let_in
            else each
            for each in decisions
        )

    return having(policy, freed)


def _verdict(fused: Fused, decision: UUID) -> Verdict | None:
    return next((each for each in fused.verdicts if each.decision == decision), None)


def _told(decision: Decision, state: str, verdict: Verdict | None) -> Supposed:
    key, kind = str(decision.lineage), type(decision).__name__.lower()
    if verdict is None:
        return Supposed(key, decision.revision, kind, state, "apart")
    to = str(verdict.to) if verdict.to else None
    return Supposed(
        key, decision.revision, verdict.kind, state, str(verdict.outcome), verdict.why, to
    )
