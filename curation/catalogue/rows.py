"""Rows from outside, of items and of members: checked at the door, read into what is merged."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import isfinite
from typing import Any, Final
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from curation.fusion.columns import Kind, Schema, day_number
from curation.ids import outside_id

MOST_TAGS: Final = 100
MOST_ATTRIBUTES: Final = 100
MOST_TEXT: Final = 10_000
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,6})?", re.ASCII)
_is_url: Final = URLValidator(schemes=["http", "https"])


class Rejection(Exception):
    """A row that cannot be taken: why, as a code and in words."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True)
class Row:
    """What a row says: only the fields and attributes that it names; an attribute of None goes."""

    outside_id: str
    fields: Mapping[str, Any]
    attributes: Mapping[str, Any]


Read = Callable[[str, object], Any]


def item_row(raw: object, schema: Schema) -> Row:
    """Read a row of an item; `schema` holds the declared attributes. Raises `Rejection`."""
    given = _object(raw, "item", ITEM_FIELDS)
    attributes = {
        key: None if value is None else _ATTRIBUTES[_declared(key, schema)](key, value)
        for key, value in _mapping("attributes", given.pop("attributes", {})).items()
    }
    return _row(given, "item", ITEM_FIELDS, attributes)


def member_row(raw: object) -> Row:
    """Read a row of a member. Raises `Rejection`."""
    given = _object(raw, "member", _MEMBER_FIELDS)
    attributes = _mapping("attributes", given.pop("attributes", {}))
    for key, value in attributes.items():
        _free(f"attributes.{key}", value)
    return _row(given, "member", _MEMBER_FIELDS, attributes)


def _object(raw: object, key: str, fields: Mapping[str, Any]) -> dict[str, object]:
    if not isinstance(raw, Mapping):
        raise Rejection("not_an_object", _("A row is a JSON object."))
    known = {key, "attributes", *fields}
    if unknown := sorted(str(name) for name in set(raw) - known):
        text = _("There is no field %(name)s; there are %(known)s.")
        values = {"name": unknown[0][:60], "known": ", ".join(sorted(known))}
        raise Rejection("unknown_field", text % values)
    return dict(raw)


def _row(
    given: dict[str, object],
    key: str,
    fields: Mapping[str, tuple[str, Read]],
    attributes: Mapping[str, Any],
) -> Row:
    if key not in given:
        raise Rejection("missing_id", _("A row names its %(key)s.") % {"key": key})
    named = outside_id(given.pop(key))
    if named is None:
        text = _("%(field)s must be a text of 1 to 255 characters, without control characters.")
        raise Rejection("bad_id", text % {"field": key})
    read = {fields[name][0]: fields[name][1](name, value) for name, value in given.items()}
    return Row(named, read, attributes)


def _declared(key: str, schema: Schema) -> Kind:
    if key not in schema:
        known = ", ".join(sorted(schema)) or _("none")
        text = _("No attribute %(name)s is declared; there are: %(known)s.")
        raise Rejection("unknown_attribute", text % {"name": key[:60], "known": known})
    return schema[key]


def _mapping(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise _wrong(name, _("an object"))
    if len(value) > MOST_ATTRIBUTES or any(
        not key or len(key) > 64 or "\0" in key for key in value
    ):
        raise Rejection("too_large", _("At most 100 attributes with keys of 1 to 64 characters."))
    return dict(value)


def _wrong(name: str, wanted: str) -> Rejection:
    text = _("%(name)s must be %(wanted)s.") % {"name": name, "wanted": wanted}
    return Rejection("wrong_type", text)


def _text(most: int, *, least: int = 0) -> Read:
    def read(name: str, value: object) -> str:
        if not isinstance(value, str):
            raise _wrong(name, _("a text"))
        if not least <= len(value) <= most:
            text = _("%(name)s must have %(least)d to %(most)d characters.")
            raise Rejection("wrong_length", text % {"name": name, "least": least, "most": most})
        if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise Rejection(
                "bad_text", _("%(name)s holds NUL or half a character.") % {"name": name}
            )
        return value

    return read


def _number(name: str, value: object) -> float | int:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            return value
    except OverflowError:
        pass  # an integer beyond any float is refused like the rest, below
    raise _wrong(name, _("a finite number"))


def _boolean(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, _("true or false"))
    return value


def _day(name: str, value: object) -> str:
    try:
        day_number(value if isinstance(value, str) else "")
    except ValueError:
        raise _wrong(name, _("a date as YYYY-MM-DD")) from None
    return str(value)


def _day_or_none(name: str, value: object) -> date | None:
    return None if value is None else date.fromisoformat(_day(name, value))


def _tags(name: str, value: object) -> list[str]:
    if not isinstance(value, list):
        raise _wrong(name, _("a list of texts"))
    if len(value) > MOST_TAGS:
        raise Rejection("too_large", _("%(name)s has more than 100 tags.") % {"name": name})
    read = _text(200, least=1)
    return list(dict.fromkeys(read(name, tag) for tag in value))


def _url(name: str, value: object) -> str:
    url: str = _text(1000)(name, value)
    try:
        if url:
            _is_url(url)
    except ValidationError:
        raise _wrong(name, _("a web address")) from None
    return url


def _language(name: str, value: object) -> str:
    if not isinstance(value, str) or (value and not _LANGUAGE.fullmatch(value)):
        raise _wrong(name, _("a language code such as en or zh-hans"))
    return value.lower()


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(name: str, value: object) -> str:
    if not isinstance(value, str) or (value and value not in _zones()):
        raise _wrong(name, _("an IANA time zone such as Europe/Paris"))
    return value


def _free(name: str, value: object) -> None:
    """A member's attribute: nothing, a text, a number, yes or no, or a list of texts."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, list):
        _tags(name, value)
    elif isinstance(value, str):
        _text(1000)(name, value)
    else:
        _number(name, value)


_ATTRIBUTES: Final[Mapping[Kind, Read]] = {
    Kind.TEXT: _text(MOST_TEXT),
    Kind.NUMBER: _number,
    Kind.DATE: _day,
    Kind.BOOLEAN: _boolean,
    Kind.TAGS: _tags,
}
ITEM_FIELDS: Final[Mapping[str, tuple[str, Read]]] = {
    "title": ("title", _text(500, least=1)),
    "description": ("description", _text(100_000)),
    "provider": ("provider", _text(255)),
    "image": ("image_url", _url),
    "published_on": ("published_on", _day_or_none),
    "active": ("active", _boolean),
}
_MEMBER_FIELDS: Final[Mapping[str, tuple[str, Read]]] = {
    "language": ("language", _language),
    "time_zone": ("time_zone", _zone),
}
