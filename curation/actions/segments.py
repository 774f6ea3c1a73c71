"""What people decide about segments: by query, by hand, learned; kept, renamed, archived."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.actions import segment_bases
from curation.fusion.parsing import QueryError
from curation.fusion.query import Query
from curation.models import Segment, User
from curation.people import memberships
from curation.people.access import acting, require
from curation.people.members import resolve_many
from curation.people.memberships import Cause
from curation.people.segment_uses import expectations_on, uses
from curation.problems import Conflict, Invalid
from curation.queries import members as member_queries
from curation.queries.faults import as_error, in_words

MOST_LISTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Listed:
    """What became of one outside id of a list, by its place (from 1)."""

    place: int
    outside_id: str
    status: Literal["added", "removed", "unchanged", "unknown", "invalid"]


def set_segment(  # noqa: PLR0913 - what a segment is written with
    *,
    actor: User,
    slug: str,
    name: str,
    query: Mapping[str, Any],
    base: int | None = None,
    reason: str = "",
    confirmed: bool = False,
) -> Segment:
    """Make or redefine a segment by query, and find out at once who is in it.

    `base` is its number as it was seen, 0 where there was none (see `segment_bases`). Raises `Conflict`
    where it has changed since, or would hold everybody or nobody and that was not confirmed.
    """
    require(actor, "curator")
    checked = check_segment(query)
    if not confirmed:
        _refuse_extremes(*member_queries.count(checked))
    with acting(actor, "set_segment", reason), transaction.atomic():
        segment = _kept(slug, Segment.Kind.QUERY, {"name": name, "query": dict(query)}, base)
        memberships.settle(segment)
        memberships.seal(segment, Cause("defined", actor, reason))
    return segment


def make_list(
    *, actor: User, slug: str, name: str, base: int | None = None, reason: str = ""
) -> Segment:
    """Make a segment by hand, empty at first, or rename it as it was seen at `base`."""
    require(actor, "curator")
    with acting(actor, "make_list", reason), transaction.atomic():
        segment = _kept(slug, Segment.Kind.MANUAL, {"name": name}, base)
        memberships.seal(segment, Cause("defined", actor, reason))
    return segment


def edit_list(
    *,
    actor: User,
    segment: Segment,
    source: str,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    reason: str = "",
) -> list[Listed]:
    """Put members into a segment by hand and take others out, at most 10,000 outside ids at once.

    Answers what became of each, the removed ones after the added. An unknown id makes no member.
    """
    require(actor, "curator")
    _open(segment, Segment.Kind.MANUAL)
    if len(add) + len(remove) > MOST_LISTED:
        text = _("At most %(most)d ids at once.") % {"most": MOST_LISTED}
        raise Invalid("too_many", text)
    known = resolve_many(source, {each for each in (*add, *remove) if _may_be_id(each)})
    subjects = {outside_id: member.subject for outside_id, member in known.items()}
    there = set(segment.memberships.values_list("subject", flat=True))
    come = {subjects[each] for each in add if each in subjects}
    gone = {subjects[each] for each in remove if each in subjects} - come
    with acting(actor, "edit_list", reason), transaction.atomic():
        memberships.put(segment, come, gone)
        memberships.seal(segment, Cause("listed", actor, reason))
    return [
        *_told(add, subjects, come - there, "added", 1),
        *_told(remove, subjects, gone & there, "removed", 1 + len(add)),
    ]


def keep_learned(
    *,
    actor: User,
    slug: str,
    name: str,
    learned: Mapping[str, Any],
    subjects: Collection[Any],
    reason: str = "",
) -> Segment:
    """Accept a learned segment under a name, with the members it was learned to hold."""
    require(actor, "curator")
    if Segment.objects.filter(slug=slug).exists():
        raise Conflict("slug_taken", _("There is a segment %(slug)s already.") % {"slug": slug})
    with acting(actor, "keep_learned", reason), transaction.atomic():
        segment = _kept(slug, Segment.Kind.LEARNED, {"name": name, "learned": dict(learned)})
        memberships.keep_only(segment, subjects)
        memberships.seal(segment, Cause("learned", actor, reason))
    return segment


def rename_segment(
    *, actor: User, segment: Segment, name: str, base: int | None = None, reason: str = ""
) -> None:
    """Give a segment, as it was seen at `base`, another name; its slug stays."""
    require(actor, "curator")
    with acting(actor, "rename_segment", reason), transaction.atomic():
        here = Segment.objects.select_for_update(no_key=True).get(pk=segment.pk)
        segment_bases.insist(here, base, {"name": name})
        segment.name = name
        segment.save(update_fields=["name"])


def archive_segment(
    *, actor: User, segment: Segment, reason: str = "", confirmed: bool = False
) -> None:
    """Take a segment out of use: it holds nobody from now on, and its past stays readable.

    Raises `Conflict` naming the decisions and expectations that are for it, unless that was confirmed.
    """
    require(actor, "curator")
    users = [str(each) for each in (*uses(segment), *expectations_on(segment))]
    if users and not confirmed:
        text = _("These are for it, and would be for nobody: %(users)s.")
        raise Conflict("in_use", text % {"users": "; ".join(users)})
    with acting(actor, "archive_segment", reason), transaction.atomic():
        segment.archived_at = segment.archived_at or timezone.now()
        segment.save(update_fields=["archived_at"])
        memberships.keep_only(segment, ())
        memberships.seal(segment, Cause("archived", actor, reason))


def check_segment(query: object) -> Query:
    """The query over members; raises `Invalid` where it cannot be read."""
    try:
        return member_queries.read(query)
    except QueryError as error:
        told = [as_error(error, "query")]
        raise Invalid("bad_query", _("The query cannot be read."), told) from error
    except RecursionError as error:
        raise Invalid("bad_query", _("The query is nested too deeply.")) from error


def written_segment(text: str) -> Query:
    """The query over members that was written as text; raises `Invalid` where it cannot be read."""
    try:
        return member_queries.read_text(text)
    except QueryError as error:
        raise Invalid("bad_query", in_words(error), [as_error(error, "where_text")]) from error


def _refuse_extremes(named: int, everybody: int) -> None:
    if named == 0:
        text = _("It matches none of %(n)d members. Confirm that you want it.")
        raise Conflict("matches_nobody", text % {"n": everybody})
    if named == everybody:
        text = _("It matches all %(n)d members. Confirm that you want it.")
        raise Conflict("matches_everybody", text % {"n": everybody})


def _kept(
    slug: str, kind: Segment.Kind, content: Mapping[str, Any], base: int | None = None
) -> Segment:
    segment, made = Segment.objects.select_for_update().get_or_create(
        slug=slug, defaults={"kind": kind, **content}
    )
    if not made:
        _open(segment, kind)
        segment_bases.insist(segment, base, content)
        for name, value in content.items():
            setattr(segment, name, value)
        segment.save(update_fields=list(content))
    return segment


def _open(segment: Segment, kind: Segment.Kind) -> None:
    if segment.archived_at:
        raise Conflict("archived", _("The segment is archived."))
    if segment.kind != kind:
        text = _("The segment is one %(kind)s.") % {"kind": segment.get_kind_display()}
        raise Conflict("other_kind", text)


def _may_be_id(text: str) -> bool:
    return 0 < len(text) <= 255 and "\0" not in text


def _told(
    ids: Sequence[str],
    subjects: Mapping[str, Any],
    changed: Collection[Any],
    word: Literal["added", "removed"],
    first: int,
) -> list[Listed]:
    told, left = [], set(changed)
    for place, outside_id in enumerate(ids, start=first):
        subject = subjects.get(outside_id)
        if subject is None:
            status = "unknown" if _may_be_id(outside_id) else "invalid"
            told.append(Listed(place, outside_id, status))  # type: ignore[arg-type]
            continue
        told.append(Listed(place, outside_id, word if subject in left else "unchanged"))
        left.discard(subject)
    return told
