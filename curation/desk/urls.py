"""Addresses of the desk, mounted inside the admin."""

from __future__ import annotations

from django.urls import path

from curation.desk.audit import views as audit_views
from curation.desk.blends import views as blend_views
from curation.desk.catalogue import views as catalogue_views
from curation.desk.change_sets import approval_views
from curation.desk.change_sets import views as change_set_views
from curation.desk.decisions import form_views, views
from curation.desk.expectations import views as expectation_views
from curation.desk.findings import views as mend_views
from curation.desk.policies import views as policy_views
from curation.desk.segments import views as segment_views

app_name = "desk"
urlpatterns = [
    path("", views.surfaces, name="index"),
    path("new/<slug:kind>/", views.new, name="new"),
    path("new/<slug:kind>/reach/", form_views.reach, name="reach"),
    path("new/rows/<slug:about>/", form_views.conditions, name="conditions"),
    path("new/text/<slug:about>/fault/", form_views.query_fault, name="query-fault"),
    path("new/text/<slug:about>/next/", form_views.complete, name="complete"),
    path("items/find/", form_views.find_item, name="find-item"),
    path("items/pick/", form_views.pick_item, name="pick-item"),
    path("decisions/<uuid:decision_id>/", views.decision, name="decision"),
    path("decisions/<uuid:decision_id>/end/", views.end, name="end"),
    path("decisions/<uuid:decision_id>/revise/", views.revise, name="revise"),
    path("blends/new/", blend_views.new, name="new-blend"),
    path("blends/<uuid:decision_id>/", blend_views.revise, name="revise-blend"),
    path("change-sets/", change_set_views.change_sets, name="change-sets"),
    path("change-sets/<uuid:change_set_id>/", change_set_views.publish, name="publish"),
    path("change-sets/<uuid:change_set_id>/discard/", change_set_views.discard, name="discard"),
    path("change-sets/<uuid:change_set_id>/approval/", approval_views.approval, name="approval"),
    path("change-sets/<uuid:change_set_id>/schedule/", change_set_views.schedule, name="schedule"),
    path(
        "change-sets/<uuid:change_set_id>/drafts/<uuid:revision_id>/",
        change_set_views.draft,
        name="draft",
    ),
    path("change-sets/<uuid:change_set_id>/mend/", mend_views.mend_draft, name="mend-draft"),
    path("catalogue/", catalogue_views.catalogue, name="catalogue"),
    path("catalogue/act/", catalogue_views.act, name="catalogue-act"),
    path("catalogue/undo/", catalogue_views.undo, name="catalogue-undo"),
    path("catalogue/<uuid:item_id>/", catalogue_views.item, name="catalogue-item"),
    path("segments/", segment_views.segments, name="segments"),
    path("segments/new/count/", segment_views.count, name="segment-count"),
    path("segments/new/query/", segment_views.new, {"kind": "query"}, name="new-query-segment"),
    path("segments/new/manual/", segment_views.new, {"kind": "manual"}, name="new-manual-segment"),
    path("segments/<slug:segment_slug>/", segment_views.segment, name="segment"),
    path("segments/<slug:segment_slug>/edit/", segment_views.edit, name="edit-segment"),
    path("segments/<slug:segment_slug>/members/", segment_views.members, name="segment-members"),
    path("segments/<slug:segment_slug>/archive/", segment_views.archive, name="archive-segment"),
    path("segments/<slug:segment_slug>/refresh/", segment_views.refresh, name="refresh-segment"),
    path("expectations/", expectation_views.expectations, name="expectations"),
    path("expectations/new/", expectation_views.new, name="new-expectation"),
    path("expectations/held/", expectation_views.held, name="held"),
    path("expectations/check/", expectation_views.check, name="check-expectations"),
    path(
        "expectations/<uuid:expectation_id>/", expectation_views.change, name="change-expectation"
    ),
    path(
        "expectations/<uuid:expectation_id>/retire/",
        expectation_views.retire,
        name="retire-expectation",
    ),
    path("audit/", audit_views.audit, name="audit"),
    path("audit.csv", audit_views.download, name="audit-csv"),
    path("history/<str:label>/<str:key>/", policy_views.history, name="history"),
    path("safety/", policy_views.safety, name="safety"),
    path("lint/", policy_views.lint, name="lint"),
    path("lint/mend/", mend_views.mend_published, name="mend-published"),
    path("lint/undo/", mend_views.undo, name="undo-mend"),
    path("due/", policy_views.due, name="due"),
    path("export/", policy_views.download, name="export"),
    path("import/", policy_views.upload, name="import"),
    path("surfaces/<slug:slug>/", views.surface, name="surface"),
    path("surfaces/<slug:slug>/versions/", policy_views.versions, name="versions"),
    path(
        "surfaces/<slug:slug>/versions/<int:before>/<int:after>/",
        policy_views.compare,
        name="compare",
    ),
    path("surfaces/<slug:slug>/versions/<int:number>/", views.roll_back, name="roll-back"),
]
