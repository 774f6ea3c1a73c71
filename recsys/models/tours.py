"""Which tours of a first visit a user has put away."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from curation.models import User


class TourDismissal(models.Model):
    """That a user has put the tour of a role away: it stays away until they ask for it again."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    tour = models.CharField(max_length=20)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "tour"], name="tour_dismissed_once")]

    def __str__(self) -> str:
        return f"{self.tour} of {self.user_id}"
