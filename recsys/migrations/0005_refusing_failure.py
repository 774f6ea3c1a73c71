from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recsys", "0004_one_run_per_period_and_device")]

    operations = [
        migrations.AddField(
            model_name="refusing",
            name="failure",
            field=models.CharField(
                blank=True, db_default="", max_length=30, verbose_name="failure"
            ),
        ),
    ]
