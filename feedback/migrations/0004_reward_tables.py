"""Versions of the reward table, written once, and the audit of them."""

import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from curation.models.audit import REVOKE_SQL


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0003_roll_up_what_changed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RewardTable",
            fields=[
                (
                    "number",
                    models.PositiveIntegerField(
                        primary_key=True, serialize=False, verbose_name="version"
                    ),
                ),
                ("table", models.JSONField(verbose_name="table")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("made_at", models.DateTimeField(auto_now_add=True, verbose_name="made")),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
            ],
            options={
                "verbose_name": "reward table",
                "verbose_name_plural": "reward tables",
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="RewardTableEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("number", models.PositiveIntegerField(serialize=False, verbose_name="version")),
                ("table", models.JSONField(verbose_name="table")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("made_at", models.DateTimeField(auto_now_add=True, verbose_name="made")),
                (
                    "author",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="feedback.rewardtable",
                    ),
                ),
            ],
            options={
                "verbose_name": "history of reward tables",
                "verbose_name_plural": "history of reward tables",
                "abstract": False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rewardtable",
            trigger=pgtrigger.compiler.Trigger(
                name="only_added",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="ab36323c0ed8dfd7e50c8813b721a7816cec564f",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_only_added_19b64",
                    table="feedback_rewardtable",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rewardtable",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "feedback_rewardtableevent" ("author_id", "made_at", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "table") VALUES (NEW."author_id", NEW."made_at", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."number", NEW."reason", NEW."table"); RETURN NULL;',
                    hash="7690a6ba639b6d55f28ff99fc2876949f9b92b01",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_bcb68",
                    table="feedback_rewardtable",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rewardtable",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "feedback_rewardtableevent" ("author_id", "made_at", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "table") VALUES (NEW."author_id", NEW."made_at", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."number", NEW."reason", NEW."table"); RETURN NULL;',
                    hash="5a3aaa52ead157e3b3f58ae44b793e7c3184db01",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_b5f36",
                    table="feedback_rewardtable",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rewardtable",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "feedback_rewardtableevent" ("author_id", "made_at", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "table") VALUES (OLD."author_id", OLD."made_at", OLD."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."number", OLD."reason", OLD."table"); RETURN NULL;',
                    hash="488e0132724ffcab9ea68492c966474a0bc874ea",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_9dd21",
                    table="feedback_rewardtable",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rewardtableevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="d3bc87aeab0725b75b7bfff4261d7706818ae721",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_7f564",
                    table="feedback_rewardtableevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(REVOKE_SQL, migrations.RunSQL.noop),
    ]
