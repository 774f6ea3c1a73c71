"""What people decide about expectations: set one, change it, retire it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.decisions import specs
from curation.fusion.expectations import MOST_SLOTS, Claim, Way
from curation.fusion.query import Query
from curation.models import Expectation, Item, Member, Segment, Surface, User
from curation.people.access import acting, require
from curation.policies import fulfilment
from curation.problems import Conflict, Invalid

WAYS: Final = [str(way) for way in Way]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The content of an expectation: what, where, and for whom. Raises `Invalid` naming the field at fault."""

    name: str
    surface: Surface
    claim: Claim
    who: str = Expectation.Who.ANYONE
    member: Member | None = None
    segment: Segment | None = None
    device: str = ""
    language: str = ""
    anchor: Item | None = None
    blocks: bool = True
    reason: str = ""

    def __post_init__(self) -> None:
        for field, code, text in self._faults():
            raise Invalid(code, text, [{"field": field, "code": code, "message": text}])

    def _faults(self) -> Iterator[tuple[str, str, str]]:
        if not self.name.strip():
            yield "name", "required", _("An expectation has a name.")
        named = {"member": self.member is not None, "segment": self.segment is not None}
        for field, given in named.items():
            if given != (self.who == field):
                yield field, "bad_who", _("Say for whom: one member, or members of one segment.")
        if self.anchor is not None and self.surface.kind != Surface.Kind.SIMILAR:
            yield "anchor", "no_anchor", _("Only similar items start from an item.")
        depth = self.surface.depth
        if max(self.claim.first or 0, self._least()) > depth:
            text = _("A slate of %(surface)s has %(depth)d slots.")
            yield "first", "too_deep", text % {"surface": self.surface, "depth": depth}

    def _least(self) -> int:
        return self.claim.count if self.claim.way is Way.AT_LEAST else 0

    def columns(self) -> dict[str, Any]:
        """The content as fields of a row."""
        given = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "claim"}
        return {**given, "name": self.name.strip(), "claim": specs.claim_spec(self.claim)}


def read_claim(way: str, what: Query, count: int | None = None, first: int | None = None) -> Claim:
    """The claim of these parts; `Invalid` where they do not go together."""
    if way not in WAYS:
        raise _fault("way", _("There is no such way; there are: %(ways)s.") % {"ways": WAYS})
    if first is not None and not 1 <= first <= MOST_SLOTS:
        raise _fault("first", _("The first slots are from 1 to %(most)d.") % {"most": MOST_SLOTS})
    if way == Way.NEVER and count:
        raise _fault("count", _("Never has no number."))
    if way != Way.NEVER and not 1 <= (count or 0) <= MOST_SLOTS:
        raise _fault("count", _("Give a number from 1 to %(most)d.") % {"most": MOST_SLOTS})
    if way == Way.AT_LEAST and first is not None and (count or 0) > first:
        raise _fault("count", _("More are expected than there are slots."))
    return Claim(Way(way), what, count or 0, first)


def add_expectation(*, actor: User, expected: Expected) -> Expectation:
    """Set what slates are expected to hold from now on; it is checked as soon as a worker is free."""
    require(actor, "curator")
    row = Expectation(author=actor, **expected.columns())
    _save(actor, "add_expectation", row, expected.reason)
    return row


def change_expectation(
    *, actor: User, expectation: Expectation, base: int, expected: Expected
) -> Expectation:
    """Change an expectation as it stood at its change `base`.

    Raises `Conflict` where it is retired, or was changed since: the errors name each field that differs.
    """
    require(actor, "curator")
    with transaction.atomic():
        row = _locked(expectation)
        columns = expected.columns()
        if row.number != base:
            text = _("Somebody else has changed it since: it is at change %(now)d.")
            errors = list(_differences(row, columns))
            raise Conflict("stale_expectation", text % {"now": row.number}, errors)
        for name, value in (columns | {"number": row.number + 1}).items():
            setattr(row, name, value)
        _save(actor, "change_expectation", row, expected.reason)
    return row


def retire_expectation(*, actor: User, expectation: Expectation, reason: str) -> Expectation:
    """Expect it no longer; what was expected stays readable."""
    require(actor, "curator")
    if not reason.strip():
        raise _fault("reason", _("Say why it is no longer expected."))
    with transaction.atomic():
        row = _locked(expectation)
        row.retired_at = timezone.now()
        _save(actor, "retire_expectation", row, reason)
    return row


def _locked(expectation: Expectation) -> Expectation:
    row = Expectation.objects.select_for_update(no_key=True).get(pk=expectation.pk)
    if row.retired_at:
        raise Conflict("retired", _("The expectation is retired."))
    return row


def _save(actor: User, action: str, row: Expectation, reason: str) -> None:
    others = Expectation.objects.filter(name=row.name, retired_at=None).exclude(pk=row.pk)
    taken = Conflict("name_taken", _("There is an expectation of this name already."))
    if row.retired_at is None and others.exists():
        raise taken
    try:
        with acting(actor, action, reason), transaction.atomic():
            row.save()
            fulfilment.follow()
    except IntegrityError as error:  # somebody else was quicker with the name
        raise taken from error


def _differences(row: Expectation, columns: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, wanted in columns.items():
        now = getattr(row, name)
        if now != wanted and name != "reason":
            plain = {"now": _plain(now), "yours": _plain(wanted)}
            yield {"field": name, "code": "changed", "message": _("It was changed."), **plain}


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | dict | None) else str(value)


def _fault(field: str, text: str) -> Invalid:
    return Invalid(
        f"bad_{field}", text, [{"field": field, "code": f"bad_{field}", "message": text}]
    )
