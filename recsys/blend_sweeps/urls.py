"""The pages of sweeps of blends, inside the desk."""

from __future__ import annotations

from django.urls import path

from recsys.blend_sweeps import views

app_name = "blend-sweeps"
urlpatterns = [
    path("", views.overview, name="list"),
    path("launch/", views.launch, name="launch"),
    path("<uuid:sweep_id>/", views.detail, name="detail"),
    path("<uuid:sweep_id>/progress/", views.progress, name="progress"),
    path("<uuid:sweep_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:sweep_id>/draft/", views.draft, name="draft"),
]
