"""Which decisions and expectations ask how near items come to a text; `like.KEY` is the field by which they do."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import F, Q

from curation.models import Expectation, PolicyEntry, Revision

LIKE: Final = "like."
"""Before the key of a likeness: the field that says how near the text of an item comes to it, -1 to 1."""

_NAMED: Final = re.compile(r'"like\.([a-z0-9-]+)"', re.ASCII)
_DIGEST: Final = re.compile(r"-?[0-9a-f]{10}\Z")


@dataclass(slots=True)
class Uses:
    """Who asks the like of a text: decisions in force or drafted, and expectations that are not retired."""

    decisions: list[Revision] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.decisions) + len(self.expectations)


def uses() -> dict[str, Uses]:
    """By the key of a likeness who asks it; two queries."""
    found: defaultdict[str, Uses] = defaultdict(Uses)
    for row in _revisions():
        for key in keys_in(row.spec.get("where")):
            found[key].decisions.append(row)
    for each in Expectation.objects.filter(retired_at=None, claim__where__icontains=f'"{LIKE}'):
        for key in keys_in(each.claim["where"]):
            found[key].expectations.append(each)
    return dict(found)


def keys_in(query: Any) -> set[str]:  # noqa: ANN401 - JSON of any type
    """The keys of the likenesses that a stored query names."""
    return set(_NAMED.findall(json.dumps(query)))


def words_in(name: str) -> str:
    """The first words of the text that a field is about, as its key has them; empty where the key has none."""
    words = _DIGEST.sub("", name.removeprefix(LIKE))
    return "" if words == "text" else words.replace("-", " ")


def _revisions() -> list[Revision]:
    """The revisions in the current policy versions and in open change sets that ask the like of some text."""
    now = PolicyEntry.objects.filter(version__number=F("version__surface__policy_version"))
    drafted = Q(
        withdrawal=None,
        ends=False,
        change_set__published_at=None,
        change_set__discarded_at=None,
    )
    rows = Revision.objects.filter(Q(pk__in=now.values("revision")) | drafted)
    asking = rows.filter(spec__where__icontains=f'"{LIKE}')
    return list(asking.select_related("decision").order_by("pk"))
