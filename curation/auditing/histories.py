"""The history of one object: the rows that the database's audit holds of it, in words, the newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any, Final, TypeAlias

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Field, ForeignKey, Model, Q
from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from curation.auditing.words import KINDS, act_called
from curation.decisions.differences import Change
from curation.given import reading
from curation.models import User

AuditRow: TypeAlias = Any
"""A row of a model that the audit has generated."""

MOST: Final = 500
"""So many rows of the audit are read for one page, the newest of each kind."""

# Whose rows belong to the history of an object besides its own, and how they name it.
_PARTS: Final[Mapping[str, Mapping[str, str | tuple[str, ...]]]] = {
    "curation.decision": {
        "curation.revision": "decision",
        "curation.block": "decision",
        "curation.withdrawal": "revision__decision",
    },
    "curation.changeset": {
        "curation.revision": "change_set",
        "curation.withdrawal": "revision__change_set",
        "curation.approval": "change_set",
    },
    "curation.surface": {"curation.policyversion": "surface"},
    "curation.user": {
        "curation.userrole": "user",
        "curation.token": "user",
        "curation.signout": "user",
    },
    "recsys.run": {"recsys.modelversion": "run"},
    "recsys.modelversion": {"recsys.promotion": ("version", "replaced")},
}
_SECRET: Final = frozenset({"token_key"})
_DERIVED: Final = frozenset({"id", "created_at", "updated_at", "given"})
_EMPTY: Final = (None, "", False)
_OPEN: Final = frozenset({"attributes"})
"""Fields that hold others, each told by its key."""


@dataclass(frozen=True)
class Entry:
    """One row of the audit: when, who, what they did to what, why, and what it changed."""

    at: datetime
    who: str
    act: str
    what: str
    reason: str
    changes: list[Change]


def audited_model(label: str) -> type[Model] | None:
    """The model of a label such as `curation.surface`, if the database audits it by object."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return None
    return model if events_of(model, "pgh_obj") else None


def find(model: type[Model], key: str) -> Model | None:
    """The object of this key."""
    try:
        return model._default_manager.filter(pk=key).first()
    except (ValidationError, ValueError):
        return None


def history(one: Model) -> list[Entry]:
    """What was done to an object and to its parts, the newest first; a fixed number of queries."""
    rows = list(_rows(one))
    names = _names(rows)
    users = {str(user.pk): user.username for user in User.objects.filter(pk__in=_actors(rows))}
    before: dict[tuple[str, str], Mapping[str, Any]] = defaultdict(dict)
    entries = []
    for row in rows:
        place = (row._meta.label, str(_object_key(row)))
        values = _values(row, names)
        entries.append(_entry(row, before[place], values, users))
        before[place] = values
    entries.reverse()  # of what was done at one instant the last stands first, too
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _rows(one: Model) -> list[AuditRow]:
    """The audit's rows of an object and its parts, in the order in which they were written."""
    model = type(one)
    own = events_of(model, "pgh_obj")
    found = [] if own is None else list(_newest(own, Q(pgh_obj=one.pk)))
    for label, path in _PARTS.get(model._meta.label_lower, {}).items():
        events = events_of(apps.get_model(label))
        if events is not None:
            paths = (path,) if isinstance(path, str) else path
            found += _newest(events, *(Q(**{each: one.pk}) for each in paths))
    return sorted(found, key=lambda row: (row.pgh_created_at, row.pk))


def _newest(events: AuditRow, *of: Q) -> Iterable[AuditRow]:
    rows = events.objects.filter(reduce(or_, of)).order_by("-pk")
    return (rows if keeps_context(events) else rows.select_related("pgh_context"))[:MOST]  # type: ignore[no-any-return]


def keeps_context(events: AuditRow) -> bool:
    """Whether each row holds who acted and why; else the rows of an act share one that does."""
    return not events._meta.get_field("pgh_context").is_relation


