"""Instants from what people write: a time on the wall clock of a zone, across daylight saving."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from curation.problems import Invalid

WHICH: Final = ("", "first", "second")
"""Of the two instants of a doubled hour; empty where there is only one."""
_YEARS: Final = range(1990, 2200)
_MINUTES: Final = "%Y-%m-%d %H:%M"


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone; `Invalid` where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        text = _("There is no time zone %(name)s.") % {"name": name}
        errors = [{"field": "zone", "code": "unknown_zone", "message": text}]
        raise Invalid("unknown_zone", text, errors) from error


def instants_of(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """When the clocks of a zone show a time: once; never in a skipped hour; twice in a doubled one (UTC)."""
    both = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    shown = (each for each in both if each.astimezone(zone).replace(tzinfo=None) == wall)
    return tuple(sorted(shown))


def instant_of(wall: datetime, zone: ZoneInfo, which: str = "") -> datetime:
    """The one instant that is meant; `Invalid` in a skipped hour, and in a doubled one unless `which` says."""
    found = instants_of(wall, zone)
    if not found:
        raise _refused("at", "skipped_hour", _skipped(wall, zone))
    if len(found) == 2 and not which:
        text = _("Clocks in %(zone)s show %(wall)s twice that day. Say whether you mean the first.")
        raise _refused("which", "doubled_hour", text % _words(wall, zone))
    return found[-1] if which == "second" else found[0]


def read_instant(text: str, zone: str = "", which: str = "") -> datetime:
    """The instant of an ISO text, with an offset of its own or on the wall clock of a zone; or `Invalid`."""
    words = _("Give a date and time as in 2025-03-30T09:00.")
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise _refused("at", "bad_instant", words) from error
    if read.year not in _YEARS:
        raise _refused("at", "bad_instant", words)
    if read.utcoffset() is not None:
        return read.astimezone(UTC)
    if not zone:
        raise _refused(
            "zone", "no_zone", _("Name the time zone, or give the time with its offset.")
        )
    return instant_of(read, zone_named(zone), which)


def _skipped(wall: datetime, zone: ZoneInfo) -> str:
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC).astimezone(zone)
    text = _("Clocks in %(zone)s skip %(wall)s that day. Did you mean %(after)s?")
    return text % {**_words(wall, zone), "after": after.strftime(_MINUTES)}


def _words(wall: datetime, zone: ZoneInfo) -> dict[str, str]:
    return {"zone": zone.key, "wall": wall.strftime(_MINUTES)}


def _refused(field: str, code: str, text: str) -> Invalid:
    return Invalid(code, text, [{"field": field, "code": code, "message": text}])
