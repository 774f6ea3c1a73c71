"""Why an item stands in a slate, as pages say it: reasons in words, and what of the history spoke for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from recsys.models import Slate
from recsys.screens import reasons
from recsys.slates import why
from recsys.traces import reading as traces

PATIENCE_S: Final = 1.5
MOST_EXPLAINED: Final = 20
MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Explained:
    """One item of a slate; `evidence` is None where no worker could say in time."""

    item: UUID
    title: str
    slot: int
    texts: Sequence[str]
    evidence: Sequence[why.Evidence] | None

    @property
    def spoke(self) -> Sequence[why.Spoke]:
        """The items of the history that spoke most for it, whichever scorer names them."""
        named: dict[str, why.Spoke] = {}
        for row in self.evidence or ():
            for each in row.items:
                if each.item not in named or named[each.item].share < each.share:
                    named[each.item] = each
        return sorted(named.values(), key=lambda each: -each.share)[:MOST_NAMED]

    @property
    def sentence(self) -> str:
        """Why it stands there, in one sentence; the items that it ends in are `spoke`."""
        reason = str(_("; ")).join(self.texts)
        if self.spoke:
            return _("%(reason)s, above all because of these:") % {"reason": reason}
        return _("%(reason)s.") % {"reason": reason}


def of(slate: Slate, item: UUID) -> Explained | None:
    """Explain an item of a slate or its reserve; None where it does not stand there."""
    trace = traces.trace_of(slate)
    for placement in [*trace["placements"], *trace["reserve"]]:
        if placement["item"] == str(item):
            return Explained(
                item=item,
                title=trace["items"].get(str(item), {}).get("title", str(item)),
                slot=placement["slot"],
                texts=[reasons.text_of(reason) for reason in placement["reasons"]],
                evidence=why.evidence(slate.id, [item], PATIENCE_S).get(item),
            )
    return None


def add_to(rows: Sequence[dict[str, Any]], slate: Slate) -> None:
    """Give the first rows of a trace's placements what of the history spoke for each."""
    first = rows[:MOST_EXPLAINED]
    known = why.evidence(slate.id, [UUID(row["item"]) for row in first], PATIENCE_S)
    for row in first:
        row["evidence"] = known.get(UUID(row["item"]))
