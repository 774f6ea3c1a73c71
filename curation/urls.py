"""Where curation's part of the API answers, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from curation import api, bulk_api

api_urlpatterns = [
    path("decisions/", api.decisions, name="decisions"),
    path("decisions/<uuid:decision_id>/", api.decision, name="decision"),
    path("decisions/<uuid:decision_id>/end/", api.end, name="end-decision"),
    path("policy/publish/", api.publish, name="publish-policy"),
    path("policy/rollback/", api.roll_back, name="roll-back-policy"),
    path("items/", bulk_api.items, name="items"),
    path("members/", bulk_api.members, name="members"),
]
