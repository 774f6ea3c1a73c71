"""How far decisions reach: whom and when one of them meets, or covers, another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from curation.fusion.policy import Audience, Decision, Hours
from curation.fusion.query import EVERYTHING, canonical
from curation.fusion.standing import precedence

_DAY: Final = 1440
_WEEK: Final = 7 * _DAY


def overlap(one: Decision, other: Decision) -> bool:
    """Whether there is an instant in both windows."""
    first, second = one.window, other.window
    return (first.ends is None or second.starts is None or second.starts < first.ends) and (
        second.ends is None or first.starts is None or first.starts < second.ends
    )


def meet(one: Decision, other: Decision) -> bool:
    """Whether both may hold for one member; that two segments or conditions share nobody cannot be known."""
    members = {each.scope.member for each in (one, other)} - {None}
    return len(members) < 2 and overlap(one, other) and _share_situations(one.who, other.who)


def _share_situations(one: Audience, other: Audience) -> bool:
    pairs = (
        (one.devices, other.devices),
        (one.languages, other.languages),
        (one.anchors, other.anchors),
    )
    if any(left and right and left.isdisjoint(right) for left, right in pairs):
        return False
    return one.hours is None or other.hours is None or _share_hours(one.hours, other.hours)


def _share_hours(one: Hours, other: Hours) -> bool:
    """Whether both hold at some time of a week; those of two zones may."""
    if one.zone != other.zone:
        return True
    return any(
        (left - right) % _WEEK < lasts_right or (right - left) % _WEEK < lasts_left
        for left, lasts_left in _in_week(one)
        for right, lasts_right in _in_week(other)
    )


def _in_week(hours: Hours) -> Iterator[tuple[int, int]]:
    """When in a week, in minutes, the hours begin, and how long they last."""
    lasts = (hours.until - hours.since - 1) % _DAY + 1
    for weekday in hours.weekdays or range(1, 8):
        yield (weekday - 1) * _DAY + hours.since, lasts


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
    return who and starts and ends and _covers_situations(wide.who, narrow.who)


def _covers_situations(wide: Audience, narrow: Audience) -> bool:
    """Whether in every situation of the narrow one the wide one holds, as far as that can be told."""
    pairs = (
        (wide.devices, narrow.devices),
        (wide.languages, narrow.languages),
        (wide.anchors, narrow.anchors),
    )
    listed = all(not left or (right and right <= left) for left, right in pairs)
    hours = wide.hours in (None, narrow.hours)
    asked = wide.member == EVERYTHING or canonical(wide.member) == canonical(narrow.member)
    return listed and hours and asked


def beats(winner: Decision, loser: Decision) -> bool:
    """Whether of two that claim the same the loser never gets it."""
    outranks = precedence(winner) < precedence(loser)
    return spares_nobody(winner) and outranks and covers(winner, loser)


def spares_nobody(decision: Decision) -> bool:
    """Whether a decision holds for all whom it reaches, whatever share of them."""
    return decision.holdback == 0 and decision.traffic == 1
