"""The months of interactions and impressions, made by a role that may not make tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone as clock

from feedback.models import Interaction, Kind
from feedback.partitions import ensure_months
from recsys.config.embedded.postgres import APP

pytestmark = pytest.mark.django_db


def months(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid"
            " WHERE inhparent = %s::regclass",
            [table],
        )
        return {name.removeprefix(f"{table}_") for (name,) in cursor.fetchall()}


def test_each_month_is_made_once():
    instants = [datetime(1990, 1, 1, tzinfo=UTC), datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)]
    assert ensure_months("feedback_interaction", [*instants, *instants]) == 2
    assert ensure_months("feedback_interaction", instants) == 0
    assert {"199001", "199912"} <= months("feedback_interaction")
    assert "199001" not in months("feedback_impression")


def test_a_month_is_that_of_utc():
    east = timezone(timedelta(hours=9))
    ensure_months("feedback_impression", [datetime(1998, 3, 1, 1, tzinfo=east)])
    assert "199802" in months("feedback_impression")


@pytest.mark.parametrize(
    "instant",
    [
        datetime(1989, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
        clock.now() + timedelta(days=2),
    ],
)
def test_there_are_no_months_before_1990_or_after_tomorrow(instant):
    with pytest.raises(DataError, match="no month is kept"), transaction.atomic():
        ensure_months("feedback_interaction", [instant])


def test_a_row_without_a_month_is_refused_not_put_aside(ada, films):
    with pytest.raises(IntegrityError, match="no partition"), transaction.atomic():
        Interaction.objects.create(
            occurred_at=datetime(1991, 5, 5, tzinfo=UTC),
            received_at=clock.now(),
            source="test",
            event="e1",
            subject=ada.subject,
            item_id=films[0].pk,
            kind=Kind.CLICK,
        )


@pytest.mark.django_db(transaction=True)
def test_the_run_time_role_makes_months_and_nothing_else():
    settings = connection.settings_dict
    place = {"host": settings["HOST"], "dbname": settings["NAME"], "user": APP}
    with psycopg.connect(**place, autocommit=True) as app:
        made = "SELECT feedback_ensure_month(%s, '1993-07-09T00:00Z')"
        assert app.execute(made, ["feedback_impression"]).fetchone() == (True,)
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            app.execute(made, ["curation_item"])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("CREATE TABLE mine (id int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DROP TABLE feedback_impression_199307")
