"""In which fields revisions differ: between two of them, and between what two people made of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from curation.field_words import (
    DECISION_WORDS,
    DEVICES,
    EFFECT_WORDS,
    FALLBACK_WORDS,
    scale_called,
    scorer_called,
)
from curation.fusion.writing import is_query, text_of
from curation.models import Item, Revision

Whose = Literal["theirs", "mine", "both", "same"]

_TERMS: Final = ("priority", "starts_at", "until", "review_on", "holdback", "traffic", "reason")
_NAMES: Final = {"starts_at": "from"}
_MAPS: Final = ("weights", "scales")
_INSTANTS: Final = frozenset({"from", "until"})
_VALUES: Final = {"effect": EFFECT_WORDS, "fallback": FALLBACK_WORDS}


@dataclass(frozen=True, slots=True)
class Change:
    """A field that differs, and its two values, None where there is none."""

    field: str
    before: Any
    after: Any

    @property
    def called(self) -> str:
        """The field, for people."""
        return called(self.field)

    @property
    def was(self) -> str:
        """The value before, for people."""
        return shown(self.before, self.field)

    @property
    def is_now(self) -> str:
        """The value after, for people."""
        return shown(self.after, self.field)

    def as_json(self) -> dict[str, Any]:
        """The change for an API or a page."""
        return {"field": self.field, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that somebody changed since `base`: they (`by`), the one who saves, or both, alike or not."""

    field: str
    base: Any
    theirs: Any
    mine: Any
    whose: Whose
    by: str = ""

    def as_json(self) -> dict[str, Any]:
        """The clash as an error of a problem."""
        changed = self.mine if self.whose == "mine" else self.theirs
        message = f"{shown(self.base)} → {shown(changed)}"
        values = {"base": self.base, "theirs": self.theirs, "mine": self.mine}
        told = {"field": self.field, "code": self.whose, "message": message, **values}
        return told | ({"by": self.by} if self.by else {})


def fields_of(revision: Revision) -> dict[str, Any]:
    """What a revision says, field by field, in outside ids and plain JSON values."""
    fields: dict[str, Any] = {
        "item": revision.item.outside_id if revision.item else None,
        "segment": revision.segment.slug if revision.segment else None,
        "member": revision.member.outside_id if revision.member else None,
    }
    for name, value in revision.spec.items():
        if name in _MAPS:
            fields |= {f"{name}.{key}": each for key, each in value.items()}
        else:
            fields[name] = value
    fields |= {name: part for name, part in revision.who.items() if name != "anchors"}
    if "anchors" in revision.who:
        fields["anchors"] = _outside_ids(revision.who["anchors"])
    terms = {_NAMES.get(name, name): _plain(getattr(revision, name)) for name in _TERMS}
    return {**fields, **terms, "ends": revision.ends}


def _outside_ids(items: Sequence[str]) -> list[str]:
    rows = Item.objects.filter(pk__in=items).order_by("outside_id")
    return list(rows.values_list("outside_id", flat=True))


def changes(before: Revision, after: Revision) -> list[Change]:
    """The fields in which two revisions differ."""
    old, new = fields_of(before), fields_of(after)
    pairs = ((name, old.get(name), new.get(name)) for name in {**old, **new})
    return [Change(*pair) for pair in pairs if pair[1] != pair[2]]


def clashes(base: Revision, since: Sequence[Revision], mine: Revision) -> list[Clash]:
    """The fields that differ between a base, the newest of the revisions since, and one's own."""
    newest = since[-1]
    values = [fields_of(row) for row in (base, newest, mine)]
    authors = _authors(base, since)
    found = []
    for name in {**values[0], **values[1], **values[2]}:
        was, theirs, ours = (each.get(name) for each in values)
        if not was == theirs == ours:
            who = authors.get(name, "") if was != theirs else ""
            found.append(Clash(name, was, theirs, ours, whose(was, theirs, ours), who))
    return found


def whose(base: object, theirs: object, mine: object) -> Whose:
    """Which side changed a value since a base."""
    if theirs == mine:
        return "same"
    if base == theirs:
        return "mine"
    return "theirs" if base == mine else "both"


def clashes_in_words(told: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The clashes that a problem tells, field by field, with names and values as people read them."""
    values = ("base", "theirs", "mine")
    return [
        row
        | {"called": called(row["field"])}
        | {name: shown(row[name], row["field"]) for name in values}
        for row in map(dict, told)
        if row["field"] != "revision"
    ]


def called(field: str) -> str:
    """What a field of a revision is called, as the form calls it."""
    head, _dot, scorer = field.partition(".")
    if head == "weights":
        return _("Weight of %(scorer)s") % {"scorer": scorer_called(scorer)}
    if head == "scales":
        return _("Scale of %(scorer)s") % {"scorer": scorer_called(scorer)}
    return str(DECISION_WORDS.get(field, field))


def shown(value: object, field: str = "") -> str:
    """A value for people to read; a query as text, an instant on the reader's clock."""
    if field in _INSTANTS and isinstance(value, str):
        return localize(localtime(datetime.fromisoformat(value)))
    if field == "hours" and isinstance(value, Mapping):
        return _hours(value)
    if field == "devices" and isinstance(value, list):
        return _(", ").join(str(DEVICES[each]) for each in value)
    if field.startswith("scales.") and isinstance(value, str):
        return scale_called(value)
    if field in _VALUES:
        return str(_VALUES[field].get(str(value), value))
    return _plain_words(value)


def _hours(hours: Mapping[str, Any]) -> str:
    days = _(", ").join(str(WEEKDAYS_ABBR[day - 1]) for day in hours.get("weekdays", ()))
    return " ".join(
        part for part in (days, f"{hours['from']}–{hours['until']}", hours["zone"]) if part
    )


def _plain_words(value: object) -> str:
    if is_query(value):
        return text_of(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return _(", ").join(f"{key} {shown(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return _(", ").join(map(shown, value))
    return "–" if value is None or value == "" else str(value)


def _authors(base: Revision, since: Sequence[Revision]) -> dict[str, str]:
    """Field to whoever changed it last."""
    found: dict[str, str] = {}
    for before, after in zip((base, *since), since, strict=False):
        names = (change.field for change in changes(before, after))
        found |= dict.fromkeys(names, after.author.username)
    return found


def _plain(value: Any) -> Any:  # noqa: ANN401 - a field of any type
    return value.isoformat() if isinstance(value, date) else value
