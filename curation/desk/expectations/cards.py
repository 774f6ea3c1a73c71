"""Expectations as pages show them: what is expected, of whose slates, whether it is met, and what tells why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from curation.decisions.sentences import describe
from curation.fusion.columns import Schema
from curation.fusion.expectations import Way
from curation.fusion.parsing import QueryError, parse
from curation.models import Expectation, Member
from curation.policies.fulfilment import Fulfilment, Held
from curation.queries.faults import in_words
from curation.queries.items import schema

KINDS: Final[Mapping[str, str | Promise]] = {
    "nobody": gettext_lazy("nobody known"),
    "member": gettext_lazy("the member"),
    "newcomer": gettext_lazy("a newcomer"),
    "regular": gettext_lazy("a regular"),
    "most active": gettext_lazy("the most active"),
}
SHOWN: Final = 5
"""So many slates that fail are shown of each expectation."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A slate that fails: whose, how many of the items it holds there, and the placements that tell why."""

    whom: str
    held: int
    told: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Card:
    """One expectation with what was last found; `more` counts the failing slates that are not shown."""

    expectation: Expectation
    state: str
    claim: str
    whom: str
    failed: Sequence[Failed]
    more: int
    people: int
    too_few: bool

    @property
    def is_wanting(self) -> bool:
        """Whether it is not met, or cannot be read any more."""
        return self.state in ("unmet", "unreadable")


def cards(found: Fulfilment, known: Schema | None = None) -> list[Card]:
    """A card for each expectation, what stops first; `known` is the schema of items, read where it is not given."""
    if not found.held:
        return []
    known = known or schema()
    names = _names(found.held)
    made = [_card(held, known, names) for held in found.held]
    return sorted(made, key=lambda card: (not card.is_wanting, not card.expectation.blocks))


def claim_in_words(expectation: Expectation, known: Schema) -> str:
    """What is expected, in one sentence."""
    claim = expectation.claim
    try:
        what = describe(parse(claim["where"], known))
    except QueryError as error:
        return in_words(error)
    sentences = {
        (Way.NEVER, False): _("Never: %(what)s."),
        (Way.NEVER, True): _("Never in the first %(first)d: %(what)s."),
        (Way.AT_MOST, False): _("At most %(count)d: %(what)s."),
        (Way.AT_MOST, True): _("At most %(count)d in the first %(first)d: %(what)s."),
        (Way.AT_LEAST, False): _("At least %(count)d: %(what)s."),
        (Way.AT_LEAST, True): _("At least %(count)d in the first %(first)d: %(what)s."),
    }
    return sentences[Way(claim["way"]), claim["first"] is not None] % {**claim, "what": what}


def whom_in_words(expectation: Expectation) -> str:
    """Whose slates it is about, and where they are asked for."""
    segment, member = expectation.segment, expectation.member
    words = {
        "anyone": _("anyone"),
        "nobody": _("nobody known"),
        "member": member.outside_id if member else "",
        "segment": str(segment) if segment else "",
    }
    anchor = expectation.anchor.title if expectation.anchor else ""
    parts = (words[expectation.who], expectation.device, expectation.language, anchor)
    return " · ".join(filter(None, parts))


def _card(held: Held, known: Schema, names: Mapping[str, str]) -> Card:
    slates = held.result.get("slates", [])
    failed = [each for each in slates if not each["met"]]
    return Card(
        expectation=held.expectation,
        state=held.state,
        claim=claim_in_words(held.expectation, known),
        whom=whom_in_words(held.expectation),
        failed=[_failed(each, names) for each in failed[:SHOWN]],
        more=max(0, len(failed) - SHOWN),
        people=len(slates),
        too_few=held.expectation.claim["way"] == Way.AT_LEAST,
    )


def _failed(slate: Mapping[str, Any], names: Mapping[str, str]) -> Failed:
    whom = slate["whom"]
    name = names.get(whom.get("subject", ""), "")
    words = str(KINDS.get(whom["kind"], "")) or _("somebody of %(segment)s") % whom
    told = f"{words} ({name})" if name else words
    return Failed(told, slate["held"], slate["told"])


def _names(held: Iterable[Held]) -> dict[str, str]:
    """The outside ids of those whose slates fail, by subject; whoever was erased has none."""
    slates = [slate for each in held for slate in each.result.get("slates", ())]
    subjects = {slate["whom"].get("subject") for slate in slates if not slate["met"]} - {None}
    rows = Member.objects.filter(subject__in=subjects) if subjects else Member.objects.none()
    return {str(subject): name for subject, name in rows.values_list("subject", "outside_id")}


def summary(found: Fulfilment) -> str:
    """One sentence on all of them; empty where nothing is expected."""
    if not found.held:
        return ""
    if any(each.state == "unchecked" for each in found.held):
        return _("Not checked since something changed.")
    wanting = sum(each.is_wanting for each in found.held)
    empty = sum(each.state == "empty" for each in found.held)
    n = len(found.held)
    if empty == n:
        return _("Nobody is there to check it with.")
    if not wanting and empty:
        text = ngettext(
            "%(n)d of %(of)d is met; for the others there is nobody to check.",
            "%(n)d of %(of)d are met; for the others there is nobody to check.",
            n - empty,
        )
        return text % {"n": n - empty, "of": n}
    if not wanting:
        return ngettext("It is met.", "All %(n)d are met.", n) % {"n": n}
    text = ngettext("%(n)d of %(of)d is not met.", "%(n)d of %(of)d are not met.", wanting)
    return text % {"n": wanting, "of": n}
