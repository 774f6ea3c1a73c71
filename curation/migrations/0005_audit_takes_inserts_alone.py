"""Take from the run-time role the right to change what the audit holds."""

from django.db import migrations

from curation.models.audit import REVOKE_SQL


class Migration(migrations.Migration):
    dependencies = [("curation", "0004_inactive_items")]

    operations = [migrations.RunSQL(REVOKE_SQL, migrations.RunSQL.noop)]
