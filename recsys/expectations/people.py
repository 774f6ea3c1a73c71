"""Whose slates an expectation is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from curation.desk.viewpoints import Pick
from curation.models import Expectation, Member, SegmentMembership

Picks = Callable[[], list[Pick]]

MOST_OF_SEGMENT: Final = 20
"""So many members of a segment at most: always the same ones, as long as they are in it."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, or nobody known: as a place names them, and as a report does, by their subject alone."""

    kind: str
    source: str = ""
    outside_id: str = ""
    subject: UUID | None = None
    segment: str = ""

    def told(self) -> dict[str, Any]:
        """The person in a report."""
        named = {"subject": str(self.subject)} if self.subject else {}
        return {"kind": self.kind, **named, **({"segment": self.segment} if self.segment else {})}


NOBODY: Final = Person("nobody")


def of(expectation: Expectation, picks: Picks) -> list[Person]:
    """The people of an expectation; none where its segment is empty. `picks` finds members who are different."""
    if expectation.who == Expectation.Who.ANYONE:
        return [NOBODY, *(_person(pick.kind, pick.member, pick.segment) for pick in picks())]
    return _FINDERS[Expectation.Who(expectation.who)](expectation)


def _nobody(_expectation: Expectation) -> list[Person]:
    return [NOBODY]


def _member(expectation: Expectation) -> list[Person]:
    member = expectation.member
    assert member is not None  # noqa: S101 - a constraint of the table
    return [_person("member", member)]


def _segment(expectation: Expectation) -> list[Person]:
    segment = expectation.segment
    assert segment is not None  # noqa: S101 - a constraint of the table
    rows = SegmentMembership.objects.filter(segment=segment).order_by("subject")
    subjects = list(rows.values_list("subject", flat=True)[:MOST_OF_SEGMENT])
    members = Member.objects.filter(subject__in=subjects, merged_into=None).order_by("subject")
    return [_person("segment", member, segment.name) for member in members]


def _person(kind: str, member: Member, segment: str = "") -> Person:
    now = member.merged_into or member
    return Person(kind, now.source, now.outside_id, now.subject, segment)


_FINDERS: Final[Mapping[Expectation.Who, Callable[[Expectation], list[Person]]]] = {
    Expectation.Who.NOBODY: _nobody,
    Expectation.Who.MEMBER: _member,
    Expectation.Who.SEGMENT: _segment,
}
