"""What the desk shows: decisions in words, by surface, by draft, by version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from curation.fusion.parsing import parse
from curation.fusion.query import All, AnyOf, Comparison, ItemList, Not, Query
from curation.models import ChangeSet, Decision, PolicyVersion, Revision, Surface
from curation.policies import drafts_of, entries_of, in_force, live_blocks
from curation.queries import schema

_VERSIONS_SHOWN: Final = 20


@dataclass(frozen=True)
class Line:
    """A decision in one line: what it says, where it stands in time, and its revision."""

    revision: Revision
    words: str
    state: str


def overview() -> list[dict[str, Any]]:
    """Each surface with the number of its decisions in force, and its open drafts."""
    open_sets = _open_sets()
    return [
        {
            "surface": surface,
            "lines": len(entries_of(surface.slug, surface.policy_version)),
            "blocks": live_blocks(surface).count(),
            "drafts": [home for home in open_sets if _touches(home, surface)],
        }
        for surface in Surface.objects.all()
    ]


def of_surface(surface: Surface) -> dict[str, Any]:
    """The decisions, blocks, drafts and versions of a surface."""
    entries = entries_of(surface.slug, surface.policy_version)
    blocked = Revision.objects.filter(
        decision__in=[block.decision_id for block in live_blocks(surface)], ends=False
    )
    rows = blocked.select_related("decision", "item", "segment", "member", "author")
    return {
        "lines": lines(entry.revision for entry in entries),
        "blocks": lines(rows.order_by("decision_id", "-number").distinct("decision_id")),
        "drafts": [home for home in _open_sets() if _touches(home, surface)],
        "versions": PolicyVersion.objects.filter(surface=surface)
        .select_related("published_by")
        .order_by("-number")[:_VERSIONS_SHOWN],
    }


def of_decision(decision: Decision) -> dict[str, Any]:
    """The revisions of a decision, newest first, and whether it is in force or drafted."""
    rows = decision.revisions.select_related(
        "decision", "item", "segment", "member", "author", "change_set"
    ).order_by("-number")
    newest = rows[0].change_set
    waits = newest.published_at is None and newest.discarded_at is None
    return {
        "lines": lines(rows),
        "in_force": in_force(decision),
        "draft": newest if waits else None,
    }


def drafts(home: ChangeSet) -> list[Line]:
    """The drafts of a change set."""
    return lines(drafts_of(home).values())


def difference(surface: Surface, number: int) -> dict[str, Any]:
    """What a roll back to a version would bring back and take out."""
    now = {
        row.revision.pk: row.revision for row in entries_of(surface.slug, surface.policy_version)
    }
    then = {row.revision.pk: row.revision for row in entries_of(surface.slug, number)}
    return {
        "number": number,
        "back": lines(row for key, row in then.items() if key not in now),
        "out": lines(row for key, row in now.items() if key not in then),
    }


def lines(revisions: Iterable[Revision]) -> list[Line]:
    """Revisions in words."""
    now = timezone.now()
    return [Line(revision, in_words(revision), _state(revision, now)) for revision in revisions]


def in_words(revision: Revision) -> str:
    """What a revision says, in one sentence."""
    if revision.ends:
        return _("Ended.")
    spec, item = revision.spec, revision.item.title if revision.item else ""
    kind = revision.decision.kind
    if kind == Decision.Kind.PIN:
        return _("Pin “%(item)s” to slot %(slot)d.") % {"item": item, "slot": spec["slot"]}
    if kind == Decision.Kind.BLOCK:
        sentence = _("Safety block of “%(item)s”.") if spec["safety"] else _("Block “%(item)s”.")
        return sentence % {"item": item}
    if kind == Decision.Kind.BLEND:
        weights = ", ".join(f"{name} {weight:g}" for name, weight in spec["weights"].items())
        return _("Blend: %(weights)s.") % {"weights": weights}
    return _rule(spec)


def _rule(spec: dict[str, Any]) -> str:
    sentences = {
        "boost": _("Boost by %(strength)s: %(what)s."),
        "bury": _("Bury by %(strength)s: %(what)s."),
        "bury_to_bottom": _("Bury to the bottom: %(what)s."),
        "exclude": _("Exclude: %(what)s."),
        "only": _("Only: %(what)s."),
        "cap": _("At most %(at_most)s in the first %(first)s: %(what)s."),
        "quota": _("At least %(at_least)s in the first %(first)s: %(what)s."),
        "pin_match": _("Pin the best match to slot %(slot)s: %(what)s."),
    }
    what = describe(parse(spec["where"], schema()))
    return sentences[spec["effect"]] % {**spec, "what": what}


def describe(query: Query) -> str:
    """A query in words."""
    if isinstance(query, Comparison):
        return f"{query.field} {query.op.replace('_', ' ')} {_value(query.value)}".strip()
    if isinstance(query, ItemList):
        return _("%(n)d listed items") % {"n": len(query.items)}
    if isinstance(query, Not):
        return _("not (%(part)s)") % {"part": describe(query.part)}
    return _joined(query)


def _joined(query: All | AnyOf) -> str:
    if not query.parts:
        return _("everything") if isinstance(query, All) else _("nothing")
    word = _(" and ") if isinstance(query, All) else _(" or ")
    return word.join(
        f"({describe(part)})" if isinstance(part, All | AnyOf) else describe(part)
        for part in query.parts
    )


def _value(value: object) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _state(revision: Revision, now: datetime) -> str:
    if revision.starts_at and revision.starts_at > now:
        return "scheduled"
    if revision.until and revision.until <= now:
        return "over"
    return "live"


def _open_sets() -> list[ChangeSet]:
    rows = ChangeSet.objects.filter(published_at=None, discarded_at=None)
    return list(rows.select_related("author").prefetch_related("revisions__decision"))


def _touches(home: ChangeSet, surface: Surface) -> bool:
    places = {revision.decision.surface_id for revision in home.revisions.all()}
    return bool(places & {None, surface.slug})
