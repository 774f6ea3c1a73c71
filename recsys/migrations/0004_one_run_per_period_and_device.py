from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recsys", "0003_runs_in_depth")]

    operations = [
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                fields=("schedule", "period_start"), name="run_once_per_period"
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "running"), models.Q(("device", ""), _negated=True)),
                fields=("device",),
                name="run_one_per_device",
            ),
        ),
    ]
