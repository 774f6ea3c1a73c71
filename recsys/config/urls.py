"""Every address of the product."""

from __future__ import annotations

from allauth.account import views as account
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language

from recsys.embeddings import near_views
from recsys.member import history_views, search_views, views
from recsys.operations import health, telemetry_views
from recsys.operations import views as operation_views
from recsys.staff import desk_views, glossary_views, report_views, styleguide
from recsys.traces import views as trace_views

login = require_http_methods(["GET", "HEAD", "POST"])(account.login)
logout = require_POST(account.logout)
admin.autodiscover()

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", search_views.search, name="search"),
    path("history/", history_views.history, name="history"),
    path("shelves/<slug:name>/", views.shelf, name="shelf"),
    path("items/<uuid:item_id>/", views.item, name="item"),
    path("items/<uuid:item_id>/feedback/", views.feedback_on_item, name="feedback-on-item"),
    path("items/<uuid:item_id>/view/", views.view_of_item, name="view-of-item"),
    path("items/<uuid:item_id>/comments/", views.comment_on_item, name="comment-on-item"),
    path("feedback/undo/", views.undo_feedback, name="undo-feedback"),
    path("slates/", trace_views.slates, name="slates"),
    path("slates/<uuid:slate_id>/", trace_views.trace, name="trace"),
    path("slates/<uuid:slate_id>/slots/<int:slot>/", trace_views.placement, name="trace-slot"),
    path("slates/<uuid:slate_id>/items/<uuid:item_id>/", views.why, name="why"),
    path("report/scorers/", report_views.scorers, name="report-scorers"),
    path(
        "report/scorers/<slug:scorer_table>.csv",
        report_views.scorers_table,
        name="report-scorers-table",
    ),
    path("report/decisions/", report_views.decisions, name="report-decisions"),
    path(
        "report/decisions/<slug:decision_table>.csv",
        report_views.decisions_table,
        name="report-decisions-table",
    ),
    path("report/", include("feedback.pages.urls")),
    # Two names each: Django's, and allauth's own.
    path("login/", login, name="login"),
    path("login/", login, name="account_login"),
    path("logout/", login_not_required(logout), name="logout"),
    path("logout/", login_not_required(logout), name="account_logout"),
    path("account/", include("recsys.accounts.urls")),
    path("language/", login_not_required(require_POST(set_language)), name="set_language"),
    path("api/", include("recsys.api.urls")),
    path("admin/desk/counts/", desk_views.counts, name="rail-counts"),
    path("admin/desk/catalogue/near/", near_views.near, name="catalogue-near"),
    path("admin/desk/", include("curation.desk.urls")),
    path("admin/rewards/", include("feedback.rewards.urls")),
    path("admin/runs/", include("recsys.runs.urls")),
    path("admin/proposals/", include("recsys.proposals.urls")),
    path("admin/blend-sweeps/", include("recsys.blend_sweeps.urls")),
    path("admin/previews/", include("recsys.previews.urls")),
    path("admin/clusterings/", include("recsys.clusterings.urls")),
    path("admin/likenesses/", include("recsys.likenesses.urls")),
    path("admin/simulations/", include("recsys.simulations.urls")),
    path("admin/appraisals/", include("recsys.appraisals.urls")),
    path("admin/preferences/", include("recsys.preferences.urls")),
    path("admin/glossary/", glossary_views.words, name="glossary"),
    path("admin/operations/", operation_views.overview, name="operations"),
    path("admin/", admin.site.urls),
    path("livez", health.live, name="live"),
    path("readyz", health.ready, name="ready"),
    path("metrics", telemetry_views.metrics, name="metrics"),
]
if settings.DEBUG:
    urlpatterns.append(path("styleguide/", styleguide.styleguide, name="styleguide"))

handler400 = "recsys.config.errors.bad_request"
handler403 = "recsys.config.errors.forbidden"
handler404 = "recsys.config.errors.not_found"
handler500 = "recsys.config.errors.server_error"
