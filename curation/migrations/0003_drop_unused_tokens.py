"""Drop the table that knox makes for tokens although ours take its place."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("curation", "0002_roles_and_surfaces"),
        ("knox", "0009_extend_authtoken_field"),
    ]

    operations = [
        migrations.RunSQL("DROP TABLE IF EXISTS knox_authtoken", migrations.RunSQL.noop),
    ]
