"""The pages of blend proposals, inside the desk."""

from __future__ import annotations

from django.urls import path

from recsys import proposal_views as views

app_name = "proposals"
urlpatterns = [
    path("", views.overview, name="list"),
    path("launch/", views.launch, name="launch"),
    path("<uuid:proposal_id>/", views.detail, name="detail"),
    path("<uuid:proposal_id>/progress/", views.progress, name="progress"),
    path("<uuid:proposal_id>/accept/", views.accept, name="accept"),
    path("<uuid:proposal_id>/reject/", views.reject, name="reject"),
]
