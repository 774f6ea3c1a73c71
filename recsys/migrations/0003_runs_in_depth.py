import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import curation.ids


class Migration(migrations.Migration):
    dependencies = [
        ("recsys", "0002_audit_takes_inserts_alone"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Schedule",
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
                ("name", models.CharField(max_length=80, unique=True, verbose_name="name")),
                ("family", models.CharField(max_length=40, verbose_name="family")),
                ("parameters", models.JSONField(default=dict, verbose_name="parameters")),
                ("options", models.JSONField(default=dict, verbose_name="options")),
                (
                    "every_hours",
                    models.PositiveSmallIntegerField(null=True, verbose_name="hours between runs"),
                ),
                ("cron", models.CharField(blank=True, max_length=100, verbose_name="times")),
                ("zone", models.CharField(default="UTC", max_length=64, verbose_name="time zone")),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("since", models.DateTimeField(verbose_name="counts from")),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            ],
            options={
                "verbose_name": "schedule",
                "verbose_name_plural": "schedules",
                "ordering": ["name"],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="refusing",
            name="job_state",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="run",
            name="job_state",
        ),
        migrations.AddField(
            model_name="modelversion",
            name="pruned_at",
            field=models.DateTimeField(null=True, verbose_name="files deleted"),
        ),
        migrations.AddField(
            model_name="run",
            name="device",
            field=models.CharField(
                blank=True, db_default="", max_length=160, verbose_name="device"
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="failure",
            field=models.CharField(
                blank=True, db_default="", max_length=30, verbose_name="failure"
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="failure_facts",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="run",
            name="fingerprint",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
        migrations.AddField(
            model_name="run",
            name="lineage",
            field=models.JSONField(db_default={}, default=dict, verbose_name="lineage"),
        ),
        migrations.AddField(
            model_name="run",
            name="parent",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="repeats",
                to="recsys.run",
                verbose_name="repeats",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="period_start",
            field=models.DateTimeField(null=True, verbose_name="period"),
        ),
        migrations.AddField(
            model_name="run",
            name="priority",
            field=models.PositiveSmallIntegerField(
                db_default=100, default=100, verbose_name="priority"
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="pruned_at",
            field=models.DateTimeField(null=True, verbose_name="files deleted"),
        ),
        migrations.AddField(
            model_name="run",
            name="same_as",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="recsys.run",
                verbose_name="same as",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="skip_unchanged",
            field=models.BooleanField(db_default=False, default=False, verbose_name="skip"),
        ),
        migrations.AddField(
            model_name="runprogress",
            name="part",
            field=models.CharField(blank=True, db_default="", max_length=20, verbose_name="part"),
        ),
        migrations.AddField(
            model_name="runprogress",
            name="readings",
            field=models.JSONField(db_default=[], default=list, verbose_name="device readings"),
        ),
        migrations.AlterField(
            model_name="refusing",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "queued"),
                    ("running", "running"),
                    ("succeeded", "succeeded"),
                    ("failed", "failed"),
                    ("cancelled", "cancelled"),
                    ("skipped", "skipped"),
                ],
                default="queued",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "queued"),
                    ("running", "running"),
                    ("succeeded", "succeeded"),
                    ("failed", "failed"),
                    ("cancelled", "cancelled"),
                    ("skipped", "skipped"),
                ],
                default="queued",
                max_length=10,
                verbose_name="state",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="refusing",
            trigger=pgtrigger.compiler.Trigger(
                name="job_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{queued:running,queued:cancelled,queued:failed,running:queued,running:succeeded,running:failed,running:cancelled,running:skipped}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="af112e606c232093bcb2eeec6c38faf1fb6038c2",
                    operation="UPDATE",
                    pgid="pgtrigger_job_state_dbb55",
                    table="recsys_refusing",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="run",
            trigger=pgtrigger.compiler.Trigger(
                name="job_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{queued:running,queued:cancelled,queued:failed,running:queued,running:succeeded,running:failed,running:cancelled,running:skipped}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="3a89835e806a883c8396414ae9fb25a6b201e437",
                    operation="UPDATE",
                    pgid="pgtrigger_job_state_1d872",
                    table="recsys_run",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="schedule",
            name="changed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="changed by",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="schedule",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="recsys.schedule",
                verbose_name="schedule",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("state", "succeeded")),
                fields=["family", "fingerprint"],
                name="run_made",
            ),
        ),
        migrations.AddConstraint(
            model_name="schedule",
            constraint=models.CheckConstraint(
                condition=models.Q(("every_hours__isnull", True), ("cron", ""), _connector="XOR"),
                name="schedule_is_hours_or_cron",
            ),
        ),
    ]
