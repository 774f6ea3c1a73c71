"""The pages of learned segments, inside the desk."""

from __future__ import annotations

from django.urls import path

from recsys.clusterings import views

app_name = "clusterings"
urlpatterns = [
    path("", views.overview, name="list"),
    path("<uuid:clustering_id>/", views.detail, name="detail"),
    path("<uuid:clustering_id>/progress/", views.progress, name="progress"),
    path("<uuid:clustering_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:clustering_id>/clusters/<int:cluster>/", views.keep, name="keep"),
]