def events_of(model: type[Model], *fields: str) -> AuditRow:
    """The model of a model's audit rows; None where it has none, or none with these fields."""
    for each in apps.get_models():
        if getattr(each, "pgh_tracked_model", None) is model:
            names = {field.name for field in each._meta.get_fields()}
            return each if names.issuperset(fields) else None
    return None


def _object_key(row: AuditRow) -> object:
    """What tells one audited object from another of its kind; a row without a link stands alone."""
    return getattr(row, "pgh_obj_id", None) or row.pk


def kind_called(model: type[Model]) -> str:
    """What the objects of an audited model are called."""
    return str(KINDS.get(model._meta.label_lower, model._meta.verbose_name))


def _fields(row: AuditRow) -> list[Any]:
    hidden = _SECRET | _DERIVED
    return [
        field
        for field in row._meta.concrete_fields
        if not field.name.startswith("pgh_") and field.name not in hidden
    ]


def _names(rows: Iterable[AuditRow]) -> dict[type[Model], dict[Any, str]]:
    """What the objects are called that the rows refer to, one query for each kind of them."""
    wanted: dict[type[Model], set[Any]] = defaultdict(set)
    for row in rows:
        for field in _fields(row):
            if isinstance(field, ForeignKey):
                wanted[field.related_model].add(getattr(row, field.attname))
    return {
        model: {
            key: str(each) for key, each in model._default_manager.in_bulk(keys - {None}).items()
        }
        for model, keys in wanted.items()
    }


def _values(row: AuditRow, names: Mapping[type[Model], Mapping[Any, str]]) -> dict[str, Any]:
    """Field, in words, to value, in words where it refers to an object."""
    found: dict[str, Any] = {}
    for field in _fields(row):
        value = getattr(row, field.attname)
        if isinstance(field, ForeignKey) and value is not None:
            value = names[field.related_model].get(value, str(value))
        elif isinstance(value, date):
            value = localize(localtime(value) if isinstance(value, datetime) else value)
        elif field.name == "name":
            value = reading(getattr(row, "given", {}), value)
        elif field.choices:
            value = str(dict(field.flatchoices).get(value, value))
        name = str(capfirst(_name(field)))
        if field.name in _OPEN:
            found |= {f"{name}: {key}": each for key, each in value.items()}
        else:
            found[name] = value
    return found


def _name(field: Field[Any, Any]) -> str:
    """What people call a field; a reference without a name of its own is called what it refers to."""
    own = str(field.verbose_name)
    if isinstance(field.verbose_name, Promise) or own != field.name.replace("_", " "):
        return own
    if isinstance(field, ForeignKey):
        return str(field.related_model._meta.verbose_name)
    return _(own)


def _context(row: AuditRow) -> Mapping[str, Any]:
    """Who acted and why, wherever the audit keeps it: in the row, or in one that several share."""
    kept = row.pgh_context
    return getattr(kept, "metadata", kept) or {}


def _actors(rows: Iterable[AuditRow]) -> set[str]:
    return {str(actor) for row in rows if (actor := _context(row).get("actor"))}


def _entry(
    row: AuditRow, old: Mapping[str, Any], new: Mapping[str, Any], users: Mapping[str, str]
) -> Entry:
    context = _context(row)
    gone = row.pgh_label == "delete"
    return Entry(
        at=row.pgh_created_at,
        who=users.get(str(context.get("actor", "")), "") or _("the product"),
        act=act_called(str(context.get("action", "")), row.pgh_label),
        what=str(capfirst(kind_called(row.pgh_tracked_model))),
        reason=str(context.get("reason", "")),
        changes=list(_changes(old, {} if gone else new)) if not gone or old else _all(new),
    )


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """In what a row differs from the one before it; of the first row, all that says something."""
    for name in {**old, **new}:
        before, after = old.get(name), new.get(name)
        if before != after and (old or after not in _EMPTY):
            yield Change(name, before, after)


def _all(gone: Mapping[str, Any]) -> list[Change]:
    """What a row held that is gone and was never seen before."""
    return [Change(name, value, None) for name, value in gone.items()]
