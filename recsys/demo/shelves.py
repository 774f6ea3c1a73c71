"""The further shelves of the demo's home page: a surface each, with a blend and a rule that the curator publishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_noop

from curation import actions, installation
from curation.actions import Terms
from curation.fusion.columns import Kind
from curation.fusion.effects import Only
from curation.fusion.query import Comparison
from curation.models import Decision, Item, Surface, User
from recsys.demo.first_blend import HOME
from recsys.models import LiveModel
from recsys.slates.present import blend_of

YEARS: Final = 2
"""How many years before the latest still count as new."""
YEAR: Final = "year"
LIKED: Final[Mapping[str, Any]] = {"weights": {"popularity": 1.0}, "scales": {}, "beta": None}


def are_wanted() -> bool:
    """Whether a shelf of the home page has no blend yet."""
    return bool(_without_blend())


def publish(curator: User) -> None:
    """Make the surfaces that are missing, and publish on each what makes it what it is."""
    installation.ensure_shelves()
    own = blend_of(Surface.objects.get(pk=HOME), LiveModel.objects.values_list("family", flat=True))
    blends = {"start": LIKED, "popular": LIKED, "new": own, "different": own}
    for slug in _without_blend():
        surface = Surface.objects.get(pk=slug)
        if slug == "new":
            actions.publish_decision(actor=curator, draft=_only_the_latest(curator, surface))
        blend = {name: blends[slug][name] for name in ("weights", "scales", "beta")}
        draft = actions.set_blend(
            actor=curator,
            surface=surface,
            **blend,
            terms=Terms(reason=gettext_noop("What the shelf is to hold")),
        )
        actions.publish_decision(actor=curator, draft=draft)


def _without_blend() -> list[str]:
    with_one = Decision.objects.filter(kind=Decision.Kind.BLEND, surface__isnull=False)
    return sorted(set(installation.SHELVES) - set(with_one.values_list("surface", flat=True)))


def _only_the_latest(curator: User, surface: Surface) -> actions.Draft:
    return actions.add_rule(
        actor=curator,
        surface=surface,
        effect=Only(),
        what=Comparison(YEAR, Kind.NUMBER, "ge", float(_latest_year() - YEARS)),
        terms=Terms(
            reason=gettext_noop("New is what came out in the last years that the catalogue knows")
        ),
    )


def _latest_year() -> int:
    years = Item.objects.filter(active=True).values_list(f"attributes__{YEAR}", flat=True)
    return max((year for year in years if isinstance(year, int)), default=0)
