"""Seed what every installation has."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from curation.installation import ensure


def seed(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make counters, roles and surfaces."""
    ensure(apps.get_model)


class Migration(migrations.Migration):
    dependencies = [
        ("curation", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
