"""The pages of sweeps: who may ask, what a point tells, and what becomes of the one that is chosen."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from curation.models import ChangeSet, Decision, Revision, Surface
from recsys.models import BlendSweep, Job, LiveModel, ModelVersion, Run
from tests.factories import ScorerFactory, UserFactory
from tests.swept import POINTS, swept

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, curator):
    client.force_login(curator)
    return client


@pytest.fixture
def sweep(operator):
    """One that is done, of two scorers that serve."""
    for name in ("ease", "popularity"):
        ScorerFactory(name=name)
    return swept()


@pytest.fixture
def served(operator):
    """A live model, of which nothing is asked here."""
    run = Run.objects.create(family="ease")
    version = ModelVersion.objects.create(
        family="ease", number=1, run=run, artifact="ease/1", digest="0" * 64
    )
    return LiveModel.objects.create(family="ease", version=version)


def detail(sweep, point=None):
    page = reverse("blend-sweeps:detail", args=[sweep.pk])
    return page if point is None else f"{page}?point={point}"


def read(client, address):
    return client.get(address).content.decode()


def test_the_page_draws_every_point_as_a_link_with_words_and_holds_the_same_numbers(desk, sweep):
    page = read(desk, detail(sweep))
    wide, narrow = re.findall(r"<svg class=\"chart chart--.*?</svg>", page, re.DOTALL)
    for drawing in (wide, narrow):
        assert 'role="group"' in drawing
        assert drawing.count("<circle") == drawing.count("<title>") == len(POINTS)
        for at in range(len(POINTS)):
            assert f"?point={at}#chosen" in drawing
        assert "NDCG@10 0.1000 (0.0900 – 0.1100), coverage 20\xa0%, novelty 3.50 bits" in drawing
        assert drawing.count("mark--human") == 1
        assert drawing.count("mark--front") == 3
    table = page.split("All 5 points", 1)[1]
    for at in range(len(POINTS)):
        assert f'<a href="{detail(sweep, at)}#chosen">' in table


def test_the_finding_counts_what_ranks_surely_better_than_the_present_blend(desk, sweep):
    assert "1 of 5 blends ranks surely better than the present one" in read(desk, detail(sweep))
    weak = swept()
    for point in weak.report["points"]:
        point["gain"] = {"n": 40, "mean": 0.0, "low": -0.1, "high": 0.1}
    weak.save()
    assert "No blend ranks surely better" in read(desk, detail(weak))


def test_a_chosen_point_tells_its_figures_and_offers_both_acts(desk, sweep):
    page = read(desk, detail(sweep, 1))
    chosen = page.split('id="chosen"', 1)[1].split("</section>", 1)[0]
    assert "Popularity 66.7\xa0%, EASE 33.3\xa0%" in chosen
    assert "surely better" in chosen
    assert "0.1000" in chosen
    assert "mark--ring" in page
    assert reverse("blend-sweeps:draft", args=[sweep.pk]) in chosen


def test_trying_a_point_fills_the_form_of_the_blend_and_saves_nothing(desk, sweep):
    ScorerFactory(name="dot")
    sweep.report["left_out"] = ["dot"]
    sweep.save()
    link = re.search(r'href="(/admin/desk/blends/new/\?[^"]+)"', read(desk, detail(sweep, 1)))
    assert link
    form = desk.get(link[1].replace("&amp;", "&")).context["form"]
    told = {
        name: form[name].value() for name in form.fields if name.startswith(("weight", "scale"))
    }
    assert told == {
        "weight-ease": "0.5",
        "weight-popularity": "1.0",
        "weight-dot": "0.0",
        "scale-ease": "log_z",
        "scale-popularity": "z",
        "scale-dot": None,
    }
    assert form["beta"].value() == "1.25"
    assert str(form["surface"].value()) == "home"
    assert not Decision.objects.exists()


def test_drafting_a_point_puts_its_blend_into_a_named_change_set_and_publishes_nothing(
    desk, curator, sweep
):
    answer = desk.post(
        reverse("blend-sweeps:draft", args=[sweep.pk]),
        {"point": 1, "reason": "it shows more", "change_set": "Autumn"},
    )
    revision = Revision.objects.get()
    home = ChangeSet.objects.get(name="Autumn")
    assert answer.url == reverse("desk:publish", args=[home.pk])
    assert (revision.change_set, revision.reason, revision.author) == (
        home,
        "it shows more",
        curator,
    )
    assert revision.decision.surface_id == "home"
    assert revision.spec["weights"] == {"ease": 0.5, "popularity": 1.0}
    assert revision.spec["scales"] == {"ease": "log_z", "popularity": "z"}
    assert revision.spec["beta"] == 1.25
    assert home.published_at is None
    assert Surface.objects.get(pk="home").policy_version == 0


def test_a_draft_is_named_where_nobody_names_it(desk, sweep):
    desk.post(reverse("blend-sweeps:draft", args=[sweep.pk]), {"point": 2, "reason": "so"})
    assert ChangeSet.objects.get().name.startswith("Blend swept for home on ")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"point": 1, "reason": " "}, "This field is required"),
        ({"point": 99, "reason": "so"}, "There is no such point in this sweep"),
        ({"point": "x", "reason": "so"}, "Enter a whole number"),
        ({"point": -1, "reason": "so"}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_drafted_is_said_and_nothing_stays(desk, sweep, typed, words):
    answer = desk.post(reverse("blend-sweeps:draft", args=[sweep.pk]), typed)
    assert answer.status_code == 200
    assert words in str(answer.context["form"].errors)
    assert not ChangeSet.objects.exists()


def test_a_point_of_a_scorer_that_is_gone_is_refused_with_its_name(desk, operator):
    answer = desk.post(
        reverse("blend-sweeps:draft", args=[swept().pk]), {"point": 2, "reason": "so"}
    )
    assert answer.context["form"].non_field_errors()
    assert not ChangeSet.objects.exists()


@pytest.mark.parametrize("point", ["99", "x", "-1", "1.5", "٣"])
def test_a_point_that_is_not_there_is_said(desk, sweep, point):
    page = read(desk, detail(sweep, point))
    assert "There is no such point in this sweep; they are numbered from 0 to 4." in page


def test_a_sweep_that_is_not_done_has_nothing_to_draft(desk, operator):
    waiting = BlendSweep.objects.create(surface_id="home")
    answer = desk.post(
        reverse("blend-sweeps:draft", args=[waiting.pk]), {"point": 0, "reason": "so"}
    )
    assert "There is no such point in this sweep." in answer.content.decode()
    assert "It starts when a worker is free." in answer.content.decode()


def test_an_open_sweep_renews_itself_and_a_finished_one_shows_itself(desk, sweep):
    waiting = BlendSweep.objects.create(surface_id="home")
    answer = desk.get(reverse("blend-sweeps:progress", args=[waiting.pk]))
    assert "hx-trigger" in answer.content.decode()
    assert "HX-Refresh" not in answer.headers
    answer = desk.get(reverse("blend-sweeps:progress", args=[sweep.pk]))
    assert answer.headers["HX-Refresh"] == "true"
    assert "hx-trigger" not in answer.content.decode()


def test_a_failed_sweep_says_why(desk, operator):
    failed = BlendSweep.objects.create(
        surface_id="home", state=Job.State.FAILED, error="Collect more feedback first."
    )
    assert "Collect more feedback first." in read(desk, detail(failed))
    lost = BlendSweep.objects.create(
        surface_id="home", state=Job.State.FAILED, failure="lease_lost"
    )
    assert "launch it again" in read(desk, detail(lost))


def test_a_sweep_of_other_models_than_serve_says_so(desk, sweep, served):
    assert "Other models serve now than this is made from: ease 1" in read(desk, detail(sweep))


def test_scorers_that_were_not_asked_are_named(desk, operator):
    page = read(desk, detail(swept(left_out=["dot"])))
    assert "Not asked, since nothing says what they learnt: dot. They weigh nothing" in page


def test_the_blend_desk_asks_for_a_sweep_of_its_surface(desk, served):
    ScorerFactory(name="ease")
    page = read(desk, f"{reverse('desk:new-blend')}?surface=similar")
    act = page.split(reverse("blend-sweeps:launch"), 1)[1].split("</form>", 1)[0]
    assert 'name="surface" value="similar"' in act
    answer = desk.post(reverse("blend-sweeps:launch"), {"surface": "similar"})
    asked = BlendSweep.objects.get()
    assert (asked.surface_id, asked.state) == ("similar", Job.State.QUEUED)
    assert answer.url == reverse("blend-sweeps:detail", args=[asked.pk])


def test_what_cannot_be_swept_is_said(desk, operator):
    launch = reverse("blend-sweeps:launch")
    page = desk.post(launch, {"surface": "moon"}, follow=True).content.decode()
    assert "Choose a surface." in page
    page = desk.post(launch, {"surface": "home"}, follow=True).content.decode()
    assert "No model serves yet." in page
    assert "No blends have been swept yet." in page
    assert not BlendSweep.objects.exists()


def test_a_sweep_is_cancelled_on_its_page(desk, operator):
    waiting = BlendSweep.objects.create(surface_id="home")
    cancel = reverse("blend-sweeps:cancel", args=[waiting.pk])
    assert cancel in read(desk, detail(waiting))
    desk.post(cancel)
    waiting.refresh_from_db()
    assert waiting.state == Job.State.CANCELLED
    assert "This sweep is over." in desk.post(cancel, follow=True).content.decode()


def test_staff_read_and_curators_choose(client, operator, sweep):
    client.force_login(operator)
    page = read(client, detail(sweep, 1))
    assert "Popularity 66.7\xa0%" in page
    assert "Draft it" not in page
    draft = reverse("blend-sweeps:draft", args=[sweep.pk])
    assert client.post(draft, {"point": 1, "reason": "so"}).status_code == 403
    client.force_login(UserFactory(roles=["member"]))
    assert client.get(detail(sweep)).status_code == 403


def test_pages_of_sweeps_keep_a_fixed_number_of_queries(desk, sweep, django_assert_max_num_queries):
    for _ in range(5):
        swept()
    with django_assert_max_num_queries(8):
        desk.get(reverse("blend-sweeps:list"))
    with django_assert_max_num_queries(10):
        desk.get(detail(sweep, 1))
