"""What is wrong with a query, in the reader's language, and where."""

from __future__ import annotations

from django.utils.translation import gettext as _

from curation.fusion.marking import Word
from curation.fusion.parsing import QueryError


def message_of(error: QueryError) -> str:
    """What is wrong, without the place."""
    return _(error.template) % {name: _told(value) for name, value in error.told.items()}


def _told(value: object) -> object:
    """A word in the reader's language; several, as that language strings them together."""
    if isinstance(value, tuple):
        return _(", ").join(value)
    return _(value) if isinstance(value, Word) else value


def in_words(error: QueryError) -> str:
    """The place in the text or in the JSON, and what is wrong there."""
    message, place = message_of(error), error.place
    if place is None:
        whole = _("%(path)s: %(message)s") % {"path": error.path, "message": message}
        return whole if error.path else message
    told = {"line": place.line, "column": place.column, "message": message}
    if place.line == 1:
        return _("Column %(column)d: %(message)s") % told
    return _("Line %(line)d, column %(column)d: %(message)s") % told


def as_error(error: QueryError, field: str) -> dict[str, str | int]:
    """The fault as one of a problem's errors; `field` held the query, as JSON or as text."""
    place = error.place
    if place is not None:
        told: dict[str, str | int] = {"line": place.line, "column": place.column}
        return {"field": field, "code": error.code, "message": in_words(error), **told}
    path = f"{field}.{error.path}" if error.path else field
    return {"field": path, "code": error.code, "message": message_of(error)}
