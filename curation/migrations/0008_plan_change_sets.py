"""Schedules of change sets, drafts taken out of them, and what lint found by itself."""

import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from curation.models.audit import REVOKE_SQL


class Migration(migrations.Migration):
    dependencies = [
        ("curation", "0007_follow_the_browser"),
    ]

    operations = [
        migrations.CreateModel(
            name="Inspection",
            fields=[
                (
                    "surface",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="inspection",
                        serialize=False,
                        to="curation.surface",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="inspected")),
                ("findings", models.JSONField(default=list, verbose_name="findings")),
            ],
            options={
                "verbose_name": "inspection",
                "verbose_name_plural": "inspections",
            },
        ),
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                (
                    "revision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="withdrawal",
                        serialize=False,
                        to="curation.revision",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
            ],
            options={
                "verbose_name": "withdrawal",
                "verbose_name_plural": "withdrawals",
            },
        ),
        migrations.CreateModel(
            name="WithdrawalEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
            ],
            options={
                "verbose_name": "history of withdrawals",
                "verbose_name_plural": "history of withdrawals",
                "abstract": False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="changeset",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="changeset",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="changeset",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="changeset",
            name="publish_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="to be published"
            ),
        ),
        migrations.AddField(
            model_name="changeset",
            name="refusal",
            field=models.JSONField(
                blank=True, editable=False, null=True, verbose_name="why it was refused"
            ),
        ),
        migrations.AddField(
            model_name="changeset",
            name="refused_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="refused"
            ),
        ),
        migrations.AddField(
            model_name="changeset",
            name="scheduled_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="changeset",
            name="zone",
            field=models.CharField(
                blank=True, db_default="", editable=False, max_length=64, verbose_name="time zone"
            ),
        ),
        migrations.AddField(
            model_name="changesetevent",
            name="publish_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="to be published"
            ),
        ),
        migrations.AddField(
            model_name="changesetevent",
            name="refusal",
            field=models.JSONField(
                blank=True, editable=False, null=True, verbose_name="why it was refused"
            ),
        ),
        migrations.AddField(
            model_name="changesetevent",
            name="refused_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="refused"
            ),
        ),
        migrations.AddField(
            model_name="changesetevent",
            name="scheduled_by",
            field=models.ForeignKey(
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="changesetevent",
            name="zone",
            field=models.CharField(
                blank=True, db_default="", editable=False, max_length=64, verbose_name="time zone"
            ),
        ),
        migrations.AddIndex(
            model_name="changeset",
            index=models.Index(
                condition=models.Q(("publish_at__isnull", False)),
                fields=["publish_at"],
                name="change_set_due",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="changeset",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "curation_changesetevent" ("author_id", "created_at", "discarded_at", "id", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "publish_at", "published_at", "refusal", "refused_at", "scheduled_by_id", "zone") VALUES (NEW."author_id", NEW."created_at", NEW."discarded_at", NEW."id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."publish_at", NEW."published_at", NEW."refusal", NEW."refused_at", NEW."scheduled_by_id", NEW."zone"); RETURN NULL;',
                    hash="7c7de56e5a8c680fd6b033759ab439fb2339b12b",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_360f5",
                    table="curation_changeset",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="changeset",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "curation_changesetevent" ("author_id", "created_at", "discarded_at", "id", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "publish_at", "published_at", "refusal", "refused_at", "scheduled_by_id", "zone") VALUES (NEW."author_id", NEW."created_at", NEW."discarded_at", NEW."id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."publish_at", NEW."published_at", NEW."refusal", NEW."refused_at", NEW."scheduled_by_id", NEW."zone"); RETURN NULL;',
                    hash="c2f038927b4ea6783ee6b7fc15bca15106c29339",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_f0274",
                    table="curation_changeset",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="changeset",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "curation_changesetevent" ("author_id", "created_at", "discarded_at", "id", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "publish_at", "published_at", "refusal", "refused_at", "scheduled_by_id", "zone") VALUES (OLD."author_id", OLD."created_at", OLD."discarded_at", OLD."id", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."publish_at", OLD."published_at", OLD."refusal", OLD."refused_at", OLD."scheduled_by_id", OLD."zone"); RETURN NULL;',
                    hash="a511778ac3d0432dbe8c717df0a1dfdbd7fa2d6c",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_9ffa0",
                    table="curation_changeset",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="author",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="author",
            ),
        ),
        migrations.AddField(
            model_name="withdrawalevent",
            name="author",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="author",
            ),
        ),
        migrations.AddField(
            model_name="withdrawalevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="curation.withdrawal",
            ),
        ),
        migrations.AddField(
            model_name="withdrawalevent",
            name="revision",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                serialize=False,
                to="curation.revision",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="withdrawal",
            trigger=pgtrigger.compiler.Trigger(
                name="only_added",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="2ecb23ea61c53848a47d41e85f65a43ade2f128f",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_only_added_7ea1a",
                    table="curation_withdrawal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="withdrawal",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "curation_withdrawalevent" ("author_id", "created_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "revision_id") VALUES (NEW."author_id", NEW."created_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."revision_id", NEW."reason", NEW."revision_id"); RETURN NULL;',
                    hash="67ac1aef9f75ab252dbc0e701a19c6d9934bbe50",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_71324",
                    table="curation_withdrawal",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="withdrawal",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "curation_withdrawalevent" ("author_id", "created_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "revision_id") VALUES (NEW."author_id", NEW."created_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."revision_id", NEW."reason", NEW."revision_id"); RETURN NULL;',
                    hash="9259f5bb4f76d9b2cdef835ca23e49cb2c7e473a",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_254b0",
                    table="curation_withdrawal",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="withdrawal",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "curation_withdrawalevent" ("author_id", "created_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "revision_id") VALUES (OLD."author_id", OLD."created_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."revision_id", OLD."reason", OLD."revision_id"); RETURN NULL;',
                    hash="8da6dd650b30d0aa9e23cf4fdb9b4e5e1c4ea333",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_db0a4",
                    table="curation_withdrawal",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="withdrawalevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="af27b05e0a6db1779f4e0376d686b2102f85eae2",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_186a9",
                    table="curation_withdrawalevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(REVOKE_SQL, migrations.RunSQL.noop),
    ]
