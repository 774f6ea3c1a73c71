"""The pages of proposals, inside the desk."""

from __future__ import annotations

from django.urls import path

from recsys.proposals import inbox_views, views

app_name = "proposals"
urlpatterns = [
    path("", inbox_views.overview, name="list"),
    path("look/", inbox_views.look, name="look"),
    path("round/", inbox_views.round_progress, name="round"),
    path("blends/", inbox_views.blends, name="blends"),
    path("launch/", inbox_views.launch, name="launch"),
    path("<uuid:proposal_id>/", views.detail, name="detail"),
    path("<uuid:proposal_id>/progress/", views.progress, name="progress"),
    path("<uuid:proposal_id>/accept/", views.accept, name="accept"),
    path("<uuid:proposal_id>/edit/", views.edit, name="edit"),
    path("<uuid:proposal_id>/snooze/", views.snooze, name="snooze"),
    path("<uuid:proposal_id>/reject/", views.reject, name="reject"),
    path("<uuid:proposal_id>/reopen/", views.reopen, name="reopen"),
    path("<uuid:proposal_id>/simulate/", views.simulate, name="simulate"),
]
