from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recsys", "0005_refusing_failure")]

    operations = [
        migrations.AddField(
            model_name="heartbeat",
            name="device",
            field=models.CharField(blank=True, db_default="", max_length=160),
        ),
    ]
