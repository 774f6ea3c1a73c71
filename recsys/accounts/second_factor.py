"""The second factor that an installation may ask of its staff: a password alone opens nothing of theirs."""

from __future__ import annotations

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.utils.translation import gettext as _

from curation.people.access import Anyone, of_staff
from curation.problems import Problem


class FactorMissing(Problem):
    """A session of staff calls the API without a second factor."""

    def __init__(self) -> None:
        detail = _("Staff sign in with a second factor here: set yours up.")
        super().__init__(403, "second_factor_required", _("A second factor is missing"), detail)


def is_missing(user: Anyone) -> bool:
    """Whether the user has to set a second factor up before anything else."""
    return bool(settings.STAFF_SECOND_FACTOR and of_staff(user) and not is_mfa_enabled(user))


def require(user: Anyone) -> None:
    """Let a session go on; raises FactorMissing."""
    if is_missing(user):
        raise FactorMissing
