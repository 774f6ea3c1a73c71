"""What members like, by tags: of everybody the rate, of a member the interests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np

from curation.catalogue.columns import columns
from curation.fusion.columns import Kind
from curation.models import Item
from curation.queries.items import schema
from recsys.ml.data.interactions import Id, Interactions
from recsys.ml.members.interests import Interest, interests, shares
from recsys.profiles import portraits
from recsys.profiles.portraits import LIKED

_NONE: Final[tuple[str, ...]] = ()


@dataclass(frozen=True, eq=False)
class Likes:
    """What members like now, row by row; the tags of each of its items; and in what share of all likes each tag is."""

    liked: Interactions
    tags: Sequence[Sequence[str]]
    everybody: dict[str, float]

    @property
    def members(self) -> list[UUID]:
        """Who likes anything."""
        found = self.liked.member_ids.at(np.unique(self.liked.members))
        return [each for each in found if isinstance(each, UUID)]

    def of(self, subject: UUID) -> tuple[int, list[Interest]]:
        """How many items a member likes, and the tags that they like more than others do."""
        place = self.liked.member_ids.places.get(subject, -1)
        if place < 0:
            return 0, []
        starts = self.liked.starts
        items = self.liked.items[starts[place] : starts[place + 1]].tolist()
        return len(items), interests([(self.tags[item], 1.0) for item in items], self.everybody)


def read() -> Likes:
    """What all members like now, as training has it: without simulated members and what is marked or undone."""
    told = portraits.feedback_now()
    liked = told.where(told.values >= LIKED)
    tags = _tags_of(liked.item_ids.ids)
    counts = np.bincount(liked.items, minlength=len(tags)).tolist()
    everybody = shares(zip(tags, counts, strict=True))
    return Likes(liked, tags, everybody)


def _tags_of(items: Sequence[Id]) -> list[Sequence[str]]:
    """The tags of each of these items; none of one that is gone."""
    known = schema()
    fields = [name for name, kind in known.items() if kind is Kind.TAGS]
    ids, found = columns(Item.objects.all(), fields, known)
    carried: dict[Id, set[str]] = {each: set() for each in ids}
    for column in found.values():
        for row, code in zip(column.tag_rows.tolist(), column.data.tolist(), strict=True):
            carried[ids[row]].add(column.vocabulary[code])
    return [sorted(carried.get(each, _NONE)) for each in items]
