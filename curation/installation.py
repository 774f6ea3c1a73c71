"""What every installation has from the first migration on: counters, roles and two surfaces; and further shelves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.apps import apps

from curation.given import pgettext_noop

COUNTERS: Final = ("catalogue", "models", "rewards", "statistics")
ROLES: Final = ("member", "curator", "operator", "analyst", "client", "administrator")
SURFACES: Final[Mapping[str, Mapping[str, Any]]] = {
    "home": {
        "name": pgettext_noop("given name", "Home"),
        "kind": "personal",
        "depth": 50,
        "explore_every": 10,
        "repeat": "rated",
    },
    "similar": {
        "name": pgettext_noop("given name", "Similar items"),
        "kind": "similar",
        "depth": 50,
    },
}

SHELVES: Final[Mapping[str, Mapping[str, Any]]] = {
    "start": {"name": pgettext_noop("given name", "Rate a few"), "diversity": 0.3},
    "new": {"name": pgettext_noop("given name", "New")},
    "popular": {"name": pgettext_noop("given name", "Popular")},
    "different": {"name": pgettext_noop("given name", "Something different"), "explore_every": 1},
}
"""Surfaces that the home page shows as shelves where they are there, each by what curators decide on it."""


def ensure(get_model: Callable[[str, str], Any] = apps.get_model) -> None:
    """Make what is missing; leave what is there as it is. Migrations pass their own models."""
    ensure_roles(get_model)
    for name in COUNTERS:
        get_model("curation", "Counter").objects.get_or_create(name=name)
    for slug, settings in SURFACES.items():
        get_model("curation", "Surface").objects.get_or_create(slug=slug, defaults=settings)


def ensure_roles(get_model: Callable[[str, str], Any] = apps.get_model) -> None:
    """Make the groups that stand for the roles."""
    for role in ROLES:
        get_model("auth", "Group").objects.get_or_create(name=role)


def ensure_shelves() -> None:
    """Make the surfaces of the home page's further shelves that are missing."""
    for slug, settings in SHELVES.items():
        apps.get_model("curation", "Surface").objects.get_or_create(slug=slug, defaults=settings)
