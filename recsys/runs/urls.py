"""The pages of runs and model versions, inside the desk."""

from __future__ import annotations

from django.urls import path

from recsys.runs import (
    comparison_views,
    embedding_views,
    launch_views,
    schedule_views,
    version_views,
    views,
)

app_name = "runs"
urlpatterns = [
    path("", views.overview, name="list"),
    path("launch/", launch_views.launch, name="launch"),
    path("compare/", comparison_views.compare, name="compare"),
    path("schedules/", schedule_views.overview, name="schedules"),
    path("schedules/new/", schedule_views.new, name="new_schedule"),
    path("schedules/<uuid:schedule_id>/", schedule_views.schedule, name="schedule"),
    path("embeddings/", embedding_views.overview, name="embeddings"),
    path("embeddings/embed/", embedding_views.embed, name="embed"),
    path("embeddings/<uuid:job_id>/cancel/", embedding_views.cancel, name="cancel_embedding"),
    path("models/", version_views.models, name="models"),
    path("models/<uuid:version_id>/", version_views.version, name="version"),
    path("models/<uuid:version_id>/promote/", version_views.promote, name="promote"),
    path("models/<slug:family>/roll-back/", version_views.roll_back, name="roll_back"),
    path("<uuid:run_id>/", views.detail, name="detail"),
    path("<uuid:run_id>/progress/", views.progress, name="progress"),
    path("<uuid:run_id>/log/", views.log, name="log"),
    path("<uuid:run_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:run_id>/move/", views.move, name="move"),
    path("<uuid:run_id>/reproduce/", views.reproduce, name="reproduce"),
]
