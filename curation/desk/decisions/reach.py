"""How far a decision that is being written would reach: items with a sample of them, members, and who is spared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from curation.desk.catalogue.browsing import covered
from curation.desk.decisions.forms import DecisionForm
from curation.desk.decisions.situation_forms import SituationMixin
from curation.desk.queries.forms import ConditionsMixin
from curation.models import Item, Member
from curation.queries import members as member_queries
from curation.queries.items import best, count

SAMPLE: Final = 8


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom and what a decision touches. `items` is None where none was named yet, or `trouble` says why.

    Counts of members are as of now; shares are of them, to the nearest person.
    """

    items: int | None
    sample: list[dict[str, Any]]
    members: int
    everybody: int
    spared: int
    left_out: int
    draft: str
    trouble: list[str] = field(default_factory=list)


def reach_of(form: DecisionForm) -> Reach:
    """The reach of a bound form, as far as it can be read; at most six queries of its own."""
    form.is_valid()
    data = form.cleaned_data
    items, sample, trouble = _items(form, data)
    everybody = Member.objects.filter(merged_into=None).count()
    members = _members(form, everybody)
    trouble = [*trouble, *map(str, form.errors.get("members_text", ()))]
    spared = round(members * (data.get("holdback") or 0))
    traffic = data.get("traffic")
    return Reach(
        items=items,
        sample=sample,
        members=members,
        everybody=everybody,
        spared=spared,
        left_out=members - round(members * traffic) if traffic else 0,
        draft=(data.get("change_set") or "").strip(),
        trouble=trouble,
    )


def _items(
    form: DecisionForm, data: Mapping[str, Any]
) -> tuple[int | None, list[dict[str, Any]], list[str]]:
    if isinstance(form, ConditionsMixin):
        query = form.read()
        if query is None:
            return None, [], _trouble(form)
        return count(query), covered(best(query, SAMPLE)), []
    item: Item | None = data.get("item")
    if item is None:
        return None, [], []
    return 1, covered([item]), []


def _trouble(form: DecisionForm) -> list[str]:
    """What is wrong with the conditions, once there are some."""
    written = any(form.data.get(key) for key in form.data if key.startswith("field-"))
    if not written and not (form.data.get("where") or form.data.get("where_text")):
        return []
    names = (name for name in form.errors if name in ConditionsMixin.condition_fields)
    return [str(error) for name in names for error in form.errors[name]]


def _members(form: DecisionForm, everybody: int) -> int:
    """For how many members it is: one, those of a segment, those who are like that, or all."""
    member, segment = form.cleaned_data.get("member"), form.cleaned_data.get("segment")
    query = form.asked_of_members() if isinstance(form, SituationMixin) else None
    if member:
        return 1
    if query is not None:
        return member_queries.count_in(query, segment.pk if segment else None)
    return segment.memberships.count() if segment else everybody
