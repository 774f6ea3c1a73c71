"""Reading queries from text: the same tree that JSON gives, with errors that say where and what was expected.

What is written is first made JSON and then read by ``parsing``, so that both doors refuse the same things in the same
words. ``docs/queries.md`` lists the language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lark import Token, UnexpectedInput

from curation.fusion.columns import Schema
from curation.fusion.grammar import SIGNS, BadText, Part, parser
from curation.fusion.marking import marked as _
from curation.fusion.misreading import refused
from curation.fusion.parsing import QueryError, no_operator, parse
from curation.fusion.query import OPERATORS, Query

MOST_WRITTEN: Final = 100_000
"""Characters of a text; longer queries are JSON."""


@dataclass(frozen=True, slots=True)
class Written:
    """A text that follows the grammar: ``data`` is the same query as JSON, whose fields nobody has looked at yet."""

    text: str
    root: Part

    @property
    def data(self) -> dict[str, Any]:
        """The query as JSON."""
        return dict(self.root.data)

    def query(self, schema: Schema, data: Mapping[str, Any] | None = None) -> Query:
        """The query; ``data`` is the JSON with other ids in it. Raises ``QueryError`` with the place in the text."""
        try:
            return parse(self.data if data is None else data, schema)
        except QueryError as error:
            raise self._told(error, schema) from None

    def _told(self, error: QueryError, schema: Schema) -> QueryError:
        """An error about the JSON as one about the text: with its place, and operators as they are written."""
        part = self.root
        for step in error.path.split("."):
            part = part.inner.get(step, part)
        if error.code != "unknown_operator":
            return error.in_text(self.text, part.at)
        kind, sign = schema[part.data["field"]], SIGNS[part.data["op"]]
        told = no_operator(error.path, sign, kind, [SIGNS[op] for op in OPERATORS[kind]])
        return told.in_text(self.text, part.inner["op"].at)


def parse_text(text: str, schema: Schema) -> Query:
    """Read a query from text; raises ``QueryError`` with the place. Limits are those of ``parse``."""
    return read_text(text, schema).query(schema)


def read_text(text: str, schema: Schema | None = None) -> Written:
    """Read a text by the grammar alone; raises ``QueryError``. A schema lets an error name comparisons that fit."""
    if len(text) > MOST_WRITTEN:
        error = QueryError("", "too_large", _("longer than %(most)d characters"), most=MOST_WRITTEN)
        raise error.in_text(text, MOST_WRITTEN)
    steps: Any = parser().parse_interactive(text)
    fed: list[Token] = []
    try:
        for token in steps.iter_parse():
            fed.append(token)  # noqa: PERF402 - what was read before it breaks is kept
        return Written(text, steps.feed_eof())
    except UnexpectedInput as unexpected:
        raise refused(text, unexpected, fed, schema or {}) from None
    except BadText as bad:
        told = QueryError("", "bad_text", _("a \\ stands before one of %(known)s"), known=bad.known)
        raise told.in_text(text, bad.at) from None
