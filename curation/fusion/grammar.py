"""The grammar of the text of a query, and the parts that it makes: JSON data, each with its place in the text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from lark import Lark, Token, Transformer

GRAMMAR: Final = r"""
start: either
either: both (OR both)*
both: unit (AND unit)*
?unit: NOT unit                                        -> negation
     | OPEN either CLOSE                               -> group
     | EVERYTHING                                      -> everything
     | NOTHING                                         -> nothing
     | (ALL | ANY) OPEN [either (COMMA either)*] CLOSE -> parts
     | ITEMS OPEN [STRING (COMMA STRING)*] CLOSE       -> items
     | FIELD COMPARISON value                          -> comparison
     | FIELD IN list                                   -> comparison
     | FIELD IS? STATE                                 -> state
list: OPEN [value (COMMA value)*] CLOSE
value: NUMBER | DAY | STRING | TRUE | FALSE

AND.2: /and(?![\w.-])/i
OR.2: /or(?![\w.-])/i
NOT.2: /not(?![\w.-])/i
IN.2: /in(?![\w.-])/i
IS.2: /is(?![\w.-])/i
STATE.2: /(exists|missing)(?![\w.-])/i
EVERYTHING.2: /everything(?![\w.-])/i
NOTHING.2: /nothing(?![\w.-])/i
ALL.2: /all(?=\s*[(（])/i
ANY.2: /any(?=\s*[(（])/i
ITEMS.2: /items(?=\s*[(（])/i
TRUE.2: /true(?![\w.-])/i
FALSE.2: /false(?![\w.-])/i
COMPARISON.2: /!=|！＝|<>|<=|>=|＜＝|＞＝|==|[=<>≠≤≥＝＜＞]|(has|contains|starts(\s+with)?)(?![\w.-])/i
FIELD: /(?!(and|or|in|is)(?![\w.-]))[^\W\d][\w.-]*|`([^`]|``)+`/i
DAY.2: /\d+-\d+-\d+(?![\w.-])/
NUMBER.1: /[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?(?![\w.])/i
STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'|“[^”]*”/s
OPEN: /[(（]/
CLOSE: /[)）]/
COMMA: /[,，、]/
%ignore /\s+/
"""

SIGNS: Final[Mapping[str, str]] = {
    "eq": "=",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "in": "in",
    "has": "has",
    "contains": "contains",
    "starts": "starts with",
    "exists": "exists",
    "missing": "is missing",
}
"""Operators as they are written."""

_READ: Final[Mapping[str, str]] = {
    **{sign: op for op, sign in SIGNS.items()},
    "==": "eq",
    "＝": "eq",
    "<>": "ne",
    "≠": "ne",
    "！＝": "ne",
    "＜": "lt",
    "＞": "gt",
    "≤": "le",
    "≥": "ge",
    "＜＝": "le",
    "＞＝": "ge",
    "starts": "starts",
}
_IN_QUOTES: Final = re.compile(r"\\.|\"", re.DOTALL)
EXACT: Final = 2.0**53
"""Whole numbers below it are the same as a float."""


class BadText(ValueError):
    """A text in quotation marks with an escape that means nothing; ``at`` is its place in the text."""

    known = '" \\ / b f n r t u'

    def __init__(self, at: int) -> None:
        super().__init__("no such escape")
        self.at = at


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text: the JSON that it says, where it begins, and its pieces by their paths in that JSON."""

    data: Any
    at: int
    inner: Mapping[str, Part] = field(default_factory=dict)
    is_grouped: bool = False


@cache
def parser() -> Lark:
    """The parser, made when it is first needed."""
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", transformer=_Parts())


def field_name(written: str) -> str:
    """The name of a field as it is written: plain, or between backquotes."""
    return written[1:-1].replace("``", "`") if written.startswith("`") else str(written)


def operator(written: str) -> str:
    """The operator that a sign or a word stands for."""
    return _READ[" ".join(written.lower().split())]


class _Parts(Transformer[Token, Part]):
    """Builds the parts as the parser reduces, so that depth costs no recursion."""

    def start(self, children: Sequence[Part]) -> Part:
        """A lone comparison is a list of one, as the rows of a form write it; in brackets it stays itself."""
        (part,) = children
        lone = "field" in part.data and not part.is_grouped
        return _joined("all", [part], part.at) if lone else part

    def either(self, children: Sequence[Any]) -> Part:
        return _chain("any", children)

    def both(self, children: Sequence[Any]) -> Part:
        return _chain("all", children)

    def group(self, children: Sequence[Any]) -> Part:
        part = children[1]
        return Part(part.data, part.at, part.inner, is_grouped=True)

    def negation(self, children: Sequence[Any]) -> Part:
        word, part = children
        return Part({"not": part.data}, word.start_pos, {"not": part})

    def everything(self, children: Sequence[Token]) -> Part:
        return Part({"all": []}, _at(children[0]))

    def nothing(self, children: Sequence[Token]) -> Part:
        return Part({"any": []}, _at(children[0]))

    def parts(self, children: Sequence[Any]) -> Part:
        word = children[0]
        return _joined(str(word).lower(), _only_parts(children), _at(word))

    def items(self, children: Sequence[Any]) -> Part:
        texts = [_text(child) for child in children if _is(child, "STRING")]
        return _listed("items", texts, _at(children[0]))

    def comparison(self, children: Sequence[Any]) -> Part:
        name, sign, value = children
        op = "in" if sign.type == "IN" else operator(sign)
        return _compared(name, op, sign, value)

    def state(self, children: Sequence[Token]) -> Part:
        return _compared(children[0], str(children[-1]).lower(), children[-1], None)

    def list(self, children: Sequence[Any]) -> Part:
        return _listed("", _only_parts(children), _at(children[0]))

    def value(self, children: Sequence[Token]) -> Part:
        (token,) = children
        if token.type == "STRING":
            return _text(token)
        if token.type == "NUMBER":
            return Part(_number(float(token)), _at(token))
        read = {"TRUE": True, "FALSE": False}
        return Part(read.get(token.type, str(token)), _at(token))


def _at(token: Token) -> int:
    return token.start_pos or 0


def _is(child: object, kind: str) -> bool:
    return isinstance(child, Token) and child.type == kind


def _only_parts(children: Sequence[Any]) -> list[Part]:
    return [child for child in children if isinstance(child, Part)]


def _chain(word: str, children: Sequence[Any]) -> Part:
    parts = _only_parts(children)
    return parts[0] if len(parts) == 1 else _joined(word, parts, parts[0].at)


def _joined(word: str, parts: Sequence[Part], at: int) -> Part:
    inner = {f"{word}[{place}]": part for place, part in enumerate(parts)}
    return Part({word: [part.data for part in parts]}, at, inner)


def _listed(word: str, values: Sequence[Part], at: int) -> Part:
    data = [value.data for value in values]
    inner = {f"{word}[{place}]": value for place, value in enumerate(values)}
    return Part({word: data} if word else data, at, inner)


def _compared(name: Token, op: str, sign: Token, value: Part | None) -> Part:
    data: dict[str, Any] = {"field": field_name(name), "op": op}
    inner = {"op": Part(op, _at(sign))}
    if value is not None:
        data["value"] = value.data
        inner["value"] = value
        inner |= {f"value{place}": each for place, each in value.inner.items()}
    return Part(data, _at(name), inner)


def _number(value: float) -> float | int:
    """A whole number without its point, so that it is told as it was written."""
    return int(value) if abs(value) < EXACT and value.is_integer() and value else value


def _text(token: Token) -> Part:
    """What stands between quotation marks: plain or single ones with the escapes of JSON, Chinese ones without any."""
    inside = token[1:-1]
    if token[0] != "“":
        try:
            inside = json.loads(f'"{_IN_QUOTES.sub(_escaped, inside)}"', strict=False)
        except ValueError:
            raise BadText(_at(token)) from None
    return Part(inside, _at(token))


def _escaped(found: re.Match[str]) -> str:
    """An escape as JSON has it; single quotation marks need none there, double ones do."""
    return {"\\'": "'", '"': '\\"'}.get(found[0], found[0])
