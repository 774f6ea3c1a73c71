import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import curation.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("curation", "0002_roles_and_surfaces"),
        ("pghistory", "0007_auto_20250421_0444"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=160, primary_key=True, serialize=False)),
                ("role", models.CharField(max_length=20)),
                ("pid", models.IntegerField()),
                ("started_at", models.DateTimeField()),
                ("beat_at", models.DateTimeField()),
                (
                    "loaded",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                ("problem", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="ModelVersion",
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
                ("family", models.CharField(max_length=40, verbose_name="family")),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                ("artifact", models.CharField(max_length=255, verbose_name="artifact")),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
                ("report", models.JSONField(default=dict, verbose_name="evaluation")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ],
            options={
                "verbose_name": "model version",
                "verbose_name_plural": "model versions",
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="Run",
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
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("running", "running"),
                            ("succeeded", "succeeded"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=0, verbose_name="attempt")),
                ("max_attempts", models.PositiveSmallIntegerField(default=3)),
                ("worker", models.CharField(blank=True, max_length=120, verbose_name="worker")),
                ("lease_until", models.DateTimeField(null=True)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("error", models.TextField(blank=True, verbose_name="error")),
                ("requested_at", models.DateTimeField(auto_now_add=True, verbose_name="requested")),
                ("started_at", models.DateTimeField(null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                ("family", models.CharField(max_length=40, verbose_name="family")),
                ("parameters", models.JSONField(default=dict, verbose_name="parameters")),
                ("options", models.JSONField(default=dict, verbose_name="options")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("snapshot", models.JSONField(default=dict, verbose_name="data")),
                ("report", models.JSONField(default=dict, verbose_name="evaluation")),
                (
                    "cancelled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="cancelled by",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="requested by",
                    ),
                ),
            ],
            options={
                "verbose_name": "run",
                "verbose_name_plural": "runs",
                "ordering": ["-requested_at"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="LiveModel",
            fields=[
                ("family", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("promoted_at", models.DateTimeField(auto_now=True)),
                ("reason", models.TextField(blank=True)),
                (
                    "promoted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="live",
                        to="recsys.modelversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LiveModelEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("family", models.CharField(max_length=40, serialize=False)),
                ("promoted_at", models.DateTimeField(auto_now=True)),
                ("reason", models.TextField(blank=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="recsys.livemodel",
                    ),
                ),
                (
                    "promoted_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="recsys.modelversion",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Promotion",
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
                ("family", models.CharField(max_length=40)),
                ("rolls_back", models.BooleanField(default=False)),
                ("reason", models.TextField(blank=True)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "replaced",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="recsys.modelversion",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promotions",
                        to="recsys.modelversion",
                    ),
                ),
            ],
            options={
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="Refusing",
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
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("running", "running"),
                            ("succeeded", "succeeded"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=0, verbose_name="attempt")),
                ("max_attempts", models.PositiveSmallIntegerField(default=3)),
                ("worker", models.CharField(blank=True, max_length=120, verbose_name="worker")),
                ("lease_until", models.DateTimeField(null=True)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("error", models.TextField(blank=True, verbose_name="error")),
                ("requested_at", models.DateTimeField(auto_now_add=True, verbose_name="requested")),
                ("started_at", models.DateTimeField(null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                ("cause", models.CharField(max_length=40)),
                ("done", models.IntegerField(default=0)),
                ("total", models.IntegerField(default=0)),
                (
                    "surface",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.surface",
                    ),
                ),
            ],
            options={
                "verbose_name": "re-fusing",
                "verbose_name_plural": "re-fusings",
                "ordering": ["-requested_at"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RunProgress",
            fields=[
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="progress",
                        serialize=False,
                        to="recsys.run",
                    ),
                ),
                ("stage", models.CharField(max_length=40, verbose_name="stage")),
                ("done", models.IntegerField(default=0)),
                ("total", models.IntegerField(default=0)),
                ("curve", models.JSONField(default=list)),
                ("log", models.JSONField(default=list)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.AddField(
            model_name="modelversion",
            name="run",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="version", to="recsys.run"
            ),
        ),
        migrations.CreateModel(
            name="Slate",
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
                ("subject", models.UUIDField(null=True)),
                ("context", models.JSONField(default=dict)),
                ("versions", models.JSONField(default=dict)),
                ("engine", models.CharField(max_length=20)),
                ("trace", models.BinaryField()),
                ("inputs", models.BinaryField(null=True)),
                ("fused_at", models.DateTimeField()),
                (
                    "surface",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="curation.surface",
                    ),
                ),
            ],
            options={
                "verbose_name": "slate",
                "verbose_name_plural": "slates",
            },
        ),
        migrations.CreateModel(
            name="Fallback",
            fields=[
                ("key", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("versions", models.JSONField(default=dict)),
                ("body", models.BinaryField()),
                ("renewed_at", models.DateTimeField(auto_now=True)),
                (
                    "surface",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="curation.surface",
                    ),
                ),
                (
                    "slate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="recsys.slate",
                    ),
                ),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="livemodelevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="a575dbff6716c75a1e23f3ebe6cd4ab05eb2df23",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_a01ed",
                    table="recsys_livemodelevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="livemodel",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "recsys_livemodelevent" ("family", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "promoted_at", "promoted_by_id", "reason", "version_id") VALUES (NEW."family", _pgh_attach_context(), NOW(), \'insert\', NEW."family", NEW."promoted_at", NEW."promoted_by_id", NEW."reason", NEW."version_id"); RETURN NULL;',
                    hash="4b47255e3612a447125aac3c1f9efc7ab1e2d7ef",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_7e123",
                    table="recsys_livemodel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="livemodel",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "recsys_livemodelevent" ("family", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "promoted_at", "promoted_by_id", "reason", "version_id") VALUES (NEW."family", _pgh_attach_context(), NOW(), \'update\', NEW."family", NEW."promoted_at", NEW."promoted_by_id", NEW."reason", NEW."version_id"); RETURN NULL;',
                    hash="90d148cd8f0f84bbb930192fe287c4e649977d6e",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_b64df",
                    table="recsys_livemodel",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="refusing",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "queued")),
                fields=("surface",),
                name="refusing_queued_once",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="refusing",
            trigger=pgtrigger.compiler.Trigger(
                name="job_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{queued:running,queued:cancelled,queued:failed,running:queued,running:succeeded,running:failed,running:cancelled}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="7e704a73b1013b96c228d1addac705d777299be9",
                    operation="UPDATE",
                    pgid="pgtrigger_job_state_dbb55",
                    table="recsys_refusing",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=["requested_at"],
                name="run_open",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="run",
            trigger=pgtrigger.compiler.Trigger(
                name="job_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{queued:running,queued:cancelled,queued:failed,running:queued,running:succeeded,running:failed,running:cancelled}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="97b41477026466767986225e0d5f53403cfc1d67",
                    operation="UPDATE",
                    pgid="pgtrigger_job_state_1d872",
                    table="recsys_run",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(
                fields=("family", "number"), name="model_version_once"
            ),
        ),
        migrations.AddIndex(
            model_name="slate",
            index=models.Index(fields=["subject", "-fused_at"], name="slate_subject"),
        ),
        migrations.AddIndex(
            model_name="slate",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["fused_at"], name="slate_fused_at"
            ),
        ),
        # Progress is updated in place each second: room in the page keeps those updates off the indexes.
        migrations.RunSQL(
            "ALTER TABLE recsys_runprogress SET (fillfactor = 70)",
            "ALTER TABLE recsys_runprogress RESET (fillfactor)",
        ),
    ]
