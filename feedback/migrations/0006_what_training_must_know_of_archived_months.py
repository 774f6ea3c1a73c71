"""What training must still know of the interactions of archived months."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0005_drop_archived_months"),
    ]

    operations = [
        migrations.CreateModel(
            name="Decided",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "interaction",
                        "impressions",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("interaction", models.UUIDField()),
                ("impressions", models.BooleanField()),
                ("month", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Remnant",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("month", models.DateTimeField()),
                ("subject", models.UUIDField()),
                ("item_id", models.UUIDField()),
                ("kind", models.SmallIntegerField()),
                ("value", models.FloatField(null=True)),
                ("occurred_at", models.DateTimeField()),
                ("barred", models.BooleanField()),
            ],
        ),
    ]
