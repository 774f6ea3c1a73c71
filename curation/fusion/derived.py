"""Policies made of others, by a choice among their decisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol, TypeVar

from curation.fusion.policy import Decision, Policy

D = TypeVar("D", bound=Decision)


class Choice(Protocol):
    """Chooses, or makes, decisions of one kind from others of it."""

    def __call__(self, decisions: Iterable[D], /) -> tuple[D, ...]: ...


def having(policy: Policy, chosen: Choice) -> Policy:
    """The policy with what is chosen of its decisions of each kind."""
    return replace(
        policy,
        blocks=chosen(policy.blocks),
        pins=chosen(policy.pins),
        rules=chosen(policy.rules),
        blends=chosen(policy.blends),
    )
