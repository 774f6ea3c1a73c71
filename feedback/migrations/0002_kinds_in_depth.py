"""Kinds of interaction in depth, cleaning marks, comments, and members who turn out to be one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import curation.ids


class Migration(migrations.Migration):
    dependencies = [
        ("curation", "0007_follow_the_browser"),
        ("feedback", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="interaction",
            name="mark",
            field=models.SmallIntegerField(
                choices=[(1, "flood"), (2, "impossible dwell"), (3, "robot")], null=True
            ),
        ),
        migrations.AddField(
            model_name="memberstate",
            name="moved_to",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="memberstate",
            name="robot",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="rating",
            name="purchased",
            field=models.FloatField(null=True, verbose_name="purchased"),
        ),
        migrations.AddField(
            model_name="rating",
            name="purchased_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="rating",
            name="purchased_by",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="rating",
            name="shared",
            field=models.BooleanField(db_default=False, default=False, verbose_name="shared"),
        ),
        migrations.AddField(
            model_name="rating",
            name="shared_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="rating",
            name="shared_by",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="rating",
            name="viewed",
            field=models.FloatField(null=True, verbose_name="viewed"),
        ),
        migrations.AddField(
            model_name="rating",
            name="viewed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="rating",
            name="viewed_by",
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name="interaction",
            name="kind",
            field=models.SmallIntegerField(
                choices=[
                    (1, "rating"),
                    (2, "like"),
                    (3, "dislike"),
                    (4, "not interested"),
                    (5, "favourite"),
                    (6, "click"),
                    (7, "undo"),
                    (8, "share"),
                    (9, "view"),
                    (10, "purchase"),
                    (11, "comment"),
                ]
            ),
        ),
        migrations.CreateModel(
            name="Merge",
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
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("merged_at", models.DateTimeField(verbose_name="merged")),
                ("interactions", models.IntegerField(verbose_name="interactions")),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "into",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.member",
                    ),
                ),
                (
                    "member",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.member",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("interaction", models.UUIDField(primary_key=True, serialize=False)),
                ("subject", models.UUIDField()),
                ("item_id", models.UUIDField()),
                ("text", models.TextField(verbose_name="comment")),
                ("public", models.BooleanField(verbose_name="for everybody")),
                ("written_at", models.DateTimeField(verbose_name="written")),
                ("hidden_at", models.DateTimeField(null=True, verbose_name="hidden")),
                ("hidden_why", models.CharField(default="", max_length=500, verbose_name="reason")),
                (
                    "hidden_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["item_id", "-written_at"], name="comment_item"),
                    models.Index(fields=["subject"], name="comment_subject"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("interaction", models.UUIDField(primary_key=True, serialize=False)),
                ("occurred_at", models.DateTimeField()),
                (
                    "rule",
                    models.SmallIntegerField(
                        choices=[(1, "flood"), (2, "impossible dwell"), (3, "robot")],
                        verbose_name="rule",
                    ),
                ),
                ("marked_at", models.DateTimeField(verbose_name="marked")),
                ("lifted_at", models.DateTimeField(null=True, verbose_name="lifted")),
                ("lifted_why", models.CharField(default="", max_length=500, verbose_name="reason")),
                (
                    "lifted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["rule", "-marked_at"], name="mark_rule")],
            },
        ),
    ]
