"""JSON as the API takes it: UTF-8, finite numbers, no NUL characters, of bounded size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from curation.problems import Invalid, Problem


class BadJSON(Exception):
    """A body that is not JSON, or that holds what no column can keep; the message is for people."""


class StrictJSONParser(BaseParser):
    """DRF's way into ``decode``."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever JSON the caller sent
        """The decoded body, or DRF's own parse error."""
        try:
            return decode(stream.read())
        except BadJSON as error:
            raise ParseError(str(error)) from error


def json_body(request: HttpRequest) -> Any:  # noqa: ANN401 - whatever JSON the caller sent
    """The decoded JSON body of a hot view; a problem of 413, 415 or 400 otherwise."""
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if request.content_type != "application/json" or charset not in {"utf-8", "utf8"}:
        detail = _("Send `Content-Type: application/json`, encoded in UTF-8.")
        raise Problem(415, "unsupported_media_type", _("Unsupported media type"), detail)
    try:
        return decode(request.body)
    except BadJSON as error:
        raise Invalid("invalid_json", str(error)) from error


def decode(raw: bytes) -> Any:  # noqa: ANN401 - whatever JSON the caller sent
    """JSON from UTF-8 bytes; raises BadJSON where it is none, or where a text holds a NUL character."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadJSON(
            _("The body is not valid JSON in UTF-8: %(error)s.") % {"error": error}
        ) from error
    if b"\\u0000" in raw and _holds_nul(value):
        raise BadJSON(_("Text may not hold the character U+0000."))
    return value


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(map(_holds_nul, value))
