"""The page where operators ask for a run: family, preset, settings, and what there is to know before."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from curation.people.access import role_required
from recsys.ml.configuration import ConfigError
from recsys.ml.families import registry
from recsys.ml.families.presets import RECOMMENDED, preset_of, presets_of
from recsys.ml.families.registry import FAMILIES, Family
from recsys.models import Run
from recsys.runs import actions, queueing, readiness
from recsys.runs import cards as run_cards
from recsys.runs import pace as run_pace
from recsys.runs.forms import OPTION, LaunchForm
from recsys.screens.staff_pages import actor, page

PLACES: Final = {"first": queueing.BEFORE_OTHERS, "last": queueing.BEHIND_OTHERS}


@role_required("operator")
@require_http_methods(["GET", "HEAD", "POST"])
def launch(request: HttpRequest) -> HttpResponse:
    """Choose a family and its settings, see whether all is ready, and ask for a run.

    `preset` and `like`, the id of a run, fill the form; htmx asks for what there is to know of the settings typed.
    """
    family = FAMILIES.get(request.GET.get("family", next(iter(FAMILIES))))
    if family is None:
        raise Http404
    initial = _initial(request, family)
    form = LaunchForm(family, request.POST or None, initial=initial)
    if request.headers.get("HX-Request"):
        return render(request, "recsys/runs/_before.html", _before(family, form))
    if request.method == "POST" and form.is_valid() and (run := _request(request, family, form)):
        return redirect("runs:detail", run.id)
    context = {
        "title": _("Launch a run"),
        "form": form,
        "family": family,
        "families": FAMILIES.values(),
        "presets": presets_of(family.name),
        "chosen": request.GET.get("preset", "" if "like" in request.GET else RECOMMENDED),
        **_before(family, form),
    }
    return page(request, "recsys/runs/launch.html", context)


def _initial(request: HttpRequest, family: Family) -> dict[str, Any]:
    """What the form starts with: the settings of a preset, or of a run."""
    if like := request.GET.get("like"):
        run = get_object_or_404(Run, id=_id(like), family=family.name)
        options = {OPTION + name: value for name, value in run.options.items()}
        return {**run.parameters, **options, "note": run.note}
    preset = preset_of(family.name, request.GET.get("preset", RECOMMENDED))
    if preset is None:
        raise Http404
    return dict(preset.parameters)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _before(family: Family, form: LaunchForm) -> dict[str, Any]:
    """What there is to know before a launch with what the form holds: readiness, time, whether anything is new."""
    given, options = form.held()
    try:
        parameters = asdict(registry.parse_config(family.name, given))
        chosen = registry.parse_options(options)
    except ConfigError:
        parameters, chosen = {}, registry.parse_options({})
    found = readiness.checks(family.name, chosen.device, parameters, chosen.processes)
    checks = run_cards.checks(found)
    return {
        "family": family,
        "checks": checks,
        "is_ready": all(check.ok for check in checks),
        "usual": run_pace.usual(family.name, parameters),
        "same": readiness.same_before(family.name, parameters, options),
        "waiting": queueing.waiting().count(),
    }


def _request(request: HttpRequest, family: Family, form: LaunchForm) -> Run | None:
    try:
        readiness.check_processes(form.options())
        return actions.request_run(
            family=family.name,
            parameters=form.parameters(),
            options=form.options(),
            actor=actor(request),
            note=form.cleaned_data["note"],
            skip_unchanged=form.cleaned_data["skip_unchanged"],
            priority=PLACES.get(form.cleaned_data["place"]),
        )
    except ConfigError as error:
        form.refuse(error)
        return None
