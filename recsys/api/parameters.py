"""Query parameters of the hot endpoints: read strictly, refused together with a word on each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _

from curation.field_words import DEVICES
from curation.ids import well_formed
from curation.problems import Invalid, Missing
from recsys.api.surfaces import limits_of

DEFAULT_SIZE: Final = 10
MAX_SIZE: Final = 200
MAX_EXCLUDED: Final = 500
FLAGS: Final = {"0": False, "false": False, "1": True, "true": True}


@dataclass(slots=True)
class Parameters:
    """One query string, read name by name; every fault is kept until ``refuse_faults``."""

    query: QueryDict
    faults: list[dict[str, str]] = field(default_factory=list)

    def only(self, names: Collection[str], repeated: Collection[str] = ()) -> None:
        """Refuse names that the endpoint does not have, and names given twice that may not be."""
        for name, values in self.query.lists():
            if name not in names:
                self._fault(name, _("There is no such parameter."), "unknown")
            elif len(values) > 1 and name not in repeated:
                self._fault(name, _("Give it once."))

    def text(self, name: str) -> str | None:
        """A text of 1 to 255 characters; None where it is absent."""
        if name not in self.query:
            return None
        return self._outside_id(name, self._last(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """A repeated parameter."""
        values = self.query.getlist(name)
        if len(values) > MAX_EXCLUDED:
            self._fault(name, _("At most %(limit)d.") % {"limit": MAX_EXCLUDED})
            return ()
        return tuple(self._outside_id(name, value) for value in values)

    def whole(self, name: str, low: int, high: int) -> int | None:
        """A whole number in [low, high]; None where it is absent."""
        if name not in self.query:
            return None
        value = self._last(name)
        if value.isascii() and value.isdecimal() and len(value) <= 9 and low <= int(value) <= high:
            return int(value)
        self._fault(
            name, _("A whole number from %(low)d to %(high)d.") % {"low": low, "high": high}
        )
        return None

    def one_of(self, name: str, known: Collection[str]) -> str:
        """One of some words; empty where it is absent."""
        value = self._last(name) if name in self.query else ""
        if name in self.query and value not in known:
            self._fault(name, _("One of %(known)s.") % {"known": ", ".join(known)})
        return value

    def flag(self, name: str) -> bool:
        """A switch: 1, 0, true or false; off where it is absent."""
        value = self._last(name) if name in self.query else "0"
        if value not in FLAGS:
            self._fault(name, _("Either 0 or 1."))
        return FLAGS.get(value, False)

    def refuse_faults(self) -> None:
        """Raise a problem of 400 that names every fault found so far."""
        if self.faults:
            detail = " ".join(f"{fault['field']}: {fault['message']}" for fault in self.faults)
            raise Invalid("invalid_parameter", detail, self.faults)

    def _last(self, name: str) -> str:
        return str(self.query.getlist(name)[-1])

    def _outside_id(self, name: str, value: str) -> str:
        if not well_formed(value):
            self._fault(name, _("A text of 1 to 255 characters, without control characters."))
        return value

    def _fault(self, name: str, message: str, code: str = "invalid") -> None:
        self.faults.append({"field": name, "code": code, "message": message})


@dataclass(frozen=True, slots=True)
class SlateParameters:
    """How much slate is wanted, where and on what device, from which item, and how long the caller waits."""

    surface: str
    size: int
    wait_ms: int | None
    item: str | None = None
    device: str = ""

    @classmethod
    def read(cls, given: Parameters, surface: str) -> SlateParameters:
        """Read what a slate is asked for with, the surface under the name given.

        Raises a problem of 400 on any fault of the query so far, of 404 where there is no such surface.
        """
        wanted = cls(
            surface=given.text(surface) or "home",
            size=given.whole("size", 1, MAX_SIZE) or DEFAULT_SIZE,
            wait_ms=given.whole("wait_ms", 0, settings.DOORBELL_BUDGET_MAX_MS),
            item=given.text("item"),
            device=given.one_of("device", DEVICES),
        )
        given.refuse_faults()
        wanted._refuse_impossible()
        return wanted

    def _refuse_impossible(self) -> None:
        limits = limits_of(self.surface)
        if limits is None:
            text = _("There is no surface %(slug)s.") % {"slug": self.surface}
            raise Missing("unknown_surface", text)
        if self.size > limits.depth:
            text = _("At most %(depth)d on this surface.") % {"depth": limits.depth}
            error = {"field": "size", "code": "invalid", "message": text}
            raise Invalid("invalid_parameter", text, [error])
        if limits.takes_item and self.item is None:
            raise Invalid("item_required", _("This surface needs an item to start from."))
        if not limits.takes_item and self.item is not None:
            raise Invalid("item_refused", _("This surface starts from no item."))
