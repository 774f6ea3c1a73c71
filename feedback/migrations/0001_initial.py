"""The tables of feedback. Those by month, and the function that makes a month, are SQL.

Run-time roles may not create tables; the function may, because it belongs to the role that migrates, and it makes
nothing but a month of these two tables between 1990 and tomorrow. There is no default partition: a row outside is
refused, never put aside.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

import curation.ids

INTERACTIONS = """
CREATE TABLE feedback_interaction (
    id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    original_at timestamptz,
    source varchar(64) NOT NULL,
    event varchar(255) NOT NULL,
    subject uuid NOT NULL,
    item_id uuid,
    kind smallint NOT NULL,
    value double precision,
    undoes varchar(255) NOT NULL,
    impression uuid,
    curated boolean NOT NULL,
    simulated boolean NOT NULL,
    PRIMARY KEY (id, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX interaction_subject ON feedback_interaction (subject, occurred_at DESC);
CREATE INDEX interaction_occurred ON feedback_interaction USING brin (occurred_at) WITH (pages_per_range = 32);
"""

IMPRESSIONS = """
CREATE TABLE feedback_impression (
    id uuid NOT NULL,
    served_at timestamptz NOT NULL,
    shown_at timestamptz,
    slate uuid,
    subject uuid NOT NULL,
    surface varchar(50) NOT NULL,
    mode varchar(8) NOT NULL,
    short boolean NOT NULL,
    context jsonb NOT NULL,
    versions jsonb NOT NULL,
    items uuid[] NOT NULL,
    slots smallint[] NOT NULL,
    propensities double precision[] NOT NULL,
    curated boolean[] NOT NULL,
    removed uuid[] NOT NULL,
    simulated boolean NOT NULL,
    PRIMARY KEY (id, served_at)
) PARTITION BY RANGE (served_at);
CREATE INDEX impression_subject ON feedback_impression (subject, served_at DESC);
CREATE INDEX impression_served ON feedback_impression USING brin (served_at) WITH (pages_per_range = 32);
"""

# The door refuses what is more than five minutes ahead; a day of slack here only allows for two clocks that differ.
# Attaching a table that was made apart locks out neither readers nor writers of the other months.
MONTHS = """
CREATE FUNCTION feedback_ensure_month(parent text, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    starts timestamp := date_trunc('month', at AT TIME ZONE 'UTC');
    partition text := format('%s_%s', parent, to_char(starts, 'YYYYMM'));
BEGIN
    IF parent NOT IN ('feedback_interaction', 'feedback_impression') THEN
        RAISE EXCEPTION '% is not kept by month', parent USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF at IS NULL OR at < '1990-01-01T00:00Z' OR at > clock_timestamp() + interval '1 day' THEN
        RAISE EXCEPTION 'no month is kept for %', at USING ERRCODE = 'datetime_field_overflow';
    END IF;
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('feedback_ensure_month'));
    -- Whoever held the lock may have made it; to_regclass would not see that yet, a query does.
    IF EXISTS (SELECT FROM pg_class WHERE relname = partition) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', partition, parent);
    EXECUTE format(
        'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        parent, partition, starts AT TIME ZONE 'UTC', (starts + interval '1 month') AT TIME ZONE 'UTC'
    );
    RETURN true;
END
$$;
"""

# One row per member, written with every event: room in the page keeps the updates off the indexes.
ROOM = "ALTER TABLE feedback_memberstate SET (fillfactor = 70)"


class Migration(migrations.Migration):
    initial = True

    dependencies = [("curation", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="EventKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "source",
                        "event",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("source", models.CharField(max_length=64)),
                ("event", models.CharField(max_length=255)),
                ("digest", models.BinaryField()),
                ("interaction", models.UUIDField()),
                ("occurred_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="MemberState",
            fields=[
                ("subject", models.UUIDField(primary_key=True, serialize=False)),
                ("version", models.BigIntegerField(default=0)),
                ("ratings", models.IntegerField(default=0)),
                ("last_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Undo",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "source",
                        "event",
                        "subject",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("source", models.CharField(max_length=64)),
                ("event", models.CharField(max_length=255)),
                ("subject", models.UUIDField()),
                ("undone_by", models.CharField(max_length=255)),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(IMPRESSIONS, "DROP TABLE feedback_impression")],
            state_operations=[
                migrations.CreateModel(
                    name="Impression",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=curation.ids.new_id,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("served_at", models.DateTimeField()),
                        ("shown_at", models.DateTimeField(null=True)),
                        ("slate", models.UUIDField(null=True)),
                        ("subject", models.UUIDField()),
                        ("surface", models.CharField(max_length=50)),
                        (
                            "mode",
                            models.CharField(
                                choices=[
                                    ("fresh", "fresh"),
                                    ("stale", "stale"),
                                    ("fallback", "fallback"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("short", models.BooleanField(default=False)),
                        ("context", models.JSONField(default=dict)),
                        ("versions", models.JSONField(default=dict)),
                        (
                            "items",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), size=None
                            ),
                        ),
                        (
                            "slots",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.SmallIntegerField(), size=None
                            ),
                        ),
                        (
                            "propensities",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.FloatField(null=True), size=None
                            ),
                        ),
                        (
                            "curated",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BooleanField(), size=None
                            ),
                        ),
                        (
                            "removed",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), default=list, size=None
                            ),
                        ),
                        ("simulated", models.BooleanField(default=False)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["subject", "-served_at"], name="impression_subject"
                            ),
                            django.contrib.postgres.indexes.BrinIndex(
                                fields=["served_at"], name="impression_served", pages_per_range=32
                            ),
                        ],
                    },
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(INTERACTIONS, "DROP TABLE feedback_interaction")
            ],
            state_operations=[
                migrations.CreateModel(
                    name="Interaction",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=curation.ids.new_id,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("occurred_at", models.DateTimeField()),
                        ("received_at", models.DateTimeField()),
                        ("original_at", models.DateTimeField(null=True)),
                        ("source", models.CharField(max_length=64)),
                        ("event", models.CharField(max_length=255)),
                        ("subject", models.UUIDField()),
                        ("item_id", models.UUIDField(null=True)),
                        (
                            "kind",
                            models.SmallIntegerField(
                                choices=[
                                    (1, "rating"),
                                    (2, "like"),
                                    (3, "dislike"),
                                    (4, "not interested"),
                                    (5, "favourite"),
                                    (6, "click"),
                                    (7, "undo"),
                                ]
                            ),
                        ),
                        ("value", models.FloatField(null=True)),
                        ("undoes", models.CharField(default="", max_length=255)),
                        ("impression", models.UUIDField(null=True)),
                        ("curated", models.BooleanField(default=False)),
                        ("simulated", models.BooleanField(default=False)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["subject", "-occurred_at"], name="interaction_subject"
                            ),
                            django.contrib.postgres.indexes.BrinIndex(
                                fields=["occurred_at"],
                                name="interaction_occurred",
                                pages_per_range=32,
                            ),
                        ],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "subject",
                        "item_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("subject", models.UUIDField()),
                ("item_id", models.UUIDField()),
                ("stars", models.FloatField(null=True, verbose_name="stars")),
                ("stars_at", models.DateTimeField(null=True)),
                ("stars_by", models.UUIDField(null=True)),
                (
                    "thumb",
                    models.SmallIntegerField(
                        choices=[(1, "like"), (-1, "dislike")], null=True, verbose_name="thumb"
                    ),
                ),
                ("thumb_at", models.DateTimeField(null=True)),
                ("thumb_by", models.UUIDField(null=True)),
                ("favourite", models.BooleanField(default=False, verbose_name="favourite")),
                ("favourite_at", models.DateTimeField(null=True)),
                ("favourite_by", models.UUIDField(null=True)),
                ("never", models.BooleanField(default=False, verbose_name="not interested")),
                ("never_at", models.DateTimeField(null=True)),
                ("never_by", models.UUIDField(null=True)),
                ("clicked", models.BooleanField(default=False, verbose_name="clicked")),
                ("clicked_at", models.DateTimeField(null=True)),
                ("clicked_by", models.UUIDField(null=True)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["item_id"], name="rating_item")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stars__isnull", True),
                            models.Q(("stars__gte", 1), ("stars__lte", 5)),
                            _connector="OR",
                        ),
                        name="stars_1_to_5",
                    )
                ],
            },
        ),
        migrations.RunSQL(MONTHS, "DROP FUNCTION feedback_ensure_month(text, timestamptz)"),
        migrations.RunSQL(ROOM, "ALTER TABLE feedback_memberstate RESET (fillfactor)"),
    ]
