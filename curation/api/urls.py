"""Where curation's part of the API answers, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from curation.api import approvals as approval_api
from curation.api import bulk as bulk_api
from curation.api import change_sets as change_set_api
from curation.api import decisions as api
from curation.api import expectations as expectation_api
from curation.api import policies as policy_api
from curation.api import segments as segment_api
from curation.api import surfaces as surface_api

api_urlpatterns = [
    path("decisions/", api.decisions, name="decisions"),
    path("decisions/export/", policy_api.exported, name="export-decisions"),
    path("decisions/import/", policy_api.imported, name="import-decisions"),
    path("policy/diff/", policy_api.difference, name="compare-policies"),
    path("decisions/<uuid:decision_id>/", api.decision, name="decision"),
    path("decisions/<uuid:decision_id>/end/", api.end, name="end-decision"),
    path("change-sets/", change_set_api.change_sets, name="change-sets"),
    path("change-sets/<uuid:change_set_id>/", change_set_api.change_set, name="change-set"),
    path(
        "change-sets/<uuid:change_set_id>/discard/",
        change_set_api.discard,
        name="discard-change-set",
    ),
    path(
        "change-sets/<uuid:change_set_id>/schedule/",
        change_set_api.schedule,
        name="schedule-change-set",
    ),
    path("change-sets/<uuid:change_set_id>/approval/", approval_api.approval, name="approval"),
    path(
        "change-sets/<uuid:change_set_id>/approval/approve/",
        approval_api.approve,
        name="approve-change-set",
    ),
    path(
        "change-sets/<uuid:change_set_id>/approval/send-back/",
        approval_api.send_back,
        name="send-change-set-back",
    ),
    path("change-sets/<uuid:change_set_id>/move/", change_set_api.move, name="move-draft"),
    path(
        "change-sets/<uuid:change_set_id>/withdraw/", change_set_api.withdraw, name="withdraw-draft"
    ),
    path("expectations/", expectation_api.expectations, name="expectations"),
    path("expectations/<uuid:expectation_id>/", expectation_api.expectation, name="expectation"),
    path(
        "expectations/<uuid:expectation_id>/retire/",
        expectation_api.retire,
        name="retire-expectation",
    ),
    path("surfaces/", surface_api.surfaces, name="surfaces"),
    path("surfaces/<slug:slug>/", surface_api.surface, name="surface"),
    path("policy/publish/", api.publish, name="publish-policy"),
    path("policy/rollback/", api.roll_back, name="roll-back-policy"),
    path("items/", bulk_api.items, name="items"),
    path("members/", bulk_api.members, name="members"),
    path("segments/", segment_api.segments, name="segments"),
    path("segments/<slug:segment_slug>/", segment_api.segment, name="segment"),
    path("segments/<slug:segment_slug>/members/", segment_api.members, name="segment-members"),
]
