"""Change sets as what is drafted needs them: opened by a name, and locked while they are still open."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from curation.given import Readings, called, columns_of
from curation.models import ChangeSet, User
from curation.people.access import require
from curation.problems import Conflict


def open_change_set(*, actor: User, name: str = "", offered: Readings | None = None) -> ChangeSet:
    """The open change set of this name, made if there is none.

    `offered` is what the product calls it where nobody does: where the name is empty, or was left as it was offered.
    """
    require(actor, "curator")
    ours = offered if offered and name in ("", *offered.values()) else None
    names = ours.values() if ours else [name]
    rows = ChangeSet.objects.filter(called(*names), published_at=None, discarded_at=None)
    found = rows.order_by("created_at").first()
    return found or _made(actor, columns_of(ours) if ours else {"name": name})


def new_change_set(actor: User, named: Readings) -> ChangeSet:
    """A change set of its own for what is decided at once, named by the product."""
    return _made(actor, columns_of(named))


def _made(actor: User, named: dict[str, object]) -> ChangeSet:
    return ChangeSet.objects.create(author=actor, **named)


def lock_set(change_set: ChangeSet) -> ChangeSet:
    """Lock a change set against others; `Conflict` unless it is open."""
    (home,) = lock_sets([change_set])
    return home


def lock_sets(change_sets: Iterable[ChangeSet]) -> list[ChangeSet]:
    """Lock change sets against others, always in one order; `Conflict` unless all are open."""
    rows = ChangeSet.objects.select_for_update(no_key=True).order_by("pk")
    homes = list(rows.filter(pk__in=[home.pk for home in change_sets]))
    if any(home.published_at or home.discarded_at for home in homes):
        raise Conflict("change_set_closed", _("The change set is published or discarded."))
    return homes
