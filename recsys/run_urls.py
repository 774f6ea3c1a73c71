"""The pages of runs and model versions, inside the desk."""

from __future__ import annotations

from django.urls import path

from recsys import run_views as views

app_name = "runs"
urlpatterns = [
    path("", views.overview, name="list"),
    path("launch/", views.launch, name="launch"),
    path("models/", views.models, name="models"),
    path("models/<uuid:version_id>/", views.version, name="version"),
    path("models/<uuid:version_id>/promote/", views.promote, name="promote"),
    path("models/<slug:family>/roll-back/", views.roll_back, name="roll_back"),
    path("<uuid:run_id>/", views.detail, name="detail"),
    path("<uuid:run_id>/progress/", views.progress, name="progress"),
    path("<uuid:run_id>/cancel/", views.cancel, name="cancel"),
]
