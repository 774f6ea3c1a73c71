"""The tour of a role's first visit: three to five steps, each with the place where it is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from curation.models import User
from recsys.models import TourDismissal

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Step:
    """What to try, and the name of the address where; without one, it is on this page."""

    act: Text
    what: Text
    route: str = ""
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Tour:
    """What somebody new in a role should try first."""

    key: str
    title: Text
    steps: tuple[Step, ...]


TOURS: Final[Mapping[str, Tour]] = {
    tour.key: tour
    for tour in (
        Tour(
            "curator",
            _("New at curating? Four things to try"),
            (
                Step(
                    _("Look at the slate of the home page"),
                    _("what is shown now, and the decisions that made it so"),
                    "desk:surface",
                    "home",
                ),
                Step(
                    _("Draft a pin"),
                    _("an item for a slot: nothing changes for members before you publish"),
                    "desk:new",
                    "pin",
                ),
                Step(
                    _("Publish your change set"),
                    _("you see before and after first, and can roll back after"),
                    "desk:change-sets",
                ),
                Step(
                    _("Look after the findings"),
                    _("decisions that clash, ran out, or touch nothing"),
                    "desk:lint",
                ),
            ),
        ),
        Tour(
            "operator",
            _("New at running this? Four things to try"),
            (
                Step(
                    _("Launch a training"),
                    _("a preset will do; the page of the run shows how far it is"),
                    "runs:launch",
                ),
                Step(
                    _("Compare what it made with what is live"),
                    _("figures beside figures, asked of the same members"),
                    "runs:models",
                ),
                Step(
                    _("Let it happen by itself"),
                    _("a schedule launches at times that you choose"),
                    "runs:schedules",
                ),
                Step(
                    _("See whether all is well"),
                    _("queues, workers, the database, and how far behind they are"),
                    "operations",
                ),
            ),
        ),
        Tour(
            "analyst",
            _("New at reading this? Three things to try"),
            (
                Step(
                    _("Read the report"),
                    _("each page asks a question and answers it in a sentence"),
                    "feedback:report",
                ),
                Step(
                    _("Choose dates and a surface"),
                    _(
                        "the filters stand in the address: send it to a colleague and they see the same"
                    ),
                    "feedback:report",
                ),
                Step(
                    _("Find out what is kept out"),
                    _("feedback that rules set aside, and why"),
                    "feedback:cleaning",
                ),
            ),
        ),
        Tour(
            "member",
            _("New here? Three things to try"),
            (
                Step(_("Give a few stars"), _("the shelf answers at once, and Undo takes it back")),
                Step(
                    _("Say what does not interest you"),
                    _("it will not come back until you change your mind"),
                ),
                Step(_("Ask why"), _("each card tells what put it there")),
            ),
        ),
    )
}


def offered(user: User, keys: Collection[str]) -> Tour | None:
    """The first tour of these that the user has not put away."""
    away = set(TourDismissal.objects.filter(user=user).values_list("tour", flat=True))
    return next((tour for key, tour in TOURS.items() if key in keys and key not in away), None)


def put_away(*, actor: User, tour: str) -> None:
    """Have a tour shown no more to this user."""
    TourDismissal.objects.get_or_create(user=actor, tour=tour)


def bring_back(*, actor: User) -> None:
    """Have all tours shown again to this user."""
    TourDismissal.objects.filter(user=actor).delete()
