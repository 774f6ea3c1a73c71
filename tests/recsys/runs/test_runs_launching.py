"""The page where a run is asked for: presets, help, and what there is to know before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from feedback.actions import record
from feedback.models import Kind
from recsys.ml.families.presets import presets_of
from recsys.ml.families.registry import FAMILIES
from recsys.models import Job, Run
from recsys.runs.setting_words import LABELS, named
from tests.factories import ItemFactory, MemberFactory
from tests.feedback.cast import told

DEFAULTS = {
    "seed": 0,
    "device": "auto",
    "threads": 1,
    "precision": "fp32",
    "compiled": False,
    "processes": 1,
}


@pytest.fixture
def desk(client, operator):
    client.force_login(operator)
    return client


def address(family, **more):
    query = "&".join(f"{name}={value}" for name, value in {"family": family, **more}.items())
    return f"{reverse('runs:launch')}?{query}"


def values(form):
    told = {name: form.get_initial_for_field(each, name) for name, each in form.fields.items()}
    return {name: "" if value is None else value for name, value in told.items()}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_its_form_with_help_range_and_unit(desk, family):
    page = desk.get(address(family))
    for setting in FAMILIES[family].settings:
        field = page.context["form"].fields[setting.name]
        assert field.help_text
        assert field.unit == setting.unit
        if setting.low is not None:
            assert "From " in field.help_text
    assert f"Launch {family}" in page.content.decode()


def test_every_setting_has_a_name_for_people():
    names = {each.name for family in FAMILIES.values() for each in family.settings}
    assert names | set(DEFAULTS) <= LABELS.keys()


@pytest.mark.parametrize("preset", presets_of("als"), ids=lambda preset: preset.name)
def test_a_preset_fills_the_form_without_a_script(desk, preset):
    form = desk.get(address("als", preset=preset.name)).context["form"]
    assert {name: values(form)[name] for name in preset.parameters} == dict(preset.parameters)
    answer = desk.post(address("als", preset=preset.name), values(form))
    run = Run.objects.get()
    assert answer.url == reverse("runs:detail", args=[run.id])
    assert preset.parameters.items() <= run.parameters.items()


def test_an_unknown_preset_is_not_found(desk):
    assert desk.get(address("als", preset="magic")).status_code == 404


def test_the_settings_of_a_run_can_be_taken_up(desk, make_run):
    run = make_run(family="dot", parameters={"epochs": 3}, options={"seed": 7})
    form = desk.get(address("dot", like=run.id)).context["form"]
    assert (values(form)["epochs"], values(form)["option-seed"]) == (3, 7)
    assert desk.get(address("ease", like=run.id)).status_code == 404


@pytest.mark.parametrize(("place", "priority"), [("first", 200), ("usual", 100), ("last", 25)])
def test_the_place_in_the_queue_is_chosen_at_the_launch(desk, place, priority):
    form = desk.get(address("ease")).context["form"]
    desk.post(address("ease"), values(form) | {"place": place})
    assert Run.objects.get().priority == priority


def test_a_refused_launch_says_so_before_the_fields_and_beside_them(desk):
    page = desk.post(address("ease"), {"regularization": "-3"}).content.decode()
    assert "was not launched" in page
    assert 'aria-invalid="true"' in page
    assert not Run.objects.exists()


def test_how_long_it_will_take_is_told_from_earlier_runs(desk, make_run):
    unknown = desk.get(address("ease")).content.decode()
    assert "not known yet" in unknown
    now = timezone.now()
    took = {"started_at": now - timedelta(seconds=30), "finished_at": now}
    make_run(family="ease", state=Job.State.SUCCEEDED, **took)
    assert "30 s, as 1 earlier run of ease" in desk.get(address("ease")).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_launch_that_would_make_the_same_model_says_which(desk, ratings, make_run):
    form = desk.get(address("ease")).context["form"]
    parameters = {each.name: values(form)[each.name] for each in FAMILIES["ease"].settings}
    watermark = (timezone.now() + timedelta(seconds=1)).isoformat()
    run = make_run(
        family="ease",
        state=Job.State.SUCCEEDED,
        parameters=parameters,
        options=DEFAULTS,
        snapshot={"watermark": watermark},
    )
    assert desk.get(address("ease")).context["same"] == run
    assert desk.get(address("ease", preset="smooth")).context["same"] is None
    Run.objects.filter(pk=run.pk).update(snapshot={"watermark": "2026-01-01T00:00:00+00:00"})
    record([told(MemberFactory(), "new", Kind.RATING, ItemFactory(), 5)], source="test")
    assert desk.get(address("ease")).context["same"] is None


def test_what_there_is_to_know_follows_what_is_typed(desk):
    form = desk.get(address("ease")).context["form"]
    typed = values(form) | {"regularization": "500"}
    answer = desk.post(address("ease"), typed, headers={"HX-Request": "true"}).content.decode()
    assert answer.lstrip().startswith('<section id="before"')
    assert not Run.objects.exists()


def test_the_launch_page_keeps_to_few_queries(desk, make_run, django_assert_max_num_queries):
    for _ in range(3):
        make_run(family="ease", state=Job.State.SUCCEEDED)
    with django_assert_max_num_queries(15):
        desk.get(address("ease"))


def test_numbers_are_written_as_people_write_them(desk):
    page = desk.get(address("dot")).content.decode()
    assert 'value="36500"' in page
    assert "From 0.000001 to 1." in page


@pytest.mark.parametrize(
    ("value", "written"),
    [(36_500.0, "36500"), (1e-06, "0.000001"), (0.05, "0.05"), (100, "100"), ("auto", "auto")],
)
def test_a_setting_is_told_in_plain_decimals(value, written):
    assert named({"decay": value}) == [("Decay", written)]
