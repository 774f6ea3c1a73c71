"""What is said of a text that breaks the grammar of queries: where it breaks, and what might have stood there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from lark import Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from curation.fusion.columns import Kind, Schema
from curation.fusion.grammar import SIGNS, field_name, parser
from curation.fusion.marking import Word
from curation.fusion.marking import marked as _
from curation.fusion.parsing import QueryError
from curation.fusion.query import OPERATORS

QUOTES: Final = "\"'“"
VALUES: Final[Mapping[Kind | None, Word]] = {
    Kind.NUMBER: Word(_("a number")),
    Kind.DATE: Word(_("a date as YYYY-MM-DD")),
    Kind.BOOLEAN: Word(_("true or false")),
    Kind.TEXT: Word(_("a text in quotation marks")),
    Kind.TAGS: Word(_("a text in quotation marks")),
    None: Word(_("a value")),
}
"""What the values of a kind of field look like."""

_SHOWN: Final = 30
_PIECE: Final = re.compile(r"[\w.-]+|\S")
_EXPECTED: Final[Sequence[tuple[set[str], str, str]]] = (
    ({"FIELD"}, "no_condition", _("expected a field, not, or a bracket, instead of %(found)s")),
    ({"COMPARISON"}, "no_comparison", _("expected one of %(known)s, instead of %(found)s")),
    ({"NUMBER"}, "no_value", _("expected %(wanted)s, instead of %(found)s")),
    ({"STATE"}, "no_state", _("expected missing or exists, instead of %(found)s")),
    ({"STRING"}, "no_id", _("expected an item id in quotation marks, instead of %(found)s")),
    ({"AND", "CLOSE"}, "no_join", _("expected and, or, or “)”, instead of %(found)s")),
    ({"AND"}, "no_join", _("expected and, or, or the end, instead of %(found)s")),
    ({"COMMA"}, "no_comma", _("expected a comma or “)”, instead of %(found)s")),
    ({"OPEN"}, "no_bracket", _("expected “(”, instead of %(found)s")),
)
"""Which kinds of tokens might have stood there, the fault that it is, and its words; the first that fits."""


def refused(text: str, error: UnexpectedInput, fed: Sequence[Token], schema: Schema) -> QueryError:
    """The error of a text that broke after these tokens."""
    at, found = _broken(text, error)
    if isinstance(error, UnexpectedCharacters) and text[at] in QUOTES:
        told = QueryError("", "unclosed", _("this quotation mark is never closed"))
        return told.in_text(text, at)
    before = [token for token in fed if (token.end_pos or 0) <= at]
    kinds = accepted(before)
    code, template = next((code, words) for some, code, words in _EXPECTED if some <= kinds)
    if code == "no_value" and isinstance(error, UnexpectedToken) and error.token.type == "FIELD":
        code, template = "unquoted", _("a text stands in quotation marks: instead of %(found)s")
    told = QueryError("", code, template, found=found, **_fitting(read_last(before, schema)))
    return told.in_text(text, at)


def accepted(tokens: Sequence[Token]) -> set[str]:
    """The kinds of tokens that may follow these; asked before the next one, since that may already reduce."""
    steps: Any = parser().parse_interactive("")
    for token in tokens:
        steps.feed_token(token)
    return set(steps.accepts())


def read_last(tokens: Sequence[Token], schema: Schema) -> Kind | None:
    """The kind of the field that was read last; None where it is unknown."""
    fields = [field_name(token) for token in tokens if token.type == "FIELD"]
    return schema.get(fields[-1]) if fields else None


def _fitting(kind: Kind | None) -> dict[str, object]:
    """The comparisons and the values that fit a kind of field."""
    known = OPERATORS[kind] if kind else SIGNS
    return {"known": tuple(SIGNS[op] for op in known), "wanted": VALUES[kind]}


def _broken(text: str, error: UnexpectedInput) -> tuple[int, str]:
    """Where a text breaks, and what stands there."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return len(text.rstrip()), Word(_("the end"))
    at: int = cast("Any", error.pos_in_stream)
    piece = _PIECE.match(text, at)
    found = str(error.token) if isinstance(error, UnexpectedToken) else piece[0] if piece else ""
    return at, f"“{found[:_SHOWN]}”"
