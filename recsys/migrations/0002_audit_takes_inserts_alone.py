"""Take from the run-time role the right to change what the audit of promotions holds."""

from django.db import migrations

from curation.models.audit import REVOKE_SQL


class Migration(migrations.Migration):
    dependencies = [
        ("recsys", "0001_initial"),
        ("curation", "0005_audit_takes_inserts_alone"),
    ]

    operations = [migrations.RunSQL(REVOKE_SQL, migrations.RunSQL.noop)]
