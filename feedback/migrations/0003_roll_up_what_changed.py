"""The tables of roll-ups, and the triggers that note which rows are yet to be counted.

The note is written by the statement that writes the rows, in its transaction: a roll-up finds every row, in
whatever order transactions commit. What was there before is noted as one range.
"""

from django.db import migrations, models

NOTES = """
CREATE FUNCTION feedback_note_{rows}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO feedback_arrival (impressions, first, last, first_at, last_at)
        SELECT {impressions}, min(id::text COLLATE "C")::uuid, max(id::text COLLATE "C")::uuid, min({at}), max({at})
        FROM changed HAVING count(*) > 0;
    ELSE
        INSERT INTO feedback_arrival (impressions, first, last, first_at, last_at)
        SELECT {impressions}, id, id, {at}, {at} FROM changed;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_inserted AFTER INSERT ON feedback_{rows}
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION feedback_note_{rows}();
CREATE TRIGGER note_updated AFTER UPDATE ON feedback_{rows}
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION feedback_note_{rows}();
INSERT INTO feedback_arrival (impressions, first, last, first_at, last_at) VALUES (
    {impressions}, '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '1990-01-01T00:00Z', '9999-01-01T00:00Z'
);
"""

NO_NOTES = """
DROP TRIGGER note_inserted ON feedback_{rows};
DROP TRIGGER note_updated ON feedback_{rows};
DROP FUNCTION feedback_note_{rows}();
"""

TABLES = (
    {"rows": "interaction", "at": "occurred_at", "impressions": "false"},
    {"rows": "impression", "at": "served_at", "impressions": "true"},
)

# Which interactions answer an impression; those that answer none cost nothing.
ANSWERS = """
CREATE INDEX interaction_impression ON feedback_interaction (impression) WHERE impression IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("feedback", "0002_kinds_in_depth")]

    operations = [
        migrations.CreateModel(
            name="Arrival",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("impressions", models.BooleanField()),
                ("first", models.UUIDField()),
                ("last", models.UUIDField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SlotTally",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "since",
                        "surface",
                        "slot",
                        "simulated",
                        "archived",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("since", models.DateTimeField()),
                ("surface", models.CharField(max_length=50)),
                ("slot", models.SmallIntegerField()),
                ("simulated", models.BooleanField()),
                ("archived", models.BooleanField()),
                ("served", models.BigIntegerField()),
                ("curated", models.BigIntegerField()),
                ("clicked", models.BigIntegerField()),
                ("liked", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "since",
                        "surface",
                        "kind",
                        "stars",
                        "simulated",
                        "archived",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("since", models.DateTimeField()),
                ("surface", models.CharField(max_length=50)),
                ("kind", models.SmallIntegerField()),
                ("stars", models.FloatField()),
                ("simulated", models.BooleanField()),
                ("archived", models.BooleanField()),
                ("count", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="ItemShown",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "item_id",
                        "day",
                        "archived",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("item_id", models.UUIDField()),
                ("day", models.DateField()),
                ("archived", models.BooleanField()),
                ("count", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="ItemTally",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "item_id",
                        "day",
                        "kind",
                        "archived",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("item_id", models.UUIDField()),
                ("day", models.DateField()),
                ("kind", models.SmallIntegerField()),
                ("archived", models.BooleanField()),
                ("count", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL(ANSWERS, "DROP INDEX interaction_impression"),
        *(
            migrations.RunSQL(NOTES.format(**table), NO_NOTES.format(**table), elidable=False)
            for table in TABLES
        ),
    ]
