"""Why an item stands where it does, as codes with parameters; whoever shows them finds the words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final
from uuid import UUID

from curation.fusion.claims import Claim
from curation.fusion.organic import Choice
from curation.fusion.slate import Reason

REASONS: Final[Mapping[str, tuple[str, ...]]] = {
    "pinned": ("decision",),
    "pinned_best_match": ("decision",),
    "explored": (),
    "quota": ("decision",),
    "boosted": ("decision",),
    "buried": ("decision",),
    "to_bottom": (),
    "unscored": (),
    "scorer": ("scorer",),
}
"""Every reason code with its parameters, in the order in which a placement lists them."""


def reasons(
    origin: Claim | Choice,
    parts: Mapping[str, int | None],
    boosts: tuple[tuple[UUID, int], ...],
    *,
    scored: bool,
    bottom: bool,
) -> tuple[Reason, ...]:
    """All reasons of one placement; ``scorer`` names the one that speaks for the item most."""
    found = list(_origin(origin))
    for decision, amount in boosts:
        code = "boosted" if amount > 0 else "buried"
        found.append(Reason(code, {"decision": str(decision)}))
    if bottom:
        found.append(Reason("to_bottom"))
    if not scored:
        found.append(Reason("unscored"))
    known = ((amount, scorer) for scorer, amount in parts.items() if amount)
    amount, scorer = max(known, default=(0, ""))
    if amount > 0:
        found.append(_speaking(scorer))
    return tuple(found)


@cache
def _speaking(scorer: str) -> Reason:
    """The reason of most placements, made once for each scorer."""
    return Reason("scorer", {"scorer": scorer})


def _origin(origin: Claim | Choice) -> Iterator[Reason]:
    if isinstance(origin, Claim):
        code = "pinned_best_match" if origin.best_match else "pinned"
        yield Reason(code, {"decision": str(origin.decision)})
        return
    if origin.sampled:
        yield Reason("explored")
    if origin.quota:
        yield Reason("quota", {"decision": str(origin.quota)})
