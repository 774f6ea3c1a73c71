"""Keep proposed decisions, and all that is said of proposals of either kind."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import curation.ids
from curation.models.audit import REVOKE_SQL


class Migration(migrations.Migration):
    dependencies = [
        ("curation", "0016_expect_of_slates"),
        ("recsys", "0014_tell_simulated_appraisals_apart"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DecisionProposal",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("bury", "bury an item"),
                            ("boost", "boost an item"),
                            ("end", "end a decision"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("evidence", models.JSONField(default=dict, verbose_name="evidence")),
                ("weight", models.IntegerField()),
                ("drafted_at", models.DateTimeField(auto_now_add=True, verbose_name="proposed")),
                ("counted_at", models.DateTimeField(verbose_name="counted")),
            ],
            options={
                "verbose_name": "decision proposal",
                "verbose_name_plural": "decision proposals",
                "ordering": ["-drafted_at"],
            },
        ),
        migrations.CreateModel(
            name="ProposalRound",
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
                (
                    "simulated",
                    models.BooleanField(default=False, verbose_name="with simulated members"),
                ),
                ("stage", models.CharField(blank=True, max_length=20)),
                ("done", models.IntegerField(default=0)),
                ("total", models.IntegerField(default=0)),
                ("report", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "round of proposals",
                "verbose_name_plural": "rounds of proposals",
                "ordering": ["-requested_at"],
                "abstract": False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="proposalverdict",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="proposalverdict",
            name="update_update",
        ),
        migrations.AddField(
            model_name="proposalverdict",
            name="back",
            field=models.DateTimeField(null=True, verbose_name="comes back"),
        ),
        migrations.AddField(
            model_name="proposalverdict",
            name="edited",
            field=models.BooleanField(db_default=False, default=False, verbose_name="edited"),
        ),
        migrations.AddField(
            model_name="proposalverdictevent",
            name="back",
            field=models.DateTimeField(null=True, verbose_name="comes back"),
        ),
        migrations.AddField(
            model_name="proposalverdictevent",
            name="edited",
            field=models.BooleanField(db_default=False, default=False, verbose_name="edited"),
        ),
        migrations.AlterField(
            model_name="proposalverdict",
            name="actor",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="proposalverdict",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("accepted", "accepted"),
                    ("rejected", "rejected"),
                    ("snoozed", "snoozed"),
                    ("reopened", "reopened"),
                    ("withdrawn", "withdrawn"),
                ],
                max_length=10,
                verbose_name="outcome",
            ),
        ),
        migrations.AlterField(
            model_name="proposalverdict",
            name="proposal",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="verdicts",
                to="recsys.blendproposal",
            ),
        ),
        migrations.AlterField(
            model_name="proposalverdictevent",
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
        migrations.AlterField(
            model_name="proposalverdictevent",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("accepted", "accepted"),
                    ("rejected", "rejected"),
                    ("snoozed", "snoozed"),
                    ("reopened", "reopened"),
                    ("withdrawn", "withdrawn"),
                ],
                max_length=10,
                verbose_name="outcome",
            ),
        ),
        migrations.AlterField(
            model_name="proposalverdictevent",
            name="proposal",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="recsys.blendproposal",
            ),
        ),
        migrations.AlterField(
            model_name="simulation",
            name="change_set",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="curation.changeset",
                verbose_name="change set",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposalverdict",
            trigger=pgtrigger.compiler.Trigger(
                name="only_added",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="d7c6cec25e311f6ef804d2f1859fed9825454f85",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_only_added_21ef1",
                    table="recsys_proposalverdict",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposalverdict",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "recsys_proposalverdictevent" ("actor_id", "at", "back", "decision_id", "edited", "id", "of_decision_id", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposal_id", "reason") VALUES (NEW."actor_id", NEW."at", NEW."back", NEW."decision_id", NEW."edited", NEW."id", NEW."of_decision_id", NEW."outcome", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."proposal_id", NEW."reason"); RETURN NULL;',
                    hash="d90cf90b5a4e30bbf9f5fb5a22498e4d0e915619",
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
                    func='INSERT INTO "recsys_proposalverdictevent" ("actor_id", "at", "back", "decision_id", "edited", "id", "of_decision_id", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposal_id", "reason") VALUES (NEW."actor_id", NEW."at", NEW."back", NEW."decision_id", NEW."edited", NEW."id", NEW."of_decision_id", NEW."outcome", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."proposal_id", NEW."reason"); RETURN NULL;',
                    hash="2dfe958399c7d5e005f3a4d99da9aac00c065e55",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_b2d5c",
                    table="recsys_proposalverdict",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="decisionproposal",
            name="decision",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="curation.decision",
                verbose_name="decision",
            ),
        ),
        migrations.AddField(
            model_name="decisionproposal",
            name="item",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="curation.item",
                verbose_name="item",
            ),
        ),
        migrations.AddField(
            model_name="decisionproposal",
            name="segment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="curation.segment",
                verbose_name="segment",
            ),
        ),
        migrations.AddField(
            model_name="decisionproposal",
            name="surface",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="curation.surface",
                verbose_name="surface",
            ),
        ),
        migrations.AddField(
            model_name="proposalverdict",
            name="of_decision",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="verdicts",
                to="recsys.decisionproposal",
            ),
        ),
        migrations.AddField(
            model_name="proposalverdictevent",
            name="of_decision",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="recsys.decisionproposal",
            ),
        ),
        migrations.AddField(
            model_name="simulation",
            name="proposal",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="simulations",
                to="recsys.decisionproposal",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposalverdict",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("of_decision__isnull", False), ("proposal", None)),
                    models.Q(("of_decision", None), ("proposal__isnull", False)),
                    _connector="OR",
                ),
                name="verdict_of_one_proposal",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposalverdict",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("back__isnull", False), ("outcome", "snoozed")),
                    models.Q(models.Q(("outcome", "snoozed"), _negated=True), ("back", None)),
                    _connector="OR",
                ),
                name="verdict_snoozed_comes_back",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposalverdict",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome", "withdrawn"), ("actor__isnull", False), _connector="OR"
                ),
                name="verdict_has_an_actor",
            ),
        ),
        migrations.AddConstraint(
            model_name="simulation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("change_set", None), ("proposal__isnull", False)),
                    models.Q(("change_set__isnull", False), ("proposal", None)),
                    _connector="OR",
                ),
                name="simulation_of_one_thing",
            ),
        ),
        migrations.AddField(
            model_name="proposalround",
            name="requested_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="requested by",
            ),
        ),
        migrations.AddIndex(
            model_name="decisionproposal",
            index=models.Index(fields=["kind", "item", "segment"], name="proposal_target"),
        ),
        migrations.AddConstraint(
            model_name="decisionproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decision__isnull", False),
                        ("item", None),
                        ("kind", "end"),
                        ("segment", None),
                    ),
                    models.Q(
                        ("decision", None),
                        ("kind__in", ["bury", "boost"]),
                        ("item__isnull", False),
                        ("segment__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="proposal_has_a_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposalround",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "queued")), fields=("state",), name="round_queued_once"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposalround",
            trigger=pgtrigger.compiler.Trigger(
                name="job_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{queued:running,queued:cancelled,queued:failed,running:queued,running:succeeded,running:failed,running:cancelled,running:skipped}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="c6b3b7f862f439af33869fbd662864806e790e7d",
                    operation="UPDATE",
                    pgid="pgtrigger_job_state_71a53",
                    table="recsys_proposalround",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(REVOKE_SQL, migrations.RunSQL.noop),
    ]
