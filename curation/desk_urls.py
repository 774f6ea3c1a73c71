"""Addresses of the desk, mounted inside the admin."""

from __future__ import annotations

from django.urls import path

from curation import views

app_name = "desk"
urlpatterns = [
    path("", views.surfaces, name="index"),
    path("new/<slug:kind>/", views.new, name="new"),
    path("decisions/<uuid:decision_id>/", views.decision, name="decision"),
    path("decisions/<uuid:decision_id>/end/", views.end, name="end"),
    path("change-sets/<uuid:change_set_id>/", views.publish, name="publish"),
    path("change-sets/<uuid:change_set_id>/discard/", views.discard, name="discard"),
    path("surfaces/<slug:slug>/", views.surface, name="surface"),
    path("surfaces/<slug:slug>/versions/<int:number>/", views.roll_back, name="roll-back"),
]
