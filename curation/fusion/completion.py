"""What may be written next in the text of a query: the place that is being written at, and what would stand there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from lark import Token, UnexpectedCharacters, UnexpectedInput

from curation.fusion.columns import Kind, Schema
from curation.fusion.grammar import SIGNS, field_name, parser
from curation.fusion.misreading import QUOTES, accepted
from curation.fusion.query import OPERATORS
from curation.fusion.reading import MOST_WRITTEN
from curation.fusion.writing import named, quoted

_WORD: Final = re.compile(r"[\w.-]+\Z|[=!<>]+\Z")
_REST: Final = re.compile(r"[\w.-]*")
_REST_QUOTED: Final = re.compile(r"[\w.-]*[\"'”]?")
_OPEN: Final = "(（"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where somebody writes: a choice replaces ``text`` from ``start`` on, and ``replaces`` characters after it.

    ``typed`` is the beginning of a word there, ``follows`` the kinds of tokens that may stand there, ``field`` the one
    that was named last and ``is_quoted`` whether a quotation mark is open.
    """

    text: str
    start: int
    replaces: int
    typed: str
    follows: frozenset[str]
    field: str
    is_quoted: bool

    @property
    def wants_field(self) -> bool:
        """Whether a condition may begin here."""
        return "FIELD" in self.follows

    @property
    def wants_value(self) -> bool:
        """Whether a value of the field may stand here."""
        return not self.wants_field and ("NUMBER" in self.follows)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What would be written, as it is shown, and which kind of thing it is: field, comparison, value or word."""

    insert: str
    shown: str
    sort: str
    hint: str = ""


def spot_at(before: str, after: str = "") -> Spot | None:
    """The place between two halves of a text; None where what stands before it cannot be gone on from."""
    if len(before) > MOST_WRITTEN:
        return None
    word = _WORD.search(before)
    start = word.start() if word else len(before)
    tokens, broken = _tokens(before[:start])
    if broken is not None:
        if before[broken] not in QUOTES:
            return None
        start = broken + 1
    is_quoted = broken is not None
    rest = (_REST_QUOTED if is_quoted else _REST).match(after)
    fields = [field_name(token) for token in tokens if token.type == "FIELD"]
    try:
        follows = frozenset(accepted(tokens))
    except UnexpectedInput:
        return None
    return Spot(
        text=before,
        start=start - 1 if is_quoted else start,
        replaces=rest.end() if rest else 0,
        typed=before[start:],
        follows=follows,
        field=fields[-1] if fields else "",
        is_quoted=is_quoted,
    )


def suggestions(
    spot: Spot, schema: Schema, words: Mapping[str, str], values: Callable[[str, str], list[str]]
) -> list[Suggestion]:
    """What may be written there, fields first.

    ``words`` says what fields are called, ``values`` finds known values of a field that hold what was typed.
    """
    found = []
    if spot.wants_field and not spot.is_quoted:
        found += _fields(spot, schema, words)
    kind = schema.get(spot.field)
    if spot.wants_value:
        found += _values(spot, kind, values)
    elif not spot.is_quoted:
        found += _comparisons(spot, kind) if "COMPARISON" in spot.follows else []
        found += _words(spot)
    return [_spaced(spot, each) for each in found]


def _tokens(text: str) -> tuple[list[Token], int | None]:
    """The tokens of a text as far as it can be read, and where it breaks."""
    steps, fed = parser().parse_interactive(text), list[Token]()
    try:
        for token in steps.iter_parse():
            fed.append(token)
    except UnexpectedCharacters as error:
        return fed, error.pos_in_stream
    except (UnexpectedInput, ValueError):
        return fed, 0
    return fed, None


def _fields(spot: Spot, schema: Schema, words: Mapping[str, str]) -> list[Suggestion]:
    typed = spot.typed.lower()
    called = {name: words.get(name, name) for name in schema}
    hits = [name for name in called if typed in name.lower() or typed in called[name].lower()]
    hits.sort(key=lambda name: not name.lower().startswith(typed))
    return [Suggestion(f"{named(name)} ", name, "field", called[name]) for name in hits]


def _comparisons(spot: Spot, kind: Kind | None) -> list[Suggestion]:
    known = OPERATORS[kind] if kind else ()
    signs = {op: SIGNS[op] for op in known if SIGNS[op].startswith(spot.typed.lower())}
    ends = {"exists": "", "missing": "", "in": " ("}
    return [
        Suggestion(f"{sign}{ends.get(op, ' ')}", sign, "comparison", op)
        for op, sign in signs.items()
    ]


def _values(
    spot: Spot, kind: Kind | None, values: Callable[[str, str], list[str]]
) -> list[Suggestion]:
    if kind is Kind.BOOLEAN:
        found = [each for each in ("true", "false") if each.startswith(spot.typed.lower())]
        return [Suggestion(each, each, "value") for each in found]
    if kind not in (Kind.TEXT, Kind.TAGS):
        return []
    return [Suggestion(quoted(each), each, "value") for each in values(spot.field, spot.typed)]


_FOLLOWING: Final = (
    ("AND", "and", " "),
    ("OR", "or", " "),
    ("NOT", "not", " "),
    ("STATE", "missing", ""),
    ("STATE", "exists", ""),
)
"""Kinds of tokens with the words that are one, and what follows them."""


def _words(spot: Spot) -> list[Suggestion]:
    kinds = spot.follows - {"STATE"} if "COMPARISON" in spot.follows else spot.follows
    return [
        Suggestion(f"{word}{end}", word, "word")
        for kind, word, end in _FOLLOWING
        if kind in kinds and word.startswith(spot.typed.lower())
    ]


def _spaced(spot: Spot, one: Suggestion) -> Suggestion:
    """With a space before it, where it would touch what stands there."""
    before = spot.text[: spot.start][-1:]
    if not before or before.isspace() or before in _OPEN:
        return one
    return Suggestion(f" {one.insert}", one.shown, one.sort, one.hint)
