"""Conditions in a form as a tree: numbered fields read as rows in groups, grown and pruned by buttons, numbered again.

Rows and groups share one row of numbers, in the order in which they stand. A row has the fields `field-N`, `op-N`
and `value-N`, a group has `match-N`; `in-N` says in which group either stands, and is left out in the outermost.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final

from curation.fusion.marking import marked as _
from curation.fusion.parsing import QueryError

MOST_ROWS: Final = 20
MOST_GROUPS: Final = 10
MOST_LEVELS: Final = 4
"""How deep groups go, the outermost counted: so deep they can still be read on a phone."""

OUTERMOST: Final = 0
PARTS: Final = ("field", "op", "value")
BUTTONS: Final = frozenset({"add", "nest", "drop", "switch"})
"""What is pressed in the query itself; nothing is saved by it."""
NAMES: Final = frozenset(
    f"{name}-{number}"
    for name in (*PARTS, "match", "in")
    for number in range(1, MOST_ROWS + MOST_GROUPS + 1)
)
"""Every field that rows and groups may have."""

_NUMBERED: Final = re.compile(r"(?:field|match)-([1-9][0-9]?)")
_NEW: Final = -1
_OTHER: Final = {"all": "any"}


@dataclass(frozen=True, slots=True)
class Row:
    """A comparison as it is typed, each part a text."""

    field: str = ""
    op: str = ""
    value: str = ""
    number: int = _NEW


@dataclass(frozen=True, slots=True)
class Group:
    """Rows and groups, and how they are joined: `all`, `any`, `none`, `not_all`, or `not` for a single one."""

    match: str = "all"
    parts: tuple[Row | Group, ...] = ()
    number: int = _NEW

    def rows(self) -> Iterator[Row]:
        """All rows, those of inner groups too, in their order."""
        for part in self.parts:
            if isinstance(part, Row):
                yield part
            else:
                yield from part.rows()

    def groups(self) -> Iterator[Group]:
        """This group and those within it."""
        yield self
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.groups()

    def levels(self) -> int:
        """How deep groups go from this one on, itself counted."""
        return 1 + max((part.levels() for part in self.parts if isinstance(part, Group)), default=0)


def read(given: Mapping[str, Any]) -> Group:
    """The tree that the fields of a form say, with one empty row at least; raises `QueryError`.

    More rows or groups than there may be are refused, and whatever stands in a group that there is not.
    """
    numbers = sorted({int(found[1]) for key in given if (found := _NUMBERED.fullmatch(key))})
    if numbers and numbers[-1] > MOST_ROWS + MOST_GROUPS:
        raise _too_many_rows()
    matches = {number: str(given.get(f"match-{number}") or "") for number in numbers}
    inside: dict[int, list[int]] = defaultdict(list)
    for number in numbers:
        home = str(given.get(f"in-{number}") or OUTERMOST)
        parent = int(home) if home.isdecimal() and len(home) < 3 else _NEW
        if parent != OUTERMOST and not (0 < parent < number and matches.get(parent)):
            template = _("condition %(number)d stands in a group that is not there")
            raise QueryError("", "unknown_group", template, number=number)
        inside[parent].append(number)

    def group(number: int, match: str) -> Group:
        parts = (
            group(each, matches[each]) if matches[each] else _row(given, each)
            for each in inside[number]
        )
        return Group(match, tuple(parts), number)

    return within_limits(_begun(group(OUTERMOST, str(given.get("match") or "all"))))


def within_limits(root: Group) -> Group:
    """The tree as it is; raises `QueryError` where it is more than a form shows."""
    if sum(1 for _each in root.rows()) > MOST_ROWS:
        raise _too_many_rows()
    if sum(1 for _each in root.groups()) - 1 > MOST_GROUPS:
        template = _("At most %(most)d groups stand in rows; write more as text.")
        raise QueryError("", "too_large", template, most=MOST_GROUPS)
    if root.levels() > MOST_LEVELS:
        template = _("Groups stand at most %(most)d deep in rows; write deeper ones as text.")
        raise QueryError("", "too_deep", template, most=MOST_LEVELS)
    return root


def pressed(root: Group, given: Mapping[str, Any]) -> tuple[Group, int | None]:
    """The tree after the button that was pressed, and the old number of the group that it left shorter.

    `add` names the group that gets a row more, `nest` the one that gets a group with a row, `drop` what is taken out,
    with the groups that are empty then. A number that stands nowhere changes nothing. Raises `QueryError` at a limit.
    """
    for button, new in (("add", Row()), ("nest", None)):
        if (number := _number(given.get(button))) is not None:
            return within_limits(_with(root, number, new)), None
    number = _number(given.get("drop"))
    if number is None or number == OUTERMOST:
        return root, None
    home = next((each for each in root.groups() if number in _numbers(each)), root)
    return _begun(_without(root, number)), home.number


def written(root: Group) -> tuple[dict[str, str], dict[int, int]]:
    """The fields that say a tree, numbered from 1 on, and for each old number its new one."""
    told, moved, numbers = {"match": root.match}, {OUTERMOST: OUTERMOST}, count(1)

    def write(group: Group, home: int) -> None:
        for part in group.parts:
            number = next(numbers)
            moved.setdefault(part.number, number)
            if home != OUTERMOST:
                told[f"in-{number}"] = str(home)
            if isinstance(part, Group):
                told[f"match-{number}"] = part.match
                write(part, number)
            else:
                told.update({f"{name}-{number}": getattr(part, name) for name in PARTS})

    write(root, OUTERMOST)
    return told, moved


def is_new(moved: Mapping[int, int]) -> int | None:
    """The number of what a button added."""
    return moved.get(_NEW)


def _too_many_rows() -> QueryError:
    template = _("At most %(most)d conditions stand in rows; write more as text.")
    return QueryError("", "too_large", template, most=MOST_ROWS)


def _begun(root: Group) -> Group:
    return root if root.parts else replace(root, parts=(Row(number=1),))


def _row(given: Mapping[str, Any], number: int) -> Row:
    field, op, value = (str(given.get(f"{name}-{number}") or "") for name in PARTS)
    return Row(field, op, value, number)


def _number(given: object) -> int | None:
    text = "" if given is None else str(given)
    return int(text) if text.isdecimal() and len(text) < 3 else None


def _numbers(group: Group) -> set[int]:
    return {part.number for part in group.parts}


def _with(group: Group, number: int, new: Row | None) -> Group:
    """The group with a row more, or with a group that joins its rows the other way."""
    parts = tuple(
        _with(part, number, new) if isinstance(part, Group) else part for part in group.parts
    )
    if group.number == number:
        other = Group(_OTHER.get(group.match, "all"), (Row(number=_NEW - 1),))
        match = "none" if group.match == "not" else group.match
        return replace(group, match=match, parts=(*parts, new or other))
    return replace(group, parts=parts)


def _without(group: Group, number: int) -> Group:
    left = (
        _without(part, number) if isinstance(part, Group) else part
        for part in group.parts
        if part.number != number
    )
    return replace(group, parts=tuple(part for part in left if isinstance(part, Row) or part.parts))
