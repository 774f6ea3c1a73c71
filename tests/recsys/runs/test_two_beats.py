"""Two beats: whatever is done by the clock, and rung for twice at once, is done once and fails in neither."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import get_args

import pytest
from django.conf import settings as real
from django.db import connection
from django.utils import timezone

from curation import actions
from curation.actions import Expected, Terms
from curation.fusion.query import EVERYTHING
from curation.installation import ensure
from curation.models import (
    ChangeSet,
    ExpectationReport,
    Inspection,
    Item,
    ItemStats,
    Mail,
    Outbox,
    PolicyVersion,
    Segment,
    SegmentMembership,
    SegmentVersion,
    Surface,
)
from feedback.actions import record
from feedback.keeping import archives
from feedback.models import Interaction, ItemTally, Kind, Mark, Rule, Tally
from feedback.partitions import Table, months
from feedback.rollups.stats import roll_up
from recsys.jobs.failures import Failure
from recsys.models import (
    Appraisal,
    ExpectationCheck,
    Job,
    Preference,
    PreferenceFit,
    ProposalRound,
    Run,
)
from recsys.workers import tasks
from tests.factories import ItemFactory, MemberFactory, SegmentFactory, UserFactory
from tests.feedback.cast import NOON, told

pytestmark = pytest.mark.django_db(transaction=True)

TASKS = sorted({str(each["task"]) for each in real.CELERY_BEAT_SCHEDULE.values()})
TABLES = get_args(Table)


@pytest.fixture(autouse=True)
def _installed():
    ensure()


def do(task):
    getattr(tasks, task.removeprefix("recsys."))()


def twice_at_once(task):
    """Run a task in two threads that start together; answers what was raised."""
    barrier = Barrier(2)

    def beat():
        barrier.wait(20)
        try:
            do(task)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as beats:
        runs = [beats.submit(beat) for _ in range(2)]
    return [fault for run in runs if (fault := run.exception())]


def clicks(count, **more):
    member, item = MemberFactory.create(), ItemFactory.create()
    told_now = [told(member, f"e{n}", Kind.CLICK, item, **more) for n in range(count)]
    record(told_now, source="test")
    return item


@pytest.fixture
def swept(make_run):
    """A run whose worker is gone, one that has no attempt left, and a mail that nobody took."""
    gone = {"worker": "elsewhere:1", "lease_until": timezone.now() - timedelta(hours=1)}
    make_run(state=Job.State.RUNNING, attempt=1, **gone)
    make_run(family="ease", state=Job.State.RUNNING, attempt=3, max_attempts=3, **gone)
    mail = Mail.objects.create(sender="a@b.example", to=["c@d.example"], subject="s", text="t")
    Mail.objects.update(next_at=timezone.now() - timedelta(hours=1))

    def found():
        rung = Outbox.objects.filter(task="recsys.send_mail", arguments=[str(mail.pk)]).exists()
        return rung, sorted(Run.objects.values_list("state", "attempt", "failure"))

    queued, failed = (Job.State.QUEUED, 1, ""), (Job.State.FAILED, 3, Failure.WORKER_DIED)
    return found, (True, sorted([queued, failed]))


@pytest.fixture
def launched(make_schedule):
    make_schedule()
    return Run.objects.count, 1


@pytest.fixture
def pruned(var):
    """Many files that no row names."""
    strays = [var / "artifacts" / "ease" / f"stray-{n}" for n in range(20)]
    for folder in strays:
        (folder / "model").mkdir(parents=True)
        for n in range(40):
            (folder / "model" / f"{n}.bin").write_bytes(b"x")
        os.utime(folder, (0, 0))
    return lambda: [folder for folder in strays if folder.exists()], []


@pytest.fixture
def archived(settings):
    """March 2024 and nothing else that is old."""
    settings.FEEDBACK_RETENTION_MONTHS = 1
    this_month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for table in TABLES:
        for month in (each for each in months(table) if each < this_month):
            with connection.cursor() as cursor:
                cursor.execute("SELECT feedback_drop_month(%s, %s)", [table, month])
    clicks(9, minute=0)
    roll_up()
    march = datetime(NOON.year, NOON.month, 1, tzinfo=UTC)

    def found():
        manifests = [
            archives.read_manifest(each) for each in sorted(archives.folder().glob("*.json"))
        ]
        unfinished = [each for each in archives.folder().iterdir() if each.name[0] == "."]
        held = march in months("feedback_interaction")
        counted = sum(Tally.objects.filter(archived=True).values_list("count", flat=True))
        rows = [each.rows for each in manifests]
        return held, Interaction.objects.count(), counted, rows, unfinished

    return found, (False, 0, 9, [9], [])


@pytest.fixture
def marked():
    clicks(130)
    return lambda: list(Mark.objects.values_list("rule", flat=True)), [Rule.FLOOD] * 130


@pytest.fixture
def rolled_up():
    item = clicks(7)

    def found():
        tallies = sum(ItemTally.objects.filter(item_id=item.pk).values_list("count", flat=True))
        return tallies, ItemStats.objects.get(item=item).clicks

    return found, (7, 7)


@pytest.fixture
def published():
    curator = UserFactory.create(roles=["curator"])
    home = Surface.objects.get(slug="home")
    before = PolicyVersion.objects.filter(surface=home).count()
    spring = actions.open_change_set(actor=curator, name="Spring")
    terms = Terms(change_set=spring, reason="spring")
    actions.pin_item(actor=curator, surface=home, item=ItemFactory.create(), slot=1, terms=terms)
    actions.schedule(actor=curator, change_set=spring, at=timezone.now() + timedelta(days=1))
    ChangeSet.objects.update(publish_at=timezone.now())

    def found():
        row = ChangeSet.objects.get(pk=spring.pk)
        versions = PolicyVersion.objects.filter(surface=home).count() - before
        return row.published_at is not None, row.refusal, versions

    return found, (True, None, 1)


@pytest.fixture
def inspected():
    curator = UserFactory.create(roles=["curator"])
    home, item = Surface.objects.get(slug="home"), ItemFactory.create()
    draft = actions.pin_item(actor=curator, surface=home, item=item, slot=1)
    actions.publish_decision(actor=curator, draft=draft)
    Item.objects.filter(pk=item.pk).update(active=False)
    Inspection.objects.all().delete()

    def found():
        rows = {each.surface_id: len(each.findings) for each in Inspection.objects.all()}
        return len(rows) == Surface.objects.count(), rows["home"]

    return found, (True, 1)


@pytest.fixture
def profiled():
    item = clicks(7)
    roll_up()
    return lambda: sum(ItemStats.objects.get(item=item).hours or []), 7


@pytest.fixture
def refreshed():
    query = {"field": "interactions", "op": "ge", "value": 1}
    segment = SegmentFactory.create(kind=Segment.Kind.QUERY, query=query)
    clicks(7)

    def found():
        versions = SegmentVersion.objects.filter(segment=segment)
        members = SegmentMembership.objects.filter(segment=segment).count()
        return list(versions.values_list("number", "size")), members

    return found, ([(1, 1)], 1)


@pytest.fixture
def appraised():
    curator = UserFactory.create(roles=["curator"])
    home, terms = Surface.objects.get(slug="home"), Terms(reason="new", holdback=0.2)
    pin = actions.pin_item(
        actor=curator, surface=home, item=ItemFactory.create(), slot=1, terms=terms
    )
    actions.publish_decision(actor=curator, draft=pin)
    return lambda: list(Appraisal.objects.values_list("decision", flat=True)), [pin.decision.pk]


@pytest.fixture
def checked():
    """Something is expected that nobody has checked: one check is asked for."""
    curator = UserFactory.create(roles=["curator"])
    claim = actions.read_claim("at_least", EVERYTHING, 1)
    expected = Expected(name="Something", surface=Surface.objects.get(pk="home"), claim=claim)
    actions.add_expectation(actor=curator, expected=expected)
    return lambda: list(ExpectationCheck.objects.values_list("state", flat=True)), ["queued"]


@pytest.fixture
def forgotten():
    """A report of expectations that nobody needs any more."""
    ExpectationReport.objects.create(checked_at=NOON, instant=NOON)
    return ExpectationReport.objects.count, 0


@pytest.fixture
def looked():
    return ProposalRound.objects.count, 1


@pytest.fixture
def preferred():
    """Somebody likes something."""
    record([told(MemberFactory.create(), "e1", Kind.LIKE, ItemFactory.create())], source="test")
    return lambda: (PreferenceFit.objects.count(), Preference.objects.count()), (1, 1)


WORK = {
    "recsys.sweep": "swept",
    "recsys.launch_due": "launched",
    "recsys.prune_artifacts": "pruned",
    "recsys.archive_feedback": "archived",
    "recsys.mark_interactions": "marked",
    "recsys.roll_up": "rolled_up",
    "recsys.publish_due": "published",
    "recsys.inspect_decisions": "inspected",
    "recsys.profile_items": "profiled",
    "recsys.refresh_segments": "refreshed",
    "recsys.appraise_all": "appraised",
    "recsys.follow_expectations": "checked",
    "recsys.forget_reports": "forgotten",
    "recsys.propose_decisions": "looked",
    "recsys.learn_preferences": "preferred",
}


def test_every_task_of_the_clock_stands_here():
    assert sorted(WORK) == TASKS


@pytest.mark.parametrize("task", TASKS)
def test_what_two_beats_ring_for_at_once_is_done_once(request, task):
    found, wanted = request.getfixturevalue(WORK[task])
    assert found_or_nothing(found) != wanted
    assert twice_at_once(task) == []
    assert found() == wanted
    do(task)
    assert found() == wanted


def found_or_nothing(found):
    """What is there before anything was done, which may be no row to read from."""
    try:
        return found()
    except (ItemStats.DoesNotExist, KeyError, FileNotFoundError):
        return None
