import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("curation", "0018_write_likenesses"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(model_name="likeness", name="never_deleted"),
    ]
