"""Whether a second person has to approve a change set before it is published, and whether one has.

Surfaces say when: never, always, or where the newest simulation of the set changes more than a share of their slates.
An approval tells of exactly the drafts that the set held, and so does a simulation: whatever changes the set makes
both void. What may not be held up does not count: blocks, and endings, which only take away what passed before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.models import (
    Approval,
    ChangeSet,
    Decision,
    Revision,
    SimulatedChange,
    Surface,
    User,
)
from curation.people.access import roles_of
from curation.policies.fulfilment import Places

LEAST: Final = 100
"""A simulation that replayed fewer requests of a surface does not tell how many of its slates change."""
NAMED: Final = 5
"""So many of those who can approve are named."""

State = Literal["none", "asked", "approved", "sent_back", "void"]
Why = Literal["always", "above", "unasked", "thin", "unsimulated", "below"]
Act = Approval.Act


@dataclass(frozen=True, slots=True)
class Content:
    """What a change set holds: its newest drafts, where they steer, and who changed it last, and when."""

    drafts: list[str]
    places: Places
    last: UUID | None


@dataclass(frozen=True, slots=True)
class Ask:
    """Whether one surface asks for a second person, and why; `share` of its slates change, where that is known.

    `replayed` of its requests were replayed to find that out.
    """

    surface: Surface
    why: Why
    share: float | None = None
    replayed: int = 0

    @property
    def is_needed(self) -> bool:
        """Whether a second person has to approve."""
        return self.why in ("always", "above", "unasked", "thin")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the approval of a change set stands: what surfaces ask, and the newest act with what became of it."""

    state: State
    newest: Approval | None
    asks: tuple[Ask, ...]
    content: Content

    @property
    def needed(self) -> list[Ask]:
        """The surfaces that ask for a second person."""
        return [each for each in self.asks if each.is_needed]

    @property
    def unsimulated(self) -> list[Ask]:
        """The surfaces of which only a simulation would tell whether they ask for one."""
        return [each for each in self.asks if each.why == "unsimulated"]

    @property
    def is_lacking(self) -> bool:
        """Whether the publish is refused until somebody has approved, or a simulation has told."""
        return self.state != "approved" and bool(self.needed or self.unsimulated)

    @property
    def barred(self) -> set[UUID]:
        """Who may not approve: whoever changed the set last, and whoever asked."""
        keys = [self.content.last]
        if self.newest is not None and self.newest.act == Act.ASKED:
            keys.append(self.newest.actor_id)
        return {key for key in keys if key is not None}

    def may_answer(self, user: User) -> bool:
        """Whether it waits for a second person, and the user can be that."""
        return self.state == "asked" and user.pk not in self.barred and "curator" in roles_of(user)

    def may_take_back(self, user: User) -> bool:
        """Whether the newest act is the user's own, and can still be taken back; an administrator takes any back."""
        acts = (Act.ASKED, Act.APPROVED)
        if self.newest is None or self.newest.act not in acts:
            return False
        return self.newest.actor_id == user.pk or "administrator" in roles_of(user)


def of(home: ChangeSet) -> Standing:
    """Where the approval of a change set stands: at most four queries."""
    content = contents([home])[home.pk]
    newest = newest_acts([home]).get(home.pk)
    return Standing(state_of(newest, content), newest, tuple(_asks(home, content)), content)


def contents(homes: Collection[ChangeSet]) -> dict[UUID, Content]:
    """What change sets hold, by their keys; one query."""
    rows = Revision.objects.filter(change_set__in=homes).order_by("number")
    columns = ("change_set_id", "author_id", "created_at", "withdrawal__author_id")
    by_set: dict[UUID, list[Any]] = defaultdict(list)
    about = ("decision_id", "decision__kind", "decision__surface_id", "ends", "pk")
    for row in rows.values(*columns, *about, "withdrawal__created_at"):
        by_set[row["change_set_id"]].append(row)
    return {home.pk: _content(by_set[home.pk]) for home in homes}


def newest_acts(homes: Collection[ChangeSet]) -> dict[UUID, Approval]:
    """The newest act on the approval of each of some change sets that has one; one query."""
    rows = Approval.objects.filter(change_set__in=homes).select_related("actor")
    return {
        row.change_set_id: row
        for row in rows.order_by("change_set_id", "-id").distinct("change_set_id")
    }


def state_of(newest: Approval | None, content: Content) -> State:
    """What the newest act means for what the set holds now."""
    if newest is None or newest.act in (Act.TAKEN_BACK, Act.PASSED_OVER):
        return "none"
    if newest.act == Act.SENT_BACK:
        return "sent_back"
    if newest.drafts != content.drafts:
        return "void"
    return "asked" if newest.act == Act.ASKED else "approved"


def who_can(barred: Iterable[UUID]) -> list[str]:
    """The names of those who can approve what these may not."""
    roles = Q(groups__name__in=["curator", "administrator"]) | Q(is_superuser=True)
    rows = User.objects.filter(roles, is_active=True).exclude(pk__in=list(barred))
    return list(rows.order_by("username").values_list("username", flat=True).distinct())


