"""Lengths of time in words."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _

MINUTE_S: Final = 60
HOUR_S: Final = 3600
DAY_S: Final = 86_400


def say(seconds: float) -> str:
    """A length of time as people say it, in the language that is active: two units at most."""
    whole = max(0, round(seconds))
    if seconds < MINUTE_S:
        return _("%(seconds)s s") % {"seconds": whole if seconds >= 1 else "< 1"}
    if seconds < HOUR_S:
        return _("%(minutes)s min %(seconds)s s") % _split(whole, MINUTE_S, "minutes", "seconds")
    if seconds < DAY_S:
        return _("%(hours)s h %(minutes)s min") % _split(
            whole // MINUTE_S, MINUTE_S, "hours", "minutes"
        )
    return _("%(days)s d %(hours)s h") % _split(whole // HOUR_S, 24, "days", "hours")


def _split(amount: int, size: int, large: str, small: str) -> dict[str, int]:
    return {large: amount // size, small: amount % size}
