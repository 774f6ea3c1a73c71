"""Which labels a reward table gives: how many interactions get which, beside those of another table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from curation.models import Item
from feedback.models import Kind
from feedback.rewards.tables import UNREWARDED, Rewards
from feedback.rollups.tallies import STANDING

MOST_SHOWN: Final = 20

_LABELLED: Final = f"""
SELECT told.id, told.item_id, told.kind, told.value, told.occurred_at,
    {{old}} AS old, {{new}} AS new
FROM feedback_interaction AS told
WHERE told.kind <> ALL(%(unrewarded)s) AND NOT told.simulated
    AND (%(since)s::timestamptz IS NULL OR told.occurred_at >= %(since)s) AND {STANDING}
"""  # noqa: S608 - made of constants alone

_COUNTS: Final = """
SELECT kind, old, new, count(*) FROM ({labelled}) AS labelled
GROUP BY kind, old, new ORDER BY kind, old DESC, new DESC
"""

_SAMPLE: Final = """
SELECT item_id, kind, value, occurred_at, old, new FROM ({labelled}) AS labelled
WHERE old <> new ORDER BY occurred_at DESC, id DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Label:
    """So many interactions of a kind, with the reward that they have and the one that they would get."""

    kind: Kind
    old: float
    new: float
    count: int

    @property
    def changes(self) -> bool:
        """Whether the reward differs."""
        return self.old != self.new


@dataclass(frozen=True, slots=True)
class Example:
    """One interaction whose reward would change."""

    title: str
    kind: Kind
    value: float | None
    occurred_at: datetime
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class Preview:
    """What a table would change: counts by kind and reward, and the newest interactions that change."""

    labels: list[Label]
    examples: list[Example]

    @property
    def total(self) -> int:
        """How many interactions were looked at."""
        return sum(label.count for label in self.labels)

    @property
    def changed(self) -> int:
        """How many of them would get another reward."""
        return sum(label.count for label in self.labels if label.changes)


def preview(old: Rewards, new: Rewards, since: datetime | None) -> Preview:
    """Compare the labels of two tables over the interactions since an instant, or over all."""
    words: dict[str, Any] = {
        "since": since,
        "unrewarded": [int(kind) for kind in UNREWARDED],
        "most": MOST_SHOWN,
    }
    labelled = _LABELLED.format(old=_case(old, "old", words), new=_case(new, "new", words))
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS.format(labelled=labelled), words)
        labels = [Label(Kind(kind), *rest) for kind, *rest in cursor]
        cursor.execute(_SAMPLE.format(labelled=labelled), words)
        rows = cursor.fetchall()
    return Preview(labels, _examples(rows))


def _examples(rows: list[tuple[Any, ...]]) -> list[Example]:
    titles: dict[UUID, str] = dict(
        Item.objects.filter(pk__in={row[0] for row in rows}).values_list("pk", "title")
    )
    return [Example(titles.get(item, ""), Kind(kind), *rest) for item, kind, *rest in rows]


def _case(rewards: Rewards, name: str, words: dict[str, Any]) -> str:
    """The reward of an interaction in SQL; its numbers are put into the words."""
    words[f"{name}_stars"] = list(rewards.stars)
    words[f"{name}_since"] = [since for since, _reward in rewards.views]
    words[f"{name}_views"] = [reward for _since, reward in rewards.views]
    kinds = list(rewards.kinds.items())
    words[f"{name}_kinds"] = [int(kind) for kind, _reward in kinds]
    words[f"{name}_rewards"] = [reward for _kind, reward in kinds]
    return f"""CASE told.kind
        WHEN {Kind.RATING:d} THEN (%({name}_stars)s::float8[])[
            least(greatest(floor(told.value)::int, 1), {len(rewards.stars)})]
        WHEN {Kind.VIEW:d} THEN (%({name}_views)s::float8[])[
            greatest(width_bucket(coalesce(told.value, 0), %({name}_since)s::float8[]), 1)]
        ELSE (%({name}_rewards)s::float8[])[array_position(%({name}_kinds)s::int[], told.kind::int)]
    END"""
