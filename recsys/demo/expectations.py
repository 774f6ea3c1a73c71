"""What the demo's curator expects of slates: it warns, so that whoever tries the desk out publishes as they like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext_noop

from curation import actions
from curation.actions import Expected
from curation.fusion.columns import Kind
from curation.fusion.query import Comparison
from curation.models import Expectation, Surface, User
from recsys.demo.first_blend import HOME

GENRES: Final = "genres"


def are_wanted() -> bool:
    """Whether nobody has said yet what is expected."""
    return not Expectation.objects.exists()


def add(curator: User) -> None:
    """Say what is expected; a worker checks it."""
    for expected in _expected(Surface.objects.get(pk=HOME)):
        actions.add_expectation(actor=curator, expected=expected)


def _expected(home: Surface) -> Iterator[Expected]:
    yield Expected(
        name=gettext_noop("Something to laugh"),
        surface=home,
        claim=actions.read_claim("at_least", _genre("Comedy"), 1, 10),
        blocks=False,
        reason=gettext_noop("Whoever comes in the evening finds a comedy without scrolling"),
    )
    yield Expected(
        name=gettext_noop("Little horror for newcomers"),
        surface=home,
        claim=actions.read_claim("at_most", _genre("Horror"), 2, 10),
        who=Expectation.Who.NOBODY,
        blocks=False,
        reason=gettext_noop("Nobody known yet should be frightened away"),
    )


def _genre(name: str) -> Comparison:
    return Comparison(GENRES, Kind.TAGS, "has", name)
