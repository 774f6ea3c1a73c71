"""Give the audited events a name that people read."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("curation", "0005_audit_takes_inserts_alone"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="blockevent",
            options={
                "verbose_name": "history of blocks",
                "verbose_name_plural": "history of blocks",
            },
        ),
        migrations.AlterModelOptions(
            name="changesetevent",
            options={
                "verbose_name": "history of change sets",
                "verbose_name_plural": "history of change sets",
            },
        ),
        migrations.AlterModelOptions(
            name="decisionevent",
            options={
                "verbose_name": "history of decisions",
                "verbose_name_plural": "history of decisions",
            },
        ),
        migrations.AlterModelOptions(
            name="policyentryevent",
            options={
                "verbose_name": "history of policy entrys",
                "verbose_name_plural": "history of policy entrys",
            },
        ),
        migrations.AlterModelOptions(
            name="policyversionevent",
            options={
                "verbose_name": "history of policy versions",
                "verbose_name_plural": "history of policy versions",
            },
        ),
        migrations.AlterModelOptions(
            name="revisionevent",
            options={
                "verbose_name": "history of revisions",
                "verbose_name_plural": "history of revisions",
            },
        ),
        migrations.AlterModelOptions(
            name="segmentevent",
            options={
                "verbose_name": "history of segments",
                "verbose_name_plural": "history of segments",
            },
        ),
        migrations.AlterModelOptions(
            name="surfaceevent",
            options={
                "verbose_name": "history of surfaces",
                "verbose_name_plural": "history of surfaces",
            },
        ),
        migrations.AlterModelOptions(
            name="tokenevent",
            options={
                "verbose_name": "history of API tokens",
                "verbose_name_plural": "history of API tokens",
            },
        ),
        migrations.AlterModelOptions(
            name="userevent",
            options={"verbose_name": "history of users", "verbose_name_plural": "history of users"},
        ),
        migrations.AlterModelOptions(
            name="userroleevent",
            options={
                "verbose_name": "history of user roles",
                "verbose_name_plural": "history of user roles",
            },
        ),
    ]
