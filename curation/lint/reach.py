"""How far decisions reach: whom and when one of them meets, or covers, another."""

from __future__ import annotations

from curation.fusion.policy import Decision
from curation.fusion.standing import precedence


def overlap(one: Decision, other: Decision) -> bool:
    """Whether there is an instant in both windows."""
    first, second = one.window, other.window
    return (first.ends is None or second.starts is None or second.starts < first.ends) and (
        second.ends is None or first.starts is None or first.starts < second.ends
    )


def meet(one: Decision, other: Decision) -> bool:
    """Whether both may hold for one member; that two segments share nobody cannot be known."""
    members = {each.scope.member for each in (one, other)} - {None}
    return len(members) < 2 and overlap(one, other)


def covers(wide: Decision, narrow: Decision) -> bool:
    """Whether whoever and whenever the narrow one reaches, the wide one does too."""
    who = wide.scope.segment in (None, narrow.scope.segment) and wide.scope.member in (
        None,
        narrow.scope.member,
    )
    starts = wide.window.starts is None or (
        narrow.window.starts is not None and wide.window.starts <= narrow.window.starts
    )
    ends = wide.window.ends is None or (
        narrow.window.ends is not None and wide.window.ends >= narrow.window.ends
    )
    return who and starts and ends


def beats(winner: Decision, loser: Decision) -> bool:
    """Whether of two that claim the same the loser never gets it."""
    always = winner.holdback == 0 and winner.traffic == 1
    return always and precedence(winner) < precedence(loser) and covers(winner, loser)
