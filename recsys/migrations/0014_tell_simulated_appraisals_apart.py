from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("curation", "0016_expect_of_slates"),
        ("recsys", "0013_check_expectations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="appraisal",
            name="appraisal_queued_once",
        ),
        migrations.AddConstraint(
            model_name="appraisal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "queued")),
                fields=("decision", "simulated"),
                name="appraisal_queued_once",
            ),
        ),
    ]
