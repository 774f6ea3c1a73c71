"""Keep proposed blends and what curators said of them; audit promotions."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import curation.ids
from curation.models.audit import REVOKE_SQL


class Migration(migrations.Migration):
    dependencies = [
        ("curation", "0011_embeddings"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("recsys", "0006_heartbeat_device"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BlendProposal",
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
                            ("skipped", "skipped"),
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
                (
                    "failure",
                    models.CharField(
                        blank=True, db_default="", max_length=30, verbose_name="failure"
                    ),
                ),
                ("error", models.TextField(blank=True, verbose_name="error")),
                ("requested_at", models.DateTimeField(auto_now_add=True, verbose_name="requested")),
                ("started_at", models.DateTimeField(null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                ("stage", models.CharField(blank=True, max_length=20)),
                ("done", models.IntegerField(default=0)),
                ("total", models.IntegerField(default=0)),
                ("versions", models.JSONField(default=dict)),
                ("present", models.JSONField(default=dict)),
                ("blend", models.JSONField(default=dict)),
                ("report", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "blend proposal",
                "verbose_name_plural": "blend proposals",
                "ordering": ["-requested_at"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PromotionEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                (
                    "id",
                    models.UUIDField(default=curation.ids.new_id, editable=False, serialize=False),
                ),
                ("family", models.CharField(max_length=40)),
                ("rolls_back", models.BooleanField(default=False)),
                ("reason", models.TextField(blank=True)),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ProposalVerdict",
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
                    "outcome",
                    models.CharField(
                        choices=[("accepted", "accepted"), ("rejected", "rejected")],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="ProposalVerdictEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                (
                    "id",
                    models.UUIDField(default=curation.ids.new_id, editable=False, serialize=False),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("accepted", "accepted"), ("rejected", "rejected")],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="promotion",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "recsys_promotionevent" ("actor_id", "at", "family", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "replaced_id", "rolls_back", "version_id") VALUES (NEW."actor_id", NEW."at", NEW."family", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason", NEW."replaced_id", NEW."rolls_back", NEW."version_id"); RETURN NULL;',
                    hash="60d273e0b25a168f4d56de03e828a6d32178b0c2",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_73e2c",
                    table="recsys_promotion",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="promotion",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "recsys_promotionevent" ("actor_id", "at", "family", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "replaced_id", "rolls_back", "version_id") VALUES (NEW."actor_id", NEW."at", NEW."family", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason", NEW."replaced_id", NEW."rolls_back", NEW."version_id"); RETURN NULL;',
                    hash="da224e73a64716d0f6ad723a7deda644f189ac1e",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_fd5dc",
                    table="recsys_promotion",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="blendproposal",
            name="requested_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="requested by",
            ),
        ),
        migrations.AddField(
            model_name="blendproposal",
            name="surface",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="curation.surface",
                verbose_name="surface",
            ),
        ),
        migrations.AddField(
            model_name="promotionevent",
            name="actor",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="promotionevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="promotionevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="recsys.promotion",
            ),
        ),
        migrations.AddField(
            model_name="promotionevent",
            name="replaced",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="recsys.modelversion",
            ),
        ),
        migrations.AddField(
            model_name="promotionevent",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="recsys.modelversion",
            ),
        ),
        migrations.AddField(
            model_name="proposalverdict",
            name="actor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="proposalverdict",
            name="decision",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="curation.decision",
            ),
        ),
        migrations.AddField(
            model_name="proposalverdict",
            name="proposal",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="verdict",
                to="recsys.blendproposal",
            ),
        ),
        migrations.AddField(
            model_name="proposalverdictevent",
            name="actor",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="proposalverdictevent",
            name="decision",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="curation.decision",
            ),
        ),
        migrations.AddField(
            model_name="proposalverdictevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="proposalverdictevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="recsys.proposalverdict",
            ),
        ),
        migrations.AddField(
            model_name="proposalverdictevent",
            name="proposal",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="recsys.blendproposal",
            ),
        ),
        migrations.AddConstraint(
            model_name="blendproposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "queued")),
                fields=("surface",),
                name="proposal_queued_once",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="blendproposal",
            trigger=pgtrigger.compiler.Trigger(
                name="job_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{queued:running,queued:cancelled,queued:failed,running:queued,running:succeeded,running:failed,running:cancelled,running:skipped}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="ec0fa42a5041f9275ef06fdf964034ce70f7a884",
                    operation="UPDATE",
                    pgid="pgtrigger_job_state_5aa7d",
                    table="recsys_blendproposal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="promotionevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="5a1e5b126aca9ca2ec77a579db3806efdff39f6c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_9efba",
                    table="recsys_promotionevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposalverdict",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "recsys_proposalverdictevent" ("actor_id", "at", "decision_id", "id", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposal_id", "reason") VALUES (NEW."actor_id", NEW."at", NEW."decision_id", NEW."id", NEW."outcome", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."proposal_id", NEW."reason"); RETURN NULL;',
                    hash="dc6eb470ddcf28d67123f5c2b88493efebddf598",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_d37b8",
                    table="recsys_proposalverdict",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposalverdict",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "recsys_proposalverdictevent" ("actor_id", "at", "decision_id", "id", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposal_id", "reason") VALUES (NEW."actor_id", NEW."at", NEW."decision_id", NEW."id", NEW."outcome", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."proposal_id", NEW."reason"); RETURN NULL;',
                    hash="009b4d1b0971926face4d40ce73b4509fa42a76c",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_b2d5c",
                    table="recsys_proposalverdict",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposalverdictevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="175df8007bcbdfa94a155a0df345c0a5498b0e4a",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_270e5",
                    table="recsys_proposalverdictevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(REVOKE_SQL, migrations.RunSQL.noop),
    ]
