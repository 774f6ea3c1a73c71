"""Where the API answers, below /api/."""

from __future__ import annotations

from django.urls import include, path

from curation.api.urls import api_urlpatterns as curation_urlpatterns
from recsys.api import (
    appraisals,
    blend_sweeps,
    docs,
    inbox,
    likenesses,
    members,
    models,
    preferences,
    previews,
    proposals,
    runs,
    simulations,
)
from recsys.api.interactions import interactions
from recsys.api.recommendations import recommendations
from recsys.api.slates import slate

v1 = [
    path("recommendations/", recommendations, name="recommendations"),
    path("interactions/", interactions, name="interactions"),
    path("members/merge/", members.merge, name="merge-members"),
    path("slates/<uuid:slate_id>/", slate, name="slate"),
    path("runs/", runs.runs, name="runs"),
    path("runs/readiness/", runs.ready, name="runs-readiness"),
    path("runs/<uuid:run_id>/", runs.run, name="run"),
    path("runs/<uuid:run_id>/cancel/", runs.cancel, name="cancel-run"),
    path("runs/<uuid:run_id>/priority/", runs.priority, name="reorder-run"),
    path("runs/<uuid:run_id>/reproduce/", runs.reproduce, name="reproduce-run"),
    path("models/", models.models, name="models"),
    path("models/<uuid:version_id>/", models.model, name="model"),
    path("models/<uuid:version_id>/promote/", models.promote, name="promote-model"),
    path("models/<uuid:version_id>/rollback/", models.roll_back, name="roll-back-model"),
    path("proposals/", proposals.proposals, name="proposals"),
    path("proposals/<uuid:blend_id>/", proposals.proposal, name="proposal"),
    path("inbox/", inbox.entries, name="inbox"),
    path("inbox/look/", inbox.look, name="look-for-proposals"),
    path("inbox/<uuid:proposal_id>/", inbox.entry, name="inbox-entry"),
    path("inbox/<uuid:proposal_id>/accept/", inbox.accept, name="accept-proposal"),
    path("inbox/<uuid:proposal_id>/edit/", inbox.edit, name="edit-proposal"),
    path("inbox/<uuid:proposal_id>/snooze/", inbox.snooze, name="snooze-proposal"),
    path("inbox/<uuid:proposal_id>/reject/", inbox.reject, name="reject-proposal"),
    path("inbox/<uuid:proposal_id>/reopen/", inbox.reopen, name="reopen-proposal"),
    path("inbox/<uuid:proposal_id>/simulate/", inbox.simulate, name="simulate-proposal"),
    path("blend-sweeps/", blend_sweeps.blend_sweeps, name="blend-sweeps"),
    path("blend-sweeps/<uuid:sweep_id>/", blend_sweeps.blend_sweep, name="blend-sweep"),
    path(
        "change-sets/<uuid:change_set_id>/simulations/",
        simulations.simulations,
        name="simulations",
    ),
    path("simulations/<uuid:simulation_id>/", simulations.simulation, name="simulation"),
    path("decisions/<uuid:decision_id>/appraisals/", appraisals.appraisals, name="appraisals"),
    path("previews/", previews.preview, name="preview"),
    path("preferences/", preferences.preference, name="preference"),
    path("likenesses/", likenesses.likenesses, name="likenesses"),
    path("likenesses/<slug:likeness_key>/", likenesses.likeness, name="likeness"),
    *curation_urlpatterns,
]

app_name = "api"
urlpatterns = [
    path("v1/", include(v1)),
    path("schema/", docs.schema, name="schema"),
    path("docs/", docs.page, name="docs"),
]
