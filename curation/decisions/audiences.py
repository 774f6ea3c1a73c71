"""In which situations a decision holds: what its `who` says beside segment and member, written and read.

    {"devices": ["mobile"], "languages": ["en"], "anchors": [ID, …], "members": QUERY,
     "hours": {"zone": "Europe/Berlin", "weekdays": [1, 5], "from": "18:00", "until": "24:00"}}

Each part is there where something is asked; all of them must hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final
from uuid import UUID
from zoneinfo import available_timezones

from django.conf import settings
from django.utils.translation import gettext as _

from curation.field_words import DEVICES
from curation.fusion.columns import Schema
from curation.fusion.parsing import QueryError
from curation.fusion.policy import Audience, Hours
from curation.fusion.query import EVERYTHING, AnyOf, Query, fields_of
from curation.problems import Invalid
from curation.queries.members import read

PARTS: Final = ("devices", "languages", "anchors", "members", "hours")
BY_THE_CLOCK: Final = frozenset({"idle_days"})
"""Fields of members that change while nothing happens: a slate would not know when; a segment asks them nightly."""

NOBODY: Final = AnyOf(())
"""What is asked of members where that cannot be asked any more."""
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
LANGUAGES: Final = dict(settings.LANGUAGES)
"""The languages that slates are asked for in."""
_MOST: Final = 100
_DAY: Final = 1440


def audience_of(who: Mapping[str, Any], members: Schema) -> Audience:
    """The engine's conditions of a stored `who`; one about an attribute that is gone holds for nobody."""
    if not who:
        return Audience()
    return Audience(
        devices=frozenset(who.get("devices", ())),
        languages=frozenset(who.get("languages", ())),
        anchors=frozenset(map(UUID, who.get("anchors", ()))),
        hours=hours_of(who["hours"]) if "hours" in who else None,
        member=_standing(who["members"], members) if "members" in who else EVERYTHING,
    )


def hours_of(told: Mapping[str, Any]) -> Hours:
    """The engine's recurring hours of stored ones."""
    weekdays = frozenset(told.get("weekdays", ()))
    return Hours(told["zone"], weekdays, minutes(told["from"]), minutes(told["until"]))


def minutes(time: str) -> int:
    """Minutes from midnight of a time such as 09:30; 24:00 is the end of the day."""
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


def _standing(query: object, members: Schema) -> Query:
    try:
        return read(query, members)
    except QueryError:
        return NOBODY


def check(kind: str, who: Mapping[str, Any], members: Schema) -> None:
    """Raise `Invalid` where a `who` says something that cannot be asked; `members` is their schema."""
    if who and kind == "block":
        text = _("A block holds in every situation; a rule can exclude items in some.")
        raise _refused("", "who_of_block", text)
    if unknown := sorted(set(who) - set(PARTS)):
        text = _("There is no condition %(name)s; there are: %(known)s.")
        raise _refused("", "unknown_field", text % {"name": unknown[0], "known": ", ".join(PARTS)})
    if wrong := sorted(set(who.get("devices", ())) - set(DEVICES)):
        text = _("There is no device %(name)s; there are: %(known)s.")
        told = {"name": wrong[0], "known": ", ".join(DEVICES)}
        raise _refused("devices", "unknown_device", text % told)
    if wrong := sorted(set(who.get("languages", ())) - LANGUAGES.keys()):
        text = _("There is no language %(name)s; there are: %(known)s.")
        told = {"name": wrong[0], "known": ", ".join(LANGUAGES)}
        raise _refused("languages", "unknown_language", text % told)
    if len(who.get("anchors", ())) > _MOST:
        raise _refused("anchors", "too_many", _("At most %(most)d.") % {"most": _MOST})
    if "hours" in who:
        _check_hours(who["hours"])
    if "members" in who:
        _check_members(read(who["members"], members))


def _check_hours(hours: Mapping[str, Any]) -> None:
    if hours.get("zone") not in zones():
        text = _("There is no time zone %(name)s.") % {"name": hours.get("zone") or "–"}
        raise _refused("hours.zone", "unknown_zone", text)
    for name in ("from", "until"):
        if not _TIME.fullmatch(str(hours.get(name, ""))):
            text = _("Give a time as in 09:30; a day ends at 24:00.")
            raise _refused(f"hours.{name}", "bad_time", text)
    if hours["from"] == "24:00":
        raise _refused("hours.from", "bad_time", _("A day begins at 00:00."))
    days = hours.get("weekdays", ())
    if not all(isinstance(day, int) and 1 <= day <= 7 for day in days):
        text = _("Weekdays count from Monday, 1, to Sunday, 7.")
        raise _refused("hours.weekdays", "bad_weekday", text)
    if len(set(days)) in (0, 7) and (minutes(hours["until"]) - minutes(hours["from"])) % _DAY == 0:
        text = _("All hours of all weekdays are no condition: leave the hours out.")
        raise _refused("hours", "all_hours", text)


@cache
def zones() -> frozenset[str]:
    """The zones that the database of time zones knows; looking through it takes a while."""
    return frozenset(available_timezones())


def _check_members(query: Query) -> None:
    if query == NOBODY:
        raise _refused("members", "nobody", _("It holds for nobody."))
    if moving := sorted(fields_of(query) & BY_THE_CLOCK):
        text = _("%(field)s changes from day to day by itself: ask for it in a segment.")
        raise _refused("members", "by_the_clock", text % {"field": moving[0]})


def _refused(part: str, code: str, text: str) -> Invalid:
    field = f"who.{part}" if part else "who"
    return Invalid(code, text, [{"field": field, "code": code, "message": text}])


def who_of(
    *,
    devices: Iterable[str] = (),
    languages: Iterable[str] = (),
    anchors: Iterable[UUID] = (),
    members: Mapping[str, Any] | None = None,
    hours: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A `who` to be stored: what was given, always written in the same way."""
    parts = {
        "devices": sorted(set(devices)),
        "languages": sorted(set(languages)),
        "anchors": sorted({str(each) for each in anchors}),
        "members": dict(members) if members and members != {"all": []} else None,
        "hours": _hours(hours) if hours else None,
    }
    return {name: part for name, part in parts.items() if part}


def _hours(hours: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: hours[name] for name in ("zone", "from", "until")}
    days = sorted(set(hours.get("weekdays") or ()))
    return {**told, **({"weekdays": days} if 0 < len(days) < 7 else {})}