def note_simulation(
    home: ChangeSet,
    *,
    asked: int,
    drafts: list[str],
    versions: Mapping[str, list[int]],
    slates: Mapping[str, list[int]],
) -> None:
    """Keep what the newest simulation of a change set found: by surface, how many slates it replayed and changed."""
    told = {"asked": asked, "drafts": drafts, "versions": versions, "slates": slates}
    SimulatedChange.objects.update_or_create(
        change_set=home, defaults={**told, "at": timezone.now()}
    )


def in_words(ask: Ask) -> str:
    """What a surface asks, in a sentence for whoever is refused."""
    share = None if ask.share is None else f"{100 * ask.share:.3g} %"
    limit = f"{100 * ask.surface.approval_share:.3g} %"
    values = {"surface": ask.surface, "share": share, "limit": limit, "least": LEAST}
    values |= {"n": ask.replayed}
    sentences: dict[Why, str] = {
        "always": _("%(surface)s: a second person approves every publish."),
        "above": _(
            "%(surface)s: %(share)s of slates change; above %(limit)s a second person approves."
        ),
        "unasked": _(
            "%(surface)s: no request of it was replayed, so a simulation cannot tell; a second person approves."
        ),
        "thin": _(
            "%(surface)s: only %(n)s of its requests were replayed, and it takes %(least)s to tell; a second person "
            "approves."
        ),
        "unsimulated": _(
            "%(surface)s: above %(limit)s of slates changed a second person approves, and no simulation of at "
            "least %(least)s requests tells of the change set as it stands now."
        ),
        "below": _("%(surface)s: %(share)s of slates change; up to %(limit)s nobody is asked."),
    }
    return sentences[ask.why] % values


def state_in_words(standing: Standing) -> str:
    """Where the approval stands, in a sentence; empty where nobody has asked."""
    if standing.newest is None:
        return ""
    approved = standing.newest.act == Act.APPROVED
    void = (
        _(
            "%(name)s approved it, and it has changed since: that approval is void. Ask for it again."
        )
        if approved
        else _("It has changed since %(name)s asked for approval. Ask for it again.")
    )
    sentences: dict[State, str] = {
        "asked": _("It waits for the approval that %(name)s has asked for."),
        "approved": _("%(name)s has approved it."),
        "sent_back": _("%(name)s has sent it back: %(reason)s"),
        "void": void,
        "none": "",
    }
    values = {"name": standing.newest.actor, "reason": standing.newest.reason}
    return sentences[standing.state] % values


def can_in_words(barred: Iterable[UUID]) -> str:
    """Who can approve, in a sentence."""
    names = who_can(barred)
    if not names:
        return _(
            "Nobody else here can approve it; an administrator can publish it without, for a reason."
        )
    told = _(", ").join(names[:NAMED])
    if (more := len(names) - NAMED) > 0:
        return _("Who can approve it: %(names)s and %(n)d more.") % {"names": told, "n": more}
    return _("Who can approve it: %(names)s.") % {"names": told}


def _content(rows: list[dict[str, Any]]) -> Content:
    newest = {row["decision_id"]: row for row in rows if row["withdrawal__author_id"] is None}
    steering = (
        row
        for row in newest.values()
        if not row["ends"] and row["decision__kind"] != Decision.Kind.BLOCK
    )
    return Content(
        drafts=sorted(str(row["pk"]) for row in newest.values()),
        places=frozenset(row["decision__surface_id"] for row in steering),
        last=max(_changes(rows), default=(None, None))[1],
    )


def _changes(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[Any, UUID]]:
    """When a set was changed, and by whom."""
    for row in rows:
        yield row["created_at"], row["author_id"]
        if row["withdrawal__author_id"]:
            yield row["withdrawal__created_at"], row["withdrawal__author_id"]


def _asks(home: ChangeSet, content: Content) -> Iterator[Ask]:
    """What each surface that a change set steers asks of it."""
    if not content.places:
        return
    surfaces = {row.slug: row for row in Surface.objects.order_by("slug")}
    told = _told(home, content, surfaces)
    for surface in surfaces.values():
        steered = None in content.places or surface.slug in content.places
        if steered and surface.approval == Surface.Approved.ALWAYS:
            yield Ask(surface, "always")
        elif steered and surface.approval == Surface.Approved.ABOVE:
            yield _above(surface, told)


def _told(
    home: ChangeSet, content: Content, surfaces: Mapping[str, Surface]
) -> Mapping[str, list[int]] | None:
    """The slates of the newest simulation, where it tells of the set and the surfaces as they are; else None."""
    above = [row for row in surfaces.values() if row.approval == Surface.Approved.ABOVE]
    found = SimulatedChange.objects.filter(change_set=home).first() if above else None
    if found is None or found.asked < LEAST or found.drafts != content.drafts:
        return None
    for slug, stamp in found.versions.items():
        row = surfaces.get(slug)
        if row is None or stamp != [row.policy_version, row.blocks_version]:
            return None
    slates: dict[str, list[int]] = found.slates
    return slates


def _above(surface: Surface, told: Mapping[str, list[int]] | None) -> Ask:
    if told is None:
        return Ask(surface, "unsimulated")
    requests, changed = told.get(surface.slug, [0, 0])
    if not requests:
        return Ask(surface, "unasked")
    if requests < LEAST:
        return Ask(surface, "thin", replayed=requests)
    share = changed / requests
    why: Why = "above" if share > surface.approval_share else "below"
    return Ask(surface, why, share, requests)
